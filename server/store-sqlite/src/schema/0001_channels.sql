-- One row: what is true of the whole store.
CREATE TABLE meta (
  id              INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  generation      BLOB    NOT NULL CHECK (length(generation) = 16),      -- random; changed when a backup is put back
  accept_floor_ms INTEGER NOT NULL CHECK (accept_floor_ms >= 0)          -- newest accept time when entries were last removed
) STRICT;

-- A channel. Written when it is opened, at each seal, when entries are removed; never for an ordinary entry.
-- Outlives its entries by two years (I8). AUTOINCREMENT: a number is never given twice.
CREATE TABLE channel (
  channel      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  name         BLOB    NOT NULL UNIQUE CHECK (length(name) = 32),        -- what clients call it
  class        INTEGER NOT NULL CHECK (class IN (1, 2)),                 -- 1 log, 2 inbox
  read_token   BLOB    NOT NULL CHECK (length(read_token) = 32),         -- labelled SHA-256
  gone_through INTEGER NOT NULL CHECK (gone_through >= 0),               -- seq; entries through it are removed
  seal_seq     INTEGER NOT NULL CHECK (seal_seq >= 0),                   -- place of the last seal, 0 none
  seal_count   INTEGER NOT NULL CHECK (seal_count >= 0),
  seal_ms      INTEGER NOT NULL CHECK (seal_ms >= 0),                    -- accept time of the last seal
  used_ms      INTEGER NOT NULL CHECK (used_ms >= 0),                    -- last use, coarse; the newest kept entry may be later
  CHECK (class = 1 OR seal_count = 0)
) STRICT;
CREATE INDEX channel_used ON channel (used_ms);

-- Who may append: one for a log, some for an inbox.
CREATE TABLE append_right (
  channel INTEGER NOT NULL,
  token   BLOB    NOT NULL CHECK (length(token) = 32),                   -- labelled SHA-256
  stamped INTEGER NOT NULL CHECK (stamped IN (0, 1)),                    -- 1: each append costs a stamp
  PRIMARY KEY (channel, token)
) STRICT, WITHOUT ROWID;

-- Entries in order of arrival: a new one always goes to the end of the table.
CREATE TABLE entry (
  arrival     INTEGER NOT NULL PRIMARY KEY,
  channel     INTEGER NOT NULL CHECK (channel > 0),
  seq         INTEGER NOT NULL CHECK (seq BETWEEN 1 AND 9007199254740991),
  seal        INTEGER NOT NULL CHECK (seal IN (0, 1)),
  accepted_ms INTEGER NOT NULL CHECK (accepted_ms >= 0),                 -- milliseconds since 1970 UTC; never goes back
  entry_id    BLOB    NOT NULL CHECK (length(entry_id) = 16),
  ciphertext  BLOB    NOT NULL CHECK (length(ciphertext) BETWEEN 1 AND 262144)
) STRICT;
CREATE UNIQUE INDEX entry_place ON entry (channel, seq);
