//! A copy of a store, while it is in use: one committed state, compacted, in a file of its own.

use super::inspect::{has_unfinished, open};
use super::{OpenError, overwrite_deleted};
use lacre_store::blobs::FileName;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Writes one committed state of a store into a file that is there and empty. Nothing is synced.
pub fn copy_into(from: &Path, to: &Path) -> Result<(), OpenError> {
    let conn = open(from, false)?;
    conn.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
    Ok(())
}

/// Takes blobs out of a copy that has no file for them, and all that are unfinished.
pub fn forget_blobs(copy: &Path, files: &[FileName]) -> Result<(), OpenError> {
    let mut conn = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    overwrite_deleted(&conn)?;
    let change = conn.transaction()?;
    for file in files {
        change.execute("DELETE FROM blob WHERE file = ?1", [file.as_bytes()])?;
    }
    if has_unfinished(&change)? {
        change.execute("DELETE FROM blob WHERE whole = 0", [])?;
    }
    change.execute("UPDATE blob_total SET bytes = (SELECT coalesce(sum(size), 0) FROM blob)", [])?;
    Ok(change.commit()?)
}
