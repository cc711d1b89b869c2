//! An official notice between the real programs, each of which is killed (SIGKILL) right behind each of its syncs to disk: what was
//! stored and not yet answered, noted or told is there once, with the same record.
use crate::official::{addressee, body, notices, send, status, text};
use lacre_evidence::{Bundle, Record, Trust, Verdict, verify};
use lacre_ground::note::UnverifiedNote;
use lacre_ground::signed::NoteText as _;
use lacre_tests::faults::Faults;
use lacre_tests::terminal::{Person, Said, Town};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::HashSet;

/// More syncs than any of these commands does.
const MANY: i64 = 60;

/// What the relay, which is off, has signed or will sign: ids of records.
fn records(town: &Town) -> Vec<Vec<u8>> {
    let (data, copy) = (town.folder().join("data"), tempfile::tempdir().unwrap());
    for name in ["relay.sqlite", "relay.sqlite-wal"] {
        // the log may be there or not
        let _none = std::fs::copy(data.join(name), copy.path().join(name));
    }
    let store = Connection::open(copy.path().join("relay.sqlite")).unwrap();
    let mut select = store.prepare("SELECT record_id FROM notice_record").unwrap();
    select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// The id of the relay's record in a bundle.
fn record(evidence: &str) -> Vec<u8> {
    let bundle = Bundle::parse(&std::fs::read(evidence).unwrap()).unwrap();
    let note = UnverifiedNote::parse(&bundle.events[0]).unwrap();
    Record::parse(note.unverified_text()).unwrap().id.as_bytes().to_vec()
}

/// The same command in a program that is killed behind its n-th sync; none when it was.
pub(crate) fn killed_at(n: i64, person: &Person, faults: &Faults, args: &[&str], typed: &[u8]) -> Option<Said> {
    faults.kill_after_syncs(n).unwrap();
    let mut command = person.command(args);
    faults.watch(&mut command, &person.home.canonicalize().unwrap());
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    // it may be dead before it reads
    let _closed = std::io::Write::write_all(&mut child.stdin.take().unwrap(), typed);
    let said = Said::from(child.wait_with_output().unwrap(), args);
    let killed = faults.killed().unwrap();
    faults.kill_after_syncs(0).unwrap();
    assert_eq!(killed, said.code.is_none(), "{said:?}");
    (!killed).then_some(said)
}

/// All that was kept and perhaps not sent is sent.
fn resume_all(body: &Person) {
    while body.json(&["agency", "resume"])["notice"] != Value::Null {}
}

fn rows(body: &Person) -> Vec<Value> {
    body.json(&["agency", "status"])["notices"].as_array().unwrap().clone()
}

/// Every notice that the body knows was sent, is VALID, was handed over once, and is one notice at the person's.
fn each_once(body: &Person, person: &Person) {
    let came = notices(person);
    let sent = rows(body);
    assert_eq!(came.len(), sent.len(), "{sent:#?}");
    assert!(came.iter().all(|n| n["invalid"] == Value::Null), "{came:#?}");
    let trust = Trust::parse(text(&body.json(&["agency", "trust"])["trust"])).unwrap();
    for row in &sent {
        assert_eq!((text(&row["stage"]), &row["aside"]), ("sent", &Value::Array(vec![])));
        let answers: Vec<&str> = row["answers"].as_array().unwrap().iter().map(|a| text(&a["what"])).collect();
        for what in ["ContentHandover", "ConsignmentAcceptance", "reply"] {
            assert!(answers.iter().filter(|a| **a == what).count() <= 1, "{what} twice: {answers:?}");
        }
        assert!(answers.contains(&"ContentHandover"), "{answers:?}");
        let evidence = std::fs::read(text(&row["evidence"])).unwrap();
        assert!(matches!(verify(&evidence, Some(&trust)), Verdict::Valid(_)), "{row}");
        let events = Bundle::parse(&evidence).unwrap().events;
        let different: HashSet<&String> = events.iter().collect();
        assert_eq!(different.len(), events.len(), "a record twice");
    }
}

/// Seen red with a relay that signs another record when it is asked again.
#[test]
fn a_relay_killed_behind_any_sync_between_storing_and_answering_gives_the_record_that_it_had_stored() {
    let mut town = Town::under(Faults::build().unwrap());
    let (body, ana) = (body(&town, "AK001"), addressee(&town, 0, "ana"));
    let (mut between, mut story) = (0, Vec::new());
    for n in 1..MANY {
        // a relay that has just started, and a body's first notice, write more
        let _warm = send(&body, 0, &[]).done_json();
        let known = rows(&body).len();
        town.faults().kill_after_syncs(n).unwrap();
        let said = send(&body, 0, &[]);
        if !town.fell() {
            town.faults().kill_after_syncs(0).unwrap();
            let _sent = said.done_json();
            break;
        }
        let stored = records(&town);
        town.faults().kill_after_syncs(0).unwrap();
        town.switch_on();
        resume_all(&body);

        let sent = rows(&body);
        story.push((n, said.code, stored.len(), known, sent.len()));
        let Some(row) = sent.get(known) else { continue };
        let path = text(&row["evidence"]);
        let (given, evidence) = (record(path), std::fs::read(path).unwrap());
        if said.code != Some(0) && stored.len() == sent.len() {
            between += 1;
            assert!(stored.contains(&given), "killed behind sync {n}: another record than the one that was stored");
        }
        let _again = body.json(&["agency", "resume", text(&row["notice"])]);
        assert_eq!(std::fs::read(path).unwrap(), evidence, "byte by byte");
    }

    assert!(between > 0, "the relay was never killed between storing a notice and answering: {story:?}");
    each_once(&body, &ana);
}

/// Seen red: a program that ended between the evidence and its row went on for ever.
#[test]
fn a_body_killed_behind_any_sync_of_sending_or_collecting_sends_once_and_files_each_answer_once() {
    let town = Town::new();
    let (body, ana) = (body(&town, "AK002"), addressee(&town, 0, "ana"));
    let faults = Faults::build().unwrap();
    let sent = |n| {
        let args: Vec<&str> = crate::official::WHAT.iter().copied().chain(["--body", "resolucion.md"]).collect();
        killed_at(n, &body, &faults, &args, lacre_tests::terminal::RUNS[0].as_bytes())
    };
    let whole = (1..MANY).find(|n| {
        let done = sent(*n).is_some();
        resume_all(&body);
        ana.run(&["list"]).done();
        done
    });
    assert!(whole.is_some_and(|syncs| syncs > 3), "it was killed nowhere: {whole:?}");
    each_once(&body, &ana);
    // what a killed program left without a row is told, and not removed
    let said = body.json(&["agency", "status"]);
    let unnamed: Vec<String> = said["unnamed"].as_array().unwrap().iter().map(|name| text(name).to_owned()).collect();
    let folder = std::path::Path::new(text(&said["notices"][0]["evidence"])).parent().unwrap().to_owned();
    let there = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let bundles: HashSet<String> = there.filter(|name| name.ends_with(".lacre")).collect();
    let named: HashSet<String> = rows(&body).iter().map(|row| format!("{}.lacre", text(&row["notice"]))).collect();
    let of_nobody: HashSet<String> = unnamed.into_iter().filter(|name| name.ends_with(".lacre")).collect();
    assert_eq!(bundles.difference(&named).cloned().collect::<HashSet<_>>(), of_nobody);
    assert!(!of_nobody.is_empty(), "it was never killed between a file and its row");

    let whole = (1..MANY).find(|n| {
        let sent = send(&body, 0, &[]).done_json();
        let id = notices(&ana)[0]["id"].clone();
        ana.run(&["notice", "ack", text(&id), "--yes"]).done();
        let done = killed_at(*n, &body, &faults, &["agency", "status"], b"").is_some();
        let row = rows(&body).pop().unwrap();
        assert_eq!((&row["notice"], row["answers"].as_array().unwrap().len()), (&sent["notice"], 2), "{row}");
        done
    });
    assert!(whole.is_some_and(|syncs| syncs > 3), "it was killed nowhere: {whole:?}");
    each_once(&body, &ana);
}

#[test]
fn a_person_whose_program_is_killed_behind_any_sync_reads_one_entry_and_answers_once() {
    let town = Town::new();
    let (body, ana) = (body(&town, "AK003"), addressee(&town, 0, "ana"));
    let faults = Faults::build().unwrap();
    let kinds: [&[&str]; 3] = [&["notice", "list"], &["notice", "ack", "", "--yes"], &["notice", "reply", "", "Apelo.", "--yes"]];
    for what in kinds {
        let whole = (1..MANY).find(|n| {
            let _sent = send(&body, 0, &[]).done_json();
            if what[1] == "list" {
                return killed_at(*n, &ana, &faults, what, b"").is_some();
            }
            let id = notices(&ana)[0]["id"].clone();
            let args: Vec<&str> = what.iter().map(|word| if word.is_empty() { text(&id) } else { *word }).collect();
            let done = killed_at(*n, &ana, &faults, &args, b"").is_some();
            ana.run(&["list"]).done();
            let written = |answers: &[String]| answers.iter().filter(|a| *a != "ContentHandover").count();
            let last = rows(&body).len() - 1;
            let told = written(&status(&body, last).1);
            // what was killed before it was kept is said again, and what was kept is not said twice
            if told == 0 {
                ana.run(&args).done();
                assert_eq!(written(&status(&body, last).1), 1);
            }
            done
        });
        assert!(whole.is_some_and(|syncs| syncs > 2), "{what:?} was killed nowhere: {whole:?}");
        each_once(&body, &ana);
    }
}
