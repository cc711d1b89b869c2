//! The readers' side: a pool of connections, each read of one committed state.

use crate::connect::PgOptions;
use crate::owner::Owner;
use crate::sql::{Cells as _, Conn, Sql, only, params};
use crate::{Down, OpenError, Seen, Threads};
use lacre_ground::ids::Generation;
use lacre_store::{Counts, Marks, Reads, StoreDown};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

struct Pool {
    idle: Mutex<Idle>,
    freed: Condvar,
}

#[derive(Default)]
struct Idle {
    conns: Vec<Conn>,
    /// connections that may still be made
    more: usize,
}

/// The readers' side. Cheap to clone. Its methods block: call them where blocking is allowed.
#[derive(Clone)]
pub struct PgReads {
    options: PgOptions,
    threads: Arc<Threads>,
    pool: Arc<Pool>,
    seen: Seen,
    owner: Owner,
}

/// The store's generation.
pub(crate) fn generation(conn: &Conn) -> Sql<Generation> {
    only(conn, "SELECT generation FROM meta", params![], |r| r.id(0))
}

impl PgReads {
    pub(crate) fn new(options: PgOptions, threads: Arc<Threads>, connections: usize, seen: Seen, owner: Owner) -> Self {
        let idle = Idle { conns: Vec::new(), more: connections.max(1) };
        Self { options, threads, pool: Arc::new(Pool { idle: Mutex::new(idle), freed: Condvar::new() }), seen, owner }
    }

    /// A connection of the pool, which is given back or, when it is lost, made anew by whoever comes next.
    fn lend(&self) -> Result<Lent<'_>, Down> {
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(conn) = idle.conns.pop() {
                return Ok(Lent { pool: &self.pool, conn: Some(conn) });
            }
            if idle.more > 0 {
                idle.more -= 1;
                break;
            }
            idle = self.pool.freed.wait(idle).unwrap_or_else(PoisonError::into_inner);
        }
        drop(idle);
        let mut lent = Lent { pool: &self.pool, conn: None };
        lent.conn = Some(self.connect()?);
        Ok(lent)
    }

    fn connect(&self) -> Result<Conn, OpenError> {
        let conn = self.options.connect(self.threads.handle()?)?;
        self.owner.check(&conn)?;
        Ok(conn)
    }

    /// Runs a read. One whose connection broke is run once more, on a new one: reading changes nothing.
    pub(crate) fn with<T>(&self, read: impl Fn(&Conn) -> Sql<T>) -> Result<T, StoreDown> {
        let mut lent = self.lend()?;
        if lent.conn.as_ref().is_none_or(Conn::is_lost) {
            lent.conn = None;
            lent.conn = Some(self.connect().map_err(Down::from)?);
        }
        match lent.conn.as_ref().map(&read) {
            Some(Err(down)) if down.is_lost() => {
                lent.conn = None;
                let conn = self.connect().map_err(Down::from)?;
                let done = read(&conn);
                lent.conn = Some(conn);
                Ok(done?)
            }
            Some(done) => Ok(done?),
            None => Err(StoreDown::new("no connection")),
        }
    }
}

/// Gives the connection, or its place, back also when a read panics.
struct Lent<'a> {
    pool: &'a Pool,
    conn: Option<Conn>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match self.conn.take().filter(|conn| !conn.is_lost() && !std::thread::panicking()) {
            Some(conn) => idle.conns.push(conn),
            None => idle.more += 1,
        }
        self.pool.freed.notify_one();
    }
}

/// Numbers that never go back. Those of sequences count what was rolled back, too.
const MARKS: &str = "SELECT greatest((SELECT coalesce(max(accepted_ms), 0) FROM relay), accept_floor_ms),
     (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM channel_channel_seq),
     (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM account_account_seq),
     (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM key_package_arrival_seq),
     (SELECT coalesce(max(number), 0) FROM reset) FROM meta";

const COUNTS: &str = "SELECT (SELECT count(*) FROM channel), (SELECT count(*) FROM entry) + (SELECT count(*) FROM kept_entry),
     (SELECT count(*) FROM account), (SELECT count(*) FROM blob WHERE whole),
     greatest((SELECT coalesce(max(accepted_ms), 0) FROM relay), accept_floor_ms) FROM meta";

pub(crate) fn counts(conn: &Conn) -> Sql<Counts> {
    only(conn, COUNTS, params![], |r| {
        Ok(Counts {
            channels: r.number(0)?,
            entries: r.number(1)?,
            accounts: r.number(2)?,
            blobs: r.number(3)?,
            accepted_ms: r.number(4)?,
        })
    })
}

impl Reads for PgReads {
    fn generation(&self) -> Generation {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn used_bytes(&self) -> Result<u64, StoreDown> {
        let sql = "SELECT pg_database_size(current_database()), generation FROM meta";
        let (bytes, generation) = self.with(|conn| only(conn, sql, params![], |r| Ok((r.number(0)?, r.id(1)?))))?;
        // asked every other second: so a relay that writes nothing learns of a new one, too
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = generation;
        Ok(bytes)
    }
    fn counts(&self) -> Result<Counts, StoreDown> {
        self.with(counts)
    }
    fn marks(&self) -> Result<Marks, StoreDown> {
        self.with(|conn| {
            only(conn, MARKS, params![], |r| {
                Ok(Marks {
                    accepted_ms: r.number(0)?,
                    channels: r.number(1)?,
                    accounts: r.number(2)?,
                    key_packages: r.number(3)?,
                    resets: r.number(4)?,
                })
            })
        })
    }
}
