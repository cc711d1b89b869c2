//! A profile: one encrypted SQLite file, and the keys that open it.
//!
//! A device's state changes in steps ([`Profile::step`]): each is one transaction under the profile's lock, which is
//! never held across the network. Several processes may have one profile open; their steps take turns.
//!
//! [`keys`] and [`locks`] (what opens it, and the second profile of the same file), [`memory`] (one that no disk has), `room` (on the disk), [`rows`] (what a step can do), [`observer`] (where tests put crashes), [`mls`] (OpenMLS
//! stored in rows), [`agent`] (keeps the key for an hour).

#[cfg(unix)]
pub mod agent;
pub mod keys;
pub mod locks;
pub mod memory;
pub mod mls;
pub mod observer;
mod packing;
mod room;
pub mod rows;

#[cfg(test)]
mod secrets_tests;
#[cfg(test)]
mod tests;

pub use keys::{PassphraseCost, ProfileKey, Secret};
pub use locks::SecretError;
pub use observer::{Interrupted, NoObserver, Observer};
pub use rows::{Step, StoreError, Table};

use core::time::Duration;
use keys::BadCost;
use lacre_ground::random::Rng;
use rows::RowKeys;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file inside a profile's directory.
pub const FILE: &str = "profile.lacre";
/// The version of the file that this program writes.
pub const FORMAT: i64 = 1;
/// "Lacr": how SQLite's header shows whose file this is.
const APPLICATION: i64 = 0x4c61_6372;
/// Steps after which a pause is used to copy the write-ahead log into the file.
const CHECKPOINT_STEPS: u32 = 256;
/// Pages of the log (40 MB) after which a commit copies them itself.
const CHECKPOINT_PAGES: i64 = 10_000;

/// Why a profile cannot be made or opened. The secret is asked for after everything else was found good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is one already: open it, or choose another directory.
    #[error("there is a profile already")]
    Exists,
    /// There is none: make one.
    #[error("there is no profile here")]
    Missing,
    /// The file is something else.
    #[error("this file is not a profile")]
    NotAProfile,
    /// A newer program made it: use that one.
    #[error("the profile is of version {found}, this program knows {FORMAT}")]
    Newer {
        /// its version
        found: i64,
    },
    /// Another passphrase, key file or key, or the other kind of secret. Ask again.
    #[error("wrong passphrase or key")]
    WrongSecret,
    /// The numbers for Argon2id are outside their bounds.
    #[error("the cost of the passphrase is outside its bounds")]
    Cost,
    /// The cryptography could not start (no randomness on this machine).
    #[error("the cryptography could not start: this machine gives no randomness")]
    NoRandomness,
    /// The file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => OpenError::NotAProfile,
            Some(_) | None => OpenError::Store(error.into()),
        }
    }
}

impl From<BadCost> for OpenError {
    fn from(_: BadCost) -> Self {
        OpenError::Cost
    }
}

/// How a file is made and held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// for a passphrase that is set, not for one that is asked
    pub cost: PassphraseCost,
    /// how long a step waits for the lock that another process holds
    pub patience: Duration,
    /// wait for the disk at each step; without it a power cut may undo the last steps (never half of one), which the
    /// protocol takes for a copied profile: for benchmarks only
    pub durable: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { cost: PassphraseCost::RFC_9106, patience: Duration::from_secs(30), durable: true }
    }
}

/// An open profile. One for each process; it can be sent to another thread.
pub struct Profile {
    connection: Connection,
    master: ProfileKey,
    keys: RowKeys,
    observer: Arc<dyn Observer>,
    /// none: it is in memory alone
    directory: Option<PathBuf>,
    options: Options,
    /// the connection is of [`alone`], and is given back after a step
    alone: bool,
    /// since the last checkpoint
    steps: u32,
}

impl Profile {
    /// Makes the directory (mode 0700) and the file (0600). With [`Secret::Raw`] only that key will open it.
    pub fn create(dir: &Path, secret: Secret<'_>, rng: &mut dyn Rng, observer: Arc<dyn Observer>) -> Result<Self, OpenError> {
        Self::create_with(dir, secret, rng, observer, Options::default())
    }

    /// As [`Profile::create`], with other options.
    pub fn create_with(
        dir: &Path,
        secret: Secret<'_>,
        rng: &mut dyn Rng,
        observer: Arc<dyn Observer>,
        options: Options,
    ) -> Result<Self, OpenError> {
        make_private(dir, FILE)?;
        let mut connection = connect(dir, options)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        let master = filled(&mut connection, &secret, options, rng)?;
        Ok(Self::assemble(connection, master, observer, Some(dir), options))
    }

    /// Opens an existing one.
    pub fn open(dir: &Path, secret: Secret<'_>, observer: Arc<dyn Observer>) -> Result<Self, OpenError> {
        Self::open_with(dir, secret, observer, Options::default())
    }

    /// As [`Profile::open`], with other options.
    pub fn open_with(dir: &Path, secret: Secret<'_>, observer: Arc<dyn Observer>, options: Options) -> Result<Self, OpenError> {
        if !dir.join(FILE).is_file() {
            return Err(OpenError::Missing);
        }
        let mut connection = connect(dir, options)?;
        let mut blank = is_blank(&connection);
        let full = blank.as_ref().is_err_and(rows::grows_no_more);
        if full {
            drop(connection);
            connection = alone(dir, options)?;
            blank = is_blank(&connection);
        }
        if blank? {
            // a making that was cut off before its one commit
            return Err(OpenError::Missing);
        }
        let stamped: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if stamped != APPLICATION {
            return Err(OpenError::NotAProfile);
        }
        if found > FORMAT {
            return Err(OpenError::Newer { found });
        }
        let master = locks::open(&connection, &secret)?;
        let mut profile = Self::assemble(connection, master, observer, Some(dir), options);
        profile.alone = full;
        Ok(profile)
    }

    fn assemble(
        connection: Connection,
        master: ProfileKey,
        observer: Arc<dyn Observer>,
        dir: Option<&Path>,
        options: Options,
    ) -> Self {
        let keys = RowKeys::of(&master);
        Self { connection, master, keys, observer, directory: dir.map(Path::to_owned), options, alone: false, steps: 0 }
    }

    /// What opens it without passphrase or key file; what the unlock agent keeps.
    #[must_use]
    pub fn key(&self) -> &ProfileKey {
        &self.master
    }

    /// Where it lives; nowhere, if it is in memory alone.
    #[must_use]
    pub fn directory(&self) -> Option<&Path> {
        self.directory.as_deref()
    }

    /// One step: takes the lock, runs `f`, commits. Any error, also one that `f` swallowed, rolls everything back.
    ///
    /// When a storage error happened inside, that error is returned, whatever `f` made of it.
    pub fn step<T, E: From<StoreError>>(&mut self, f: impl FnOnce(&Step<'_>) -> Result<T, E>) -> Result<T, E> {
        self.take_lock()?;
        let done = self.within(f);
        if std::mem::take(&mut self.alone)
            && let Some(directory) = &self.directory
        {
            // others may write: nothing is locked until this one's first look
            self.connection = connect(directory, self.options).map_err(StoreError::from)?;
        }
        let value = done?;
        self.steps += 1;
        self.observer.reached(observer::COMMITTED).map_err(StoreError::from)?;
        Ok(value)
    }

    /// The profile's lock. Reading must not need the disk: where that has no room for SQLite's index of its log, the index is kept in
    /// memory, and nobody else looks meanwhile.
    fn take_lock(&mut self) -> Result<(), StoreError> {
        match (begin(&self.connection), &self.directory) {
            (Err(error), Some(directory)) if rows::grows_no_more(&error) => {
                // closed first: what it holds of the file is this process's
                self.connection = Connection::open_in_memory()?;
                self.connection = alone(directory, self.options)?;
                self.alone = true;
                begin(&self.connection)?;
            }
            (begun, _) => begun?,
        }
        Ok(())
    }

    fn within<T, E: From<StoreError>>(&self, f: impl FnOnce(&Step<'_>) -> Result<T, E>) -> Result<T, E> {
        let transaction = Begun { connection: &self.connection, open: true };
        let step = Step::new(&self.connection, &self.keys, &*self.observer);
        step.reached(observer::BEGUN)?;
        let result = f(&step);
        if let Some(failure) = step.failure() {
            return Err(failure.into());
        }
        let value = result?;
        step.reached(observer::COMMIT)?;
        drop(step);
        transaction.commit()?;
        Ok(value)
    }

    /// Copies the write-ahead log into the file after [`CHECKPOINT_STEPS`] steps; for the pauses between them, so that the
    /// steps themselves, where somebody waits, do not. ([`CHECKPOINT_PAGES`] bounds the log in any case.)
    pub fn checkpoint_if_due(&mut self) -> Result<(), StoreError> {
        if self.steps >= CHECKPOINT_STEPS { self.checkpoint() } else { Ok(()) }
    }

    /// For what is written in many steps: [`StoreError::Full`] unless the disk takes so many bytes more, and what else is written
    /// meanwhile. What is in memory alone always is taken.
    pub fn takes(&self, bytes: u64) -> Result<(), StoreError> {
        self.directory.as_deref().map_or(Ok(()), |dir| room::takes(dir, &format!("{FILE}-wal"), bytes))
    }

    /// Copies the write-ahead log into the file, as far as nobody reads it: what many steps write goes through a short log.
    pub fn checkpoint(&mut self) -> Result<(), StoreError> {
        self.steps = 0;
        Ok(self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
    }

    /// Another number when another process has written since. Takes no lock.
    pub fn changed_version(&self) -> Result<u64, StoreError> {
        rows::data_version(&self.connection)
    }

    /// Empties the write-ahead log into the file, so that what was deleted is overwritten there too. False when another
    /// process was reading: try again later. Happens by itself when the last process closes the profile.
    pub fn tidy(&mut self) -> Result<bool, StoreError> {
        let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }
}

/// The transaction of a step, on statements that are prepared once: parsing BEGIN and COMMIT anew costs as much as a row.
struct Begun<'c> {
    connection: &'c Connection,
    open: bool,
}

fn begin(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
    Ok(())
}

impl Begun<'_> {
    fn commit(mut self) -> Result<(), StoreError> {
        self.connection.prepare_cached("COMMIT")?.execute(())?;
        self.open = false;
        Ok(())
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        // SQLite may have rolled back on its own; if it cannot now, the next step's BEGIN says so
        if self.open && !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

/// Is there a profile in this directory? What a making has left that was cut off before its one commit is none: it can be
/// made again.
#[must_use]
pub fn exists(dir: &Path) -> bool {
    dir.join(FILE).is_file() && !is_unfinished(dir)
}

/// Whether the file has nothing in it: at most the first page, which says how it is written.
fn is_unfinished(dir: &Path) -> bool {
    const FIRST_PAGE: u64 = 4_096;
    let small = dir.join(FILE).metadata().is_ok_and(|about| about.len() <= FIRST_PAGE);
    small && connect(dir, Options::default()).is_ok_and(|connection| is_blank(&connection) == Ok(true))
}

fn is_blank(connection: &Connection) -> Result<bool, rusqlite::Error> {
    let number = |sql| connection.query_row::<i64, _, _>(sql, [], |row| row.get(0));
    let (stamped, found) = (number("PRAGMA application_id")?, number("PRAGMA user_version")?);
    Ok(stamped == 0 && found == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0)
}

/// A connection that needs no file beside the profile's, and locks everybody else out while it is there.
fn alone(dir: &Path, options: Options) -> Result<Connection, rusqlite::Error> {
    let connection = connect(dir, options)?;
    connection.pragma_update(None, "locking_mode", "exclusive")?;
    Ok(connection)
}

/// What every profile has from its beginning, in one transaction; its key.
fn filled(
    connection: &mut Connection,
    secret: &Secret<'_>,
    options: Options,
    rng: &mut dyn Rng,
) -> Result<ProfileKey, OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let stamped: i64 = transaction.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if stamped != 0 || tables != 0 {
        return Err(OpenError::Exists);
    }
    let master = match secret {
        Secret::Raw(key) => (*key).clone(),
        Secret::Passphrase(_) | Secret::KeyFile(_) => ProfileKey::random(rng),
    };
    transaction.execute_batch(include_str!("schema.sql"))?;
    locks::make(&transaction, secret, options, &master, rng)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", FORMAT)?;
    transaction.commit()?;
    Ok(master)
}

fn connect(dir: &Path, options: Options) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    configured(Connection::open_with_flags(dir.join(FILE), flags)?, options)
}

fn configured(connection: Connection, options: Options) -> Result<Connection, rusqlite::Error> {
    connection.busy_timeout(options.patience)?;
    connection.set_prepared_statement_cache_capacity(32);
    connection.pragma_update(None, "synchronous", if options.durable { "full" } else { "normal" })?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    // without it every range query is planned anew for its bounds
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// The directory and an empty file, both for this user alone from their first moment on.
fn make_private(dir: &Path, name: &str) -> Result<(), OpenError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    let mut file = std::fs::OpenOptions::new();
    file.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        builder.mode(0o700);
        file.mode(0o600);
    }
    builder.create(dir).and_then(|()| file.open(dir.join(name))).map_err(failed)?;
    Ok(())
}

fn failed(error: std::io::Error) -> OpenError {
    OpenError::Store(StoreError::Io { why: error.to_string() })
}
