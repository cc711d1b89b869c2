//! A relay's calls over a socket, on its own store, and people who make them: the world of the tests of services.

use super::Context;
use super::accounts::AccountsService;
use super::blobs::BlobsService;
use super::channels::ChannelsService;
use super::counter::CounterService;
use super::directory::DirectoryService;
use super::notices::NoticesService;
use super::registrar::{Desk, RegistrarService};
use crate::blob_files::BlobFiles;
use crate::hub::Hub;
use crate::run_key::{RunKey, know_key};
use crate::writer::Writer;
use hyper_util::rt::TokioIo;
use lacre_ground::account::{AccountState, DEVICE, Device, REGISTRAR};
use lacre_ground::address::{Address, Authority, Invitation};
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, Identity, Token};
use lacre_ground::label::{self, Label};
use lacre_ground::note::NoteSigner;
use lacre_ground::random::SystemRng;
use lacre_ground::receipt::RELAY;
use lacre_ground::seal::SealSecret;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::{Clock, Millis};
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::accounts_client::AccountsClient;
use lacre_proto::relay::v1::accounts_server::AccountsServer;
use lacre_proto::relay::v1::blobs_client::BlobsClient;
use lacre_proto::relay::v1::blobs_server::BlobsServer;
use lacre_proto::relay::v1::channels_client::ChannelsClient;
use lacre_proto::relay::v1::channels_server::ChannelsServer;
use lacre_proto::relay::v1::counter_client::CounterClient;
use lacre_proto::relay::v1::counter_server::CounterServer;
use lacre_proto::relay::v1::directory_client::DirectoryClient;
use lacre_proto::relay::v1::directory_server::DirectoryServer;
use lacre_proto::relay::v1::notices_client::NoticesClient;
use lacre_proto::relay::v1::notices_server::NoticesServer;
use lacre_proto::relay::v1::put_request::Part;
use lacre_proto::relay::v1::registrar_client::RegistrarClient;
use lacre_proto::relay::v1::registrar_server::RegistrarServer;
use lacre_store::rules::Rules;
use lacre_store_sqlite::{SqliteOptions, SqliteStore};
use sha2::{Digest as _, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::{ReceiverStream, UnixListenerStream};
use tonic::Status;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_types::StatusExt as _;

/// An example, nobody's number.
pub(super) const RUN: &str = "40.123.456-K";

pub(super) struct HandClock(AtomicU64);
impl Clock for HandClock {
    fn now(&self) -> Millis {
        Millis::new(self.0.load(Ordering::SeqCst))
    }
}

pub(super) struct World {
    pub(super) folder: tempfile::TempDir,
    pub(super) clock: Arc<HandClock>,
    pub(super) context: Arc<Context>,
    pub(super) files: BlobFiles,
    pub(super) identity: Identity,
    channel: Channel,
    _stop: tokio::sync::watch::Sender<bool>,
}

impl World {
    pub(super) async fn new(rules: Rules) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        Self::on_folder(folder, 1_800_000_000_000, rules).await
    }
    /// Another process on the same folder: what only memory held is gone.
    pub(super) async fn restart(self) -> Self {
        let Self { folder, clock, context, .. } = self;
        let (rules, writer) = (context.rules.clone(), context.writer.clone());
        writer.stop().await;
        Self::on_folder(folder, clock.now().get(), rules).await
    }
    async fn on_folder(folder: tempfile::TempDir, now: u64, rules: Rules) -> Self {
        let data = folder.path().join("data");
        let mut store = SqliteStore::open(SqliteOptions::new(&data.join("relay.sqlite")), &mut SystemRng).unwrap();
        let reads = Arc::new(store.reads(2).unwrap());
        let key = RunKey::open(&RunKey::default_path(&data), &data, &mut SystemRng).unwrap();
        assert!(know_key(&mut store, &key).unwrap());
        let clock = Arc::new(HandClock(AtomicU64::new(now)));
        let hub = Arc::new(Hub::default());
        let (writer, _) =
            Writer::start(Box::new(store), Arc::<HandClock>::clone(&clock), rules.clone(), Arc::clone(&hub)).unwrap();
        let (stop, stopping) = tokio::sync::watch::channel(false);
        let signer = |name| NoteSigner::new(name, &[7; 32]).unwrap();
        let identity = Identity::new(signer(REGISTRAR).public().key());
        let authority = Arc::new(std::sync::RwLock::new(Authority::new("localhost", 7443, identity).unwrap()));
        let place = crate::registrar_key::place(&RunKey::default_path(&data));
        let registrar =
            crate::registrar_key::Registrar::open(&place, &data, &signer(RELAY), Millis::new(now), &mut SystemRng).unwrap();
        let context = Arc::new(Context {
            clock: Arc::<HandClock>::clone(&clock),
            rng: Mutex::new(Box::new(SystemRng)),
            rules,
            writer,
            reads,
            hub,
            identity,
            receipts: signer(RELAY),
            bindings: signer(REGISTRAR),
            registrar,
            logged_in: Arc::<lacre_store::sessions::InMemory>::default(),
            challenge_key: zeroize::Zeroizing::new([2; 32]),
            kept: crate::kept_grants::KeptKey::of(&key),
            authority: Arc::clone(&authority),
            stamps: Arc::default(),
            data: data.clone(),
            clock_guard: Arc::new(
                crate::clock_guard::ClockGuard::open(&data, Arc::<HandClock>::clone(&clock), || Ok::<_, ()>(None)).unwrap(),
            ),
            deletions: crate::deletions::Deletions::of(&data, zeroize::Zeroizing::new([7; 32])),
            newest: crate::newest::Newest::of_none(&data),
            room: Arc::new(crate::room::Room::new(&data, 0)),
            refusals: crate::counters::Refusals::default(),
            stopping,
        });
        let files = BlobFiles::open(&data).unwrap();
        let socket = folder.path().join("all.sock");
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).unwrap();
        let desk = Arc::new(Desk::new(Arc::clone(&context), key, authority));
        let serving = Server::builder()
            .add_service(AccountsServer::new(AccountsService::new(Arc::clone(&context))))
            .add_service(ChannelsServer::new(ChannelsService::new(Arc::clone(&context))))
            .add_service(DirectoryServer::new(DirectoryService::new(Arc::clone(&context))))
            .add_service(BlobsServer::new(BlobsService::new(Arc::clone(&context), files.clone())))
            .add_service(CounterServer::new(CounterService::new(Arc::clone(&desk))))
            .add_service(NoticesServer::new(NoticesService::new(Arc::clone(&desk))))
            .add_service(RegistrarServer::new(RegistrarService(desk)))
            .serve_with_incoming(UnixListenerStream::new(listener));
        tokio::spawn(serving);
        let connector = tower::service_fn(move |_| {
            let socket = socket.clone();
            async move { UnixStream::connect(socket).await.map(TokioIo::new) }
        });
        let channel = Endpoint::from_static("http://relay.invalid").connect_with_connector(connector).await.unwrap();
        Self { folder, clock, context, files, identity, channel, _stop: stop }
    }

    pub(super) fn later(&self, ms: u64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }
    pub(super) fn accounts(&self) -> AccountsClient<Channel> {
        AccountsClient::new(self.channel.clone())
    }
    pub(super) fn directory(&self) -> DirectoryClient<Channel> {
        DirectoryClient::new(self.channel.clone())
    }
    pub(super) fn channels(&self) -> ChannelsClient<Channel> {
        ChannelsClient::new(self.channel.clone())
    }
    pub(super) fn counter(&self) -> CounterClient<Channel> {
        CounterClient::new(self.channel.clone())
    }
    pub(super) fn notices(&self) -> NoticesClient<Channel> {
        NoticesClient::new(self.channel.clone())
    }
    pub(super) fn registrar(&self) -> RegistrarClient<Channel> {
        RegistrarClient::new(self.channel.clone())
    }
    pub(super) fn blobs(&self) -> BlobsClient<Channel> {
        BlobsClient::new(self.channel.clone())
    }
    pub(super) async fn issue(&self, run: &str) -> Result<Invitation, Status> {
        self.issue_code(run, false).await
    }
    pub(super) async fn issue_code(&self, run: &str, recover: bool) -> Result<Invitation, Status> {
        let request = wire::IssueCodeRequest { run: run.into(), recover, ..Default::default() };
        let issued = RegistrarClient::new(self.channel.clone()).issue_code(request).await?;
        Ok(Invitation::parse(&issued.into_inner().invitation).unwrap())
    }

    /// A person with one device, whose seeds are all n.
    pub(super) fn person(&self, n: u8) -> Person {
        let signer = NoteSigner::new(DEVICE, &[n; 32]).unwrap();
        let device = Device {
            id: DeviceId::new([n; 16]),
            signature_key: signer.public().key(),
            inbox: Address {
                authority: Authority::new("localhost", 7443, self.identity).unwrap(),
                channel: ChannelId::new([n; 32]),
            },
            inbox_key: SealSecret::new([n; 32]).public().unwrap(),
            public_token: None,
        };
        let state = AccountState { number: 0, previous: None, made_at: Millis::new(1), devices: vec![device] };
        let raw = state.sign(&signer).unwrap();
        let (account, _) = AccountState::first(&raw).unwrap();
        Person { n, signer, state, raw, account }
    }
    pub(super) async fn enroll(&self, p: &Person, run: &str, handle: &str) -> Result<String, Status> {
        let code = self.issue(run).await.unwrap().code.expose().to_vec();
        let request = wire::EnrollRequest { code, handle: handle.into(), state: p.raw.clone() };
        Ok(self.accounts().enroll(request).await?.into_inner().binding)
    }
    pub(super) async fn challenge(&self, p: &Person) -> Vec<u8> {
        let request = wire::ChallengeRequest { account: p.account.as_bytes().to_vec(), device: vec![p.n; 16] };
        self.accounts().challenge(request).await.unwrap().into_inner().challenge
    }
    pub(super) async fn answer(&self, p: &Person, challenge: Vec<u8>, key: u8) -> Result<wire::LoginResponse, Status> {
        use ed25519_dalek::Signer as _;
        let device = [p.n; 16];
        let parts: [&[u8]; 4] = [self.identity.as_bytes(), p.account.as_bytes(), &device, &challenge];
        let signature = ed25519_dalek::SigningKey::from_bytes(&[key; 32]).sign(&label::message(Label::Login, &parts));
        let request = wire::LoginRequest {
            account: p.account.as_bytes().to_vec(),
            device: device.to_vec(),
            signature: signature.to_bytes().to_vec(),
            challenge,
        };
        Ok(self.accounts().login(request).await?.into_inner())
    }
    pub(super) async fn login(&self, p: &Person) -> Vec<u8> {
        let challenge = self.challenge(p).await;
        self.answer(p, challenge, p.n).await.unwrap().session
    }
    pub(super) async fn stamps(&self, session: &[u8], count: u32) -> Result<Vec<Vec<u8>>, Status> {
        let request = wire::TakeStampsRequest { session: session.to_vec(), count };
        Ok(self.accounts().take_stamps(request).await?.into_inner().stamps)
    }
    pub(super) async fn put_state(&self, session: &[u8], state: &str) -> Result<(), Status> {
        let request = wire::PutStateRequest { session: session.to_vec(), state: state.to_owned() };
        self.accounts().put_state(request).await.map(drop)
    }
    /// Ana, enrolled and logged in, with so many stamps.
    pub(super) async fn ana(&self, stamps: u32) -> (Person, Vec<u8>, Vec<Vec<u8>>) {
        let ana = self.person(1);
        self.enroll(&ana, RUN, "ana").await.unwrap();
        let session = self.login(&ana).await;
        let stamps = self.stamps(&session, stamps).await.unwrap();
        (ana, session, stamps)
    }
    pub(super) async fn put(&self, parts: Vec<Part>) -> Result<u64, Status> {
        let messages: Vec<_> = parts.into_iter().map(|part| wire::PutRequest { part: Some(part) }).collect();
        Ok(self.blobs().put(futures_util::stream::iter(messages)).await?.into_inner().expires_at_ms)
    }
    /// An upload that has begun: its first parts are sent; what is sent here follows.
    pub(super) async fn begin(&self, first: Vec<Part>) -> (mpsc::Sender<wire::PutRequest>, JoinHandle<Result<u64, Status>>) {
        let (send, parts) = mpsc::channel(1);
        let mut blobs = self.blobs();
        let uploading = tokio::spawn(async move { Ok(blobs.put(ReceiverStream::new(parts)).await?.into_inner().expires_at_ms) });
        for part in first {
            send.send(wire::PutRequest { part: Some(part) }).await.unwrap();
        }
        (send, uploading)
    }
    /// Waits until so many uploads have a file.
    pub(super) async fn uploading(&self, count: usize) {
        while self.blob_files() != count {
            tokio::task::yield_now().await;
        }
    }
    pub(super) async fn get(&self, blob: [u8; 32], token: &Token, offset: u64) -> Result<(u64, Vec<u8>), Status> {
        let request = wire::GetRequest { blob: blob.to_vec(), read_token: token.expose().to_vec(), offset };
        let mut stream = self.blobs().get(request).await?.into_inner();
        let (mut size, mut content) = (0, Vec::new());
        while let Some(part) = stream.message().await? {
            size = part.size;
            content.extend_from_slice(&part.chunk);
        }
        Ok((size, content))
    }
    pub(super) fn blob_files(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("data/blobs")).unwrap().count()
    }
}

pub(super) struct Person {
    pub(super) n: u8,
    pub(super) signer: NoteSigner,
    pub(super) state: AccountState,
    pub(super) raw: String,
    pub(super) account: AccountId,
}

pub(super) fn reason(status: &Status) -> String {
    status.get_details_error_info().expect("a reason").reason
}
pub(super) fn refused<T>(answer: Result<T, Status>) -> String {
    match answer {
        Ok(_) => "taken".into(),
        Err(status) => reason(&status),
    }
}

pub(super) fn header(n: u8, content: &[u8], token: &Token, stamp: &[u8]) -> wire::PutHeader {
    wire::PutHeader {
        blob: vec![n; 32],
        read_token_hash: token.hash().as_bytes().to_vec(),
        size: content.len() as u64,
        sha256: Sha256::digest(content).to_vec(),
        stamp: stamp.to_vec(),
        offset: 0,
    }
}
pub(super) fn parts(header: wire::PutHeader, content: &[u8]) -> Vec<Part> {
    let chunks = content.chunks(100_000).map(|c| Part::Chunk(c.to_vec().into()));
    std::iter::once(Part::Header(header)).chain(chunks).collect()
}
