CREATE TABLE "held_commits" (
	"origin" text COLLATE "C" NOT NULL,
	"hash" "bytea" NOT NULL,
	"first_sequence" bigint NOT NULL,
	"last_sequence" bigint NOT NULL,
	"held_for" text NOT NULL,
	"rule" text NOT NULL,
	"reason" text NOT NULL,
	"at" bigint NOT NULL,
	"body" "bytea" NOT NULL,
	CONSTRAINT "held_commits_origin_hash_pk" PRIMARY KEY("origin","hash")
);
--> statement-breakpoint
CREATE TABLE "incidents" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"region" text COLLATE "C" NOT NULL,
	"entity_ids" json NOT NULL,
	"detail" text NOT NULL,
	"at" bigint NOT NULL,
	"resolved_at" bigint,
	"note" text
);
--> statement-breakpoint
CREATE INDEX "incidents_by_time" ON "incidents" USING btree ("at","id");