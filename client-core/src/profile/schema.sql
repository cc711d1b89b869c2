-- The profile file, version 1. Owner: client-core/src/profile. Everything is one table of encrypted rows;
-- what stands in clear is what is needed to ask for the secret.

CREATE TABLE header (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  key_check BLOB NOT NULL CHECK (length(key_check) = 32)  -- derived from the profile key: tells a wrong key
) STRICT;

-- One row for each secret that opens the profile; none when only the key itself does.
CREATE TABLE lock (
  kind       INTEGER PRIMARY KEY CHECK (kind IN (1, 2)),            -- 1 passphrase, 2 key file
  salt       BLOB NOT NULL CHECK (length(salt) = 16),
  memory_kib INTEGER NOT NULL CHECK (memory_kib BETWEEN 8 AND 4294967295),  -- Argon2id
  passes     INTEGER NOT NULL CHECK (passes BETWEEN 1 AND 4294967295),
  lanes      INTEGER NOT NULL CHECK (lanes BETWEEN 1 AND 16777215),
  wrapped    BLOB NOT NULL CHECK (length(wrapped) = 72)             -- nonce 24, key 32, tag 16
) STRICT;

CREATE TABLE row (
  id    INTEGER PRIMARY KEY,
  key   BLOB NOT NULL UNIQUE CHECK (length(key) = 16),  -- MAC of table and key
  scope BLOB NOT NULL CHECK (length(scope) = 16),       -- MAC of table and scope
  ord   INTEGER NOT NULL CHECK (ord >= 0),              -- place in the scope
  value BLOB NOT NULL CHECK (length(value) >= 104)      -- nonce 24, padded content (a multiple of 64), tag 16
) STRICT;
CREATE INDEX row_by_scope ON row (scope, ord);
