-- Owner of every table here but stamps: the gate.

-- Registrar's table, and the only place where anything of a RUN is: its HMAC under a key outside the database.
-- One row a person: either with a live code, or with an account.
CREATE TABLE person (
  run_hash     bytea  NOT NULL PRIMARY KEY CHECK (octet_length(run_hash) = 32),  -- HMAC-SHA-256, labelled
  code_hash    bytea  UNIQUE CHECK (octet_length(code_hash) = 32),          -- labelled SHA-256 of the one-time code
  code_ends_ms bigint CHECK (code_ends_ms >= 0),                            -- the code, and the repeated answer, work before this
  account      bigint UNIQUE CHECK (account > 0),                           -- once the code was used
  replaces     bigint CHECK (replaces > 0),                                 -- account in whose place the code puts another; NULL for a first code
  CHECK ((code_hash IS NULL) = (code_ends_ms IS NULL)),
  CHECK (code_hash IS NOT NULL OR account IS NOT NULL)
);
CREATE INDEX person_code_ends ON person (code_ends_ms) WHERE code_ends_ms IS NOT NULL;

-- One row: what the registrar's key is known again by. With another key every person would be a stranger.
CREATE TABLE registrar (
  id        bigint NOT NULL PRIMARY KEY CHECK (id = 1),
  key_check bytea  NOT NULL CHECK (octet_length(key_check) = 32)            -- HMAC of nothing, labelled
);

-- One row: the public key of the relays in front. A relay with another one does not start. Owner: the first that starts.
CREATE TABLE identity (
  id         bigint NOT NULL PRIMARY KEY CHECK (id = 1),
  public_key bytea  NOT NULL CHECK (octet_length(public_key) = 32)
);

-- Accounts, as the directory shows them, and as addresses for official notices.
CREATE TABLE account (
  account        bigint  NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  id             bytea   NOT NULL UNIQUE CHECK (octet_length(id) = 32),     -- labelled SHA-256 of state 0
  handle         text    NOT NULL UNIQUE CHECK (char_length(handle) BETWEEN 3 AND 32),
  binding        text    NOT NULL,                                          -- registrar's note
  chain_bytes    bigint  NOT NULL CHECK (chain_bytes > 0),                  -- of all its states
  reset          text,                                                      -- registrar's note: in whose place it stands; NULL for a first one
  paused         boolean NOT NULL DEFAULT false,                            -- its person takes a pause
  designation    text,                                                      -- the person's signed note; NULL: it is no address
  notices_paused boolean NOT NULL DEFAULT false,
  grants_version bigint  NOT NULL DEFAULT 0 CHECK (grants_version >= 0)     -- how often grants were put
);

-- Names of accounts that were deleted: nobody gets one again. Whose they were is not kept.
CREATE TABLE retired_handle (
  handle text NOT NULL PRIMARY KEY CHECK (char_length(handle) BETWEEN 3 AND 32)
);

-- The chain of states, signed notes as they came.
CREATE TABLE account_state (
  account bigint NOT NULL CHECK (account > 0),
  number  bigint NOT NULL CHECK (number >= 0),
  note    text   NOT NULL CHECK (octet_length(note) BETWEEN 1 AND 65536),
  PRIMARY KEY (account, number)
);

-- Devices of the newest state.
CREATE TABLE device (
  device  bigint NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  account bigint NOT NULL CHECK (account > 0),
  id      bytea  NOT NULL CHECK (octet_length(id) = 16),
  UNIQUE (account, id)
);

-- Key packages, public MLS objects; not looked into. In order of arrival: the oldest is handed out first.
CREATE TABLE key_package (
  arrival     bigint  NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  device      bigint  NOT NULL CHECK (device > 0),
  suite       bigint  NOT NULL CHECK (suite BETWEEN 1 AND 65535),
  last_resort boolean NOT NULL,                                             -- false: handed out once, then deleted
  ends_ms     bigint  NOT NULL CHECK (ends_ms >= 0),                        -- not handed out from then on
  bytes       bytea   NOT NULL CHECK (octet_length(bytes) BETWEEN 1 AND 16384)
);
CREATE INDEX key_package_place ON key_package (device, suite, last_resort, arrival);
CREATE UNIQUE INDEX key_package_last ON key_package (device, suite) WHERE last_resort;
CREATE INDEX key_package_ends ON key_package (ends_ms);

-- Whose an inbox is. The first state that names it takes it; from then on no other account's state may name it. A row is never
-- removed: when the account is gone its inboxes are nobody's, for ever.
CREATE TABLE inbox (
  name  bytea   NOT NULL PRIMARY KEY CHECK (octet_length(name) = 32),       -- the channel's; it need not be open
  owner bigint  CHECK (owner > 0),                                          -- the account; NULL when it is gone
  named boolean NOT NULL,                                                   -- the owner's newest state has it; false: closed, it has no append right
  CHECK (owner IS NOT NULL OR NOT named)
);
CREATE INDEX inbox_owner ON inbox (owner) WHERE owner IS NOT NULL;

-- The registrar's notes of resets, in the order of their numbers, which have no gap. A row is never removed.
CREATE TABLE reset (
  number bigint NOT NULL PRIMARY KEY CHECK (number > 0),                    -- 1, 2, 3 …
  note   text   NOT NULL CHECK (octet_length(note) BETWEEN 1 AND 4096)      -- as it was signed
);

-- Stamps that were made and not yet spent: without account. All that are made in one month end at one instant.
-- Owner: the row's lock, taken in the order of hashes.
CREATE TABLE stamp (
  hash    bytea  NOT NULL PRIMARY KEY CHECK (octet_length(hash) = 32),      -- labelled SHA-256 of the stamp
  ends_ms bigint NOT NULL CHECK (ends_ms > 0)                               -- removed from then on
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX stamp_ends ON stamp (ends_ms);

-- Blobs. The file lies in blobs/ under a name that the relay chose.
CREATE TABLE blob (
  blob       bigint  NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  name       bytea   NOT NULL UNIQUE CHECK (octet_length(name) = 32),       -- random, chosen by its sender
  read_token bytea   NOT NULL CHECK (octet_length(read_token) = 32),        -- labelled SHA-256
  size       bigint  NOT NULL CHECK (size BETWEEN 1 AND 109051904),         -- bytes of ciphertext
  sha256     bytea   NOT NULL CHECK (octet_length(sha256) = 32),            -- of the ciphertext
  file       bytea   NOT NULL UNIQUE CHECK (octet_length(file) = 16),       -- in hexadecimal: the file's name
  ends_ms    bigint  NOT NULL CHECK (ends_ms >= 0),                         -- removed from then on
  whole      boolean NOT NULL                                               -- false: its file may be shorter than size
);
CREATE INDEX blob_ends ON blob (ends_ms);
CREATE INDEX blob_unfinished ON blob (size) WHERE NOT whole;

-- One row: so that the disk's quota needs no scan.
CREATE TABLE blob_total (
  id    bigint NOT NULL PRIMARY KEY CHECK (id = 1),
  bytes bigint NOT NULL CHECK (bytes >= 0)                                  -- of all rows in blob
) WITH (fillfactor = 20);
INSERT INTO blob_total (id, bytes) VALUES (1, 0);

-- Clerks of the registrar's counter. A row is never removed: the record names her.
CREATE TABLE clerk (
  clerk      bigint  NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  name       text    NOT NULL UNIQUE CHECK (char_length(name) BETWEEN 1 AND 32), -- what the operator calls her
  key        bytea   NOT NULL UNIQUE CHECK (octet_length(key) = 32),        -- Ed25519, public
  may_issue  boolean NOT NULL,                                              -- first codes
  may_reset  boolean NOT NULL,                                              -- recovery codes
  added_ms   bigint  NOT NULL CHECK (added_ms >= 0),
  revoked_ms bigint  CHECK (revoked_ms >= 0)                                -- NULL while she may
);

-- The record of what was done at the counter. Names no person and no account; rows are never changed or removed.
CREATE TABLE act (
  number bigint NOT NULL PRIMARY KEY CHECK (number > 0),                    -- 1, 2, 3 …
  at_ms  bigint NOT NULL CHECK (at_ms >= 0),
  clerk  bigint CHECK (clerk > 0),                                          -- NULL: the operator
  deed   bigint NOT NULL CHECK (deed > 0),                                  -- counter::Deed
  about  text   NOT NULL CHECK (char_length(about) <= 128),                 -- a code's reference, a clerk, a public body
  chain  bytea  NOT NULL CHECK (octet_length(chain) = 32)                   -- labelled SHA-256 of this act behind the one before
);
CREATE INDEX act_clerk ON act (clerk, at_ms) WHERE clerk IS NOT NULL;       -- what she did of late
CREATE INDEX act_hers ON act (clerk, number) WHERE clerk IS NOT NULL;       -- all that she did
