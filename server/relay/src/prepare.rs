//! From a data folder to everything that a relay works with, before anybody is served.

use crate::blob_files::{BlobFiles, Orphans};
use crate::clock_guard::ClockGuard;
use crate::counters::Refusals;
use crate::deletions::Deletions;
use crate::folder::{DataFolder, KeyPlaces, StartError};
use crate::hub::Hub;
use crate::identity::{self, Leaf, LeafMaker};
use crate::kept_grants::KeptKey;
use crate::memory::Memory;
use crate::newest::Newest;
use crate::opened::{self, Opened};
use crate::options::Options;
use crate::registrar_key::{self, Registrar, RegistrarKeyError};
use crate::room::Room;
use crate::service::Context;
use crate::service::operator::OperatorService;
use crate::service::registrar::{self, Desk};
use crate::writer::Writer;
use crate::{accept, limits};
use lacre_ground::account::REGISTRAR;
use lacre_ground::address::Authority;
use lacre_ground::ids::Identity;
use lacre_ground::receipt::RELAY;
use lacre_ground::time::{Clock, Millis};
use lacre_store::rules::Rules;
use lacre_store::{Reads, StoreDown};
use lacre_store_postgres::Listener;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, RwLock, Weak};
use std::thread::JoinHandle;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;

/// What a running relay's owner holds of it. Not the context: its end closes the store.
#[derive(Clone)]
pub(crate) struct Controls {
    /// where it listens
    pub(crate) local: (String, u16),
    pub(crate) authority: Arc<RwLock<Authority>>,
    pub(crate) leaf: Arc<Leaf>,
    pub(crate) maker: Arc<LeafMaker>,
    pub(crate) room: Arc<Room>,
    /// as long as it serves
    pub(crate) context: Weak<Context>,
}

/// Everything is open; nobody is served yet.
pub(crate) struct Prepared {
    pub(crate) folder: DataFolder,
    pub(crate) controls: Controls,
    pub(crate) own_leaf: bool,
    pub(crate) context: Arc<Context>,
    pub(crate) writer_thread: JoinHandle<()>,
    pub(crate) listener: TcpListener,
    pub(crate) tls: rustls::ServerConfig,
    pub(crate) places: accept::Both,
    pub(crate) transport: limits::Transport,
    pub(crate) memory: Arc<Memory>,
    pub(crate) scraped: Option<TcpListener>,
    pub(crate) reflection: bool,
    pub(crate) files: BlobFiles,
    pub(crate) counter: UnixListener,
    pub(crate) desk: Arc<Desk>,
    pub(crate) operator: OperatorService,
    /// hears what other relays store
    pub(crate) others: Option<Listener>,
}

pub(crate) async fn prepare(mut options: Options, stopping: watch::Receiver<bool>) -> Result<Prepared, StartError> {
    let address = options.listen;
    if let Some((host, port)) = &options.public {
        Authority::new(host, *port, Identity::new([0; 32]))?;
    }
    // a folder in use says so first; else nothing is made, neither folder nor keys, for a relay that cannot listen
    let used = options.data.is_dir().then(|| DataFolder::lock(&options.data)).transpose()?;
    let listener = TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
    let folder = used.map_or_else(|| DataFolder::lock(&options.data), Ok)?;
    let places = KeyPlaces { identity: options.identity_key.take(), run: options.run_key.take() };
    let hub = Arc::new(Hub::default());
    let shared_blobs = options.postgres.as_ref().and_then(|postgres| postgres.shared_blobs.clone());
    let Opened { store, reads, sessions, newest, not_served, identity, run_key, listener: others } =
        opened::open(&mut options, &folder, &places, &hub)?;
    let rng = options.rng.as_mut();
    let in_folder = |source| StartError::Folder { path: folder.path().to_owned(), source };
    let files = match &shared_blobs {
        Some(shared) => BlobFiles::shared(shared).map_err(|source| StartError::Folder { path: shared.clone(), source })?,
        None => BlobFiles::open(folder.path()).map_err(in_folder)?,
    };
    let counter = registrar::listen(folder.path()).map_err(in_folder)?;
    let accepted = || reads.marks().map(|marks| (marks.accepted_ms > 0).then(|| Millis::new(marks.accepted_ms)));
    let clock = Arc::new(ClockGuard::open(folder.path(), options.clock, accepted)?);
    clock.remember();
    remove_orphans(&files, reads.as_ref(), &newest, &clock, &options.rules)?;
    let maker = Arc::new(LeafMaker { identity, clock: Arc::clone(&clock) });
    let identity = &maker.identity;
    let leaf = Arc::new(Leaf::new(maker.make(options.leaf.as_deref(), rng)?));
    let tls = identity::tls(Arc::clone(&leaf))?;
    let local = listener.local_addr().map_err(|source| StartError::Listen { address, source })?;
    let local = (host_of(local), local.port());
    let (host, port) = options.public.take().unwrap_or_else(|| local.clone());
    let authority = Arc::new(RwLock::new(Authority::new(&host, port, identity.public())?));
    let (receipts, key) = (identity.signer(RELAY)?, registrar_key::place(&places.run(folder.path())));
    if !reads.bodies(1)?.is_empty() && !key.exists() {
        // a backup was put back without it: nobody would believe another one
        return Err(RegistrarKeyError::Missing(key).into());
    }
    let registrar = Registrar::open(&key, folder.path(), &receipts, clock.now(), rng)?;
    let room = Arc::new(Room::with_ballast(folder.path(), options.keep_free));
    let writer = Writer::start(store, Arc::<ClockGuard>::clone(&clock), options.rules.clone(), Arc::clone(&hub));
    let (writer, writer_thread) = writer.map_err(StartError::Thread)?;
    let context = Arc::new(Context {
        clock: Arc::<ClockGuard>::clone(&clock),
        rng: Mutex::new(options.rng),
        rules: options.rules,
        writer,
        reads,
        hub,
        identity: identity.public(),
        logged_in: sessions,
        challenge_key: identity.challenge_key(),
        receipts,
        bindings: identity.signer(REGISTRAR)?,
        registrar,
        kept: KeptKey::of(&run_key),
        authority: Arc::clone(&authority),
        stamps: Arc::default(),
        data: folder.path().to_owned(),
        clock_guard: clock,
        deletions: Deletions::of_relays(folder.path(), shared_blobs.as_deref(), run_key.expose().clone()),
        newest,
        room: Arc::clone(&room),
        refusals: Refusals::default(),
        stopping,
    });
    let (max_connections, transport) = (options.max_connections, options.transport);
    let scraped = options.metrics.map(listen_to_scrapers).transpose()?;
    let desk = Arc::new(Desk::new(Arc::clone(&context), run_key, Arc::clone(&authority)));
    let places = accept::Both::new(max_connections, transport.handshakes);
    let operator = OperatorService::new(Arc::clone(&context), Arc::clone(&authority), Arc::clone(&leaf), places.clone());
    if let Some(start) = not_served {
        start.serves();
    }
    Ok(Prepared {
        folder,
        controls: Controls { local, authority, leaf, maker: Arc::clone(&maker), room, context: Arc::downgrade(&context) },
        own_leaf: options.leaf.is_none(),
        context,
        writer_thread,
        listener,
        tls,
        places,
        transport,
        memory: Memory::new(options.max_held),
        scraped,
        reflection: options.reflection,
        files,
        counter,
        desk,
        operator,
        others,
    })
}

/// What a crash left of blobs goes, unless another store may still know it: putting the right one back loses nothing.
fn remove_orphans(
    files: &BlobFiles,
    reads: &dyn Reads,
    newest: &Newest,
    clock: &ClockGuard,
    rules: &Rules,
) -> Result<(), StoreDown> {
    if newest.went_back().is_some() || !clock.may_remove() {
        return Ok(());
    }
    let over = Millis::new(clock.now().get().saturating_sub(rules.blob_retention_ms.max(rules.kept_retention_ms)));
    let Orphans { removed, kept } = files.remove_orphans(reads, over)?;
    if removed + kept > 0 {
        tracing::warn!(removed, kept, "files in blobs that the store does not know");
    }
    Ok(())
}

fn listen_to_scrapers(listener: std::net::TcpListener) -> Result<TcpListener, StartError> {
    let address = listener.local_addr().unwrap_or(SocketAddr::from(([0, 0, 0, 0], 0)));
    let listener = listener.set_nonblocking(true).and_then(|()| TcpListener::from_std(listener));
    listener.map_err(|source| StartError::Listen { address, source })
}

fn host_of(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(a) => a.ip().to_string(),
        SocketAddr::V6(a) => format!("[{}]", a.ip()),
    }
}
