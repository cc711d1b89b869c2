//! A store as rows: which tables there are, and what a row of each says in whichever engine. With it a store is carried from one
//! engine into another, and compared there. A table or a column that is missing here would be lost on the way: each engine's
//! tests compare the list with what it has.
//!
//! Not in it, because each engine has its own: generation and newest accept time, which whoever carries gives at the end; and
//! what a process that ends may forget.

use crate::StoreDown;

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// a whole number
    Number,
    /// yes or no
    Truth,
    /// a byte string
    Bytes,
    /// UTF-8
    Text,
}

/// What stands in a row at one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// NULL, of any kind
    Nothing,
    /// a whole number
    Number(i64),
    /// yes or no
    Truth(bool),
    /// a byte string
    Bytes(Vec<u8>),
    /// UTF-8
    Text(String),
}

impl Cell {
    /// Bytes that it takes, about.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Nothing | Self::Number(_) | Self::Truth(_) => 8,
            Self::Bytes(bytes) => bytes.len(),
            Self::Text(text) => text.len(),
        }
    }
}

/// A row, in the order of its table's columns.
pub type Row = Vec<Cell>;

/// A table, under the name that it has in every engine.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// its name
    pub name: &'static str,
    /// so many columns, the first ones, name a row; rows are carried in their order
    pub key: usize,
    /// its columns: name and kind
    pub columns: &'static [(&'static str, Kind)],
    /// its key is a number that is given once: the next one is beyond every one that there ever was
    pub numbered: bool,
}

impl Table {
    /// The columns that name a row.
    #[must_use]
    pub fn keys(&self) -> &'static [(&'static str, Kind)] {
        self.columns.get(..self.key).unwrap_or(self.columns)
    }
}

use Kind::{Bytes as B, Number as N, Text as S, Truth as T};

const fn table(name: &'static str, key: usize, columns: &'static [(&'static str, Kind)]) -> Table {
    Table { name, key, columns, numbered: false }
}

const fn numbered(name: &'static str, columns: &'static [(&'static str, Kind)]) -> Table {
    Table { name, key: 1, columns, numbered: true }
}

/// All of them, in the order in which they are carried: channels before their entries.
#[rustfmt::skip]
pub const TABLES: &[Table] = &[
    numbered("channel", &[
        ("channel", N), ("name", B), ("class", N), ("read_token", B), ("last", N), ("gone_through", N), ("bytes", N),
        ("gone_bytes", N), ("seal_seq", N), ("seal_count", N), ("seal_ms", N), ("used_ms", N),
    ]),
    table("append_right", 2, &[("channel", N), ("token", B), ("stamped", T), ("once", T), ("used", N)]),
    numbered("entry", &[
        ("arrival", N), ("channel", N), ("seq", N), ("seal", T), ("accepted_ms", N), ("entry_id", B), ("ciphertext", B),
        ("through_bytes", N),
    ]),
    numbered("kept_entry", &[
        ("arrival", N), ("channel", N), ("seq", N), ("accepted_ms", N), ("entry_id", B), ("ciphertext", B), ("through_bytes", N),
    ]),
    table("kept_id", 2, &[
        ("channel", N), ("entry_id", B), ("seq", N), ("accepted_ms", N), ("digest", B), ("token", B), ("last_resort", T),
    ]),
    table("notice_record", 2, &[
        ("channel", N), ("entry_id", B), ("record_id", B), ("issuer", S), ("time_ms", N), ("generation", B),
    ]),
    table("registrar", 1, &[("id", N), ("key_check", B)]),
    table("person", 1, &[("run_hash", B), ("code_hash", B), ("code_ends_ms", N), ("account", N), ("replaces", N)]),
    table("office", 1, &[("run_hash", B), ("agency", S), ("administrator", T)]),
    table("exempt", 1, &[("run_hash", B), ("reason", N)]),
    numbered("account", &[
        ("account", N), ("id", B), ("handle", S), ("binding", S), ("chain_bytes", N), ("reset", S), ("paused", T),
        ("designation", S), ("notices_paused", T), ("grants_version", N),
    ]),
    table("retired_handle", 1, &[("handle", S)]),
    table("account_state", 2, &[("account", N), ("number", N), ("note", S)]),
    numbered("device", &[("device", N), ("account", N), ("id", B)]),
    numbered("key_package", &[
        ("arrival", N), ("device", N), ("suite", N), ("last_resort", T), ("ends_ms", N), ("bytes", B),
    ]),
    table("inbox", 1, &[("name", B), ("owner", N), ("named", T)]),
    table("reset", 1, &[("number", N), ("note", S)]),
    table("stamp", 2, &[("ends_ms", N), ("hash", B)]),
    numbered("blob", &[
        ("blob", N), ("name", B), ("read_token", B), ("size", N), ("sha256", B), ("file", B), ("ends_ms", N), ("whole", T),
    ]),
    table("blob_total", 1, &[("id", N), ("bytes", N)]),
    numbered("clerk", &[
        ("clerk", N), ("name", S), ("key", B), ("may_issue", T), ("may_reset", T), ("added_ms", N), ("revoked_ms", N),
    ]),
    table("act", 1, &[("number", N), ("at_ms", N), ("clerk", N), ("deed", N), ("about", S), ("chain", B)]),
    numbered("agency", &[
        ("agency", N), ("code", S), ("name", S), ("place", S), ("invitation", B), ("code_ends_ms", N), ("key", B),
        ("certificate", S), ("until_ms", N), ("revoked", T), ("per_day", N),
    ]),
    numbered("kept_grant", &[
        ("arrival", N), ("account", N), ("tag", B), ("last_resort", T), ("from_ms", N), ("until_ms", N), ("sealed", B),
    ]),
    table("kept_casilla", 1, &[("tag", B), ("account", N), ("until_ms", N), ("sealed", B)]),
    table("answer_count", 2, &[("account", N), ("month", N), ("count", N)]),
];

/// A store, read as rows.
pub trait Rows {
    /// The next rows behind this one, in the order of an index of this engine; none at the end.
    fn rows(&self, table: &Table, after: Option<&Row>) -> Result<Vec<Row>, StoreDown>;
}

/// Each row of a table once.
pub fn each(rows: &dyn Rows, table: &Table, mut see: impl FnMut(&Row)) -> Result<(), StoreDown> {
    let mut last = None;
    loop {
        let page = rows.rows(table, last.as_ref())?;
        let Some(end) = page.last().cloned() else { return Ok(()) };
        page.iter().for_each(&mut see);
        last = Some(end);
    }
}
