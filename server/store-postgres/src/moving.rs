//! A store of one machine that arrives: its rows are put here, table by table, each table in the order of its keys.
//!
//! So whoever was cut off goes on behind the greatest key that is there, and nothing beside the rows has to be remembered. From the
//! first row on until all is compared, `moved` says that the database is not whole, and no relay serves from it.

use crate::owner::Owner;
use crate::sql::{Cells as _, Conn, Params, Sql, all, by, int, one, only, params, run};
use crate::{Down, OpenError, PgOptions, PgReads, Threads, migrate, reads};
use lacre_ground::ids::Generation;
use lacre_store::channels::RECENT_MS;
use lacre_store::moving::{Cell, Kind, Row, Rows, TABLES, Table};
use lacre_store::{Marks, StoreDown};
use std::sync::{Arc, Mutex};
use tokio_postgres::types::ToSql;

/// Two that move at once: the second waits a while, and is told.
const LOCK: &str = "SELECT pg_advisory_lock(x'4D4F5645'::bigint)";
/// What has a row in a store that was never used.
const FRESH: &str = "blob_total";
/// Of rows that may be large so many are read at a time, of others that many.
const FEW: u64 = 256;
const MANY: u64 = 4_096;

/// A database that a store arrives in.
pub struct Arriving {
    conn: Conn,
    options: PgOptions,
    threads: Arc<Threads>,
    generation: Generation,
    /// appends to inboxes are remembered from this accept time on
    recent_ms: i64,
}

/// Why it does not arrive.
#[derive(Debug, thiserror::Error)]
pub enum ArrivingError {
    /// The database is not opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Something else is in it: take an empty one.
    #[error("the database has rows in {0} that are not of this store")]
    Holds(&'static str),
    /// It was moved before, and not here: it is of that time.
    #[error("the store was moved before, into another database")]
    Elsewhere,
}

impl From<Down> for ArrivingError {
    fn from(down: Down) -> Self {
        Self::Open(down.into())
    }
}

impl Arriving {
    /// Begins, or goes on. True when it is here already, whole; a store that was `moved` whole before is here, or goes nowhere.
    pub fn begin(
        options: &PgOptions,
        generation: Generation,
        marks: &Marks,
        identity: &[u8; 32],
        moved: bool,
    ) -> Result<(Self, bool), ArrivingError> {
        let threads = Threads::start()?;
        let conn = options.connect(threads.handle()?)?;
        migrate::check(&conn)?;
        run(&conn, LOCK, params![])?;
        conn.simple("BEGIN")?;
        let sql = "SELECT m.generation, whole, public_key FROM moved m JOIN identity USING (id) FOR UPDATE";
        let found = one(&conn, sql, params![], |r| Ok((r.id::<[u8; 16]>(0)?, r.cell(1)?, r.id::<[u8; 32]>(2)?)))?;
        let whole = match found {
            Some((of, whole, key)) if of == *generation.as_bytes() && key == *identity => whole,
            Some(_) => return Err(ArrivingError::Holds("moved")),
            None if moved => return Err(ArrivingError::Elsewhere),
            None => {
                for table in TABLES.iter().map(|table| table.name).filter(|name| *name != FRESH).chain(["identity"]) {
                    if !conn.rows(&format!("SELECT 1 FROM {table} LIMIT 1"), params![])?.is_empty() {
                        return Err(ArrivingError::Holds(table));
                    }
                }
                run(&conn, &format!("DELETE FROM {FRESH}"), params![])?;
                let sql = "INSERT INTO moved (id, generation, whole) VALUES (1, $1, false)";
                run(&conn, sql, params![by(generation.as_bytes())])?;
                run(&conn, "INSERT INTO identity (id, public_key) VALUES (1, $1)", params![by(identity)])?;
                false
            }
        };
        if moved && !whole {
            return Err(ArrivingError::Elsewhere);
        }
        conn.simple("COMMIT")?;
        let recent_ms = int(marks.accepted_ms.saturating_sub(RECENT_MS));
        Ok((Self { conn, options: options.clone(), threads, generation, recent_ms }, whole))
    }

    /// About how many rows a table has: counting many would take too long.
    pub fn about(&self, table: &Table) -> Result<u64, StoreDown> {
        let sql = format!("SELECT greatest(pg_stat_get_live_tuples('{}'::regclass), 0)", table.name);
        Ok(only(&self.conn, &sql, params![], |r| r.number(0))?)
    }

    /// The row that was put last.
    pub fn last(&self, table: &Table) -> Result<Option<Row>, StoreDown> {
        let order = table.keys().iter().map(|(column, _)| format!("{column} DESC")).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {} FROM {} ORDER BY {order} LIMIT 1", columns(table), table.name);
        Ok(one(&self.conn, &sql, params![], |r| cells(r, table))?)
    }

    /// Puts rows, the next ones: all of them or none.
    pub fn put(&self, table: &Table, rows: &[Row]) -> Result<(), StoreDown> {
        let values: Vec<Column<'_>> = table.columns.iter().enumerate().map(|(at, (_, kind))| column(rows, at, *kind)).collect();
        let types = table.columns.iter().zip(1..).map(|((_, kind), n)| format!("${n}::{}[]", type_of(*kind)));
        let insert = format!(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT * FROM unnest({})",
            table.name,
            columns(table),
            types.collect::<Vec<_>>().join(", ")
        );
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(Column::parameter).collect();
        let (none, values): (Params<'_>, Params<'_>) = (params![], &values);
        let mut statements = vec![(HALF, none), (insert.as_str(), values)];
        let (from, to) = (key_number(rows.first()), key_number(rows.last()));
        let recent = params![from, to, self.recent_ms];
        if table.name == "entry" {
            statements.push((RECENT, recent));
        }
        let put = || -> Sql<()> {
            let half = self.conn.together("BEGIN", &statements)?;
            if half.first().is_none_or(Vec::is_empty) {
                self.conn.simple("ROLLBACK")?;
                return Err(StoreDown::new("the database is not being moved into any more").into());
            }
            self.conn.simple("COMMIT")
        };
        Ok(put()?)
    }

    /// All rows are there: what each engine keeps in its own way. `given` says of a numbered table the greatest number that it ever
    /// gave.
    pub fn settle(&self, marks: &Marks, given: &[(&Table, u64)]) -> Result<(), StoreDown> {
        let settle = || -> Sql<()> {
            for (table, given) in given.iter().filter(|(_, given)| *given > 0) {
                let Some((key, _)) = table.columns.first() else { continue };
                let sql = format!("SELECT setval(pg_get_serial_sequence('{}', '{key}'), $1)", table.name);
                run(&self.conn, &sql, params![int(*given)])?;
            }
            let sql = "UPDATE meta SET generation = $1, accept_floor_ms = $2 WHERE id = 1";
            run(&self.conn, sql, params![by(self.generation.as_bytes()), int(marks.accepted_ms)]).map(drop)
        };
        Ok(settle()?)
    }

    /// The generation that stands there.
    pub fn generation(&self) -> Result<Generation, StoreDown> {
        Ok(reads::generation(&self.conn)?)
    }

    /// As relays' readers see it.
    #[must_use]
    pub fn reads(&self) -> PgReads {
        let seen = Arc::new(Mutex::new(self.generation));
        PgReads::new(self.options.clone(), Arc::clone(&self.threads), 1, seen, Owner::default())
    }

    /// All was compared: from now on relays serve from it. False when no replica has it.
    pub fn done(&self) -> Result<bool, StoreDown> {
        let _ = self.conn.was_unreplicated();
        let sql = "UPDATE moved SET whole = true, since = CASE WHEN whole THEN since ELSE now() END";
        let done = || -> Sql<()> { run(&self.conn, sql, params![]).map(drop) };
        done()?;
        Ok(!self.conn.was_unreplicated())
    }
}

const HALF: &str = "SELECT 1 FROM moved WHERE NOT whole FOR UPDATE";
/// An inbox remembers its newest ids, so that what is sent again gets its first answer.
const RECENT: &str = "INSERT INTO recent_id (channel, entry_id, seq, accepted_ms, digest)
     SELECT channel, entry_id, seq, accepted_ms, sha256(ciphertext) FROM entry JOIN channel USING (channel)
     WHERE arrival BETWEEN $1 AND $2 AND accepted_ms > $3 AND class = 2 ORDER BY arrival
     ON CONFLICT (channel, entry_id) DO NOTHING";

fn key_number(row: Option<&Row>) -> i64 {
    match row.and_then(|row| row.first()) {
        Some(Cell::Number(n)) => *n,
        _ => 0,
    }
}

fn columns(table: &Table) -> String {
    table.columns.iter().map(|(column, _)| *column).collect::<Vec<_>>().join(", ")
}

const fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Number => "bigint",
        Kind::Truth => "boolean",
        Kind::Bytes => "bytea",
        Kind::Text => "text",
    }
}

/// A column of many rows as a parameter.
enum Column<'a> {
    Numbers(Vec<Option<i64>>),
    Truths(Vec<Option<bool>>),
    Bytes(Vec<Option<&'a [u8]>>),
    Texts(Vec<Option<&'a str>>),
}

fn column(rows: &[Row], at: usize, kind: Kind) -> Column<'_> {
    macro_rules! these {
        ($Cell:ident, $value:ident, $as:expr) => {
            rows.iter().map(|row| if let Some(Cell::$Cell($value)) = row.get(at) { Some($as) } else { None }).collect()
        };
    }
    match kind {
        Kind::Number => Column::Numbers(these!(Number, n, *n)),
        Kind::Truth => Column::Truths(these!(Truth, yes, *yes)),
        Kind::Bytes => Column::Bytes(these!(Bytes, bytes, bytes.as_slice())),
        Kind::Text => Column::Texts(these!(Text, text, text.as_str())),
    }
}

impl Column<'_> {
    fn parameter(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Numbers(all) => all,
            Self::Truths(all) => all,
            Self::Bytes(all) => all,
            Self::Texts(all) => all,
        }
    }
}

fn cells(row: &tokio_postgres::Row, table: &Table) -> Sql<Row> {
    let cell = |(at, (_, kind)): (usize, &(&str, Kind))| -> Sql<Cell> {
        let cell = match kind {
            Kind::Number => row.cell::<Option<i64>>(at)?.map(Cell::Number),
            Kind::Truth => row.cell::<Option<bool>>(at)?.map(Cell::Truth),
            Kind::Bytes => row.cell::<Option<Vec<u8>>>(at)?.map(Cell::Bytes),
            Kind::Text => row.cell::<Option<String>>(at)?.map(Cell::Text),
        };
        Ok(cell.unwrap_or(Cell::Nothing))
    };
    table.columns.iter().enumerate().map(cell).collect()
}

/// The columns that this engine reads in order: those with an index.
fn in_order(table: &Table) -> Vec<usize> {
    match table.name {
        // by its hash; in SQLite's order only an index of its own would have it
        "stamp" => vec![1],
        _ => (0..table.key).collect(),
    }
}

/// A cell of a key as a parameter.
fn parameter(cell: &Cell) -> &(dyn ToSql + Sync) {
    match cell {
        Cell::Nothing => &None::<i64>,
        Cell::Number(n) => n,
        Cell::Truth(yes) => yes,
        Cell::Bytes(bytes) => bytes,
        Cell::Text(text) => text,
    }
}

impl Rows for Arriving {
    fn rows(&self, table: &Table, after: Option<&Row>) -> Result<Vec<Row>, StoreDown> {
        let places = in_order(table);
        let keys: Vec<&str> = places.iter().filter_map(|at| table.columns.get(*at)).map(|(column, _)| *column).collect();
        let keys = keys.join(", ");
        let values: Vec<&(dyn ToSql + Sync)> = match after {
            Some(row) => places.iter().filter_map(|at| row.get(*at)).map(parameter).collect(),
            None => Vec::new(),
        };
        let behind = if values.is_empty() {
            String::new()
        } else {
            format!("WHERE ({keys}) > ({})", (1..=values.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", "))
        };
        let large = table.columns.iter().any(|(_, kind)| *kind == Kind::Text) || table.name.contains("entry");
        let page = if large { FEW } else { MANY };
        let sql = format!("SELECT {} FROM {} {behind} ORDER BY {keys} LIMIT {page}", columns(table), table.name);
        Ok(all(&self.conn, &sql, &values, |r| cells(r, table))?)
    }
}
