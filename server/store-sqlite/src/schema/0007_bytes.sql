-- How many bytes a channel keeps: those through its last entry less those that are gone. Counted from this version on: what
-- was stored before counts for nothing until it is gone.
ALTER TABLE entry ADD COLUMN through_bytes INTEGER NOT NULL DEFAULT 0 CHECK (through_bytes >= 0); -- ciphertext of its channel's entries through it
ALTER TABLE channel ADD COLUMN gone_bytes INTEGER NOT NULL DEFAULT 0 CHECK (gone_bytes >= 0);     -- the same at gone_through
