-- The registrar's notes of resets, in the order of their numbers: clients ask for those behind the last one that they know.
-- A row is never removed, so the numbers have no gap: whoever did not learn yet that a device is out learns it, however late.
CREATE TABLE reset (
  number INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),                   -- 1, 2, 3 …
  note   TEXT    NOT NULL CHECK (length(note) BETWEEN 1 AND 4096)           -- as it was signed
) STRICT;
-- those of before, as far as an account still tells of its own, in the order in which they were made
INSERT INTO reset (note) SELECT reset FROM account WHERE reset IS NOT NULL ORDER BY account;
