//! A relay in this process: from a data folder to a listening address, and back.
//!
//! ```
//! use lacre_relay::serve::{Options, Relay};
//!
//! let folder = tempfile::tempdir()?;
//! // on a free port of the loopback, with everything in the folder
//! let relay = Relay::start(Options::new(&folder.path().join("data")))?;
//! assert!(relay.authority().to_string().starts_with("lacre://127.0.0.1:"));
//! relay.stop();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::blob_files::{BlobFiles, Orphans};
use crate::clock_guard::ClockGuard;
use crate::counters::{ConnectionMetrics, Refusals};
use crate::deletions::{Deletions, RESTORED_FILE};
use crate::folder::{DataFolder, KeyPlaces, StartError};
use crate::hub::Hub;
use crate::identity::{self, Leaf, LeafMaker};
use crate::kept_grants::KeptKey;
use crate::memory::Memory;
use crate::metrics::{self, Metrics};
use crate::newest::Newest;
use crate::registrar_key::{self, Registrar, RegistrarKeyError};
use crate::room::Room;
use crate::run_key::RunKey;
use crate::service::Context;
use crate::service::accounts::AccountsService;
use crate::service::blobs::BlobsService;
use crate::service::calls::CallLayer;
use crate::service::channels::ChannelsService;
use crate::service::counter::CounterService;
use crate::service::directory::DirectoryService;
use crate::service::notices::NoticesService;
use crate::service::operator::OperatorService;
use crate::service::registrar::{self, Desk, RegistrarService};
use crate::writer::Writer;
use crate::{accept, limits, upkeep};
use lacre_ground::account::REGISTRAR;
use lacre_ground::address::Authority;
use lacre_ground::ids::Identity;
use lacre_ground::random::Rng;
use lacre_ground::random::SystemRng;
use lacre_ground::receipt::RELAY;
use lacre_ground::time::{Clock, Millis, SystemClock};
use lacre_proto::relay::v1::accounts_server::AccountsServer;
use lacre_proto::relay::v1::blobs_server::BlobsServer;
use lacre_proto::relay::v1::channels_server::ChannelsServer;
use lacre_proto::relay::v1::counter_server::CounterServer;
use lacre_proto::relay::v1::directory_server::DirectoryServer;
use lacre_proto::relay::v1::notices_server::NoticesServer;
use lacre_store::rules::Rules;
use lacre_store::{Reads, Store, StoreDown};
use lacre_store_sqlite::SqliteStore;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::thread::JoinHandle;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{oneshot, watch};
use tonic_reflection::server::v1::{ServerReflection, ServerReflectionServer};

/// Another store than the data folder's: the writer's and the readers' side. For benches.
pub type StoreParts = (Box<dyn Store>, Arc<dyn Reads>);

/// How to start a relay. [`Options::new`] is enough.
pub struct Options {
    /// the data folder; made with mode 0700 if it is not there
    pub data: PathBuf,
    /// where to listen; port 0 is a free one
    pub listen: SocketAddr,
    /// host and port that people are told, when not those it listens on
    pub public: Option<(String, u16)>,
    /// the registrar's key file; must lie outside the data folder
    pub run_key: Option<PathBuf>,
    /// the identity key's file, when it does not lie in the data folder
    pub identity_key: Option<PathBuf>,
    /// a file with the TLS leaf; without it the relay makes its own
    pub leaf: Option<PathBuf>,
    /// bytes of the disk that stay free
    pub keep_free: u64,
    /// limits and retention
    pub rules: Rules,
    /// connections at a time
    pub max_connections: usize,
    /// bytes that calls under way and followed channels may hold
    pub max_held: usize,
    /// further limits of connections, for tests that reach them
    pub transport: limits::Transport,
    /// where metrics are scraped, already listening; none: nowhere
    pub metrics: Option<std::net::TcpListener>,
    /// answer generic clients that ask which calls there are
    pub reflection: bool,
    /// threads that serve; none: as many as the machine has
    pub threads: Option<usize>,
    /// what time it is
    pub clock: Arc<dyn Clock>,
    /// chance
    pub rng: Box<dyn Rng>,
    /// another of SQLite's registered file systems, for tests of faults
    pub vfs: Option<&'static str>,
    /// another store, for benches
    pub store: Option<StoreParts>,
}

impl Options {
    /// A relay on the loopback, on a free port.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public: None,
            run_key: None,
            identity_key: None,
            leaf: None,
            keep_free: 0,
            rules: Rules::default(),
            max_connections: limits::MAX_CONNECTIONS,
            max_held: limits::HELD,
            transport: limits::Transport::default(),
            metrics: None,
            reflection: false,
            threads: None,
            clock: Arc::new(SystemClock),
            rng: Box::new(SystemRng),
            vfs: None,
            store: None,
        }
    }
}

/// A relay to start.
pub struct Relay;

/// A relay that serves. Dropping it stops it.
pub struct RunningRelay {
    authority: Authority,
    controls: Controls,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Starts it and returns when it listens. It has threads of its own: any program may call this, async or not.
    pub fn start(options: Options) -> Result<RunningRelay, StartError> {
        let (stop, stopping) = watch::channel(false);
        let (ready, started) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("relay".into())
            .spawn(move || {
                let mut runtime = tokio::runtime::Builder::new_multi_thread();
                runtime.enable_all().thread_name("relay-worker").max_blocking_threads(64);
                if let Some(threads) = options.threads {
                    runtime.worker_threads(threads.max(1));
                }
                match runtime.build() {
                    Ok(runtime) => runtime.block_on(run(options, stopping, ready)),
                    Err(e) => drop(ready.send(Err(StartError::Thread(e)))),
                }
            })
            .map_err(StartError::Thread)?;
        match started.recv() {
            Ok(Ok(controls)) => {
                let authority = controls.authority.read().unwrap_or_else(PoisonError::into_inner).clone();
                Ok(RunningRelay { authority, controls, stop, thread: Some(thread) })
            }
            Ok(Err(e)) => {
                let _ = thread.join();
                Err(e)
            }
            Err(_) => Err(StartError::Thread(io::Error::other("the relay's thread ended"))),
        }
    }
}

impl RunningRelay {
    /// Where it is reached, with its identity.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }
    /// The port that it listens on; people may be told another one.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.controls.local.1
    }
    /// Takes a fresh TLS leaf for connections to come, and what else may change while it runs. Nothing is cut off.
    /// After an error all is as before.
    pub fn reload(&self, change: &Reload, rng: &mut dyn Rng) -> Result<(), StartError> {
        let controls = &self.controls;
        let leaf = controls.maker.make(change.leaf.as_deref(), rng)?;
        let mut authority = controls.authority.write().unwrap_or_else(PoisonError::into_inner);
        let (host, port) = change.public.as_ref().unwrap_or(&controls.local);
        let now = Authority::new(host, *port, authority.identity())?;
        let before = std::mem::replace(&mut *authority, now);
        // seldom, and on a thread of the caller's
        let anybody = |context: &Context| context.reads.marks().is_ok_and(|marks| marks.accounts > 0);
        if *authority != before && controls.context.upgrade().is_some_and(|context| anybody(&context)) {
            tracing::warn!(
                before = %format_args!("{}:{}", before.host(), before.port()), now = %format_args!("{host}:{port}"),
                "THE ADDRESS CHANGED: accounts made from now on do not meet those made before. See RUNNING.md before you go on"
            );
        }
        controls.leaf.replace(leaf);
        controls.room.keep(change.keep_free);
        Ok(())
    }
    /// Ends calls that are under way within seconds, closes the store, and returns.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for RunningRelay {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What may change while a relay runs.
#[derive(Clone, Debug)]
pub struct Reload {
    /// host and port that people are told, when not those it listens on
    pub public: Option<(String, u16)>,
    /// a file with the TLS leaf; without it the relay makes a fresh one
    pub leaf: Option<PathBuf>,
    /// bytes of the disk that stay free
    pub keep_free: u64,
}

/// What a running relay's owner holds of it. Not the context: its end closes the store.
#[derive(Clone)]
struct Controls {
    /// where it listens
    local: (String, u16),
    authority: Arc<RwLock<Authority>>,
    leaf: Arc<Leaf>,
    maker: Arc<LeafMaker>,
    room: Arc<Room>,
    /// as long as it serves
    context: Weak<Context>,
}

type Ready = std::sync::mpsc::Sender<Result<Controls, StartError>>;

async fn run(options: Options, stopping: watch::Receiver<bool>, ready: Ready) {
    match prepare(options, stopping.clone()).await {
        Err(e) => drop(ready.send(Err(e))),
        Ok(prepared) => {
            let _ = ready.send(Ok(prepared.controls.clone()));
            prepared.serve(stopping).await;
        }
    }
}

/// Everything is open; nobody is served yet.
struct Prepared {
    folder: DataFolder,
    controls: Controls,
    own_leaf: bool,
    context: Arc<Context>,
    writer_thread: JoinHandle<()>,
    listener: TcpListener,
    tls: rustls::ServerConfig,
    places: accept::Both,
    transport: limits::Transport,
    memory: Arc<Memory>,
    scraped: Option<TcpListener>,
    reflection: bool,
    files: BlobFiles,
    counter: UnixListener,
    desk: Arc<Desk>,
    operator: OperatorService,
}

async fn prepare(mut options: Options, stopping: watch::Receiver<bool>) -> Result<Prepared, StartError> {
    let rng = options.rng.as_mut();
    let address = options.listen;
    if let Some((host, port)) = &options.public {
        Authority::new(host, *port, Identity::new([0; 32]))?;
    }
    // a folder in use says so first; else nothing is made, neither folder nor keys, for a relay that cannot listen
    let used = options.data.is_dir().then(|| DataFolder::lock(&options.data)).transpose()?;
    let listener = TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
    let folder = used.map_or_else(|| DataFolder::lock(&options.data), Ok)?;
    let places = KeyPlaces { identity: options.identity_key.take(), run: options.run_key.take() };
    let mut newest = Newest::of_none(folder.path());
    let mut not_served = None;
    let (mut store, reads): StoreParts = match options.store.take() {
        Some(parts) => parts,
        None => {
            let (mut store, noticed) = folder.noticed(options.vfs, &places.identity(folder.path()), rng)?;
            newest = noticed;
            delete_again(&folder, &places, &newest, &mut store, rng)?;
            let marks = store.marks()?;
            newest.remember(store.generation(), marks, true);
            not_served = Some(newest.not_served(store.generation(), marks));
            let readers = std::thread::available_parallelism().map_or(4, |n| n.get().max(2) * 2);
            let reads = store.reads(readers)?;
            (Box::new(store), Arc::new(reads))
        }
    };
    if let (Some(_), false) = (&options.leaf, places.identity(folder.path()).exists()) {
        // a leaf is under a key that was there before it
        return Err(StartError::IdentityMissing(places.identity(folder.path())));
    }
    let (identity, run_key) = folder.keys(store.as_mut(), reads.as_ref(), &places, rng)?;
    let in_folder = |source| StartError::Folder { path: folder.path().to_owned(), source };
    let files = BlobFiles::open(folder.path()).map_err(in_folder)?;
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
    let hub = Arc::new(Hub::default());
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
        receipts,
        bindings: identity.signer(REGISTRAR)?,
        registrar,
        kept: KeptKey::of(&run_key),
        authority: Arc::clone(&authority),
        stamps: Arc::default(),
        data: folder.path().to_owned(),
        clock_guard: clock,
        deletions: Deletions::of(folder.path(), run_key.expose().clone()),
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
        store.close_addresses(&[], &[])?;
        return Ok(());
    }
    let key = RunKey::open(&run, folder.path(), rng)?;
    let again = Deletions::of(folder.path(), key.expose().clone()).again(store, &KeptKey::of(&key))?;
    tracing::warn!(
        accounts = again,
        "the store was put back: what had been deleted since was deleted again, and nobody is an address for official notices until her device was here"
    );
    match std::fs::remove_file(&restored) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(StartError::Folder { path: restored, source }),
        _ => Ok(()),
    }
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

impl Prepared {
    async fn serve(self, mut stopping: watch::Receiver<bool>) {
        let Self { folder, controls, own_leaf, context, writer_thread, listener, tls, places, transport, files, .. } = self;
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
        let seen = ConnectionMetrics::default();
        let connections = accept::connections(listener, acceptor, transport, seen.clone(), Arc::clone(&self.memory), places);
        let metrics = Arc::new(Metrics::new(&context, &seen, &self.memory));
        let scraping = self.scraped.map(|listener| tokio::spawn(metrics::serve(listener, Arc::clone(&metrics))));
        let (maker, leaf_context) = (controls.maker, Arc::clone(&context));
        let renewed = move || maker.make(None, leaf_context.rng.lock().unwrap_or_else(PoisonError::into_inner).as_mut());
        let renewal = tokio::spawn(upkeep::renew(controls.leaf, Arc::clone(&context.clock), own_leaf, renewed));
        let hub = Arc::clone(&context.hub);
        let measuring = tokio::spawn(upkeep::measure(Arc::clone(&context)));
        let waking = tokio::spawn(async move { hub.wake_many().await });
        let clock = tokio::spawn(upkeep::look_at_clock(Arc::clone(&context)));
        let settling = tokio::spawn(upkeep::settle(context.writer.clone()));
        let retention = tokio::spawn(upkeep::retain(Arc::clone(&context), Arc::clone(&metrics)));
        let expiry = tokio::spawn(upkeep::expire(Arc::clone(&context), files.clone(), Arc::clone(&metrics)));
        let mut until = stopping.clone();
        let counter =
            tokio::spawn(registrar::serve(self.counter, RegistrarService(Arc::clone(&self.desk)), self.operator, async move {
                crate::service::stopped(&mut until).await;
            }));
        let channels = ChannelsServer::new(ChannelsService::new(Arc::clone(&context)))
            .max_decoding_message_size(limits::MAX_BATCH_REQUEST)
            .max_encoding_message_size(limits::MAX_ANSWER);
        let accounts = AccountsServer::new(AccountsService::new(Arc::clone(&context)))
            .max_decoding_message_size(limits::MAX_REQUEST)
            .max_encoding_message_size(limits::MAX_ANSWER);
        let directory = DirectoryServer::new(DirectoryService::new(Arc::clone(&context)))
            .max_decoding_message_size(limits::MAX_ENTRY_REQUEST)
            .max_encoding_message_size(limits::MAX_ANSWER);
        let notices = NoticesServer::new(NoticesService::new(Arc::clone(&self.desk)))
            .max_decoding_message_size(limits::MAX_BATCH_REQUEST)
            .max_encoding_message_size(limits::MAX_ANSWER);
        let clerks = CounterServer::new(CounterService::new(self.desk))
            .max_decoding_message_size(limits::MAX_ENTRY_REQUEST)
            .max_encoding_message_size(limits::MAX_ANSWER);
        let blobs = BlobsServer::new(BlobsService::new(Arc::clone(&context), files))
            .max_decoding_message_size(limits::MAX_ENTRY_REQUEST)
            .max_encoding_message_size(limits::MAX_ANSWER);
        // the standard question of load balancers and monitors; it tells nothing but yes and no
        let (health, healthy) = tonic_health::server::health_reporter();
        health.set_serving::<ChannelsServer<ChannelsService>>().await;
        let room = tokio::spawn(upkeep::look_for_room(Arc::clone(&context), health));
        let reflection = self.reflection.then(reflection).flatten();
        let (told, mut drained) = oneshot::channel::<()>();
        let mut signal = stopping.clone();
        let serving = transport
            .server()
            .layer(CallLayer { metrics, context: Arc::clone(&context) })
            .add_service(channels)
            .add_service(accounts)
            .add_service(directory)
            .add_service(blobs)
            .add_service(clerks)
            .add_service(notices)
            .add_service(healthy)
            .add_optional_service(reflection)
            .serve_with_incoming_shutdown(connections, async move {
                crate::service::stopped(&mut signal).await;
                let _ = told.send(());
            });
        let deadline = async {
            let _ = (&mut drained).await;
            tokio::time::sleep(limits::STOPPING).await;
        };
        tokio::select! {
            served = serving => if let Err(e) = served {
                tracing::error!(cause = %e, "the relay stopped serving");
            },
            () = deadline => tracing::warn!("calls were cut off when the relay stopped"),
        }
        crate::service::stopped(&mut stopping).await;
        context.clock_guard.remember();
        counter.abort();
        let _ = counter.await;
        for task in [renewal, room, measuring, waking, clock, settling, retention, expiry].into_iter().chain(scraping) {
            task.abort();
            let _ = task.await;
        }
        let (generation, marks) = (context.reads.generation(), context.reads.marks());
        let newest = Newest::of_none(folder.path());
        // calls that were cut off may still hold the context: the writer is told, and ends when it has stored the last.
        // Readers are closed before it, so that the log is empty afterwards
        let writer = context.writer.clone();
        drop(context);
        writer.stop().await;
        let _ = tokio::task::spawn_blocking(move || writer_thread.join()).await;
        // only now the store's log is in its file
        if let Ok(marks) = marks {
            newest.remember(generation, marks, false);
        }
        drop(folder);
    }
}

/// What generic clients such as grpcurl ask for. The descriptors are public anyway.
fn reflection() -> Option<ServerReflectionServer<impl ServerReflection>> {
    let built = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(lacre_proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1();
    built.map_err(|e| tracing::error!(cause = %e, "reflection is not served")).ok()
}
