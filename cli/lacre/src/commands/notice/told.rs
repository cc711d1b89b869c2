//! What is said of a notice, in sentences.

use crate::context::Context;
use crate::proof::{long_day, newer, reason};
use crate::{show, when};
use data_encoding::HEXLOWER;
use jiff::civil::Date;
use lacre_core::view::{Genuine, NotGenuine, NoticeAnswer, NoticeReply, OfficialNotice};
use lacre_evidence::clock::{Calendar, Place};
use lacre_evidence::{Act, Effect, Stage, Standing};
use lacre_ground::time::Millis;
use lacre_words::cause::cause_in;
use lacre_words::words::{Words, key};

/// Why it is not to be believed.
pub(crate) fn fault(words: &Words, not: &NotGenuine) -> String {
    match not.code {
        Some(code) => words.say(reason::fault(code)),
        None => cause_in(words, &not.detail),
    }
}

/// What the person has done with it.
pub(crate) fn state(words: &Words, notice: &OfficialNotice) -> String {
    words.say(match (notice.answer, notice.replies.is_empty(), notice.opened_at) {
        (Some((NoticeAnswer::Acknowledged, _)), _, _) => key("notice-acknowledged"),
        (Some((NoticeAnswer::Refused, _)), _, _) => key("notice-refused"),
        (Some((NoticeAnswer::NotMe, _)), _, _) => key("notice-not-me"),
        (None, false, _) => key("notice-replied"),
        (None, true, Some(_)) => key("notice-opened"),
        (None, true, None) => key("notice-new"),
    })
}

/// What kind of act it is.
pub(crate) fn act(words: &Words, act: Act) -> String {
    words.say(match act {
        Act::Notification { stage: Stage::Start, .. } => key("notice-act-start"),
        Act::Notification { stage: Stage::Inquiry, .. } => key("notice-act-inquiry"),
        Act::Notification { stage: Stage::End, .. } => key("notice-act-end"),
        Act::PersonalCommunication => key("notice-act-personal"),
        Act::Communique => key("notice-act-communique"),
    })
}

/// What it is beside others, where that is to be said.
pub(crate) fn standing(words: &Words, standing: Standing) -> Option<String> {
    match standing {
        Standing::Original => None,
        Standing::Copy(_) => Some(words.say("notice-standing-copy")),
        Standing::Corrects(_) => Some(words.say("notice-standing-corrects")),
        Standing::Trial => Some(words.say("notice-standing-trial")),
    }
}

/// Business days from today on until a day, that day counted; none when it is over or the calendar does not reach there.
pub(crate) fn days_left(today: Date, last: Date, place: Place, calendar: &Calendar) -> Option<u32> {
    let mut left = 0;
    let mut day = today;
    if last < today {
        return None;
    }
    while day < last {
        day = day.tomorrow().ok()?;
        left += u32::from(calendar.is_business_day(day, place.comuna)?);
    }
    Some(left)
}

/// The day that it is at the body's place.
pub(crate) fn today(ctx: &Context, genuine: &Genuine) -> Option<Date> {
    genuine.notice.place.zone.date(ctx.clock.now())
}

/// What follows by law, the safe date first. Of a trial nothing does; of a copy each line says that it is the original's.
pub(crate) fn dates(ctx: &Context, genuine: &Genuine) -> Vec<String> {
    let words = &ctx.words;
    match genuine.notice.standing {
        Standing::Trial => vec![words.say("notice-standing-trial")],
        Standing::Copy(_) if matches!(genuine.effect, Some(Effect::Notified(_))) => {
            let of_original = |line: String| words.say_with("notice-of-original", &[("text", line.into())]);
            counted(ctx, genuine).into_iter().map(of_original).collect()
        }
        Standing::Copy(_) => vec![words.say("notice-original-not-here")],
        Standing::Original | Standing::Corrects(_) => counted(ctx, genuine),
    }
}

fn counted(ctx: &Context, genuine: &Genuine) -> Vec<String> {
    let words = &ctx.words;
    let dates = match &genuine.effect {
        None => return vec![words.say("notice-cannot-count")],
        Some(Effect::InformsOnly) => return vec![words.say("notice-informs-only")],
        Some(Effect::Notified(dates)) => dates,
    };
    let Some(safe) = genuine.safe() else { return Vec::new() };
    let mut out = Vec::new();
    if let (Some(last), Some(today)) = (safe.last_day, today(ctx, genuine)) {
        let calendar = Calendar::named(&dates.calendar).unwrap_or_else(Calendar::chile);
        let day = ("day", long_day(words, last).into());
        out.push(match days_left(today, last, genuine.notice.place, calendar) {
            Some(left) => words.say_with("notice-last-day", &[day, ("left", left.into())]),
            None => words.say_with("notice-last-day-over", &[day]),
        });
    }
    out.push(words.say_with("notice-deemed", &[("day", long_day(words, safe.deemed).into())]));
    if genuine.known.is_some() {
        out.push(words.say("notice-counts-as-known"));
    }
    for reading in dates.readings() {
        let last = reading.last_day.map_or_else(|| words.say("notice-no-term"), |d| long_day(words, d));
        let args = [
            ("rule", reading.rule.id.name().into()),
            ("law", reading.rule.law.as_str().into()),
            ("day", long_day(words, reading.deemed).into()),
            ("last", last.into()),
        ];
        out.push(words.say_with("notice-by-rule", &args));
    }
    out.extend(newer::lines(words, dates, Calendar::newest()));
    out.push(words.say("notice-time-is-relays-word"));
    out
}

/// That an answer counts as knowledge, and what would follow of one given now: said before it is sent.
pub(crate) fn knowledge(ctx: &Context, notice: &OfficialNotice, now: Millis) -> String {
    let words = &ctx.words;
    let Ok(genuine) = &notice.content else { return String::new() };
    let Some(known) = genuine.if_known(now.max(notice.accepted_at)) else { return words.say("notice-answer-starts-nothing") };
    let (Some(known), Some(safe)) = (known.readings().next().copied(), genuine.safe()) else {
        return words.say("notice-answer-starts-nothing");
    };
    if known.deemed >= safe.deemed {
        return words.say("notice-answer-changes-nothing");
    }
    let day = ("day", long_day(words, known.deemed).into());
    match (known.last_day, safe.last_day) {
        (Some(last), Some(before)) => words.say_with(
            "notice-answer-is-knowledge",
            &[day, ("last", long_day(words, last).into()), ("before", long_day(words, before).into())],
        ),
        _ => words.say_with("notice-answer-is-knowledge-no-term", &[day]),
    }
}

/// The replies that were sent from here, each with its receipt's time.
pub(crate) fn replies(ctx: &Context, notice: &OfficialNotice) -> Vec<String> {
    replies_at(&ctx.words, notice, &|at| when::phrase(ctx, at))
}

/// The same with times as the reader of a document wants them.
pub(crate) fn replies_at(words: &Words, notice: &OfficialNotice, at: &dyn Fn(Millis) -> String) -> Vec<String> {
    let one = |reply: &NoticeReply| match reply.accepted_at {
        Some(taken) => words.say_with("notice-reply-stored", &[("when", at(taken).into())]),
        None => words.say_with("notice-reply-waits", &[("when", at(reply.made_at).into())]),
    };
    notice.replies.iter().map(one).collect()
}

/// What it is beside others, in a word; or that a later one of the same body corrects it.
pub(crate) fn beside(words: &Words, notice: &OfficialNotice, all: &[OfficialNotice]) -> Option<String> {
    let genuine = notice.content.as_deref().ok()?;
    if corrections(&notice.id.to_hex(), genuine, all).next().is_some() {
        return Some(words.say("notice-short-corrected"));
    }
    match genuine.notice.standing {
        Standing::Original => None,
        Standing::Copy(_) => Some(words.say("notice-short-copy")),
        Standing::Corrects(_) => Some(words.say("notice-short-corrects")),
        Standing::Trial => Some(words.say("notice-short-trial")),
    }
}

/// Genuine notices of the same body that correct the one of this name, the newest first.
fn corrections<'n>(name: &str, of: &Genuine, all: &'n [OfficialNotice]) -> impl Iterator<Item = &'n OfficialNotice> {
    all.iter().filter(move |other| {
        other.content.as_deref().is_ok_and(|later| {
            let corrects = matches!(later.notice.standing, Standing::Corrects(hash) if HEXLOWER.encode(&hash) == name);
            corrects && later.certificate.code == of.certificate.code
        })
    })
}

/// Which other one of those that are here it is about, or is corrected by.
pub(crate) fn others(words: &Words, notice: &OfficialNotice, all: &[OfficialNotice]) -> Vec<String> {
    let Ok(genuine) = notice.content.as_deref() else { return Vec::new() };
    let of = |n: &OfficialNotice| [("notice", show::short(&n.id.to_hex(), 8).into())];
    let about = match genuine.notice.standing {
        Standing::Copy(hash) | Standing::Corrects(hash) => all.iter().find(|n| n.id.to_hex() == HEXLOWER.encode(&hash)),
        Standing::Original | Standing::Trial => None,
    };
    let about = about.map(|n| words.say_with("notice-about-other", &of(n)));
    let own = notice.id.to_hex();
    let corrected = corrections(&own, genuine, all).map(|n| words.say_with("notice-corrected", &of(n)));
    // two corrections of one notice: neither takes the other's place, and who reads one must know of the other
    let corrects = match genuine.notice.standing {
        Standing::Corrects(hash) => HEXLOWER.encode(&hash),
        Standing::Original | Standing::Copy(_) | Standing::Trial => String::new(),
    };
    let beside = corrections(&corrects, genuine, all).filter(|n| n.id != notice.id);
    let beside = beside.map(|n| words.say_with("notice-also-corrects", &of(n)));
    about.into_iter().chain(corrected).chain(beside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_evidence::clock::Zone;

    #[test]
    fn business_days_that_are_left_end_with_the_last_day_itself() {
        let place = Place { zone: Zone::parse("America/Santiago").unwrap(), comuna: None };
        let day = |text: &str| text.parse::<Date>().unwrap();
        // 2026-07-16 is a Thursday and a holiday, 2026-07-18 a Saturday
        for (today, last, left) in [
            ("2026-07-13", "2026-07-13", Some(0)),
            ("2026-07-13", "2026-07-14", Some(1)),
            ("2026-07-13", "2026-07-17", Some(3)),
            ("2026-07-17", "2026-07-20", Some(1)),
            ("2026-07-14", "2026-07-13", None),
        ] {
            assert_eq!(days_left(day(today), day(last), place, Calendar::chile()), left, "{today} to {last}");
        }
    }
}
