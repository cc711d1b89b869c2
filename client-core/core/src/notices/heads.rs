//! The relay's head notes: does what it says that a casilla holds fit what it gave?
//!
//! Entries have dense seqs, and none ever leaves the count: the first N that were given must be those of a note that counts N.
//! So nothing that comes between reading and asking can make an honest relay look like another.
//!
//! | the note | is |
//! |---|---|
//! | not signed by the pinned relay, or of another casilla or store | a misfit, `NotItsWord` |
//! | counts fewer than were given before it was asked for, or than an earlier one | a misfit, `Fewer` |
//! | is earlier than the one before, or than clocks may be apart | a misfit, `Earlier` |
//! | counts more than were given, also when that was read again | a misfit, `More` |
//! | has another hash than the first N that were given | a misfit, `Others` |
//! | else | kept, the newest of its day |

use crate::account::CLOCKS_DIFFER_MS;
use crate::shelf;
use crate::shelf::{Cx, Engine, Held, HeldRow, MisfitRow, PeriodRow};
use crate::words::{CasillaMisfit, HeadsExport, MisfitKind, StepError, Trouble};
use lacre_evidence::heads::{HeadPart, Heads};
use lacre_evidence::skew::SKEW_MS;
use lacre_ground::head::{HeadNote, Ids};
use lacre_ground::time::Millis;

/// What is to be done before a note can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// nothing: it was
    Done,
    /// read the casilla on to its head
    ReadOn,
    /// read again from its beginning: ids are missing here
    ReadAgain,
}

/// A casilla, and what the relay had said of it, before a note was asked for: another program on the profile may ask, too.
#[derive(Clone)]
pub(crate) struct AskedHead {
    pub(crate) period: PeriodRow,
    before: Option<HeldRow>,
}

/// Compares a note with what was given; `may_read` says whether that can still be read again before something is said.
pub(crate) fn compare(cx: &mut Cx<'_, '_>, asked: &AskedHead, raw: &str, may_read: bool) -> Result<Next, StepError> {
    let (channel, opened_in) = (asked.period.channel, asked.period.opened_in);
    let period = shelf::period(cx, channel)?.filter(|p| p.opened_in == opened_in);
    let Some((period, generation)) = period.zip(opened_in) else { return Ok(Next::Done) };
    let held = Held { channel, generation };
    let own = shelf::own(cx)?;
    let relay = crate::words::authority(&own.authority)?.identity();
    let its_word = |h: &HeadNote| h.relay.identity() == relay && h.channel == channel && h.generation == generation;
    let mut row = match shelf::held(cx, &held)? {
        Some(row) => row,
        None => HeldRow::new(shelf::number(cx)?, held),
    };
    let head = match HeadNote::verify(raw).ok().filter(|head| its_word(head)) {
        Some(head) => head.into_value(),
        None => return misfit(cx, row, MisfitKind::NotItsWord, 0, period.cursor, raw),
    };
    let says = head.ids.count;
    let (time, count) = asked.before.as_ref().map_or((Millis::new(0), 0), |row| (row.time, row.count));
    let kind = if says < count.max(asked.period.cursor) {
        Some(MisfitKind::Fewer)
    } else if head.time.plus(SKEW_MS) < time || head.time.plus(CLOCKS_DIFFER_MS) < shelf::by_relay(&own, cx.now) {
        Some(MisfitKind::Earlier)
    } else if says > period.cursor {
        if may_read {
            return Ok(Next::ReadOn);
        }
        Some(MisfitKind::More)
    } else if head.ids == row.said() {
        None
    } else {
        let known = shelf::given(cx, &held, says)?;
        let unknown = says.saturating_sub(u64::try_from(known.len()).unwrap_or(u64::MAX));
        if unknown > row.unread {
            if may_read {
                return Ok(Next::ReadAgain);
            }
            // they were gone when this device came to them: which they are it cannot say
            row.unread = unknown;
        }
        Some(MisfitKind::Others).filter(|_| unknown == 0 && Ids::of(known) != head.ids)
    };
    match kind {
        Some(kind) => misfit(cx, row, kind, says, period.cursor, raw),
        None => fits(cx, row, &head, raw),
    }
}

fn fits(cx: &mut Cx<'_, '_>, mut row: HeldRow, head: &HeadNote, raw: &str) -> Result<Next, StepError> {
    if head.time < row.time {
        // a newer one was kept meanwhile
        return Ok(Next::Done);
    }
    (row.time, row.count, row.ids) = (head.time, head.ids.count, head.ids.hash);
    if let Some(misfit) = row.misfit.as_mut().filter(|m| m.until.is_none()) {
        misfit.until = Some(cx.now);
    }
    shelf::put_held(cx, &row)?;
    if shelf::put_head(cx, &row.held, head.time, raw)? {
        let read: Vec<Held> =
            shelf::periods(cx)?.iter().filter_map(|p| Some(Held { channel: p.channel, generation: p.opened_in? })).collect();
        shelf::forget_heads(cx, head.time, |held| read.contains(held))?;
    }
    cx.reached("notices: head kept")?;
    Ok(Next::Done)
}

fn misfit(cx: &mut Cx<'_, '_>, mut row: HeldRow, kind: MisfitKind, says: u64, gave: u64, raw: &str) -> Result<Next, StepError> {
    let since = row.misfit.as_ref().filter(|m| m.until.is_none()).map_or(cx.now, |m| m.since);
    row.misfit = Some(MisfitRow { kind, says, gave, note: raw.to_owned(), since, until: None });
    shelf::put_held(cx, &row)?;
    cx.reached("notices: head does not fit")?;
    Ok(Next::Done)
}

/// What the relay said of casillas that did not fit what it gave, the oldest first.
pub(crate) fn misfits(engine: &mut Engine) -> Result<Vec<CasillaMisfit>, Trouble> {
    let rows = engine.run(|cx| shelf::helds(cx))?;
    let of = |row: HeldRow| {
        let MisfitRow { kind, says, gave, since, until, .. } = row.misfit?;
        Some(CasillaMisfit { kind, says, gave, since, until })
    };
    Ok(rows.into_iter().filter_map(of).collect())
}

/// The casillas whose head note is due: all, or those that have none of this day.
pub(crate) fn due(cx: &mut Cx<'_, '_>, all: bool) -> Result<Vec<AskedHead>, StepError> {
    let own = shelf::own(cx)?;
    let today = shelf::day_of(shelf::by_relay(&own, cx.now));
    let mut due = Vec::new();
    for period in shelf::periods(cx)? {
        let Some(generation) = period.opened_in.filter(|g| Some(*g) == own.generation) else { continue };
        let before = shelf::held(cx, &Held { channel: period.channel, generation })?;
        if all || before.as_ref().is_none_or(|row| shelf::day_of(row.time) != today) {
            due.push(AskedHead { period, before });
        }
    }
    Ok(due)
}

/// Ids in one file of head notes, all lists together: the newest come first.
const LISTED: usize = 1_000_000;

/// All head notes that are kept, in one file: of each casilla those of its days, and the ids that they count, each list once, as far as
/// they are known; then the one that did not fit.
pub(crate) fn export(engine: &mut Engine) -> Result<HeadsExport, Trouble> {
    engine.run(|cx| {
        let (mut file, mut casillas, mut newest, mut left) = (Heads::default(), 0, None, LISTED);
        for row in shelf::helds(cx)? {
            let notes = shelf::heads(cx, &row.held)?;
            let given = shelf::given(cx, &row.held, row.count)?;
            casillas += u64::from(!notes.is_empty());
            newest = newest.max(Some(row.time).filter(|time| time.get() > 0));
            let mut parts: Vec<HeadPart> = notes.into_iter().rev().map(|note| HeadPart { note, ids: None }).collect();
            let mut listed = Vec::new();
            for part in &mut parts {
                let Ok(head) = HeadNote::verify(&part.note) else { continue };
                let first = given.get(..usize::try_from(head.ids.count).unwrap_or(usize::MAX)).filter(|ids| ids.len() <= left);
                let Some(ids) = first.filter(|_| !listed.contains(&head.ids)) else { continue };
                if Ids::of(ids.iter().copied()) == head.ids {
                    (part.ids, left) = (Some(ids.to_vec()), left - ids.len());
                    listed.push(head.ids);
                }
            }
            file.0.extend(parts.into_iter().rev());
            file.0.extend(row.misfit.map(|m| HeadPart { note: m.note, ids: None }));
        }
        Ok(HeadsExport { notes: u64::try_from(file.0.len()).unwrap_or(u64::MAX), bytes: file.to_bytes(), casillas, newest })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_of_head_notes_are_those_of_utc() {
        let day = |text: &str| shelf::day_of(Millis::parse(text).unwrap());
        assert_eq!(day("2026-07-06T23:59:59.999Z") + 1, day("2026-07-07T00:00:00.000Z"));
        assert_eq!(day("1970-01-01T12:00:00.000Z"), 0);
    }
}
