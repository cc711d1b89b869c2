//! Where nothing goes electronically: what a body keeps for counter or letter, and what it says was done (FORMAT.md, 4c).

use super::vector::*;
use crate::proof::forge::gateway;
use crate::proof::*;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use lacre_evidence::build::{Unreachable, keep};
use lacre_evidence::otherwise::{By, Step};
use lacre_evidence::{ExemptReason, FilePart, Reason, TakenReply, returned};
use lacre_ground::ids::{EntryId, Seq};
use lacre_ground::label::{self, Label};
use lacre_ground::receipt::Receipt;
use sha2::{Digest as _, Sha256};

const MINUTES: u64 = 60_000;

/// What a body keeps, and everything of it that somebody could make otherwise.
struct Kept {
    setup: Setup,
    notice: fn(&mut Notice),
    told: Vec<Told>,
    /// what officials approve
    approved: Option<officials::Plan>,
    /// changes the parts at the end
    edit: fn(&mut Bundle),
}

/// A record, and the relay's receipt for it.
struct Told {
    record: Record,
    signer: NoteSigner,
    /// leave the record's envelope as it is
    own_envelope: bool,
    /// what stands in the entry in the record's place
    other: Option<&'static str>,
    kind: &'static [u8],
    states: Vec<u8>,
    plain: fn(Vec<u8>) -> Vec<u8>,
    entry: fn(Vec<u8>) -> Vec<u8>,
    place: u32,
    receipt: Receipt,
    relay: NoteSigner,
    part: fn(TakenReply) -> Vec<u8>,
}

fn code() -> AgencyCode {
    AgencyCode::parse("AO001").unwrap()
}

/// So many minutes after N was made.
fn at(setup: &Setup, minutes: u64) -> Millis {
    setup.made_at.plus(minutes * MINUTES)
}

impl Kept {
    fn of(answer: Answer) -> Self {
        let mut setup = Setup::example(Cast::HONEST);
        setup.lookup.answer = answer;
        Self { setup, notice: |_| (), told: vec![], approved: None, edit: |_| () }
    }
    fn exempt() -> Self {
        Self::of(Answer::Exempt(ExemptReason::Law))
    }

    /// Says that this was done so many minutes after N was made; the relay has it a minute later.
    fn then(mut self, step: &Step, minutes: u64) -> Self {
        let (n, time) = (self.told.len(), at(&self.setup, minutes));
        let by = By { agency: &code(), officer: "Funcionaria de Ejemplo", scan: None };
        let small = u8::try_from(n).unwrap();
        self.told.push(Told {
            record: step.record(EvidenceId::new([0xf0 + small; 16]), time, &by, [0; 32]),
            signer: agency(1),
            own_envelope: false,
            other: None,
            kind: b"note",
            states: label::message(Label::NoticeReturn, &[]),
            plain: |plain| plain,
            entry: |entry| entry,
            place: u32::from(small),
            receipt: Receipt {
                generation: Generation::new([7; 16]),
                channel: ChannelId::new([0x61; 32]),
                seq: Seq::new(1 + u64::from(small)).unwrap(),
                entry_id: EntryId::new([0; 16]),
                seal: false,
                sha256: [0; 32],
                accepted_at: time.plus(MINUTES),
            },
            relay: relay(1),
            part: |taken| taken.to_bytes(),
        });
        self
    }
    fn setup(mut self, change: impl FnOnce(&mut Setup)) -> Self {
        change(&mut self.setup);
        self
    }
    /// Changes the last record.
    fn last(mut self, change: impl FnOnce(&mut Told)) -> Self {
        change(self.told.last_mut().unwrap());
        self
    }
    fn notice(mut self, change: fn(&mut Notice)) -> Self {
        self.notice = change;
        self
    }
    fn edit(mut self, edit: fn(&mut Bundle)) -> Self {
        self.edit = edit;
        self
    }

    fn bundle(self) -> Bundle {
        let mut setup = self.setup;
        let certificate = Signed::sign(&setup.certificate, &registrar(1)).unwrap();
        setup.lookup.certificate = certificate.note_hash();
        let lookup = Signed::sign(&setup.lookup, &registrar(1)).unwrap();
        let mut files = vec![File { name: "resolución.txt", media: "text/plain", bytes: &setup.body }];
        files.extend(setup.attachments.iter().map(|(name, bytes)| File { name, media: "text/csv", bytes }));
        let token = Token::new([0x45; 32]);
        let draft = Draft {
            id: NoticeId::new([0x51; 16]),
            act: setup.act,
            standing: setup.standing,
            case: &setup.case,
            procedure: "Permiso de ejemplo",
            subject: "Se resuelve su solicitud (ejemplo)",
            description: "Acto que pone término al procedimiento. Puede interponer recurso de reposición.",
            uris: &[],
            files: &files,
            rule: setup.rule.rule(),
            calendar: Calendar::chile(),
            answers_to: setup.answers.then_some((ChannelId::new([0x61; 32]), &token)),
            approved: None,
        };
        let to = Unreachable { lookup: &lookup, run: run(1), salt: salt(Cast::HONEST) };
        let seed = Seed::new([0x91; 32]);
        let mut bundle = keep(&draft, &to, &certificate, &agency(1), &keys(Cast::HONEST), setup.made_at, &seed).unwrap();
        let mut notice = Notice::parse(&forge::text(bundle.notice.as_ref().unwrap())).unwrap();
        (self.notice)(&mut notice);
        if let Some(plan) = &self.approved {
            let (approvals, place, named) = plan.sign(&Row::of(&notice));
            notice.approvals = Some(named);
            bundle.approvals = approvals.parts(&place);
        }
        let notice = Signed::sign(&notice, &agency(1)).unwrap();
        bundle.notice = Some(notice.raw().to_owned());
        for told in self.told {
            let (event, reply) = told.parts(notice.note_hash());
            bundle.events.push(event);
            bundle.replies.push(reply);
        }
        (self.edit)(&mut bundle);
        bundle
    }
}

impl Told {
    /// The record, and the part with its receipt; digest, place and seal are made to fit.
    fn parts(mut self, notice: [u8; 32]) -> (String, Vec<u8>) {
        if !self.own_envelope {
            self.record.envelope = notice;
        }
        let raw = self.record.sign(&self.signer).unwrap();
        let seed = [0x91; 32];
        let id = returned::entry_id(&Seed::new(seed), self.place);
        let mut parts: Vec<&[u8]> = vec![self.kind, self.other.unwrap_or(&raw).as_bytes(), &self.states];
        if self.kind == b"reply" {
            parts.push(b"text");
        }
        let mut plain = label::message(Label::NoticeReturn, &parts);
        plain.push(0x80);
        plain.resize(4096, 0);
        let plain = (self.plain)(plain);
        let key = label::derive::<32>(&seed, Label::NoticeReturn, &[b"key"]);
        let aad = label::message(Label::NoticeReturnAad, &[self.receipt.channel.as_bytes(), id.as_bytes()]);
        let sealed = XChaCha20Poly1305::new((&key).into()).encrypt(&XNonce::from([5; 24]), Payload { msg: &plain, aad: &aad });
        let entry = (self.entry)([[5; 24].as_slice(), &sealed.unwrap()].concat());
        let entry_id = if self.receipt.entry_id == EntryId::new([0; 16]) { id } else { self.receipt.entry_id };
        let sha256 = if self.receipt.sha256 == [0; 32] { Sha256::digest(&entry).into() } else { self.receipt.sha256 };
        let receipt = Receipt { entry_id, sha256, ..self.receipt }.sign(&self.relay).unwrap();
        (raw, (self.part)(TakenReply { receipt, entry }))
    }
}

fn posted() -> Step {
    Step::Posted("RE 123 456".to_owned())
}
fn received() -> Step {
    Step::Received("RE 123 456".to_owned())
}
fn came_back() -> Step {
    Step::Returned("RE 123 456".to_owned())
}
const DAY: u64 = 24 * 60;

pub(super) fn all(out: &mut Vec<Vector>) {
    valid(out);
    bounds(out);
    incomplete(out);
    notices(out);
    steps(out);
    receipts(out);
}

fn valid(out: &mut Vec<Vector>) {
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
fn bounds(out: &mut Vec<Vector>) {
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

fn incomplete(out: &mut Vec<Vector>) {
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
fn notices(out: &mut Vec<Vector>) {
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

/// A record that has no place there.
fn steps(out: &mut Vec<Vector>) {
    type Row = (&'static str, &'static str, &'static str, fn(&mut Told));
    let counter: [Row; 19] = [
        ("otherwise-by-device", "signature", "a device, of whatever account", |t| {
            t.record.issuer = Issuer::Device(AccountId::new([1; 32]), DeviceId::new([1; 16]));
            t.record.scan = None;
        }),
        ("otherwise-by-relay", "signature", "a relay", |t| {
            (t.record.issuer, t.signer) = (Issuer::Relay(authority(1)), relay(1));
        }),
        ("otherwise-by-gateway", "signature", "a gateway", |t| {
            (t.record.issuer, t.signer) = (Issuer::Gateway("example".to_owned()), gateway(1));
        }),
        ("otherwise-officer-of-another", "signature", "an officer of another body", |t| {
            t.record.issuer = Issuer::Officer(AgencyCode::parse("AO777").unwrap(), "X".to_owned());
        }),
        ("otherwise-key-of-another", "signature", "this body's officer, under another body's key", |t| t.signer = agency(2)),
        ("otherwise-handed-over-by-agency", "event", "the agency itself, no officer", |t| {
            t.record.issuer = Issuer::Agency(code())
        }),
        ("otherwise-without-reason", "event", "an officer who does not say: in person", |t| t.record.reasons.clear()),
        ("otherwise-two-reasons", "event", "in person, and something else", |t| t.record.reasons.push(Reason::Outage)),
        ("otherwise-officer-posts", "event", "an officer who posts a letter", |t| {
            (t.record.event, t.record.reasons, t.record.reference) = (Event::RelayToNonERDS, vec![], Some("RE 1".to_owned()));
        }),
        ("otherwise-officer-failed", "event", "an officer whose letter came back", |t| {
            (t.record.event, t.record.reasons) = (Event::RelayToNonERDSFailure, vec![Reason::Outage]);
        }),
        ("otherwise-officer-paper", "event", "an officer to whom paper came", |t| {
            (t.record.event, t.record.reasons) = (Event::ReceivedFromNonERDS, vec![]);
        }),
        ("otherwise-opened", "event", "opened, as if by a device", |t| {
            (t.record.event, t.record.reasons) = (Event::ContentAccessTracking, vec![]);
        }),
        ("otherwise-failed-in-person", "event", "not handed over, in person", |t| t.record.event = Event::ContentHandoverFailure),
        ("otherwise-other-notice", "event", "a record of another notice", |t| {
            (t.record.envelope, t.own_envelope) = ([1; 32], true);
        }),
        ("otherwise-other-sender", "event", "another sender", |t| {
            t.record.sender = Party::Agency(AgencyCode::parse("AO777").unwrap());
        }),
        ("otherwise-to-account", "event", "a recipient's account", |t| {
            t.record.recipient = Party::Account(AccountId::new([1; 32]))
        }),
        ("otherwise-to-channel", "event", "a recipient's channel", |t| {
            t.record.recipient = Party::Channel(ChannelId::new([1; 32]))
        }),
        ("otherwise-to-agency", "event", "the agency as recipient", |t| t.record.recipient = Party::Agency(code())),
        ("otherwise-from-account", "event", "an account as sender", |t| {
            t.record.sender = Party::Account(AccountId::new([1; 32]))
        }),
    ];
    for (name, code, why, change) in counter {
        let kept = Kept::exempt().then(&Step::HandedOver, DAY).last(change);
        add(out, name, TrustFile::Honest, "INVALID", code, why, kept.bundle().to_bytes());
    }
    let post = |step: Step| Kept::exempt().then(&posted(), 60).then(&step, DAY);
    let other = |step: fn(String) -> Step| step("RE 777".to_owned());
    let none = |kept: Kept| kept.last(|t| t.record.reference = None);
    let exempt = Kept::exempt;
    let again = |t: &mut Told| t.record.id = EvidenceId::new([0xf0; 16]);
    let table: Vec<(&'static str, &'static str, Kept)> = vec![
        ("otherwise-posted-without-reference", "posted, and nobody knows what", none(exempt().then(&posted(), 60))),
        ("otherwise-received-without-reference", "received, and nobody knows what", none(post(received()))),
        ("otherwise-returned-without-reference", "came back, and nobody knows what", none(post(came_back()))),
        (
            "otherwise-received-reasons",
            "received, and something else",
            post(received()).last(|t| t.record.reasons.push(Reason::Outage)),
        ),
        (
            "otherwise-posted-reason",
            "posted in person",
            exempt().then(&posted(), 60).last(|t| t.record.reasons.push(Reason::InPerson)),
        ),
        (
            "otherwise-failed-at-post-office",
            "failed at the post office",
            exempt().then(&Step::NotPosted, 60).last(|t| t.record.reasons.push(Reason::PostOffice)),
        ),
        (
            "otherwise-paper-reason",
            "paper came, for a reason",
            exempt().then(&Step::Came, 60).last(|t| t.record.reasons.push(Reason::Outage)),
        ),
        ("otherwise-counter-twice", "handed over twice", exempt().then(&Step::HandedOver, 60).then(&Step::HandedOver, DAY)),
        ("otherwise-posted-twice", "posted twice under one reference", post(posted())),
        ("otherwise-received-twice", "received twice", post(received()).then(&received(), 2 * DAY)),
        ("otherwise-returned-twice", "came back twice", post(came_back()).then(&came_back(), 2 * DAY)),
        ("otherwise-never-posted", "received, and never posted", exempt().then(&received(), DAY)),
        ("otherwise-other-letter", "received, another letter than was posted", post(other(Step::Received))),
        ("otherwise-returned-never-posted", "came back, and never posted", exempt().then(&came_back(), DAY)),
        ("otherwise-other-returned", "another letter came back", post(other(Step::Returned))),
        (
            "otherwise-posted-behind",
            "posted, but recorded behind its reception",
            exempt().then(&received(), DAY).then(&posted(), 60),
        ),
        (
            "otherwise-same-record",
            "the same record in two places",
            exempt().then(&Step::NotPosted, 60).then(&Step::NotPosted, 60).last(again),
        ),
    ];
    for (name, why, kept) in table {
        add(out, name, TrustFile::Honest, "INVALID", "event", why, kept.bundle().to_bytes());
    }
    let mut sent = World::honest();
    let letter = received().record(
        EvidenceId::new([0xf0; 16]),
        DISPATCH.plus(HOUR),
        &By { agency: &code(), officer: "", scan: None },
        sent.receipt.envelope,
    );
    sent.bundle.events.push(letter.sign(&agency(1)).unwrap());
    let why = "post-office, of a notice that was sent";
    add(out, "sent-and-post-office", TrustFile::Honest, "INVALID", "event", why, sent.bundle.to_bytes());
    let device = resign(&World::honest().bundle.events[1], &device(1), |t| format!("{t}scan {}\n", "6".repeat(64)));
    let mut sent = World::honest().bundle;
    sent.events[1] = device;
    add(out, "device-and-scan", TrustFile::Honest, "INVALID", "note", "a device that scanned a paper", sent.to_bytes());
    let mut sent = World::honest();
    let mut letter = posted().record(
        EvidenceId::new([0xf0; 16]),
        DISPATCH.plus(HOUR),
        &By { agency: &code(), officer: "", scan: Some([6; 32]) },
        sent.receipt.envelope,
    );
    letter.reasons.clear();
    sent.bundle.events.push(letter.sign(&agency(1)).unwrap());
    let why = "a letter too, with the digest of its slip";
    add(out, "valid-by-letter-with-scan", TrustFile::Honest, "VALID", "", why, sent.bundle.to_bytes());
}

/// A receipt that is not the relay's for this record.
fn receipts(out: &mut Vec<Vector>) {
    type Row = (&'static str, &'static str, &'static str, fn(&mut Told));
    let table: [Row; 18] = [
        ("otherwise-part-empty", "reply", "a part without bytes", |t| t.part = |_| Vec::new()),
        ("otherwise-receipt-by-another", "signature", "another relay's receipt", |t| t.relay = relay(2)),
        ("otherwise-receipt-by-agency", "signature", "a receipt that the agency made", |t| {
            t.relay = NoteSigner::new(RELAY, &[0x41; 32]).unwrap();
        }),
        ("otherwise-other-channel", "reply", "a receipt for another channel", |t| t.receipt.channel = ChannelId::new([1; 32])),
        ("otherwise-place-65", "reply", "in the 65th place", |t| t.place = 64),
        ("otherwise-other-entry", "reply", "a receipt for an entry of anybody", |t| t.receipt.entry_id = EntryId::new([1; 16])),
        ("otherwise-seal", "reply", "a seal", |t| t.receipt.seal = true),
        ("otherwise-other-bytes", "reply", "a receipt for other bytes", |t| t.receipt.sha256 = [1; 32]),
        ("otherwise-garbage", "reply", "bytes that do not open", |t| {
            t.entry = |mut entry| {
                entry[40] ^= 1;
                entry
            }
        }),
        ("otherwise-short", "reply", "an entry of ten bytes", |t| t.entry = |entry| entry[..10].to_vec()),
        ("otherwise-as-reply", "reply", "an entry that is a reply", |t| t.kind = b"reply"),
        ("otherwise-other-kind", "reply", "an entry of no kind", |t| t.kind = b"else"),
        ("otherwise-other-record", "reply", "the entry is of another record", |t| t.other = Some("something else\n")),
        ("otherwise-with-states", "reply", "with a state", |t| t.states = label::message(Label::NoticeReturn, &[b"a state\n"])),
        ("otherwise-states-no-text", "reply", "with a state that is no text", |t| {
            t.states = label::message(Label::NoticeReturn, &[b"\xff\n"]);
        }),
        ("otherwise-states-no-list", "reply", "with what is no list of states", |t| t.states = b"x".to_vec()),
        ("otherwise-no-padding", "reply", "without an end", |t| t.plain = |plain| vec![0; plain.len()]),
        ("otherwise-taken-of-another-kind", "reply", "a part that is none of an entry and its receipt", |t| {
            t.part = |taken| {
                let TakenReply { receipt, entry } = taken;
                label::message(Label::NoticeReturn, &[b"token", receipt.as_bytes(), &entry])
            };
        }),
    ];
    let counter = || Kept::exempt().then(&Step::HandedOver, DAY);
    for (name, code, why, change) in table {
        add(out, name, TrustFile::Honest, "INVALID", code, why, counter().last(change).bundle().to_bytes());
    }
    let twice = Kept::exempt().then(&posted(), 60).then(&received(), DAY).last(|t| t.place = 0);
    add(
        out,
        "otherwise-place-twice",
        TrustFile::Honest,
        "INVALID",
        "reply",
        "two records in one place",
        twice.bundle().to_bytes(),
    );
    let more = counter().edit(|b| b.replies.push(b.replies[0].clone()));
    add(
        out,
        "otherwise-one-receipt-more",
        TrustFile::Honest,
        "INVALID",
        "reply",
        "a receipt for no record",
        more.bundle().to_bytes(),
    );
    let swapped = Kept::exempt().then(&posted(), 60).then(&received(), DAY).edit(|b| b.replies.swap(0, 1));
    add(
        out,
        "otherwise-receipts-swapped",
        TrustFile::Honest,
        "INVALID",
        "reply",
        "each other's receipts",
        swapped.bundle().to_bytes(),
    );
}
