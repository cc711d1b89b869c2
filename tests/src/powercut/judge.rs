//! After the cut: opens what is left with the real store, reads all of it, and judges.

use super::marks::{self, Asked, CHANNELS, Mark, Reply};
use super::workload::{account, page};
use crate::history::{self, Tally};
use lacre_ground::ids::{BlobId, Generation};
use lacre_store::rules::Rules;
use lacre_store::{AccountReads as _, BlobReads as _};
use lacre_store_sqlite::{SqliteOptions, SqliteStore};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng as _;
use std::collections::BTreeMap;
use std::path::Path;

/// Opens the store in this file and compares it with what the clients remember.
///
/// # Errors
/// With a sentence for each broken promise.
pub fn judge(store: &Path, memory: &[Mark]) -> Result<Tally, Vec<String>> {
    let one = |e: String| vec![e];
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let options = SqliteOptions::new(store);
    let store = SqliteStore::open(options, &mut rng).map_err(|e| one(format!("the store does not open: {e}")))?;
    let reads = store.reads(1).map_err(|e| one(format!("no readers: {e}")))?;
    let mut broken = Vec::new();
    let mut end = BTreeMap::new();
    for channel in CHANNELS {
        let page = page(&reads, &Rules::default(), channel, 1).map_err(|e| one(e.to_string()))?;
        if let Some(Reply::Page { entries, head, gone }) = page {
            end.insert(channel, marks::seen(1, &entries, head, gone).map_err(one)?);
        }
    }
    let known = |number: u64| reads.stamp_known(&marks::stamp(number).hash()).map_err(|e| one(e.to_string()));
    let mut tried: Vec<u64> = Vec::new();
    let mut taken: Vec<u64> = Vec::new();
    for ((_, sent), reply) in marks::calls(memory) {
        let Mark::Sent { what, .. } = sent else { continue };
        let done = matches!(reply, Some((_, Reply::Done)));
        match what {
            Asked::Open(channel, stamp) => {
                tried.push(*stamp);
                if done && !end.contains_key(channel) {
                    broken.push(format!("channel {channel} was opened and is not there"));
                }
                if done && known(*stamp)? {
                    broken.push(format!("stamp {stamp} paid for channel {channel} and can be spent again"));
                }
            }
            Asked::Stamps(numbers) if done => taken.extend(numbers),
            Asked::Enroll if done => {
                if reads.newest_state(&account()).map_err(|e| one(e.to_string()))?.is_none() {
                    broken.push("the account was enrolled and is not there".to_owned());
                }
            }
            Asked::Blob { stamp, .. } => tried.push(*stamp),
            Asked::Stamps(_) | Asked::Enroll | Asked::Append { .. } | Asked::Trim(_) | Asked::Read(..) => {}
        }
    }
    for number in taken.into_iter().filter(|n| !tried.contains(n)) {
        if !known(number)? {
            broken.push(format!("stamp {number} was given out and is not there"));
        }
    }
    let generation: Generation = store.generation();
    match history::check(&marks::history(memory, generation, &end).map_err(one)?) {
        Ok(tally) if broken.is_empty() => Ok(tally),
        Ok(_) => Err(broken),
        Err(violations) => {
            broken.extend(violations.iter().map(|(channel, violation)| format!("{violation:?} in {channel}")));
            Err(broken)
        }
    }
}

/// Opens the store in this file: every acknowledged blob has its row, and every row its whole file in the folder.
/// Gives how many blobs there are.
///
/// # Errors
/// With a sentence for each broken promise.
pub fn judge_blobs(store: &Path, files: &Path, memory: &[Mark]) -> Result<usize, Vec<String>> {
    let one = |e: String| vec![e];
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let store = SqliteStore::open(SqliteOptions::new(store), &mut rng).map_err(|e| one(e.to_string()))?;
    let reads = store.reads(1).map_err(|e| one(e.to_string()))?;
    let (mut there, mut broken) = (BTreeMap::new(), Vec::new());
    for ((_, sent), reply) in marks::calls(memory) {
        let Mark::Sent { what: Asked::Blob { number, .. }, .. } = sent else { continue };
        let acknowledged = matches!(reply, Some((_, Reply::Done)));
        match reads.blob(&BlobId::new(marks::derived("blob", *number))).map_err(|e| one(e.to_string()))? {
            Some(blob) => {
                let whole = std::fs::read(files.join(blob.file.to_string())).is_ok_and(|bytes| bytes == marks::blob(*number));
                if !whole {
                    broken.push(format!("blob {number} has a row and not its file"));
                }
                there.insert(*number, whole);
            }
            None if acknowledged => broken.push(format!("blob {number} was acknowledged and has no row")),
            None => {}
        }
    }
    if broken.is_empty() { Ok(there.len()) } else { Err(broken) }
}
