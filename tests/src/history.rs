//! The history checker: did a relay keep I1 to I5 and I8 (PROTOCOL.md, 7), judged only by what its clients saw?
//!
//! A pure function over the calls that were made, with what came back or that nothing did, and what could be read
//! at the end. It knows nothing of the relay. Ticks order calls as one observer saw them: a call whose answer came before
//! another was sent happened before it; calls that overlap may have happened in either order.
//!
//! | promise | violations |
//! |---|---|
//! | I1 durable ack | [`LostAck`], [`ReadThenLost`], [`HeadWentBack`] |
//! | I2 dense order | [`Gap`], [`SeqTwice`], [`Reordered`], [`TimeWentBack`], [`HeadLies`] |
//! | I3 exactly once | [`DoubleId`], [`AnswerChanged`], [`Moved`], [`TimeChanged`], [`ConflictTaken`], [`FalseConflict`], [`BytesChanged`], [`FlagChanged`] |
//! | I4 seals | [`BehindSeal`], [`FalseSealed`], [`SealInInbox`] |
//! | I5 only what was sent | [`NeverSent`], [`RefusedStored`], [`FalseAhead`] |
//! | I7, I8 | [`GenerationChanged`], [`GoneCameBack`], [`GoneUnasked`] |
//!
//! [`LostAck`]: Violation::LostAck
//! [`ReadThenLost`]: Violation::ReadThenLost
//! [`HeadWentBack`]: Violation::HeadWentBack
//! [`Gap`]: Violation::Gap
//! [`SeqTwice`]: Violation::SeqTwice
//! [`Reordered`]: Violation::Reordered
//! [`TimeWentBack`]: Violation::TimeWentBack
//! [`HeadLies`]: Violation::HeadLies
//! [`DoubleId`]: Violation::DoubleId
//! [`AnswerChanged`]: Violation::AnswerChanged
//! [`Moved`]: Violation::Moved
//! [`TimeChanged`]: Violation::TimeChanged
//! [`ConflictTaken`]: Violation::ConflictTaken
//! [`FalseConflict`]: Violation::FalseConflict
//! [`BytesChanged`]: Violation::BytesChanged
//! [`FlagChanged`]: Violation::FlagChanged
//! [`BehindSeal`]: Violation::BehindSeal
//! [`FalseSealed`]: Violation::FalseSealed
//! [`SealInInbox`]: Violation::SealInInbox
//! [`NeverSent`]: Violation::NeverSent
//! [`RefusedStored`]: Violation::RefusedStored
//! [`FalseAhead`]: Violation::FalseAhead
//! [`GenerationChanged`]: Violation::GenerationChanged
//! [`GoneCameBack`]: Violation::GoneCameBack
//! [`GoneUnasked`]: Violation::GoneUnasked

use lacre_ground::ids::{ChannelClass, ChannelId, EntryId, Generation, Seq};
use lacre_ground::time::Millis;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// SHA-256 of a ciphertext: what the checker keeps of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Print([u8; 32]);

impl Print {
    /// Of these bytes.
    #[must_use]
    pub fn of(ciphertext: &[u8]) -> Self {
        Self(Sha256::digest(ciphertext).into())
    }
}

/// What a sender asked to store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Append {
    /// its name
    pub id: EntryId,
    /// last seq that the sender knew
    pub read_to: Option<Seq>,
    /// whether it is a seal
    pub seal: bool,
    /// its bytes
    pub print: Print,
}

/// What came back of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Stored there and then.
    Stored(Seq, Millis),
    /// A seal stands behind `read_to`, at this seq.
    Sealed(Seq),
    /// The id is known with other bytes.
    Conflict,
    /// `read_to` is past this head.
    Ahead(Option<Seq>),
    /// Any other refusal: limits, catch-up, store down. It says that nothing was stored by this call.
    Refused,
    /// No answer: it may have been stored or not, once.
    Nothing,
}

/// An entry as a reader got it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// its place
    pub seq: Seq,
    /// its name
    pub id: EntryId,
    /// whether it is a seal
    pub seal: bool,
    /// when the relay says it came
    pub accepted_at: Millis,
    /// its bytes
    pub print: Print,
}

/// What a reader got: a stretch of the channel from a place on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// first seq that the reader asked for
    pub from: Seq,
    /// in the order in which they came
    pub entries: Vec<Found>,
    /// last seq that the relay named; none if it named none in this answer (a live stream)
    pub head: Option<Option<Seq>>,
    /// entries through this seq are gone
    pub gone_through: Option<Seq>,
}

/// One call on a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// An append and its answer.
    Append(Append, Answer),
    /// A read that was answered.
    Read(Seen),
    /// A trim through a seq; whether it was acknowledged.
    Trim(Seq, bool),
}

/// A call with the ticks at which it was sent and at which its answer came (or was given up).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// sent
    pub from: u64,
    /// answered or given up
    pub to: u64,
    /// what and how
    pub action: Action,
}

/// All that happened to one channel, and what it holds in the end, read from its first entry to its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelHistory {
    /// its kind
    pub class: ChannelClass,
    /// in any order
    pub calls: Vec<Call>,
    /// the final reading, after everything
    pub end: Seen,
}

/// What a run of a relay looked like from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// every generation that any answer bore
    pub generations: Vec<Generation>,
    /// each channel
    pub channels: BTreeMap<ChannelId, ChannelHistory>,
}

/// A broken promise. Names are ids and places within the channel that stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// An acknowledged entry is not there.
    LostAck(EntryId, Seq),
    /// A reader was shown an entry that is not there.
    ReadThenLost(EntryId, Seq),
    /// A head that is behind what was acknowledged before it was asked.
    HeadWentBack(Option<Seq>, Seq),
    /// This seq is missing between others, or the entries do not begin where they should.
    Gap(Seq),
    /// One seq was given to two entries.
    SeqTwice(Seq),
    /// The first was acknowledged before the second was sent, and stands behind it.
    Reordered(EntryId, EntryId),
    /// The accept time at this seq is before that of the seq before it.
    TimeWentBack(Seq),
    /// The head that the relay names is not the last entry.
    HeadLies(Option<Seq>, Option<Seq>),
    /// One entry id stands at two places.
    DoubleId(EntryId),
    /// Two answers for one entry differ.
    AnswerChanged(EntryId),
    /// An entry is not where its answer says.
    Moved(EntryId, Seq),
    /// An entry's accept time is not what its answer says.
    TimeChanged(EntryId),
    /// Two contents under one id were both answered as stored.
    ConflictTaken(EntryId),
    /// CONFLICT, although nobody had sent other bytes under this id.
    FalseConflict(EntryId),
    /// Bytes that were not sent under this id.
    BytesChanged(EntryId),
    /// The seal flag is not the one that was sent.
    FlagChanged(EntryId),
    /// An entry stands behind a seal that its sender did not know; the seal's seq.
    BehindSeal(EntryId, Seq),
    /// SEALED names a seq that is no seal, or that the sender knew.
    FalseSealed(EntryId, Seq),
    /// An inbox holds a seal.
    SealInInbox(Seq),
    /// An entry that nobody sent.
    NeverSent(EntryId),
    /// Every append of this was refused, and it stands there.
    RefusedStored(EntryId),
    /// AHEAD, although the head it names is not behind `read_to`.
    FalseAhead(EntryId),
    /// Answers bear more than one generation.
    GenerationChanged,
    /// Entries through this seq were gone, or trimmed with an acknowledgement, and were shown again.
    GoneCameBack(Seq),
    /// More is gone than anybody asked for.
    GoneUnasked(Seq),
}

/// What a good history contained: a test asserts with it that it tested something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// appends answered as stored
    pub acknowledged: usize,
    /// entries whose every append went unanswered, and that are stored
    pub unanswered_stored: usize,
    /// entries whose every append went unanswered, and that are not stored
    pub unanswered_lost: usize,
    /// entries that were appended more than once
    pub retried: usize,
    /// appends refused with SEALED
    pub sealed: usize,
    /// seals stored
    pub seals: usize,
    /// entries read at the end
    pub entries: usize,
}

/// Judges a history: what it contained, or every violation with its channel.
///
/// # Errors
/// All violations found, sorted; never an empty list.
pub fn check(history: &History) -> Result<Tally, Vec<(ChannelId, Violation)>> {
    let mut found = BTreeSet::new();
    let mut tally = Tally::default();
    let generations: BTreeSet<_> = history.generations.iter().collect();
    if generations.len() > 1 {
        found.insert((ChannelId::new([0; 32]), Violation::GenerationChanged));
    }
    for (name, channel) in &history.channels {
        let mut judge = Judge { found: BTreeSet::new(), sent: sent_by_id(channel), tally };
        judge.end(channel);
        judge.answers(channel);
        judge.reads(channel);
        judge.order(channel);
        judge.gone(channel);
        tally = judge.tally;
        found.extend(judge.found.into_iter().map(|v| (*name, v)));
    }
    if found.is_empty() { Ok(tally) } else { Err(found.into_iter().collect()) }
}

/// Every attempt to store one entry id.
type Attempts<'a> = Vec<(&'a Call, &'a Append, Answer)>;

fn sent_by_id(channel: &ChannelHistory) -> BTreeMap<EntryId, Attempts<'_>> {
    let mut sent: BTreeMap<EntryId, Attempts<'_>> = BTreeMap::new();
    for call in &channel.calls {
        if let Action::Append(append, answer) = &call.action {
            sent.entry(append.id).or_default().push((call, append, *answer));
        }
    }
    sent
}

/// Entries through this seq need not be there any more.
fn gone(channel: &ChannelHistory) -> u64 {
    channel.end.gone_through.map_or(0, Seq::get)
}

fn number(seq: Option<Seq>) -> u64 {
    seq.map_or(0, Seq::get)
}

struct Judge<'a> {
    found: BTreeSet<Violation>,
    sent: BTreeMap<EntryId, Attempts<'a>>,
    tally: Tally,
}

impl Judge<'_> {
    fn claim(&mut self, broken: bool, violation: Violation) {
        if broken {
            self.found.insert(violation);
        }
    }

    /// The final content by itself: dense, once each, times in order, only what was sent, seals as I4.
    fn end(&mut self, channel: &ChannelHistory) {
        self.stretch(&channel.end, Seq::FIRST);
        let mut ids = BTreeSet::new();
        let mut time = Millis::new(0);
        let mut seal: Option<Seq> = None;
        for entry in &channel.end.entries {
            self.tally.entries += 1;
            self.claim(!ids.insert(entry.id), Violation::DoubleId(entry.id));
            self.claim(entry.accepted_at < time, Violation::TimeWentBack(entry.seq));
            time = time.max(entry.accepted_at);
            self.claim(entry.seal && channel.class == ChannelClass::Inbox, Violation::SealInInbox(entry.seq));
            self.content(entry, channel.class, seal);
            if entry.seal {
                self.tally.seals += 1;
                seal = Some(entry.seq);
            }
        }
        let last = channel.end.entries.last().map(|e| e.seq).or(channel.end.gone_through);
        if let Some(head) = channel.end.head {
            self.claim(head != last, Violation::HeadLies(head, last));
        }
    }

    /// One stored entry against what was sent under its id; `seal` is the last seal before it.
    fn content(&mut self, entry: &Found, class: ChannelClass, seal: Option<Seq>) {
        let Some(attempts) = self.sent.get(&entry.id) else {
            self.found.insert(Violation::NeverSent(entry.id));
            return;
        };
        let same: Vec<_> = attempts.iter().filter(|(_, a, _)| a.print == entry.print).collect();
        let bytes = same.is_empty();
        let flag = !bytes && same.iter().all(|(_, a, _)| a.seal != entry.seal);
        let refused = !bytes && same.iter().all(|(_, _, answer)| !matches!(answer, Answer::Stored(..) | Answer::Nothing));
        let blind = class == ChannelClass::Log && !bytes && same.iter().all(|(_, a, _)| a.read_to < seal);
        self.claim(bytes, Violation::BytesChanged(entry.id));
        self.claim(flag, Violation::FlagChanged(entry.id));
        self.claim(refused, Violation::RefusedStored(entry.id));
        if let Some(seal) = seal {
            self.claim(blind, Violation::BehindSeal(entry.id, seal));
        }
    }

    /// What a reader got must be without holes from where it asked, or from behind what is gone.
    fn stretch(&mut self, seen: &Seen, from: Seq) {
        let mut next = from.get().max(number(seen.gone_through) + 1);
        for entry in &seen.entries {
            if entry.seq.get() + 1 == next {
                self.found.insert(Violation::SeqTwice(entry.seq));
                continue;
            }
            if entry.seq.get() != next
                && let Some(missing) = Seq::new(next)
            {
                self.found.insert(Violation::Gap(missing));
            }
            next = entry.seq.get() + 1;
        }
    }

    /// Each append's answer against the others, the final content and the heads.
    fn answers(&mut self, channel: &ChannelHistory) {
        let at: BTreeMap<Seq, &Found> = channel.end.entries.iter().map(|e| (e.seq, e)).collect();
        let place: BTreeMap<EntryId, &Found> = channel.end.entries.iter().map(|e| (e.id, e)).collect();
        let mut given: BTreeMap<Seq, EntryId> = BTreeMap::new();
        let sent = std::mem::take(&mut self.sent);
        for (id, attempts) in &sent {
            self.tally.retried += usize::from(attempts.len() > 1);
            if attempts.iter().all(|(_, _, answer)| *answer == Answer::Nothing) {
                let stored = place.contains_key(id);
                self.tally.unanswered_stored += usize::from(stored);
                self.tally.unanswered_lost += usize::from(!stored);
            }
            let mut first: Option<(Print, Seq, Millis)> = None;
            for (call, append, answer) in attempts {
                match *answer {
                    Answer::Stored(seq, time) => {
                        self.tally.acknowledged += 1;
                        if let Some((print, other_seq, other_time)) = first {
                            self.claim(print != append.print, Violation::ConflictTaken(*id));
                            let same = print == append.print;
                            self.claim(same && (other_seq, other_time) != (seq, time), Violation::AnswerChanged(*id));
                        }
                        first = first.or(Some((append.print, seq, time)));
                        let other = *given.entry(seq).or_insert(*id);
                        self.claim(other != *id, Violation::SeqTwice(seq));
                        self.acknowledged(*id, seq, time, gone(channel), &place);
                    }
                    Answer::Conflict => {
                        // somebody must have sent other bytes before this was answered
                        let other = |(c, a, _): &(&Call, &Append, Answer)| {
                            (a.print, a.seal) != (append.print, append.seal) && c.from < call.to
                        };
                        self.claim(!attempts.iter().any(other), Violation::FalseConflict(*id));
                    }
                    Answer::Sealed(seq) => {
                        self.tally.sealed += 1;
                        let is_seal = seq.get() <= gone(channel) || at.get(&seq).is_some_and(|e| e.seal);
                        self.claim(!is_seal || Some(seq) <= append.read_to, Violation::FalseSealed(*id, seq));
                    }
                    Answer::Ahead(head) => {
                        self.claim(head >= append.read_to, Violation::FalseAhead(*id));
                        self.head(channel, call, head);
                    }
                    Answer::Refused | Answer::Nothing => {}
                }
            }
        }
        self.sent = sent;
    }

    fn acknowledged(&mut self, id: EntryId, seq: Seq, time: Millis, gone: u64, place: &BTreeMap<EntryId, &Found>) {
        match place.get(&id) {
            Some(entry) => {
                self.claim(entry.seq != seq, Violation::Moved(id, entry.seq));
                self.claim(entry.accepted_at != time, Violation::TimeChanged(id));
            }
            None => self.claim(seq.get() > gone, Violation::LostAck(id, seq)),
        }
    }

    /// A head may not be behind what was acknowledged or shown before it was asked for.
    fn head(&mut self, channel: &ChannelHistory, asked: &Call, head: Option<Seq>) {
        let known = channel.calls.iter().filter(|call| call.to < asked.from).filter_map(|call| match &call.action {
            Action::Append(_, Answer::Stored(seq, _)) => Some(*seq),
            Action::Read(seen) => seen.entries.last().map(|e| e.seq),
            Action::Append(..) | Action::Trim(..) => None,
        });
        if let Some(known) = known.max() {
            self.claim(head < Some(known), Violation::HeadWentBack(head, known));
        }
    }

    /// What readers got on the way: without holes, and the same as in the end.
    fn reads(&mut self, channel: &ChannelHistory) {
        let at: BTreeMap<Seq, &Found> = channel.end.entries.iter().map(|e| (e.seq, e)).collect();
        for call in &channel.calls {
            let Action::Read(seen) = &call.action else { continue };
            self.stretch(seen, seen.from);
            if let Some(head) = seen.head {
                self.head(channel, call, head);
                let last = seen.entries.last().map(|e| e.seq);
                self.claim(last > head, Violation::HeadLies(head, last));
            }
            for entry in &seen.entries {
                let lost = entry.seq.get() > gone(channel) && at.get(&entry.seq).is_none_or(|e| *e != entry);
                self.claim(lost, Violation::ReadThenLost(entry.id, entry.seq));
            }
        }
    }

    /// An entry that was acknowledged before another was sent stands before it.
    fn order(&mut self, channel: &ChannelHistory) {
        let mut earliest: Option<(u64, EntryId)> = None;
        for entry in channel.end.entries.iter().rev() {
            let Some(attempts) = self.sent.get(&entry.id) else { continue };
            let sent = attempts.iter().map(|(call, ..)| call.from).min();
            let answered = attempts.iter().filter(|(_, _, a)| matches!(a, Answer::Stored(..))).map(|(call, ..)| call.to).min();
            if let (Some((to, later)), Some(sent)) = (earliest, sent) {
                self.claim(to < sent, Violation::Reordered(later, entry.id));
            }
            if let Some(to) = answered {
                earliest = Some(earliest.map_or((to, entry.id), |e| e.min((to, entry.id))));
            }
        }
    }

    /// What is gone stays gone, and nothing goes unasked.
    fn gone(&mut self, channel: &ChannelHistory) {
        let mut asked = 0;
        let mut known: Vec<(u64, Seq)> = Vec::new();
        for call in &channel.calls {
            match &call.action {
                Action::Trim(through, acknowledged) => {
                    asked = asked.max(through.get());
                    known.extend(acknowledged.then_some((call.to, *through)));
                }
                Action::Read(seen) => known.extend(seen.gone_through.map(|through| (call.to, through))),
                Action::Append(..) => {}
            }
        }
        let later = channel.calls.iter().filter_map(|call| match &call.action {
            Action::Read(seen) => Some((call.from, seen)),
            Action::Append(..) | Action::Trim(..) => None,
        });
        for (from, seen) in later.chain([(u64::MAX, &channel.end)]) {
            self.claim(number(seen.gone_through) > asked, Violation::GoneUnasked(seen.gone_through.unwrap_or(Seq::FIRST)));
            let before = known.iter().filter(|(to, _)| *to < from).map(|(_, through)| *through).max();
            let back = before.is_some_and(|through| seen.entries.iter().any(|e| e.seq <= through));
            self.claim(back, Violation::GoneCameBack(before.unwrap_or(Seq::FIRST)));
        }
    }
}
