//! Appends while a million entries that are past their time are removed, against the same appends with nothing to remove:
//! one store, one run. Sixteen writers, each with a log of its own, one entry after the other.

use crate::report::{argument, now, percentile, say, short};
use crate::wire;
use lacre_ground::ids::EntryId;
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_relay::folder::DataFolder;
use lacre_relay::serve::{Options, Relay};
use lacre_store::channels::{Append, AppendAll, Open};
use lacre_store::rules::Rules;
use lacre_store::{Answer, Ask, Store as _, run_one};
use prost::bytes::Bytes;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const ENTRIES: u64 = 1_000_000;
/// The old entries lie in so many logs.
const LOGS: u64 = 1_000;
const WRITERS: u64 = 16;
const HOUR_MS: u64 = 60 * 60 * 1_000;
/// Appends without a sweep.
const BASELINE: u64 = 2_000;

/// Half a day ago: past the retention of the relay that sweeps, and no leap of the clock.
fn fill(data: &Path, entries: u64) {
    wire::seed(data, LOGS + 2 * WRITERS);
    let folder = DataFolder::lock(data).unwrap();
    let mut store = folder.store(None, &mut SystemRng).unwrap();
    let (past, rules) = (Millis::new(SystemClock.now().get() - 12 * HOUR_MS), Rules::default());
    let opens = (0..LOGS).map(|n| {
        let log = wire::log(n);
        Ask::Open(Open::log(log.id, log.append.hash(), log.read.hash(), Some(wire::stamp(n).hash())).unwrap())
    });
    let opened = store.run(past, &rules, &opens.collect::<Vec<_>>()).committed().unwrap();
    assert!(opened.iter().all(|answer| matches!(answer, Answer::Open(Ok(_)))));
    let ciphertext = Bytes::from(vec![7; 1_024]);
    let old = |n: u64| {
        let log = wire::log(n % LOGS);
        let entry_id = EntryId::try_from([&n.to_be_bytes()[..], &[0; 8]].concat().as_slice()).unwrap();
        let (channel, token, ciphertext) = (log.id, log.append.hash(), ciphertext.clone());
        Append { channel, token, entry_id, read_to: n / LOGS, ciphertext, seal: false, stamp: None }
    };
    for from in (0..entries).step_by(10_000) {
        let some = (from..entries.min(from + 10_000)).map(old).collect();
        assert_eq!(run_one(&mut store, past, &rules, AppendAll(some)).unwrap().refused, None);
    }
}

fn retired(at: SocketAddr) -> u64 {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    let line = page.lines().find_map(|l| l.strip_prefix("lacre_relay_retired_entries_total ")).unwrap();
    line.parse().unwrap()
}

/// Appends on fresh logs, each writer until it has made `each` or, with none, until the relay has removed so many entries.
async fn appends(
    relay: &lacre_relay::serve::RunningRelay,
    first: u64,
    each: Option<u64>,
    sweep: (SocketAddr, u64),
) -> Vec<Duration> {
    let over = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for n in 0..WRITERS {
        let mut client = wire::connect(relay.authority()).await;
        let log = wire::open(&mut client, first + n).await;
        let over = Arc::clone(&over);
        writers.spawn(async move {
            let (ciphertext, mut took, mut head) = (Bytes::from(vec![7; 1_024]), Vec::new(), 0);
            while each.map_or_else(|| !over.load(Ordering::Relaxed), |each| head < each) {
                let start = now();
                head = client.append(wire::append(&log, head, head, &ciphertext)).await.unwrap().into_inner().seq;
                took.push(start.elapsed());
            }
            took
        });
    }
    if each.is_none() {
        while tokio::task::spawn_blocking(move || retired(sweep.0)).await.unwrap() < sweep.1 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        over.store(true, Ordering::Relaxed);
    }
    writers.join_all().await.concat()
}

pub fn run() {
    let entries = argument("entries").unwrap_or(ENTRIES).max(LOGS);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let filled = now();
    fill(&data, entries);
    println!("{entries} entries of 1,024 bytes stored in {:.1} s", filled.elapsed().as_secs_f64());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let measure = |first, retention_ms, each| {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let metrics = listener.local_addr().unwrap();
        let mut options = Options { metrics: Some(listener), ..wire::options(&data) };
        options.rules.entry_retention_ms = retention_ms;
        let relay = Relay::start(options).unwrap();
        let begun = now();
        let took = runtime.block_on(appends(&relay, first, each, (metrics, entries)));
        (took, begun.elapsed())
    };
    let (quiet, _) = measure(LOGS, 30 * 24 * HOUR_MS, Some(BASELINE));
    let (swept, lasted) = measure(LOGS + WRITERS, HOUR_MS, None);
    say(format!("a sweep of {entries} entries took {:.1} s, with {} appends beside it", lasted.as_secs_f64(), swept.len()));
    for p in [50, 99] {
        let (with, without) = (percentile(swept.clone(), p), percentile(quiet.clone(), p));
        let ratio = with / without;
        say(format!("p{p} of appends during it: {with:.2} ms, {without:.2} ms without: {} times", short(ratio)));
    }
}
