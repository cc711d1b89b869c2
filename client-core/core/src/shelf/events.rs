//! What happened, numbered, told again to each reader until that one acknowledges it.
//!
//! Readers have names: two programs that show what happens do not take it from each other. The one without a name reads from the
//! first event on; any other begins at what happens after it is first named.
//!
//! | an event goes | when |
//! |---|---|
//! | | every reader has acknowledged it, the one without a name too |
//! | | it is older than [`KEEP_EVENTS_MS`] |
//! | a reader is forgotten | when it was not seen for as long as it said it would be at most, or [`KEEP_EVENTS_MS`] |

use super::Cx;
use super::engine::Engine;
use crate::words::{ConversationId, Event, Happening, StepError, Trouble};
use lacre_ground::time::Millis;
use lacre_profile::Table;
use serde::{Deserialize, Serialize};

/// No event is kept for longer, milliseconds, and no reader that is not seen.
pub const KEEP_EVENTS_MS: u64 = 30 * 86_400_000;
/// Readers with names; of more the one that was not seen for longest is forgotten.
pub const MAX_READERS: usize = 32;

/// The greatest number of an event that is there no longer.
const GONE: &[u8] = b"event";
/// Rows of readers.
const READERS: &[u8] = b"reader";
/// So often what is too old is looked for while nobody acknowledges anything.
const LOOK_EVERY: u64 = 256;
/// Events that are removed at a time.
const AT_ONCE: usize = 64;

/// One thing that happened.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct EventRow {
    pub(crate) at: Millis,
    pub(crate) what: Happening,
}

/// Who is told what happens.
#[derive(Clone, Serialize, Deserialize)]
struct Reader {
    name: String,
    /// acknowledged through this number
    through: u64,
    seen: Millis,
    /// forgotten when it was not seen for so long
    stays_ms: u64,
}

impl Reader {
    fn key(name: &str) -> Vec<u8> {
        [READERS, b" ", name.as_bytes()].concat()
    }
    fn put(&self, cx: &Cx<'_, '_>) -> Result<(), StepError> {
        Ok(cx.s.put(Table::Meta, &Self::key(&self.name), READERS, 0, self)?)
    }
}

/// The reader of this name, or none.
fn reader(cx: &Cx<'_, '_>, name: &str) -> Result<Option<Reader>, StepError> {
    Ok(cx.s.get(Table::Meta, &Reader::key(name))?)
}

fn last_number(cx: &Cx<'_, '_>) -> Result<u64, StepError> {
    Ok(cx.s.last_ord(Table::Event, b"")?.max(cx.s.get(Table::Meta, GONE)?).unwrap_or(0))
}

/// What happened after a number, and was not acknowledged by this reader, oldest first. A name that is new begins now.
pub(crate) fn events(engine: &mut Engine, name: &str, stays_ms: u64, after: u64, limit: usize) -> Result<Vec<Event>, Trouble> {
    engine.run(|cx| {
        let through = match reader(cx, name)? {
            Some(mut reader) => {
                if cx.now.since(reader.seen) > reader.stays_ms / 2 {
                    reader.seen = cx.now;
                    reader.put(cx)?;
                }
                reader.through
            }
            None if name.is_empty() => 0,
            None => {
                let through = last_number(cx)?;
                let stays_ms = stays_ms.min(KEEP_EVENTS_MS);
                Reader { name: name.to_owned(), through, seen: cx.now, stays_ms }.put(cx)?;
                through
            }
        };
        let from = after.max(through).saturating_add(1);
        let rows: Vec<(u64, EventRow)> = cx.s.scan(Table::Event, b"", from, limit)?;
        Ok(rows.into_iter().map(|(number, row)| Event { number, at: row.at, what: row.what }).collect())
    })
}

/// A reader has dealt with the events through a number: it is not told them again.
pub(crate) fn ack_events(engine: &mut Engine, name: &str, through: u64) -> Result<(), Trouble> {
    engine.run(|cx| {
        let mut now = match reader(cx, name)? {
            Some(reader) => reader,
            None => Reader { name: name.to_owned(), through: 0, seen: cx.now, stays_ms: KEEP_EVENTS_MS },
        };
        // who acknowledges what did not happen yet is told it all the same
        now.through = now.through.max(through.min(last_number(cx)?));
        now.seen = cx.now;
        now.put(cx)?;
        let all = live_readers(cx)?;
        let nameless = all.iter().find(|reader| reader.name.is_empty()).map_or(0, |reader| reader.through);
        let dealt_with = all.iter().map(|reader| reader.through).min().unwrap_or(0).min(nameless);
        remove(cx, dealt_with)
    })
}

/// A reader that does not come back.
pub(crate) fn forget_reader(engine: &mut Engine, name: &str) -> Result<(), Trouble> {
    engine.run(|cx| {
        cx.s.delete(Table::Meta, &Reader::key(name))?;
        Ok(())
    })
}

/// The readers that are still awaited.
fn live_readers(cx: &Cx<'_, '_>) -> Result<Vec<Reader>, StepError> {
    let rows: Vec<(u64, Reader)> = cx.s.scan(Table::Meta, READERS, 0, usize::MAX)?;
    let mut all: Vec<Reader> = rows.into_iter().map(|(_, reader)| reader).collect();
    all.sort_by_key(|reader| (!reader.name.is_empty(), std::cmp::Reverse(reader.seen)));
    let nameless = usize::from(all.first().is_some_and(|reader| reader.name.is_empty()));
    let mut live = Vec::new();
    for (n, reader) in all.into_iter().enumerate() {
        let gone = n >= nameless + MAX_READERS || cx.now.since(reader.seen) > reader.stays_ms;
        if gone && !reader.name.is_empty() {
            cx.s.delete(Table::Meta, &Reader::key(&reader.name))?;
        } else {
            live.push(reader);
        }
    }
    Ok(live)
}

/// Removes the events through a number, and what is too old.
fn remove(cx: &mut Cx<'_, '_>, through: u64) -> Result<(), StepError> {
    let mut gone = None;
    loop {
        let rows: Vec<(u64, EventRow)> = cx.s.scan(Table::Event, b"", 0, AT_ONCE)?;
        let over = |number: u64, row: &EventRow| number <= through || cx.now.since(row.at) > KEEP_EVENTS_MS;
        let numbers: Vec<u64> = rows.iter().take_while(|(number, row)| over(*number, row)).map(|(number, _)| *number).collect();
        for number in &numbers {
            cx.s.delete(Table::Event, &number.to_be_bytes())?;
        }
        gone = numbers.last().copied().or(gone);
        if numbers.len() < AT_ONCE {
            break;
        }
    }
    if let Some(gone) = gone {
        // the next event's number is above it, also when none is left
        cx.s.put(Table::Meta, GONE, b"", 0, &gone)?;
    }
    Ok(())
}

pub(crate) fn event(cx: &mut Cx<'_, '_>, what: Happening) -> Result<(), StepError> {
    let last = match cx.cache.last_event {
        Some(last) => last,
        None => last_number(cx)?,
    };
    let row = EventRow { at: cx.now, what };
    cx.s.put(Table::Event, &(last + 1).to_be_bytes(), b"", last + 1, &row)?;
    cx.cache.last_event = Some(last + 1);
    if (last + 1) % LOOK_EVERY == 0 {
        remove(cx, 0)?;
    }
    Ok(())
}

/// Something from the network could not be processed; everything else goes on.
pub(crate) fn unreadable(cx: &mut Cx<'_, '_>, conversation: Option<&ConversationId>, reason: String) -> Result<(), StepError> {
    event(cx, Happening::Unreadable { conversation: conversation.cloned(), reason })
}
