-- A code of the counter may be for a person who has an account: it puts another in its place.
ALTER TABLE person ADD COLUMN replaces INTEGER CHECK (replaces > 0);        -- that account; NULL for a first code

ALTER TABLE account ADD COLUMN reset TEXT;                                  -- registrar's note: in whose place it stands; NULL for a first one
ALTER TABLE account ADD COLUMN paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)); -- 1: its person takes a pause

-- Names of accounts that were deleted: nobody gets one again. Whose they were is not kept.
CREATE TABLE retired_handle (
  handle TEXT NOT NULL PRIMARY KEY CHECK (length(handle) BETWEEN 3 AND 32)
) STRICT, WITHOUT ROWID;
