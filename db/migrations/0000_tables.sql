CREATE TABLE "commit_touches" (
	"document" text COLLATE "C" NOT NULL,
	"time" bigint NOT NULL,
	"origin" text COLLATE "C" NOT NULL,
	"position" bigint NOT NULL,
	CONSTRAINT "commit_touches_document_time_origin_pk" PRIMARY KEY("document","time","origin")
);
--> statement-breakpoint
CREATE TABLE "commits" (
	"position" bigint PRIMARY KEY NOT NULL,
	"origin" text COLLATE "C" NOT NULL,
	"first_sequence" bigint NOT NULL,
	"last_sequence" bigint NOT NULL,
	"time" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"previous_hash" "bytea" NOT NULL,
	"clock" json NOT NULL,
	"body" "bytea" NOT NULL,
	"touched" json NOT NULL
);
--> statement-breakpoint
CREATE TABLE "document_aliases" (
	"name" text COLLATE "C" NOT NULL,
	"kind" text COLLATE "C" NOT NULL,
	"id" text COLLATE "C" NOT NULL,
	"time" bigint NOT NULL,
	"region" text COLLATE "C" NOT NULL,
	CONSTRAINT "document_aliases_name_kind_id_pk" PRIMARY KEY("name","kind","id")
);
--> statement-breakpoint
CREATE TABLE "document_changes" (
	"kind" text COLLATE "C" NOT NULL,
	"id" text COLLATE "C" NOT NULL,
	"number" bigint GENERATED ALWAYS AS IDENTITY (sequence name "document_changes_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "document_changes_kind_id_number_pk" PRIMARY KEY("kind","id","number")
);
--> statement-breakpoint
CREATE TABLE "documents" (
	"kind" text COLLATE "C" NOT NULL,
	"id" text COLLATE "C" NOT NULL,
	"heads" text NOT NULL,
	"state" json NOT NULL,
	"indexed" json NOT NULL,
	"sort_key" text COLLATE "C" NOT NULL,
	"owner" text COLLATE "C",
	"status" text COLLATE "C",
	"tags" text[] NOT NULL,
	"search" "tsvector" NOT NULL,
	"snapshot" "bytea",
	CONSTRAINT "documents_kind_id_pk" PRIMARY KEY("kind","id")
);
--> statement-breakpoint
CREATE TABLE "heads" (
	"region" text COLLATE "C" PRIMARY KEY NOT NULL,
	"origin" text NOT NULL,
	"sequence" bigint NOT NULL,
	"hash" "bytea" NOT NULL,
	"time" bigint NOT NULL,
	"frontier" json NOT NULL,
	"position" bigint NOT NULL,
	"member_clocks" json NOT NULL,
	"chain_hashes" json NOT NULL,
	"significant" json NOT NULL,
	"system_identifier" text,
	"timeline" integer
);
--> statement-breakpoint
CREATE TABLE "obligations" (
	"number" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "obligations_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"subject" text NOT NULL,
	"id" text NOT NULL,
	"item" text NOT NULL,
	"waits_origin" text COLLATE "C",
	"waits_sequence" bigint
);
--> statement-breakpoint
CREATE TABLE "outcomes" (
	"key" text COLLATE "C" NOT NULL,
	"origin" text COLLATE "C" NOT NULL,
	"sequence" bigint NOT NULL,
	"time" bigint NOT NULL,
	"input_digest" text NOT NULL,
	"accepted" boolean NOT NULL,
	"command" text NOT NULL,
	"result" json NOT NULL,
	"resent" boolean NOT NULL,
	CONSTRAINT "outcomes_key_origin_pk" PRIMARY KEY("key","origin")
);
--> statement-breakpoint
CREATE TABLE "settings" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL,
	"value" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "stock_rows" (
	"sku" text COLLATE "C" NOT NULL,
	"location" text COLLATE "C" NOT NULL,
	"holder" text COLLATE "C" NOT NULL,
	"received" bigint NOT NULL,
	"returned" bigint NOT NULL,
	"sold" bigint NOT NULL,
	"released" bigint NOT NULL,
	"shipped" bigint NOT NULL,
	"written_off" bigint NOT NULL,
	"given" jsonb NOT NULL,
	"given_out" bigint NOT NULL,
	"given_in" bigint NOT NULL,
	CONSTRAINT "stock_rows_sku_location_holder_pk" PRIMARY KEY("sku","location","holder"),
	CONSTRAINT "stock_rights" CHECK (received + returned + released + given_in >= given_out + sold + written_off)
);
--> statement-breakpoint
CREATE UNIQUE INDEX "commits_by_sequence" ON "commits" USING btree ("origin","last_sequence");--> statement-breakpoint
CREATE INDEX "commits_by_time" ON "commits" USING btree ("time","origin");--> statement-breakpoint
CREATE INDEX "document_aliases_by_document" ON "document_aliases" USING btree ("kind","id");--> statement-breakpoint
CREATE INDEX "documents_by_id" ON "documents" USING btree ("id");--> statement-breakpoint
CREATE INDEX "documents_by_sort_key" ON "documents" USING btree ("kind","sort_key","id");--> statement-breakpoint
CREATE INDEX "documents_by_owner" ON "documents" USING btree ("kind","owner","sort_key","id") WHERE "documents"."owner" is not null;--> statement-breakpoint
CREATE INDEX "documents_by_status" ON "documents" USING btree ("kind","status","sort_key","id") WHERE "documents"."status" is not null;--> statement-breakpoint
CREATE INDEX "documents_by_tag" ON "documents" USING gin ("tags");--> statement-breakpoint
CREATE INDEX "documents_by_word" ON "documents" USING gin ("search");--> statement-breakpoint
CREATE INDEX "obligations_waiting" ON "obligations" USING btree ("waits_origin","waits_sequence");