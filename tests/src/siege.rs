//! A real relay under attack, and an honest client beside: it writes and reads all along, and any refusal, break or gap that
//! it meets fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's world stops when it cannot be built")]

use crate::powercut::marks::{derived, stamp};
use crate::raw::{self, Dialler};
use crate::relay::{RelayProcess, operate};
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, Handle, Token, TokenHash};
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_proto::relay::v1 as wire;
use lacre_relay::folder::DataFolder;
use lacre_relay::memory::formula;
use lacre_store::accounts::{AddStamps, Enroll, IssueCode, KeyPackage, PutKeyPackages, RunHash, StateDevice};
use lacre_store::counter::By;
use lacre_store::rules::Rules;
use lacre_store::run_one;
use lacre_store::speaker::Speaker;
use prost::bytes::Bytes;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tonic::codegen::http;
use tonic::transport::Channel;
use wire::attach_response::Event;
use wire::channels_client::ChannelsClient;

/// Stamps that a relay under siege knows.
pub const STAMPS: u64 = 4_096;
/// The MLS suite of its accounts' key packages.
pub const SUITE: u16 = 77;
/// The stamp with which the honest client opens its log.
const HONEST: u64 = STAMPS - 1;

/// 64 threads that wait for the disk, 2 MiB each and a page between them.
const STACKS: usize = 64 * (2 * 1024 * 1024 + 8 * 1024);

/// An HTTP/2 connection, and the task that keeps it going.
pub type Http2 = (h2::client::SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>);

/// A relay in a process of its own, with little memory to give away.
pub struct Siege {
    process: RelayProcess,
    folder: tempfile::TempDir,
    /// where it is
    pub at: Authority,
    /// MiB that calls under way may hold
    pub held_mib: usize,
}

impl Siege {
    /// Starts it. It knows stamps and the accounts 0 and 1, each with so many key packages.
    #[must_use]
    pub fn start(held_mib: usize, key_packages: u8) -> Self {
        Self::begin(held_mib, key_packages, "", |_| ())
    }

    /// Starts it with so many places for connections.
    #[must_use]
    pub fn crowded(connections: usize) -> Self {
        Self::begin(64, 0, &format!("max_connections = {connections}\n"), |_| ())
    }

    /// What `lacre-relay status --json` says, and its exit code.
    #[must_use]
    pub fn status(&self) -> (Option<i32>, String) {
        let said = operate(self.folder.path(), &["status", "--json", "--data", "data"]).unwrap();
        (said.code, said.out)
    }

    /// Waits until so many uploads have a file. How many there are then.
    pub async fn uploads(&self, count: usize) -> usize {
        let files = || std::fs::read_dir(self.folder.path().join("data/blobs")).map_or(0, Iterator::count);
        while files() < count {
            tokio::task::yield_now().await;
        }
        files()
    }

    /// Starts it, and gives its process no more memory than the formula of RUNNING.md for so many connections: what it has at
    /// rest, the formula, and the stacks of threads that begin later. What an allocator of many threads reserves and does not
    /// use would count too, so it has one arena. An allocation that fails ends the process.
    #[must_use]
    pub fn limited(held_mib: usize, connections: usize) -> Self {
        let siege = Self::begin(held_mib, 0, "", |command| {
            command.env("MALLOC_ARENA_MAX", "1");
        });
        let most = siege.counted("VmSize:") + formula(connections, connections, held_mib << 20) + STACKS;
        let limit = ["--pid", &siege.process.id().to_string(), &format!("--as={most}")].map(str::to_owned);
        let limited = Command::new("prlimit").args(limit).status().expect("prlimit, of util-linux");
        assert!(limited.success(), "the relay's memory cannot be limited");
        siege
    }

    fn begin(held_mib: usize, key_packages: u8, more: &str, prepare: impl FnOnce(&mut Command)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        seed(&data, key_packages);
        let config = folder.path().join("relay.toml");
        std::fs::write(&config, format!("max_held_mib = {held_mib}\n{more}")).unwrap();
        let mut command = RelayProcess::command(&data, folder.path()).unwrap();
        command.arg("--config").arg(config);
        prepare(&mut command);
        let mut process = RelayProcess::spawn(command).unwrap();
        let at = process.ready().unwrap();
        Self { process, folder, at, held_mib }
    }

    /// The most memory that it ever took, in bytes, as the kernel counts.
    #[must_use]
    pub fn peak(&self) -> usize {
        self.counted("VmHWM:")
    }

    fn counted(&self, what: &str) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
        line.split_whitespace().next().unwrap().parse::<usize>().unwrap() * 1_024
    }

    /// Whether its process goes on.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))
            .is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X'])))
    }

    /// Where its log lies.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("relay.log")
    }

    /// A gRPC connection.
    pub async fn connect(&self) -> Channel {
        raw::connect(&self.at).await.unwrap()
    }

    /// For connections on which anything may be said.
    #[must_use]
    pub fn dialler(&self) -> Dialler {
        raw::dialler(&self.at).unwrap()
    }

    /// An HTTP/2 connection whose answers may wait: so many bytes of each may be under way. It goes on by itself; the task
    /// ends with it.
    ///
    /// # Errors
    /// When the relay does not take it.
    pub async fn http2(&self, window: u32) -> Result<Http2, String> {
        http2(&self.dialler(), window).await
    }
}

/// As [`Siege::http2`], to any relay.
///
/// # Errors
/// When the relay does not take it.
pub async fn http2(dialler: &Dialler, window: u32) -> Result<Http2, String> {
    let tls = dialler.dial().await.map_err(|e| e.to_string())?;
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(window).initial_max_send_streams(1_024).max_concurrent_reset_streams(1_024);
    let (send, connection) = builder.handshake(tls).await.map_err(|e| e.to_string())?;
    Ok((send, tokio::spawn(connection)))
}

/// A call as an HTTP/2 request.
#[must_use]
pub fn request(call: &str) -> http::Request<()> {
    http::Request::post(format!("https://relay.lacre.invalid/lacre.relay.v1.{call}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(())
        .unwrap()
}

/// The account with this number, an example.
#[must_use]
pub fn account(number: u64) -> AccountId {
    AccountId::new(derived("account", number))
}

fn seed(data: &std::path::Path, key_packages: u8) {
    let folder = DataFolder::lock(data).unwrap();
    let mut store = folder.store(None, &mut SystemRng).unwrap();
    let (now, rules) = (SystemClock.now(), Rules::default());
    let add = AddStamps((0..STAMPS).map(|n| stamp(n).hash()).collect());
    run_one(&mut store, now, &rules, add).unwrap();
    for (n, handle) in [(0, "ejemplo0"), (1, "ejemplo1")] {
        let code = TokenHash::new(derived("code", n));
        let devices = vec![StateDevice { id: DeviceId::new([1; 16]), inbox: ChannelId::new(derived("inbox", n)) }];
        let issue = IssueCode { by: By::Operator, run: RunHash::new(derived("run", n)), code, recover: false };
        run_one(&mut store, now, &rules, issue).unwrap().unwrap();
        let enroll = Enroll {
            code,
            handle: Handle::parse(handle).unwrap(),
            account: account(n),
            state: format!("state 0 of example {n}"),
            devices,
            binding: "binding of an example".to_owned(),
        };
        run_one(&mut store, now, &rules, enroll).unwrap().unwrap();
        let package = |text: u8| KeyPackage { suite: SUITE, bytes: vec![text; 900], expires_at: Millis::new(u64::MAX >> 12) };
        let put = PutKeyPackages {
            by: Speaker { account: account(n), device: DeviceId::new([1; 16]) },
            one_time: (1..=key_packages).map(package).collect(),
            last_resort: vec![package(0)],
            replace_all: false,
        };
        run_one(&mut store, now, &rules, put).unwrap().unwrap();
    }
}

/// A log that everybody derives alike.
pub struct Log {
    /// its name
    pub id: ChannelId,
    /// to write
    pub append: Token,
    /// to read
    pub read: Token,
}

impl Log {
    /// The log with this number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        let (append, read) = (Token::new(derived("append", number)), Token::new(derived("read", number)));
        Self { id: ChannelId::of_log(&append.hash(), &read.hash()), append, read }
    }

    /// To open it, with the stamp of the same number.
    #[must_use]
    pub fn open(&self, number: u64) -> wire::OpenRequest {
        wire::OpenRequest {
            class: wire::ChannelClass::Log.into(),
            channel: self.id.as_bytes().to_vec(),
            append: vec![wire::AppendRight { token_hash: self.append.hash().as_bytes().to_vec(), stamped: false, once: false }],
            read_token_hash: self.read.hash().as_bytes().to_vec(),
            stamp: stamp(number).expose().to_vec(),
        }
    }

    /// Its entry `n`, by a writer who knows those before it.
    #[must_use]
    pub fn entry(&self, n: u64, bytes: usize) -> wire::AppendRequest {
        wire::AppendRequest {
            channel: self.id.as_bytes().to_vec(),
            append_token: self.append.expose().to_vec(),
            entry_id: [&n.to_be_bytes()[..], &[9; 8]].concat(),
            read_to: n - 1,
            ciphertext: vec![7; bytes].into(),
            seal: false,
            receipt: n.is_multiple_of(4),
            stamp: Vec::new(),
        }
    }

    /// To read it from its first entry on.
    #[must_use]
    pub fn fetch(&self) -> wire::FetchRequest {
        wire::FetchRequest {
            channel: self.id.as_bytes().to_vec(),
            read_token: self.read.expose().to_vec(),
            from_seq: 1,
            max_entries: 1_024,
        }
    }

    /// To follow it.
    #[must_use]
    pub fn follow(&self, from_seq: u64) -> wire::AttachRequest {
        let (channel, read_token) = (self.id.as_bytes().to_vec(), self.read.expose().to_vec());
        wire::AttachRequest { add: vec![wire::AttachAdd { channel, read_token, from_seq }], remove: Vec::new() }
    }
}

/// Somebody who writes and reads all along, on two connections that were made before the attack.
pub struct Honest {
    log: PathBuf,
    exchanged: watch::Receiver<u64>,
    stop: Arc<AtomicBool>,
    task: JoinHandle<u64>,
}

impl Honest {
    /// Begins.
    pub async fn start(siege: &Siege) -> Self {
        let (tell, exchanged) = watch::channel(0);
        let stop = Arc::new(AtomicBool::new(false));
        let (writer, reader) = (siege.connect().await, siege.connect().await);
        let mut honest = Self {
            log: siege.log(),
            exchanged,
            stop: Arc::clone(&stop),
            task: tokio::spawn(exchange(writer, reader, tell, stop)),
        };
        honest.more(1).await;
        honest
    }

    /// Waits for so many further entries, each of them written, acknowledged and read.
    pub async fn more(&mut self, count: u64) {
        let target = *self.exchanged.borrow_and_update() + count;
        if self.exchanged.wait_for(|n| *n >= target).await.is_err() {
            let said = std::fs::read_to_string(&self.log).unwrap_or_default();
            panic!("the honest client stopped: {:?}; the relay says: {said}", (&mut self.task).await);
        }
    }

    /// It ends, and everything that it ever wrote is there. How many entries that was.
    pub async fn end(mut self) -> u64 {
        self.more(5).await;
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.expect("the honest client met a refusal")
    }
}

async fn exchange(writer: Channel, reader: Channel, tell: watch::Sender<u64>, stop: Arc<AtomicBool>) -> u64 {
    let client = |channel| ChannelsClient::new(channel).max_decoding_message_size(8 << 20);
    let (mut writer, mut reader, log) = (client(writer), client(reader), Log::new(HONEST));
    writer.open(log.open(HONEST)).await.expect("open");
    let (ask, asked) = tokio::sync::mpsc::channel(1);
    ask.send(log.follow(1)).await.unwrap();
    let stream = tokio_stream::wrappers::ReceiverStream::new(asked);
    let mut events = reader.attach(stream).await.expect("attach").into_inner();
    let mut met = 0;
    for n in 1.. {
        let stored = writer.append(log.entry(n, 1_024)).await.expect("append").into_inner();
        assert_eq!(stored.seq, n);
        while met < n {
            if let Some(Event::Entries(e)) = events.message().await.expect("attach").expect("the stream ended").event {
                for entry in e.entries {
                    assert_eq!((entry.seq, entry.ciphertext.len()), (met + 1, 1_024));
                    met = entry.seq;
                }
            }
        }
        if n.is_multiple_of(16) {
            let (channel, token) = (log.id.as_bytes().to_vec(), log.read.expose().to_vec());
            let status = wire::StatusRequest { channel, seq: n, token, entry_id: Vec::new() };
            reader.status(status).await.expect("status");
            reader.get_info(wire::GetInfoRequest {}).await.expect("info");
        }
        tell.send_replace(n);
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    let (mut from_seq, mut kept) = (1, 0);
    while from_seq <= met {
        let page = writer.fetch(wire::FetchRequest { from_seq, ..log.fetch() }).await.expect("fetch").into_inner();
        assert_eq!(page.entries.first().map(|e| e.seq), Some(from_seq), "a gap");
        kept += page.entries.len() as u64;
        from_seq += page.entries.len() as u64;
    }
    assert_eq!(kept, met, "everything acknowledged is there");
    kept
}
