-- What relays in front of one database have in common beside their identity.
ALTER TABLE identity ADD COLUMN registrar_note text;   -- the relay's note that introduces the registrar's key: the same at each relay

-- Who is logged in, at whichever relay. In no log: after a crash, and at a replica that takes over, it is empty, and devices log in
-- again. Owner: the relay at which the device logged in, and the one at which it is removed.
CREATE UNLOGGED TABLE session (
  token         bytea  NOT NULL PRIMARY KEY CHECK (octet_length(token) = 32),      -- labelled SHA-256
  account       bytea  NOT NULL CHECK (octet_length(account) = 32),
  device        bytea  NOT NULL CHECK (octet_length(device) = 16),
  signature_key bytea  NOT NULL CHECK (octet_length(signature_key) = 32),          -- that the device logged in with
  ends_ms       bigint NOT NULL CHECK (ends_ms >= 0),
  opened        bigint NOT NULL GENERATED ALWAYS AS IDENTITY                       -- their order
);
CREATE INDEX session_account ON session (account);
CREATE INDEX session_ends ON session (ends_ms);
