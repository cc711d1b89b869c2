-- Posts at public bodies. The hash is of another domain than a private person's: one row for a RUN and a body.
-- It has a row of person as long as its code or its account lives; without one it says nothing.
CREATE TABLE office (
  run_hash      bytea   NOT NULL PRIMARY KEY CHECK (octet_length(run_hash) = 32),  -- HMAC-SHA-256, labelled, over body and RUN
  agency        text    NOT NULL CHECK (octet_length(agency) BETWEEN 2 AND 16),    -- the body's code
  administrator boolean NOT NULL                                                   -- the body named her to the registrar
);
