CREATE TABLE "snapshot_pages" (
	"place" text COLLATE "C" NOT NULL,
	"number" integer NOT NULL,
	"body" "bytea" NOT NULL,
	CONSTRAINT "snapshot_pages_place_number_pk" PRIMARY KEY("place","number")
);
--> statement-breakpoint
-- Pages are compressed already: compressing them again costs time and saves no room.
ALTER TABLE "snapshot_pages" ALTER COLUMN "body" SET STORAGE EXTERNAL;
