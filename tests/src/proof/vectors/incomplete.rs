//! Bundles that lack something, or have what this version cannot judge.

use super::vector::*;
use crate::proof::*;

pub(super) fn all(out: &mut Vec<Vector>) {
    let honest = World::honest().bundle;
    let mut lacks = |name, trust, code, why, bytes: Vec<u8>| add(out, name, trust, "INCOMPLETE", code, why, bytes);
    lacks("no-trust", TrustFile::None, "trust", "nobody said whom to trust", honest.to_bytes());
    lacks("ledger-demanded", TrustFile::Ledger, "ledger", "the trust file demands the ledger", honest.to_bytes());
    let names = ["register", "head.0", "ledger.0"];
    let kept = names.map(|name| (name.to_owned(), b"something".to_vec()));
    for (name, part) in ["register-there", "head-there", "ledger-there"].into_iter().zip(&kept) {
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
