//! A connection, as the verbs that both engines have see it (`lacre-store-sql`).

use crate::rows::snapshot;
use crate::{Down, SqliteReads, SqliteStore};
use lacre_store::StoreDown;
use lacre_store_sql::rows::{Row, strange};
use lacre_store_sql::values::Value;
use lacre_store_sql::{Db, Read, Reading, Sql, Writes};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};
use std::ops::{Deref, DerefMut};

/// SQLite's own connection.
pub struct Conn(Connection);

impl Conn {
    pub(crate) fn new(conn: Connection) -> Self {
        Self(conn)
    }
}

impl Deref for Conn {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Conn {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// A value in its place.
struct Bound<'a>(&'a Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self.0 {
            Value::Number(Some(n)) => ValueRef::Integer(n),
            Value::Flag(flag) => ValueRef::Integer(flag.into()),
            Value::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Value::Number(None) | Value::Text(None) => ValueRef::Null,
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// A row at which the statement stands.
struct Found<'a, 's>(&'a rusqlite::Row<'s>);

impl Found<'_, '_> {
    fn value(&self, at: usize) -> Result<ValueRef<'_>, StoreDown> {
        self.0.get_ref(at).map_err(StoreDown::damaged)
    }
}

impl Row for Found<'_, '_> {
    fn integer(&self, at: usize) -> Result<Option<i64>, StoreDown> {
        match self.value(at)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(n) => Ok(Some(n)),
            _ => Err(strange("number")),
        }
    }
    fn boolean(&self, at: usize) -> Result<Option<bool>, StoreDown> {
        Ok(self.integer(at)?.map(|n| n != 0))
    }
    fn string(&self, at: usize) -> Result<Option<&str>, StoreDown> {
        self.value(at)?.as_str_or_null().map_err(StoreDown::damaged)
    }
    fn blob(&self, at: usize) -> Result<Option<&[u8]>, StoreDown> {
        self.value(at)?.as_blob_or_null().map_err(StoreDown::damaged)
    }
}

impl Db for Conn {
    type Down = Down;
    const STAMP: &'static str = "stamp WHERE hash = ?1 AND ends_ms IN (SELECT ends_ms FROM stamp_end)";
    const AS_IT_IS: &'static str = "";
    const TIMES: &'static str = "ORDER BY arrival";
    const NO: &'static str = "0";
    fn each(&self, sql: &str, values: &[Value<'_>], read: &mut Read<'_>) -> Result<(), Down> {
        let mut statement = self.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values.iter().map(Bound)))?;
        while let Some(row) = rows.next()? {
            if read(&Found(row))?.is_break() {
                break;
            }
        }
        Ok(())
    }
    fn snapshot<T>(&self, read: impl FnOnce() -> Result<T, Down>) -> Result<T, Down> {
        snapshot(self, read)
    }
    fn run(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, Down> {
        let changed = self.prepare_cached(sql)?.execute(params_from_iter(values.iter().map(Bound)))?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }
    fn whole(&self, sql: &str) -> Result<(), Down> {
        Ok(self.execute_batch(sql)?)
    }
}

impl Writes for SqliteStore {
    type Db = Conn;
    fn db(&self) -> &Conn {
        &self.conn
    }
    fn tell<T>(&mut self, done: Sql<T, Conn>) -> Result<T, StoreDown> {
        Ok(done?)
    }
}

impl Reading for SqliteReads {
    type Db = Conn;
    fn read<T>(&self, read: impl Fn(&Conn) -> Sql<T, Conn>) -> Result<T, StoreDown> {
        Ok(self.on(read)?)
    }
}
