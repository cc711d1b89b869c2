//! The data folder: who uses it, its keys, its store; why a relay did not start from it.

use crate::deletions;
use crate::identity::{IdentityError, IdentityKey};
use crate::moved::Moved;
use crate::newest::{self, Before, Found, Newest};
use crate::registrar_key::RegistrarKeyError;
use crate::run_key::{self, RunKey, RunKeyError};
use lacre_ground::address::AddressError;
use lacre_ground::ids::Generation;
use lacre_ground::random::Rng;
use lacre_store::{Reads, Store, StoreDown};
use lacre_store_sqlite::{OpenError, SqliteOptions, SqliteStore};
use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The store's file in the data folder.
pub const STORE_FILE: &str = "relay.sqlite";
/// The identity key's file in the data folder.
pub const IDENTITY_FILE: &str = "identity.key";
/// There while a backup is being put into the folder, and after that was cut off.
pub const RESTORING_FILE: &str = "restoring";
/// There when the store is a database's: no other is made in the folder.
pub const POSTGRES_FILE: &str = "postgres";
/// Number of the newest batch that this relay acknowledged, of a database.
pub const BATCH_FILE: &str = "batch";
/// Locked while a process uses the data folder.
pub const LOCK_FILE: &str = "lock";

/// Why a relay did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder cannot be made or used.
    #[error("{path}: {source}")]
    Folder {
        /// what was touched
        path: PathBuf,
        /// what the system said
        source: io::Error,
    },
    /// One process for each folder.
    #[error("another lacre-relay is using {0}: stop it first, or choose another folder with --data")]
    Busy(PathBuf),
    /// No relay ever started from it.
    #[error("no relay has started from {0}")]
    NoRelay(PathBuf),
    /// A backup was not put back whole: there would be a fresh, empty relay.
    #[error("a backup was being put into {0} and that was cut off: empty the folder and restore again")]
    HalfRestored(PathBuf),
    /// The store is not opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The database is not opened.
    #[error(transparent)]
    Postgres(#[from] lacre_store_postgres::OpenError),
    /// The relay of this folder works on a database, and none was named: an empty store would take its place.
    #[error("the store of {0} is in PostgreSQL, and the configuration names no database")]
    StoreElsewhere(PathBuf),
    /// A database was named, and this folder has a store of its own: what is in it would be forgotten.
    #[error("{0} is a store, and the configuration names a database")]
    StoreHere(PathBuf),
    /// The folder's store is being moved into a database, and not all of it is there.
    #[error("the store of {0} is being moved into a database, and that was cut off")]
    HalfMoved(PathBuf),
    /// The database has nothing, and the one that this folder's relay worked on had.
    #[error("the database is empty, and the relay of {0} worked on one that was not")]
    DatabaseEmpty(PathBuf),
    /// The folder of all relays' blobs has no list of what was deleted, and one of them has served.
    #[error("{0} is not there, and relays have served from this database: is its folder mounted?")]
    ListMissing(PathBuf),
    /// No identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A relay served from this folder under a key that is gone; a new one would cut off every client.
    #[error("{0} is not there, and people know this relay by it: put it back")]
    IdentityMissing(PathBuf),
    /// The store that was there is gone; an empty one in its place would tell every client that its account is unknown.
    #[error("{0} is not there or empty, and a relay has served from it: put it back")]
    StoreGone(PathBuf),
    /// Persons are known here under a key that is gone; under a new one each would be a stranger.
    #[error("{0} is not there, and the persons of this relay are known under it: put it back")]
    RunKeyMissing(PathBuf),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Listen {
        /// the address
        address: SocketAddr,
        /// what the system said
        source: io::Error,
    },
    /// The public address is no address.
    #[error("the public address is not host:port: {0}")]
    Public(#[from] AddressError),
    /// The registrar's key is not where or what it must be.
    #[error(transparent)]
    RunKey(#[from] RunKeyError),
    /// What the registrar signs with is not where or what it must be.
    #[error(transparent)]
    RegistrarKey(#[from] RegistrarKeyError),
    /// With another key every person would be a stranger, and could open a second account.
    #[error("{0} is not the registrar's key that this data folder was made with")]
    OtherRunKey(PathBuf),
    /// The store cannot be read.
    #[error(transparent)]
    Down(#[from] StoreDown),
    /// The system gives no thread.
    #[error("no thread: {0}")]
    Thread(io::Error),
}

/// Where the keys lie, when not at their usual places.
#[derive(Clone, Debug, Default)]
pub struct KeyPlaces {
    /// the identity key
    pub identity: Option<PathBuf>,
    /// the registrar's key
    pub run: Option<PathBuf>,
}

impl KeyPlaces {
    /// The identity key's file.
    #[must_use]
    pub fn identity(&self, data: &Path) -> PathBuf {
        self.identity.clone().unwrap_or_else(|| data.join(IDENTITY_FILE))
    }
    /// The file of the registrar's key.
    #[must_use]
    pub fn run(&self, data: &Path) -> PathBuf {
        self.run.clone().unwrap_or_else(|| RunKey::default_path(data))
    }
}

/// Exclusive use of a data folder; given back when dropped.
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if it is not there (mode 0700) and locks it. One into which a backup was not put whole is refused.
    pub fn lock(path: &Path) -> Result<Self, StartError> {
        let folder = Self::to_restore(path)?;
        if path.join(RESTORING_FILE).exists() { Err(StartError::HalfRestored(path.to_owned())) } else { Ok(folder) }
    }
    /// Whether a relay has a store there. Makes nothing.
    pub fn has_relay(path: &Path) -> Result<(), StartError> {
        let there = path.join(STORE_FILE).is_file() || path.join(RESTORING_FILE).exists() || Self::is_of_database(path);
        if there { Ok(()) } else { Err(StartError::NoRelay(path.to_owned())) }
    }
    /// Whether the relay of this folder works on a database, or will: its store was moved there.
    #[must_use]
    pub fn is_of_database(path: &Path) -> bool {
        path.join(POSTGRES_FILE).exists() || Moved::read(path).is_some()
    }
    /// Refuses a store whose move into a database was cut off.
    pub fn not_half_moved(path: &Path) -> Result<(), StartError> {
        if Moved::read(path) == Some(Moved::UnderWay) { Err(StartError::HalfMoved(path.to_owned())) } else { Ok(()) }
    }
    /// As [`DataFolder::lock`], for whoever looks for a relay's folder and must make none.
    pub fn find(path: &Path) -> Result<Self, StartError> {
        Self::has_relay(path)?;
        Self::lock(path)
    }
    /// As [`DataFolder::lock`], for whoever puts a backup there.
    pub fn to_restore(path: &Path) -> Result<Self, StartError> {
        let at = |path: PathBuf| move |source| StartError::Folder { path, source };
        make_durably(path).map_err(at(path.to_owned()))?;
        let file = path.join(LOCK_FILE);
        let lock = File::options().create(true).truncate(false).write(true).mode(0o600).open(&file).map_err(at(file.clone()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(StartError::Busy(path.to_owned())),
            Err(fs::TryLockError::Error(e)) => Err(at(file)(e)),
        }
    }
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
    /// The relay's keys. Made at the first start and never later: a folder from which a relay has served belongs to the
    /// keys that it had.
    pub fn keys(
        &self,
        store: &mut dyn Store,
        reads: &dyn Reads,
        places: &KeyPlaces,
        rng: &mut dyn Rng,
    ) -> Result<(IdentityKey, RunKey), StartError> {
        if reads.has_run_key()? {
            return self.found_keys(store, reads, places);
        }
        let run = places.run(&self.path);
        // what would refuse the second key is found before the first is made
        RunKey::place(&run, &self.path)?;
        let identity = places.identity(&self.path);
        if deletions::outlives(&self.path) && !identity.exists() {
            // there was a relay in this folder, which is gone, or not mounted
            return Err(StartError::IdentityMissing(identity));
        }
        let key = IdentityKey::load_or_create(&identity, rng)?;
        let run_key = RunKey::open(&run, &self.path, rng)?;
        if !run_key::know_key(store, &run_key)? {
            return Err(StartError::OtherRunKey(run));
        }
        Ok((key, run_key))
    }
    /// The keys of a relay that has served from here. Makes none.
    pub fn found_keys(
        &self,
        store: &mut dyn Store,
        reads: &dyn Reads,
        places: &KeyPlaces,
    ) -> Result<(IdentityKey, RunKey), StartError> {
        if !reads.has_run_key()? {
            return Err(StartError::NoRelay(self.path.clone()));
        }
        let (identity, run) = (places.identity(&self.path), places.run(&self.path));
        if !identity.exists() {
            return Err(StartError::IdentityMissing(identity));
        }
        if !run.exists() {
            return Err(StartError::RunKeyMissing(run));
        }
        let (key, run_key) = (IdentityKey::load(&identity)?, RunKey::load(&run, &self.path)?);
        if run_key::know_key(store, &run_key)? { Ok((key, run_key)) } else { Err(StartError::OtherRunKey(run)) }
    }
    /// The store; made at the first start, readable by its owner only. One that went back has a new generation.
    pub fn store(&self, vfs: Option<&str>, rng: &mut dyn Rng) -> Result<SqliteStore, StartError> {
        Ok(self.noticed(vfs, &self.path.join(IDENTITY_FILE), rng)?.0)
    }
    /// Gives the store a new generation, and remembers that it was meant.
    pub fn new_generation(&self, identity: &Path, rng: &mut dyn Rng) -> Result<Generation, StartError> {
        let (mut store, newest) = self.noticed(None, identity, rng)?;
        let generation = store.renew_generation(rng)?;
        newest.remember(generation, store.marks()?, false);
        Ok(generation)
    }
    /// The same, and whether it went back.
    pub fn noticed(&self, vfs: Option<&str>, identity: &Path, rng: &mut dyn Rng) -> Result<(SqliteStore, Newest), StartError> {
        let path = self.path.join(STORE_FILE);
        Self::not_half_moved(&self.path)?;
        if Self::is_of_database(&self.path) {
            return Err(StartError::StoreElsewhere(self.path.clone()));
        }
        if vfs.is_none() {
            if newest::is_gone(&self.path, &path) {
                return Err(StartError::StoreGone(path));
            }
            let made = File::options().create(true).truncate(false).write(true).mode(0o600).open(&path);
            made.map_err(|source| StartError::Folder { path: path.clone(), source })?;
        }
        let mut options = SqliteOptions::new(&path);
        if let Some(vfs) = vfs {
            options = options.vfs(vfs);
        }
        let before = Before::look(&path, identity);
        let mut store = SqliteStore::open(options, rng)?;
        let newest = match vfs {
            Some(_) => Newest::of_none(&self.path),
            None => {
                let (generation, marks, served) = (store.generation(), store.marks()?, store.has_served()?);
                let found = Found { generation, marks, served, behind: false };
                Newest::notice(&self.path, before, &found, || store.renew_generation(rng))?
            }
        };
        Ok((store, newest))
    }
}

/// A folder that was made lasts once the one that it stands in is synced; until then a power cut takes all that is in it.
fn make_durably(path: &Path) -> io::Result<()> {
    let missing = path.ancestors().take_while(|p| !p.as_os_str().is_empty() && !p.exists()).count();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    for made in path.ancestors().take(missing) {
        let parent = made.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}
