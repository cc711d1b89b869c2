//! What is VALID of it, and both sides of each bound.

use super::super::vector::*;
use super::making::*;
use crate::proof::*;
use lacre_evidence::otherwise::Step;
use lacre_evidence::{ExemptReason, Reason};

pub(super) fn valid(out: &mut Vec<Vector>) {
    let mut valid = |name, why, kept: Kept| add(out, name, TrustFile::Honest, "VALID", "", why, kept.bundle().to_bytes());
    let (exempt, counter) = (Kept::exempt, || Kept::exempt().then(&Step::HandedOver, DAY));
    let letter = || Kept::exempt().then(&posted(), 60).then(&received(), DAY);
    valid("otherwise-kept", "exempt: N is kept, nothing is done yet", exempt());
    valid(
        "otherwise-kept-no-account",
        "no account: files left out",
        Kept::of(Answer::NoAccount).edit(|b| *b = b.without_files()),
    );
    valid(
        "otherwise-without-answers",
        "N has no return channel, and nothing can be recorded",
        exempt().setup(|s| s.answers = false),
    );
    valid("otherwise-counter", "handed over at the counter: at once, by the body's own word", counter());
    valid("otherwise-letter", "posted, and received at the post office", letter());
    valid("otherwise-posted", "posted: nothing follows yet", exempt().then(&posted(), 60));
    valid("otherwise-returned", "it came back: nothing follows, and that is shown first", letter().then(&came_back(), 9 * DAY));
    let other = |step: fn(String) -> Step| step("RE 777".to_owned());
    let second = exempt().then(&posted(), 60).then(&came_back(), DAY).then(&other(Step::Posted), 2 * DAY);
    valid("otherwise-second-letter", "the first came back, the second did not", second.then(&other(Step::Received), 3 * DAY));
    let both = letter().then(&Step::HandedOver, 2 * DAY);
    valid("otherwise-letter-and-counter", "the counter's day is the earlier, though it was recorded later", both);
    valid(
        "otherwise-dead",
        "to the dead nothing follows",
        Kept { setup: Kept::of(Answer::Exempt(ExemptReason::Dead)).setup, ..counter() },
    );
    valid(
        "otherwise-minor",
        "to a minor: what the body says",
        Kept { setup: Kept::of(Answer::Exempt(ExemptReason::Minor)).setup, ..counter() },
    );
    valid(
        "otherwise-communication",
        "a personal communication: no term",
        counter().setup(|s| s.act = Act::PersonalCommunication),
    );
    valid("otherwise-copy", "a copy: no term", counter().setup(|s| s.standing = Standing::Copy([8; 32])));
    valid("otherwise-trial", "a trial: nothing follows", counter().setup(|s| s.standing = Standing::Trial));
    valid(
        "otherwise-corrects",
        "a correction has dates of its own",
        counter().setup(|s| s.standing = Standing::Corrects([8; 32])),
    );
    let no_term = Act::Notification { stage: Stage::Start, term: None };
    valid("otherwise-without-term", "a notification without a term", letter().setup(|s| s.act = no_term));
    let failed = exempt().then(&Step::NotPosted, 60).then(&Step::NotPosted, 61).then(&Step::Came, DAY);
    valid("otherwise-not-posted", "it could not be posted, twice, and something came on paper", failed);
    valid(
        "otherwise-scan",
        "with the digest of what was signed at the counter",
        counter().last(|t| t.record.scan = Some([6; 32])),
    );
    valid(
        "otherwise-scan-letter",
        "and of a letter's slip",
        exempt().then(&posted(), 60).last(|t| t.record.scan = Some([6; 32])),
    );
    let reasons = |t: &mut Told| t.record.reasons = vec![Reason::OverLimit, Reason::LetterReturned];
    valid(
        "otherwise-returned-reasons",
        "it came back, with a further reason",
        exempt().then(&posted(), 60).then(&came_back(), DAY).last(reasons),
    );
    valid("otherwise-sender-unknown", "a record that names no sender", counter().last(|t| t.record.sender = Party::Unknown));
    valid("otherwise-last-place", "in the last of the 64 places", counter().last(|t| t.place = 63));
    let plan = |kept: Kept, rows| Kept { approved: Some(officials::Plan::honest(rows)), ..kept };
    valid("otherwise-approved", "officials approved the batch that it is a row of", plan(counter(), 1));
    valid("otherwise-approved-by-two", "two of them, of more than 1,000 rows", plan(exempt(), 1001));
    let both = |b: &mut Bundle| {
        let mut keys = TrustFile::More.trust().unwrap().keys;
        keys.gateways.clear();
        b.keys = Some(keys.text());
    };
    let bytes = counter().last(|t| t.relay = relay(2)).edit(both).bundle().to_bytes();
    add(out, "otherwise-either-relay", TrustFile::More, "VALID", "", "of two trusted relays the second one's receipt", bytes);
}

/// Both sides of each bound of time.
pub(super) fn bounds(out: &mut Vec<Vector>) {
    let counter = || Kept::exempt().then(&Step::HandedOver, DAY);
    let less = |at: Millis, ms: u64| Millis::new(at.get() - ms);
    let exempt = Kept::exempt;
    type Row = (&'static str, &'static str, &'static str, Kept);
    let table: Vec<Row> = vec![
        (
            "otherwise-asked-60-s-late",
            "",
            "asked a minute after N was made",
            exempt().setup(|s| s.made_at = less(s.lookup.asked_at, 60_000)),
        ),
        (
            "otherwise-asked-61-s-late",
            "lookup-stale",
            "a millisecond more",
            exempt().setup(|s| s.made_at = less(s.lookup.asked_at, 60_001)),
        ),
        (
            "otherwise-hour",
            "",
            "N was made an hour after the answer",
            exempt().setup(|s| s.made_at = s.lookup.asked_at.plus(HOUR)),
        ),
        (
            "otherwise-hour-and-more",
            "lookup-stale",
            "a millisecond more",
            exempt().setup(|s| s.made_at = s.lookup.asked_at.plus(HOUR + 1)),
        ),
        (
            "otherwise-certificate-ends",
            "",
            "the certificate ends when N is made",
            exempt().setup(|s| s.certificate.until = s.made_at),
        ),
        (
            "otherwise-certificate-ended",
            "certificate-period",
            "a millisecond before",
            exempt().setup(|s| s.certificate.until = less(s.made_at, 1)),
        ),
        (
            "otherwise-certificate-begins",
            "",
            "it begins when N is made",
            exempt().setup(|s| {
                (s.lookup.asked_at, s.certificate.from) = (s.made_at, s.made_at);
            }),
        ),
        (
            "otherwise-certificate-not-begun",
            "certificate-period",
            "N was made a millisecond before",
            exempt().setup(|s| {
                (s.lookup.asked_at, s.certificate.from) = (s.made_at.plus(1), s.made_at.plus(1));
            }),
        ),
        (
            "otherwise-60-s-before",
            "",
            "handed over a minute before N was made",
            counter().last(|t| t.record.time = less(t.record.time, DAY * MINUTES + 60_000)),
        ),
        (
            "otherwise-61-s-before",
            "event",
            "a millisecond more",
            counter().last(|t| t.record.time = less(t.record.time, DAY * MINUTES + 60_001)),
        ),
        (
            "otherwise-received-60-s-before",
            "",
            "received a minute before it was posted",
            exempt().then(&posted(), 60).then(&received(), 59),
        ),
        (
            "otherwise-received-61-s-before",
            "event",
            "a millisecond more",
            exempt().then(&posted(), 60).then(&received(), 59).last(|t| t.record.time = less(t.record.time, 1)),
        ),
        (
            "otherwise-receipt-60-s-early",
            "",
            "the relay had the record a minute before it happened",
            counter().last(|t| t.receipt.accepted_at = less(t.record.time, 60_000)),
        ),
        (
            "otherwise-receipt-61-s-early",
            "reply",
            "a millisecond more",
            counter().last(|t| t.receipt.accepted_at = less(t.record.time, 60_001)),
        ),
    ];
    for (name, code, why, kept) in table {
        let verdict = if code.is_empty() { "VALID" } else { "INVALID" };
        add(out, name, TrustFile::Honest, verdict, code, why, kept.bundle().to_bytes());
    }
    // 2026-07-06 is a Monday; 16 July is a holiday
    let days: [(&str, &str, u64, u64); 6] = [
        ("otherwise-next-day", "recorded on the next day: not late", 0, 1),
        ("otherwise-late", "recorded two business days later", 0, 2),
        ("otherwise-friday", "handed over on a Friday, recorded on Monday: not late", 4, 7),
        ("otherwise-friday-late", "recorded on Tuesday", 4, 8),
        ("otherwise-holiday", "the day before a holiday, recorded on the day after it: not late", 9, 11),
        ("otherwise-saturday-late", "handed over on a Saturday, recorded on Tuesday", 5, 8),
    ];
    for (name, why, done, told) in days {
        let at = |days: u64| DISPATCH.plus(days * DAY * MINUTES);
        let kept = counter().last(|t| (t.record.time, t.receipt.accepted_at) = (at(done), at(told)));
        add(out, name, TrustFile::Honest, "VALID", "", why, kept.bundle().to_bytes());
    }
    let mut first = Kept { setup: Setup::at(Cast::HONEST, Millis::parse("2018-01-01T15:00:00.000Z").unwrap()), ..exempt() };
    first.setup.lookup.answer = Answer::NoAccount;
    let bytes = first.then(&Step::HandedOver, 60).bundle().to_bytes();
    add(out, "otherwise-2018", TrustFile::Honest, "VALID", "", "on the first day of the calendar", bytes);
    let evening = |t: &mut Told| {
        t.record.time = Millis::parse("2026-07-08T03:30:00.000Z").unwrap();
        t.receipt.accepted_at = Millis::parse("2026-07-10T03:59:59.999Z").unwrap();
    };
    let why = "in the evening of the 7th in Santiago, the receipt in that of the 9th: late";
    add(out, "otherwise-evening", TrustFile::Honest, "VALID", "", why, counter().last(evening).bundle().to_bytes());
}
