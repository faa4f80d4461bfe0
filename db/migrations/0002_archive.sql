CREATE TABLE "log_segments" (
	"first_position" bigint PRIMARY KEY NOT NULL,
	"last_position" bigint NOT NULL,
	"commits" integer NOT NULL,
	"through" json NOT NULL,
	"first_time" bigint NOT NULL,
	"last_time" bigint NOT NULL,
	"last_origin" text COLLATE "C" NOT NULL,
	"bytes" bigint NOT NULL,
	"body" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE INDEX "log_segments_by_time" ON "log_segments" USING btree ("first_time","first_position");--> statement-breakpoint
CREATE INDEX "outcomes_by_time" ON "outcomes" USING brin ("time");