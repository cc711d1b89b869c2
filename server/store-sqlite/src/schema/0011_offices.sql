-- Posts at public bodies. The hash is of another domain than a private person's: one row for a RUN and a body.
-- It has a row of `person` as long as its code or its account lives; without one it says nothing.
CREATE TABLE office (
  run_hash      BLOB    NOT NULL PRIMARY KEY CHECK (length(run_hash) = 32),  -- HMAC-SHA-256, labelled, over body and RUN
  agency        TEXT    NOT NULL CHECK (length(agency) BETWEEN 2 AND 16),    -- the body's code
  administrator INTEGER NOT NULL CHECK (administrator IN (0, 1))             -- 1: the body named her to the registrar
) STRICT, WITHOUT ROWID;
