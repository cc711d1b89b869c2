//! Instants for people: in their own zone, to the minute.
//!
//! | when | on a terminal | elsewhere (a file outlives "yesterday") |
//! |---|---|---|
//! | today | `18:05` | `2026-11-25 18:05` |
//! | yesterday | `ayer 18:05` | the same form |
//! | less than 180 days ago | `mié 25 nov 18:05` | |
//! | else, and in the future | `25 nov 2025 18:05` | |

use crate::context::{Context, local};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use lacre_ground::time::Millis;
use lacre_words::usage::Forms;
use lacre_words::words::{Words, key};
use std::io::IsTerminal as _;

/// The instant as the reader of stdout wants it.
pub(crate) fn when(ctx: &Context, at: Millis) -> String {
    if !std::io::stdout().is_terminal() {
        return local(at);
    }
    spoken(&ctx.words, &zoned(at, TimeZone::system()), &zoned(ctx.clock.now(), TimeZone::system()))
}

/// The instant inside a sentence: `hoy a las 18:05`, `el 25 nov 2025 a las 18:05`. In a file days have their dates.
pub(crate) fn phrase(ctx: &Context, at: Millis) -> String {
    let (at, now) = (zoned(at, TimeZone::system()), zoned(ctx.clock.now(), TimeZone::system()));
    said(&ctx.words, &at, std::io::stdout().is_terminal().then_some(&now))
}

fn said(words: &Words, at: &Zoned, now: Option<&Zoned>) -> String {
    let time = ("time", at.strftime("%H:%M").to_string().into());
    let days = now.and_then(|now| at.date().until(now.date()).ok()).map(|span| span.get_days());
    match days {
        Some(0) => words.say_with("phrase-today", &[time]),
        Some(1) => words.say_with("phrase-yesterday", &[time]),
        Some(-1) => words.say_with("phrase-tomorrow", &[time]),
        _ => {
            let month = words.attribute("month-names", &format!("n{}", at.month()), &[]).unwrap_or_default();
            let (day, year) = (at.day().to_string(), at.year().to_string());
            words.say_with("phrase-date", &[("day", day.into()), ("month", month.into()), ("year", year.into()), time])
        }
    }
}

/// The first instant of a day in the person's zone; a day outside the calendar is before everything.
pub(crate) fn midnight(day: Date) -> Millis {
    let first = day.to_zoned(TimeZone::system()).map_or(0, |z| z.timestamp().as_millisecond());
    Millis::new(u64::try_from(first).unwrap_or(0))
}

/// A day as it is typed.
pub(crate) fn day(text: &str) -> Result<Date, Forms> {
    text.parse().map_err(|_| Forms("YYYY-MM-DD, 2026-07-06"))
}

fn zoned(at: Millis, zone: TimeZone) -> Zoned {
    let ms = i64::try_from(at.get()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(zone)
}

/// Calendar days are counted in the zone of both, so that a night with a change of the clock is one night.
fn spoken(words: &Words, at: &Zoned, now: &Zoned) -> String {
    const NEAR: i32 = 180;
    let time = at.strftime("%H:%M").to_string();
    let days = at.date().until(now.date()).map_or(i32::MAX, |span| span.get_days());
    let part = |list: &str, index: i8| words.attribute(list, &format!("n{index}"), &[]).unwrap_or_default();
    let (day, month) = (at.day(), part(key("month-names"), at.month()));
    match days {
        0 => time,
        1 => words.say_with("yesterday", &[("time", time.into())]),
        2..NEAR => {
            let weekday = part(key("weekday-names"), at.weekday().to_monday_one_offset());
            let args =
                [("weekday", weekday.into()), ("day", day.to_string().into()), ("month", month.into()), ("time", time.into())];
            words.say_with("near-date", &args)
        }
        _ => {
            let year = at.year().to_string();
            let args = [("day", day.to_string().into()), ("month", month.into()), ("year", year.into()), ("time", time.into())];
            words.say_with("far-date", &args)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_words::lang::Lang;

    /// In Santiago, seen on Wednesday, 2 December 2026, at noon.
    fn said(lang: Lang, at: &str) -> String {
        let zoned = |text: &str| format!("{text}[America/Santiago]").parse::<Zoned>().unwrap();
        spoken(&crate::words(lang), &zoned(at), &zoned("2026-12-02T12:00:00"))
    }

    #[test]
    fn dates_are_said_as_people_say_them_in_both_languages() {
        for (at, es, en) in [
            ("2026-12-02T00:00:00", "00:00", "00:00"),
            ("2026-12-01T18:05:00", "ayer 18:05", "yesterday 18:05"),
            ("2026-11-25T18:05:00", "mié 25 nov 18:05", "Wed 25 Nov 18:05"),
            ("2025-09-18T09:30:00", "18 sept 2025 09:30", "18 Sep 2025 09:30"),
            // a clock that is two years off shows its year
            ("2028-12-02T12:00:00", "2 dic 2028 12:00", "2 Dec 2028 12:00"),
        ] {
            assert_eq!(said(Lang::Es, at), es);
            assert_eq!(said(Lang::En, at), en);
        }
    }

    #[test]
    fn dates_inside_a_sentence_are_read_as_one() {
        let zoned = |text: &str| format!("{text}[America/Santiago]").parse::<Zoned>().unwrap();
        let now = zoned("2026-12-02T12:00:00");
        for (at, es, en) in [
            ("2026-12-02T10:33:00", "hoy a las 10:33", "today at 10:33"),
            ("2026-12-01T18:05:00", "ayer a las 18:05", "yesterday at 18:05"),
            ("2026-12-03T01:05:00", "mañana a las 01:05", "tomorrow at 01:05"),
            ("2026-11-25T18:05:00", "el 25 nov 2026 a las 18:05", "on 25 Nov 2026 at 18:05"),
        ] {
            let both = [Lang::Es, Lang::En].map(|lang| super::said(&crate::words(lang), &zoned(at), Some(&now)));
            assert_eq!(both, [es, en]);
        }
        let elsewhere = super::said(&crate::words(Lang::En), &now, None);
        assert_eq!(elsewhere, "on 2 Dec 2026 at 12:00", "a file outlives today");
    }

    /// In Spanish an instant inside a sentence begins with its article: `de el 30 nov` is no Spanish.
    #[test]
    fn no_sentence_puts_a_word_before_an_instant_that_takes_its_article() {
        for catalogue in [include_str!("../i18n/es.ftl"), include_str!("../i18n/errors.es.ftl")] {
            for place in ["$when", "$since"] {
                let wrong: Vec<&str> = catalogue
                    .lines()
                    .filter(|l| ["de", "De", "a", "A", "el"].iter().any(|w| l.contains(&format!(" {w} {{ {place} }}"))))
                    .collect();
                assert!(wrong.is_empty(), "{wrong:?}");
            }
        }
    }

    #[test]
    fn every_month_and_weekday_has_its_name() {
        for lang in [Lang::Es, Lang::En] {
            let words = crate::words(lang);
            for month in 1..=12 {
                assert!(words.attribute("month-names", &format!("n{month}"), &[]).is_some(), "{lang:?} {month}");
            }
            for day in 1..=7 {
                assert!(words.attribute("weekday-names", &format!("n{day}"), &[]).is_some(), "{lang:?} {day}");
            }
        }
    }
}
