-- Bodies and snapshots are compact already: compressing them again costs more time than the room it saves.
ALTER TABLE "commits" ALTER COLUMN "body" SET STORAGE EXTERNAL;--> statement-breakpoint
ALTER TABLE "documents" ALTER COLUMN "snapshot" SET STORAGE EXTERNAL;--> statement-breakpoint
-- Rows that are updated all the time leave room on their page for the next version, which then touches no index.
ALTER TABLE "heads" SET (fillfactor = 20);--> statement-breakpoint
ALTER TABLE "stock_rows" SET (fillfactor = 70);
