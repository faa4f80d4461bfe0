ALTER TABLE "stock_rows" DROP CONSTRAINT "stock_rights";--> statement-breakpoint
ALTER TABLE "stock_rows" ADD COLUMN "owes" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "stock_rows" ADD CONSTRAINT "stock_rights" CHECK (owes or received + returned + released + given_in >= given_out + sold + written_off);