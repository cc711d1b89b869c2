//! What statements and rows of every table have: a connection that is waited for, statements that are prepared once, one row
//! or none, ids, numbers, seqs, classes.

use crate::Down;
use lacre_ground::ids::{ChannelClass, Seq};
use lacre_store::StoreDown;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio_postgres::types::{FromSql, ToSql};
use tokio_postgres::{Client, Row, Statement};

pub(crate) type Sql<T> = Result<T, Down>;
pub(crate) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// How long a statement is waited for before its connection counts as lost. Locks are given up sooner, by the server.
const PATIENCE: Duration = Duration::from_secs(30);
/// The same of statements over whole tables.
pub(crate) const LONG: Duration = Duration::from_secs(600);

/// Parameters of a statement.
macro_rules! params {
    ($($p:expr),* $(,)?) => { &[$(&$p as &(dyn tokio_postgres::types::ToSql + Sync)),*] };
}
pub(crate) use params;

/// A connection. Its methods block, and may be called from threads that also serve.
pub struct Conn {
    client: Client,
    statements: RefCell<HashMap<String, Statement>>,
    runtime: Handle,
    lost: Cell<bool>,
    patience: Cell<Duration>,
    /// the server said that it did not wait for a replica
    unreplicated: Arc<AtomicBool>,
}

impl Conn {
    pub(crate) fn new(client: Client, runtime: Handle, unreplicated: Arc<AtomicBool>) -> Self {
        Self {
            client,
            statements: RefCell::default(),
            runtime,
            lost: Cell::new(false),
            patience: Cell::new(PATIENCE),
            unreplicated,
        }
    }
    /// From now on each statement is waited for so long.
    pub(crate) fn waits(&self, patience: Duration) {
        self.patience.set(patience);
    }
    /// Nothing more comes of it.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.get() || self.client.is_closed()
    }
    /// Whether a commit since the last question was not waited for by a replica.
    pub(crate) fn was_unreplicated(&self) -> bool {
        self.unreplicated.swap(false, Ordering::SeqCst)
    }
    fn wait<T>(&self, patience: Duration, work: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Sql<T> {
        let done = wait(&self.runtime, async { tokio::time::timeout(patience, work).await });
        let done = done.map_or_else(|_| Err(Down::lost("the database gave no answer in time")), |done| done.map_err(Down::from));
        if done.as_ref().is_err_and(Down::is_lost) {
            self.lost.set(true);
        }
        done
    }
    async fn prepared(&self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        let known = self.statements.borrow().get(sql).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(&places(sql)).await?;
        self.statements.borrow_mut().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
    /// Statements without parameters or answer.
    pub(crate) fn simple(&self, sql: &str) -> Sql<()> {
        self.simple_within(self.patience.get(), sql)
    }
    /// The same, given up after a while.
    pub(crate) fn simple_within(&self, patience: Duration, sql: &str) -> Sql<()> {
        self.wait(patience, self.client.batch_execute(sql))
    }
    pub(crate) fn rows(&self, sql: &str, params: Params<'_>) -> Sql<Vec<Row>> {
        self.wait(self.patience.get(), async { self.client.query(&self.prepared(sql).await?, params).await })
    }
    pub(crate) fn execute(&self, sql: &str, params: Params<'_>) -> Sql<u64> {
        self.wait(self.patience.get(), async { self.client.execute(&self.prepared(sql).await?, params).await })
    }
    /// Several at once, in this order, behind `first`: one way to the server and back.
    pub(crate) fn together(&self, first: &str, statements: &[(&str, Params<'_>)]) -> Sql<Vec<Vec<Row>>> {
        self.wait(self.patience.get(), async {
            let mut all = Vec::with_capacity(statements.len());
            for (sql, params) in statements {
                all.push((self.prepared(sql).await?, *params));
            }
            let first = async { if first.is_empty() { Ok(()) } else { self.client.batch_execute(first).await } };
            let rest = futures_util::future::try_join_all(all.iter().map(|(sql, params)| self.client.query(sql, params)));
            futures_util::future::try_join(first, rest).await.map(|((), rows)| rows)
        })
    }
}

/// A statement of both engines has `?1` where PostgreSQL says `$1`.
fn places(sql: &str) -> String {
    sql.replace('?', "$")
}

/// Waits for what runs on another runtime, also on a thread that serves.
pub(crate) fn wait<T>(runtime: &Handle, work: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| runtime.block_on(work))
}

/// One row or none.
pub(crate) fn one<T>(conn: &Conn, sql: &str, params: Params<'_>, read: impl FnOnce(&Row) -> Sql<T>) -> Sql<Option<T>> {
    conn.rows(sql, params)?.first().map(read).transpose()
}

/// One row.
pub(crate) fn only<T>(conn: &Conn, sql: &str, params: Params<'_>, read: impl FnOnce(&Row) -> Sql<T>) -> Sql<T> {
    one(conn, sql, params, read)?.ok_or_else(|| StoreDown::damaged("a row that must be there is not").into())
}

/// All of them.
pub(crate) fn all<T>(conn: &Conn, sql: &str, params: Params<'_>, read: impl Fn(&Row) -> Sql<T>) -> Sql<Vec<T>> {
    conn.rows(sql, params)?.iter().map(read).collect()
}

/// How many rows it changed.
pub(crate) fn run(conn: &Conn, sql: &str, params: Params<'_>) -> Sql<u64> {
    conn.execute(sql, params)
}

/// All statements of `read` see the same committed state.
pub(crate) fn snapshot<T>(conn: &Conn, read: impl FnOnce() -> Sql<T>) -> Sql<T> {
    conn.simple("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")?;
    let answer = read();
    conn.simple("COMMIT")?;
    answer
}

/// Something in a column that no row of ours has.
pub(crate) fn strange(what: &str) -> Down {
    StoreDown::damaged(format_args!("a strange {what} in a row")).into()
}

/// What stands in a row.
pub(crate) trait Cells {
    fn cell<'a, T: FromSql<'a>>(&'a self, at: usize) -> Sql<T>;
    fn number(&self, at: usize) -> Sql<u64> {
        u64::try_from(self.cell::<i64>(at)?).map_err(|_| strange("number"))
    }
    fn small<T: TryFrom<i64>>(&self, at: usize) -> Sql<T> {
        T::try_from(self.cell::<i64>(at)?).map_err(|_| strange("number"))
    }
    fn id<T: for<'a> TryFrom<&'a [u8]>>(&self, at: usize) -> Sql<T> {
        T::try_from(self.cell::<&[u8]>(at)?).map_err(|_| strange("id"))
    }
    fn seq(&self, at: usize) -> Sql<Seq> {
        Seq::new(self.number(at)?).ok_or_else(|| strange("seq"))
    }
    fn class(&self, at: usize) -> Sql<ChannelClass> {
        let code: u8 = self.small(at)?;
        let all = [ChannelClass::Log, ChannelClass::Inbox, ChannelClass::Casilla, ChannelClass::Return];
        all.into_iter().find(|class| class.code() == code).ok_or_else(|| strange("class"))
    }
}

impl Cells for Row {
    fn cell<'a, T: FromSql<'a>>(&'a self, at: usize) -> Sql<T> {
        self.try_get(at).map_err(|e| StoreDown::damaged(e).into())
    }
}

/// A byte string as a parameter.
pub(crate) const fn by(bytes: &[u8]) -> &[u8] {
    bytes
}

/// A number as a parameter: each of ours is below 2^53.
pub(crate) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
