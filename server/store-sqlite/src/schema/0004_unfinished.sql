-- What came of a large blob whose upload broke off, so that it can go on. Paid for; counted in blob_total with its whole size.
ALTER TABLE blob ADD COLUMN whole INTEGER NOT NULL DEFAULT 1 CHECK (whole IN (0, 1)); -- 0: its file may be shorter than size
CREATE INDEX blob_unfinished ON blob (size) WHERE whole = 0;
