//! A word before a term ends: three business days and one business day before the last day by which the person is safe, each once.
//!
//! | a notice | reminds |
//! |---|---|
//! | that starts a term of its own: an original, or what corrects one | yes |
//! | a copy, a trial, what starts no term, what is not to be believed | no |
//! | of which she says that it is for somebody else | no |
//! | that she acknowledged or refused, or to which she replied | yes: its term runs all the same, and what she wrote may be a question only. Whoever shows it says that she replied |
//! | whose last day is over | no |
//!
//! Days are counted back in the calendar and the comuna of the notice, and today is the date on the wall there. When the program was
//! not used on such a day, it is said on the first one after it; of two that have come only the nearer. Each is of one last day: where
//! her own answer moves that (art. 47), the new one is told too. That it is due is noted in the step that tells it, so that two
//! programs on one profile do it once.

use super::showing::checked;
use crate::shelf;
use crate::shelf::{Cx, Engine, NoticeRow, RemindedRow, SaidTo};
use crate::words::{Genuine, Happening, NoticeRef, OfficialNotice, Reminder, StepError, Trouble};
use jiff::civil::Date;
use lacre_evidence::clock::{Calendar, Place};
use lacre_evidence::{Act, Effect, Notice, Standing};
use lacre_ground::note::UnverifiedNote;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_profile::StoreError;

/// On so many business days before the last day a person is reminded, the earlier first.
pub const REMIND_BEFORE: [u16; 2] = [3, 1];
/// A program that goes on looks again after so long, milliseconds.
pub const LOOK_AGAIN_MS: u64 = 60_000;
/// By so many calendar days after the relay took it every term is over: for each business day of it two, and this for the rest.
const SLACK_DAYS: u64 = 60;

impl Genuine {
    /// The days on which a person is reminded of it: how many business days before its last day, and the day. None of what starts no
    /// term of its own.
    #[must_use]
    pub fn reminds(&self) -> Vec<(u16, Date)> {
        let Some(last) = self.own_last_day() else { return Vec::new() };
        let Some(calendar) = self.calendar() else { return Vec::new() };
        let day = |before: u16| Some((before, calendar.business_day_before(last, before, self.notice.place.comuna)?));
        REMIND_BEFORE.into_iter().filter_map(day).collect()
    }

    /// The last day of the term that it starts itself.
    fn own_last_day(&self) -> Option<Date> {
        match self.notice.standing {
            Standing::Original | Standing::Corrects(_) => self.safe()?.last_day,
            Standing::Copy(_) | Standing::Trial => None,
        }
    }

    fn calendar(&self) -> Option<&'static Calendar> {
        match &self.effect {
            Some(Effect::Notified(dates)) => Calendar::named(&dates.calendar),
            Some(Effect::InformsOnly) | None => None,
        }
    }
}

/// The nearest day of reminding that has come, as its business days before the last one. None before them all, and once it is over.
fn due(today: Date, last: Date, place: Place, calendar: &Calendar) -> Option<u16> {
    let come = |before: &u16| calendar.business_day_before(last, *before, place.comuna).is_some_and(|day| day <= today);
    REMIND_BEFORE.into_iter().rev().find(come).filter(|_| today <= last)
}

/// What is due of a notice now; by the device's clock or by the relay's, so that none of the two keeps it back.
fn of(view: &OfficialNotice, clocks: [Millis; 2]) -> Option<(u16, Date)> {
    let genuine = view.content.as_deref().ok()?;
    let (last, calendar, place) = (genuine.own_last_day()?, genuine.calendar()?, genuine.notice.place);
    let by = |now: Millis| due(place.zone.date(now)?, last, place, calendar);
    clocks.into_iter().find_map(by).map(|before| (before, last))
}

/// What may remind, before a signature is verified: old notices cost nothing.
fn may(row: &NoticeRow, now: Millis) -> bool {
    let notice = || {
        let note = UnverifiedNote::parse(&row.header.as_ref()?.notice).ok()?;
        Notice::parse(note.unverified_text()).ok()
    };
    if row.fault.is_some() || matches!(row.said, Some((SaidTo::NotMe, _))) {
        return false;
    }
    let Some(Act::Notification { term: Some(term), .. }) = notice().map(|notice| notice.act) else { return false };
    let days = u64::from(term.days()) * 2 + SLACK_DAYS;
    now < row.accepted_at.plus(days * 86_400_000)
}

/// Whether this was noticed already.
fn is_noted(row: &NoticeRow, before: u16, last: Date) -> bool {
    row.reminded.iter().any(|r| r.before == before && r.last_day == last.to_string())
}

/// Notes what is due, and tells it as events.
pub(crate) fn remind(engine: &mut Engine) -> Result<(), Trouble> {
    engine.reminded = Some(engine.clock.now());
    match engine.run(note_due) {
        // it is told when there is room again
        Err(Trouble::Store(StoreError::Full)) => Ok(()),
        done => done,
    }
}

/// As [`remind`], once in a while.
pub(crate) fn remind_at_times(engine: &mut Engine) -> Result<(), Trouble> {
    let now = engine.clock.now();
    let lately = |at: Millis| now >= at && now.since(at) < LOOK_AGAIN_MS;
    if engine.reminded.is_some_and(lately) { Ok(()) } else { remind(engine) }
}

fn note_due(cx: &mut Cx<'_, '_>) -> Result<(), StepError> {
    let due = all_due(cx)?;
    for (view, before, last) in &due {
        note(cx, view.id, *before, *last)?;
    }
    if due.is_empty() { Ok(()) } else { cx.reached("notice: reminded") }
}

/// What is due and was not noticed yet.
fn all_due(cx: &mut Cx<'_, '_>) -> Result<Vec<(OfficialNotice, u16, Date)>, StepError> {
    if shelf::address(cx)?.no_reminders || shelf::own_or_none(cx)?.is_none() {
        return Ok(Vec::new());
    }
    let own = shelf::own(cx)?;
    let clocks = [cx.now, shelf::by_relay(&own, cx.now)];
    if !shelf::notices(cx)?.iter().any(|row| clocks.iter().any(|now| may(row, *now))) {
        return Ok(Vec::new());
    }
    let checked = checked(cx)?;
    let one = |row: &NoticeRow| {
        let view = checked.view(row);
        let (before, last) = of(&view, clocks)?;
        (!is_noted(row, before, last)).then_some((view, before, last))
    };
    let may = checked.rows.iter().filter(|row| clocks.iter().any(|now| may(row, *now)));
    Ok(may.filter_map(one).collect())
}

fn note(cx: &mut Cx<'_, '_>, id: NoticeRef, before: u16, last: Date) -> Result<(), StepError> {
    let Some(mut row) = shelf::take_notice(cx, id)? else { return Ok(()) };
    let last_day = last.to_string();
    row.reminded.push(RemindedRow { before, last_day: last_day.clone(), said: false });
    shelf::put_notice(cx, row)?;
    shelf::event(cx, Happening::NoticeReminder { notice: id, before, last_day })
}

/// What no program has said yet; from now on one has. What is over meanwhile is said by nobody.
pub(crate) fn take_reminders(engine: &mut Engine) -> Result<Vec<Reminder>, Trouble> {
    let taken = engine.run(|cx| {
        if shelf::address(cx)?.no_reminders || !shelf::notices(cx)?.iter().any(has_unsaid) {
            return Ok(Vec::new());
        }
        let own = shelf::own(cx)?;
        let clocks = [cx.now, shelf::by_relay(&own, cx.now)];
        let checked = checked(cx)?;
        let mut out = Vec::new();
        for row in checked.rows.iter().filter(|row| has_unsaid(row)) {
            let notice = checked.view(row);
            let now = of(&notice, clocks).filter(|(before, last)| {
                row.reminded.iter().any(|r| !r.said && r.before == *before && r.last_day == last.to_string())
            });
            if let Some(mut row) = shelf::take_notice(cx, row.id)? {
                row.reminded.iter_mut().for_each(|r| r.said = true);
                shelf::put_notice(cx, row)?;
            }
            out.extend(now.map(|(before, last_day)| Reminder { notice, last_day, before }));
        }
        out.sort_by_key(|r: &Reminder| r.last_day);
        cx.reached("notice: reminder said")?;
        Ok(out)
    });
    match taken {
        Err(Trouble::Store(StoreError::Full)) => Ok(Vec::new()),
        taken => taken,
    }
}

fn has_unsaid(row: &NoticeRow) -> bool {
    row.reminded.iter().any(|r| !r.said)
}

/// Whether the desktop is still to be told of the event of this number; from now on it was.
pub(crate) fn take_alert(engine: &mut Engine, number: u64) -> Result<bool, Trouble> {
    engine.run(|cx| {
        let mut row = shelf::take_address(cx)?;
        let new = number > row.alerted;
        row.alerted = row.alerted.max(number);
        shelf::put_address(cx, row)?;
        Ok(new)
    })
}

/// Whether she is reminded, from now on.
pub(crate) fn set_reminders(engine: &mut Engine, on: bool) -> Result<(), Trouble> {
    engine.run(|cx| {
        let mut row = shelf::take_address(cx)?;
        row.no_reminders = !on;
        shelf::put_address(cx, row)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_evidence::clock::Zone;

    #[test]
    fn a_reminder_is_due_from_its_business_day_on_until_the_last_day_is_over() {
        let place = Place { zone: Zone::parse("America/Santiago").unwrap(), comuna: None };
        let day = |text: &str| text.parse::<Date>().unwrap();
        // 2026-07-16 is a Thursday and a holiday, 2026-07-18 a Saturday: the last day is a Monday
        for (today, what) in [
            ("2026-07-13", None),
            ("2026-07-14", Some(3)),
            ("2026-07-16", Some(3)),
            ("2026-07-17", Some(1)),
            ("2026-07-19", Some(1)),
            ("2026-07-20", Some(1)),
            ("2026-07-21", None),
        ] {
            assert_eq!(due(day(today), day("2026-07-20"), place, Calendar::chile()), what, "{today}");
        }
    }
}
