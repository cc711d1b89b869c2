//! The schema, in numbered steps: forward only, and by `migrate` alone. A relay of version n works on a schema of n and of n+1: so a
//! change first adds, and takes away in a later version.

use crate::sql::{Cells as _, Conn, Sql, by, one, only, params, run};
use crate::{OpenError, PgOptions, Threads};
use lacre_ground::random::{self, Rng};

/// In order; a store of version n has run the first n. An edited one is a bug: add another.
const SCHEMA: &[&str] = &[
    include_str!("schema/0001_channels.sql"),
    include_str!("schema/0002_accounts.sql"),
    include_str!("schema/0003_notices.sql"),
    include_str!("schema/0004_offices.sql"),
    include_str!("schema/0005_relays.sql"),
    include_str!("schema/0006_moved.sql"),
];

/// Two programs that migrate at once: the second waits, and finds it done.
const LOCK: &str = "SELECT pg_advisory_xact_lock(x'4C414352'::bigint)";

fn known() -> i64 {
    i64::try_from(SCHEMA.len()).unwrap_or(i64::MAX)
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// version before, 0 for none
    pub from: i64,
    /// version now
    pub to: i64,
}

fn version(conn: &Conn) -> Sql<i64> {
    let there = only(conn, "SELECT to_regclass('schema_version') IS NOT NULL", params![], |r| r.cell::<bool>(0))?;
    if !there {
        return Ok(0);
    }
    Ok(one(conn, "SELECT max(version) FROM schema_version", params![], |r| r.cell::<Option<i64>>(0))?.flatten().unwrap_or(0))
}

/// Of a database, 0 for none; and of this program.
pub(crate) fn versions(conn: &Conn) -> Sql<(i64, i64)> {
    Ok((version(conn)?, known()))
}

/// Whether this program may work on it.
pub(crate) fn check(conn: &Conn) -> Result<(), OpenError> {
    let (found, known) = (version(conn)?, known());
    if found > known + 1 {
        return Err(OpenError::Newer { found, known });
    }
    if found < known {
        return Err(OpenError::Older { found, known });
    }
    Ok(())
}

/// Brings the schema to this program's version, in one transaction. A new store gets a random generation.
pub fn migrate(options: &PgOptions, rng: &mut dyn Rng) -> Result<Migrated, OpenError> {
    let threads = Threads::start()?;
    let conn = options.connect(threads.handle()?)?;
    conn.simple("BEGIN")?;
    conn.simple("SET LOCAL lock_timeout = '60s'")?;
    run(&conn, LOCK, params![])?;
    let (from, to) = (version(&conn)?, known());
    if from > to {
        return Err(OpenError::Newer { found: from, known: to });
    }
    if from == 0 {
        let others =
            "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')";
        if only(&conn, others, params![], |r| r.number(0))? > 0 {
            return Err(OpenError::NotOurs);
        }
        conn.simple("CREATE TABLE schema_version (version bigint NOT NULL PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())")?;
    }
    for (number, sql) in (1i64..).zip(SCHEMA).filter(|(number, _)| *number > from) {
        conn.simple(sql)?;
        run(&conn, "INSERT INTO schema_version (version) VALUES ($1)", params![number])?;
    }
    if from == 0 {
        let generation: [u8; 16] = random::bytes(rng);
        run(&conn, "INSERT INTO meta (id, generation, accept_floor_ms) VALUES (1, $1, 0)", params![by(&generation)])?;
    }
    conn.simple("COMMIT")?;
    Ok(Migrated { from, to })
}
