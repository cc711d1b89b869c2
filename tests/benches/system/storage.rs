//! (a) The storage engine: batches of 256 entries of 1,024 bytes, each one transaction with its fsync, over 1,000 channels.
//!
//! Against bare SQLite with the same pragmas, the same tables and no checks; and against an append-only file with one
//! fdatasync for each batch, the floor of any storage.

use crate::report::{ROUNDS, Target, ratio, timed};
use lacre_ground::ids::{ChannelId, EntryId, TokenHash};
use lacre_ground::random::SystemRng;
use lacre_ground::time::Millis;
use lacre_store::accounts::AddStamps;
use lacre_store::channels::{Append, Open};
use lacre_store::rules::Rules;
use lacre_store::{Answer, Ask, Store as _};
use lacre_store_sqlite::{SqliteOptions, SqliteStore};
use prost::bytes::Bytes;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};
use rusqlite::Connection;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

pub const IN_FLIGHT: usize = 256;
const CHANNELS: usize = 1_000;
const WARM: usize = 10;
const BATCHES: usize = 60;
const TURN: usize = 10;

/// An open log as its writers know it.
pub struct Log {
    pub channel: ChannelId,
    pub append: TokenHash,
    pub last: u64,
}

fn hash(n: usize, kind: u8) -> TokenHash {
    let mut bytes = [kind; 32];
    bytes[..8].copy_from_slice(&(n as u64).to_be_bytes());
    TokenHash::new(bytes)
}

/// A store with so many open logs.
pub fn open_store(folder: &Path, channels: usize) -> (SqliteStore, Vec<Log>) {
    let mut store = SqliteStore::open(SqliteOptions::new(&folder.join("relay.sqlite")), &mut SystemRng).unwrap();
    let (rules, now) = (Rules::default(), Millis::new(1_780_000_000_000));
    let mut asks = vec![Ask::AddStamps(AddStamps((0..channels).map(|n| hash(n, 3)).collect()))];
    let logs = (0..channels).map(|n| {
        let (append, read, stamp) = (hash(n, 1), hash(n, 2), hash(n, 3));
        let channel = ChannelId::of_log(&append, &read);
        asks.push(Ask::Open(Open::log(channel, append, read, Some(stamp)).unwrap()));
        Log { channel, append, last: 0 }
    });
    let logs = logs.collect();
    let answers = store.run(now, &rules, &asks).committed().unwrap();
    assert!(answers.iter().skip(1).all(|answer| matches!(answer, Answer::Open(Ok(_)))));
    (store, logs)
}

/// One transaction of `entries` entries.
pub fn append_batch(store: &mut SqliteStore, logs: &mut [Log], rng: &mut ChaCha8Rng, rules: &Rules, now: Millis, entries: usize) {
    let mut asks = Vec::with_capacity(entries);
    for _ in 0..entries {
        let log = &mut logs[rng.next_u64() as usize % logs.len()];
        let mut ciphertext = vec![0; 1_024];
        rng.fill_bytes(&mut ciphertext);
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        let request = Append {
            channel: log.channel,
            token: log.append,
            entry_id: EntryId::new(id),
            read_to: log.last,
            ciphertext: Bytes::from(ciphertext),
            seal: false,
            stamp: None,
        };
        log.last += 1;
        asks.push(Ask::Append(request));
    }
    let answers = store.run(now, rules, &asks).committed().unwrap();
    assert!(answers.iter().all(|answer| matches!(answer, Answer::Append(Ok(_)))));
}

/// One side: writes batches of [`IN_FLIGHT`] entries, each one transaction with its sync.
trait Side {
    fn batches(&mut self, n: usize);
}

struct Ours {
    _folder: TempDir,
    store: SqliteStore,
    logs: Vec<Log>,
    rng: ChaCha8Rng,
    clock: u64,
}

impl Ours {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, logs) = open_store(folder.path(), CHANNELS);
        Self { _folder: folder, store, logs, rng: ChaCha8Rng::seed_from_u64(1), clock: 1_780_000_000_001 }
    }
}

impl Side for Ours {
    fn batches(&mut self, n: usize) {
        for _ in 0..n {
            self.clock += 1;
            append_batch(&mut self.store, &mut self.logs, &mut self.rng, &Rules::default(), Millis::new(self.clock), IN_FLIGHT);
        }
    }
}

struct Bare {
    _folder: TempDir,
    conn: Connection,
    rng: ChaCha8Rng,
    last: Vec<u64>,
}

impl Bare {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // the same file, made by the same code: only what writes is bare
        drop(open_store(folder.path(), 1));
        let conn = Connection::open(folder.path().join("relay.sqlite")).unwrap();
        let pragmas = [
            ("synchronous", "FULL"),
            ("trusted_schema", "OFF"),
            ("cache_size", "-65536"),
            ("temp_store", "MEMORY"),
            ("wal_autocheckpoint", "4000"),
            ("journal_size_limit", "67108864"),
        ];
        for (pragma, value) in pragmas {
            conn.pragma_update(None, pragma, value).unwrap();
        }
        Self { _folder: folder, conn, rng: ChaCha8Rng::seed_from_u64(1), last: vec![0; CHANNELS] }
    }
}

impl Side for Bare {
    fn batches(&mut self, n: usize) {
        let mut insert = self
            .conn
            .prepare_cached(
                "INSERT INTO entry (channel, seq, seal, accepted_ms, entry_id, ciphertext) VALUES (?1, ?2, 0, 1780000000001, ?3, ?4)",
            )
            .unwrap();
        for _ in 0..n {
            self.conn.execute_batch("BEGIN IMMEDIATE").unwrap();
            for _ in 0..IN_FLIGHT {
                let channel = self.rng.next_u64() as usize % CHANNELS;
                let (mut ciphertext, mut id) = (vec![0; 1_024], [0; 16]);
                self.rng.fill_bytes(&mut ciphertext);
                self.rng.fill_bytes(&mut id);
                self.last[channel] += 1;
                insert.execute(rusqlite::params![channel as i64 + 10, self.last[channel] as i64, id, ciphertext]).unwrap();
            }
            self.conn.execute_batch("COMMIT").unwrap();
        }
    }
}

struct Plain {
    _folder: TempDir,
    file: File,
    rng: ChaCha8Rng,
}

impl Plain {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = File::create(folder.path().join("log")).unwrap();
        Self { _folder: folder, file, rng: ChaCha8Rng::seed_from_u64(1) }
    }
}

impl Side for Plain {
    fn batches(&mut self, n: usize) {
        let mut buffer = vec![0; IN_FLIGHT * 1_088];
        for _ in 0..n {
            self.rng.fill_bytes(&mut buffer);
            self.file.write_all(&buffer).unwrap();
            self.file.sync_data().unwrap();
        }
    }
}

/// Seven rounds; within each the sides take turns every ten batches, because a shared disk changes within seconds.
fn compare(name: &str, target: Target, theirs: impl Fn() -> Box<dyn Side>) {
    let mut rounds = (0..ROUNDS).map(|_| {
        let (mut a, mut b): (Box<dyn Side>, Box<dyn Side>) = (Box::new(Ours::new()), theirs());
        a.batches(WARM);
        b.batches(WARM);
        let (mut ours, mut other) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..BATCHES / TURN {
            ours += timed(|| a.batches(TURN));
            other += timed(|| b.batches(TURN));
        }
        let rate = |took: Duration| (BATCHES * IN_FLIGHT) as f64 / took.as_secs_f64();
        (rate(ours), rate(other))
    });
    let rounds: Vec<(f64, f64)> = rounds.by_ref().collect();
    let (mut ours, mut other) = (rounds.iter().map(|r| r.0), rounds.iter().map(|r| r.1));
    ratio(name, "entries/s", target, || ours.next().unwrap(), || other.next().unwrap());
}

pub fn run() {
    compare("storage engine / bare SQLite", Target::AtLeast(0.7), || Box::new(Bare::new()));
    compare("storage engine / append-only file with one fdatasync a batch", Target::Printed, || Box::new(Plain::new()));
}
