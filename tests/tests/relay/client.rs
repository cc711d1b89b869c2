//! A stranger's client of a relay, and a data folder for it. For several test programs.

use hyper_util::rt::TokioIo;
use lacre_ground::address::Authority;
use lacre_ground::ids::{ChannelId, Stamp, Token};
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_proto::relay::v1 as wire;
use lacre_relay::folder::DataFolder;
use lacre_relay::serve::{Options, Relay, RunningRelay};
use lacre_store::accounts::AddStamps;
use lacre_store::rules::Rules;
use lacre_store::run_one;
use rustls::pki_types::{Der, ServerName, TrustAnchor};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint, Uri};
use wire::channels_client::ChannelsClient;

/// As PROTOCOL.md tells strangers: the issuer's name and the Ed25519 key, without the outer SEQUENCE of each.
const ISSUER: &[u8] = b"\x31\x1d\x30\x1b\x06\x03\x55\x04\x03\x0c\x14lacre relay identity";
const SPKI: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

pub(crate) fn tls_of(identity: &[u8; 32]) -> rustls::ClientConfig {
    let spki = [SPKI, identity].concat();
    let anchor =
        TrustAnchor { subject: Der::from_slice(ISSUER), subject_public_key_info: Der::from(spki), name_constraints: None };
    tls_with(rustls::RootCertStore { roots: vec![anchor] })
}

/// Trusts these and nothing else.
pub(crate) fn tls_with(roots: rustls::RootCertStore) -> rustls::ClientConfig {
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

pub(crate) async fn connect_pinned(at: &Authority, identity: [u8; 32]) -> Result<Channel, tonic::transport::Error> {
    connect_as(at, identity, Endpoint::from_static("http://relay.lacre.invalid")).await
}

pub(crate) async fn connect_as(
    at: &Authority,
    identity: [u8; 32],
    endpoint: Endpoint,
) -> Result<Channel, tonic::transport::Error> {
    connect_with(at, tls_of(&identity), endpoint).await
}

pub(crate) async fn connect_with(
    at: &Authority,
    tls: rustls::ClientConfig,
    endpoint: Endpoint,
) -> Result<Channel, tonic::transport::Error> {
    let tls = tokio_rustls::TlsConnector::from(Arc::new(tls));
    let place = format!("{}:{}", at.host(), at.port());
    let connector = tower::service_fn(move |_: Uri| {
        let (tls, place) = (tls.clone(), place.clone());
        async move {
            let tcp = TcpStream::connect(place).await?;
            let name = ServerName::try_from("relay.lacre.invalid").map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>(TokioIo::new(tls.connect(name, tcp).await?))
        }
    });
    endpoint.connect_with_connector(connector).await
}

pub(crate) async fn connect(at: &Authority) -> ChannelsClient<Channel> {
    let channel = connect_pinned(at, *at.identity().as_bytes()).await.unwrap();
    ChannelsClient::new(channel).max_encoding_message_size(8 << 20).max_decoding_message_size(8 << 20)
}

/// A data folder that goes with the test.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
    pub(crate) fn start(&self) -> RunningRelay {
        Relay::start(Options::new(&self.data())).unwrap()
    }
    /// Stamps, as an account would have taken them. The relay must not run.
    pub(crate) fn stamps(&self, count: u8) -> Vec<Stamp> {
        let folder = DataFolder::lock(&self.data()).unwrap();
        let mut store = folder.store(None, &mut SystemRng).unwrap();
        let stamps: Vec<Stamp> = (1..=count).map(|n| Stamp::new([n; 32])).collect();
        let add = AddStamps(stamps.iter().map(Stamp::hash).collect());
        run_one(&mut store, SystemClock.now(), &Rules::default(), add).unwrap();
        stamps
    }
}

pub(crate) struct Log {
    pub(crate) id: ChannelId,
    pub(crate) append: Token,
    pub(crate) read: Token,
}

pub(crate) async fn open_log(client: &mut ChannelsClient<Channel>, n: u8, stamp: &Stamp) -> Log {
    let (append, read) = (Token::new([n; 32]), Token::new([n + 100; 32]));
    let id = ChannelId::of_log(&append.hash(), &read.hash());
    let request = wire::OpenRequest {
        class: wire::ChannelClass::Log.into(),
        channel: id.as_bytes().to_vec(),
        append: vec![wire::AppendRight { token_hash: append.hash().as_bytes().to_vec(), stamped: false, once: false }],
        read_token_hash: read.hash().as_bytes().to_vec(),
        stamp: stamp.expose().to_vec(),
    };
    client.open(request).await.unwrap();
    Log { id, append, read }
}

pub(crate) fn append(log: &Log, n: u8, read_to: u64) -> wire::AppendRequest {
    wire::AppendRequest {
        channel: log.id.as_bytes().to_vec(),
        append_token: log.append.expose().to_vec(),
        entry_id: vec![n; 16],
        read_to,
        ciphertext: vec![n; 1_024].into(),
        seal: false,
        receipt: false,
        stamp: vec![],
    }
}

pub(crate) fn fetch(log: &Log) -> wire::FetchRequest {
    let (channel, read_token) = (log.id.as_bytes().to_vec(), log.read.expose().to_vec());
    wire::FetchRequest { channel, read_token, from_seq: 1, max_entries: 1_024 }
}
