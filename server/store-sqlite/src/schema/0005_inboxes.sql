-- Whose an inbox is. The first state that names it takes it, in the transaction that stores the state; from then on no other
-- account's state may name it. A row is never removed: when the account is gone its inboxes are nobody's, for ever.
CREATE TABLE inbox (
  name  BLOB    NOT NULL PRIMARY KEY CHECK (length(name) = 32),             -- the channel's; it need not be open
  owner INTEGER CHECK (owner > 0),                                          -- the account; NULL when it is gone
  named INTEGER NOT NULL CHECK (named IN (0, 1)),                           -- 1: the owner's newest state has it; 0: closed, it has no append right
  CHECK (owner IS NOT NULL OR named = 0)
) STRICT, WITHOUT ROWID;
CREATE INDEX inbox_owner ON inbox (owner) WHERE owner IS NOT NULL;
