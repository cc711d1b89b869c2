-- One row: a store of one machine that was moved into this database, or is being moved. Owner: whoever moves it.
CREATE TABLE moved (
  id         bigint      NOT NULL PRIMARY KEY CHECK (id = 1),
  generation bytea       NOT NULL CHECK (octet_length(generation) = 16),    -- of that store, and of this one once it is whole
  whole      boolean     NOT NULL,                                          -- false: rows may be missing, and no relay serves
  since      timestamptz NOT NULL DEFAULT now()                             -- the database's clock, when it began or became whole
);
