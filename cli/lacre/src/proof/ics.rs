//! The last day of a term for a calendar (RFC 5545): an all-day event with an alarm on each day of reminding. Calendars are often kept
//! by others, and seen by others: what the notice says is not in it unless the person wants that.

use jiff::civil::Date;
use lacre_core::view::{Genuine, OfficialNotice};
use lacre_ground::time::Millis;
use lacre_words::shown::shown;
use lacre_words::words::Words;

/// Most octets of a line, without its end (RFC 5545, 3.1).
const LINE: usize = 75;
/// Alarms ring at nine in the morning.
const RINGS_AT: i32 = 9;

/// The file; none of a notice that starts no term of its own. `now` says which of two is newer.
pub(crate) fn file(words: &Words, notice: &OfficialNotice, now: Millis, with_subject: bool) -> Option<String> {
    let genuine = notice.content.as_deref().ok()?;
    let days = genuine.reminds();
    let last = genuine.safe()?.last_day.filter(|_| !days.is_empty())?;
    let id = notice.id.to_hex();
    let what = words.say("ics-summary");
    let summary = if with_subject { subject(words, genuine) } else { what.clone() };
    let args = [("id", id.get(..8).unwrap_or_default().to_owned().into())];
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        format!("PRODID:-//Lacre//lacre {}//{}", env!("LACRE_VERSION"), words.lang().code().to_uppercase()),
        "CALSCALE:GREGORIAN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        // the same of each export, so that a later one replaces it
        format!("UID:lacre-{id}"),
        format!("DTSTAMP:{}", stamp(now)?),
        format!("DTSTART;VALUE=DATE:{}", day(last)),
        format!("DTEND;VALUE=DATE:{}", day(last.tomorrow().ok()?)),
        format!("SUMMARY:{}", escaped(&summary)),
        format!("DESCRIPTION:{}", escaped(&words.say_with("ics-description", &args))),
        "CLASS:PRIVATE".to_owned(),
        "TRANSP:TRANSPARENT".to_owned(),
    ];
    for (_, reminds) in days {
        let trigger = trigger(reminds, last)?;
        let ring = format!("DESCRIPTION:{}", escaped(&what));
        lines.extend(["BEGIN:VALARM".to_owned(), "ACTION:DISPLAY".to_owned(), trigger, ring, "END:VALARM".to_owned()]);
    }
    lines.extend(["END:VEVENT".to_owned(), "END:VCALENDAR".to_owned()]);
    Some(lines.iter().map(|line| folded(line)).collect())
}

fn subject(words: &Words, genuine: &Genuine) -> String {
    let args = [("subject", shown(&genuine.notice.subject).into()), ("name", shown(&genuine.certificate.name).into())];
    words.say_with("ics-summary-subject", &args)
}

fn day(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

fn stamp(at: Millis) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(i64::try_from(at.get()).ok()?).ok()?;
    Some(at.strftime("%Y%m%dT%H%M%SZ").to_string())
}

/// On the morning of a day, told from the first instant of the last one.
fn trigger(on: Date, last: Date) -> Option<String> {
    let hours = on.until(last).ok()?.get_days() * 24 - RINGS_AT;
    let sign = if hours >= 0 { "-" } else { "" };
    Some(format!("TRIGGER:{sign}PT{}H", hours.abs()))
}

/// A text as a value (3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A line with its end, folded between characters.
fn folded(line: &str) -> String {
    let (mut out, mut used) = (String::with_capacity(line.len() + 2), 0);
    for c in line.chars() {
        if used + c.len_utf8() > LINE {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
    out + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_at_75_octets_between_characters_and_unfold_to_what_they_were() {
        for text in ["a".repeat(300), "ñ".repeat(200), "漢字".repeat(60), "x".repeat(75), String::new()] {
            let folded = folded(&text);
            assert!(folded.ends_with("\r\n") && folded.lines().all(|line| line.trim_end_matches('\r').len() <= LINE));
            assert_eq!(folded.replace("\r\n ", "").trim_end(), text);
        }
        assert_eq!(folded(&"x".repeat(75)).lines().count(), 1);
    }

    #[test]
    fn a_text_stays_in_its_value() {
        assert_eq!(escaped("a;b,c\\d\nEND:VEVENT\r\u{7}"), "a\\;b\\,c\\\\d\\nEND:VEVENT");
    }

    #[test]
    fn alarms_ring_in_the_morning_of_their_days() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(trigger(date("2026-07-17"), date("2026-07-20")).unwrap(), "TRIGGER:-PT63H");
        assert_eq!(trigger(date("2026-07-19"), date("2026-07-20")).unwrap(), "TRIGGER:-PT15H");
        assert_eq!(trigger(date("2026-07-20"), date("2026-07-20")).unwrap(), "TRIGGER:PT9H");
    }
}
