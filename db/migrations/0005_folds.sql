ALTER TABLE "documents" ADD COLUMN "folds" json;--> statement-breakpoint
ALTER TABLE "documents" ADD COLUMN "superseded" "bytea";--> statement-breakpoint
CREATE INDEX "documents_by_history" ON "documents" USING btree ("kind","id") WHERE octet_length("documents"."snapshot") > 4096;