-- Stamps end. All that are made in one month end at one instant, so that the end says nothing of who has one; and of whoever takes
-- some nothing is kept, not even how many: the day's count is in memory.
CREATE TABLE stamp_end (
  ends_ms INTEGER NOT NULL PRIMARY KEY CHECK (ends_ms > 0)                  -- that stamps may have; swept when the last of them is
) STRICT;
ALTER TABLE stamp RENAME TO stamp_without_end;
-- Stamps that were made and not yet spent: without account, and without order (within an end, that of their hashes)
CREATE TABLE stamp (
  ends_ms INTEGER NOT NULL CHECK (ends_ms > 0),                             -- removed from then on
  hash    BLOB    NOT NULL CHECK (length(hash) = 32),                       -- labelled SHA-256 of the stamp
  PRIMARY KEY (ends_ms, hash)
) STRICT, WITHOUT ROWID;
-- those of before end as if they were made now
INSERT INTO stamp_end SELECT (unixepoch() / 2592000 + 2) * 2592000000 WHERE EXISTS (SELECT 1 FROM stamp_without_end);
INSERT INTO stamp SELECT ends_ms, hash FROM stamp_without_end, stamp_end;
DROP TABLE stamp_without_end;
ALTER TABLE account DROP COLUMN stamp_day;
ALTER TABLE account DROP COLUMN stamps_taken;
