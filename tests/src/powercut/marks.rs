//! What clients know: each thing sent and each answer, one JSON line each, in order.
//!
//! The lines are written to a file of the recorded folder, so their place in the record says what the relay had already
//! synced when it answered. Unlike the relay's files they survive the cut: a client's memory is not on that disk.

use crate::history::{Action, Answer, Append, Call, ChannelHistory, Found, History, Print, Seen};
use lacre_ground::ids::{ChannelClass, ChannelId, EntryId, Generation, Seq, Stamp, Token};
use lacre_ground::time::Millis;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// The channels of the workload: two logs and an inbox.
pub const CHANNELS: [u8; 3] = [1, 2, 3];
const INBOX: u8 = 3;

/// One line of the memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Mark {
    /// A life of the relay begins; it says this generation.
    Life([u8; 16]),
    /// A client sends.
    Sent {
        /// pairs it with its answer
        call: u64,
        /// what
        what: Asked,
    },
    /// A client is answered.
    Got {
        /// of this call
        call: u64,
        /// what
        reply: Reply,
    },
}

/// What clients ask.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Asked {
    /// The person's account.
    Enroll,
    /// Stamps of these numbers.
    Stamps(Vec<u64>),
    /// A channel, paid for with this stamp.
    Open(u8, u64),
    /// An entry; `variant` chooses its bytes.
    Append {
        /// where
        channel: u8,
        /// its name
        id: [u8; 16],
        /// what the sender knows, 0 for nothing
        read_to: u64,
        /// whether it is a seal
        seal: bool,
        /// which bytes
        variant: u8,
    },
    /// A blob, paid for with this stamp.
    Blob {
        /// which chooses its name and bytes
        number: u64,
        /// its stamp
        stamp: u64,
    },
    /// To drop entries of the inbox.
    Trim(u64),
    /// To read a channel from a place on.
    Read(u8, u64),
}

/// An entry of a page: seq, id, seal flag, time, bytes.
pub type Line = (u64, [u8; 16], bool, u64, Print);

/// What clients are answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Reply {
    /// Enrolled, stamped, opened, trimmed.
    Done,
    /// Stored at this place and time.
    Stored(u64, u64),
    /// A seal stands there.
    Sealed(u64),
    /// Other bytes under this id.
    Conflict,
    /// `read_to` is past this head.
    Ahead(u64),
    /// Any other refusal.
    Refused(String),
    /// A page.
    Page {
        /// in the order in which they came
        entries: Vec<Line>,
        /// last seq
        head: u64,
        /// entries through this are gone
        gone: u64,
    },
}

/// Reads the lines; one that a cut interrupted counts as not written.
///
/// # Errors
/// When a whole line is not one of ours.
pub fn read(bytes: &[u8]) -> Result<Vec<Mark>, String> {
    let mut out = Vec::new();
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let Some(line) = line.strip_suffix(b"\n") else { break };
        out.push(serde_json::from_slice(line).map_err(|e| format!("not a mark: {e}"))?);
    }
    Ok(out)
}

/// One mark as its line.
///
/// # Errors
/// When it has no JSON.
pub fn line(mark: &Mark) -> Result<Vec<u8>, String> {
    let mut line = serde_json::to_vec(mark).map_err(|e| format!("no line of a mark: {e}"))?;
    line.push(b'\n');
    Ok(line)
}

/// A value of 32 bytes that everybody derives alike.
#[must_use]
pub fn derived(what: &str, number: u64) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(what.as_bytes());
    hash.update(number.to_be_bytes());
    hash.finalize().into()
}

/// The kind of a channel.
#[must_use]
pub fn class(channel: u8) -> ChannelClass {
    if channel == INBOX { ChannelClass::Inbox } else { ChannelClass::Log }
}

/// Its append token.
#[must_use]
pub fn append_token(channel: u8) -> Token {
    Token::new(derived("append", u64::from(channel)))
}

/// Its read token.
#[must_use]
pub fn read_token(channel: u8) -> Token {
    Token::new(derived("read", u64::from(channel)))
}

/// Its name.
#[must_use]
pub fn name(channel: u8) -> ChannelId {
    match class(channel) {
        ChannelClass::Log => ChannelId::of_log(&append_token(channel).hash(), &read_token(channel).hash()),
        _ => ChannelId::of_inbox(&read_token(channel).hash()),
    }
}

/// The stamp with this number.
#[must_use]
pub fn stamp(number: u64) -> Stamp {
    Stamp::new(derived("stamp", number))
}

/// An entry's bytes: mostly some hundreds, sometimes several pages of the store.
#[must_use]
pub fn content(id: [u8; 16], variant: u8) -> Vec<u8> {
    let mut seed = [variant; 32];
    seed[..16].copy_from_slice(&id);
    let mut rng = ChaCha8Rng::from_seed(seed);
    let most = if rng.next_u32().is_multiple_of(8) { 40_000 } else { 900 };
    let mut bytes = vec![0; usize::try_from(1 + rng.next_u32() % most).unwrap_or(1)];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// A blob's bytes: up to three chunks of the wire.
#[must_use]
pub fn blob(number: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::from_seed(derived("blob bytes", number));
    let mut bytes = vec![0; usize::try_from(1 + rng.next_u32() % 400_000).unwrap_or(1)];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// A blob's read token.
#[must_use]
pub fn blob_token(number: u64) -> Token {
    Token::new(derived("blob token", number))
}

fn answer(reply: Option<&Reply>) -> Result<Answer, String> {
    let seq = |n: u64| Seq::new(n).ok_or_else(|| format!("{n} is no seq"));
    Ok(match reply {
        None => Answer::Nothing,
        Some(Reply::Stored(n, at)) => Answer::Stored(seq(*n)?, Millis::new(*at)),
        Some(Reply::Sealed(n)) => Answer::Sealed(seq(*n)?),
        Some(Reply::Conflict) => Answer::Conflict,
        Some(Reply::Ahead(n)) => Answer::Ahead(Seq::new(*n)),
        Some(Reply::Refused(_)) => Answer::Refused,
        Some(other) => return Err(format!("no answer to an append: {other:?}")),
    })
}

/// A page as the checker wants it.
///
/// # Errors
/// When it holds a seq that there is not.
pub fn seen(from: u64, entries: &[Line], head: u64, gone: u64) -> Result<Seen, String> {
    let place = |n: u64| Seq::new(n).ok_or_else(|| format!("{n} is no seq"));
    let found = |(n, id, seal, at, print): &Line| {
        Ok(Found { seq: place(*n)?, id: EntryId::new(*id), seal: *seal, accepted_at: Millis::new(*at), print: *print })
    };
    let entries = entries.iter().map(found).collect::<Result<_, String>>()?;
    Ok(Seen { from: place(from)?, entries, head: Some(Seq::new(head)), gone_through: Seq::new(gone) })
}

/// The memory as a history, with what is read in the end.
///
/// # Errors
/// When an answer does not fit its question.
pub fn history(marks: &[Mark], generation: Generation, end: &BTreeMap<u8, Seen>) -> Result<History, String> {
    let mut history = History { generations: vec![generation], ..History::default() };
    for channel in CHANNELS {
        let nothing = Seen { from: Seq::FIRST, entries: Vec::new(), head: Some(None), gone_through: None };
        let end = end.get(&channel).cloned().unwrap_or(nothing);
        history.channels.insert(name(channel), ChannelHistory { class: class(channel), calls: Vec::new(), end });
    }
    for (sent, reply) in calls(marks) {
        let Mark::Sent { what, .. } = &sent.1 else { continue };
        let (channel, action) = match what {
            Asked::Enroll | Asked::Stamps(_) | Asked::Open(..) | Asked::Blob { .. } => continue,
            Asked::Append { channel, id, read_to, seal, variant } => {
                let append = Append {
                    id: EntryId::new(*id),
                    read_to: Seq::new(*read_to),
                    seal: *seal,
                    print: Print::of(&content(*id, *variant)),
                };
                (*channel, Action::Append(append, answer(reply.map(|r| r.1))?))
            }
            Asked::Trim(through) => {
                let through = Seq::new(*through).ok_or("a trim through 0")?;
                match reply {
                    None => (INBOX, Action::Trim(through, false)),
                    Some((_, Reply::Done)) => (INBOX, Action::Trim(through, true)),
                    Some(_) => continue,
                }
            }
            Asked::Read(channel, from) => match reply {
                Some((_, Reply::Page { entries, head, gone })) => (*channel, Action::Read(seen(*from, entries, *head, *gone)?)),
                Some(_) | None => continue,
            },
        };
        let call = Call { from: sent.0, to: reply.map_or(u64::MAX, |r| r.0), action };
        if let Some(known) = history.channels.get_mut(&name(channel)) {
            known.calls.push(call);
        }
    }
    history.generations.extend(marks.iter().filter_map(|m| if let Mark::Life(g) = m { Some(Generation::new(*g)) } else { None }));
    Ok(history)
}

/// Every question with its tick, and its answer with its own if one came.
pub fn calls(marks: &[Mark]) -> impl Iterator<Item = ((u64, &Mark), Option<(u64, &Reply)>)> {
    let mut replies = BTreeMap::new();
    for (tick, mark) in (0..).zip(marks) {
        if let Mark::Got { call, reply } = mark {
            replies.insert(*call, (tick, reply));
        }
    }
    (0..).zip(marks).filter_map(move |(tick, mark)| match mark {
        Mark::Sent { call, .. } => Some(((tick, mark), replies.get(call).copied())),
        Mark::Got { .. } | Mark::Life(_) => None,
    })
}
