//! Blobs' rows.

use crate::accounts::pay;
use crate::rows::Cells as _;
use crate::{Db, Sql, Writes, values};
use lacre_ground::ids::BlobId;
use lacre_ground::time::Millis;
use lacre_store::blobs::{BlobBegun, BlobHeader, BlobKept, FileName, KeepBlob, KeepBlobRefused, StoredBlob};
use lacre_store::judge::blobs::{self as judge, Unfinished};
use lacre_store::rules::Rules;

/// Stamps [`lacre_store::BlobStore`] and [`lacre_store::BlobReads`] out for an engine's two sides.
#[macro_export]
macro_rules! blobs {
    ($store:ty, $reads:ty) => {
        const _: () = {
            use ::lacre_ground::ids::BlobId;
            use ::lacre_ground::time::Millis;
            use ::lacre_store::blobs::*;
            use ::lacre_store::rules::Rules;
            use ::lacre_store::{BlobReads, BlobStore};
            use $crate::blobs;
            $crate::stamp! { verbs of BlobStore for $store = blobs {
                fn keep_blob(now: Millis, rules: &Rules, keep: &KeepBlob) -> Result<BlobKept, KeepBlobRefused>;
                fn begin_blob(now: Millis, rules: &Rules, keep: &KeepBlob) -> Result<BlobBegun, KeepBlobRefused>;
                fn finish_blob(now: Millis, rules: &Rules, file: &FileName) -> Option<Millis>;
                fn forget_blob(file: &FileName) -> ();
                fn expire_blobs(now: Millis, limit: u32) -> Vec<FileName>;
            }}
            $crate::stamp! { reads of BlobReads for $reads = blobs {
                fn blob(blob: &BlobId) -> Option<StoredBlob>;
                fn blob_file_known(file: &FileName) -> bool;
                fn blob_bytes() -> u64;
            }}
        };
    };
}

/// So many bytes more, or less, of all blobs.
fn add<D: Db>(db: &D, bytes: i64) -> Sql<(), D> {
    db.run("UPDATE blob_total SET bytes = bytes + ?1 WHERE id = 1", values![bytes]).map(drop)
}

fn unfinished<D: Db>(db: &D) -> Sql<Unfinished, D> {
    let sql = format!("SELECT count(*), CAST(coalesce(sum(size), 0) AS bigint) FROM blob WHERE whole = {}", D::NO);
    db.only(&sql, &[], |r| Ok(Unfinished { count: r.number(0)?, bytes: r.number(1)? }))
}

/// The row of a blob that has none.
fn insert<S: Writes>(
    store: &S,
    rules: &Rules,
    keep: &KeepBlob,
    expires_at: Millis,
    whole: bool,
) -> Sql<Result<(), KeepBlobRefused>, S::Db> {
    let (db, header) = (store.db(), &keep.header);
    if let Err(full) = judge::disk(blob_bytes(db)?, header.size, rules) {
        return Ok(Err(full));
    }
    if !pay(store, keep.stamp.as_ref())? {
        return Ok(Err(KeepBlobRefused::Stamp));
    }
    let sql = "INSERT INTO blob (name, read_token, size, sha256, file, ends_ms, whole) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (name, read, file) = (header.blob.as_bytes(), header.read.as_bytes(), keep.file.as_bytes());
    db.run(sql, values![name, read, header.size, &header.sha256, file, expires_at, whole])?;
    add(db, i64::try_from(header.size).unwrap_or(i64::MAX))?;
    Ok(Ok(()))
}

/// [`lacre_store::BlobStore::keep_blob`]
pub fn keep_blob<S: Writes>(
    store: &S,
    now: Millis,
    rules: &Rules,
    keep: &KeepBlob,
) -> Sql<Result<BlobKept, KeepBlobRefused>, S::Db> {
    if let Some(answer) = judge::keep(blob(store.db(), &keep.header.blob)?.as_ref(), &keep.header).transpose() {
        return Ok(answer);
    }
    let expires_at = now.plus(rules.blob_retention_ms);
    Ok(insert(store, rules, keep, expires_at, true)?.map(|()| BlobKept::New { expires_at }))
}

/// [`lacre_store::BlobStore::begin_blob`]
pub fn begin_blob<S: Writes>(
    store: &S,
    now: Millis,
    rules: &Rules,
    keep: &KeepBlob,
) -> Sql<Result<BlobBegun, KeepBlobRefused>, S::Db> {
    let header = &keep.header;
    if let Some(answer) = judge::begin(blob(store.db(), &header.blob)?.as_ref(), header).transpose() {
        return Ok(answer);
    }
    if let Err(full) = unfinished(store.db())?.room(header.size, rules) {
        return Ok(Err(full));
    }
    let expires_at = now.plus(rules.unfinished_retention_ms);
    Ok(insert(store, rules, keep, expires_at, false)?.map(|()| BlobBegun::Unfinished))
}

/// [`lacre_store::BlobStore::finish_blob`]
pub fn finish_blob<S: Writes>(store: &S, now: Millis, rules: &Rules, file: &FileName) -> Sql<Option<Millis>, S::Db> {
    let expires_at = now.plus(rules.blob_retention_ms);
    let sql = "UPDATE blob SET whole = true, ends_ms = ?2 WHERE file = ?1 AND NOT whole";
    Ok((store.db().run(sql, values![file.as_bytes(), expires_at])? == 1).then_some(expires_at))
}

/// [`lacre_store::BlobStore::forget_blob`]
pub fn forget_blob<S: Writes>(store: &S, file: &FileName) -> Sql<(), S::Db> {
    let sql = "DELETE FROM blob WHERE file = ?1 AND NOT whole RETURNING size";
    let size = store.db().one(sql, values![file.as_bytes()], |r| r.key(0))?;
    add(store.db(), -size.unwrap_or(0))
}

/// [`lacre_store::BlobStore::expire_blobs`]
pub fn expire_blobs<S: Writes>(store: &S, now: Millis, limit: u32) -> Sql<Vec<FileName>, S::Db> {
    let db = store.db();
    let sql = "SELECT blob, size, file FROM blob WHERE ends_ms <= ?1 ORDER BY ends_ms, blob LIMIT ?2";
    let ended = db.all(sql, values![now, limit], |r| Ok((r.key(0)?, r.key(1)?, FileName::new(r.id(2)?))))?;
    for (blob, size, _) in &ended {
        db.run("DELETE FROM blob WHERE blob = ?1", values![*blob])?;
        add(db, -size)?;
    }
    Ok(ended.into_iter().map(|(.., file)| file).collect())
}

/// [`lacre_store::BlobReads::blob`]
pub fn blob<D: Db>(db: &D, blob: &BlobId) -> Sql<Option<StoredBlob>, D> {
    let sql = "SELECT read_token, size, sha256, file, ends_ms, whole FROM blob WHERE name = ?1";
    db.one(sql, values![blob.as_bytes()], |r| {
        let header = BlobHeader { blob: *blob, read: r.id(0)?, size: r.number(1)?, sha256: r.id(2)? };
        Ok(StoredBlob { header, file: FileName::new(r.id(3)?), expires_at: r.time(4)?, whole: r.flag(5)? })
    })
}

/// [`lacre_store::BlobReads::blob_file_known`]
pub fn blob_file_known<D: Db>(db: &D, file: &FileName) -> Sql<bool, D> {
    db.exists("SELECT 1 FROM blob WHERE file = ?1", values![file.as_bytes()])
}

/// [`lacre_store::BlobReads::blob_bytes`]
pub fn blob_bytes<D: Db>(db: &D) -> Sql<u64, D> {
    db.only("SELECT bytes FROM blob_total WHERE id = 1", &[], |r| r.number(0))
}
