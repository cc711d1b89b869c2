//! The channels that one connection follows, and how far: pure, without time and network.
//!
//! | position of a channel | who moves it |
//! |---|---|
//! | `wanted`: the first seq that the caller does not have | the caller's cursor, and each hand-over |
//! | `expected`: the first seq that did not come yet | what comes; never behind `wanted` |
//!
//! What comes below `expected` is a repeat and is dropped; what comes above it is a gap, and the relay's fault. A cursor
//! that goes back, and a channel that comes back after it left, need a fresh stream: on the old one entries of the first
//! attachment may still be under way, and they could not be told from a gap.

use lacre_core::network::{Delivery, Entry, Following, Lane, NetError, Reason};
use lacre_ground::address::Authority;
use lacre_ground::ids::{ChannelId, Generation, Seq, Token};
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::attach_response::Event;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

/// Most items that one AttachRequest adds or removes.
const BATCH: usize = 256;
/// With so much uncollected the stream is not read on.
const MAX_WAITING: usize = 4096;
const MAX_WAITING_BYTES: usize = 4 * 1024 * 1024;
/// A stream that so many channels have left is made anew.
const MAX_DROPPED: usize = 16_384;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    /// to be asked for
    Idle,
    /// asked for on the current stream
    Attached,
    /// refused on the current stream
    Refused,
}

struct Cursor {
    token: Token,
    wanted: u64,
    expected: u64,
    standing: Standing,
}

/// What the stream has to be told.
#[derive(Debug)]
pub(super) enum Changes {
    /// a fresh stream is needed
    Restart,
    /// these, in order; maybe none
    Requests(Vec<wire::AttachRequest>),
}

/// One relay and lane.
pub(super) struct Strand {
    authority: Authority,
    lane: Lane,
    channels: HashMap<ChannelId, Cursor>,
    queue: VecDeque<Delivery>,
    bytes: usize,
    add: BTreeSet<ChannelId>,
    remove: BTreeSet<ChannelId>,
    dropped: HashSet<ChannelId>,
    restart: bool,
    told: Option<Generation>,
}

impl Strand {
    pub(super) fn new(authority: Authority, lane: Lane) -> Self {
        Self {
            authority,
            lane,
            channels: HashMap::new(),
            queue: VecDeque::new(),
            bytes: 0,
            add: BTreeSet::new(),
            remove: BTreeSet::new(),
            dropped: HashSet::new(),
            restart: false,
            told: None,
        }
    }

    /// Follows exactly this from now on. True when the stream has to be told something.
    pub(super) fn follow(&mut self, set: &BTreeMap<ChannelId, &Following>) -> bool {
        let mut stale = HashSet::new();
        let mut moved = false;
        let left: Vec<ChannelId> = self.channels.keys().filter(|c| !set.contains_key(c)).copied().collect();
        for channel in left {
            moved = true;
            let attached = self.channels.remove(&channel).is_some_and(|c| c.standing == Standing::Attached);
            self.add.remove(&channel);
            if attached {
                self.remove.insert(channel);
                self.dropped.insert(channel);
            }
        }
        for (channel, following) in set {
            let from = following.from_seq.get();
            let Some(cursor) = self.channels.get_mut(channel) else {
                self.restart |= self.dropped.contains(channel);
                self.add.insert(*channel);
                let token = following.read_token.clone();
                self.channels.insert(*channel, Cursor { token, wanted: from, expected: from, standing: Standing::Idle });
                continue;
            };
            let other_token = cursor.token != following.read_token;
            if from < cursor.wanted {
                stale.insert(*channel);
                self.restart |= cursor.standing == Standing::Attached;
                cursor.expected = from;
            } else if from > cursor.wanted {
                moved = true;
                cursor.expected = cursor.expected.max(from);
            }
            if other_token {
                self.restart |= cursor.standing == Standing::Attached;
                cursor.token = following.read_token.clone();
            }
            if cursor.standing == Standing::Refused && (other_token || from != cursor.wanted) {
                cursor.standing = Standing::Idle;
                self.add.insert(*channel);
            }
            cursor.wanted = from;
        }
        if moved || !stale.is_empty() {
            self.forget_unwanted(&stale);
        }
        self.restart |= self.dropped.len() > MAX_DROPPED;
        self.restart || !self.add.is_empty() || !self.remove.is_empty()
    }

    /// Takes from the queue what the caller no longer wants.
    fn forget_unwanted(&mut self, stale: &HashSet<ChannelId>) {
        let channels = &self.channels;
        self.queue.retain_mut(|delivery| {
            let Some(channel) = channel_of(delivery) else { return true };
            let Some(cursor) = channels.get(&channel) else { return false };
            if stale.contains(&channel) {
                return false;
            }
            match delivery {
                Delivery::Entries { entries, .. } => {
                    entries.retain(|e| e.seq.get() >= cursor.wanted);
                    !entries.is_empty()
                }
                Delivery::Gone { through, .. } => through.get() >= cursor.wanted,
                _ => true,
            }
        });
        self.bytes = self.queue.iter().map(weight).sum();
    }

    /// A fresh stream stands: everything is asked for, from what is expected.
    pub(super) fn began(&mut self) -> Vec<wire::AttachRequest> {
        self.add.clear();
        self.remove.clear();
        self.dropped.clear();
        self.restart = false;
        let mut adds: Vec<(ChannelId, wire::AttachAdd)> = Vec::with_capacity(self.channels.len());
        for (channel, cursor) in &mut self.channels {
            cursor.standing = Standing::Attached;
            adds.push((*channel, attach(channel, cursor)));
        }
        adds.sort_unstable_by_key(|(channel, _)| *channel);
        batches(adds.into_iter().map(|(_, add)| add).collect(), Vec::new())
    }

    /// What changed since the stream was told last.
    pub(super) fn changes(&mut self) -> Changes {
        if self.restart {
            return Changes::Restart;
        }
        let mut adds = Vec::with_capacity(self.add.len());
        for channel in core::mem::take(&mut self.add) {
            if let Some(cursor) = self.channels.get_mut(&channel) {
                cursor.standing = Standing::Attached;
                adds.push(attach(&channel, cursor));
            }
        }
        let removes = core::mem::take(&mut self.remove).iter().map(|c| c.as_bytes().to_vec()).collect();
        Changes::Requests(batches(adds, removes))
    }

    /// One message of the stream. An error means that the relay broke the protocol; what was queued before it holds.
    pub(super) fn received(&mut self, message: wire::AttachResponse) -> Result<(), NetError> {
        let generation = Generation::try_from(message.generation.as_slice())
            .map_err(|_| NetError::Protocol("a generation of the wrong length".into()))?;
        if self.told != Some(generation) {
            self.told = Some(generation);
            self.push(Delivery::Generation { authority: self.authority.clone(), generation });
        }
        let authority = self.authority.clone();
        match message.event {
            // none: an event of a newer version
            None | Some(Event::Heartbeat(_)) => Ok(()),
            Some(Event::Entries(e)) => {
                let Some((channel, cursor)) = self.attached(&e.channel)? else { return Ok(()) };
                let mut entries = Vec::with_capacity(e.entries.len());
                let mut outcome = Ok(());
                for entry in e.entries {
                    match cursor.take(entry) {
                        Ok(Some(entry)) => entries.push(entry),
                        Ok(None) => {}
                        Err(error) => {
                            outcome = Err(error);
                            break;
                        }
                    }
                }
                if !entries.is_empty() {
                    self.push(Delivery::Entries { authority, generation, channel, entries });
                }
                outcome
            }
            Some(Event::CaughtUp(e)) => {
                let Some((channel, cursor)) = self.attached(&e.channel)? else { return Ok(()) };
                if e.head >= cursor.expected {
                    return Err(gap(cursor.expected, &format!("word that all was told through {}", e.head)));
                }
                let head = Seq::new(cursor.expected - 1);
                self.push(Delivery::CaughtUp { authority, generation, channel, head });
                Ok(())
            }
            Some(Event::Gone(e)) => {
                let Some((channel, cursor)) = self.attached(&e.channel)? else { return Ok(()) };
                let through = Seq::new(e.through_seq).ok_or_else(|| NetError::Protocol("through_seq is no seq".into()))?;
                if through.get() >= cursor.expected {
                    cursor.expected = through.get() + 1;
                    self.push(Delivery::Gone { authority, generation, channel, through });
                }
                Ok(())
            }
            Some(Event::Refused(e)) => {
                let Some((channel, cursor)) = self.attached(&e.channel)? else { return Ok(()) };
                cursor.standing = Standing::Refused;
                let reason = Reason::parse(&e.reason).unwrap_or(Reason::Unknown);
                self.push(Delivery::Refused { authority, generation, channel, reason });
                Ok(())
            }
        }
    }

    /// The stream failed. Told once, however often it fails before somebody listens.
    pub(super) fn lost(&mut self, error: NetError) {
        if matches!(self.queue.back(), Some(Delivery::Lost { .. })) {
            self.queue.pop_back();
        }
        self.push(Delivery::Lost { authority: self.authority.clone(), lane: self.lane, error });
    }

    /// Whether more may come.
    pub(super) fn has_room(&self) -> bool {
        self.queue.len() < MAX_WAITING && self.bytes < MAX_WAITING_BYTES
    }

    /// Whether there is nothing to hand over.
    pub(super) fn is_quiet(&self) -> bool {
        self.queue.is_empty()
    }

    /// Hands everything over; the caller's cursors are assumed to follow.
    pub(super) fn hand_over(&mut self) -> VecDeque<Delivery> {
        self.bytes = 0;
        let queue = core::mem::take(&mut self.queue);
        for delivery in &queue {
            let end = match delivery {
                Delivery::Entries { channel, entries, .. } => entries.last().map(|e| (channel, e.seq)),
                Delivery::Gone { channel, through, .. } => Some((channel, *through)),
                Delivery::CaughtUp { .. } | Delivery::Refused { .. } | Delivery::Generation { .. } | Delivery::Lost { .. } => {
                    None
                }
            };
            if let Some((channel, seq)) = end
                && let Some(cursor) = self.channels.get_mut(channel)
            {
                cursor.wanted = cursor.wanted.max(seq.get() + 1);
            }
        }
        queue
    }

    fn push(&mut self, delivery: Delivery) {
        self.bytes += weight(&delivery);
        self.queue.push_back(delivery);
    }

    /// The channel's cursor; none when its event was under way while it left.
    fn attached(&mut self, channel: &[u8]) -> Result<Option<(ChannelId, &mut Cursor)>, NetError> {
        let channel =
            ChannelId::try_from(channel).map_err(|_| NetError::Protocol("a channel's name of the wrong length".into()))?;
        let known = self.dropped.contains(&channel);
        match self.channels.get_mut(&channel) {
            Some(cursor) if cursor.standing == Standing::Attached => Ok(Some((channel, cursor))),
            Some(_) if known => Ok(None),
            None if known => Ok(None),
            Some(_) | None => Err(NetError::Protocol("an event of a channel that is not attached".into())),
        }
    }
}

impl Cursor {
    /// The entry if it is the next one, nothing if it is a repeat.
    fn take(&mut self, entry: wire::Entry) -> Result<Option<Entry>, NetError> {
        let entry = Entry::try_from(entry)?;
        let seq = entry.seq.get();
        if seq < self.expected {
            return Ok(None);
        }
        if seq > self.expected {
            return Err(gap(self.expected, &format!("entry {seq}")));
        }
        self.expected += 1;
        Ok(Some(entry))
    }
}

fn gap(expected: u64, came: &str) -> NetError {
    NetError::Protocol(format!("a gap: {came} came where entry {expected} belongs"))
}

fn attach(channel: &ChannelId, cursor: &Cursor) -> wire::AttachAdd {
    wire::AttachAdd {
        channel: channel.as_bytes().to_vec(),
        read_token: cursor.token.expose().to_vec(),
        from_seq: cursor.expected,
    }
}

fn batches(adds: Vec<wire::AttachAdd>, removes: Vec<Vec<u8>>) -> Vec<wire::AttachRequest> {
    let mut adds = adds.into_iter().peekable();
    let mut removes = removes.into_iter().peekable();
    let mut out = Vec::new();
    while adds.peek().is_some() || removes.peek().is_some() {
        out.push(wire::AttachRequest {
            add: adds.by_ref().take(BATCH).collect(),
            remove: removes.by_ref().take(BATCH).collect(),
        });
    }
    out
}

fn channel_of(delivery: &Delivery) -> Option<ChannelId> {
    match delivery {
        Delivery::Entries { channel, .. }
        | Delivery::CaughtUp { channel, .. }
        | Delivery::Gone { channel, .. }
        | Delivery::Refused { channel, .. } => Some(*channel),
        Delivery::Generation { .. } | Delivery::Lost { .. } => None,
    }
}

/// Bytes that a delivery holds, about.
fn weight(delivery: &Delivery) -> usize {
    match delivery {
        Delivery::Entries { entries, .. } => entries.iter().map(|e| e.ciphertext.len() + size_of::<Entry>()).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_ground::ids::Identity;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

    /// Numbers that meet edges often.
    fn number(rng: &mut ChaCha20Rng) -> u64 {
        match rng.next_u32() % 40 {
            0 => 0,
            1 => u64::MAX,
            2 => Seq::MAX,
            3 => Seq::MAX + 1,
            _ => u64::from(rng.next_u32() % 10),
        }
    }

    fn name(rng: &mut ChaCha20Rng) -> Vec<u8> {
        let len = match rng.next_u32() % 40 {
            0 => 31,
            1 => 0,
            2 => 33,
            _ => 32,
        };
        vec![u8::try_from(rng.next_u32() % 3).unwrap(); len]
    }

    fn message(rng: &mut ChaCha20Rng) -> wire::AttachResponse {
        let channel = name(rng);
        let event = match rng.next_u32() % 6 {
            0 => Event::CaughtUp(wire::AttachCaughtUp { channel, head: number(rng) }),
            1 => Event::Gone(wire::AttachGone { channel, through_seq: number(rng) }),
            2 => Event::Refused(wire::AttachRefused { channel, reason: "LIMIT".into() }),
            _ => {
                let first = number(rng);
                let entries = (0..u64::from(rng.next_u32() % 4))
                    .map(|i| wire::Entry {
                        seq: first.wrapping_add(i),
                        entry_id: vec![0; if rng.next_u32().is_multiple_of(30) { 15 } else { 16 }],
                        seal: false,
                        accepted_at_ms: number(rng),
                        ciphertext: vec![0; usize::from(!rng.next_u32().is_multiple_of(30))].into(),
                    })
                    .collect();
                Event::Entries(wire::AttachEntries { channel, entries })
            }
        };
        let generation =
            vec![u8::try_from(rng.next_u32() % 20 / 19).unwrap(); if rng.next_u32().is_multiple_of(40) { 3 } else { 16 }];
        wire::AttachResponse { generation, event: Some(event) }
    }

    /// Whatever the relay says and however the set changes, a caller sees each channel dense from its own cursor on.
    #[test]
    fn no_relay_makes_a_caller_see_a_gap_or_a_repeat() {
        let mut delivered = 0;
        for seed in 0..400 {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let authority = Authority::new("relay.cl", 1, Identity::new([0; 32])).unwrap();
            let mut strand = Strand::new(authority.clone(), Lane::Conversations);
            let mut cursors: BTreeMap<ChannelId, u64> = BTreeMap::new();
            for _ in 0..300 {
                match rng.next_u32() % 40 {
                    0 => {
                        let channel = ChannelId::new([u8::try_from(rng.next_u32() % 3).unwrap(); 32]);
                        match rng.next_u32() % 3 {
                            0 => drop(cursors.remove(&channel)),
                            _ => drop(cursors.insert(channel, 1 + u64::from(rng.next_u32() % 6))),
                        }
                    }
                    1 => drop(strand.began()),
                    2 => strand.lost(NetError::Protocol(String::new())),
                    3..=8 => {
                        for delivery in strand.hand_over() {
                            let Delivery::Entries { channel, entries, .. } = &delivery else {
                                if let Delivery::Gone { channel, through, .. } = &delivery {
                                    let cursor = cursors.get_mut(channel).unwrap();
                                    assert!(through.get() >= *cursor, "seed {seed}");
                                    *cursor = through.get() + 1;
                                }
                                continue;
                            };
                            let cursor = cursors.get_mut(channel).unwrap_or_else(|| panic!("seed {seed}: not followed"));
                            for entry in entries {
                                assert_eq!(entry.seq.get(), *cursor, "seed {seed}");
                                *cursor += 1;
                                delivered += 1;
                            }
                        }
                    }
                    _ => {
                        if strand.received(message(&mut rng)).is_err() || matches!(strand.changes(), Changes::Restart) {
                            strand.began();
                        }
                        continue;
                    }
                }
                // a cursor past the end of the range ends its channel
                cursors.retain(|_, cursor| Seq::new(*cursor).is_some());
                let set: Vec<Following> = cursors
                    .iter()
                    .map(|(&channel, &from)| Following {
                        authority: authority.clone(),
                        lane: Lane::Conversations,
                        channel,
                        read_token: Token::new([0; 32]),
                        from_seq: Seq::new(from).unwrap(),
                    })
                    .collect();
                if strand.follow(&set.iter().map(|f| (f.channel, f)).collect()) && matches!(strand.changes(), Changes::Restart) {
                    strand.began();
                }
            }
        }
        assert!(delivered > 1000, "the test tries next to nothing: {delivered} entries");
    }
}
