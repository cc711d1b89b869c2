//! The count, day by day.

use super::{day, spanish};
use lacre_evidence::clock::{Calendar, Day, Kind, LegalDates, Mark, Reading, day_by_day};
use lacre_words::words::Words;
use serde::Serialize;

/// One day, for programs.
#[derive(Serialize)]
pub(crate) struct Json {
    date: String,
    /// `start`, `counted`, `deemed`, `term`, `last`, `weekend` or `holiday`
    mark: &'static str,
    /// which business day of the count or of the term
    number: Option<u16>,
    holiday: Option<String>,
    law: Option<String>,
}

/// For programs.
pub(crate) fn json(words: &Words, dates: &LegalDates, reading: &Reading, calendar: &Calendar) -> Vec<Json> {
    let one = |d: Day<'_>| {
        let (mark, number) = match d.mark {
            Mark::Start => ("start", None),
            Mark::Counted(n) => ("counted", Some(n)),
            Mark::Deemed(n) => ("deemed", Some(n)),
            Mark::Term(n) => ("term", Some(n)),
            Mark::Last(n) => ("last", Some(n)),
            Mark::Skipped if matches!(d.kind, Kind::Holiday(_)) => ("holiday", None),
            Mark::Skipped => ("weekend", None),
        };
        let (holiday, law) = match d.kind {
            Kind::Holiday(h) => (Some(if spanish(words) { h.es.clone() } else { h.en.clone() }), Some(h.law.clone())),
            Kind::Business | Kind::Weekend => (None, None),
        };
        Json { date: d.date.to_string(), mark, number, holiday, law }
    };
    day_by_day(dates, reading, calendar).into_iter().map(one).collect()
}

/// For people.
pub(crate) fn lines(words: &Words, dates: &LegalDates, reading: &Reading, calendar: &Calendar) -> Vec<String> {
    let one = |d: Day<'_>| {
        let n = |n: u16| [("n", u32::from(n).into())];
        let mark = match (d.mark, d.kind) {
            (Mark::Start, _) => words.say("mark-start"),
            (Mark::Counted(i), _) => words.say_with("mark-counted", &n(i)),
            (Mark::Deemed(0), _) => words.say("mark-at-once"),
            (Mark::Deemed(i), _) => words.say_with("mark-deemed", &n(i)),
            (Mark::Term(i), _) => words.say_with("mark-term", &n(i)),
            (Mark::Last(i), _) => words.say_with("mark-last", &n(i)),
            (Mark::Skipped, Kind::Holiday(h)) => {
                let name = if spanish(words) { &h.es } else { &h.en };
                words.say_with("mark-holiday", &[("name", name.as_str().into()), ("law", h.law.as_str().into())])
            }
            (Mark::Skipped, Kind::Business | Kind::Weekend) => words.say("mark-weekend"),
        };
        format!("{}  {mark}", day(words, d.date))
    };
    day_by_day(dates, reading, calendar).into_iter().map(one).collect()
}
