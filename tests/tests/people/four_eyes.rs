//! Nobody sends alone: with the real programs, batches that officials drafted and approved, and those who would send without them.

use crate::official::{WHAT, addressee, notices, text, verdict};
use crate::official_batches::{drafted, found, rows, table};
use crate::officials::{Office, account};
use lacre_tests::terminal::{Person, RUNS, Said, befriend};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Proved, and approved by these; the drafter first.
fn approved_by(body: &Person, evidence: &str) -> Vec<String> {
    let said = verdict(body, evidence).done_json();
    assert_eq!(text(&said["verdict"]), "VALID", "{said}");
    let approved = find(&said, "approved").unwrap_or_else(|| panic!("nobody approved it: {said}"));
    let name = |by: &Value| text(&by["handle"]).trim_start_matches('@').to_owned();
    core::iter::once(name(&approved["drafter"])).chain(approved["approvers"].as_array().unwrap().iter().map(name)).collect()
}

/// The value of this key, wherever it stands.
fn find<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map.get(key).filter(|v| v.is_object()).or_else(|| map.values().find_map(|v| find(v, key))),
        Value::Array(list) => list.iter().find_map(|v| find(v, key)),
        _ => None,
    }
}

/// The RUN of the n-th person as programs write it.
fn plain(n: usize) -> String {
    RUNS[n].replace('.', "")
}

fn refused(said: &Said, code: i32) {
    assert_eq!(said.code, Some(code), "{} {}", said.out, said.err);
}

#[test]
fn a_batch_goes_when_its_drafter_and_another_official_signed_it_and_its_evidence_names_both() {
    let office = Office::new("AF001").signed().used();
    let ana = addressee(&office.town, 3, "ana");
    table(&office.body, &[3, 0]);

    let args = ["agency", "draft", "--template", "rechazo", "--recipients", "lista.csv"];
    refused(&office.body.run(&args), 2);
    let bea = account(&office.bea);
    refused(&office.body.run(&[args.as_slice(), &["--drafter", &bea]].concat()), 2);
    let (batch, package) = office.drafts(&office.dina, &[3, 0], &[]);
    refused(&office.body.run(&["agency", "dispatch", &batch]), 1);
    let _signed = office.approve(&office.dina, &package, "dina.json").done_json();
    let said = office.hand_in(&batch, &["dina.json"]);
    refused(&said, 1);
    refused(&office.body.run(&["agency", "dispatch", &batch]), 1);
    assert_eq!(notices(&ana).len(), 0, "nothing was sent");

    let seen = office.bea.json(&["agency", "review", &package, "--row", "1"]);
    assert_eq!((seen["rows"].as_u64(), text(&seen["row"]["run"])), (Some(2), plain(3).as_str()), "{seen}");
    assert!(text(&seen["row"]["body"]).contains("Estimada persona Núñez 3: se rechaza."), "{seen}");
    let signed = office.approve(&office.bea, &package, "bea.json").done_json();
    assert_eq!((text(&signed["as"]), &signed["digest"]), ("approver", &seen["digest"]));
    assert_eq!(office.hand_in(&batch, &["bea.json"]).done_json()["enough"], true);
    let _one_otherwise = office.body.run(&["agency", "dispatch", &batch]);

    let came = notices(&ana);
    assert_eq!((came.len(), &came[0]["invalid"]), (1, &Value::Null), "{came:?}");
    let rows = rows(&office.body, &batch);
    assert_eq!(approved_by(&office.body, &found(&office.body, &rows[0]["code"])), ["dina", "bea"]);
    // who has no account is notified by letter: what it says was approved, too
    assert_eq!(rows[1]["route"], "otherwise");
    let to = office.file("otherwise");
    let said = office.body.json(&["agency", "evidence", "--case", "E-0001/2026", "--to", &to]);
    assert_eq!(approved_by(&office.body, text(&said["notices"][0]["evidence"])), ["dina", "bea"]);
}

#[test]
fn a_second_signature_of_one_official_and_one_of_another_batch_are_no_approvals() {
    let office = Office::new("AF002").signed().used();
    let (batch, package) = office.drafts(&office.dina, &[0], &["--no-letters"]);
    let (other, another) = office.drafts(&office.dina, &[1], &["--no-letters"]);
    for (who, package, to) in [
        (&office.dina, &package, "dina.json"),
        (&office.bea, &package, "bea.json"),
        (&office.bea, &package, "twice.json"),
        (&office.bea, &another, "other.json"),
    ] {
        let _signed = office.approve(who, package, to).done_json();
    }

    refused(&office.hand_in(&batch, &["other.json"]), 1);
    refused(&office.hand_in(&batch, &["bea.json", "twice.json"]), 1);
    assert_eq!(office.hand_in(&batch, &["dina.json"]).code, Some(1), "what was refused was not kept");
    assert_eq!(office.hand_in(&batch, &["bea.json", "bea.json"]).done_json()["enough"], true, "one file twice is one");
    refused(&office.body.run(&["agency", "dispatch", &other]), 1);
}

#[test]
fn who_shows_officials_something_else_than_what_is_sent_gets_no_signature_for_it() {
    let office = Office::new("AF003").signed().used();
    let (_, package) = office.drafts(&office.dina, &[0, 1], &["--no-letters"]);
    let whole = std::fs::read_to_string(&package).unwrap();
    let [zero, one, two] = [0, 1, 2].map(plain);
    let changes: [(&str, &str); 6] = [
        ("se rechaza", "se acoge"),
        ("Núñez 0", "Núñez 9"),
        ("E-0001/2026", "E-0009/2026"),
        (r#""line":3"#, r#""line":3,"line":3"#),
        (&zero, &two),
        (&zero, &one),
    ];
    for (is, becomes) in changes {
        assert!(whole.contains(is), "{is} is not there");
        std::fs::write(&package, whole.replace(is, becomes)).unwrap();
        refused(&office.approve(&office.bea, &package, "bea.json"), 1);
        refused(&office.bea.run(&["agency", "review", &package]), 1);
    }
    let rows: Vec<&str> = whole.lines().collect();
    for less in [rows[..2].join("\n"), [rows[0], rows[2], rows[1]].join("\n"), [rows[0], rows[1], rows[2], rows[2]].join("\n")] {
        std::fs::write(&package, less).unwrap();
        refused(&office.approve(&office.bea, &package, "bea.json"), 1);
    }
    assert!(!office.town.folder().join("bea.json").exists());
    std::fs::write(&package, whole).unwrap();
    let _signed = office.approve(&office.bea, &package, "bea.json").done_json();
}

/// So many rows to persons of no account.
fn strangers(body: &Person, rows: u32) {
    let digit = |n: u32| {
        let sum: u32 = n
            .to_string()
            .chars()
            .rev()
            .zip([2, 3, 4, 5, 6, 7].into_iter().cycle())
            .map(|(c, f)| c.to_digit(10).unwrap() * f)
            .sum();
        match 11 - sum % 11 {
            11 => "0".to_owned(),
            10 => "K".to_owned(),
            other => other.to_string(),
        }
    };
    let line = |n: u32| format!("{n}-{};E-{n};Ejemplo {n}", digit(n));
    let lines: Vec<String> = (41_000_000..41_000_000 + rows).map(line).collect();
    std::fs::write(body.home.join("lista.csv"), format!("RUN;Expediente;Nombre\n{}\n", lines.join("\n"))).unwrap();
}

#[test]
fn small_batches_of_one_template_and_day_need_the_second_approver_that_a_large_one_needs() {
    let office = Office::new("AF004").signed().used();
    let _ana = addressee(&office.town, 3, "ana");
    let drafter = account(&office.dina);
    let (first, package) = office.drafts(&office.dina, &[3, 0], &["--no-letters"]);
    for (who, to) in [(&office.dina, "dina.json"), (&office.bea, "bea.json")] {
        let _signed = office.approve(who, &package, to).done_json();
    }
    assert_eq!(office.hand_in(&first, &["dina.json", "bea.json"]).done_json()["needed"], 1);

    strangers(&office.body, 999);
    let (second, _) = drafted(&office.body, &["--drafter", &drafter, "--no-letters"]);
    let package = office.packed(&second);
    for (who, to) in [(&office.dina, "dina2.json"), (&office.bea, "bea2.json")] {
        let _signed = office.approve(who, &package, to).done_json();
    }
    // nothing of the first has gone: 999 rows are approved by one
    assert_eq!(office.hand_in(&second, &["dina2.json", "bea2.json"]).done_json()["needed"], 1);
    let _sent = office.body.run(&["agency", "dispatch", &first, "--yes"]);
    let said = office.body.run(&["agency", "approvals", &second, "--json"]);
    refused(&said, 1);
    let said: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&said["needed"], &said["approvers"]), (&2.into(), &1.into()), "1,001 rows of this template go today: {said}");
    refused(&office.body.run(&["agency", "dispatch", &second, "--yes"]), 1);

    // two, and it may go; not one row of it is sent here
    office.change("add", &office.ada, "approver");
    let used = office.body.json(&["agency", "official", "use", "--file", &office.list]);
    assert_eq!(used["number"], 1);
    let said = office.body.run(&["agency", "approvals", &second, "--json"]);
    assert_eq!(said.code, Some(1), "signed by the list of before: {}", said.out);
    for (who, to) in [(&office.dina, "dina3.json"), (&office.bea, "bea3.json"), (&office.ada, "ada3.json")] {
        let _signed = office.approve(who, &package, to).done_json();
    }
    assert_eq!(office.hand_in(&second, &["dina3.json", "bea3.json", "ada3.json"]).done_json()["enough"], true);
}

#[test]
fn one_notice_of_a_body_with_officials_is_a_batch_of_one() {
    let office = Office::new("AF005").signed().used();
    let ana = addressee(&office.town, 3, "ana");
    let send = [&WHAT, ["--body", "resolucion.md", "--json"].as_slice()].concat();
    refused(&office.body.piped(&send, RUNS[3].as_bytes()), 1);
    assert_eq!(notices(&ana).len(), 0);

    let dina = account(&office.dina);
    let said = office.body.piped(&[send.as_slice(), &["--drafter", &dina]].concat(), RUNS[3].as_bytes()).done_json();
    let batch = text(&said["batch"]).to_owned();
    let package = office.packed(&batch);
    let seen = office.bea.run(&["agency", "review", &package, "--row", "1"]).done();
    assert!(seen.contains("Se acoge la solicitud."), "she sees what it says: {seen}");
    for (who, to) in [(&office.dina, "dina.json"), (&office.bea, "bea.json")] {
        let _signed = office.approve(who, &package, to).done_json();
    }
    assert_eq!(office.hand_in(&batch, &["dina.json", "bea.json"]).done_json()["enough"], true);
    let _sent = office.body.run(&["agency", "dispatch", &batch, "--json"]).done_json();

    assert_eq!(notices(&ana).len(), 1);
    let rows = rows(&office.body, &batch);
    assert_eq!(approved_by(&office.body, &found(&office.body, &rows[0]["code"])), ["dina", "bea"]);
    // and a trial needs nobody
    let trial = office.body.piped(&[send.as_slice(), &["--trial"]].concat(), RUNS[3].as_bytes());
    assert_eq!(trial.code, Some(0), "{}", trial.err);
}

#[test]
fn a_service_sends_what_was_approved_at_its_time_and_nothing_that_nobody_approved() {
    let office = Office::new("AF006").signed().used();
    let ana = addressee(&office.town, 3, "ana");
    let (batch, package) = office.drafts(&office.dina, &[3], &[]);
    let round = || office.body.run(&["agency", "run", "--for", "1s", "--json"]).done();
    assert_eq!((round().as_str(), notices(&ana).len()), ("", 0), "nobody approved it");

    for (who, to) in [(&office.dina, "dina.json"), (&office.bea, "bea.json")] {
        let _signed = office.approve(who, &package, to).done_json();
    }
    assert_eq!(office.hand_in(&batch, &["dina.json", "bea.json"]).done_json()["enough"], true);
    let said: Vec<Value> = round().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(said.iter().any(|line| line["stage"] == "done" && text(&line["batch"]) == batch), "{said:?}");
    assert_eq!(notices(&ana).len(), 1);
    ana.run(&["notice", "read", text(&notices(&ana)[0]["id"])]).done();
    let took = round();
    assert!(
        took.lines().any(|line| line.contains("\"notice\"") && line.contains("Handover")),
        "it takes what devices answer: {took}"
    );
}

#[test]
fn rows_that_were_wrong_are_corrected_by_others_in_their_place() {
    let office = Office::new("AF007").signed().used();
    let ana = addressee(&office.town, 3, "ana");
    let (batch, package) = office.drafts(&office.dina, &[3, 0], &["--no-letters"]);
    let approve = |batch: &str, package: &str, names: [&str; 2]| {
        for (who, to) in [(&office.dina, names[0]), (&office.bea, names[1])] {
            let _signed = office.approve(who, package, to).done_json();
        }
        assert_eq!(office.hand_in(batch, &names).done_json()["enough"], true);
        let _sent = office.body.run(&["agency", "dispatch", batch]);
    };
    let drafter = account(&office.dina);
    let correct = |rows: &str| office.body.run(&["agency", "correct", &batch, "--rows", rows, "--drafter", &drafter, "--json"]);
    refused(&correct("1"), 1);
    approve(&batch, &package, ["dina.json", "bea.json"]);
    refused(&correct("2"), 1);
    for rows in ["99", "1,99", "1-3"] {
        refused(&correct(rows), 2);
    }
    let known = office.body.json(&["agency", "batches"])["batches"].as_array().unwrap().len();
    assert_eq!(known, 1, "nothing was drafted");

    let second = text(&correct("1-2").done_json()["batch"]).to_owned();
    let seen = office.bea.json(&["agency", "review", &office.packed(&second), "--row", "1"]);
    assert_eq!((seen["rows"].as_u64(), seen["beside"].as_u64()), (Some(1), Some(1)), "{seen}");
    assert!(text(&seen["row"]["standing"]).starts_with("corrects "), "{seen}");
    approve(&second, &office.file(&format!("{second}.jsonl")), ["dina2.json", "bea2.json"]);

    let came = notices(&ana);
    assert_eq!(came.len(), 2, "{came:?}");
    let rows = rows(&office.body, &second);
    assert_eq!(approved_by(&office.body, &found(&office.body, &rows[0]["code"])), ["dina", "bea"]);
    let to = office.file("of-ana");
    let all = office.body.piped(&["agency", "evidence", "--run", "--to", &to, "--json"], RUNS[3].as_bytes()).done_json();
    assert_eq!(all["notices"].as_array().unwrap().len(), 2, "{all}");
}

#[test]
fn a_row_is_tried_on_an_officials_own_program_before_anybody_gets_it() {
    let office = Office::new("AF008").signed().used();
    let (ana, bea) = (addressee(&office.town, 3, "ana"), addressee(&office.town, 1, "beatriz"));
    let (batch, _) = office.drafts(&office.dina, &[3], &[]);

    let said = office.body.piped(&["agency", "show", &batch, "--row", "1", "--to-me", "--json"], RUNS[1].as_bytes()).done_json();

    assert_eq!(text(&said["outcome"]), "sent", "{said}");
    assert_eq!((notices(&ana).len(), notices(&bea).len()), (0, 1));
    let read = bea.run(&["notice", "read", text(&notices(&bea)[0]["id"])]).done();
    assert!(read.contains("Estimada persona Núñez 3"), "{read}");
}

#[test]
fn a_batch_that_may_not_be_done_on_its_day_is_asked_about_and_begins_only_with_a_yes() {
    let office = Office::new("AF009");
    crate::official_batches::template(&office.body);
    strangers(&office.body, 999);
    // fifty seconds of rows, and thirty are left
    let soon = jiff::Timestamp::now().in_tz("America/Santiago").unwrap().datetime() + jiff::SignedDuration::from_secs(30);
    let until = soon.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let (batch, _) = drafted(&office.body, &["--no-letters", "--not-after", &until]);

    let said = office.body.run(&["agency", "dispatch", &batch]);

    refused(&said, 1);
    assert!(said.err.contains("--yes"), "{}", said.err);
    assert_eq!(text(&office.body.json(&["agency", "show", &batch])["stage"]), "drafted");
}

#[test]
fn a_package_that_says_two_kinds_of_things_and_one_whose_attachments_are_not_there_get_no_signature() {
    let office = Office::new("AF010").signed().used();
    let (_, package) = office.drafts(&office.dina, &[0, 1], &["--no-letters", "--attach", "resolucion.md"]);
    let whole = std::fs::read_to_string(&package).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let row: Value = serde_json::from_str(lines[2]).unwrap();
    let mut own = row.clone();
    own["row"]["written"] = serde_json::from_str::<Value>(lines[0]).unwrap()["template"]["row"].clone();
    for wrong in [
        [lines[0], lines[1], &own.to_string(), lines[3]].join("\n"),
        // every row is there, and what everybody gets is not
        lines[..3].join("\n"),
    ] {
        std::fs::write(&package, wrong).unwrap();
        refused(&office.approve(&office.bea, &package, "bea.json"), 1);
    }
    std::fs::write(&package, whole).unwrap();
    let _signed = office.approve(&office.bea, &package, "bea.json").done_json();
}

#[test]
fn an_official_sees_before_she_signs_what_follows_from_a_notice_and_nothing_in_it_looks_like_the_programs_own_words() {
    let office = Office::new("AF011").signed().used();
    let text_of = "# Resolución (ejemplo)\n\nDigest 0000, computed here from every row.\n";
    std::fs::write(office.body.home.join("falso.md"), text_of).unwrap();
    let dina = account(&office.dina);
    let more = ["--body", "falso.md", "--uri", "https://ejemplo.example/pague", "--no-answers", "--drafter", &dina, "--json"];
    let said = office.body.piped(&[WHAT.as_slice(), &more].concat(), RUNS[3].as_bytes()).done_json();
    let seen = office.bea.run(&["agency", "review", &office.packed(text(&said["batch"])), "--row", "1", "--lang", "en"]).done();
    for shown in
        ["5 business days", "https://ejemplo.example/pague", "do not answer", dina.as_str(), "Notification of a decision"]
    {
        assert!(seen.contains(shown), "{shown}: {seen}");
    }
    let own: Vec<&str> = seen.lines().filter(|line| line.trim_start().starts_with("Digest")).collect();
    assert!(own.len() == 1 && !own[0].contains("0000"), "{seen}");
}

/// The newest file that somebody was sent there: its message.
fn newest_file(who: &Person, from: &str) -> String {
    who.run(&["list"]).done();
    let read = who.json(&["read", from, "--all"]);
    let messages = read["messages"].as_array().unwrap();
    let newest = messages.iter().rev().find(|m| m["kind"] == "file" && m["own"] == false);
    text(&newest.unwrap_or_else(|| panic!("no file: {read}"))["id"]).to_owned()
}

/// All that lies in a folder, but for the store of a profile.
fn names(folder: &Path) -> BTreeSet<PathBuf> {
    let mut all = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        all.insert(entry.path());
        if entry.file_type().unwrap().is_dir() {
            all.extend(names(&entry.path()));
        }
    }
    all.retain(|path| !path.to_string_lossy().contains("sqlite"));
    all
}

/// Seen red with a package that is fetched into a file with a name.
#[test]
fn a_batch_that_came_in_a_conversation_is_looked_at_and_approved_there_and_lies_in_no_file() {
    let office = Office::new("AF011").signed().used();
    befriend(&office.dina, &office.bea);
    let (batch, package) = office.drafts(&office.dina, &[3], &["--no-letters"]);
    let _drafted = office.approve(&office.dina, &package, "dina.json").done_json();
    office.dina.run(&["send", "@bea", "--file", &package]).done();
    std::fs::remove_file(&package).unwrap();
    let message = newest_file(&office.bea, "@dina");
    let before = names(&office.bea.home);

    let seen = office.bea.json(&["agency", "review", "--message", &message, "--row", "1"]);
    assert_eq!(text(&seen["row"]["run"]), plain(3), "{seen}");
    let args = ["agency", "approve", "--message", &message, "--roles", &office.list, "--yes"];
    let signed = office.bea.json(&args);
    assert_eq!((text(&signed["as"]), &signed["digest"]), ("approver", &seen["digest"]));
    assert_eq!((&signed["to"], &signed["waiting"]), (&Value::Null, &Value::Bool(false)), "{signed}");
    assert_eq!(names(&office.bea.home), before, "nothing of it lies about");
    // a text is no package, and a package that is a file is not a message, too
    let text_of = text(&office.dina.json(&["send", "@bea", "Hola"])["messages"][0]["id"]).to_owned();
    office.bea.run(&["list"]).done();
    refused(&office.bea.run(&["agency", "review", "--message", &text_of]), 1);
    refused(&office.bea.run(&["agency", "review", &package, "--message", &message]), 2);

    let answer = newest_file(&office.dina, "@bea");
    let saved = office.dina.json(&["save", &answer, "--to", office.town.folder().to_str().unwrap()]);
    let name = Path::new(text(&saved["path"])).file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(office.hand_in(&batch, &["dina.json", &name]).done_json()["enough"], true);
}
