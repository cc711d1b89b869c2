//! (g) Disk for each entry, and (h) a store that grows to millions of entries.

use crate::report::{Target, figure, now, say, short};
use crate::storage::{IN_FLIGHT, append_batch, open_store};
use lacre_ground::time::Millis;
use lacre_store::rules::Rules;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng as _;
use std::path::Path;

fn bytes_of(folder: &Path) -> u64 {
    std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).sum()
}

fn filled(entries: usize, channels: usize, each: usize) {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, mut logs) = open_store(folder.path(), channels);
    let rules = Rules { max_log_entries: u64::MAX, ..Rules::default() };
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut done = 0;
    let mut start = now();
    while done < entries {
        append_batch(&mut store, &mut logs, &mut rng, &rules, Millis::new(1_780_000_000_001 + done as u64), IN_FLIGHT);
        done += IN_FLIGHT;
        if each > 0 && done % each < IN_FLIGHT {
            let rate = each as f64 / start.elapsed().as_secs_f64();
            say(format!("{} entries stored: {} entries/s", short(done as f64), short(rate)));
            start = now();
        }
    }
    // closing the last connection empties the write-ahead log into the file
    drop(store);
    let each = bytes_of(folder.path()) as f64 / done as f64;
    figure("disk for 1,024 bytes of ciphertext", "bytes", Target::AtMost(1_230.0), vec![each]);
}

pub fn run() {
    filled(40_000, 1_000, 0);
}

pub fn grow(entries: usize) {
    filled(entries, 10_000, entries / 10);
}
