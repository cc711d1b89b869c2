//! Blobs' rows in PostgreSQL.

use crate::batch::Work;
use crate::sql::{Cells as _, Conn, Sql, all, by, exists, int, one, only, params, run};
use crate::{Down, PgReads};
use lacre_ground::ids::BlobId;
use lacre_ground::time::Millis;
use lacre_store::blobs::{BlobBegun, BlobHeader, BlobKept, FileName, KeepBlob, KeepBlobRefused, StoredBlob};
use lacre_store::judge::blobs::{self as judge, Unfinished};
use lacre_store::rules::Rules;
use lacre_store::{BlobReads, BlobStore, StoreDown};
use tokio_postgres::Row;

fn stored(conn: &Conn, blob: &BlobId) -> Sql<Option<StoredBlob>> {
    let sql = "SELECT read_token, size, sha256, file, ends_ms, whole FROM blob WHERE name = $1";
    let read = |r: &Row| {
        let header = BlobHeader { blob: *blob, read: r.id(0)?, size: r.number(1)?, sha256: r.id(2)? };
        let (file, expires_at) = (FileName::new(r.id(3)?), Millis::new(r.number(4)?));
        Ok(StoredBlob { header, file, expires_at, whole: r.cell(5)? })
    };
    one(conn, sql, params![by(blob.as_bytes())], read)
}

fn total(conn: &Conn) -> Sql<u64> {
    only(conn, "SELECT bytes FROM blob_total WHERE id = 1", params![], |r| r.number(0))
}

fn unfinished(conn: &Conn) -> Sql<Unfinished> {
    let sql = "SELECT count(*), coalesce(sum(size), 0)::bigint FROM blob WHERE NOT whole";
    only(conn, sql, params![], |r| Ok(Unfinished { count: r.number(0)?, bytes: r.number(1)? }))
}

/// So many bytes more, or less, of all blobs.
fn add(conn: &Conn, bytes: i64) -> Sql<()> {
    run(conn, "UPDATE blob_total SET bytes = bytes + $1 WHERE id = 1", params![bytes]).map(drop)
}

impl Work {
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
        let sql = "INSERT INTO blob (name, read_token, size, sha256, file, ends_ms, whole) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let row = params![
            by(header.blob.as_bytes()),
            by(header.read.as_bytes()),
            int(header.size),
            by(&header.sha256),
            by(keep.file.as_bytes()),
            int(expires_at.get()),
            whole
        ];
        run(&self.conn, sql, row)?;
        add(&self.conn, int(header.size))?;
        Ok(Ok(()))
    }
}

impl BlobStore for Work {
    fn keep_blob(&mut self, now: Millis, rules: &Rules, keep: &KeepBlob) -> Result<Result<BlobKept, KeepBlobRefused>, StoreDown> {
        let mut work = || -> Result<Result<BlobKept, KeepBlobRefused>, Down> {
            let header = &keep.header;
            if let Some(answer) = judge::keep(stored(&self.conn, &header.blob)?.as_ref(), header).transpose() {
                return Ok(answer);
            }
            let expires_at = now.plus(rules.blob_retention_ms);
            Ok(self.insert(rules, keep, expires_at, true)?.map(|()| BlobKept::New { expires_at }))
        };
        let done = work();
        self.batch.tell(done)
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
        let done = work();
        self.batch.tell(done)
    }

    fn finish_blob(&mut self, now: Millis, rules: &Rules, file: &FileName) -> Result<Option<Millis>, StoreDown> {
        let work = || -> Result<Option<Millis>, Down> {
            let expires_at = now.plus(rules.blob_retention_ms);
            let sql = "UPDATE blob SET whole = true, ends_ms = $2 WHERE file = $1 AND NOT whole";
            let rows = run(&self.conn, sql, params![by(file.as_bytes()), int(expires_at.get())])?;
            Ok((rows == 1).then_some(expires_at))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn forget_blob(&mut self, file: &FileName) -> Result<(), StoreDown> {
        let work = || -> Result<(), Down> {
            let sql = "DELETE FROM blob WHERE file = $1 AND NOT whole RETURNING size";
            let size: Option<i64> = one(&self.conn, sql, params![by(file.as_bytes())], |r| r.cell(0))?;
            add(&self.conn, -size.unwrap_or(0))?;
            Ok(())
        };
        let done = work();
        self.batch.tell(done)
    }

    fn expire_blobs(&mut self, now: Millis, limit: u32) -> Result<Vec<FileName>, StoreDown> {
        let work = || -> Result<Vec<FileName>, Down> {
            let sql = "SELECT blob, size, file FROM blob WHERE ends_ms <= $1 ORDER BY ends_ms, blob LIMIT $2";
            let read = |r: &Row| Ok((r.cell::<i64>(0)?, r.cell::<i64>(1)?, r.id::<[u8; 16]>(2)?));
            let ended = all(&self.conn, sql, params![int(now.get()), i64::from(limit)], read)?;
            for (blob, size, _) in &ended {
                run(&self.conn, "DELETE FROM blob WHERE blob = $1", params![blob])?;
                add(&self.conn, -size)?;
            }
            Ok(ended.into_iter().map(|(_, _, file)| FileName::new(file)).collect())
        };
        let done = work();
        self.batch.tell(done)
    }
}

impl BlobReads for PgReads {
    fn blob(&self, blob: &BlobId) -> Result<Option<StoredBlob>, StoreDown> {
        self.with(|conn| stored(conn, blob))
    }
    fn blob_file_known(&self, file: &FileName) -> Result<bool, StoreDown> {
        self.with(|conn| exists(conn, "SELECT 1 FROM blob WHERE file = $1", params![by(file.as_bytes())]))
    }
    fn blob_bytes(&self) -> Result<u64, StoreDown> {
        self.with(total)
    }
}
