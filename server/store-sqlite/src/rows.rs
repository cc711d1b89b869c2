//! What statements and rows of every table have: ids of 32 bytes, numbers, seqs, classes.

use lacre_ground::ids::{ChannelClass, Seq};
use rusqlite::{Connection, Params, Row};

pub(super) type Sql<T> = rusqlite::Result<T>;

pub(super) fn id32<T: for<'a> TryFrom<&'a [u8]>>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    let bytes = row.get_ref(at)?.as_blob()?;
    T::try_from(bytes).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, i64::try_from(bytes.len()).unwrap_or(-1)))
}

pub(super) fn seq_of(row: &Row<'_>, at: usize) -> rusqlite::Result<Seq> {
    let seq: u64 = row.get(at)?;
    Seq::new(seq).ok_or(rusqlite::Error::IntegralValueOutOfRange(at, number(seq)))
}

pub(super) fn class_of(code: u8) -> ChannelClass {
    // the table takes no other code
    let all = [ChannelClass::Log, ChannelClass::Casilla, ChannelClass::Return];
    all.into_iter().find(|class| class.code() == code).unwrap_or(ChannelClass::Inbox)
}

pub(super) fn number(n: u64) -> i64 {
    // every number of ours is below 2^53
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn run(conn: &Connection, sql: &str, params: impl Params) -> Sql<usize> {
    conn.prepare_cached(sql)?.execute(params)
}

/// All statements of `read` see the same committed state.
pub(super) fn snapshot<T, E: From<rusqlite::Error>>(conn: &Connection, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    conn.prepare_cached("BEGIN")?.execute([])?;
    let answer = read();
    conn.prepare_cached("COMMIT")?.execute([])?;
    answer
}
