//! The function itself: an instant, a place, a rule, a term and a calendar give dates with their basis.

use super::calendar::Calendar;
use super::place::Place;
use super::rules::{Counting, Rule};
use jiff::civil::Date;
use lacre_ground::time::Millis;

/// Why there is no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// Some day that must be counted is outside the calendar: get a newer calendar. Never a guess.
    #[error("the calendar {calendar} knows {from} to {through} only, and a day outside must be counted")]
    OutOfRange {
        /// its id
        calendar: String,
        /// its first day
        from: Date,
        /// its last day
        through: Date,
    },
}

/// A term in business days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(u16);

impl Term {
    /// From 1 to 1,000 business days.
    #[must_use]
    pub const fn business_days(n: u16) -> Option<Self> {
        if n >= 1 && n <= 1000 { Some(Self(n)) } else { None }
    }
    /// How many business days.
    #[must_use]
    pub const fn days(self) -> u16 {
        self.0
    }
}

/// What one rule says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// the rule, with its law and hash
    pub rule: &'static Rule,
    /// whether it was in force on the local date of the dispatch; if not, it is shown to compare
    pub in_force: bool,
    /// the notice takes effect on this day
    pub deemed: Date,
    /// the last day of the term, if one was asked for
    pub last_day: Option<Date>,
}

impl Reading {
    /// How it is called in JSON and among the vectors.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self.rule.counting {
            Counting::OnDay => "third_day",
            Counting::Elapsed => "elapsed",
            Counting::AtOnce => "at_once",
        }
    }
}

/// All readings of the law, and what they were computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalDates {
    /// the instant that is counted from
    pub dispatch: Millis,
    /// where
    pub place: Place,
    /// the date on the wall there
    pub local_date: Date,
    /// the calendar's id
    pub calendar: String,
    /// SHA-256 of its text
    pub calendar_sha256: [u8; 32],
    /// the term that was asked for
    pub term: Option<Term>,
    first: Reading,
    second: Option<Reading>,
}

impl LegalDates {
    /// Without the readings that were not in force on the local date. None if there is no other.
    #[must_use]
    pub fn in_force(self) -> Option<Self> {
        let second = self.second.filter(|r| r.in_force);
        match second {
            _ if self.first.in_force => Some(Self { second, ..self }),
            Some(first) => Some(Self { first, second: None, ..self }),
            None => None,
        }
    }
    /// What a newer calendar says, where that is something else. The dates of the calendar that was named are the ones that count; who
    /// relies on them should know. None where it says the same, or does not reach there.
    #[must_use]
    pub fn otherwise_by(&self, newest: &Calendar) -> Option<Self> {
        if newest.sha256() == self.calendar_sha256 {
            return None;
        }
        let all = legal_dates(self.dispatch, self.place, self.first.rule, self.term, newest).ok()?;
        // of the same rules
        let theirs = if all.readings().count() > self.readings().count() { all.in_force()? } else { all };
        let days = |dates: &Self| dates.readings().map(|r| (r.deemed, r.last_day)).collect::<Vec<_>>();
        (days(self) != days(&theirs)).then_some(theirs)
    }
    /// One reading, or two where the law is read in two ways.
    pub fn readings(&self) -> impl Iterator<Item = &Reading> {
        core::iter::once(&self.first).chain(&self.second)
    }
    /// The reading by which the agency is safe: from its day on it may act. The later.
    #[must_use]
    pub fn safe_for_agency(&self) -> &Reading {
        self.second.as_ref().filter(|r| r.deemed > self.first.deemed).unwrap_or(&self.first)
    }
    /// The reading by which the citizen is safe: until its last day one may appeal. The earlier.
    #[must_use]
    pub fn safe_for_citizen(&self) -> &Reading {
        self.second.as_ref().filter(|r| r.deemed < self.first.deemed).unwrap_or(&self.first)
    }
}

/// The dates that the law gives. Both readings are computed wherever there are two, whichever rule is named.
pub fn legal_dates(
    dispatch: Millis,
    place: Place,
    rule: &Rule,
    term: Option<Term>,
    calendar: &Calendar,
) -> Result<LegalDates, ClockError> {
    let (from, through) = calendar.range();
    let outside = || ClockError::OutOfRange { calendar: calendar.id().to_owned(), from, through };
    let local_date = place.zone.date(dispatch).ok_or_else(outside)?;
    let read = |rule: &'static Rule| {
        let days = match rule.counting {
            Counting::AtOnce => 0,
            Counting::OnDay => rule.days,
            Counting::Elapsed => rule.days.saturating_add(1),
        };
        let deemed = calendar.business_day_after(local_date, days, place.comuna)?;
        let last_day = match term {
            None => None,
            // each counted day is a business day, so the last one needs no rolling; the call keeps the rule of
            // Ley 19.880 art. 25 in sight and costs nothing
            Some(t) => {
                let last = calendar.business_day_after(deemed, t.days(), place.comuna)?;
                Some(calendar.roll_forward(last, place.comuna)?)
            }
        };
        Some(Reading { rule, in_force: rule.in_force(local_date), deemed, last_day })
    };
    let mut readings = rule.readings().into_iter();
    let first = read(readings.next().unwrap_or(rule.id.rule())).ok_or_else(outside)?;
    let second = match readings.next() {
        Some(other) => Some(read(other).ok_or_else(outside)?),
        None => None,
    };
    Ok(LegalDates {
        dispatch,
        place,
        local_date,
        calendar: calendar.id().to_owned(),
        calendar_sha256: calendar.sha256(),
        term,
        first,
        second,
    })
}

#[cfg(test)]
mod tests {
    use super::super::place::Zone;
    use super::super::rules::RuleId;
    use super::*;

    /// The built-in calendar under another name, with a holiday by law of that year's 13 July.
    fn newer(day: &str) -> Calendar {
        let text = Calendar::CHILE.replace("id CL-2026.1", "id CL-2026.2");
        let holiday = format!("day once {day} | 2026-2026 | CL | Feriado de ejemplo | Example holiday | Ley de ejemplo\n");
        Calendar::parse(&(text + &holiday)).unwrap()
    }

    #[test]
    fn a_newer_calendar_is_told_of_where_it_gives_other_dates_and_only_there() {
        // Monday, 6 July 2026, 10:00 in Santiago
        let dispatch = Millis::parse("2026-07-06T14:00:00.000Z").unwrap();
        let place = Place { zone: Zone::Santiago, comuna: None };
        let term = Term::business_days(5);
        let named = legal_dates(dispatch, place, RuleId::Cl46.rule(), term, Calendar::chile()).unwrap().in_force().unwrap();

        let other = named.otherwise_by(&newer("2026-07-13")).expect("a day later");

        let last = |dates: &LegalDates| dates.readings().map(|r| r.last_day.unwrap().to_string()).collect::<Vec<_>>();
        assert_eq!(last(&named), ["2026-07-17", "2026-07-20"]);
        assert_eq!(last(&other), ["2026-07-20", "2026-07-21"]);
        assert_eq!((named.calendar.as_str(), other.calendar.as_str()), ("CL-2026.1", "CL-2026.2"));
        assert_eq!(named.otherwise_by(&newer("2026-08-03")), None, "another day changes nothing");
        assert_eq!(named.otherwise_by(Calendar::chile()), None, "nor does the same calendar");
        assert_eq!(Calendar::newest(), Calendar::chile());
    }
}
