//! What rows of every table have: ids of 32 bytes, numbers, seqs, classes.

use lacre_ground::ids::{ChannelClass, Seq};
use rusqlite::Row;

pub(super) fn id32<T: for<'a> TryFrom<&'a [u8]>>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    let bytes = row.get_ref(at)?.as_blob()?;
    T::try_from(bytes).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, i64::try_from(bytes.len()).unwrap_or(-1)))
}

pub(super) fn seq_of(row: &Row<'_>, at: usize) -> rusqlite::Result<Seq> {
    let seq: u64 = row.get(at)?;
    Seq::new(seq).ok_or(rusqlite::Error::IntegralValueOutOfRange(at, number(seq)))
}

pub(super) fn class_of(code: u8) -> ChannelClass {
    if code == ChannelClass::Log.code() { ChannelClass::Log } else { ChannelClass::Inbox }
}

pub(super) fn number(n: u64) -> i64 {
    // every number of ours is below 2^53
    i64::try_from(n).unwrap_or(i64::MAX)
}
