-- The profile file, version 1. Owner: client-core/core/src/profile. Everything is one table of encrypted rows;
-- what stands in clear is what is needed to ask for the secret.

-- How a passphrase becomes a key: one salt and one cost for all that opens anything here, so that a try costs the same
-- whatever it opens.
CREATE TABLE header (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  salt       BLOB NOT NULL CHECK (length(salt) = 16),
  memory_kib INTEGER NOT NULL CHECK (memory_kib BETWEEN 8 AND 4294967295),  -- Argon2id
  passes     INTEGER NOT NULL CHECK (passes BETWEEN 1 AND 4294967295),
  lanes      INTEGER NOT NULL CHECK (lanes BETWEEN 1 AND 16777215)
) STRICT;

-- 256 places, all there from the beginning. A place holds a wrapped profile key (nonce 24, key 32, tag 16) or random
-- bytes; without the secret nobody can tell which.
CREATE TABLE lock (
  place   INTEGER PRIMARY KEY CHECK (place BETWEEN 0 AND 255),
  wrapped BLOB NOT NULL CHECK (length(wrapped) = 72)
) STRICT;

CREATE TABLE row (
  id    INTEGER PRIMARY KEY,
  key   BLOB NOT NULL UNIQUE CHECK (length(key) = 16),  -- MAC of table and key
  scope BLOB NOT NULL CHECK (length(scope) = 16),       -- MAC of table and scope
  ord   INTEGER NOT NULL CHECK (ord >= 0),              -- place in the scope
  value BLOB NOT NULL CHECK (length(value) >= 104)      -- nonce 24, padded content (a multiple of 64), tag 16
) STRICT;
CREATE INDEX row_by_scope ON row (scope, ord);
