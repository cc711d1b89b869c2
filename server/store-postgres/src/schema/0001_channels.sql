-- Whole numbers are bigint, instants milliseconds since 1970 UTC, byte strings have the length that the check says.
-- "Owner" is who writes a column: the row lock that must be held for it.

-- One row: what is true of the whole store. Owner: migrate; the generation: whoever puts a backup back.
CREATE TABLE meta (
  id              bigint NOT NULL PRIMARY KEY CHECK (id = 1),
  generation      bytea  NOT NULL CHECK (octet_length(generation) = 16),    -- random; another one says that the store went back
  accept_floor_ms bigint NOT NULL CHECK (accept_floor_ms >= 0)              -- accept times of relays whose rows were removed
);

-- One row: held by whoever writes what is not a channel's, so that those verbs come one after the other, of whichever relay.
CREATE TABLE gate (
  id bigint NOT NULL PRIMARY KEY CHECK (id = 1)
);
INSERT INTO gate (id) VALUES (1);

-- A process that writes. Its row is the first that each of its transactions locks, and the last that it writes: so the number
-- tells whether a commit that was not answered came to be. Owner: that process.
CREATE TABLE relay (
  relay       bytea       NOT NULL PRIMARY KEY CHECK (octet_length(relay) = 16),  -- random, of the process
  batch       bigint      NOT NULL CHECK (batch >= 0),                      -- its transactions so far
  accepted_ms bigint      NOT NULL CHECK (accepted_ms >= 0),                -- newest accept time that it gave or told
  seen        timestamptz NOT NULL DEFAULT now()                            -- the database's clock: old rows are removed
) WITH (fillfactor = 20);

-- A channel: lock and counter of all that is written to it. Outlives its entries by two years (I8). Owner of every column: who
-- holds the row's lock. No index on a column that an append changes: its update stays in the page.
CREATE TABLE channel (
  channel      bigint NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,    -- never given twice
  name         bytea  NOT NULL UNIQUE CHECK (octet_length(name) = 32),      -- what clients call it
  class        bigint NOT NULL CHECK (class IN (1, 2, 3, 4)),               -- 1 log, 2 inbox, 3 casilla, 4 return channel
  read_token   bytea  NOT NULL CHECK (octet_length(read_token) = 32),       -- labelled SHA-256
  last         bigint NOT NULL DEFAULT 0 CHECK (last BETWEEN 0 AND 9007199254740991), -- seq of the newest entry, kept or gone
  gone_through bigint NOT NULL DEFAULT 0 CHECK (gone_through BETWEEN 0 AND last),     -- seq; entries through it are removed
  bytes        bigint NOT NULL DEFAULT 0 CHECK (bytes >= 0),                -- ciphertext of all entries through last
  gone_bytes   bigint NOT NULL DEFAULT 0 CHECK (gone_bytes BETWEEN 0 AND bytes),      -- the same through gone_through
  seal_seq     bigint NOT NULL DEFAULT 0 CHECK (seal_seq >= 0),             -- place of the last seal, 0 none
  seal_count   bigint NOT NULL DEFAULT 0 CHECK (seal_count >= 0),
  seal_ms      bigint NOT NULL DEFAULT 0 CHECK (seal_ms >= 0),              -- when the last seal was stored
  used_ms      bigint NOT NULL CHECK (used_ms >= 0),                        -- last use, coarse; the newest kept entry may be later
  CHECK (class = 1 OR seal_count = 0)
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX channel_used ON channel (used_ms);

-- Who may append: one for a log, some for the others. Owner: the channel's row.
CREATE TABLE append_right (
  channel bigint  NOT NULL,
  token   bytea   NOT NULL CHECK (octet_length(token) = 32),                -- labelled SHA-256
  stamped boolean NOT NULL,                                                 -- each append costs a stamp
  once    boolean NOT NULL,                                                 -- it takes one entry and is spent (casillas)
  used    bigint  NOT NULL DEFAULT 0 CHECK (used >= 0),                     -- entries that it made (return channels)
  PRIMARY KEY (channel, token)
);

-- Entries of logs and inboxes. Owner: the channel's row; so a channel's arrivals grow with its seqs.
CREATE TABLE entry (
  arrival       bigint  NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  channel       bigint  NOT NULL CHECK (channel > 0),
  seq           bigint  NOT NULL CHECK (seq BETWEEN 1 AND 9007199254740991),
  seal          boolean NOT NULL,
  accepted_ms   bigint  NOT NULL CHECK (accepted_ms >= 0),                  -- never goes back in a channel
  entry_id      bytea   NOT NULL CHECK (octet_length(entry_id) = 16),
  ciphertext    bytea   NOT NULL CHECK (octet_length(ciphertext) BETWEEN 1 AND 262144),
  through_bytes bigint  NOT NULL CHECK (through_bytes >= 0)                 -- ciphertext of its channel's entries through it
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);
ALTER TABLE entry ALTER COLUMN ciphertext SET STORAGE EXTERNAL;             -- it cannot be compressed
CREATE UNIQUE INDEX entry_place ON entry (channel, seq);

-- Entries of casillas and return channels. They stay longer than those of `entry`. Owner: the channel's row.
CREATE TABLE kept_entry (
  arrival       bigint NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  channel       bigint NOT NULL CHECK (channel > 0),
  seq           bigint NOT NULL CHECK (seq BETWEEN 1 AND 9007199254740991),
  accepted_ms   bigint NOT NULL CHECK (accepted_ms >= 0),
  entry_id      bytea  NOT NULL CHECK (octet_length(entry_id) = 16),
  ciphertext    bytea  NOT NULL CHECK (octet_length(ciphertext) BETWEEN 1 AND 262144),
  through_bytes bigint NOT NULL CHECK (through_bytes >= 0)
);
ALTER TABLE kept_entry ALTER COLUMN ciphertext SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX kept_place ON kept_entry (channel, seq);

-- Every entry that ever came to a casilla or a return channel: as long as the channel's row lives, the same gets its first answer.
CREATE TABLE kept_id (
  channel     bigint  NOT NULL CHECK (channel > 0),
  entry_id    bytea   NOT NULL CHECK (octet_length(entry_id) = 16),
  seq         bigint  NOT NULL CHECK (seq BETWEEN 1 AND 9007199254740991),
  accepted_ms bigint  NOT NULL CHECK (accepted_ms >= 0),
  digest      bytea   NOT NULL CHECK (octet_length(digest) = 32),           -- SHA-256 of the bytes; of a notice the digest that its record names
  token       bytea   NOT NULL CHECK (octet_length(token) = 32),            -- labelled SHA-256 of the token that was shown
  last_resort boolean NOT NULL,                                             -- a notice that came by a last-resort right
  PRIMARY KEY (channel, entry_id)
);
CREATE INDEX kept_last ON kept_id (channel, accepted_ms) WHERE last_resort;

-- Ids of appends to inboxes, for a day: the same gets its first answer, at whichever relay, also when its entry is trimmed.
-- Owner: the channel's row.
CREATE TABLE recent_id (
  channel     bigint NOT NULL CHECK (channel > 0),
  entry_id    bytea  NOT NULL CHECK (octet_length(entry_id) = 16),
  seq         bigint NOT NULL CHECK (seq BETWEEN 1 AND 9007199254740991),
  accepted_ms bigint NOT NULL CHECK (accepted_ms >= 0),
  digest      bytea  NOT NULL CHECK (octet_length(digest) = 32),            -- SHA-256 of the bytes
  PRIMARY KEY (channel, entry_id)
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX recent_id_accepted ON recent_id (accepted_ms);

-- What is counted in a window of time, by all relays together. Not logged: it is empty after a crash or a failover, and then a
-- window begins again. The key is an HMAC under a key that is not in the database: a stolen one does not tell who was asked for.
CREATE UNLOGGED TABLE quota (
  key     bytea  NOT NULL PRIMARY KEY CHECK (octet_length(key) = 32),       -- of what is counted, of whom, and of the window
  ends_ms bigint NOT NULL CHECK (ends_ms >= 0),                             -- removed from then on
  count   bigint NOT NULL CHECK (count >= 0)
) WITH (fillfactor = 60);
CREATE INDEX quota_ends ON quota (ends_ms);
