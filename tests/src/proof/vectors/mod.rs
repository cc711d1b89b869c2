//! The vectors of `tests/vectors/evidence/`: each a bundle, a trust file, a verdict, a code, and why.
//!
//! A hostile bundle here is one that somebody with the keys of its name could really make: what is signed is signed, the
//! digest at the end fits, and only the named thing is wrong.

mod edges;
mod forms;
mod law;
mod records;

use super::*;
use lacre_evidence::build::not_reachable;
use lacre_evidence::{ExemptReason, FilePart, Reason};
use sha2::{Digest, Sha256};

/// Which trust file a vector is checked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustFile {
    /// `trust.txt`
    Honest,
    /// `trust-ledger.txt`: proofs from the ledger are demanded
    Ledger,
    /// `trust-more.txt`: two keys of each office
    More,
    /// none
    None,
}

/// One vector.
pub struct Vector {
    /// file name without extension
    pub name: &'static str,
    /// the trust file
    pub trust: TrustFile,
    /// VALID, INVALID or INCOMPLETE
    pub verdict: &'static str,
    /// the code of what is wrong or missing, `""` for VALID
    pub code: &'static str,
    /// what was done
    pub why: &'static str,
    /// the bundle
    pub bytes: Vec<u8>,
}

impl TrustFile {
    /// Its name, if there is one.
    #[must_use]
    pub const fn file(self) -> Option<&'static str> {
        match self {
            TrustFile::Honest => Some("trust.txt"),
            TrustFile::Ledger => Some("trust-ledger.txt"),
            TrustFile::More => Some("trust-more.txt"),
            TrustFile::None => None,
        }
    }
    /// What stands in it.
    #[must_use]
    pub fn trust(self) -> Option<Trust> {
        let mut keys = keys(Cast::HONEST);
        if self == TrustFile::More {
            keys.registrars.push(registrar(2).public());
            keys.relays.push(relay(2).public());
            keys.gateways = vec![forge::gateway(1).public(), forge::gateway(2).public()];
        }
        (self != TrustFile::None).then(|| Trust { keys, ledger_required: self == TrustFile::Ledger })
    }
}

/// The digest at the end, made to fit changed bytes.
pub fn with_new_end(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - 69);
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
    bytes.extend_from_slice(format!("end {digest}\n").as_bytes());
    bytes
}

/// Replaces the first occurrence in a bundle's bytes; the digest at the end is made to fit.
fn replaced(bytes: &[u8], old: &str, new: &str) -> Vec<u8> {
    let at = bytes.windows(old.len()).position(|w| w == old.as_bytes()).unwrap();
    with_new_end([&bytes[..at], new.as_bytes(), &bytes[at + old.len()..]].concat())
}

fn line<'t>(text: &'t str, key: &str) -> &'t str {
    text.lines().find(|l| l.starts_with(key)).unwrap()
}

fn with_line(text: &str, key: &str, new: &str) -> String {
    text.replace(line(text, key), new)
}

fn designation_hash(setup: &Setup) -> [u8; 32] {
    Signed::sign(&setup.designation, &device(setup.designation_signer)).unwrap().note_hash()
}

type Change = fn(&mut Setup);
type Edit = fn(&mut World);
type Take = fn(&mut Bundle);

/// All of them, always the same bytes.
pub fn all() -> Vec<Vector> {
    let mut out = Vec::new();
    good(&mut out);
    records::told(&mut out);
    incomplete(&mut out);
    containers(&mut out);
    cheating(&mut out);
    edited(&mut out);
    records::wrong(&mut out);
    law::all(&mut out);
    forms::all(&mut out);
    edges::all(&mut out);
    out
}

fn add(
    out: &mut Vec<Vector>,
    name: &'static str,
    trust: TrustFile,
    verdict: &'static str,
    code: &'static str,
    why: &'static str,
    bytes: Vec<u8>,
) {
    assert!(out.iter().all(|v| v.name != name), "{name} twice");
    out.push(Vector { name, trust, verdict, code, why, bytes });
}

fn unreachable(answer: Answer) -> Bundle {
    let mut setup = Setup::example(Cast::HONEST);
    setup.lookup.answer = answer;
    let certificate = Signed::sign(&setup.certificate, &registrar(1)).unwrap();
    setup.lookup.certificate = certificate.note_hash();
    let lookup = Signed::sign(&setup.lookup, &registrar(1)).unwrap();
    not_reachable(&certificate, &lookup, run(1), salt(Cast::HONEST), &keys(Cast::HONEST))
}

fn two_states(setup: &mut Setup) {
    let mut second = setup.states[0].devices[0].clone();
    second.id = DeviceId::new([9; 16]);
    second.signature_key = device(9).public().key();
    let zero = &setup.states[0];
    let devices = vec![zero.devices[0].clone(), second];
    let one = AccountState { number: 1, previous: Some(zero.hash()), made_at: zero.made_at.plus(HOUR), devices };
    setup.states.push(one);
}

fn good(out: &mut Vec<Vector>) {
    let mut valid = |name, why, bundle: Bundle| add(out, name, TrustFile::Honest, "VALID", "", why, bundle.to_bytes());
    let honest = World::honest();
    valid("valid", "an honest notice with body and attachment", honest.bundle.clone());
    valid("valid-without-files", "body and attachment left out on purpose: digests stay", honest.bundle.without_files());
    let mut some = honest.bundle.clone();
    some.files[1] = FilePart::LeftOut;
    valid("valid-body-only", "the attachment left out", some);
    let receipt_only = Bundle { events: honest.bundle.events[..1].to_vec(), ..honest.bundle.clone() };
    valid("valid-receipt-only", "no record of the person's devices: the law does not ask for it", receipt_only);
    valid("valid-exempt", "the registrar answered that the person is exempt", unreachable(Answer::Exempt(ExemptReason::Law)));
    valid("valid-no-account", "the registrar answered that there is no account", unreachable(Answer::NoAccount));
    let played = |change: Change| {
        let mut setup = Setup::example(Cast::HONEST);
        change(&mut setup);
        setup.play().bundle
    };
    valid("valid-two-states", "an account with a second state", played(two_states));
    valid("valid-communication", "a personal communication: no term", played(|s| s.act = Act::PersonalCommunication));
    valid("valid-communique", "an institutional communiqué: no term", played(|s| s.act = Act::Communique));
    valid("valid-other-rule", "the agency names the other reading", played(|s| s.rule = RuleId::ClD4));
    valid("valid-last-resort", "a last-resort grant", played(|s| s.grant.kind = GrantKind::LastResort));
    valid("valid-empty-body", "an empty file", played(|s| s.body.clear()));
    valid(
        "valid-hour",
        "received one hour after the answer, to the millisecond",
        played(|s| {
            s.accepted_at = s.lookup.asked_at.plus(HOUR);
        }),
    );
}

fn incomplete(out: &mut Vec<Vector>) {
    let honest = World::honest().bundle;
    let mut lacks = |name, trust, code, why, bytes: Vec<u8>| add(out, name, trust, "INCOMPLETE", code, why, bytes);
    lacks("no-trust", TrustFile::None, "trust", "nobody said whom to trust", honest.to_bytes());
    lacks("ledger-demanded", TrustFile::Ledger, "ledger", "the trust file demands the ledger", honest.to_bytes());
    let names = ["register", "approval.0", "reply.0", "head.0", "ledger.0"];
    let kept = names.map(|name| (name.to_owned(), b"something".to_vec()));
    for (name, part) in ["register-there", "approval-there", "reply-there", "head-there", "ledger-there"].into_iter().zip(&kept) {
        let bundle = Bundle { reserved: vec![part.clone()], ..honest.clone() };
        lacks(name, TrustFile::Honest, "reserved", "a part whose place is kept", bundle.to_bytes());
    }
    let bundle = Bundle { reserved: kept.to_vec(), ..honest.clone() };
    lacks(
        "all-reserved-there",
        TrustFile::Ledger,
        "reserved",
        "all parts whose place is kept, in their order",
        bundle.to_bytes(),
    );
    let mut line = |name, why, change: Change| {
        let mut setup = Setup::example(Cast::HONEST);
        change(&mut setup);
        lacks(name, TrustFile::Honest, "reserved", why, setup.play().bundle.to_bytes());
    };
    line("register-line", "the State register's answer is named", |s| s.lookup.register = Some([1; 32]));
    line("approvals-line", "approvals are named", |s| s.change_notice = |n| n.approvals = Some([1; 32]));
    line("checkpoint-line", "a checkpoint is named", |s| {
        s.change_receipt = |r| r.submission.as_mut().unwrap().checkpoint = Some([1; 32]);
    });
    let bytes = honest.to_bytes();
    let version = |v: &str| replaced(&bytes, "lacre evidence v2", v);
    lacks("later-version", TrustFile::Honest, "version", "a later version of the format", version("lacre evidence v3"));
    lacks("much-later-version", TrustFile::Honest, "version", "of two digits", version("lacre evidence v20"));
    lacks(
        "first-version",
        TrustFile::Honest,
        "version",
        "version 1: nothing was ever sent with it",
        version("lacre evidence v1"),
    );
    let gap = Bundle { reserved: vec![("ledger.1".to_owned(), vec![])], ..honest.clone() };
    lacks("number-left-out", TrustFile::Honest, "missing", "a number was left out, nothing else is wrong", gap.to_bytes());
    lacks("last-version", TrustFile::Honest, "version", "2^32 - 1", version("lacre evidence v4294967295"));
    let gap = Bundle { reserved: vec![("ledger.512".to_owned(), vec![])], ..honest.clone() };
    lacks("number-512", TrustFile::Honest, "missing", "the largest number of a part, and none before it", gap.to_bytes());
    let most = replaced(&bytes, "parts 13", "parts 512");
    lacks("parts-512", TrustFile::Honest, "missing", "as many announced as there may be", most);
    let empty = Bundle { reserved: vec![("register".to_owned(), vec![])], ..honest.clone() };
    lacks("register-empty", TrustFile::Honest, "reserved", "a reserved part without bytes is a reserved part", empty.to_bytes());
    let fewer = replaced(&bytes, "parts 13", "parts 14");
    lacks("fewer-parts", TrustFile::Honest, "missing", "it announces one part more", fewer);
    let without: [(&'static str, Take); 12] = [
        ("without-designation", |b| b.designation = None),
        ("without-keys", |b| b.keys = None),
        ("without-certificate", |b| b.certificate = None),
        ("without-lookup", |b| b.lookup = None),
        ("without-opening", |b| b.opening = None),
        ("without-states", |b| b.states.clear()),
        ("without-grant", |b| b.grant = None),
        ("without-notice", |b| b.notice = None),
        ("without-receipt", |b| b.events.clear()),
        ("without-file-undeclared", |b| drop(b.files.pop())),
        ("without-seed", |b| b.opening = b.opening.take().map(|t| with_line(&t, "seed", "seed none"))),
        ("without-files-undeclared", |b| b.files.clear()),
    ];
    for (name, take) in without {
        let mut bundle = honest.clone();
        take(&mut bundle);
        lacks(name, TrustFile::Honest, "missing", "that part is not there", bundle.to_bytes());
    }
    let mut setup = Setup::example(Cast::HONEST);
    two_states(&mut setup);
    let mut bundle = setup.play().bundle;
    bundle.states.pop();
    lacks("without-last-state", TrustFile::Honest, "missing", "the state that the registrar named", bundle.to_bytes());
    let mut unknown = |name, key: &str, new: &str, why| {
        let mut bundle = honest.clone();
        bundle.notice = bundle.notice.map(|n| resign(&n, &agency(1), |t| with_line(t, key, new)));
        lacks(name, TrustFile::Honest, "rule-unknown", why, bundle.to_bytes());
    };
    let zeros = "0".repeat(64);
    unknown("rule-unknown", "rule ", &format!("rule CL-99-2040 {zeros}"), "a rule that this version does not have");
    unknown("calendar-unknown", "calendar ", &format!("calendar CL-2040.1 {zeros}"), "an unknown calendar");
    let mut setup = Setup::example(Cast::HONEST);
    let late: u64 = 2_555_600_000_000 - DISPATCH.get(); // late December 2050
    setup.certificate.until = DISPATCH.plus(late + HOUR);
    setup.grant.until = DISPATCH.plus(late + HOUR);
    setup.lookup.asked_at = setup.lookup.asked_at.plus(late);
    setup.made_at = setup.made_at.plus(late);
    setup.accepted_at = setup.accepted_at.plus(late);
    lacks("calendar-range", TrustFile::Honest, "calendar-range", "the third day is after 2050", setup.play().bundle.to_bytes());
}

fn containers(out: &mut Vec<Vector>) {
    let bytes = World::honest().bundle.to_bytes();
    let mut bad = |name, code, why, bytes: Vec<u8>| add(out, name, TrustFile::Honest, "INVALID", code, why, bytes);
    bad("empty", "container", "no byte at all", vec![]);
    bad("other-file", "container", "a file of another kind", b"%PDF-1.7\n".repeat(20));
    bad("cut-half", "checksum", "the second half is missing", bytes[..bytes.len() / 2].to_vec());
    bad("cut-last-byte", "checksum", "the last newline is missing", bytes[..bytes.len() - 1].to_vec());
    bad("more-bytes", "checksum", "a byte more at the end", [bytes.as_slice(), b"\n"].concat());
    let mut flipped = bytes.clone();
    flipped[5000] ^= 1;
    bad("one-bit", "checksum", "one bit changed in the middle", flipped);
    bad("more-parts", "container", "more parts than it says", replaced(&bytes, "parts 13", "parts 12"));
    bad("leading-zero", "container", "a number with a leading zero", replaced(&bytes, "parts 13", "parts 013"));
    bad("third-line", "container", "no empty third line", replaced(&bytes, "parts 13\n\n", "parts 13\n"));
    bad("unknown-part", "container", "a part that the format does not know", replaced(&bytes, "part keys ", "part kezs "));
    bad("number-missing", "container", "a numbered part without number", replaced(&bytes, "part state.0 ", "part state "));
    bad("number-too-much", "container", "a number where none belongs", replaced(&bytes, "part grant ", "part grant.0 "));
    bad("long-part", "container", "a part longer than the file", replaced(&bytes, "part keys 1", "part keys 91"));
    let lookup = World::honest().bundle.lookup.unwrap().len();
    let (right, short) = (format!("part lookup {lookup}\n"), format!("part lookup {}\n", lookup - 1));
    bad("short-part", "container", "a part longer than its length says", replaced(&bytes, &right, &short));
    bad("left-out-text", "container", "a text left out", {
        let keys = World::honest().bundle.keys.unwrap();
        let old = format!("part keys {}\n{keys}\n", keys.len());
        replaced(&bytes, &old, "part keys left-out\n")
    });
    let first = |line: &str| replaced(&bytes, "lacre evidence v2\n", line);
    bad("version-with-zero", "container", "a number with a leading zero", first("lacre evidence v02\n"));
    bad("version-zero", "container", "versions are numbered from 1", first("lacre evidence v0\n"));
    bad("version-too-large", "container", "2^32", first("lacre evidence v4294967296\n"));
    bad("version-and-space", "container", "something after the number", first("lacre evidence v3 \n"));
    bad("version-and-return", "container", "a carriage return", first("lacre evidence v3\r\n"));
    bad("version-alone", "container", "a first line without end", b"lacre evidence v3".to_vec());
    bad("first-line-alone", "checksum", "nothing after the first line", b"lacre evidence v2\n".to_vec());
    bad("too-many-announced", "container", "513 parts", replaced(&bytes, "parts 13", "parts 513"));
    bad(
        "part-number-with-zero",
        "container",
        "a part's number with a leading zero",
        replaced(&bytes, "part state.0 ", "part state.00 "),
    );
    bad(
        "length-with-zero",
        "container",
        "a part's length with a leading zero",
        replaced(&bytes, &right, &right.replace("lookup ", "lookup 0")),
    );
    bad("text-not-utf8", "container", "a text that is not UTF-8", {
        let at = bytes.windows(7).position(|w| w == b"subject").unwrap();
        let mut changed = bytes.clone();
        changed[at] = 0xff;
        with_new_end(changed)
    });
    bad("part-line-not-utf8", "container", "a part's name that is not UTF-8", {
        let at = bytes.windows(9).position(|w| w == b"part keys").unwrap();
        let mut changed = bytes.clone();
        changed[at + 5] = 0xff;
        with_new_end(changed)
    });
    let with = |change: fn(&mut Bundle)| {
        let mut bundle = World::honest().bundle;
        change(&mut bundle);
        bundle.to_bytes()
    };
    bad(
        "reserved-out-of-order",
        "container",
        "reserved parts in another order",
        with(|b| {
            b.reserved = vec![("ledger.0".to_owned(), vec![]), ("register".to_owned(), vec![])];
        }),
    );
    bad(
        "records-exchanged",
        "container",
        "two records in another order than their numbers",
        replaced(&replaced(&bytes, "part event.1 ", "part event.3 "), "part event.2 ", "part event.1 "),
    );
    bad(
        "gap-and-disorder",
        "container",
        "a number left out, and then parts out of order",
        with(|b| {
            b.reserved = vec![("ledger.1".to_owned(), vec![]), ("register".to_owned(), vec![])];
        }),
    );
    bad("gap-and-more", "container", "a number left out, and more parts than announced", {
        let bytes = with(|b| b.reserved = vec![("ledger.1".to_owned(), vec![])]);
        replaced(&bytes, "parts 14", "parts 13")
    });
    bad(
        "number-513",
        "container",
        "a number that no part can have",
        with(|b| b.reserved = vec![("ledger.513".to_owned(), vec![])]),
    );
    bad(
        "last-part-longer",
        "container",
        "the last part is a byte longer than what is there",
        replaced(&bytes, "part file.1 8", "part file.1 9"),
    );
    bad("reserved-left-out", "container", "only files may be left out", {
        let bytes = with(|b| b.reserved = vec![("register".to_owned(), vec![])]);
        replaced(&bytes, "part register 0\n\n", "part register left-out\n")
    });
    bad("twice", "container", "the same part twice", {
        let keys = World::honest().bundle.keys.unwrap();
        let part = format!("part keys {}\n{keys}\n", keys.len());
        replaced(&replaced(&bytes, &part, &part.repeat(2)), "parts 13", "parts 14")
    });
    bad("out-of-order", "container", "two parts in another order", {
        let b = World::honest().bundle;
        let part =
            |name: &str, t: &Option<String>| format!("part {name} {}\n{}\n", t.as_ref().unwrap().len(), t.as_ref().unwrap());
        let (one, two) = (part("certificate", &b.certificate), part("lookup", &b.lookup));
        replaced(&bytes, &format!("{one}{two}"), &format!("{two}{one}"))
    });
}

/// What a cheating agency, or one with its own registrar or relay, can make with all its keys.
fn cheating(out: &mut Vec<Vector>) {
    let other = |change: fn(&mut Cast)| {
        let mut cast = Cast::HONEST;
        change(&mut cast);
        cast
    };
    let table: [(&'static str, Cast, &'static str, &'static str, Change); 22] = [
        ("own-channel", Cast::HONEST, "other-channel", "a true receipt for a channel of the agency's own", |s| {
            s.change_receipt = |r| r.submission.as_mut().unwrap().channel = ChannelId::new([0xee; 32]);
        }),
        ("own-grant", Cast::HONEST, "signature", "a grant signed by the agency's own device", |s| s.grant_signer = 7),
        ("somebody-elses-grant", Cast::HONEST, "signature", "the grant of another person, signed by her device", |s| {
            s.grant = Setup::example(Cast { person: 2, ..Cast::HONEST }).grant;
            s.grant_signer = 2;
        }),
        ("grant-names-other-account", Cast::HONEST, "other-account", "the person's device signed for another account", |s| {
            s.grant.account = AccountId::new([5; 32]);
        }),
        ("expired-grant", Cast::HONEST, "grant-period", "received after the grant's end", |s| {
            s.grant.until = Millis::new(s.accepted_at.get() - 1);
        }),
        ("early-grant", Cast::HONEST, "grant-period", "received before the grant's beginning", |s| {
            s.grant.from = s.accepted_at.plus(1);
        }),
        ("grant-not-handed-out", Cast::HONEST, "other-grant", "the registrar handed out another grant", |s| {
            two_states(s);
            s.states.pop();
            s.own_answer = true;
            let (account, state_hash) = (s.grant.account, s.states[0].hash());
            s.lookup.answer = Answer::Account { account, state: 0, state_hash, grant: [4; 32], designation: designation_hash(s) };
        }),
        ("garbage-ciphertext", Cast::HONEST, "envelope", "a true receipt for other bytes than the notice gives", |s| {
            s.change_receipt = |r| r.envelope = [0x66; 32];
        }),
        ("back-dated-receipt", Cast::HONEST, "receipt-early", "received before the registrar answered", |s| {
            s.accepted_at = Millis::new(s.lookup.asked_at.get() - HOUR);
        }),
        ("receipt-before-notice", Cast::HONEST, "receipt-early", "received before the notice was made", |s| {
            s.made_at = s.accepted_at.plus(2 * 60_000);
        }),
        ("notice-before-answer", Cast::HONEST, "receipt-early", "the notice was made before the registrar answered", |s| {
            s.made_at = Millis::new(s.lookup.asked_at.get() - 2 * 60_000);
        }),
        ("own-registrar", other(|c| c.registrar = 2), "keys", "everything right, with another registrar", |_| ()),
        ("own-relay", other(|c| c.relay = 2), "keys", "everything right, with another relay", |_| ()),
        ("lookup-of-yesterday", Cast::HONEST, "lookup-stale", "the registrar answered a day before", |s| {
            s.lookup.asked_at = Millis::new(s.accepted_at.get() - 24 * HOUR);
        }),
        ("lookup-one-millisecond-old", Cast::HONEST, "lookup-stale", "an hour and a millisecond", |s| {
            s.accepted_at = s.lookup.asked_at.plus(HOUR + 1);
        }),
        ("other-agencys-answer", Cast::HONEST, "other-agency", "the registrar answered another agency", |s| {
            s.lookup.agency = AgencyCode::parse("AO777").unwrap();
        }),
        ("certificate-ended", Cast::HONEST, "certificate-period", "asked after the certificate's end", |s| {
            s.certificate.until = Millis::new(s.lookup.asked_at.get() - 1);
        }),
        ("certificate-ended-between", Cast::HONEST, "certificate-period", "received after the certificate's end", |s| {
            s.certificate.until = Millis::new(s.accepted_at.get() - 1);
        }),
        ("notice-after-certificate", Cast::HONEST, "certificate-period", "made after the certificate's end", |s| {
            s.certificate.until = Millis::new(s.made_at.get() - 1);
        }),
        ("wrong-account", Cast::HONEST, "other-account", "the registrar named another account", |s| {
            s.own_answer = true;
            let state_hash = s.states[0].hash();
            s.lookup.answer =
                Answer::Account { account: AccountId::new([3; 32]), state: 0, state_hash, grant: [0; 32], designation: [0; 32] };
        }),
        ("wrong-state", Cast::HONEST, "other-state", "the registrar named another state", |s| {
            s.own_answer = true;
            let account = s.grant.account;
            s.lookup.answer = Answer::Account { account, state: 0, state_hash: [1; 32], grant: [0; 32], designation: [0; 32] };
        }),
        ("letter-rule", Cast::HONEST, "rule", "the rule is for letters", |s| s.rule = RuleId::ClLetter),
    ];
    for (name, cast, code, why, change) in table {
        let mut setup = Setup::example(cast);
        change(&mut setup);
        add(out, name, TrustFile::Honest, "INVALID", code, why, setup.play().bundle.to_bytes());
    }
}

/// One part exchanged or edited; what can be signed again is signed again, with the key that the name says.
fn edited(out: &mut Vec<Vector>) {
    let table: [(&'static str, &'static str, &'static str, Edit); 37] = [
        ("receipt-for-another", "event", "the receipt names another recipient than the grant's channel", |w| {
            let recipient = Party::Channel(ChannelId::new([0xee; 32]));
            w.bundle.events[0] = Record { recipient, ..w.receipt.clone() }.sign(&relay(1)).unwrap();
        }),
        ("another-text", "envelope", "the agency shows another text than it sealed", |w| {
            edit_notice(w, |t| with_line(t, "subject", "subject Se rechaza su solicitud (ejemplo)"));
        }),
        ("another-person", "notice-link", "the notice names another RUN", |w| {
            edit_notice(w, |t| with_line(t, "run", &format!("run {}", run(2))));
        }),
        ("another-certificate", "notice-link", "the notice names another certificate", |w| {
            edit_notice(w, |t| with_line(t, "certificate", &format!("certificate {}", "0".repeat(64))));
        }),
        ("another-answer", "notice-link", "the notice names another answer", |w| {
            edit_notice(w, |t| with_line(t, "lookup", &format!("lookup {}", "0".repeat(64))));
        }),
        ("another-place", "notice-link", "a place that suits the agency better", |w| {
            edit_notice(w, |t| with_line(t, "place", "place Pacific/Easter 05201"));
        }),
        ("another-agency", "notice-link", "the notice names another agency", |w| {
            edit_notice(w, |t| with_line(t, "agency", "agency AO777"));
        }),
        ("another-account", "notice-link", "the notice names another account", |w| {
            edit_notice(w, |t| with_line(t, "account", &format!("account {}", "1".repeat(64))));
        }),
        ("another-state", "notice-link", "the notice names another state", |w| {
            edit_notice(w, |t| with_line(t, "state", &format!("state 0 {}", "1".repeat(64))));
        }),
        ("another-grant", "notice-link", "the notice names another grant", |w| {
            edit_notice(w, |t| with_line(t, "grant", &format!("grant {}", "1".repeat(64))));
        }),
        ("rule-text", "rule", "the rule's name with the hash of another text", |w| {
            edit_notice(w, |t| with_line(t, "rule", &format!("rule CL-46-2026 {}", "0".repeat(64))));
        }),
        ("calendar-text", "rule", "the calendar's name with the hash of another text", |w| {
            edit_notice(w, |t| with_line(t, "calendar", &format!("calendar CL-2026.1 {}", "0".repeat(64))));
        }),
        ("communique-with-term", "note", "a communiqué that starts a term", |w| {
            edit_notice(w, |t| with_line(t, "type", "type CI"));
        }),
        ("term-of-zero", "note", "a term of no days", |w| edit_notice(w, |t| with_line(t, "term", "term 0"))),
        ("line-missing", "note", "minimum data without the case file", |w| {
            edit_notice(w, |t| t.replace(&format!("{}\n", line(t, "case")), ""));
        }),
        ("line-too-much", "note", "a line that the format does not know", |w| edit_notice(w, |t| format!("{t}extra x\n"))),
        ("wrong-run", "note", "a RUN whose check digit is wrong", |w| {
            w.bundle.opening = Some(with_line(w.bundle.opening.as_ref().unwrap(), "run", "run 41000111-0"));
        }),
        ("wrong-salt", "commitment", "another salt", |w| {
            w.bundle.opening = Some(with_line(w.bundle.opening.as_ref().unwrap(), "salt", &format!("salt {}", "0".repeat(64))));
        }),
        ("opening-of-another", "commitment", "the RUN of another person", |w| {
            w.bundle.opening = Some(with_line(w.bundle.opening.as_ref().unwrap(), "run", &format!("run {}", run(2))));
        }),
        ("wrong-seed", "file", "another seed", |w| {
            w.bundle.opening = Some(with_line(w.bundle.opening.as_ref().unwrap(), "seed", &format!("seed {}", "0".repeat(64))));
        }),
        ("wrong-seed-without-files", "envelope", "another seed, files left out", |w| {
            w.bundle = w.bundle.without_files();
            w.bundle.opening = Some(with_line(w.bundle.opening.as_ref().unwrap(), "seed", &format!("seed {}", "0".repeat(64))));
        }),
        ("another-body", "file", "another body than the agency signed", |w| {
            w.bundle.files[0] = FilePart::Here(b"another body".to_vec());
        }),
        ("one-file-more", "file", "a file that the notice does not have", |w| {
            w.bundle.files.push(FilePart::Here(b"more".to_vec()));
        }),
        ("exempt-but-sent", "exempt", "the person was exempt, yet a notice is shown", |w| {
            w.bundle.lookup = unreachable(Answer::Exempt(ExemptReason::Law)).lookup;
        }),
        ("certificate-by-stranger", "signature", "the certificate signed by another registrar", |w| {
            resigned(&mut w.bundle.certificate, &registrar(2));
        }),
        ("answer-by-stranger", "signature", "the answer signed by another registrar", |w| {
            resigned(&mut w.bundle.lookup, &registrar(2));
        }),
        ("answer-by-agency", "signature", "the answer signed with the agency's key under the registrar's name", |w| {
            let forger = NoteSigner::new(REGISTRAR, &[0x41; 32]).unwrap();
            resigned(&mut w.bundle.lookup, &forger);
        }),
        ("state-by-stranger", "signature", "the account state signed by another device", |w| {
            w.bundle.states[0] = resign_same(&w.bundle.states[0], &device(2));
        }),
        ("grant-by-stranger", "signature", "the grant signed by another device", |w| resigned(&mut w.bundle.grant, &device(2))),
        ("notice-by-stranger", "signature", "the notice signed by another agency", |w| {
            resigned(&mut w.bundle.notice, &agency(2));
        }),
        ("receipt-by-stranger", "signature", "the receipt signed by another relay", |w| {
            w.bundle.events[0] = resign_same(&w.bundle.events[0], &relay(2));
        }),
        ("receipt-by-agency", "no-receipt", "a record of the agency in the receipt's place", |w| {
            let record = Record {
                event: Event::RelayToNonERDS,
                issuer: Issuer::Relay(authority(1)),
                submission: None,
                ..w.receipt.clone()
            };
            w.bundle.events[0] = record.sign(&relay(1)).unwrap();
        }),
        ("receipt-of-other-relay", "other-relay", "the trusted relay's receipt, the grant names another address of it", |w| {
            let mut record = w.receipt.clone();
            let identity = Identity::new(relay(1).public().key());
            record.issuer = Issuer::Relay(Authority::new("other.example", 7443, identity).unwrap());
            w.bundle.events[0] = record.sign(&relay(1)).unwrap();
        }),
        ("keys-of-another", "keys", "the bundle claims another registrar", |w| {
            w.bundle.keys = Some(keys(Cast { registrar: 2, ..Cast::HONEST }).text());
        }),
        ("keys-without-relay", "signature", "the bundle claims no relay", |w| {
            let mut none = keys(Cast::HONEST);
            none.relays.clear();
            w.bundle.keys = Some(none.text());
        }),
        ("keys-not-a-text", "note", "the keys' text is something else", |w| w.bundle.keys = Some("hello\n".to_owned())),
        ("note-without-signature", "note", "the notice without its signature line", |w| {
            let raw = w.bundle.notice.take().unwrap();
            w.bundle.notice = Some(raw.split_inclusive("\n\n").next().unwrap().to_owned());
        }),
    ];
    for (name, code, why, edit) in table {
        let mut world = World::honest();
        edit(&mut world);
        add(out, name, TrustFile::Honest, "INVALID", code, why, world.bundle.to_bytes());
    }
    let mut setup = Setup::example(Cast::HONEST);
    two_states(&mut setup);
    setup.states[1].previous = Some([9; 32]);
    let broken = setup.play().bundle.to_bytes();
    add(out, "broken-chain", TrustFile::Honest, "INVALID", "account-chain", "state 1 does not name state 0", broken);
}

fn edit_notice(world: &mut World, change: fn(&str) -> String) {
    world.bundle.notice = world.bundle.notice.take().map(|n| resign(&n, &agency(1), change));
}

fn resigned(part: &mut Option<String>, signer: &NoteSigner) {
    *part = part.take().map(|raw| resign_same(&raw, signer));
}

/// The same text, signed by another key.
pub fn resign_same(raw: &str, signer: &NoteSigner) -> String {
    sign(UnverifiedNote::parse(raw).unwrap().unverified_text(), &[signer]).unwrap()
}
