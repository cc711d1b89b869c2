//! A store that leaves for another engine: its rows, read and never changed.

use super::db::Conn;
use super::inspect;
use super::{OpenError, Pool, SCHEMA, SqliteReads};
use crate::Down;
use lacre_ground::ids::{ChannelId, Generation};
use lacre_store::blobs::{BlobRow, FileName};
use lacre_store::moving::{Cell, Kind, Row, Rows, Table};
use lacre_store::{Marks, StoreDown};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{OptionalExtension as _, ToSql, params_from_iter};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};

/// A page of rows is over once it has so many, or so many bytes.
const PAGE_ROWS: usize = 2_000;
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// A store's file that nobody else has open.
pub struct Leaving {
    conn: Conn,
    path: PathBuf,
    generation: Generation,
}

/// Why it does not leave.
#[derive(Debug, thiserror::Error)]
pub enum LeavingError {
    /// It is not opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An earlier version wrote it: a relay of this version brings it up to date when it starts.
    #[error("the store has version {found}, this program needs {known}")]
    Older {
        /// its version
        found: u32,
        /// ours
        known: u32,
    },
}

impl From<rusqlite::Error> for LeavingError {
    fn from(e: rusqlite::Error) -> Self {
        Self::Open(e.into())
    }
}

impl Leaving {
    /// Opens a store's file, and makes or changes nothing.
    pub fn open(path: &Path) -> Result<Self, LeavingError> {
        let conn = Conn::new(inspect::open(path, true)?);
        let (found, known) =
            (conn.pragma_query_value(None, "user_version", |r| r.get(0))?, u32::try_from(SCHEMA.len()).unwrap_or(u32::MAX));
        if found > known {
            return Err(OpenError::Newer { found, known }.into());
        }
        if found < known {
            return Err(LeavingError::Older { found, known });
        }
        let generation: Vec<u8> = conn.query_row("SELECT generation FROM meta WHERE id = 1", [], |r| r.get(0))?;
        let generation = Generation::try_from(generation.as_slice()).map_err(|e| OpenError::Damaged(e.to_string()))?;
        Ok(Self { conn, path: path.to_owned(), generation })
    }

    /// Its generation.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// What it is, in numbers that never go back.
    pub fn marks(&self) -> Result<Marks, StoreDown> {
        let work = || -> Result<Marks, Down> { Ok(inspect::marks(&self.conn)?) };
        Ok(work()?)
    }

    /// What the registrar's key is known again by, once a relay has served from it.
    pub fn run_key_check(&self) -> Result<Option<[u8; 32]>, StoreDown> {
        let sql = "SELECT key_check FROM registrar WHERE id = 1";
        let work = || -> Result<_, Down> { Ok(self.conn.query_row(sql, [], |r| r.get(0)).optional()?) };
        Ok(work()?)
    }

    /// How many rows a table has.
    pub fn count(&self, table: &Table) -> Result<u64, StoreDown> {
        let sql = format!("SELECT count(*) FROM {}", table.name);
        let work = || -> Result<u64, Down> { Ok(self.conn.query_row(&sql, [], |r| r.get(0))?) };
        Ok(work()?)
    }

    /// The greatest number that a table ever gave, 0 for none.
    pub fn given(&self, table: &Table) -> Result<u64, StoreDown> {
        let Some((key, _)) = table.columns.first() else { return Ok(0) };
        let work = || -> Result<u64, Down> {
            let there: u64 =
                self.conn.query_row(&format!("SELECT coalesce(max({key}), 0) FROM {}", table.name), [], |r| r.get(0))?;
            let ever = self.conn.query_row("SELECT seq FROM sqlite_sequence WHERE name = ?1", [table.name], |r| r.get(0));
            Ok(ever.optional()?.unwrap_or(0).max(there))
        };
        Ok(work()?)
    }

    /// Rows of whole blobs, and files of unfinished ones.
    pub fn blobs(&self) -> Result<(Vec<BlobRow>, Vec<FileName>), StoreDown> {
        Ok(inspect::blobs(&self.conn)?)
    }

    /// As readers see it.
    pub fn reads(&self) -> Result<SqliteReads, OpenError> {
        let pool = Pool { idle: Mutex::new(vec![Conn::new(inspect::open(&self.path, true)?)]), freed: Condvar::new() };
        Ok(SqliteReads { pool: Arc::new(pool), generation: self.generation })
    }

    /// Which channels have entries that cannot be read, and how many, as far as that can be found: by the index of places, which
    /// lies in other pages.
    #[must_use]
    pub fn damaged(&self) -> Vec<(ChannelId, u64)> {
        let mut found = BTreeMap::new();
        for (entries, place) in [("entry", "entry_place"), ("kept_entry", "kept_place")] {
            // an index that is damaged, too, ends the search
            let _ = self.damaged_in(entries, place, &mut found);
        }
        let name = |(channel, entries): (i64, u64)| {
            let name = self.conn.query_row("SELECT name FROM channel WHERE channel = ?1", [channel], |r| r.get::<_, Vec<u8>>(0));
            Some((ChannelId::try_from(name.ok()?.as_slice()).ok()?, entries))
        };
        found.into_iter().filter_map(name).collect()
    }

    fn damaged_in(&self, entries: &str, place: &str, found: &mut BTreeMap<i64, u64>) -> rusqlite::Result<()> {
        let mut all = self.conn.prepare(&format!("SELECT channel, arrival FROM {entries} INDEXED BY {place}"))?;
        let mut one = self.conn.prepare(&format!("SELECT * FROM {entries} WHERE arrival = ?1"))?;
        let columns = one.column_count();
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let (channel, arrival): (i64, i64) = (row.get(0)?, row.get(1)?);
            let read = |r: &rusqlite::Row<'_>| (0..columns).try_for_each(|at| r.get::<_, Value>(at).map(drop));
            if one.query_row([arrival], read).is_err() {
                *found.entry(channel).or_default() += 1;
            }
        }
        Ok(())
    }
}

/// What a column says. Of a channel's newest entry, and of its bytes, SQLite keeps no column.
fn says(table: &str, column: &'static str) -> String {
    let (newest, else_gone) = match (table, column) {
        ("channel", "last") => ("seq", "gone_through"),
        ("channel", "bytes") => ("through_bytes", "gone_bytes"),
        _ => return column.to_owned(),
    };
    let newest =
        |entries: &str| format!("(SELECT {newest} FROM {entries} e WHERE e.channel = c.channel ORDER BY seq DESC LIMIT 1)");
    format!("coalesce(CASE WHEN class < 3 THEN {} ELSE {} END, {else_gone})", newest("entry"), newest("kept_entry"))
}

fn cell(value: ValueRef<'_>, kind: Kind) -> rusqlite::Result<Cell> {
    Ok(match (kind, value) {
        (_, ValueRef::Null) => Cell::Nothing,
        (Kind::Number, value) => Cell::Number(value.as_i64()?),
        (Kind::Truth, value) => Cell::Truth(value.as_i64()? != 0),
        (Kind::Bytes, value) => Cell::Bytes(value.as_blob()?.to_vec()),
        (Kind::Text, value) => Cell::Text(value.as_str()?.to_owned()),
    })
}

/// A cell of a key as a parameter.
struct Key<'a>(&'a Cell);

impl ToSql for Key<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Cell::Nothing => ToSqlOutput::Owned(Value::Null),
            Cell::Number(n) => ToSqlOutput::Owned(Value::Integer(*n)),
            Cell::Truth(yes) => ToSqlOutput::Owned(Value::Integer(i64::from(*yes))),
            Cell::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Cell::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

impl Rows for Leaving {
    fn rows(&self, table: &Table, after: Option<&Row>) -> Result<Vec<Row>, StoreDown> {
        let says = table.columns.iter().map(|(column, _)| says(table.name, column)).collect::<Vec<_>>().join(", ");
        let keys = table.keys().iter().map(|(column, _)| *column).collect::<Vec<_>>().join(", ");
        let behind = if after.is_some() {
            let places = (1..=table.key).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ");
            format!("WHERE ({keys}) > ({places})")
        } else {
            String::new()
        };
        let sql = format!("SELECT {says} FROM {} c {behind} ORDER BY {keys}", table.name);
        let work = || -> Result<Vec<Row>, Down> {
            let mut select = self.conn.prepare_cached(&sql)?;
            let key = after.into_iter().flat_map(|row| row.iter().take(table.key)).map(Key);
            let mut rows = select.query(params_from_iter(key))?;
            let (mut page, mut bytes) = (Vec::new(), 0);
            while page.len() < PAGE_ROWS && bytes < PAGE_BYTES {
                let Some(row) = rows.next()? else { break };
                let cells = table.columns.iter().enumerate().map(|(at, (_, kind))| cell(row.get_ref(at)?, *kind));
                let cells = cells.collect::<rusqlite::Result<Row>>()?;
                bytes += cells.iter().map(Cell::size).sum::<usize>();
                page.push(cells);
            }
            Ok(page)
        };
        Ok(work()?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SqliteOptions, SqliteStore};
    use super::*;
    use lacre_ground::random::SystemRng;
    use lacre_store::moving::TABLES;
    use std::collections::BTreeSet;

    /// The generation and the floor of accept times are given at the end; ends of stamps stand in the stamps; the rest is SQLite's.
    const NOT_CARRIED: [&str; 3] = ["meta", "stamp_end", "sqlite_sequence"];
    /// What SQLite finds in its entries.
    const COMPUTED: [&str; 2] = ["channel.last", "channel.bytes"];

    #[test]
    fn no_table_and_no_column_of_a_store_stays_behind_when_it_leaves() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.sqlite");
        drop(SqliteStore::open(SqliteOptions::new(&path), &mut SystemRng).unwrap());
        let conn = rusqlite::Connection::open(&path).unwrap();
        let sql = "SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'";
        let there: BTreeSet<String> =
            conn.prepare(sql).unwrap().query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
        let stays = |column: &String| NOT_CARRIED.iter().any(|table| column.starts_with(&format!("{table}.")));
        let there: BTreeSet<String> = there.into_iter().filter(|column| !stays(column)).collect();

        let carried = TABLES.iter().flat_map(|t| t.columns.iter().map(|(column, _)| format!("{}.{column}", t.name)));
        let carried: BTreeSet<String> = carried.filter(|column| !COMPUTED.contains(&column.as_str())).collect();

        assert_eq!(carried, there);
        let leaving = Leaving::open(&path).unwrap();
        for table in TABLES {
            leaving.rows(table, None).unwrap_or_else(|e| panic!("{}: {e}", table.name));
        }
    }
}
