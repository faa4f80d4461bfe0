-- Segments are compressed already: compressing them again costs time and saves no room.
ALTER TABLE "log_segments" ALTER COLUMN "body" SET STORAGE EXTERNAL;
