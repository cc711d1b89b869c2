-- Two further classes of channels: casillas (3) and return channels (4). A CHECK cannot be changed, so the table is written anew;
-- numbers that it gave are not given again.
CREATE TABLE channel_of_all (
  channel      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  name         BLOB    NOT NULL UNIQUE CHECK (length(name) = 32),        -- what clients call it
  class        INTEGER NOT NULL CHECK (class IN (1, 2, 3, 4)),           -- 1 log, 2 inbox, 3 casilla, 4 return channel
  read_token   BLOB    NOT NULL CHECK (length(read_token) = 32),         -- labelled SHA-256
  gone_through INTEGER NOT NULL CHECK (gone_through >= 0),               -- seq; entries through it are removed
  seal_seq     INTEGER NOT NULL CHECK (seal_seq >= 0),                   -- place of the last seal, 0 none
  seal_count   INTEGER NOT NULL CHECK (seal_count >= 0),
  seal_ms      INTEGER NOT NULL CHECK (seal_ms >= 0),                    -- accept time of the last seal
  used_ms      INTEGER NOT NULL CHECK (used_ms >= 0),                    -- last use, coarse; the newest kept entry may be later
  gone_bytes   INTEGER NOT NULL DEFAULT 0 CHECK (gone_bytes >= 0),       -- through_bytes of its entry at gone_through
  CHECK (class = 1 OR seal_count = 0)
) STRICT;
INSERT INTO channel_of_all (channel, name, class, read_token, gone_through, seal_seq, seal_count, seal_ms, used_ms, gone_bytes)
  SELECT channel, name, class, read_token, gone_through, seal_seq, seal_count, seal_ms, used_ms, gone_bytes FROM channel;
DELETE FROM sqlite_sequence WHERE name = 'channel_of_all';
INSERT INTO sqlite_sequence (name, seq) SELECT 'channel_of_all', seq FROM sqlite_sequence WHERE name = 'channel';
DROP TABLE channel;
ALTER TABLE channel_of_all RENAME TO channel;
CREATE INDEX channel_used ON channel (used_ms);

ALTER TABLE append_right ADD COLUMN once INTEGER NOT NULL DEFAULT 0 CHECK (once IN (0, 1)); -- 1: it takes one entry and is spent (casillas)
ALTER TABLE append_right ADD COLUMN used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0);      -- entries that it made (return channels)

-- Entries of casillas and return channels, in order of arrival. They stay longer than those of `entry`.
CREATE TABLE kept_entry (
  arrival       INTEGER NOT NULL PRIMARY KEY,
  channel       INTEGER NOT NULL CHECK (channel > 0),
  seq           INTEGER NOT NULL CHECK (seq BETWEEN 1 AND 9007199254740991),
  accepted_ms   INTEGER NOT NULL CHECK (accepted_ms >= 0),               -- milliseconds since 1970 UTC; never goes back
  entry_id      BLOB    NOT NULL CHECK (length(entry_id) = 16),
  ciphertext    BLOB    NOT NULL CHECK (length(ciphertext) BETWEEN 1 AND 262144),
  through_bytes INTEGER NOT NULL CHECK (through_bytes >= 0)              -- ciphertext of its channel's entries through it
) STRICT;
CREATE UNIQUE INDEX kept_place ON kept_entry (channel, seq);

-- Every entry that ever came to a casilla or a return channel: as long as the channel's row lives, the same gets its first answer.
CREATE TABLE kept_id (
  channel     INTEGER NOT NULL CHECK (channel > 0),
  entry_id    BLOB    NOT NULL CHECK (length(entry_id) = 16),
  seq         INTEGER NOT NULL CHECK (seq BETWEEN 1 AND 9007199254740991),
  accepted_ms INTEGER NOT NULL CHECK (accepted_ms >= 0),
  digest      BLOB    NOT NULL CHECK (length(digest) = 32),              -- SHA-256 of the bytes; of a notice the digest that its record names
  token       BLOB    NOT NULL CHECK (length(token) = 32),               -- labelled SHA-256 of the token that was shown
  last_resort INTEGER NOT NULL CHECK (last_resort IN (0, 1)),            -- 1: a notice that came by a last-resort right
  PRIMARY KEY (channel, entry_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_last ON kept_id (channel, accepted_ms) WHERE last_resort = 1;

-- What can vary in the record of a notice: with it the record is signed again, byte by byte.
CREATE TABLE notice_record (
  channel    INTEGER NOT NULL CHECK (channel > 0),
  entry_id   BLOB    NOT NULL CHECK (length(entry_id) = 16),
  record_id  BLOB    NOT NULL CHECK (length(record_id) = 16),
  issuer     TEXT    NOT NULL CHECK (length(issuer) BETWEEN 1 AND 512),  -- the relay's address then
  time_ms    INTEGER NOT NULL CHECK (time_ms >= 0),                      -- when it was taken: before a restore it may be another than that of the entry
  generation BLOB    NOT NULL CHECK (length(generation) = 16),
  PRIMARY KEY (channel, entry_id)
) STRICT, WITHOUT ROWID;

-- Public bodies. A row with a key is never removed.
CREATE TABLE agency (
  agency       INTEGER NOT NULL PRIMARY KEY CHECK (agency > 0),
  code         TEXT    NOT NULL UNIQUE CHECK (length(code) BETWEEN 2 AND 16),
  name         TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  place        TEXT    NOT NULL CHECK (length(place) BETWEEN 1 AND 96),  -- zone, and comuna or none, as in its certificate
  invitation   BLOB    UNIQUE CHECK (length(invitation) = 32),           -- labelled SHA-256 of the one-time code
  code_ends_ms INTEGER CHECK (code_ends_ms >= 0),                        -- the code, and the repeated answer, work before this
  key          BLOB    UNIQUE CHECK (length(key) = 32),                  -- Ed25519, public; NULL until it is enrolled
  certificate  TEXT    CHECK (length(certificate) BETWEEN 1 AND 4096),   -- the registrar's newest note
  until_ms     INTEGER CHECK (until_ms >= 0),                            -- until when the note holds
  revoked      INTEGER NOT NULL CHECK (revoked IN (0, 1)),
  per_day      INTEGER NOT NULL CHECK (per_day > 0),                     -- answers of each kind in a day
  CHECK ((invitation IS NULL) = (code_ends_ms IS NULL)),
  CHECK ((key IS NULL) = (certificate IS NULL) AND (key IS NULL) = (until_ms IS NULL))
) STRICT;

-- An account as an address for official notices.
ALTER TABLE account ADD COLUMN designation TEXT;                             -- the person's signed note; NULL: it is none
ALTER TABLE account ADD COLUMN notices_paused INTEGER NOT NULL DEFAULT 0 CHECK (notices_paused IN (0, 1));
ALTER TABLE account ADD COLUMN grants_version INTEGER NOT NULL DEFAULT 0 CHECK (grants_version >= 0); -- how often grants were put

-- Grants, sealed under the registrar's key, which lies outside the data folder. In order of arrival: the oldest is handed out first.
-- To whom is written nowhere. One that was handed out leaves its tag until it ends, so that it is not put again.
CREATE TABLE kept_grant (
  arrival     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  account     INTEGER NOT NULL CHECK (account > 0),
  tag         BLOB    NOT NULL CHECK (length(tag) = 32),                 -- HMAC, labelled, of the grant's id
  last_resort INTEGER NOT NULL CHECK (last_resort IN (0, 1)),            -- 1: handed out when no other is left, and again
  from_ms     INTEGER NOT NULL CHECK (from_ms >= 0),
  until_ms    INTEGER NOT NULL CHECK (until_ms >= 0),
  sealed      BLOB    CHECK (length(sealed) BETWEEN 1 AND 8192),         -- NULL: handed out
  UNIQUE (account, tag)
) STRICT;
CREATE UNIQUE INDEX kept_grant_last ON kept_grant (account) WHERE last_resort = 1;
CREATE INDEX kept_grant_ends ON kept_grant (until_ms);

-- Casillas that grants of an account named, sealed as those: when it is an address no more, their append rights go. Whoever names one
-- first has it: with another account's it would close.
CREATE TABLE kept_casilla (
  tag      BLOB    NOT NULL PRIMARY KEY CHECK (length(tag) = 32),        -- HMAC, labelled, of the channel
  account  INTEGER CHECK (account > 0),                                  -- NULL when it is gone
  until_ms INTEGER NOT NULL CHECK (until_ms >= 0),                       -- when the last of its grants ends
  sealed   BLOB    NOT NULL CHECK (length(sealed) BETWEEN 1 AND 256)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_casilla_whose ON kept_casilla (account) WHERE account IS NOT NULL;
CREATE INDEX kept_casilla_ends ON kept_casilla (until_ms);

-- How many answers bodies were given about an account in a month: a number.
CREATE TABLE answer_count (
  account INTEGER NOT NULL CHECK (account > 0),
  month   INTEGER NOT NULL CHECK (month BETWEEN 197001 AND 999912),      -- year times 100 plus month, UTC
  count   INTEGER NOT NULL CHECK (count > 0),
  PRIMARY KEY (account, month)
) STRICT, WITHOUT ROWID;

-- Persons for whom electronic notices take no effect. They need not have an account.
CREATE TABLE exempt (
  run_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(run_hash) = 32),   -- HMAC-SHA-256, labelled
  reason   INTEGER NOT NULL CHECK (reason BETWEEN 1 AND 4)               -- notices::Exempt
) STRICT, WITHOUT ROWID;
