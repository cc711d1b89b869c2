//! Connections to a relay as a stranger makes them (PROTOCOL.md, 5), and a relay as a process of its own.

use hyper_util::rt::TokioIo;
use lacre_ground::address::Authority;
use lacre_ground::ids::{ChannelId, Stamp, Token};
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_proto::relay::v1 as wire;
use lacre_relay::folder::DataFolder;
use lacre_relay::serve::{Options, Relay};
use lacre_store::accounts::AddStamps;
use lacre_store::rules::Rules;
use lacre_store::run_one;
use rustls::pki_types::{Der, ServerName, TrustAnchor};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint, Uri};
use wire::channels_client::ChannelsClient;

/// In this environment variable stands the data folder of a bench that is a relay.
pub const RELAY_ROLE: &str = "LACRE_BENCH_RELAY";

const ISSUER: &[u8] = b"\x31\x1d\x30\x1b\x06\x03\x55\x04\x03\x0c\x14lacre relay identity";
const SPKI: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

fn connector(at: &Authority) -> TlsConnector {
    let spki = [SPKI, at.identity().as_bytes()].concat();
    let anchor =
        TrustAnchor { subject: Der::from_slice(ISSUER), subject_public_key_info: Der::from(spki), name_constraints: None };
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(rustls::RootCertStore { roots: vec![anchor] })
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsConnector::from(Arc::new(config))
}

async fn dial(tls: &TlsConnector, port: u16) -> std::io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(("127.0.0.1", port)).await?;
    tcp.set_nodelay(true)?;
    tls.connect(ServerName::try_from("relay.lacre.invalid").map_err(std::io::Error::other)?, tcp).await
}

/// A gRPC connection.
pub async fn connect(at: &Authority) -> ChannelsClient<Channel> {
    let (tls, port) = (connector(at), at.port());
    let service = tower::service_fn(move |_: Uri| {
        let tls = tls.clone();
        async move { Ok::<_, std::io::Error>(TokioIo::new(dial(&tls, port).await?)) }
    });
    let endpoint = Endpoint::from_static("http://relay.lacre.invalid")
        .initial_stream_window_size(4 << 20)
        .initial_connection_window_size(8 << 20);
    ChannelsClient::new(endpoint.connect_with_connector(service).await.unwrap()).max_decoding_message_size(8 << 20)
}

pub struct Log {
    pub id: ChannelId,
    pub append: Token,
    pub read: Token,
}

/// The n-th example log.
pub fn log(n: u64) -> Log {
    let token = |kind: u8| {
        let mut bytes = [kind; 32];
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        Token::new(bytes)
    };
    let (append, read) = (token(1), token(2));
    Log { id: ChannelId::of_log(&append.hash(), &read.hash()), append, read }
}

pub fn stamp(n: u64) -> Stamp {
    let mut bytes = [3; 32];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    Stamp::new(bytes)
}

/// A data folder whose store knows the stamps 0 to `count`.
pub fn seed(data: &Path, count: u64) {
    let folder = DataFolder::lock(data).unwrap();
    let mut store = folder.store(None, &mut SystemRng).unwrap();
    let add = AddStamps((0..count).map(|n| stamp(n).hash()).collect());
    run_one(&mut store, SystemClock.now(), &Rules::default(), add).unwrap();
}

pub async fn open(client: &mut ChannelsClient<Channel>, n: u64) -> Log {
    let log = log(n);
    let request = wire::OpenRequest {
        class: wire::ChannelClass::Log.into(),
        channel: log.id.as_bytes().to_vec(),
        append: vec![wire::AppendRight { token_hash: log.append.hash().as_bytes().to_vec(), stamped: false, once: false }],
        read_token_hash: log.read.hash().as_bytes().to_vec(),
        stamp: stamp(n).expose().to_vec(),
    };
    client.open(request).await.unwrap();
    log
}

pub fn append(log: &Log, n: u64, read_to: u64, ciphertext: &prost::bytes::Bytes) -> wire::AppendRequest {
    wire::AppendRequest {
        channel: log.id.as_bytes().to_vec(),
        append_token: log.append.expose().to_vec(),
        entry_id: [&n.to_be_bytes()[..], &[9; 8]].concat(),
        read_to,
        ciphertext: ciphertext.clone(),
        seal: false,
        receipt: false,
        stamp: Vec::new(),
    }
}

/// The last entry of a log, for its head.
pub fn read(log: &Log) -> wire::FetchRequest {
    wire::FetchRequest {
        channel: log.id.as_bytes().to_vec(),
        read_token: log.read.expose().to_vec(),
        from_seq: 1,
        max_entries: 1,
    }
}

pub fn options(data: &Path) -> Options {
    let mut options = Options::new(data);
    options.rules = Rules { max_log_entries: u64::MAX, ..Rules::default() };
    options
}

/// A relay in a process of its own, so that its memory is its own. It ends with this value.
pub struct RelayProcess {
    child: Child,
    pub authority: Authority,
}

impl RelayProcess {
    pub fn start(data: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(RELAY_ROLE, data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, authority: Authority::parse(line.trim()).unwrap() }
    }

    /// CPU time of all its threads, in hundredths of a second.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        fields[11..13].iter().map(|ticks| ticks.parse::<f64>().unwrap() / 100.0).sum()
    }

    /// Bytes in memory, as the kernel counts them.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1_024
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// What the other process does: serves until its input ends.
pub fn be_a_relay(data: &Path) {
    let relay = Relay::start(options(data)).unwrap();
    println!("{}", relay.authority());
    std::io::stdout().flush().unwrap();
    let _ = std::io::stdin().read(&mut [0]);
    relay.stop();
}

/// TLS connections that say nothing.
pub async fn idle(at: &Authority, count: usize) -> Vec<ChannelsClient<Channel>> {
    let mut all = Vec::new();
    for _ in 0..count {
        let mut client = connect(at).await;
        client.get_info(wire::GetInfoRequest {}).await.unwrap();
        all.push(client);
    }
    all
}
