//! Evidence for people and for other programs: told in words, as ETSI records, as a PDF.

pub(crate) mod days;
pub(crate) mod etsi;
pub(crate) mod exported;
pub(crate) mod pdf;
pub(crate) mod reason;
pub(crate) mod story;

use jiff::civil::{Date, Weekday};
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
