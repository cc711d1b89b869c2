//! Evidence that was changed, cut, exchanged or made with other keys is never VALID, and nothing panics.

use lacre_evidence::{Bundle, FilePart, Verdict, verify};
use lacre_tests::proof::vectors::{resign_same, with_new_end};
use lacre_tests::proof::{Cast, Setup, World, agency, device, registrar, relay, trust};
use proptest::prelude::*;

fn never_valid(bytes: &[u8], what: &str) -> Verdict {
    let verdict = verify(bytes, Some(&trust()));
    assert_ne!(verdict.word(), "VALID", "{what}");
    verdict
}

#[test]
fn every_bit_flipped_and_every_cut_is_never_valid() {
    let bytes = World::honest().bundle.to_bytes();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            never_valid(&changed, &format!("byte {at} bit {bit}"));
        }
        never_valid(&bytes[..at], &format!("cut at {at}"));
    }
}

/// The codes that a part may show when its bytes are others: the part's own, never another's.
fn own_codes(part: &str) -> &'static [&'static str] {
    match part.split('.').next().unwrap() {
        "keys" => &["note", "keys"],
        "opening" => &["note", "commitment", "file", "envelope", "notice-link"],
        "file" => &["file"],
        _ => &["note", "signature"],
    }
}

/// Where the bytes of each part are.
fn places(bytes: &[u8], names: &[String]) -> Vec<(String, std::ops::Range<usize>)> {
    let place = |name: &String| {
        let head = format!("part {name} ");
        let from = bytes.windows(head.len()).position(|w| w == head.as_bytes()).unwrap();
        let line = from + bytes[from..].iter().position(|b| *b == b'\n').unwrap();
        let len: usize = std::str::from_utf8(&bytes[from + head.len()..line]).unwrap().parse().unwrap();
        (name.clone(), line + 1..line + 1 + len)
    };
    names.iter().map(place).collect()
}

/// Seen red: with the signature of the grant checked before its form is, and with records left unread after the receipt.
#[test]
fn every_byte_changed_with_the_end_made_again_shows_the_code_of_its_own_part() {
    let mut setup = Setup::example(Cast::HONEST);
    setup.attachments.clear();
    setup.body = b"short".to_vec();
    let mut bundle = setup.play().bundle;
    let bytes = bundle.to_bytes();
    assert_eq!(verify(&bytes, Some(&trust())).word(), "VALID");
    let names: Vec<String> = parts(&mut bundle).into_iter().map(|(n, _)| n).collect();
    let places = places(&bytes, &names);
    for at in 0..bytes.len() - 69 {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 7);
        let verdict = never_valid(&with_new_end(changed.clone()), &format!("byte {at}"));
        // what is no UTF-8 any more is a fault of the container
        if let Some((name, range)) = places
            .iter()
            .find(|(n, r)| r.contains(&at) && (n.starts_with("file") || std::str::from_utf8(&changed[r.clone()]).is_ok()))
        {
            let Verdict::Invalid(fault) = &verdict else { panic!("byte {at} of {name} at {range:?}: {verdict:?}") };
            assert!(own_codes(name).contains(&fault.code.code()), "byte {at} of {name}: {} in {}", fault.code.code(), fault.part);
            let elsewhere = name == "opening" && ["file", "envelope", "notice-link"].contains(&fault.code.code());
            assert!(elsewhere || fault.part == *name, "byte {at} of {name}: {} in {}", fault.code.code(), fault.part);
        }
        let mut cut = bytes.clone();
        cut.remove(at);
        never_valid(&with_new_end(cut), &format!("without byte {at}"));
    }
}

/// All parts of a bundle, to take one out or put another in.
fn parts(bundle: &mut Bundle) -> Vec<(String, Part<'_>)> {
    let mut out = Vec::new();
    for (name, text) in [
        ("keys", &mut bundle.keys),
        ("certificate", &mut bundle.certificate),
        ("lookup", &mut bundle.lookup),
        ("opening", &mut bundle.opening),
        ("designation", &mut bundle.designation),
        ("grant", &mut bundle.grant),
        ("notice", &mut bundle.notice),
    ] {
        out.push((name.to_owned(), Part::Text(text.as_mut().unwrap())));
    }
    out.extend(bundle.states.iter_mut().enumerate().map(|(i, t)| (format!("state.{i}"), Part::Text(t))));
    out.extend(bundle.events.iter_mut().enumerate().map(|(i, t)| (format!("event.{i}"), Part::Text(t))));
    out.extend(bundle.files.iter_mut().enumerate().map(|(i, f)| (format!("file.{i}"), Part::File(f))));
    out
}

enum Part<'a> {
    Text(&'a mut String),
    File(&'a mut FilePart),
}

#[test]
fn every_part_removed_from_the_file_is_never_valid() {
    let bytes = World::honest().bundle.to_bytes();
    let names: Vec<String> = parts(&mut World::honest().bundle).into_iter().map(|(n, _)| n).collect();
    assert_eq!(names.len(), 13);
    for (name, range) in places(&bytes, &names) {
        let head = format!("part {name} {}\n", range.len());
        let without = with_new_end([&bytes[..range.start - head.len()], &bytes[range.end + 1..]].concat());
        assert_eq!(never_valid(&without, &name).word(), "INCOMPLETE", "{name}");
    }
}

#[test]
fn every_part_exchanged_for_that_of_another_bundle_is_never_valid() {
    let others = [
        ("another notice to the same person", Cast { notice: 2, ..Cast::HONEST }),
        ("a notice to another person", Cast { person: 2, notice: 2, ..Cast::HONEST }),
        ("a notice of another agency", Cast { agency: 2, notice: 2, ..Cast::HONEST }),
        ("another relay", Cast { relay: 2, ..Cast::HONEST }),
        ("another registrar", Cast { registrar: 2, ..Cast::HONEST }),
    ];
    let mut exchanged = 0;
    for (what, cast) in others {
        let mut setup = Setup::example(cast);
        setup.body = b"another body".to_vec();
        setup.attachments[0].1 = b"another attachment".to_vec();
        let mut other = setup.play().bundle;
        let count = parts(&mut other).len();
        for i in 0..count {
            let mut bundle = World::honest().bundle;
            let (name, changed) = {
                let (mut mine, mut theirs) = (parts(&mut bundle), parts(&mut other));
                let (name, mine) = mine.remove(i);
                match (mine, theirs.remove(i).1) {
                    (Part::Text(a), Part::Text(b)) => (name, std::mem::replace(a, b.clone()) != *b),
                    (Part::File(a), Part::File(b)) => (name, std::mem::replace(a, b.clone()) != *b),
                    _ => unreachable!(),
                }
            };
            if changed {
                exchanged += 1;
                never_valid(&bundle.to_bytes(), &format!("{name} of {what}"));
            }
        }
    }
    assert!(exchanged >= 35, "{exchanged}");
}

#[test]
fn every_note_signed_again_by_a_wrong_but_well_formed_key_is_never_valid() {
    let strangers = [registrar(3), relay(3), agency(3), device(3), registrar(2), relay(2), agency(2), device(2)];
    let ours = [registrar(1), relay(1), agency(1), device(1)];
    for signer in strangers.iter().chain(&ours) {
        let mut names = parts(&mut World::honest().bundle).into_iter().map(|(n, _)| n).collect::<Vec<_>>();
        names.retain(|n| !["keys", "opening", "file.0", "file.1"].contains(&n.as_str()));
        for name in names {
            let mut bundle = World::honest().bundle;
            let (_, part) = parts(&mut bundle).into_iter().find(|(n, _)| *n == name).unwrap();
            let Part::Text(raw) = part else { unreachable!() };
            let again = resign_same(raw, signer);
            if again == *raw {
                continue; // that was the right key
            }
            *raw = again;
            let verdict = never_valid(&bundle.to_bytes(), &format!("{name} by {}", signer.public().name()));
            assert_eq!(verdict.code(), Some("signature"), "{name} by {}", signer.public().name());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_the_verifier_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0usize..9000) {
        never_valid(&bytes, "random bytes");
        let honest = World::honest().bundle.to_bytes();
        let mut bundle = honest.clone();
        let at = cut % (bundle.len() - 69);
        let end = (at + bytes.len()).min(bundle.len() - 69);
        bundle.splice(at..end, bytes);
        prop_assume!(bundle != honest);
        never_valid(&with_new_end(bundle), "random bytes inside");
    }
}
