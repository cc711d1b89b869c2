//! A database without a relay: may relays work on it, whose is it, who is there; and its generation, when the operator wants another.

use crate::batch::Work;
use crate::sql::{Cells as _, Conn, LONG, Sql, one, only, params};
use crate::{OpenError, PgOptions, QuotaKey, Threads, migrate, owner, reads};
use lacre_ground::ids::Generation;
use lacre_ground::time::Millis;
use lacre_store::Counts;
use lacre_store::again::Deleted;
use lacre_store::blobs::BlobRow;
use lacre_store_sql::looked::{self, Fault};
use std::sync::Arc;
use zeroize::Zeroizing;

/// A relay writes at least once a minute: one that was not seen for so long is gone.
const GONE: &str = "3 minutes";

/// What is there.
#[derive(Clone, Debug)]
pub struct Look {
    /// version of the schema, 0 for none
    pub version: i64,
    /// the version that this program works on
    pub known: i64,
    /// the database's clock
    pub now: Millis,
    /// connections that it takes, without those that it keeps for its administrators
    pub connections: u64,
    /// what is in it; none without a schema of this program
    pub inside: Option<Inside>,
}

/// What is in a database that this program can read.
#[derive(Clone, Debug)]
pub struct Inside {
    /// how much it holds
    pub counts: Counts,
    /// the public key of the relays that it belongs to
    pub identity: Option<[u8; 32]>,
    /// what the registrar's key is known by
    pub run_key_check: Option<[u8; 32]>,
    /// a store is being moved into it, and not all of it is there
    pub half_moved: bool,
    /// relays that work on it now
    pub relays: u64,
    /// what must not be; empty for a whole store
    pub faults: Vec<Fault>,
    /// whole blobs by their rows
    pub blobs: Vec<BlobRow>,
}

/// Looks. The server is one that may be written to, and refuses what [`crate::PgStore::open`] refuses of it.
pub fn look(options: &PgOptions) -> Result<Look, OpenError> {
    let threads = Threads::start()?;
    let conn = options.connect(threads.handle()?)?;
    // whole tables are read
    conn.waits(LONG);
    let (version, known) = migrate::versions(&conn)?;
    let about = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, \
                 current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint";
    let (now, connections) = only(&conn, about, params![], |r| Ok((Millis::new(r.number(0)?), r.number(1)?)))?;
    let readable = version == known || version == known + 1;
    let inside = if readable { Some(inside(&conn)?) } else { None };
    Ok(Look { version, known, now, connections, inside })
}

/// Gives it another generation, so that clients put back what it has forgotten (I7), and deletes again what was deleted. Relays that
/// run see it in their next transaction.
pub fn new_generation(options: &PgOptions, deleted: Option<Arc<dyn Deleted>>) -> Result<Generation, OpenError> {
    let threads = Threads::start()?;
    let conn = options.connect(threads.handle()?)?;
    migrate::check(&conn)?;
    owner::refuse_half(&conn)?;
    let generation = reads::generation(&conn)?;
    // it counts nothing
    let mut work = Work::new(conn, [0; 16], QuotaKey::of(&Zeroizing::new([0; 32])), generation);
    work.deleted = deleted;
    Ok(work.anew()?)
}

fn inside(conn: &Conn) -> Sql<Inside> {
    let there = format!("SELECT count(*) FROM relay WHERE seen > now() - interval '{GONE}'");
    let half_moved = owner::is_half(conn)?;
    Ok(Inside {
        counts: reads::counts(conn)?,
        identity: one(conn, "SELECT public_key FROM identity", params![], |r| r.id(0))?,
        run_key_check: one(conn, "SELECT key_check FROM registrar", params![], |r| r.id(0))?,
        half_moved,
        relays: only(conn, &there, params![], |r| r.number(0))?,
        // of a version that this program can read all tables are there
        faults: if half_moved { Vec::new() } else { looked::faults(conn, |_| true)? },
        blobs: looked::blobs(conn)?.0,
    })
}
