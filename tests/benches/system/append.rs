//! (b) Unary Append over TLS, 256 in flight, 1,024 bytes: the relay with its store against the relay with the null store.

use crate::report::{Target, now, ratio};
use crate::storage::IN_FLIGHT;
use crate::wire;
use lacre_ground::address::Authority;
use lacre_ground::ids::Generation;
use lacre_relay::serve::{Relay, RunningRelay};
use lacre_store::null::{NullReads, NullStore};
use prost::bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const CONNECTIONS: usize = 8;
pub const EACH: u64 = 60;

pub fn relay(null: bool) -> (tempfile::TempDir, RunningRelay) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    wire::seed(&data, IN_FLIGHT as u64);
    let mut options = wire::options(&data);
    if null {
        let reads = NullReads { generation: Generation::new([1; 16]) };
        options.store = Some((Box::new(NullStore::default()), Arc::new(reads)));
    }
    let relay = Relay::start(options).unwrap();
    (folder, relay)
}

/// Appends a second: every task has a channel of its own and sends one after the other.
pub async fn load(relay: &RunningRelay, first: u64) -> f64 {
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(wire::connect(relay.authority()).await);
    }
    let ciphertext = Bytes::from(vec![7; 1_024]);
    for n in 0..IN_FLIGHT as u64 {
        wire::open(&mut clients[0], n).await;
    }
    let start = now();
    let mut tasks = JoinSet::new();
    for n in 0..IN_FLIGHT {
        let (mut client, ciphertext) = (clients[n % CONNECTIONS].clone(), ciphertext.clone());
        tasks.spawn(async move {
            let log = wire::log(n as u64);
            for i in first..first + EACH {
                client.append(wire::append(&log, i, i, &ciphertext)).await.unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    (EACH * IN_FLIGHT as u64) as f64 / start.elapsed().as_secs_f64()
}

pub fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (stored, null) = (relay(false), relay(true));
    let (mut a, mut b) = (0, 0);
    let round = |relay: &RunningRelay, first: &mut u64| {
        let rate = runtime.block_on(load(relay, *first));
        *first += EACH;
        rate
    };
    round(&stored.1, &mut a);
    round(&null.1, &mut b);
    ratio(
        "unary Append over TLS / null store",
        "entries/s",
        Target::AtLeast(0.5),
        || round(&stored.1, &mut a),
        || round(&null.1, &mut b),
    );
}

/// Appends at half the rate that this relay can take, until it is dropped.
pub struct HalfLoad {
    /// appends a second
    pub rate: f64,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl HalfLoad {
    /// Logs that it opens: the relay must know their stamps.
    pub const CHANNELS: u64 = 32;

    pub fn start(at: &Authority) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (rate, runtime) = {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let full = runtime.block_on(appends(at, None, &Arc::new(AtomicBool::new(false))));
            (full / 2.0, runtime)
        };
        let (at, stopped) = (at.clone(), Arc::clone(&stop));
        let pause = Duration::from_secs_f64(Self::CHANNELS as f64 / rate);
        let thread = std::thread::spawn(move || {
            runtime.block_on(appends(&at, Some(pause), &stopped));
        });
        Self { rate, stop, thread: Some(thread) }
    }
}

impl Drop for HalfLoad {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Without a pause two thousand for each channel, as fast as it goes; with one until it is told to stop. Gives the rate.
async fn appends(at: &Authority, pause: Option<Duration>, stop: &Arc<AtomicBool>) -> f64 {
    let mut client = wire::connect(at).await;
    let start = now();
    let mut tasks = JoinSet::new();
    for n in 0..HalfLoad::CHANNELS {
        let log = wire::open(&mut client, n).await;
        let (mut client, stop) = (client.clone(), Arc::clone(stop));
        let mut head = client.fetch(wire::read(&log)).await.unwrap().into_inner().head;
        tasks.spawn(async move {
            let ciphertext = Bytes::from(vec![7; 1_024]);
            let mut tick = pause.map(tokio::time::interval);
            let mut sent = 0u64;
            while if pause.is_some() { !stop.load(Ordering::Relaxed) } else { sent < 1_000 } {
                if let Some(tick) = &mut tick {
                    tick.tick().await;
                }
                head = client.append(wire::append(&log, head, head, &ciphertext)).await.unwrap().into_inner().seq;
                sent += 1;
            }
            sent
        });
    }
    let mut sent = 0;
    while let Some(done) = tasks.join_next().await {
        sent += done.unwrap();
    }
    sent as f64 / start.elapsed().as_secs_f64()
}
