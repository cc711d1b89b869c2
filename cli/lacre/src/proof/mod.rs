//! Evidence for people and for other programs: told in words, as ETSI records, as a PDF.

pub(crate) mod block;
pub(crate) mod days;
pub(crate) mod etsi;
pub(crate) mod exported;
pub(crate) mod ics;
mod known;
pub(crate) mod letter;
pub(crate) mod letters;
mod lines;
pub(crate) mod newer;
pub(crate) mod otherwise;
mod pages;
pub(crate) mod paper;
pub(crate) mod pdf;
pub(crate) mod reason;
pub(crate) mod records;
pub(crate) mod replies;
pub(crate) mod story;

use jiff::civil::{Date, Weekday};
use lacre_evidence::clock::Zone;
use lacre_ground::time::Millis;
use lacre_words::lang::Lang;
use lacre_words::words::{Words, key};

/// Are the words Spanish? Names of rules and holidays come in both languages from the law's own texts.
pub(crate) fn spanish(words: &Words) -> bool {
    words.lang() == Lang::Es
}

/// A date with its weekday: `Thu 2026-07-09`.
pub(crate) fn day(words: &Words, date: Date) -> String {
    let weekday = match date.weekday() {
        Weekday::Monday => key("day-monday"),
        Weekday::Tuesday => key("day-tuesday"),
        Weekday::Wednesday => key("day-wednesday"),
        Weekday::Thursday => key("day-thursday"),
        Weekday::Friday => key("day-friday"),
        Weekday::Saturday => key("day-saturday"),
        Weekday::Sunday => key("day-sunday"),
    };
    words.say_with("date", &[("weekday", words.say(weekday).into()), ("date", date.to_string().into())])
}

/// A date as people write it: `jueves 9 de julio de 2026`, `Thursday 9 July 2026`.
pub(crate) fn long_day(words: &Words, date: Date) -> String {
    let part = |list: &'static str, n: i8| words.attribute(list, &format!("n{n}"), &[]).unwrap_or_default();
    let weekday = part(key("long-weekdays"), date.weekday().to_monday_one_offset());
    let month = part(key("long-months"), date.month());
    let (day, year) = (date.day().to_string(), date.year().to_string());
    words.say_with(
        "long-date",
        &[("weekday", weekday.into()), ("day", day.into()), ("month", month.into()), ("year", year.into())],
    )
}

/// An instant on the wall there, and in UTC to the millisecond.
pub(crate) fn instant(words: &Words, zone: Zone, at: Millis) -> String {
    let Some(wall) = zone.wall(at) else { return at.to_string() };
    let args = [
        ("day", long_day(words, wall.date()).into()),
        ("time", wall.strftime("%H:%M:%S").to_string().into()),
        ("zone", zone.name().into()),
        ("utc", at.to_string().into()),
    ];
    words.say_with("instant", &args)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_told_on_the_wall_and_in_utc_in_both_languages() {
        let at = Millis::parse("2026-03-05T02:30:00.500Z").unwrap();
        let told = [Lang::Es, Lang::En].map(|lang| instant(&crate::words(lang), Zone::Santiago, at));
        assert_eq!(
            told,
            [
                "miércoles 4 de marzo de 2026, 23:30:00 en America/Santiago = 2026-03-05T02:30:00.500Z",
                "Wednesday 4 March 2026, 23:30:00 in America/Santiago = 2026-03-05T02:30:00.500Z",
            ]
        );
    }

    #[test]
    fn every_day_and_month_has_its_name() {
        for lang in [Lang::Es, Lang::En] {
            let words = crate::words(lang);
            let mut date = Date::constant(2026, 1, 1);
            for _ in 0..366 {
                let told = long_day(&words, date);
                assert!(told.split(' ').all(|word| !word.is_empty()) && told.contains(&date.day().to_string()), "{told}");
                date = date.tomorrow().unwrap();
            }
        }
    }
}
