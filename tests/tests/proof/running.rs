//! Evidence of the running system: a real relay, a body's program and a person's, judged by both verifiers.
use crate::second_verifier::ask;
use lacre_core::view::{NoticeAnswer, ReplyFile};
use lacre_evidence::{Trust, Verdict, verify};
use lacre_tests::office::{Office, decision};
use lacre_tests::proof::vectors::with_new_end;
use lacre_tests::world::World;
use serde_json::json;
use std::ops::Range;

/// Each part's name and where its bytes are.
fn parts(bundle: &[u8]) -> Vec<(String, Range<usize>)> {
    let line = |at: usize| at + bundle[at..].iter().position(|b| *b == b'\n').unwrap();
    let (mut at, mut parts) = (bundle.windows(2).position(|w| w == b"\n\n").unwrap() + 2, Vec::new());
    while bundle[at..].starts_with(b"part ") {
        let end = line(at);
        let (name, len) = std::str::from_utf8(&bundle[at + 5..end]).unwrap().split_once(' ').unwrap();
        let from = end + 1;
        at = from + len.parse::<usize>().unwrap();
        parts.push((name.to_owned(), from..at));
        at += 1;
    }
    parts
}

/// One letter or figure in the middle of the part is another.
fn changed(bundle: &[u8], part: &Range<usize>) -> Vec<u8> {
    let middle = part.start + part.len() / 2;
    let at = (middle..part.end).find(|at| bundle[*at].is_ascii_alphanumeric()).expect("a letter");
    let mut bytes = bundle.to_vec();
    bytes[at] = if bytes[at] == b'b' { b'c' } else { b'b' };
    with_new_end(bytes)
}

#[test]
fn evidence_of_the_running_system_and_each_part_of_it_changed_get_the_same_verdict_of_both_verifiers() {
    let world = World::new();
    let run = world.run();
    let mut ana = world.person_with("ana", &run);
    ana.client.designate("Recibo aquí las notificaciones oficiales (ejemplo).").unwrap();
    ana.sync();
    let mut office = Office::enrolled(&world, "AV001");
    let (id, _) = office.send(&decision(run, "Permiso de ejemplo")).unwrap();
    ana.sync();
    let notice = ana.client.notices().unwrap().remove(0).id;
    ana.client.answer_notice(notice, NoticeAnswer::Acknowledged).unwrap();
    let file = ReplyFile { name: "recurso.txt", media: "text/plain", bytes: b"example" };
    ana.client.reply_to_notice(notice, "Apelo.", &[file]).unwrap();
    ana.sync();
    assert_eq!(office.collect().filed.len(), 3);
    let bundle = office.papers.0[&lacre_agency::evidence_name(id)].clone();
    let trust_text = office.body.trust_file().unwrap();
    let trust = Trust::parse(&trust_text).unwrap();

    let parts = parts(&bundle);
    let mut all = vec![("valid".to_owned(), bundle.clone())];
    all.extend(parts.iter().map(|(name, range)| (name.clone(), changed(&bundle, range))));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("trust.txt"), trust_text).unwrap();
    for (name, bytes) in &all {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let index: Vec<_> = all.iter().map(|(name, _)| json!({ "name": name, "file": name, "trust": "trust.txt" })).collect();
    std::fs::write(folder.path().join("index.json"), serde_json::to_string(&index).unwrap()).unwrap();
    let theirs = ask("verify.py", &["--vectors"], folder.path());

    assert!(parts.len() >= 13 && theirs.len() == all.len(), "{parts:?}");
    for ((name, bytes), theirs) in all.iter().zip(&theirs) {
        let ours = verify(bytes, Some(&trust));
        let code = ours.code().unwrap_or_default();
        assert_eq!((ours.word(), code), (theirs["verdict"].as_str().unwrap(), theirs["code"].as_str().unwrap()), "{name}");
        match &ours {
            Verdict::Valid(_) => assert_eq!(name, "valid"),
            // the opening opens all others, and they show it
            Verdict::Invalid(fault) => assert!(fault.part == *name || name == "opening", "{name}: {} in {}", code, fault.part),
            Verdict::Incomplete(_) => panic!("{name}: {code}"),
        }
    }
}
