//! Which store a relay works on: its folder's, a database's, or one that a bench brings. Whether it is what it was, and whose
//! keys it belongs to.

use crate::deletions::{self, Deletions, OfRelays, RESTORED_FILE, SHARED_LIST};
use crate::folder::{BATCH_FILE, DataFolder, KeyPlaces, POSTGRES_FILE, STORE_FILE, StartError};
use crate::hub::Hub;
use crate::identity::IdentityKey;
use crate::kept_grants::KeptKey;
use crate::moved::Moved;
use crate::newest::{self, Before, Found, Newest, NotServed};
use crate::options::Options;
use crate::registrar_key::{self, Registrar};
use crate::run_key::RunKey;
use crate::secret_file;
use lacre_ground::random::{self, Rng};
use lacre_ground::receipt::RELAY;
use lacre_ground::time::Millis;
use lacre_store::again::{Deleted as _, Since};
use lacre_store::sessions::{InMemory, Sessions};
use lacre_store::{AccountReads as _, Reads, Store};
use lacre_store_postgres::{Blobs, Listener, PgOptions, PgSessions, PgStore, QuotaKey, Woken};
use lacre_store_sqlite::SqliteStore;
use std::io;
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A store that is open, for its writer and for everybody else.
pub(crate) struct Opened {
    pub(crate) store: Box<dyn Store>,
    pub(crate) reads: Arc<dyn Reads>,
    pub(crate) sessions: Arc<dyn Sessions>,
    pub(crate) newest: Newest,
    /// until somebody is served
    pub(crate) not_served: Option<NotServed>,
    pub(crate) identity: IdentityKey,
    pub(crate) run_key: RunKey,
    /// hears what other relays store, and wakes who follows
    pub(crate) listener: Option<Listener>,
}

/// Opens what the options name.
pub(crate) fn open(options: &mut Options, folder: &DataFolder, places: &KeyPlaces, hub: &Arc<Hub>) -> Result<Opened, StartError> {
    let identity = places.identity(folder.path());
    if options.leaf.is_some() && !identity.exists() {
        // a leaf is under a key that was there before it
        return Err(StartError::IdentityMissing(identity));
    }
    let (now, rng) = (options.clock.now(), options.rng.as_mut());
    if let Some((mut store, reads)) = options.store.take() {
        let (identity, run_key) = folder.keys(store.as_mut(), reads.as_ref(), places, rng)?;
        let newest = Newest::of_none(folder.path());
        let sessions = Arc::<InMemory>::default();
        return Ok(Opened { store, reads, sessions, newest, not_served: None, identity, run_key, listener: None });
    }
    match &options.postgres {
        Some(postgres) => of_database(postgres, folder, places, hub, now, rng),
        None => of_folder(options.vfs, folder, places, rng),
    }
}

fn of_folder(
    vfs: Option<&'static str>,
    folder: &DataFolder,
    places: &KeyPlaces,
    rng: &mut dyn Rng,
) -> Result<Opened, StartError> {
    let (mut store, newest) = folder.noticed(vfs, &places.identity(folder.path()), rng)?;
    delete_again(folder, places, &newest, &mut store, rng)?;
    let marks = store.marks()?;
    newest.remember(store.generation(), marks, true);
    let not_served = Some(newest.not_served(store.generation(), marks));
    let readers = std::thread::available_parallelism().map_or(4, |n| n.get().max(2) * 2);
    let reads = store.reads(readers)?;
    let (identity, run_key) = folder.keys(&mut store, &reads, places, rng)?;
    let (store, reads, sessions) = (Box::new(store), Arc::new(reads), Arc::<InMemory>::default());
    Ok(Opened { store, reads, sessions, newest, not_served, identity, run_key, listener: None })
}

/// The keys of relays on one database are the same: who comes second brings those of the first, and a database belongs to them.
fn of_database(
    postgres: &PgOptions,
    folder: &DataFolder,
    places: &KeyPlaces,
    hub: &Arc<Hub>,
    now: Millis,
    rng: &mut dyn Rng,
) -> Result<Opened, StartError> {
    DataFolder::not_half_moved(folder.path())?;
    let here = folder.path().join(STORE_FILE);
    if here.exists() && Moved::read(folder.path()).is_none() {
        return Err(StartError::StoreHere(here));
    }
    // until the keys are known nothing is counted
    let nothing_yet = QuotaKey::of(&Zeroizing::new(random::bytes(rng)));
    let mut store = PgStore::open(postgres.clone(), nothing_yet, rng)?;
    let reads = store.reads(postgres.readers.into());
    let found = Found { generation: store.generation(), marks: reads.marks()?, served: reads.has_run_key()?, behind: false };
    if newest::is_emptied(folder.path(), &found) {
        return Err(StartError::DatabaseEmpty(folder.path().to_owned()));
    }
    if let Some(shared) = &postgres.shared_blobs {
        shared_list(shared, found.served)?;
    }
    let (identity, run_key) = folder.keys(&mut store, &reads, places, rng)?;
    store.belongs_to(identity.public().as_bytes())?;
    store.share_removal();
    store.count_under(QuotaKey::of(identity.expose()));
    store.blobs_lie(if postgres.shared_blobs.is_some() { Blobs::Shared } else { Blobs::Own })?;
    let key = registrar_key::place(&places.run(folder.path()));
    introduce(&mut store, folder.path(), &key, &identity, now, rng)?;
    let list = Deletions::of_relays(folder.path(), postgres.shared_blobs.as_deref(), run_key.expose().clone());
    let kept = Arc::new(KeptKey::of(&run_key));
    list.catch_up().map_err(|source| StartError::Folder { path: list.path().to_owned(), source })?;
    let list = Arc::new(OfRelays::new(list, kept));
    let older = list.since()?.older.contains(&found.generation);
    store.delete_again_by(list);
    let behind = store.remember_in(&folder.path().join(BATCH_FILE))? || older;
    let before = Before::of_database(DataFolder::is_of_database(folder.path()));
    let newest = Newest::notice(folder.path(), before, &Found { behind, ..found }, || store.went_back())?;
    let mark = folder.path().join(POSTGRES_FILE);
    let said = format!("the store is the database {}\n", postgres.database);
    secret_file::replace(&mark, said.as_bytes()).map_err(|source| StartError::Folder { path: mark, source })?;
    let listener = store.listen(wakes(Arc::clone(hub)))?;
    let sessions = Arc::new(PgSessions::new(reads.clone()));
    let (store, reads) = (Box::new(store), Arc::new(reads));
    Ok(Opened { store, reads, sessions, newest, not_served: None, identity, run_key, listener: Some(listener) })
}

/// The list of what was deleted is made with the first relay's keys. From then on it is in the folder of blobs, or that one is not
/// mounted: an empty one in its place would bring back what was deleted, and lose what is.
fn shared_list(shared: &Path, served: bool) -> Result<(), StartError> {
    let list = shared.join(SHARED_LIST);
    if served && !list.exists() {
        return Err(StartError::ListMissing(list));
    }
    deletions::begin(shared).map_err(|source| StartError::Folder { path: list, source })
}

/// Wakes who follows here what is stored at another relay.
fn wakes(hub: Arc<Hub>) -> impl Fn(Woken<'_>) + Send + Sync + 'static {
    move |woken| match woken {
        Woken::In(channels) => channels.iter().for_each(|channel| hub.wake(channel)),
        Woken::Missed => hub.wake_all(),
    }
}

/// What a backup brought back is deleted again, and closed. Nobody is served before that.
fn delete_again(
    folder: &DataFolder,
    places: &KeyPlaces,
    newest: &Newest,
    store: &mut SqliteStore,
    rng: &mut dyn Rng,
) -> Result<(), StartError> {
    let restored = folder.path().join(RESTORED_FILE);
    let run = places.run(folder.path());
    if newest.went_back().is_none() && !restored.exists() {
        return Ok(());
    }
    if !run.exists() {
        store.delete_again(&Since::nothing())?;
        return Ok(());
    }
    let key = RunKey::open(&run, folder.path(), rng)?;
    let again = Deletions::of(folder.path(), key.expose().clone()).again(store, &Arc::new(KeptKey::of(&key)))?;
    tracing::warn!(
        accounts = again,
        "the store was put back: what had been deleted since was deleted again, and nobody is an address for official notices until her device was here"
    );
    match std::fs::remove_file(&restored) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(StartError::Folder { path: restored, source }),
        _ => Ok(()),
    }
}

/// The registrar's key is introduced once for all relays of a database, by the same note.
fn introduce(
    store: &mut PgStore,
    data: &Path,
    key: &Path,
    identity: &IdentityKey,
    now: Millis,
    rng: &mut dyn Rng,
) -> Result<(), StartError> {
    let note = data.join(registrar_key::NOTE_FILE);
    if let Some(kept) = store.registrar_note()? {
        // ours, if it is another one, is put aside by the first that was kept
        secret_file::replace(&note, kept.as_bytes()).map_err(|source| StartError::Folder { path: note, source })?;
        return Registrar::open(key, data, &identity.signer(RELAY)?, now, rng).map(drop).map_err(StartError::from);
    }
    let made = Registrar::open(key, data, &identity.signer(RELAY)?, now, rng)?;
    if store.keep_registrar_note(&made.note)? == made.note {
        return Ok(());
    }
    // another relay was first, with another key or at another instant
    introduce(store, data, key, identity, now, rng)
}
