//! A relay for tests: real TLS and gRPC, answers as the test says.

use lacre_core::network::Reason;
use lacre_ground::address::Authority;
use lacre_ground::ids::Identity;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::accounts_server::{Accounts, AccountsServer};
use lacre_proto::relay::v1::blobs_server::{Blobs, BlobsServer};
use lacre_proto::relay::v1::channels_server::{Channels, ChannelsServer};
use lacre_proto::relay::v1::directory_server::{Directory, DirectoryServer};
use lacre_proto::relay::v1::put_request::Part;
use rcgen::{CertificateParams, DistinguishedName, DnType, Issuer, KeyPair, PKCS_ED25519};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::mpsc as std_mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_types::{ErrorDetails, StatusExt as _};

/// The longest that anything in these tests is waited for; only a failing test waits so long.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) const GENERATION: [u8; 16] = [7; 16];

/// One Attach stream, played by the test.
pub(super) struct Session {
    to_client: mpsc::Sender<Result<wire::AttachResponse, Status>>,
    from_client: std_mpsc::Receiver<wire::AttachRequest>,
}

impl Session {
    pub(super) fn heard(&self) -> wire::AttachRequest {
        self.from_client.recv_timeout(PATIENCE).expect("the client says something on its stream")
    }
    /// True when the client closes its side without another word.
    pub(super) fn is_left(&self) -> bool {
        matches!(self.from_client.recv_timeout(PATIENCE), Err(std_mpsc::RecvTimeoutError::Disconnected))
    }
    pub(super) fn says(&self, event: wire::attach_response::Event) {
        self.says_as(GENERATION, event);
    }
    pub(super) fn says_as(&self, generation: [u8; 16], event: wire::attach_response::Event) {
        let message = wire::AttachResponse { generation: generation.to_vec(), event: Some(event) };
        self.to_client.blocking_send(Ok(message)).expect("the client still listens");
    }
    pub(super) fn sender(&self) -> mpsc::Sender<Result<wire::AttachResponse, Status>> {
        self.to_client.clone()
    }
}

/// What the test tells the relay to do, and what the relay saw.
pub(super) struct Script {
    pub(super) append: Mutex<AppendAnswer>,
    pub(super) heartbeat_ms: Mutex<u32>,
    pub(super) calls: Mutex<Vec<(&'static str, SocketAddr)>>,
    pub(super) handshakes: Mutex<Vec<rustls::HandshakeKind>>,
    pub(super) blobs: Mutex<HashMap<Vec<u8>, Vec<u8>>>,
    /// what came of blobs that broke off
    pub(super) halves: Mutex<HashMap<Vec<u8>, Vec<u8>>>,
    /// how a blob is given: in full, cut after so many bytes, or with bytes too many
    pub(super) give: Mutex<Give>,
    identity: Vec<u8>,
    sessions: std_mpsc::Sender<Session>,
    acceptor: Mutex<TlsAcceptor>,
}

#[derive(Clone)]
pub(super) enum AppendAnswer {
    Stored,
    /// as the border of the relay makes it: code, ErrorInfo, RetryInfo
    Refused(Reason, Code, Vec<(String, String)>, Option<Duration>),
    Bare(Code),
    Never,
    ShortGeneration,
    Receipt(usize),
}

#[derive(Clone, Copy)]
pub(super) enum Give {
    All,
    CutAfter(usize),
    TooMuch,
}

pub(super) struct Relay {
    pub(super) script: Arc<Script>,
    pub(super) address: SocketAddr,
    pub(super) identity: KeyPair,
    pub(super) runtime: tokio::runtime::Runtime,
    sessions: std_mpsc::Receiver<Session>,
}

pub(super) fn identity_of(key: &KeyPair) -> Identity {
    Identity::try_from(key.public_key_raw()).unwrap()
}

pub(super) fn fresh_identity() -> KeyPair {
    KeyPair::generate_for(&PKCS_ED25519).unwrap()
}

/// A fresh TLS key, signed by the identity as the relay's manual says.
pub(super) fn acceptor(identity: &KeyPair) -> TlsAcceptor {
    acceptor_with(identity, &[&rustls::version::TLS13], &[b"h2"])
}

pub(super) fn acceptor_with(
    identity: &KeyPair,
    versions: &[&'static rustls::SupportedProtocolVersion],
    alpn: &[&[u8]],
) -> TlsAcceptor {
    let mut issuer = CertificateParams::default();
    issuer.distinguished_name = DistinguishedName::new();
    issuer.distinguished_name.push(DnType::CommonName, "lacre relay identity");
    let issuer = Issuer::from_params(&issuer, identity);
    let leaf_key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![super::super::RELAY_NAME.to_owned()]).unwrap().signed_by(&leaf_key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|p| p.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

impl Relay {
    pub(super) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let identity = fresh_identity();
        let (sessions, given) = std_mpsc::channel();
        let script = Arc::new(Script {
            append: Mutex::new(AppendAnswer::Stored),
            heartbeat_ms: Mutex::new(30_000),
            calls: Mutex::default(),
            handshakes: Mutex::default(),
            blobs: Mutex::default(),
            halves: Mutex::default(),
            give: Mutex::new(Give::All),
            identity: identity.public_key_raw().to_vec(),
            sessions,
            acceptor: Mutex::new(acceptor(&identity)),
        });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (ready, incoming) = mpsc::channel::<std::io::Result<_>>(16);
        let accepting = Arc::clone(&script);
        runtime.spawn(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                tcp.set_nodelay(true).unwrap();
                let acceptor = accepting.acceptor.lock().unwrap().clone();
                let (ready, accepting) = (ready.clone(), Arc::clone(&accepting));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(tcp).await {
                        accepting.handshakes.lock().unwrap().extend(stream.get_ref().1.handshake_kind());
                        let _ = ready.send(Ok(stream)).await;
                    }
                });
            }
        });
        let serving = Arc::clone(&script);
        runtime.spawn(
            tonic::transport::Server::builder()
                .add_service(ChannelsServer::from_arc(Arc::clone(&serving)))
                .add_service(AccountsServer::from_arc(Arc::clone(&serving)))
                .add_service(DirectoryServer::from_arc(Arc::clone(&serving)))
                .add_service(BlobsServer::from_arc(serving))
                .serve_with_incoming(ReceiverStream::new(incoming)),
        );
        Self { script, address, identity, runtime, sessions: given }
    }
    pub(super) fn shows(&self, acceptor: TlsAcceptor) {
        *self.script.acceptor.lock().unwrap() = acceptor;
    }
    pub(super) fn authority_at(&self, port: u16) -> Authority {
        Authority::new("127.0.0.1", port, identity_of(&self.identity)).unwrap()
    }
    /// The next Attach stream that a client begins.
    pub(super) fn session(&self) -> Session {
        self.sessions.recv_timeout(PATIENCE).expect("the client begins a stream")
    }
    pub(super) fn has_another_session(&self) -> bool {
        self.sessions.try_recv().is_ok()
    }
    pub(super) fn append(&self, answer: AppendAnswer) {
        *self.script.append.lock().unwrap() = answer;
    }
    /// The connections (by the client's port) on which a call was seen.
    pub(super) fn seen(&self, call: &str) -> Vec<SocketAddr> {
        self.script.calls.lock().unwrap().iter().filter(|(name, _)| *name == call).map(|(_, from)| *from).collect()
    }
}

impl Script {
    fn saw<T>(&self, call: &'static str, request: &Request<T>) {
        self.calls.lock().unwrap().push((call, request.remote_addr().unwrap()));
    }
}

fn refusal(reason: Reason, code: Code, metadata: Vec<(String, String)>, retry: Option<Duration>) -> Status {
    let mut details = ErrorDetails::new();
    details.set_error_info(reason.as_str(), lacre_proto::ERROR_DOMAIN, metadata.into_iter().collect::<HashMap<_, _>>());
    if retry.is_some() {
        details.set_retry_info(retry);
    }
    Status::with_error_details(code, "refused", details)
}

#[tonic::async_trait]
impl Channels for Script {
    type AttachStream = ReceiverStream<Result<wire::AttachResponse, Status>>;

    async fn open(&self, r: Request<wire::OpenRequest>) -> Result<Response<wire::OpenResponse>, Status> {
        self.saw("open", &r);
        Ok(Response::new(wire::OpenResponse { generation: GENERATION.to_vec(), ..Default::default() }))
    }
    type AppendBatchStream = tokio_stream::Empty<Result<wire::AppendBatchResponse, Status>>;
    async fn append_batch(
        &self,
        _: Request<Streaming<wire::AppendBatchRequest>>,
    ) -> Result<Response<Self::AppendBatchStream>, Status> {
        Err(Status::unimplemented("no client of ours asks"))
    }
    async fn append(&self, r: Request<wire::AppendRequest>) -> Result<Response<wire::AppendResponse>, Status> {
        self.saw("append", &r);
        let good = wire::AppendResponse {
            generation: GENERATION.to_vec(),
            seq: 1,
            accepted_at_ms: 1_783_346_400_000,
            receipt: String::new(),
        };
        let answer = self.append.lock().unwrap().clone();
        match answer {
            AppendAnswer::Stored => Ok(Response::new(good)),
            AppendAnswer::Refused(reason, code, metadata, retry) => Err(refusal(reason, code, metadata, retry)),
            AppendAnswer::Bare(code) => Err(Status::new(code, "bare")),
            AppendAnswer::Never => std::future::pending().await,
            AppendAnswer::ShortGeneration => Ok(Response::new(wire::AppendResponse { generation: vec![7; 15], ..good })),
            AppendAnswer::Receipt(n) => Ok(Response::new(wire::AppendResponse { receipt: "r".repeat(n), ..good })),
        }
    }
    async fn attach(&self, r: Request<Streaming<wire::AttachRequest>>) -> Result<Response<Self::AttachStream>, Status> {
        self.saw("attach", &r);
        let (to_client, stream) = mpsc::channel(1);
        let (heard, from_client) = std_mpsc::channel();
        let mut requests = r.into_inner();
        tokio::spawn(async move {
            while let Ok(Some(request)) = requests.message().await {
                if heard.send(request).is_err() {
                    break;
                }
            }
        });
        self.sessions.send(Session { to_client, from_client }).unwrap();
        Ok(Response::new(ReceiverStream::new(stream)))
    }
    async fn fetch(&self, r: Request<wire::FetchRequest>) -> Result<Response<wire::FetchResponse>, Status> {
        self.saw("fetch", &r);
        Ok(Response::new(wire::FetchResponse { generation: GENERATION.to_vec(), head: 9, ..Default::default() }))
    }
    async fn status(&self, _r: Request<wire::StatusRequest>) -> Result<Response<wire::StatusResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
    async fn trim(&self, _r: Request<wire::TrimRequest>) -> Result<Response<wire::TrimResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
    async fn head(&self, _r: Request<wire::HeadRequest>) -> Result<Response<wire::HeadResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
    async fn change_tokens(
        &self,
        _r: Request<wire::ChangeTokensRequest>,
    ) -> Result<Response<wire::ChangeTokensResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
    async fn get_info(&self, r: Request<wire::GetInfoRequest>) -> Result<Response<wire::GetInfoResponse>, Status> {
        self.saw("get_info", &r);
        let heartbeat_ms = *self.heartbeat_ms.lock().unwrap();
        Ok(Response::new(wire::GetInfoResponse {
            generation: GENERATION.to_vec(),
            identity: self.identity.clone(),
            limits: Some(wire::Limits { heartbeat_ms, ..Default::default() }),
            ..Default::default()
        }))
    }
}

#[tonic::async_trait]
impl Accounts for Script {
    async fn enroll(&self, _r: Request<wire::EnrollRequest>) -> Result<Response<wire::EnrollResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
    async fn challenge(&self, r: Request<wire::ChallengeRequest>) -> Result<Response<wire::ChallengeResponse>, Status> {
        self.saw("challenge", &r);
        Ok(Response::new(wire::ChallengeResponse { generation: GENERATION.to_vec(), challenge: vec![1; 32] }))
    }
    async fn login(&self, _r: Request<wire::LoginRequest>) -> Result<Response<wire::LoginResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
    async fn recover(&self, _r: Request<wire::RecoverRequest>) -> Result<Response<wire::RecoverResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
    async fn set_paused(&self, _r: Request<wire::SetPausedRequest>) -> Result<Response<wire::SetPausedResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
    async fn delete_account(
        &self,
        _r: Request<wire::DeleteAccountRequest>,
    ) -> Result<Response<wire::DeleteAccountResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
    async fn put_state(&self, _r: Request<wire::PutStateRequest>) -> Result<Response<wire::PutStateResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
    async fn put_key_packages(
        &self,
        _r: Request<wire::PutKeyPackagesRequest>,
    ) -> Result<Response<wire::PutKeyPackagesResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
    async fn take_stamps(&self, r: Request<wire::TakeStampsRequest>) -> Result<Response<wire::TakeStampsResponse>, Status> {
        self.saw("take_stamps", &r);
        // one too many
        let stamps = vec![vec![1; 32]; usize::try_from(r.into_inner().count).unwrap() + 1];
        Ok(Response::new(wire::TakeStampsResponse { generation: GENERATION.to_vec(), stamps }))
    }
    async fn designate(&self, _r: Request<wire::DesignateRequest>) -> Result<Response<wire::DesignateResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
    async fn put_grants(&self, _r: Request<wire::PutGrantsRequest>) -> Result<Response<wire::PutGrantsResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
    async fn pause_notices(
        &self,
        _r: Request<wire::PauseNoticesRequest>,
    ) -> Result<Response<wire::PauseNoticesResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
    async fn notice_address(
        &self,
        _r: Request<wire::NoticeAddressRequest>,
    ) -> Result<Response<wire::NoticeAddressResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
}

#[tonic::async_trait]
impl Directory for Script {
    async fn lookup(&self, r: Request<wire::LookupRequest>) -> Result<Response<wire::LookupResponse>, Status> {
        self.saw("lookup", &r);
        let entry = wire::DirectoryEntry { states: vec!["state".into()], binding: "binding".into(), reset: String::new() };
        Ok(Response::new(wire::LookupResponse { generation: GENERATION.to_vec(), entry: Some(entry) }))
    }
    async fn resets(&self, r: Request<wire::ResetsRequest>) -> Result<Response<wire::ResetsResponse>, Status> {
        self.saw("resets", &r);
        // two more at each asking, and a head that is behind them where somebody asks from 9
        let from = r.into_inner().from;
        let head = if from == 9 { 9 } else { from + 1 };
        Ok(Response::new(wire::ResetsResponse { generation: GENERATION.to_vec(), notes: vec!["note".into(); 2], head }))
    }
    async fn claim(&self, _r: Request<wire::ClaimRequest>) -> Result<Response<wire::ClaimResponse>, Status> {
        Err(Status::unimplemented("not in this test"))
    }
}

#[tonic::async_trait]
impl Blobs for Script {
    type GetStream = ReceiverStream<Result<wire::GetResponse, Status>>;

    async fn put(&self, r: Request<Streaming<wire::PutRequest>>) -> Result<Response<wire::PutResponse>, Status> {
        self.saw("put", &r);
        let mut parts = r.into_inner();
        let Some(wire::PutRequest { part: Some(Part::Header(header)) }) = parts.message().await? else {
            return Err(Status::invalid_argument("no header"));
        };
        let done = wire::PutResponse { generation: GENERATION.to_vec(), expires_at_ms: 1 };
        if self.blobs.lock().unwrap().contains_key(&header.blob) {
            return Ok(Response::new(done));
        }
        let half = self.halves.lock().unwrap().remove(&header.blob);
        if header.stamp.is_empty() && half.is_none() {
            return Err(refusal(Reason::StampRefused, Code::FailedPrecondition, vec![], None));
        }
        let mut bytes = half.unwrap_or_default();
        bytes.truncate(usize::try_from(header.offset).unwrap());
        while let Some(wire::PutRequest { part: Some(Part::Chunk(chunk)) }) = parts.message().await? {
            bytes.extend_from_slice(&chunk);
        }
        assert_eq!(u64::try_from(bytes.len()).unwrap(), header.size);
        self.blobs.lock().unwrap().insert(header.blob, bytes);
        Ok(Response::new(done))
    }
    async fn kept(&self, r: Request<wire::KeptRequest>) -> Result<Response<wire::KeptResponse>, Status> {
        self.saw("kept", &r);
        let bytes = self.halves.lock().unwrap().get(&r.get_ref().blob).map_or(0, Vec::len).try_into().unwrap();
        Ok(Response::new(wire::KeptResponse { generation: GENERATION.to_vec(), bytes }))
    }
    async fn get(&self, r: Request<wire::GetRequest>) -> Result<Response<Self::GetStream>, Status> {
        self.saw("get", &r);
        let r = r.into_inner();
        let mut bytes = self
            .blobs
            .lock()
            .unwrap()
            .get(&r.blob)
            .cloned()
            .ok_or_else(|| refusal(Reason::NotPermitted, Code::PermissionDenied, vec![], None))?;
        let size = u64::try_from(bytes.len()).unwrap();
        match *self.give.lock().unwrap() {
            Give::All => {}
            Give::CutAfter(n) => bytes.truncate(n),
            Give::TooMuch => bytes.push(0),
        }
        let rest = bytes.split_off(usize::try_from(r.offset).unwrap());
        let (send, stream) = mpsc::channel(1);
        tokio::spawn(async move {
            for chunk in rest.chunks(100_000) {
                let part = wire::GetResponse { generation: GENERATION.to_vec(), size, chunk: chunk.to_vec().into() };
                if send.send(Ok(part)).await.is_err() {
                    break;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }
}
