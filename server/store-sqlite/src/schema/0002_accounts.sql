-- Registrar's table, and the only place where anything of a RUN is: its HMAC under a key outside the data folder.
-- One row a person: either with a live code, or with an account.
CREATE TABLE person (
  run_hash     BLOB    NOT NULL PRIMARY KEY CHECK (length(run_hash) = 32),  -- HMAC-SHA-256, labelled
  code_hash    BLOB    UNIQUE CHECK (length(code_hash) = 32),               -- labelled SHA-256 of the one-time code
  code_ends_ms INTEGER CHECK (code_ends_ms >= 0),                           -- the code, and the repeated answer, work before this
  account      INTEGER UNIQUE CHECK (account > 0),                          -- once the code was used
  CHECK ((code_hash IS NULL) = (code_ends_ms IS NULL)),
  CHECK (code_hash IS NOT NULL OR account IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_code_ends ON person (code_ends_ms) WHERE code_ends_ms IS NOT NULL;

-- One row: what the registrar's key is known again by. With another key every person would be a stranger.
CREATE TABLE registrar (
  id        INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  key_check BLOB    NOT NULL CHECK (length(key_check) = 32)                 -- HMAC of nothing, labelled
) STRICT;

-- Accounts, as the directory shows them.
CREATE TABLE account (
  account      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 32),             -- labelled SHA-256 of state 0
  handle       TEXT    NOT NULL UNIQUE CHECK (length(handle) BETWEEN 3 AND 32),
  binding      TEXT    NOT NULL,                                            -- registrar's note
  chain_bytes  INTEGER NOT NULL CHECK (chain_bytes > 0),                    -- of all its states
  stamp_day    INTEGER NOT NULL CHECK (stamp_day >= 0),                     -- days since 1970 UTC
  stamps_taken INTEGER NOT NULL CHECK (stamps_taken >= 0)                   -- on that day
) STRICT;

-- The chain of states, signed notes as they came.
CREATE TABLE account_state (
  account INTEGER NOT NULL CHECK (account > 0),
  number  INTEGER NOT NULL CHECK (number >= 0),
  note    TEXT    NOT NULL CHECK (length(note) BETWEEN 1 AND 65536)
) STRICT;
CREATE UNIQUE INDEX account_state_place ON account_state (account, number);

-- Devices of the newest state.
CREATE TABLE device (
  device  INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL CHECK (account > 0),
  id      BLOB    NOT NULL CHECK (length(id) = 16),
  UNIQUE (account, id)
) STRICT;

-- Key packages, public MLS objects; not looked into. In order of arrival: the oldest is handed out first.
CREATE TABLE key_package (
  arrival     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  device      INTEGER NOT NULL CHECK (device > 0),
  suite       INTEGER NOT NULL CHECK (suite BETWEEN 1 AND 65535),
  last_resort INTEGER NOT NULL CHECK (last_resort IN (0, 1)),               -- 0: handed out once, then deleted
  ends_ms     INTEGER NOT NULL CHECK (ends_ms >= 0),                        -- not handed out from then on
  bytes       BLOB    NOT NULL CHECK (length(bytes) BETWEEN 1 AND 16384)
) STRICT;
CREATE INDEX key_package_place ON key_package (device, suite, last_resort);
CREATE UNIQUE INDEX key_package_last ON key_package (device, suite) WHERE last_resort = 1;
CREATE INDEX key_package_ends ON key_package (ends_ms);

-- Stamps that were handed out and not yet spent: without account, and without order (the key is a hash).
CREATE TABLE stamp (
  hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32)                  -- labelled SHA-256 of the stamp
) STRICT, WITHOUT ROWID;

-- Blobs. The file is in blobs/ under a name that the relay chose.
CREATE TABLE blob (
  blob       INTEGER NOT NULL PRIMARY KEY,
  name       BLOB    NOT NULL UNIQUE CHECK (length(name) = 32),             -- random, chosen by its sender
  read_token BLOB    NOT NULL CHECK (length(read_token) = 32),              -- labelled SHA-256
  size       INTEGER NOT NULL CHECK (size BETWEEN 1 AND 109051904),         -- bytes of ciphertext
  sha256     BLOB    NOT NULL CHECK (length(sha256) = 32),                  -- of the ciphertext
  file       BLOB    NOT NULL UNIQUE CHECK (length(file) = 16),             -- in hexadecimal: the file's name
  ends_ms    INTEGER NOT NULL CHECK (ends_ms >= 0)                          -- removed from then on
) STRICT;
CREATE INDEX blob_ends ON blob (ends_ms);

-- One row: so that the disk's quota needs no scan.
CREATE TABLE blob_total (
  id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  bytes INTEGER NOT NULL CHECK (bytes >= 0)                                 -- of all rows in blob
) STRICT;
INSERT INTO blob_total (id, bytes) VALUES (1, 0);
