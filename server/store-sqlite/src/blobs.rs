//! Blobs' rows in SQLite.

use super::{SqliteReads, SqliteStore};
use crate::Down;
use lacre_ground::ids::{BlobId, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::blobs::{BlobBegun, BlobHeader, BlobKept, FileName, KeepBlob, KeepBlobRefused, StoredBlob};
use lacre_store::judge::blobs::{self as judge, Unfinished};
use lacre_store::rules::Rules;
use lacre_store::{BlobReads, BlobStore, StoreDown};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn stored(conn: &Connection, blob: &BlobId) -> rusqlite::Result<Option<StoredBlob>> {
    let sql = "SELECT read_token, size, sha256, file, ends_ms, whole FROM blob WHERE name = ?1";
    let read = |r: &Row<'_>| {
        let header = BlobHeader { blob: *blob, read: TokenHash::new(r.get(0)?), size: r.get(1)?, sha256: r.get(2)? };
        let (file, expires_at) = (FileName::new(r.get(3)?), Millis::new(r.get(4)?));
        Ok(StoredBlob { header, file, expires_at, whole: r.get(5)? })
    };
    conn.prepare_cached(sql)?.query_row([blob.as_bytes()], read).optional()
}

fn total(conn: &Connection) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT bytes FROM blob_total WHERE id = 1")?.query_row([], |r| r.get(0))
}

fn unfinished(conn: &Connection) -> rusqlite::Result<Unfinished> {
    let sql = "SELECT count(*), coalesce(sum(size), 0) FROM blob WHERE whole = 0";
    conn.prepare_cached(sql)?.query_row([], |r| Ok(Unfinished { count: r.get(0)?, bytes: r.get(1)? }))
}

impl SqliteStore {
    /// The row of a blob that has none.
    fn insert(
        &mut self,
        rules: &Rules,
        keep: &KeepBlob,
        expires_at: Millis,
        whole: bool,
    ) -> Result<Result<(), KeepBlobRefused>, Down> {
        let header = &keep.header;
        if let Err(full) = judge::disk(total(&self.conn)?, header.size, rules) {
            return Ok(Err(full));
        }
        if !self.pay(keep.stamp.as_ref())? {
            return Ok(Err(KeepBlobRefused::Stamp));
        }
        let sql = "INSERT INTO blob (name, read_token, size, sha256, file, ends_ms, whole) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.conn.prepare_cached(sql)?.execute(params![
            header.blob.as_bytes(),
            header.read.as_bytes(),
            int(header.size),
            header.sha256,
            keep.file.as_bytes(),
            int(expires_at.get()),
            whole
        ])?;
        self.conn.prepare_cached("UPDATE blob_total SET bytes = bytes + ?1 WHERE id = 1")?.execute([int(header.size)])?;
        Ok(Ok(()))
    }
}

impl BlobStore for SqliteStore {
    fn keep_blob(&mut self, now: Millis, rules: &Rules, keep: &KeepBlob) -> Result<Result<BlobKept, KeepBlobRefused>, StoreDown> {
        let mut work = || -> Result<Result<BlobKept, KeepBlobRefused>, Down> {
            let header = &keep.header;
            if let Some(answer) = judge::keep(stored(&self.conn, &header.blob)?.as_ref(), header).transpose() {
                return Ok(answer);
            }
            let expires_at = now.plus(rules.blob_retention_ms);
            Ok(self.insert(rules, keep, expires_at, true)?.map(|()| BlobKept::New { expires_at }))
        };
        Ok(work()?)
    }

    fn begin_blob(
        &mut self,
        now: Millis,
        rules: &Rules,
        keep: &KeepBlob,
    ) -> Result<Result<BlobBegun, KeepBlobRefused>, StoreDown> {
        let mut work = || -> Result<Result<BlobBegun, KeepBlobRefused>, Down> {
            let header = &keep.header;
            if let Some(answer) = judge::begin(stored(&self.conn, &header.blob)?.as_ref(), header).transpose() {
                return Ok(answer);
            }
            if let Err(full) = unfinished(&self.conn)?.room(header.size, rules) {
                return Ok(Err(full));
            }
            let expires_at = now.plus(rules.unfinished_retention_ms);
            Ok(self.insert(rules, keep, expires_at, false)?.map(|()| BlobBegun::Unfinished))
        };
        Ok(work()?)
    }

    fn finish_blob(&mut self, now: Millis, rules: &Rules, file: &FileName) -> Result<Option<Millis>, StoreDown> {
        let work = || -> Result<Option<Millis>, Down> {
            let expires_at = now.plus(rules.blob_retention_ms);
            let sql = "UPDATE blob SET whole = 1, ends_ms = ?2 WHERE file = ?1 AND whole = 0";
            let rows = self.conn.prepare_cached(sql)?.execute(params![file.as_bytes(), int(expires_at.get())])?;
            Ok((rows == 1).then_some(expires_at))
        };
        Ok(work()?)
    }

    fn forget_blob(&mut self, file: &FileName) -> Result<(), StoreDown> {
        let work = || -> Result<(), Down> {
            let sql = "DELETE FROM blob WHERE file = ?1 AND whole = 0 RETURNING size";
            let size: Option<i64> = self.conn.prepare_cached(sql)?.query_row([file.as_bytes()], |r| r.get(0)).optional()?;
            self.conn.prepare_cached("UPDATE blob_total SET bytes = bytes - ?1 WHERE id = 1")?.execute([size.unwrap_or(0)])?;
            Ok(())
        };
        Ok(work()?)
    }

    fn expire_blobs(&mut self, now: Millis, limit: u32) -> Result<Vec<FileName>, StoreDown> {
        let work = || -> Result<Vec<FileName>, Down> {
            let sql = "SELECT blob, size, file FROM blob WHERE ends_ms <= ?1 ORDER BY ends_ms, blob LIMIT ?2";
            let mut select = self.conn.prepare_cached(sql)?;
            let ended: Vec<(i64, i64, [u8; 16])> = select
                .query_map(params![int(now.get()), limit], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
                .collect::<rusqlite::Result<_>>()?;
            for (blob, size, _) in &ended {
                self.conn.prepare_cached("DELETE FROM blob WHERE blob = ?1")?.execute([blob])?;
                self.conn.prepare_cached("UPDATE blob_total SET bytes = bytes - ?1 WHERE id = 1")?.execute([size])?;
            }
            Ok(ended.into_iter().map(|(_, _, file)| FileName::new(file)).collect())
        };
        Ok(work()?)
    }
}

impl BlobReads for SqliteReads {
    fn blob(&self, blob: &BlobId) -> Result<Option<StoredBlob>, StoreDown> {
        let work = || -> Result<Option<StoredBlob>, Down> { self.with(|conn| stored(conn, blob)) };
        Ok(work()?)
    }
    fn blob_file_known(&self, file: &FileName) -> Result<bool, StoreDown> {
        let work = || -> Result<bool, Down> {
            self.with(|conn| conn.prepare_cached("SELECT 1 FROM blob WHERE file = ?1")?.exists([file.as_bytes()]))
        };
        Ok(work()?)
    }
    fn blob_bytes(&self) -> Result<u64, StoreDown> {
        let work = || -> Result<u64, Down> { self.with(|conn| total(conn)) };
        Ok(work()?)
    }
}
