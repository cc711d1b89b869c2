//! What the relay signed of casillas, and what each of them gave.
//!
//! | row | is kept |
//! |---|---|
//! | the id of an entry, by its place | as long as a head note of the same casilla and store |
//! | the newest head note of a day | for [`HEADS_STAY_DAYS`] |
//! | what the relay said of one casilla last, and what did not fit | as long as one of these |

use super::Cx;
use crate::words::{MisfitKind, StepError};
use lacre_ground::head::Ids;
use lacre_ground::ids::{ChannelId, EntryId, Generation, Seq};
use lacre_ground::time::Millis;
use lacre_profile::Table;
use serde::{Deserialize, Serialize};

/// Days that the head notes of a casilla are kept: as long as a notice stays there.
pub(crate) const HEADS_STAY_DAYS: u64 = 400;
const DAY_MS: u64 = 86_400_000;

/// A casilla in one store of the relay: after a restore it holds something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    pub(crate) channel: ChannelId,
    pub(crate) generation: Generation,
}

impl Held {
    fn scope(&self) -> Vec<u8> {
        [self.channel.as_bytes().as_slice(), self.generation.as_bytes()].concat()
    }
    fn at(&self, place: u64) -> Vec<u8> {
        [self.scope().as_slice(), &place.to_be_bytes()].concat()
    }
}

/// What the relay said of it last.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct HeldRow {
    pub(crate) number: u64,
    pub(crate) held: Held,
    /// of the newest head note that fitted
    pub(crate) time: Millis,
    pub(crate) count: u64,
    #[serde(with = "serde_bytes")]
    pub(crate) ids: [u8; 32],
    /// so many of its entries were gone before they were read here: which they are cannot be compared
    pub(crate) unread: u64,
    pub(crate) misfit: Option<MisfitRow>,
}

impl HeldRow {
    /// Nothing was said of it yet.
    pub(crate) const fn new(number: u64, held: Held) -> Self {
        Self { number, held, time: Millis::new(0), count: 0, ids: [0; 32], unread: 0, misfit: None }
    }
    pub(crate) fn said(&self) -> Ids {
        Ids { count: self.count, hash: self.ids }
    }
}

/// A head note that did not fit what was given, and still did not when that was read again.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MisfitRow {
    pub(crate) kind: MisfitKind,
    /// entries that the note counts
    pub(crate) says: u64,
    /// entries that were given here
    pub(crate) gave: u64,
    /// the note as it came
    pub(crate) note: String,
    /// when it was met first
    pub(crate) since: Millis,
    /// when one fitted again
    pub(crate) until: Option<Millis>,
}

/// The day of an instant, UTC.
pub(crate) const fn day_of(at: Millis) -> u64 {
    at.get() / DAY_MS
}

/// A casilla gave this entry. What stood in its place before stays: a relay that gives another later is not believed.
pub(crate) fn gave(cx: &Cx<'_, '_>, held: &Held, seq: Seq, id: EntryId) -> Result<(), StepError> {
    let key = held.at(seq.get());
    if cx.s.get::<EntryId>(Table::Given, &key)?.is_none() {
        cx.s.put(Table::Given, &key, &held.scope(), seq.get(), &id)?;
    }
    Ok(())
}

/// The ids in the first so many places, as far as they are known.
pub(crate) fn given(cx: &Cx<'_, '_>, held: &Held, through: u64) -> Result<Vec<EntryId>, StepError> {
    let most = usize::try_from(through).unwrap_or(usize::MAX);
    let rows: Vec<(u64, EntryId)> = cx.s.scan(Table::Given, &held.scope(), 1, most)?;
    Ok(rows.into_iter().filter(|(place, _)| *place <= through).map(|(_, id)| id).collect())
}

/// Everything that the relay said something of, in the order in which it was asked.
pub(crate) fn helds(cx: &Cx<'_, '_>) -> Result<Vec<HeldRow>, StepError> {
    let rows: Vec<(u64, HeldRow)> = cx.s.scan(Table::Held, b"", 0, usize::MAX)?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

pub(crate) fn held(cx: &Cx<'_, '_>, held: &Held) -> Result<Option<HeldRow>, StepError> {
    Ok(cx.s.get(Table::Held, &held.scope())?)
}

pub(crate) fn put_held(cx: &Cx<'_, '_>, row: &HeldRow) -> Result<(), StepError> {
    Ok(cx.s.put(Table::Held, &row.held.scope(), b"", row.number, row)?)
}

/// The head notes of the days, the oldest first.
pub(crate) fn heads(cx: &Cx<'_, '_>, held: &Held) -> Result<Vec<String>, StepError> {
    let rows: Vec<(u64, String)> = cx.s.scan(Table::Head, &held.scope(), 0, usize::MAX)?;
    Ok(rows.into_iter().map(|(_, note)| note).collect())
}

/// The newest of its day takes the place of an earlier one; true if it is the first of the day.
pub(crate) fn put_head(cx: &Cx<'_, '_>, held: &Held, time: Millis, note: &str) -> Result<bool, StepError> {
    let (day, key) = (day_of(time), held.at(day_of(time)));
    let first = cx.s.get::<String>(Table::Head, &key)?.is_none();
    cx.s.put(Table::Head, &key, &held.scope(), day, &note.to_owned())?;
    Ok(first)
}

/// Head notes of days that are long over go, by the relay's time; with the last of them what was given there, unless `reads` says
/// that it is still read.
pub(crate) fn forget_heads(cx: &Cx<'_, '_>, now: Millis, reads: impl Fn(&Held) -> bool) -> Result<(), StepError> {
    let oldest = day_of(now).saturating_sub(HEADS_STAY_DAYS);
    for row in helds(cx)? {
        let scope = row.held.scope();
        while let Some(day) = cx.s.first_ord(Table::Head, &scope)?.filter(|day| *day < oldest) {
            cx.s.delete(Table::Head, &row.held.at(day))?;
        }
        let misfit = row.misfit.as_ref().is_some_and(|m| day_of(m.until.unwrap_or(m.since)) >= oldest);
        if cx.s.first_ord(Table::Head, &scope)?.is_none() && !misfit && !reads(&row.held) {
            cx.s.delete_scope(Table::Given, &scope)?;
            cx.s.delete(Table::Held, &scope)?;
        }
    }
    Ok(())
}
