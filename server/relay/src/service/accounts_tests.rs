//! The calls of accounts, directory, registrar and blobs, over a socket, on the relay's own store.

use super::Context;
use super::accounts::AccountsService;
use super::blobs::{BlobsService, expire};
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
use lacre_ground::account::{AccountState, Binding, DEVICE, Device, REGISTRAR, Reset, VerifiedAccount};
use lacre_ground::address::{Address, Authority, Invitation};
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, Identity, Token};
use lacre_ground::label::{self, Label};
use lacre_ground::note::{NoteKey, NoteSigner};
use lacre_ground::random::SystemRng;
use lacre_ground::receipt::RELAY;
use lacre_ground::seal::SealSecret;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::{Clock, Millis};
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
use lacre_proto::relay::v1::{self as wire, lookup_request::Who};
use lacre_store::accounts::AddStamps;
use lacre_store::rules::Rules;
use lacre_store_sqlite::{SqliteOptions, SqliteStore};
use sha2::{Digest as _, Sha256};
use std::path::Path;
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
const RUN: &str = "40.123.456-K";
const SUITE: u32 = 77;

struct HandClock(AtomicU64);
impl Clock for HandClock {
    fn now(&self) -> Millis {
        Millis::new(self.0.load(Ordering::SeqCst))
    }
}

pub(super) struct World {
    pub(super) folder: tempfile::TempDir,
    clock: Arc<HandClock>,
    pub(super) context: Arc<Context>,
    pub(super) files: BlobFiles,
    identity: Identity,
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
        let request = wire::IssueCodeRequest { run: run.into(), recover };
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

#[tokio::test]
async fn an_invitation_opens_one_account_that_strangers_can_verify() {
    let w = World::new(Rules::default()).await;
    let ana = w.person(1);
    let invitation = w.issue(RUN).await.unwrap();
    let request = wire::EnrollRequest { code: invitation.code.expose().to_vec(), handle: "ana".into(), state: ana.raw.clone() };
    let binding = w.accounts().enroll(request.clone()).await.unwrap().into_inner().binding;
    w.later(5_000);
    let again = w.accounts().enroll(request.clone()).await.unwrap().into_inner().binding;
    assert_eq!(binding, again, "a lost answer is given again, byte by byte");
    let registrar = NoteSigner::new(REGISTRAR, &[7; 32]).unwrap().public();
    let read = Binding::verify(&binding, &registrar).unwrap();
    assert_eq!((read.handle.as_str(), read.account), ("ana", ana.account));

    let eva = w.person(2);
    let used = wire::EnrollRequest { state: eva.raw.clone(), handle: "eva".into(), ..request };
    assert_eq!(refused(w.accounts().enroll(used).await), "CODE_REFUSED");
    assert_eq!(refused(w.issue(RUN).await), "HAS_ACCOUNT");
    assert_eq!(refused(w.issue("40.123.456-1").await), "BAD_RUN");
    assert_eq!(refused(w.issue("no number").await), "BAD_RUN");
    assert_eq!(refused(w.enroll(&eva, "40123457-8", "ana").await), "HANDLE_TAKEN");

    let session = w.login(&ana).await;
    let stamp = w.stamps(&session, 1).await.unwrap().remove(0);
    let lookup = wire::LookupRequest { who: Some(Who::Handle("ana".into())), stamp };
    let entry = w.directory().lookup(lookup.clone()).await.unwrap().into_inner().entry.unwrap();
    let verified = VerifiedAccount::verify(&entry.states, &entry.binding, &registrar).unwrap();
    assert!(*verified.state == ana.state && verified.id == ana.account);
    assert_eq!(refused(w.directory().lookup(lookup).await), "STAMP_REFUSED");
}

#[tokio::test]
async fn a_state_of_another_relay_or_with_a_wrong_signature_is_refused() {
    let w = World::new(Rules::default()).await;
    let mut ana = w.person(1);
    let elsewhere = Authority::new("localhost", 7443, Identity::new([9; 32])).unwrap();
    ana.state.devices[0].inbox.authority = elsewhere;
    ana.raw = ana.state.sign(&ana.signer).unwrap();
    assert_eq!(refused(w.enroll(&ana, RUN, "ana").await), "BAD_STATE");
    let mut eva = w.person(2);
    eva.raw = eva.raw.replace("number 0", "number 1");
    assert_eq!(refused(w.enroll(&eva, RUN, "eva").await), "BAD_STATE");
}

#[tokio::test]
async fn a_login_says_nothing_about_who_has_an_account() {
    let w = World::new(Rules::default()).await;
    let (ana, ..) = w.ana(1).await;
    let stranger = w.person(2);
    let challenge = w.challenge(&ana).await;
    let foreign = w.challenge(&stranger).await;
    let wrong_key = w.answer(&ana, challenge.clone(), 9).await.unwrap_err();
    let nobody = w.answer(&stranger, foreign.clone(), 2).await.unwrap_err();
    let anothers = w.answer(&ana, foreign, 1).await.unwrap_err();
    w.later(w.context.rules.challenge_lifetime_ms);
    let late = w.answer(&ana, challenge, 1).await.unwrap_err();
    for status in [&nobody, &anothers, &late] {
        assert_eq!(reason(status), "LOGIN_REFUSED");
        assert_eq!(
            (status.code(), status.message(), status.details()),
            (wrong_key.code(), wrong_key.message(), wrong_key.details())
        );
    }
    let session = w.login(&ana).await;
    w.later(w.context.rules.session_lifetime_ms);
    assert_eq!(refused(w.stamps(&session, 1).await), "SESSION");
    assert_eq!(refused(w.stamps(&[0; 32], 1).await), "SESSION");
}

// Seen red: without `keep_only` the old session went on.
#[tokio::test]
async fn a_recovery_is_signed_keeps_the_name_and_ends_the_old_accounts_sessions() {
    let w = World::new(Rules::default()).await;
    let (ana, session, stamps) = w.ana(2).await;
    let recover = |run: &'static str, new: &Person| {
        let (w, state) = (&w, new.raw.clone());
        async move {
            let code = w.issue_code(run, true).await?.code.expose().to_vec();
            let request = wire::RecoverRequest { code, state };
            let first = w.accounts().recover(request.clone()).await?.into_inner();
            assert_eq!(w.accounts().recover(request).await?.into_inner(), first, "repeated");
            Ok::<_, Status>(first)
        }
    };
    let eva = w.person(2);
    assert_eq!(refused(recover("41.000.001-6", &eva).await), "NO_ACCOUNT");

    let answer = recover(RUN, &eva).await.unwrap();

    let registrar = NoteKey::new(REGISTRAR, w.identity.as_bytes()).unwrap();
    let reset = Reset::verify(&answer.reset, &registrar).unwrap();
    assert_eq!((reset.account, reset.replaces, reset.handle.as_str()), (eva.account, ana.account, "ana"));
    assert_eq!(Binding::verify(&answer.binding, &registrar).unwrap().account, eva.account);
    assert_eq!(refused(w.stamps(&session, 1).await), "SESSION");
    let challenge = w.challenge(&ana).await;
    assert_eq!(refused(w.answer(&ana, challenge, 1).await), "LOGIN_REFUSED");
    let of_eva = w.login(&eva).await;
    w.stamps(&of_eva, 1).await.unwrap();
    let lookup = wire::LookupRequest { who: Some(Who::Handle("ana".into())), stamp: stamps[0].clone() };
    let entry = w.directory().lookup(lookup).await.unwrap().into_inner().entry.unwrap();
    assert_eq!((entry.states, entry.binding, entry.reset), (vec![eva.raw.clone()], answer.binding, answer.reset));
    let lost = wire::LookupRequest { who: Some(Who::Account(ana.account.as_bytes().to_vec())), stamp: stamps[1].clone() };
    assert_eq!(refused(w.directory().lookup(lost).await), "NO_ACCOUNT");
}

#[tokio::test]
async fn who_pauses_is_not_handed_out_and_who_deletes_is_gone_at_once() {
    let w = World::new(Rules::default()).await;
    let (_ana, session, stamps) = w.ana(3).await;
    let pause = |paused| {
        let (w, session) = (&w, session.clone());
        async move { w.accounts().set_paused(wire::SetPausedRequest { session, paused }).await.map(drop) }
    };
    let lookup = |at: usize| wire::LookupRequest { who: Some(Who::Handle("ana".into())), stamp: stamps[at].clone() };

    pause(true).await.unwrap();
    assert_eq!(refused(w.directory().lookup(lookup(0)).await), "PAUSED");
    pause(false).await.unwrap();
    assert!(w.directory().lookup(lookup(1)).await.is_ok());
    w.accounts().delete_account(wire::DeleteAccountRequest { session: session.clone() }).await.unwrap();

    assert_eq!(refused(pause(true).await), "SESSION");
    assert_eq!(refused(w.accounts().delete_account(wire::DeleteAccountRequest { session: session.clone() }).await), "SESSION");
    assert_eq!(refused(w.directory().lookup(lookup(2)).await), "NO_ACCOUNT");
    let other = w.person(2);
    assert_eq!(refused(w.enroll(&other, "41.000.001-6", "ana").await), "HANDLE_TAKEN");
    w.enroll(&w.person(3), RUN, "ana2").await.unwrap();
}

#[tokio::test]
async fn a_state_is_continued_by_its_device_only_and_a_device_that_leaves_loses_its_session() {
    let w = World::new(Rules::default()).await;
    let (ana, session, _) = w.ana(1).await;
    let eva = w.person(2);
    let both = AccountState {
        number: 1,
        previous: Some(ana.state.hash()),
        made_at: Millis::new(2),
        devices: vec![ana.state.devices[0].clone(), eva.state.devices[0].clone()],
    };
    assert_eq!(refused(w.put_state(&session, &both.sign(&eva.signer).unwrap()).await), "BAD_STATE");
    let raw = both.sign(&ana.signer).unwrap();
    w.put_state(&session, &raw).await.unwrap();
    w.put_state(&session, &raw).await.unwrap();
    let second = Person { account: ana.account, ..w.person(2) };
    let of_second = w.login(&second).await;
    w.stamps(&of_second, 1).await.unwrap();
    let alone = AccountState {
        number: 2,
        previous: Some(both.hash()),
        made_at: Millis::new(3),
        devices: vec![eva.state.devices[0].clone()],
    };
    w.put_state(&of_second, &alone.sign(&eva.signer).unwrap()).await.unwrap();
    assert_eq!(refused(w.stamps(&session, 1).await), "SESSION");
    w.stamps(&of_second, 1).await.unwrap();
    w.put_state(&of_second, &raw).await.unwrap();
    let challenge = w.challenge(&ana).await;
    assert_eq!(refused(w.answer(&ana, challenge, 1).await), "LOGIN_REFUSED");
}

#[tokio::test]
async fn key_packages_are_claimed_with_stamps_and_without_credentials() {
    let w = World::new(Rules::default()).await;
    let (ana, session, stamps) = w.ana(4).await;
    let now = w.clock.now().get();
    let package = |text: &str, life: u64| wire::KeyPackage {
        suite: SUITE,
        key_package: text.as_bytes().to_vec(),
        expires_at_ms: now + life,
    };
    let put = wire::PutKeyPackagesRequest {
        session,
        one_time: vec![package("one", 1_000)],
        last_resort: vec![package("last", 1_000)],
        replace_all: false,
    };
    let left = w.accounts().put_key_packages(put.clone()).await.unwrap().into_inner().remaining;
    assert_eq!(left, [wire::Remaining { suite: SUITE, count: 1 }]);
    let old = wire::PutKeyPackagesRequest { one_time: vec![package("old", 0)], ..put.clone() };
    assert_eq!(refused(w.accounts().put_key_packages(old).await), "BAD_FIELD");
    let two = wire::PutKeyPackagesRequest { last_resort: vec![package("a", 9), package("b", 9)], ..put };
    assert_eq!(refused(w.accounts().put_key_packages(two).await), "BAD_FIELD");
    let claim = async |stamp: &Vec<u8>, suite: u32, account: AccountId| {
        let request = wire::ClaimRequest { account: account.as_bytes().to_vec(), suite, stamp: stamp.clone() };
        w.directory().claim(request).await.map(|r| r.into_inner().devices)
    };
    let first = claim(&stamps[0], SUITE, ana.account).await.unwrap();
    let second = claim(&stamps[1], SUITE, ana.account).await.unwrap();
    let device = |text: &str, last_resort| wire::DeviceKeyPackage {
        device: vec![1; 16],
        key_package: text.as_bytes().to_vec(),
        last_resort,
    };
    assert_eq!(first, [device("one", false)]);
    assert_eq!(second, [device("last", true)]);
    assert_eq!(refused(claim(&stamps[1], SUITE, ana.account).await), "STAMP_REFUSED");
    assert_eq!(refused(claim(&stamps[2], 3, ana.account).await), "NO_KEY_PACKAGE");
    assert_eq!(refused(claim(&stamps[3], SUITE, w.person(2).account).await), "NO_ACCOUNT");
}

#[tokio::test]
async fn a_blob_comes_back_whole_and_from_any_offset_to_who_has_its_token() {
    let w = World::new(Rules::default()).await;
    let (_, _, stamps) = w.ana(2).await;
    let token = Token::new([5; 32]);
    let content: Vec<u8> = (0..700_001u32).map(|n| (n % 251) as u8).collect();
    let put = parts(header(1, &content, &token, &stamps[0]), &content);
    let expires = w.put(put.clone()).await.unwrap();
    assert_eq!(expires, w.clock.now().get() + w.context.rules.blob_retention_ms);
    assert_eq!(w.put(put[..1].to_vec()).await.unwrap(), expires, "known by its header");
    for offset in [0, 1, 131_072, 700_000, 700_001] {
        let (size, got) = w.get([1; 32], &token, offset).await.unwrap();
        assert!(size == 700_001 && got == content[usize::try_from(offset).unwrap()..], "{offset}");
    }
    assert_eq!(refused(w.get([1; 32], &token, 700_002).await), "BAD_FIELD");
    let wrong = w.get([1; 32], &Token::new([6; 32]), 0).await.unwrap_err();
    let unknown = w.get([2; 32], &token, 0).await.unwrap_err();
    w.later(w.context.rules.blob_retention_ms);
    let expired = w.get([1; 32], &token, 0).await.unwrap_err();
    for status in [&unknown, &expired] {
        assert_eq!(reason(status), "NOT_PERMITTED");
        assert_eq!((status.code(), status.message(), status.details()), (wrong.code(), wrong.message(), wrong.details()));
    }
    assert_eq!(expire(&w.context, &w.files).await.unwrap(), 1);
    assert_eq!(w.blob_files(), 0);
}

#[tokio::test]
async fn a_refused_upload_leaves_no_file_and_spends_no_stamp() {
    let w = World::new(Rules { max_blob_disk_bytes: 1_000, ..Rules::default() }).await;
    let (_, _, stamps) = w.ana(2).await;
    let token = Token::new([5; 32]);
    let content = [7; 600];
    let good = header(1, &content, &token, &stamps[0]);
    let unpaid = wire::PutHeader { stamp: Vec::new(), ..good.clone() };
    assert_eq!(refused(w.put(parts(unpaid, &content)).await), "STAMP_REFUSED");
    assert_eq!(refused(w.put(parts(good.clone(), &content[1..])).await), "WRONG_DIGEST");
    assert_eq!(refused(w.put(parts(good.clone(), &[7; 601])).await), "WRONG_DIGEST");
    assert_eq!(refused(w.put(parts(good.clone(), &[8; 600])).await), "WRONG_DIGEST");
    assert_eq!(refused(w.put(parts(good.clone(), &content)[1..].to_vec()).await), "BAD_FIELD");
    let mut twice = parts(good.clone(), &content);
    twice.push(Part::Header(good.clone()));
    assert_eq!(refused(w.put(twice).await), "BAD_FIELD");
    let big = [1; 1_001];
    assert_eq!(refused(w.put(parts(header(3, &big, &token, &stamps[0]), &big)).await), "LIMIT");
    assert_eq!(w.blob_files(), 0);
    assert_eq!(refused(w.put(parts(good.clone(), &content)).await), "taken", "the stamp is good still");
    let other = wire::PutHeader { stamp: stamps[1].clone(), sha256: vec![0; 32], ..good };
    assert_eq!(refused(w.put(parts(other, &content)).await), "CONFLICT");
    let more = header(2, &content, &token, &stamps[1]);
    assert_eq!(refused(w.put(parts(more, &content)).await), "LIMIT", "the disk's share is full");
    assert_eq!(w.blob_files(), 1);
}

#[tokio::test]
async fn uploads_have_so_many_places_and_each_stamp_one_of_them() {
    let w = World::new(Rules { max_uploads: 2, ..Rules::default() }).await;
    let (_, _, stamps) = w.ana(3).await;
    let token = Token::new([5; 32]);
    let content = [7; 600];
    let begun = |n: u8, stamp: usize| vec![Part::Header(header(n, &content, &token, &stamps[stamp]))];
    let limit = |status: &Status| status.get_error_details().error_info().unwrap().metadata["limit"].clone();

    let (_first, older) = w.begin(begun(1, 0)).await;
    w.uploading(1).await;
    let (second, newer) = w.begin(begun(1, 0)).await;
    let replaced = older.await.unwrap().unwrap_err();
    w.uploading(1).await;
    let (_third, other) = w.begin(begun(2, 1)).await;
    w.uploading(2).await;
    let full = w.put(parts(header(3, &content, &token, &stamps[2]), &content)).await.unwrap_err();
    second.send(wire::PutRequest { part: Some(Part::Chunk(content.to_vec().into())) }).await.unwrap();
    drop(second);
    newer.await.unwrap().unwrap();
    let then = w.put(parts(header(3, &content, &token, &stamps[2]), &content)).await;

    assert_eq!((reason(&replaced), limit(&replaced)), ("LIMIT".into(), "uploads_per_stamp".into()));
    assert_eq!((reason(&full), limit(&full)), ("LIMIT".into(), "max_uploads".into()));
    assert!(full.get_details_retry_info().is_some());
    assert!(then.is_ok() && !other.is_finished());
}

#[tokio::test]
async fn an_upload_that_sends_nothing_is_given_up_and_leaves_nothing() {
    let w = World::new(Rules { upload_idle_ms: 50, upload_least_rate: 0, ..Rules::default() }).await;
    let (_, _, stamps) = w.ana(1).await;
    let (token, content) = (Token::new([5; 32]), [7; 600]);
    let first = vec![Part::Header(header(1, &content, &token, &stamps[0])), Part::Chunk(content[..1].to_vec().into())];

    let (_open, silent) = w.begin(first).await;
    let given_up = silent.await.unwrap().unwrap_err();

    assert_eq!(given_up.get_error_details().error_info().unwrap().metadata["limit"], "upload_idle_ms");
    w.uploading(0).await;
    assert!(w.put(parts(header(1, &content, &token, &stamps[0]), &content)).await.is_ok(), "the stamp is good still");
}

#[tokio::test]
async fn no_run_code_stamp_or_session_lies_in_clear_in_the_data_folder() {
    let w = World::new(Rules::default()).await;
    let invitation = w.issue("40123458-6").await.unwrap();
    let (_, session, stamps) = w.ana(3).await;
    let canary =
        w.context.writer.submit(AddStamps(vec![lacre_ground::ids::TokenHash::new(*b"a canary that the scan must find")]));
    canary.await.unwrap();
    let data = w.folder.path().join("data");
    let key = std::fs::read_to_string(RunKey::default_path(&data)).unwrap();
    assert!(contains(&data, b"a canary that the scan must find"));
    assert!(contains(&data, b"ana"), "handles are in the directory's table");
    for text in ["40123456", "40.123.456", "40123458", "40.123.458", key.trim()] {
        assert!(!contains(&data, text.as_bytes()), "{text}");
    }
    // numbers as SQLite would store them
    for number in [40_123_456u32, 40_123_458] {
        assert!(!contains(&data, &number.to_be_bytes()));
    }
    let key = data_encoding::HEXLOWER.decode(key.trim().as_bytes()).unwrap();
    for secret in [invitation.code.expose().as_slice(), &session, &stamps[0], &stamps[1], &stamps[2], &key] {
        assert!(!contains(&data, secret));
    }
}

fn contains(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return contains(&path, needle);
        }
        std::fs::read(&path).unwrap().windows(needle.len()).any(|w| w == needle)
    })
}
