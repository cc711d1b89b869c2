//! What is promised of this store alone; and the contract of all stores, by two processes' worth of handles.

mod contract;
mod forwarder;
mod meetings;
mod moving;
mod refusals;
mod relays;
mod unknown;

use crate::own_server::OwnServer;
use crate::sql::{Cells as _, Conn, only, params};
use crate::{PgOptions, PgReads, PgStore, QuotaKey};
use lacre_ground::ids::Seq;
use lacre_ground::random::SystemRng;
use lacre_ground::time::Millis;
use lacre_store::accounts::AddStamps;
use lacre_store::channels::{ChannelKey, Open, PageLimits};
use lacre_store::contract::channels::{Channel, entry, entry_id, hash, log_channel};
use lacre_store::rules::Rules;
use lacre_store::{ChannelReads as _, run_one};
use std::sync::LazyLock;

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules { max_lag: 1_000, free_seals: 10, ..Rules::default() });
const NOW: Millis = Millis::new(1_800_000_000_000);

fn server() -> Option<OwnServer> {
    server_with(&[])
}

/// Where there is no PostgreSQL nothing is tried, and the last line says so.
fn server_with(settings: &[&str]) -> Option<OwnServer> {
    let server = OwnServer::with(settings).unwrap();
    if server.is_none() {
        eprintln!("NOT RUN: no PostgreSQL on this machine");
    }
    server
}

fn quotas() -> QuotaKey {
    QuotaKey::of(&zeroize::Zeroizing::new([7; 32]))
}

fn open(options: &PgOptions) -> (PgStore, PgReads) {
    let store = PgStore::open(options.clone(), quotas(), &mut SystemRng).unwrap();
    let reads = store.reads(2);
    (store, reads)
}

fn text(conn: &Conn, sql: &str) -> String {
    only(conn, sql, params![], |r| r.cell(0)).unwrap()
}

/// A log of this number, opened.
fn log(store: &mut PgStore, n: u64) -> Channel {
    let (c, stamp) = (log_channel(n), hash("stamp of log", n));
    run_one(store, NOW, &RULES, AddStamps(vec![stamp])).unwrap();
    run_one(store, NOW, &RULES, Open::log(c.id, c.append, c.read, Some(stamp)).unwrap()).unwrap().unwrap();
    c
}

fn key(reads: &PgReads, c: Channel) -> Option<ChannelKey> {
    reads.admit(NOW, &RULES, &c.id, &c.read).ok()?.ok().map(|a| a.key)
}

/// The last seq, as far as somebody can be asked.
fn last(reads: &PgReads, c: Channel) -> u64 {
    key(reads, c).and_then(|key| reads.heads(&[key]).ok()).map_or(0, |heads| heads[0])
}

/// The numbers of a channel's entries, in the order of their places, which have no gap.
fn ids(reads: &PgReads, c: Channel) -> Vec<u64> {
    let limits = PageLimits { entries: 10_000, bytes: u32::MAX };
    let page = reads.page(key(reads, c).unwrap(), Seq::FIRST, limits).unwrap();
    let seqs: Vec<u64> = page.entries.iter().map(|e| e.seq.get()).collect();
    assert_eq!(seqs, (1..=page.head).collect::<Vec<_>>());
    let number = |e: &lacre_store::channels::StoredEntry| u64::from_be_bytes(e.entry_id.as_bytes()[..8].try_into().unwrap());
    let numbers: Vec<u64> = page.entries.iter().map(number).collect();
    assert!(numbers.iter().zip(&page.entries).all(|(n, e)| entry_id(*n) == e.entry_id));
    numbers
}

/// Stores entries one after the other, each until it is acknowledged; how often it was told to come back.
fn store_all(mut store: PgStore, c: Channel, count: u64) -> usize {
    let mut refused = 0;
    for n in 1..=count {
        let appended = loop {
            match run_one(&mut store, NOW, &RULES, entry(c, n, n - 1)) {
                Ok(appended) => break appended.unwrap(),
                Err(_) => refused += 1,
            }
        };
        assert_eq!(appended.seq.get(), n);
    }
    refused
}
