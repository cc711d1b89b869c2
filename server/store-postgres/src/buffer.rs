//! What appends of one batch have seen, and what they wrote that is not in a table yet.

use crate::quota::Window;
use lacre_ground::ids::{ChannelId, EntryId, Seq, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::channels::{Append, ChannelKey};
use lacre_store::judge::First;
use prost::bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeSet, HashMap};

/// An entry under an id.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    pub(crate) seq: Seq,
    pub(crate) accepted_at: Millis,
    pub(crate) seal: bool,
    pub(crate) digest: [u8; 32],
}

impl Found {
    fn as_first(self, a: &Append) -> First {
        let Self { seq, accepted_at, seal, digest } = self;
        First { seq, accepted_at, seal, same_bytes: digest == sha256(&a.ciphertext) }
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A row of `entry` that is yet to be written.
pub(crate) struct Entry {
    pub(crate) channel: i64,
    pub(crate) seq: i64,
    pub(crate) seal: bool,
    pub(crate) accepted_ms: i64,
    pub(crate) entry_id: EntryId,
    pub(crate) ciphertext: Bytes,
    pub(crate) through_bytes: i64,
}

/// A row of `recent_id` that is yet to be written.
pub(crate) struct Recent {
    pub(crate) channel: i64,
    pub(crate) entry_id: EntryId,
    pub(crate) seq: i64,
    pub(crate) accepted_ms: i64,
    pub(crate) digest: [u8; 32],
}

/// What was looked up for appends, and what they wrote.
#[derive(Default)]
pub(crate) struct Buffer {
    /// in the order of their places; with what was written
    pub(crate) found: HashMap<(i64, EntryId), Vec<Found>>,
    /// with what was written
    pub(crate) counts: HashMap<Window, u32>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) recent: Vec<Recent>,
    pub(crate) more: HashMap<Window, u32>,
    pub(crate) spent: Vec<TokenHash>,
    pub(crate) moved: BTreeSet<ChannelId>,
}

impl Buffer {
    pub(crate) fn first(&self, key: ChannelKey, behind: u64, a: &Append) -> Option<First> {
        let found = self.found.get(&(key.row(), a.entry_id))?;
        found.iter().find(|f| f.seq.get() > behind).map(|f| f.as_first(a))
    }
}
