-- Clerks of the registrar's counter: who issues codes from another machine. A row is never removed: the record names her.
CREATE TABLE clerk (
  clerk      INTEGER NOT NULL PRIMARY KEY CHECK (clerk > 0),
  name       TEXT    NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 32),  -- what the operator calls her
  key        BLOB    NOT NULL UNIQUE CHECK (length(key) = 32),               -- Ed25519, public
  may_issue  INTEGER NOT NULL CHECK (may_issue IN (0, 1)),                   -- first codes
  may_reset  INTEGER NOT NULL CHECK (may_reset IN (0, 1)),                   -- recovery codes
  added_ms   INTEGER NOT NULL CHECK (added_ms >= 0),
  revoked_ms INTEGER CHECK (revoked_ms >= 0)                                 -- NULL while she may
) STRICT;

-- The record of what was done at the counter. Names no person and no account; rows are never changed or removed.
CREATE TABLE act (
  number INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),                    -- 1, 2, 3 …
  at_ms  INTEGER NOT NULL CHECK (at_ms >= 0),
  clerk  INTEGER CHECK (clerk > 0),                                          -- NULL: the operator
  deed   INTEGER NOT NULL CHECK (deed > 0),                                  -- counter::Deed
  about  TEXT    NOT NULL CHECK (length(about) <= 128),                      -- a code's reference, or a clerk
  chain  BLOB    NOT NULL CHECK (length(chain) = 32)                         -- labelled SHA-256 of this act behind the one before
) STRICT;
CREATE INDEX act_clerk ON act (clerk, at_ms) WHERE clerk IS NOT NULL;       -- what she did of late
CREATE INDEX act_hers ON act (clerk) WHERE clerk IS NOT NULL;               -- all that she did, by number
