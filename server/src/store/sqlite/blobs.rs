//! Blobs' rows in SQLite.

use super::{SqliteReads, SqliteStore};
use crate::rules::Rules;
use crate::store::blobs::{BlobHeader, BlobKept, FileName, KeepBlob, KeepBlobRefused, StoredBlob};
use crate::store::channels::Limited;
use crate::store::{AccountStore as _, BlobReads, BlobStore, StoreDown};
use lacre_audit::ids::{BlobId, TokenHash};
use lacre_audit::time::Millis;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn stored(conn: &Connection, blob: &BlobId) -> rusqlite::Result<Option<StoredBlob>> {
    let sql = "SELECT read_token, size, sha256, file, ends_ms FROM blob WHERE name = ?1";
    let read = |r: &Row<'_>| {
        let header = BlobHeader { blob: *blob, read: TokenHash::new(r.get(0)?), size: r.get(1)?, sha256: r.get(2)? };
        Ok(StoredBlob { header, file: FileName::new(r.get(3)?), expires_at: Millis::new(r.get(4)?) })
    };
    conn.prepare_cached(sql)?.query_row([blob.as_bytes()], read).optional()
}

fn total(conn: &Connection) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT bytes FROM blob_total WHERE id = 1")?.query_row([], |r| r.get(0))
}

impl BlobStore for SqliteStore {
    fn keep_blob(&mut self, now: Millis, rules: &Rules, keep: &KeepBlob) -> Result<Result<BlobKept, KeepBlobRefused>, StoreDown> {
        let header = &keep.header;
        if let Some(before) = stored(&self.conn, &header.blob)? {
            let same = before.header == *header;
            return Ok(if same { Ok(BlobKept::Again { expires_at: before.expires_at }) } else { Err(KeepBlobRefused::Conflict) });
        }
        if total(&self.conn)?.saturating_add(header.size) > rules.max_blob_disk_bytes {
            let value = rules.max_blob_disk_bytes;
            return Ok(Err(KeepBlobRefused::Limit(Limited { limit: "max_blob_disk_bytes", value, retry_after_ms: None })));
        }
        let paid = match &keep.stamp {
            Some(stamp) => self.spend_stamp(stamp)?,
            None => false,
        };
        if !paid {
            return Ok(Err(KeepBlobRefused::Stamp));
        }
        let expires_at = now.plus(rules.blob_retention_ms);
        let sql = "INSERT INTO blob (name, read_token, size, sha256, file, ends_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.conn.prepare_cached(sql)?.execute(params![
            header.blob.as_bytes(),
            header.read.as_bytes(),
            int(header.size),
            header.sha256,
            keep.file.as_bytes(),
            int(expires_at.get())
        ])?;
        self.conn.prepare_cached("UPDATE blob_total SET bytes = bytes + ?1 WHERE id = 1")?.execute([int(header.size)])?;
        Ok(Ok(BlobKept::New { expires_at }))
    }

    fn expire_blobs(&mut self, now: Millis, limit: u32) -> Result<Vec<FileName>, StoreDown> {
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
    }
}

impl BlobReads for SqliteReads {
    fn blob(&self, blob: &BlobId) -> Result<Option<StoredBlob>, StoreDown> {
        self.with(|conn| stored(conn, blob))
    }
    fn blob_file_known(&self, file: &FileName) -> Result<bool, StoreDown> {
        self.with(|conn| conn.prepare_cached("SELECT 1 FROM blob WHERE file = ?1")?.exists([file.as_bytes()]))
    }
    fn blob_bytes(&self) -> Result<u64, StoreDown> {
        self.with(total)
    }
}
