//! Evidence: what is honest is VALID and proves what it says; every vector has its verdict.

use lacre_evidence::clock::RuleId;
use lacre_evidence::export;
use lacre_evidence::heads::{self, HeadsVerdict};
use lacre_evidence::{
    Beside, Bundle, Effect, Event, Fault, FaultCode, FilePart, LackCode, Outcome, Progress, ProvenNotice, PutBackError, Record,
    Signer, Verdict, verify, verify_beside, verify_with_files,
};
use lacre_tests::proof::vectors::{self, TrustFile, Vector};
use lacre_tests::proof::{Cast, Setup, World, notice_key, proves, proves_beside, proves_heads, trust};
use proptest::prelude::*;
use sha2::Digest as _;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/evidence")
}

fn ask(vector: &Vector) -> Verdict {
    let trust = vector.trust.trust();
    let heads = vector.heads.as_ref().map(|bytes| heads::verify(bytes, trust.as_ref()));
    let proven = match &heads {
        Some(HeadsVerdict::Valid(proven)) => Some(proven),
        _ => None,
    };
    verify_beside(&vector.bytes, Beside { trust: trust.as_ref(), files: vec![], heads: proven }).unwrap()
}

/// Verdict, code, detail and what is proven: of a bundle, or of a file of head notes.
fn told(vector: &Vector) -> (&'static str, &'static str, String, Option<serde_json::Value>) {
    let trust = vector.trust.trust();
    let detail = |fault: &Fault| format!("{}: {}", fault.part, fault.detail);
    if heads::is_heads(&vector.bytes) {
        return match heads::verify(&vector.bytes, trust.as_ref()) {
            HeadsVerdict::Invalid(fault) => ("INVALID", fault.code.code(), detail(&fault), None),
            HeadsVerdict::Incomplete { code, what, .. } => ("INCOMPLETE", code.code(), what.join(", "), None),
            valid @ HeadsVerdict::Valid(_) => ("VALID", "", String::new(), proves_heads(&valid)),
        };
    }
    let verdict = ask(vector);
    let detail = match &verdict {
        Verdict::Invalid(fault) => detail(fault),
        other => format!("{other:?}"),
    };
    let proves = match &vector.heads {
        Some(bytes) => proves_beside(&verdict, &heads::verify(bytes, trust.as_ref())),
        None => proves(&verdict),
    };
    (verdict.word(), verdict.code().unwrap_or(""), detail, proves)
}

fn sent(verdict: &Verdict) -> &ProvenNotice {
    match verdict {
        Verdict::Valid(proven) => match &proven.outcome {
            Outcome::Sent(sent) => sent,
            _ => panic!("no notice"),
        },
        other => panic!("{} {:?}", other.word(), other.code()),
    }
}

#[test]
fn every_vector_gets_its_verdict_and_its_code() {
    let all = vectors::all();
    let mut wrong = Vec::new();
    for v in &all {
        let (word, code, detail, _) = told(v);
        if (word, code) != (v.verdict, v.code) {
            wrong.push(format!("{}: {word} {code} ({detail}), not {} {}", v.name, v.verdict, v.code));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let count = |word| all.iter().filter(|v| v.verdict == word).count();
    assert!(count("VALID") >= 10 && count("INCOMPLETE") >= 10 && count("INVALID") >= 60);
}

#[test]
fn every_code_of_a_fault_and_of_a_lack_has_a_vector() {
    let all = vectors::all();
    let codes = FaultCode::ALL.iter().map(|c| c.code()).chain(LackCode::ALL.iter().map(|c| c.code()));
    for code in codes {
        assert!(all.iter().any(|v| v.code == code), "{code}");
    }
}

/// The files are the contract for other programs: they are what the builder makes, byte for byte. To write them after a
/// change of the format: `LACRE_WRITE_VECTORS=1 cargo test -p lacre-tests --test proof vectors_on_disk`.
#[test]
fn the_vectors_on_disk_are_what_the_builder_makes() {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for trust in [TrustFile::Honest, TrustFile::Ledger, TrustFile::More] {
        files.push((trust.file().unwrap().into(), trust.trust().unwrap().text().into_bytes()));
    }
    let mut index = Vec::new();
    for v in vectors::all() {
        let trust = v.trust.file();
        let (file, name) = (format!("{}.lacre", v.name), v.name);
        let mut line = serde_json::json!({
            "name": name, "file": file, "trust": trust, "verdict": v.verdict, "code": v.code, "why": v.why,
        });
        if let (_, _, _, Some(proves)) = told(&v) {
            line["proves"] = proves;
        }
        if let Some(heads) = v.heads {
            let heads_file = format!("{}.heads", v.name);
            line["heads"] = serde_json::json!(heads_file);
            files.push((heads_file, heads));
        }
        index.push(line);
        files.push((file, v.bytes));
    }
    files.push(("index.json".into(), (serde_json::to_string_pretty(&index).unwrap() + "\n").into_bytes()));
    let write = std::env::var_os("LACRE_WRITE_VECTORS").is_some();
    for (name, bytes) in &files {
        if write {
            std::fs::write(folder().join(name), bytes).unwrap();
        }
        let found = std::fs::read(folder().join(name)).unwrap_or_default();
        assert!(found == *bytes, "{name} is not what the builder makes");
    }
    let on_disk = std::fs::read_dir(folder()).unwrap().count();
    assert_eq!(on_disk, files.len(), "a file in the folder is of no vector");
}

#[test]
fn an_honest_notice_proves_who_what_when_and_what_follows() {
    let world = World::honest();
    let verdict = verify(&world.bundle.to_bytes(), Some(&trust()));
    let sent = sent(&verdict);
    assert!(sent.notice.subject.starts_with("Se resuelve"));
    assert_eq!(sent.consigned_at.to_string(), "2026-07-06T14:00:00.000Z");
    assert!(sent.progress.handed_over.is_some() && sent.progress.opened.is_some() && sent.progress.alert_sent.is_none());
    let Effect::Notified(dates) = &sent.effect else { panic!("a notification has an effect") };
    assert_eq!(dates.safe_for_citizen().deemed.to_string(), "2026-07-09");
    assert_eq!(dates.safe_for_citizen().last_day.unwrap().to_string(), "2026-07-17");
    assert_eq!(dates.safe_for_agency().deemed.to_string(), "2026-07-10");
    // what the relay took opens at the person's device, to the same words
    let header = world.sent.envelope.open(&notice_key(1), world.grant.casilla.channel).unwrap();
    assert!(header == lacre_tests::proof::header(&world.bundle), "what proves it went with it");
    let body = lacre_evidence::envelope::open_file(&header.seed, 0, &world.sent.envelope.files[0]).unwrap();
    assert_eq!(FilePart::Here(body.to_vec()), world.bundle.files[0]);
}

#[test]
fn only_a_notification_starts_a_term() {
    for (name, notified) in [("valid", true), ("valid-communication", false), ("valid-communique", false)] {
        let vector = vectors::all().into_iter().find(|v| v.name == name).unwrap();
        assert_eq!(matches!(sent(&ask(&vector)).effect, Effect::Notified(_)), notified, "{name}");
    }
}

#[test]
fn the_same_evidence_gives_the_same_bytes_and_reads_back() {
    let (a, b) = (World::honest().bundle, World::honest().bundle);
    assert_eq!(a.to_bytes(), b.to_bytes());
    assert!(Bundle::parse(&a.to_bytes()).unwrap() == a);
    assert!(Bundle::parse(&a.without_files().to_bytes()).unwrap() == a.without_files());
}

#[test]
fn evidence_without_its_files_is_at_most_12_kib() {
    let mut setup = Setup::example(Cast::HONEST);
    setup.body = vec![b'x'; 4096];
    setup.attachments.clear();
    let bytes = setup.play().bundle.without_files().to_bytes();
    assert!(bytes.len() <= 12 * 1024, "{} bytes", bytes.len());
    assert_eq!(verify(&bytes, Some(&trust())).word(), "VALID");
}

/// Seen red: without the comparison in `put_back`; with the sealed digest unchecked in `check_files`.
#[test]
fn a_file_that_was_left_out_is_proven_only_when_it_is_put_back_and_no_other_file_takes_its_place() {
    let whole = World::honest().bundle;
    let bytes = whole.without_files().to_bytes();
    let file = |n: usize| match &whole.files[n] {
        FilePart::Here(bytes) => bytes.clone(),
        FilePart::LeftOut => unreachable!(),
    };
    let ask = |files: Vec<(usize, Vec<u8>)>| verify_with_files(&bytes, Some(&trust()), files);

    let (none, one, both) =
        (ask(vec![]).unwrap(), ask(vec![(1, file(1))]).unwrap(), ask(vec![(0, file(0)), (1, file(1))]).unwrap());

    assert_eq!(sent(&none).files_here, [false, false]);
    assert_eq!(sent(&one).files_here, [false, true]);
    assert_eq!(sent(&both).files_here, [true, true]);
    let Verdict::Valid(proven) = &both else { unreachable!() };
    assert_eq!(proven.digest, <[u8; 32]>::from(sha2::Sha256::digest(&bytes)), "the digest is that of the file as it came");
    for (files, error) in [
        (vec![(0, file(1))], PutBackError::OtherFile(0)),
        (vec![(0, [file(0), b"x".to_vec()].concat())], PutBackError::OtherFile(0)),
        (vec![(2, file(0))], PutBackError::NoSuchFile(2)),
        (vec![(0, file(0)), (0, file(0))], PutBackError::AlreadyThere(0)),
    ] {
        assert_eq!(ask(files).unwrap_err(), error);
    }
    assert_eq!(whole.clone().put_back(0, file(0)), Err(PutBackError::AlreadyThere(0)));
    // an agency that sealed other bytes than it shows: nothing is seen while the file is away, and with the file it is
    let mut setup = Setup::example(Cast::HONEST);
    setup.change_notice = |n| n.files[1].sealed_sha256 = [9; 32];
    let world = setup.play();
    let bytes = world.bundle.without_files().to_bytes();
    assert_eq!(sent(&verify(&bytes, Some(&trust()))).files_here, [false, false]);
    let verdict = verify_with_files(&bytes, Some(&trust()), vec![(1, file(1))]).unwrap();
    assert_eq!((verdict.word(), verdict.code()), ("INVALID", Some("file")));
    // what is no bundle is no bundle, with files or without
    assert_eq!(verify_with_files(b"x", Some(&trust()), vec![(0, file(0))]).unwrap().code(), Some("container"));
}

#[test]
fn without_a_trust_file_the_verdict_is_incomplete_and_names_the_keys_to_compare() {
    let Verdict::Incomplete(lack) = verify(&World::honest().bundle.to_bytes(), None) else { panic!("never more") };
    assert_eq!(lack.code, LackCode::Trust);
    let offices: Vec<&str> = lack.fingerprints.iter().map(|(o, _)| *o).collect();
    assert_eq!(offices, ["registrar", "relay"]);
    assert!(lack.if_trusted.is_some());
    // and what is wrong is wrong without one, too
    let garbage = vectors::all().into_iter().find(|v| v.name == "garbage-ciphertext").unwrap();
    assert_eq!(verify(&garbage.bytes, None).word(), "INVALID");
}

#[test]
fn only_those_in_the_table_sign_an_event_and_computed_events_are_signed_by_nobody() {
    let world = World::honest();
    let issuers = [
        world.receipt.issuer.clone(),
        lacre_evidence::Issuer::Device(world.grant.account, lacre_ground::ids::DeviceId::new([1; 16])),
        lacre_evidence::Issuer::Agency(world.certificate.code.clone()),
        lacre_evidence::Issuer::Officer(world.certificate.code.clone(), "Example".into()),
        lacre_evidence::Issuer::Gateway("example".into()),
    ];
    let mut taken = 0;
    for event in Event::ALL {
        for issuer in &issuers {
            let mut record = world.receipt.clone();
            (record.event, record.issuer) = (event, issuer.clone());
            let may = event.signers().contains(&issuer.signer());
            let refused = matches!(
                Progress::replay([&world.receipt, &record]),
                Err(lacre_evidence::progress::ProgressError::Signer(e)) if e == event
            );
            assert_eq!(may, !refused, "{} by {:?}", event.name(), issuer.signer());
            taken += usize::from(may);
        }
    }
    assert_eq!(taken, Event::ALL.iter().map(|e| e.signers().len()).sum::<usize>());
    assert!(Event::ContentConsignment.signers().is_empty());
    assert_eq!(Event::ContentHandover.signers(), [Signer::Device, Signer::Officer]);
}

#[test]
fn exported_records_keep_the_field_rules_and_a_broken_one_does_not() {
    let verdict = verify(&World::honest().bundle.to_bytes(), Some(&trust()));
    let Verdict::Valid(proven) = &verdict else { panic!() };
    let records = export::records(proven);
    let names: Vec<String> = records
        .iter()
        .map(|r| match &r[2].1 {
            export::Value::Text(uri) => uri.rsplit('/').next().unwrap().to_owned(),
            _ => panic!(),
        })
        .collect();
    assert_eq!(names, ["SubmissionAcceptance", "ContentConsignment", "ContentHandover", "ContentAccessTracking"]);
    for record in &records {
        export::check(record).unwrap();
        for at in 0..record.len() {
            let always = export::FIELDS.iter().any(|(n, p)| *n == record[at].0 && *p == export::Presence::Always);
            let mut broken = record.clone();
            let taken = broken.remove(at);
            assert_eq!(export::check(&broken).is_err(), always, "without {}", taken.0);
            broken.push(taken.clone());
            broken.push(taken);
            assert!(export::check(&broken).is_err(), "a field twice");
        }
    }
    let mut negative = records[0].clone();
    negative[2].1 = export::Value::Text(Event::SubmissionRejection.uri());
    assert_eq!(export::check(&negative), Err(export::FieldError::Missing("EventReasons")));
    let mut positive = records[0].clone();
    positive.insert(7, ("EventReasons", export::Value::List(vec![export::Value::Text("outage".into())])));
    assert_eq!(export::check(&positive), Err(export::FieldError::Forbidden("EventReasons".into())));
}

#[test]
fn the_rule_that_the_agency_names_changes_no_date_because_both_are_computed() {
    let dates = |rule| {
        let mut setup = Setup::example(Cast::HONEST);
        setup.rule = rule;
        let verdict = verify(&setup.play().bundle.to_bytes(), Some(&trust()));
        match &sent(&verdict).effect {
            Effect::Notified(d) => d.readings().map(|r| (r.rule.id, r.deemed, r.last_day)).collect::<Vec<_>>(),
            Effect::InformsOnly => panic!(),
        }
    };
    assert_eq!(dates(RuleId::Cl46), dates(RuleId::ClD4));
}

fn some_records() -> Vec<Record> {
    let world = World::honest();
    let verdict = verify(&world.bundle.to_bytes(), Some(&trust()));
    let mut records: Vec<Record> = sent(&verdict).records.iter().map(|r| (**r).clone()).collect();
    let mut more = records[1].clone();
    more.time = more.time.plus(5);
    more.id = lacre_ground::ids::EvidenceId::new([0xee; 16]);
    records.push(more.clone());
    more.event = Event::ConsignmentRejection;
    more.reasons = vec![lacre_evidence::Reason::PersonRefuses];
    records.push(more);
    records
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn progress_does_not_depend_on_order_or_repetition_and_never_takes_a_step_back(
        order in Just((0..5usize).collect::<Vec<_>>()).prop_shuffle(),
        twice in 0..5usize,
        some in 1..5usize,
    ) {
        let records = some_records();
        let all = Progress::replay(&records).unwrap();
        let mut shuffled: Vec<&Record> = order.iter().map(|i| &records[*i]).collect();
        shuffled.push(&records[twice]);
        prop_assert_eq!(Progress::replay(shuffled).unwrap(), all);
        // fewer records that fit together say less, never something else
        let fewer = Progress::replay(&records[..some]).unwrap();
        prop_assert!(fewer.submitted == all.submitted);
        prop_assert!(fewer.handed_over.is_none() || all.handed_over <= fewer.handed_over);
        prop_assert!(fewer.opened.is_none() || all.opened.is_some());
    }
}
