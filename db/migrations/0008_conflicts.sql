CREATE TABLE "conflicts" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"document" text COLLATE "C" NOT NULL,
	"path" text COLLATE "C" NOT NULL,
	"place" text COLLATE "C" NOT NULL,
	"policy" text COLLATE "C" NOT NULL,
	"earlier" json NOT NULL,
	"later" json NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "conflicts_by_place" ON "conflicts" USING btree ("place");--> statement-breakpoint
CREATE INDEX "conflicts_by_path" ON "conflicts" USING btree ("kind","document","path","place");--> statement-breakpoint
CREATE INDEX "conflicts_by_document" ON "conflicts" USING btree ("document","place");