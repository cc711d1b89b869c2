//! Clients over real TLS and gRPC, and what they remember together.

use crate::history::Print;
use crate::powercut::marks::{self, Asked, CHANNELS, Line, Mark, Reply};
use lacre_core::network::{Lane, NetError, Network, Reason};
use lacre_ground::address::Authority;
use lacre_ground::ids::{ChannelClass, EntryId};
use lacre_ground::time::SystemClock;
use lacre_proto::relay::v1 as wire;
use lacre_transport::{GrpcNetwork, Options, Timeouts};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Everything that was sent and answered, in the order in which one observer saw it. Shared by all clients.
pub struct Memory {
    inner: Mutex<Inner>,
    changed: Condvar,
    told: Box<dyn Fn(&Mark) + Send + Sync>,
}

#[derive(Default)]
struct Inner {
    marks: Vec<Mark>,
    calls: u64,
    answered: u64,
    ended: u64,
    generation: Vec<u8>,
    heads: BTreeMap<u8, u64>,
    /// appends to logs without an answer: to be sent again
    unanswered: VecDeque<Asked>,
    /// appends that were answered, newest last
    recent: VecDeque<Asked>,
    /// blobs without an answer
    blobs: VecDeque<Asked>,
    fresh_blob: u64,
}

impl Memory {
    /// Empty; `told` hears each mark in the moment in which it is made.
    #[must_use]
    pub fn new(told: Box<dyn Fn(&Mark) + Send + Sync>) -> Self {
        Self { inner: Mutex::new(Inner::default()), changed: Condvar::new(), told }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of it so far.
    #[must_use]
    pub fn marks(&self) -> Vec<Mark> {
        self.lock().marks.clone()
    }

    /// How many answers came so far.
    #[must_use]
    pub fn answered(&self) -> u64 {
        self.lock().answered
    }

    /// Waits until so many answers came, or so many clients ended since [`Memory::new_life`].
    pub fn wait(&self, answers: u64, clients: u64) {
        let mut inner = self.lock();
        while inner.answered < answers && inner.ended < clients {
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The relay was killed: an inbox's writers retry nothing, for the relay forgets their ids (PROTOCOL.md).
    pub fn new_life(&self) {
        let mut inner = self.lock();
        inner.ended = 0;
        inner
            .recent
            .retain(|what| !matches!(what, Asked::Append { channel, .. } if marks::class(*channel) == ChannelClass::Inbox));
    }

    fn sent(&self, rng: &mut ChaCha8Rng, first: Option<Asked>) -> (u64, Asked) {
        let mut inner = self.lock();
        let what = first.unwrap_or_else(|| inner.next(rng));
        inner.calls += 1;
        let call = inner.calls;
        self.note(&mut inner, Mark::Sent { call, what: what.clone() });
        (call, what)
    }

    fn note(&self, inner: &mut Inner, mark: Mark) {
        (self.told)(&mark);
        inner.marks.push(mark);
    }

    fn got(&self, call: u64, what: Asked, reply: Reply, generation: Option<Vec<u8>>) {
        let mut inner = self.lock();
        inner.answered += 1;
        match (&what, &reply) {
            (Asked::Append { channel, .. }, Reply::Stored(seq, _)) => inner.head(*channel, *seq),
            (Asked::Read(channel, _), Reply::Page { head, .. }) => inner.head(*channel, *head),
            _ => {}
        }
        if let Some(generation) = generation.filter(|g| *g != inner.generation) {
            if let Ok(bytes) = generation.as_slice().try_into() {
                self.note(&mut inner, Mark::Life(bytes));
            }
            inner.generation = generation;
        }
        self.note(&mut inner, Mark::Got { call, reply });
        if matches!(what, Asked::Append { .. }) {
            inner.recent.push_back(what);
            if inner.recent.len() > 64 {
                inner.recent.pop_front();
            }
        }
        self.changed.notify_all();
    }

    fn unanswered(&self, what: Asked) {
        let mut inner = self.lock();
        match &what {
            Asked::Append { channel, .. } if marks::class(*channel) == ChannelClass::Log => inner.unanswered.push_back(what),
            Asked::Blob { .. } => inner.blobs.push_back(what),
            _ => {}
        }
    }

    fn ended(&self) {
        self.lock().ended += 1;
        self.changed.notify_all();
    }
}

impl Inner {
    fn head(&mut self, channel: u8, seq: u64) {
        let head = self.heads.entry(channel).or_default();
        *head = seq.max(*head);
    }

    /// Some request of some client.
    fn next(&mut self, rng: &mut ChaCha8Rng) -> Asked {
        let mut below = |n: u64| rng.next_u64() % n.max(1);
        let kind = below(40);
        if kind < 12
            && let Some(what) = self.unanswered.pop_front()
        {
            return what;
        }
        if kind < 6
            && let Some(what) = self.blobs.pop_front()
        {
            return what;
        }
        if kind == 12 || kind == 13 {
            let place = usize::try_from(below(self.recent.len() as u64)).unwrap_or(0);
            if let Some(Asked::Append { channel, id, read_to, seal, variant }) = self.recent.get(place).cloned() {
                let variant = if kind == 13 { variant + 1 } else { variant };
                return Asked::Append { channel, id, read_to, seal, variant };
            }
        }
        let channel = [1, 1, 2, 3].get(usize::try_from(below(4)).unwrap_or(0)).copied().unwrap_or(1);
        let head = self.heads.get(&channel).copied().unwrap_or(0);
        let inbox = marks::class(channel) == ChannelClass::Inbox;
        match kind {
            14 | 15 => return Asked::Read(channel, 1 + head.saturating_sub(below(40))),
            16 if inbox && head > 0 => return Asked::Trim(1 + below(head)),
            17 => {
                self.fresh_blob += 1;
                return Asked::Blob { number: self.fresh_blob, stamp: CHANNELS.len() as u64 + self.fresh_blob };
            }
            _ => {}
        }
        let read_to = match kind {
            18 => head + 1 + below(5),
            19..26 => head.saturating_sub(below(4)),
            _ => head,
        };
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        let seal = !inbox && kind == 26;
        Asked::Append { channel, id, read_to: if inbox { 0 } else { read_to }, seal, variant: 0 }
    }
}

/// One client with connections of its own.
pub struct Client {
    network: GrpcNetwork,
    at: Authority,
    memory: Arc<Memory>,
    rng: ChaCha8Rng,
}

/// An answer, and the generation that it bore.
type Answered = (Reply, Option<Vec<u8>>);

impl Client {
    /// Connects with the first call.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(at: &Authority, memory: &Arc<Memory>, seed: u64) -> Result<Self, String> {
        let rng = Box::new(ChaCha8Rng::seed_from_u64(!seed));
        let options = Options { proxy: None, timeouts: Timeouts::default(), clock: Arc::new(SystemClock), rng };
        let network = GrpcNetwork::new(options).map_err(|e| format!("no thread: {e}"))?;
        Ok(Self { network, at: at.clone(), memory: Arc::clone(memory), rng: ChaCha8Rng::seed_from_u64(seed) })
    }

    /// Opens the channels.
    ///
    /// # Errors
    /// When one is not opened.
    pub fn open(&mut self) -> Result<(), String> {
        for (stamp, channel) in (0..).zip(CHANNELS) {
            let (call, what) = self.memory.sent(&mut self.rng, Some(Asked::Open(channel, stamp)));
            match self.ask(&what) {
                Ok((Reply::Done, generation)) => self.memory.got(call, what, Reply::Done, generation),
                other => return Err(format!("channel {channel} was not opened: {other:?}")),
            }
        }
        Ok(())
    }

    /// Sends until the relay is gone.
    ///
    /// # Errors
    /// When the relay answers what the protocol does not allow.
    pub fn write_until_it_is_gone(mut self) -> Result<(), String> {
        loop {
            let (call, what) = self.memory.sent(&mut self.rng, None);
            match self.ask(&what) {
                Ok((reply, generation)) => self.memory.got(call, what, reply, generation),
                Err(NetError::Refused(refusal)) if refusal.reason == Reason::StoreDown => self.memory.unanswered(what),
                Err(NetError::Unreachable { .. }) => {
                    self.memory.unanswered(what);
                    self.memory.ended();
                    return Ok(());
                }
                Err(e) => {
                    self.memory.ended();
                    return Err(format!("{what:?}: {e}"));
                }
            }
        }
    }

    fn ask(&mut self, what: &Asked) -> Result<Answered, NetError> {
        let answer = match what {
            Asked::Open(channel, stamp) => {
                let request = open_request(*channel, *stamp);
                self.network.open(&self.at, lane(*channel), request).map(|a| (Reply::Done, Some(a.generation)))
            }
            Asked::Append { channel, id, read_to, seal, variant } => {
                let request = wire::AppendRequest {
                    channel: marks::name(*channel).as_bytes().to_vec(),
                    append_token: marks::append_token(*channel).expose().to_vec(),
                    entry_id: id.to_vec(),
                    read_to: *read_to,
                    ciphertext: marks::content(*id, *variant).into(),
                    seal: *seal,
                    ..wire::AppendRequest::default()
                };
                let answer = self.network.append(&self.at, lane(*channel), request);
                answer.map(|a| (Reply::Stored(a.seq, a.accepted_at_ms), Some(a.generation)))
            }
            Asked::Trim(through) => {
                let request = wire::TrimRequest {
                    channel: marks::name(3).as_bytes().to_vec(),
                    read_token: marks::read_token(3).expose().to_vec(),
                    through_seq: *through,
                };
                self.network.trim(&self.at, lane(3), request).map(|a| (Reply::Done, Some(a.generation)))
            }
            Asked::Read(channel, from) => self.page(*channel, *from),
            Asked::Blob { number, stamp } => {
                let bytes = marks::blob(*number);
                let header = wire::PutHeader {
                    blob: marks::derived("blob", *number).to_vec(),
                    read_token_hash: marks::blob_token(*number).hash().as_bytes().to_vec(),
                    size: bytes.len() as u64,
                    sha256: Sha256::digest(&bytes).to_vec(),
                    stamp: marks::stamp(*stamp).expose().to_vec(),
                    offset: 0,
                };
                let answer = self.network.put_blob(&self.at, header, &mut bytes.as_slice());
                answer.map(|a| (Reply::Done, Some(a.generation)))
            }
            Asked::Enroll | Asked::Stamps(_) => return Ok((Reply::Refused("seeded beforehand".to_owned()), None)),
        };
        match answer {
            Err(NetError::Refused(refusal)) => refused(refusal).map(|reply| (reply, None)),
            other => other,
        }
    }

    /// From a place to the head, in pages.
    fn page(&mut self, channel: u8, from: u64) -> Result<Answered, NetError> {
        let mut entries: Vec<Line> = Vec::new();
        let (mut next, mut gone) = (from, 0);
        loop {
            let request = wire::FetchRequest {
                channel: marks::name(channel).as_bytes().to_vec(),
                read_token: marks::read_token(channel).expose().to_vec(),
                from_seq: next,
                max_entries: 512,
            };
            let page = self.network.fetch(&self.at, lane(channel), request)?;
            gone = page.gone_through.max(gone);
            let nothing = page.entries.is_empty();
            for entry in page.entries {
                let id = EntryId::try_from(entry.entry_id.as_slice());
                let id = id.map_err(|e| NetError::Protocol(format!("an entry's id: {e}")))?;
                next = entry.seq + 1;
                entries.push((entry.seq, *id.as_bytes(), entry.seal, entry.accepted_at_ms, Print::of(&entry.ciphertext)));
            }
            if nothing || next > page.head {
                // a trim may have passed by between two pages: what it took is gone, not missing
                entries.retain(|e| e.0 > gone);
                return Ok((Reply::Page { entries, head: page.head, gone }, Some(page.generation)));
            }
        }
    }

    /// Whether this blob comes back as it was sent.
    ///
    /// # Errors
    /// When the relay does not give it.
    pub fn has_blob(&mut self, number: u64) -> Result<bool, NetError> {
        let mut bytes = Vec::new();
        let request = wire::GetRequest {
            blob: marks::derived("blob", number).to_vec(),
            read_token: marks::blob_token(number).expose().to_vec(),
            offset: 0,
        };
        self.network.get_blob(&self.at, request, &mut bytes)?;
        Ok(bytes == marks::blob(number))
    }
}

fn lane(channel: u8) -> Lane {
    match marks::class(channel) {
        ChannelClass::Log => Lane::Conversations,
        _ => Lane::Inbox,
    }
}

fn open_request(channel: u8, stamp: u64) -> wire::OpenRequest {
    let class = match marks::class(channel) {
        ChannelClass::Log => wire::ChannelClass::Log,
        _ => wire::ChannelClass::Inbox,
    };
    let right =
        wire::AppendRight { token_hash: marks::append_token(channel).hash().as_bytes().to_vec(), stamped: false, once: false };
    wire::OpenRequest {
        class: class.into(),
        channel: marks::name(channel).as_bytes().to_vec(),
        append: vec![right],
        read_token_hash: marks::read_token(channel).hash().as_bytes().to_vec(),
        stamp: marks::stamp(stamp).expose().to_vec(),
    }
}

/// A refusal as the memory keeps it.
fn refused(refusal: lacre_core::network::Refusal) -> Result<Reply, NetError> {
    let number = |key: &str| refusal.metadata.get(key).and_then(|text| text.parse::<u64>().ok());
    match refusal.reason {
        Reason::Conflict => Ok(Reply::Conflict),
        Reason::Sealed => number("seq").map(Reply::Sealed).ok_or_else(|| NetError::Protocol("SEALED without seq".to_owned())),
        Reason::Ahead => number("head").map(Reply::Ahead).ok_or_else(|| NetError::Protocol("AHEAD without head".to_owned())),
        Reason::StoreDown => Err(NetError::Refused(refusal)),
        _ => Ok(Reply::Refused(refusal.to_string())),
    }
}

/// Reads every channel from its first entry on, and every acknowledged blob.
///
/// # Errors
/// With a sentence for each broken promise that is no matter of history: a blob that is not as it was.
pub fn read_back(
    client: &mut Client,
) -> Result<(lacre_ground::ids::Generation, BTreeMap<u8, crate::history::Seen>), Vec<String>> {
    let one = |e: String| vec![e];
    let mut end = BTreeMap::new();
    let mut generation = None;
    for channel in CHANNELS {
        let (reply, bore) = client.page(channel, 1).map_err(|e| one(format!("channel {channel}: {e}")))?;
        if let Reply::Page { entries, head, gone } = reply {
            end.insert(channel, marks::seen(1, &entries, head, gone).map_err(one)?);
        }
        generation = bore.or(generation);
    }
    let known = client.memory.marks();
    let mut broken = Vec::new();
    for ((_, sent), reply) in marks::calls(&known) {
        if let (Mark::Sent { what: Asked::Blob { number, .. }, .. }, Some((_, Reply::Done))) = (sent, reply) {
            match client.has_blob(*number) {
                Ok(true) => {}
                Ok(false) => broken.push(format!("blob {number} was acknowledged and comes back changed")),
                Err(e) => broken.push(format!("blob {number} was acknowledged and does not come back: {e}")),
            }
        }
    }
    let generation = generation.and_then(|g| lacre_ground::ids::Generation::try_from(g.as_slice()).ok());
    match generation {
        Some(generation) if broken.is_empty() => Ok((generation, end)),
        Some(_) => Err(broken),
        None => Err(one("no generation in an answer".to_owned())),
    }
}
