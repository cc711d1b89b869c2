//! What the writer remembers of channels. All of it is bounded, and none of it is needed for what was promised: heads (so
//! that a sender who is up to date costs no lookup), recent ids of inboxes, and the counters of the inboxes' quotas. The last
//! two begin empty with each process.

use lacre_ground::ids::{ChannelId, EntryId, Seq, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::channels::{Append, Appended, ChannelKey};
use lacre_store::judge::{First, Head};
use lacre_store::rules::Rules;
use rusqlite::{Connection, OptionalExtension as _};
use sha2::{Digest as _, Sha256};
use std::collections::{HashMap, VecDeque};

/// Counters of quotas kept in memory. When there are more, the oldest windows go first, then all.
const COUNTERS: usize = 65_536;

/// A bounded map: when the young half is full, it becomes the old one, and what was old and not asked for is dropped.
pub(crate) struct Heads {
    young: HashMap<ChannelId, Head>,
    old: HashMap<ChannelId, Head>,
    half: usize,
}

impl Heads {
    pub(crate) fn get(&mut self, channel: &ChannelId) -> Option<&mut Head> {
        if !self.young.contains_key(channel) {
            let head = self.old.remove(channel)?;
            self.insert(*channel, head);
        }
        self.young.get_mut(channel)
    }
    /// One that was just got or put.
    pub(crate) fn newest(&self, channel: &ChannelId) -> Option<&Head> {
        self.young.get(channel)
    }
    pub(crate) fn insert(&mut self, channel: ChannelId, head: Head) {
        if self.young.len() >= self.half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(channel, head);
    }
    fn remove(&mut self, channel: &ChannelId) {
        self.young.remove(channel);
        self.old.remove(channel);
    }
    fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

/// An append to an inbox, as it is remembered.
pub(super) struct Arrival {
    id: (ChannelKey, EntryId),
    counter: (ChannelKey, TokenHash),
    window: u64,
    sha256: [u8; 32],
}

impl Arrival {
    pub(super) fn of(key: ChannelKey, window: u64, a: &Append) -> Self {
        let sha256 = Sha256::digest(&a.ciphertext).into();
        Self { id: (key, a.entry_id), counter: (key, a.token), window, sha256 }
    }
}

/// The first answer to an append to an inbox.
struct Recent {
    seq: Seq,
    accepted_at: Millis,
    sha256: [u8; 32],
}

/// What one append to an inbox changed in memory: undone when the batch is rolled back.
struct Undo {
    id: (ChannelKey, EntryId),
    counter: (ChannelKey, TokenHash),
    counted_before: Option<(u64, u32)>,
    forgotten: Vec<((ChannelKey, EntryId), Recent)>,
}

/// What the writer remembers.
pub(crate) struct Memory {
    /// newest accept time: they never go back
    pub(crate) accepted: Millis,
    accepted_committed: Millis,
    /// what of it is in the tables at least, however the process ends
    pub(crate) floor: Millis,
    floor_committed: Millis,
    pub(crate) heads: Heads,
    recent: HashMap<(ChannelKey, EntryId), Recent>,
    recent_order: VecDeque<(ChannelKey, EntryId)>,
    counters: HashMap<(ChannelKey, TokenHash), (u64, u32)>,
    undo: Vec<Undo>,
}

impl Memory {
    /// Accept times go on from the newest that is stored.
    pub(crate) fn load(conn: &Connection, heads: usize) -> rusqlite::Result<Self> {
        let floor: u64 = conn.query_row("SELECT accept_floor_ms FROM meta WHERE id = 1", [], |r| r.get(0))?;
        let newest = |table: &str| -> rusqlite::Result<u64> {
            let sql = format!("SELECT accepted_ms FROM {table} ORDER BY arrival DESC LIMIT 1");
            Ok(conn.query_row(&sql, [], |r| r.get(0)).optional()?.unwrap_or(0))
        };
        let accepted = Millis::new(floor.max(newest("entry")?).max(newest("kept_entry")?));
        Ok(Self {
            accepted,
            accepted_committed: accepted,
            floor: accepted,
            floor_committed: accepted,
            heads: Heads { young: HashMap::new(), old: HashMap::new(), half: (heads / 2).max(1) },
            recent: HashMap::new(),
            recent_order: VecDeque::new(),
            counters: HashMap::new(),
            undo: Vec::new(),
        })
    }
    pub(crate) fn committed(&mut self) {
        self.accepted_committed = self.accepted;
        self.floor_committed = self.floor;
        self.undo.clear();
    }
    /// The channel is no more.
    pub(crate) fn forget(&mut self, channel: &ChannelId) {
        self.heads.remove(channel);
    }
    pub(crate) fn rolled_back(&mut self) {
        self.accepted = self.accepted_committed;
        self.floor = self.floor_committed;
        self.heads.clear();
        for undo in std::mem::take(&mut self.undo).into_iter().rev() {
            self.recent.remove(&undo.id);
            self.recent_order.pop_back();
            for (id, recent) in undo.forgotten.into_iter().rev() {
                self.recent_order.push_front(id);
                self.recent.insert(id, recent);
            }
            match undo.counted_before {
                Some(before) => self.counters.insert(undo.counter, before),
                None => self.counters.remove(&undo.counter),
            };
        }
    }

    fn count(&self, counter: &(ChannelKey, TokenHash), window: u64) -> u32 {
        match self.counters.get(counter) {
            Some((w, count)) if *w == window => *count,
            _ => 0,
        }
    }

    /// What there is under its id, and how many its token has had in its window.
    pub(super) fn look(&self, arrival: &Arrival) -> (Option<First>, u32) {
        let first = self.recent.get(&arrival.id).map(|r| First {
            seq: r.seq,
            accepted_at: r.accepted_at,
            seal: false,
            same_bytes: r.sha256 == arrival.sha256,
        });
        (first, self.count(&arrival.counter, arrival.window))
    }

    pub(super) fn remember(&mut self, rules: &Rules, arrival: Arrival, appended: Appended) {
        let Arrival { id, counter, window, sha256 } = arrival;
        let count = self.count(&counter, window);
        if self.counters.len() >= COUNTERS {
            self.counters.retain(|_, (w, _)| *w == window);
            if self.counters.len() >= COUNTERS {
                self.counters.clear();
            }
        }
        let counted_before = self.counters.insert(counter, (window, count + 1));
        self.recent.insert(id, Recent { seq: appended.seq, accepted_at: appended.accepted_at, sha256 });
        self.recent_order.push_back(id);
        let most = usize::try_from(rules.recent_inbox_ids).unwrap_or(usize::MAX);
        let mut forgotten = Vec::new();
        while self.recent_order.len() > most {
            let Some(oldest) = self.recent_order.pop_front() else { break };
            if let Some(recent) = self.recent.remove(&oldest) {
                forgotten.push((oldest, recent));
            }
        }
        self.undo.push(Undo { id, counter, counted_before, forgotten });
    }
}
