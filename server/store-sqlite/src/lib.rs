//! The relay's own store: one SQLite file in WAL mode.
//!
//! One writing connection, owned by the writer; a pool of reading connections. Migrations are numbered files, forward
//! only, counted by `PRAGMA user_version`. Pages have 8,192 bytes: seven entries of 1 KiB fill one (four kilobytes hold three
//! and waste a quarter).

mod accounts;
mod again;
mod channels;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test says no")]
mod contract_tests;
pub mod copy;
mod db;
mod down;
mod inboxes;
pub mod inspect;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test says no")]
mod migration_tests;
pub mod moving;
mod notices;
mod retention;
mod rows;
mod scrub;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test says no")]
mod traces_tests;

use db::Conn;
use down::Down;
use lacre_ground::ids::Generation;
use lacre_ground::random::{self, Rng};
use lacre_store::engine::Engine;
use lacre_store::quotas::Quotas;
use lacre_store::{Counts, Marks, Reads, StoreDown};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// In order; a store of version n has run the first n. An edited one is a bug: add another.
const SCHEMA: &[&str] = &[
    include_str!("schema/0001_channels.sql"),
    include_str!("schema/0002_accounts.sql"),
    include_str!("schema/0003_leaving.sql"),
    include_str!("schema/0004_unfinished.sql"),
    include_str!("schema/0005_inboxes.sql"),
    include_str!("schema/0006_resets.sql"),
    include_str!("schema/0007_bytes.sql"),
    include_str!("schema/0008_stamps.sql"),
    include_str!("schema/0009_counter.sql"),
    include_str!("schema/0010_notices.sql"),
    include_str!("schema/0011_offices.sql"),
];
/// The first version that knows whose an inbox is.
const INBOXES: u32 = 5;
/// The first version that overwrites what is deleted.
const OVERWRITES: u32 = 8;
/// "LACR": tells our files from other SQLite files.
const APPLICATION_ID: i32 = 0x4C41_4352;
const PAGE_BYTES: u32 = 8_192;
/// A statement is planned once. Without it every range query is planned anew for its bounds.
const STABLE_PLANS: DbConfig = DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG;
/// Pages in the write-ahead log before the writer checkpoints: 64 MiB. It takes as long as ten commits, and hardly longer
/// than with half as many pages.
const CHECKPOINT_PAGES: u32 = 8_000;
/// How long emptying the log waits for readers of an earlier state; appends wait with it.
const SETTLING: Duration = Duration::from_millis(20);
/// How long anything else waits for another process, as for a backup that begins.
const BUSY: Duration = Duration::from_secs(5);
/// The log file is cut back to this after a checkpoint that emptied it.
const LOG_BYTES: u32 = 96 * 1024 * 1024;

/// Heads of channels that the writer keeps in memory: some 200 bytes each.
const HEADS: usize = 100_000;

/// What fsync the store waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// Durable before commit returns (I1). What the relay runs with.
    #[default]
    Full,
    /// Waits for nothing: loses acknowledged entries in a power cut. There so that tests can show that they notice; no
    /// configuration reaches it.
    Off,
}

/// How to open a store.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    path: PathBuf,
    synchronous: Synchronous,
    vfs: Option<String>,
    heads: usize,
}

impl SqliteOptions {
    /// A file; made if it is not there.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), synchronous: Synchronous::Full, vfs: None, heads: HEADS }
    }
    /// For tests of power cuts only.
    #[must_use]
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }
    /// Another of SQLite's registered file systems, by name: for tests of faults.
    #[must_use]
    pub fn vfs(mut self, name: &str) -> Self {
        self.vfs = Some(name.to_owned());
        self
    }
    /// How many channels' heads the writer keeps in memory.
    #[must_use]
    pub fn heads(mut self, heads: usize) -> Self {
        self.heads = heads;
        self
    }
    fn connect(&self, flags: OpenFlags) -> rusqlite::Result<Connection> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        match &self.vfs {
            Some(vfs) => Connection::open_with_flags_and_vfs(&self.path, flags, vfs.as_str()),
            None => Connection::open_with_flags(&self.path, flags),
        }
    }
}

/// Why a store was not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be read or written: see its permissions and the disk.
    #[error("the store cannot be opened: {0}")]
    Engine(String),
    /// Written by a newer relay: run that one.
    #[error("the store has version {found}, this program knows {known}: it was written by a newer lacre-relay")]
    Newer {
        /// its version
        found: u32,
        /// ours
        known: u32,
    },
    /// Another program's file.
    #[error("the file is not a store of lacre-relay")]
    NotOurs,
    /// Pages of the file are not what they must be: put a backup back.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// No room to migrate or to begin: make some. What was there is as it was.
    #[error("the disk is full")]
    Full,
}

impl From<Down> for OpenError {
    fn from(down: Down) -> Self {
        let down = StoreDown::from(down);
        match (down.full, down.damaged) {
            (true, _) => Self::Full,
            (false, true) => Self::Damaged(down.cause),
            (false, false) => Self::Engine(down.cause),
        }
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(e: rusqlite::Error) -> Self {
        match e.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(e.to_string()),
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Engine(e.to_string()),
        }
    }
}

lacre_store_sql::channel_reads!(SqliteReads);
lacre_store_sql::accounts!(SqliteStore, SqliteReads);
lacre_store_sql::offices!(SqliteStore, SqliteReads);
lacre_store_sql::counter!(SqliteStore, SqliteReads);
lacre_store_sql::blobs!(SqliteStore, SqliteReads);
lacre_store_sql::notices!(SqliteStore, SqliteReads);

/// The writer's side.
pub struct SqliteStore {
    conn: Conn,
    channels: channels::Memory,
    quotas: Quotas,
    options: SqliteOptions,
    generation: Generation,
    /// behind the connection: it is closed after it
    scrub: Option<scrub::Scrub>,
}

impl SqliteStore {
    /// Opens, and migrates what an earlier version wrote. A new store gets a random generation.
    pub fn open(options: SqliteOptions, rng: &mut dyn Rng) -> Result<Self, OpenError> {
        let conn = Conn::new(options.connect(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?);
        prepare(&conn, options.synchronous)?;
        write_anew(&conn)?;
        migrate(&conn, rng)?;
        // what a process before this one left in its log; a disk without room for it has room to serve
        if let Err(e) = empty_log(&conn) {
            tracing::warn!(cause = %e, "the store's log was not emptied");
        }
        let generation: Vec<u8> = conn.query_row("SELECT generation FROM meta WHERE id = 1", [], |r| r.get(0))?;
        let generation =
            Generation::try_from(generation.as_slice()).map_err(|e| OpenError::Engine(format!("generation: {e}")))?;
        let channels = channels::Memory::load(&conn, options.heads)?;
        let scrub = options.vfs.is_none().then(|| scrub::Scrub::open(&options.path));
        let scrub = scrub.and_then(|opened| {
            opened.inspect_err(|e| tracing::warn!(cause = %e, "what moved rows leave behind is not overwritten")).ok()
        });
        Ok(Self { conn, channels, quotas: Quotas::default(), options, generation, scrub })
    }

    /// So many reading connections on the same file.
    pub fn reads(&self, connections: usize) -> Result<SqliteReads, OpenError> {
        let mut idle = Vec::new();
        for _ in 0..connections.max(1) {
            let conn = self.options.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            conn.busy_timeout(BUSY)?;
            conn.set_prepared_statement_cache_capacity(64);
            conn.set_db_config(STABLE_PLANS, true)?;
            conn.execute_batch(
                "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -4096; PRAGMA mmap_size = 1073741824;",
            )?;
            idle.push(Conn::new(conn));
        }
        Ok(SqliteReads { pool: Arc::new(Pool { idle: Mutex::new(idle), freed: Condvar::new() }), generation: self.generation })
    }

    /// The store's generation.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// What it is, in numbers that never go back.
    pub fn marks(&self) -> Result<Marks, StoreDown> {
        let work = || -> Result<Marks, Down> { Ok(inspect::marks(&self.conn)?) };
        Ok(work()?)
    }

    /// Whether a registrar's key was ever used with it: a relay has served from it.
    pub fn has_served(&self) -> Result<bool, StoreDown> {
        let work = || -> Result<bool, Down> { Ok(self.conn.prepare("SELECT 1 FROM registrar")?.exists([])?) };
        Ok(work()?)
    }

    /// After a backup was put back: a new generation, so that clients put back what it has forgotten (I7).
    pub fn renew_generation(&mut self, rng: &mut dyn Rng) -> Result<Generation, StoreDown> {
        let mut work = || -> Result<Generation, Down> {
            let generation = Generation::new(random::bytes(rng));
            self.conn.execute("UPDATE meta SET generation = ?1 WHERE id = 1", [generation.as_bytes()])?;
            self.generation = generation;
            Ok(generation)
        };
        Ok(work()?)
    }
}

fn prepare(conn: &Connection, synchronous: Synchronous) -> Result<(), OpenError> {
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(256);
    let id: i32 = conn.pragma_query_value(None, "application_id", |r| r.get(0))?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
    if id != APPLICATION_ID && (id != 0 || tables != 0) {
        return Err(OpenError::NotOurs);
    }
    conn.pragma_update(None, "page_size", PAGE_BYTES)?;
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |r| r.get(0))?;
    if mode != "wal" {
        return Err(OpenError::Engine(format!("no write-ahead log on this file system (journal mode {mode})")));
    }
    let level = match synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Off => "OFF",
    };
    conn.pragma_update(None, "synchronous", level)?;
    conn.pragma_update(None, "trusted_schema", "OFF")?;
    overwrite_deleted(conn)?;
    conn.set_db_config(STABLE_PLANS, true)?;
    conn.pragma_update(None, "cache_size", -65_536)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    conn.query_row(&format!("PRAGMA journal_size_limit = {LOG_BYTES}"), [], |_| Ok(()))?;
    Ok(())
}

/// What is deleted is overwritten in the file, with the pages that become free.
fn overwrite_deleted(conn: &Connection) -> rusqlite::Result<()> {
    conn.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))
}

/// Moves the log into the file and cuts it to nothing, so that it does not tell commit by commit how the store came to be as it
/// is. False when somebody reads an earlier state.
fn empty_log(conn: &Connection) -> rusqlite::Result<bool> {
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |r| r.get::<_, bool>(0)).map(|busy| !busy)
}

/// Earlier versions left what was deleted in their files: such a store is written anew, once, for the migration that follows
/// says that it was.
fn write_anew(conn: &Connection) -> rusqlite::Result<()> {
    let found: u32 = conn.pragma_query_value(None, "user_version", |r| r.get(0))?;
    if (1..OVERWRITES).contains(&found) {
        conn.pragma_update(None, "temp_store", "FILE")?;
        conn.execute_batch("VACUUM")?;
        conn.pragma_update(None, "temp_store", "MEMORY")?;
    }
    Ok(())
}

/// Runs what is missing, all of it in one transaction.
fn migrate(conn: &Connection, rng: &mut dyn Rng) -> Result<(), OpenError> {
    let known = u32::try_from(SCHEMA.len()).unwrap_or(u32::MAX);
    let found: u32 = conn.pragma_query_value(None, "user_version", |r| r.get(0))?;
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    if found == known {
        return Ok(());
    }
    conn.execute_batch("BEGIN IMMEDIATE")?;
    for sql in SCHEMA.iter().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        conn.execute_batch(sql)?;
    }
    if found == 0 {
        let generation: [u8; 16] = random::bytes(rng);
        conn.execute("INSERT INTO meta (id, generation, accept_floor_ms) VALUES (1, ?1, 0)", [generation])?;
        conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    if found < INBOXES {
        inboxes::take_stored(conn)?;
    }
    conn.pragma_update(None, "user_version", known)?;
    conn.execute_batch("COMMIT")?;
    Ok(())
}

impl Engine for SqliteStore {
    fn begin(&mut self) -> Result<(), StoreDown> {
        let work = || -> Result<(), Down> { Ok(self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([]).map(drop)?) };
        Ok(work()?)
    }
    fn commit(&mut self) -> Result<(), StoreDown> {
        let mut work = || -> Result<(), Down> {
            self.conn.prepare_cached("COMMIT")?.execute([])?;
            self.channels.committed();
            self.quotas.committed();
            Ok(())
        };
        Ok(work()?)
    }
    fn rollback(&mut self) {
        self.channels.rolled_back();
        self.quotas.rolled_back();
        // SQLite may have rolled back on its own: then there is nothing left to do
        if !self.conn.is_autocommit()
            && let Err(e) = self.conn.execute_batch("ROLLBACK")
        {
            tracing::error!(cause = %e, "a rollback failed");
        }
    }
    fn empty_log(&mut self) -> Result<bool, StoreDown> {
        let mut log = self.options.path.clone().into_os_string();
        log.push("-wal");
        let log = Path::new(&log);
        if log.metadata().is_ok_and(|file| file.len() > 0) {
            if let Some(scrub) = &mut self.scrub {
                scrub.notice(log).map_err(StoreDown::new)?;
            }
            let work = || -> Result<bool, Down> {
                self.conn.busy_timeout(SETTLING)?;
                let emptied = empty_log(&self.conn);
                self.conn.busy_timeout(BUSY)?;
                Ok(emptied?)
            };
            if !work()? {
                return Ok(false);
            }
        }
        if let Some(scrub) = &mut self.scrub {
            scrub.overwrite(&self.conn, log)?;
        }
        Ok(true)
    }
}

struct Pool {
    idle: Mutex<Vec<Conn>>,
    freed: Condvar,
}

/// The readers' side: a pool. Cheap to clone. Its methods block: call them where blocking is allowed.
#[derive(Clone)]
pub struct SqliteReads {
    pool: Arc<Pool>,
    generation: Generation,
}

impl SqliteReads {
    /// Runs a read on a connection of its own, waiting for a free one.
    fn on<T>(&self, read: impl FnOnce(&Conn) -> Result<T, Down>) -> Result<T, Down> {
        let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let conn = loop {
            match idle.pop() {
                Some(conn) => break conn,
                None => idle = self.pool.freed.wait(idle).unwrap_or_else(PoisonError::into_inner),
            }
        };
        drop(idle);
        let back = GiveBack { pool: &self.pool, conn: Some(conn) };
        let Some(conn) = &back.conn else { return Err(StoreDown::new("no connection").into()) };
        read(conn)
    }
    /// The same, of what is SQLite's alone.
    fn with<T>(&self, read: impl FnOnce(&Conn) -> rusqlite::Result<T>) -> Result<T, Down> {
        self.on(|conn| Ok(read(conn)?))
    }
}

/// Puts the connection back also when a read panics.
struct GiveBack<'a> {
    pool: &'a Pool,
    conn: Option<Conn>,
}

impl Drop for GiveBack<'_> {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
            self.pool.freed.notify_one();
        }
    }
}

impl Reads for SqliteReads {
    fn generation(&self) -> Generation {
        self.generation
    }
    fn used_bytes(&self) -> Result<u64, StoreDown> {
        let work = || -> Result<u64, Down> {
            self.with(|conn| {
                let number = |name| conn.pragma_query_value(None, name, |r| r.get::<_, u64>(0));
                let pages = number("page_count")?.saturating_sub(number("freelist_count")?);
                Ok(pages.saturating_mul(number("page_size")?))
            })
        };
        Ok(work()?)
    }
    fn counts(&self) -> Result<Counts, StoreDown> {
        let work = || -> Result<Counts, Down> { self.with(|conn| inspect::counts(conn)) };
        Ok(work()?)
    }
    fn marks(&self) -> Result<Marks, StoreDown> {
        let work = || -> Result<Marks, Down> { self.with(|conn| inspect::marks(conn)) };
        Ok(work()?)
    }
}
