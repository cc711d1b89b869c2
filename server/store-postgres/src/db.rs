//! A connection, as the verbs that both engines have see it (`lacre-store-sql`).

use crate::batch::Work;
use crate::sql::{Cells as _, Conn, LONG, snapshot};
use crate::{Down, PgReads};
use lacre_store::StoreDown;
use lacre_store_sql::rows::Row;
use lacre_store_sql::values::Value;
use lacre_store_sql::{Db, Read, Reading, Sql, Writes};
use tokio_postgres::types::ToSql;

/// A value, as PostgreSQL's parameter of the one type that it has.
fn param<'a>(value: &'a Value<'_>) -> &'a (dyn ToSql + Sync) {
    match value {
        Value::Number(n) => n,
        Value::Flag(flag) => flag,
        Value::Text(text) => text,
        Value::Bytes(bytes) => bytes,
    }
}

fn params<'a>(values: &'a [Value<'_>]) -> Vec<&'a (dyn ToSql + Sync)> {
    values.iter().map(param).collect()
}

/// A row that came.
struct Found(tokio_postgres::Row);

impl Row for Found {
    fn integer(&self, at: usize) -> Result<Option<i64>, StoreDown> {
        Ok(self.0.cell(at)?)
    }
    fn boolean(&self, at: usize) -> Result<Option<bool>, StoreDown> {
        Ok(self.0.cell(at)?)
    }
    fn string(&self, at: usize) -> Result<Option<&str>, StoreDown> {
        Ok(self.0.cell(at)?)
    }
    fn blob(&self, at: usize) -> Result<Option<&[u8]>, StoreDown> {
        Ok(self.0.cell(at)?)
    }
}

impl Db for Conn {
    type Down = Down;
    const STAMP: &'static str = "stamp WHERE hash = ?1";
    const AS_IT_IS: &'static str = " FOR SHARE";
    const TIMES: &'static str = "PARTITION BY channel ORDER BY seq";
    const NO: &'static str = "false";
    fn each(&self, sql: &str, values: &[Value<'_>], read: &mut Read<'_>) -> Result<(), Down> {
        for row in self.rows(sql, &params(values))? {
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
        self.execute(sql, &params(values))
    }
    fn whole(&self, sql: &str) -> Result<(), Down> {
        self.simple_within(LONG, sql)
    }
}

impl Writes for Work {
    type Db = Conn;
    fn db(&self) -> &Conn {
        &self.conn
    }
    fn tell<T>(&mut self, done: Sql<T, Conn>) -> Result<T, StoreDown> {
        self.batch.tell(done)
    }
}

impl Reading for PgReads {
    type Db = Conn;
    fn read<T>(&self, read: impl Fn(&Conn) -> Sql<T, Conn>) -> Result<T, StoreDown> {
        self.with(read)
    }
}
