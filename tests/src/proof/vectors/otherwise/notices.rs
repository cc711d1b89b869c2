//! What is missing, and an N that says something else than the rest.

use super::super::vector::*;
use super::making::*;
use crate::proof::*;
use lacre_evidence::FilePart;
use lacre_evidence::otherwise::Step;

pub(super) fn incomplete(out: &mut Vec<Vector>) {
    let counter = || Kept::exempt().then(&Step::HandedOver, DAY);
    let long_ago = |at: &str| {
        let mut kept = Kept { setup: Setup::at(Cast::HONEST, Millis::parse(at).unwrap()), ..Kept::exempt() };
        kept.setup.lookup.answer = Answer::NoAccount;
        kept
    };
    let table: Vec<(&'static str, &'static str, &'static str, Kept)> = vec![
        ("otherwise-without-receipt", "missing", "a record without the relay's receipt", counter().edit(|b| b.replies.clear())),
        (
            "otherwise-second-without-receipt",
            "missing",
            "the second one's",
            counter().then(&posted(), 2 * DAY).edit(|b| drop(b.replies.pop())),
        ),
        (
            "otherwise-without-seed",
            "missing",
            "an opening without a seed",
            counter().edit(|b| {
                b.opening = b.opening.take().map(|t| with_line(&t, "seed", "seed none"));
            }),
        ),
        (
            "otherwise-without-a-file",
            "missing",
            "a file that is not said to be left out",
            counter().edit(|b| drop(b.files.pop())),
        ),
        (
            "otherwise-approvals",
            "missing",
            "approvals are named, and not there",
            counter().notice(|n| n.approvals = Some([1; 32])),
        ),
        (
            "otherwise-register",
            "reserved",
            "the State register's answer is named",
            counter().setup(|s| s.lookup.register = Some([1; 32])),
        ),
        (
            "otherwise-calendar-unknown",
            "rule-unknown",
            "a calendar that this version does not have",
            counter().notice(|n| n.calendar.id = "CL-2040.1".to_owned()),
        ),
        (
            "otherwise-2017",
            "calendar-range",
            "before the calendar begins",
            long_ago("2017-07-06T14:00:00.000Z").then(&Step::HandedOver, 60),
        ),
        (
            "otherwise-2050-counter",
            "calendar-range",
            "the term ends after the calendar",
            long_ago("2050-12-27T14:00:00.000Z").then(&Step::HandedOver, 60),
        ),
        (
            "otherwise-2050-letter",
            "calendar-range",
            "the day of effect is after the calendar",
            long_ago("2050-12-28T14:00:00.000Z")
                .setup(|s| s.act = Act::Notification { stage: Stage::End, term: None })
                .then(&posted(), 60)
                .then(&received(), 90),
        ),
        (
            "otherwise-2050-late",
            "calendar-range",
            "whether it is late cannot be counted",
            long_ago("2050-12-30T14:00:00.000Z").then(&posted(), 2 * DAY),
        ),
    ];
    for (name, code, why, kept) in table {
        add(out, name, TrustFile::Honest, "INCOMPLETE", code, why, kept.bundle().to_bytes());
    }
    add(
        out,
        "otherwise-no-trust",
        TrustFile::None,
        "INCOMPLETE",
        "trust",
        "nobody said whom to trust",
        counter().bundle().to_bytes(),
    );
}

/// An N that says something else than the rest.
pub(super) fn notices(out: &mut Vec<Vector>) {
    type Row = (&'static str, &'static str, &'static str, fn(&mut Notice));
    let links: [Row; 8] = [
        ("otherwise-other-agency", "notice-link", "N names another agency", |n| n.agency = AgencyCode::parse("AO777").unwrap()),
        ("otherwise-other-certificate", "notice-link", "another certificate", |n| n.certificate = [1; 32]),
        ("otherwise-other-answer", "notice-link", "another answer of the registrar", |n| n.lookup = [1; 32]),
        ("otherwise-other-place", "notice-link", "another place", |n| n.place.comuna = None),
        ("otherwise-other-person", "notice-link", "another person", |n| n.run = run(2)),
        ("otherwise-token-alone", "notice-link", "a token without a return channel", |n| n.return_channel = None),
        ("otherwise-calendar-text", "rule", "the calendar's name with the hash of another text", |n| n.calendar.sha256 = [0; 32]),
        ("otherwise-with-account", "exempt", "N names an account", |n| {
            let rule = lacre_evidence::notice::TextRef { id: "CL-46-2026".to_owned(), sha256: RuleId::Cl46.rule().sha256 };
            n.electronic =
                Some(lacre_evidence::Electronic { rule, account: AccountId::new([1; 32]), state: (0, [1; 32]), grant: [1; 32] });
        }),
    ];
    let counter = || Kept::exempt().then(&Step::HandedOver, DAY);
    for (name, code, why, change) in links {
        add(out, name, TrustFile::Honest, "INVALID", code, why, counter().notice(change).bundle().to_bytes());
    }
    type Edited = (&'static str, &'static str, &'static str, fn(&mut Bundle));
    let parts: [Edited; 15] = [
        ("otherwise-channel-alone", "notice-link", "a return channel without its token", |b| {
            b.opening = b.opening.take().map(|t| with_line(&t, "return", "return none"));
        }),
        ("otherwise-by-another", "signature", "N signed by another agency", |b| resigned(&mut b.notice, &agency(2))),
        ("otherwise-another-n", "event", "another N of this body: what was done was done with the first", |b| {
            b.notice = b.notice.take().map(|n| resign(&n, &agency(1), |t| with_line(t, "subject", "subject Otra cosa")));
        }),
        ("otherwise-half", "note", "no account, and yet a grant", |b| {
            let grant = format!("grant {}", "1".repeat(64));
            b.notice = b.notice.take().map(|n| resign(&n, &agency(1), |t| with_line(t, "grant", &grant)));
        }),
        ("otherwise-half-rule", "note", "no account, and yet a rule", |b| {
            let rule = format!("rule CL-letter {}", "1".repeat(64));
            b.notice = b.notice.take().map(|n| resign(&n, &agency(1), |t| with_line(t, "rule", &rule)));
        }),
        ("otherwise-half-account", "note", "no grant, and yet an account", |b| {
            let account = format!("account {}", "1".repeat(64));
            b.notice = b.notice.take().map(|n| resign(&n, &agency(1), |t| with_line(t, "account", &account)));
        }),
        ("otherwise-half-state", "note", "no account, and yet a state", |b| {
            let state = format!("state 0 {}", "1".repeat(64));
            b.notice = b.notice.take().map(|n| resign(&n, &agency(1), |t| with_line(t, "state", &state)));
        }),
        ("otherwise-and-designation", "exempt", "a designation beside it", |b| {
            b.designation = World::honest().bundle.designation
        }),
        ("otherwise-and-state", "exempt", "a state beside it", |b| b.states = World::honest().bundle.states),
        ("otherwise-and-grant", "exempt", "a grant beside it", |b| b.grant = World::honest().bundle.grant),
        ("otherwise-and-later", "exempt", "a later state beside it", |b| b.later = World::honest().bundle.states),
        ("otherwise-approval-alone", "approval", "an approval, and N names none", |b| b.approvals = vec![vec![1]]),
        ("otherwise-another-body", "file", "another body than the agency signed", |b| {
            b.files[0] = FilePart::Here(b"another body".to_vec());
        }),
        ("otherwise-one-file-more", "file", "a file that N does not have", |b| b.files.push(FilePart::LeftOut)),
        ("otherwise-other-seed", "file", "another seed", |b| {
            b.opening = b.opening.take().map(|t| with_line(&t, "seed", &format!("seed {}", "0".repeat(64))));
        }),
    ];
    for (name, code, why, edit) in parts {
        add(out, name, TrustFile::Honest, "INVALID", code, why, counter().edit(edit).bundle().to_bytes());
    }
    let other = Kept { approved: Some(officials::Plan::honest(1)), ..counter() }.edit(|b| {
        b.notice = b.notice.take().map(|n| resign(&n, &agency(1), |t| with_line(t, "subject", "subject Otra cosa")));
        (b.events, b.replies) = (vec![], vec![]);
    });
    let why = "officials approved another row";
    add(out, "otherwise-approved-other", TrustFile::Honest, "INVALID", "approval-row", why, other.bundle().to_bytes());
    let mut sent = World::honest().bundle;
    let none = |text: &str| {
        ["rule", "account", "state", "grant"]
            .iter()
            .fold(text.to_owned(), |t, key| with_line(&t, &format!("{key} "), &format!("{key} none")))
    };
    sent.notice = sent.notice.map(|n| resign(&n, &agency(1), none));
    let why = "an N that names no account, as if it had been sent";
    add(out, "sent-without-account", TrustFile::Honest, "INVALID", "notice-link", why, sent.to_bytes());
}
