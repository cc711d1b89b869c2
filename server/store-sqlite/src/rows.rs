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

/// Where entries of this class lie, the index of their places there, and what says of one whether it is a seal.
pub(super) const fn lies(class: ChannelClass) -> (&'static str, &'static str, &'static str) {
    match class {
        ChannelClass::Log | ChannelClass::Inbox => ("entry", "entry_place", "seal"),
        ChannelClass::Casilla | ChannelClass::Return => ("kept_entry", "kept_place", "0"),
    }
}

/// When an entry of this class was accepted, as whoever reads it is told: of a notice that was delivered again after a restore it
/// is the time in the relay's first record, which is the one that counts.
pub(super) const fn accepted(class: ChannelClass) -> &'static str {
    match class {
        ChannelClass::Log | ChannelClass::Inbox | ChannelClass::Return => "accepted_ms",
        ChannelClass::Casilla => {
            "coalesce((SELECT time_ms FROM notice_record n WHERE n.channel = kept_entry.channel AND n.entry_id = kept_entry.entry_id), accepted_ms)"
        }
    }
}

/// Of a row `c` of `channel`: the seq of its last entry that is kept.
pub(super) const LAST: &str = "CASE WHEN class < 3 THEN (SELECT max(seq) FROM entry WHERE entry.channel = c.channel)
     ELSE (SELECT max(seq) FROM kept_entry WHERE kept_entry.channel = c.channel) END";

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
