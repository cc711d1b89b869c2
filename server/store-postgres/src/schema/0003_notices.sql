-- Owner of every table here: the gate; of `notice_record` the channel's row, too.

-- What can vary in the record of a notice: with it the record is signed again, byte by byte.
CREATE TABLE notice_record (
  channel    bigint NOT NULL CHECK (channel > 0),
  entry_id   bytea  NOT NULL CHECK (octet_length(entry_id) = 16),
  record_id  bytea  NOT NULL CHECK (octet_length(record_id) = 16),
  issuer     text   NOT NULL CHECK (char_length(issuer) BETWEEN 1 AND 512), -- the relay's address then
  time_ms    bigint NOT NULL CHECK (time_ms >= 0),                          -- when it was taken: before a restore it may be another than that of the entry
  generation bytea  NOT NULL CHECK (octet_length(generation) = 16),
  PRIMARY KEY (channel, entry_id)
);

-- Public bodies. A row with a key is never removed.
CREATE TABLE agency (
  agency       bigint  NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  code         text    NOT NULL UNIQUE CHECK (char_length(code) BETWEEN 2 AND 16),
  name         text    NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  place        text    NOT NULL CHECK (char_length(place) BETWEEN 1 AND 96), -- zone, and comuna or none, as in its certificate
  invitation   bytea   UNIQUE CHECK (octet_length(invitation) = 32),        -- labelled SHA-256 of the one-time code
  code_ends_ms bigint  CHECK (code_ends_ms >= 0),                           -- the code, and the repeated answer, work before this
  key          bytea   UNIQUE CHECK (octet_length(key) = 32),               -- Ed25519, public; NULL until it is enrolled
  certificate  text    CHECK (char_length(certificate) BETWEEN 1 AND 4096), -- the registrar's newest note
  until_ms     bigint  CHECK (until_ms >= 0),                               -- until when the note holds
  revoked      boolean NOT NULL,
  per_day      bigint  NOT NULL CHECK (per_day > 0),                        -- answers of each kind in a day
  CHECK ((invitation IS NULL) = (code_ends_ms IS NULL)),
  CHECK ((key IS NULL) = (certificate IS NULL) AND (key IS NULL) = (until_ms IS NULL))
);

-- Grants, sealed under the registrar's key, which lies outside the database. In order of arrival: the oldest is handed out first.
-- To whom is written nowhere. One that was handed out leaves its tag until it ends, so that it is not put again.
CREATE TABLE kept_grant (
  arrival     bigint  NOT NULL PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  account     bigint  NOT NULL CHECK (account > 0),
  tag         bytea   NOT NULL CHECK (octet_length(tag) = 32),              -- HMAC, labelled, of the grant's id
  last_resort boolean NOT NULL,                                             -- handed out when no other is left, and again
  from_ms     bigint  NOT NULL CHECK (from_ms >= 0),
  until_ms    bigint  NOT NULL CHECK (until_ms >= 0),
  sealed      bytea   CHECK (octet_length(sealed) BETWEEN 1 AND 8192),      -- NULL: handed out
  UNIQUE (account, tag)
);
CREATE UNIQUE INDEX kept_grant_last ON kept_grant (account) WHERE last_resort;
CREATE INDEX kept_grant_ends ON kept_grant (until_ms);

-- Casillas that grants of an account named, sealed as those: when it is an address no more, their append rights go. Whoever names
-- one first has it: with another account's it would close.
CREATE TABLE kept_casilla (
  tag      bytea  NOT NULL PRIMARY KEY CHECK (octet_length(tag) = 32),      -- HMAC, labelled, of the channel
  account  bigint CHECK (account > 0),                                      -- NULL when it is gone
  until_ms bigint NOT NULL CHECK (until_ms >= 0),                           -- when the last of its grants ends
  sealed   bytea  NOT NULL CHECK (octet_length(sealed) BETWEEN 1 AND 256)
);
CREATE INDEX kept_casilla_whose ON kept_casilla (account) WHERE account IS NOT NULL;
CREATE INDEX kept_casilla_ends ON kept_casilla (until_ms);

-- How many answers bodies were given about an account in a month: a number.
CREATE TABLE answer_count (
  account bigint NOT NULL CHECK (account > 0),
  month   bigint NOT NULL CHECK (month BETWEEN 197001 AND 999912),          -- year times 100 plus month, UTC
  count   bigint NOT NULL CHECK (count > 0),
  PRIMARY KEY (account, month)
);

-- Persons for whom electronic notices take no effect. They need not have an account.
CREATE TABLE exempt (
  run_hash bytea  NOT NULL PRIMARY KEY CHECK (octet_length(run_hash) = 32), -- HMAC-SHA-256, labelled
  reason   bigint NOT NULL CHECK (reason BETWEEN 1 AND 4)                   -- notices::Exempt
);
