//! The legal dates told day by day, so that a person can follow the count with a finger on a calendar.

use super::calendar::{Calendar, Holiday};
use super::dates::{LegalDates, Reading};
use jiff::civil::{Date, Weekday};

/// What kind of day it is in that place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// It counts.
    Business,
    /// Saturday or Sunday.
    Weekend,
    /// A legal holiday, on whatever weekday.
    Holiday(&'a Holiday),
}

/// What the day is in the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The local date that is counted from. It is not counted itself.
    Start,
    /// The first, second … business day after it.
    Counted(u16),
    /// The notice takes effect; the number is that of its business day, 0 at once.
    Deemed(u16),
    /// The first, second … business day of the term.
    Term(u16),
    /// The last day of the term.
    Last(u16),
    /// Not a business day: not counted.
    Skipped,
}

/// One day of the count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day<'a> {
    /// the day
    pub date: Date,
    /// what kind of day
    pub kind: Kind<'a>,
    /// what it is in the count
    pub mark: Mark,
}

/// The days from the dispatch to the day of effect, or to the last day of the term.
#[must_use]
pub fn day_by_day<'a>(dates: &LegalDates, reading: &Reading, calendar: &'a Calendar) -> Vec<Day<'a>> {
    let end = reading.last_day.unwrap_or(reading.deemed);
    let mut out = Vec::new();
    let (mut date, mut counted, mut in_term) = (dates.local_date, 0, 0);
    loop {
        let kind = match calendar.on(date, dates.place.comuna).next() {
            Some(holiday) => Kind::Holiday(holiday),
            None if matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) => Kind::Weekend,
            None => Kind::Business,
        };
        let mark = if date == dates.local_date {
            if reading.deemed == date { Mark::Deemed(0) } else { Mark::Start }
        } else if kind != Kind::Business {
            Mark::Skipped
        } else if date <= reading.deemed {
            counted += 1;
            if date == reading.deemed { Mark::Deemed(counted) } else { Mark::Counted(counted) }
        } else {
            in_term += 1;
            if date == end { Mark::Last(in_term) } else { Mark::Term(in_term) }
        };
        out.push(Day { date, kind, mark });
        match date.tomorrow() {
            Ok(next) if date < end => date = next,
            Ok(_) | Err(_) => return out,
        }
    }
}
