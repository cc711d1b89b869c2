//! An official notice between the real programs: a public body, a person, and the relay's operator, each at a terminal.
use lacre_tests::relay::{Said as Operated, operate, operate_typing};
use lacre_tests::terminal::{Person, RUNS, Said, Town};
use serde_json::Value;
use std::path::PathBuf;

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

pub(super) fn registrar(town: &Town, args: &[&str]) -> Operated {
    operate(town.folder(), &[&["registrar"], args, &["--data", "data"]].concat()).unwrap()
}

/// What a body enrols with.
fn invitation(town: &Town, code: &str) -> String {
    let args = [
        "issue-code",
        "--agency",
        code,
        "--name",
        "Municipalidad de Ejemplo",
        "--zone",
        "America/Santiago",
        "--comuna",
        "13101",
        "--json",
    ];
    let said = registrar(town, &args);
    let given: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {} {}", said.out, said.err));
    text(&given["invitation"]).to_owned()
}

/// A body on a machine of its own, with its certificate.
pub(crate) fn body(town: &Town, code: &str) -> Person {
    let body = town.newcomer(&code.to_lowercase());
    let enrolled = body.json(&["agency", "enroll", &invitation(town, code)]);
    assert_eq!(text(&enrolled["code"]), code);
    std::fs::write(body.home.join("resolucion.md"), "# Resolución exenta (ejemplo)\n\nSe acoge la solicitud.\n").unwrap();
    body
}

pub(crate) const WHAT: [&str; 14] = [
    "agency",
    "send",
    "--case",
    "E-0001/2026",
    "--procedure",
    "Permiso de ejemplo",
    "--type",
    "end",
    "--term",
    "5",
    "--subject",
    "Se resuelve su solicitud (ejemplo)",
    "--description",
    "Pone término al procedimiento. Puede reponer.",
];

/// Notifies the n-th person.
pub(crate) fn send(body: &Person, n: usize, more: &[&str]) -> Said {
    body.piped(&[&WHAT, ["--body", "resolucion.md", "--json"].as_slice(), more].concat(), RUNS[n].as_bytes())
}

/// A person whose account is her address.
pub(crate) fn addressee(town: &Town, n: usize, handle: &str) -> Person {
    let person = town.person(n, handle);
    let address = person.json(&["notice", "address", "on", "--yes"]);
    assert_eq!((&address["on"], &address["told"]), (&Value::Bool(true), &Value::Bool(true)), "{address}");
    person
}

pub(crate) fn notices(person: &Person) -> Vec<Value> {
    person.json(&["notice", "list"])["notices"].as_array().unwrap().clone()
}

/// What the body knows of its n-th notice: its stage and what was answered.
pub(crate) fn status(body: &Person, n: usize) -> (String, Vec<String>, Value) {
    let all = body.json(&["agency", "status"]);
    let row = &all["notices"][n];
    let answers = row["answers"].as_array().unwrap().iter().map(|a| text(&a["what"]).to_owned()).collect();
    (text(&row["stage"]).to_owned(), answers, row["aside"].clone())
}

/// Whether the evidence verifies for somebody who trusts this relay and its registrar.
pub(crate) fn verdict(body: &Person, evidence: &str) -> Said {
    let trust = body.json(&["agency", "trust"]);
    let path = body.home.join("trust");
    let _there = std::fs::remove_file(&path);
    std::fs::write(&path, text(&trust["trust"])).unwrap();
    body.run(&["verify", evidence, "--trust", path.to_str().unwrap(), "--json"])
}

#[test]
fn a_body_sends_a_notice_that_is_read_acknowledged_and_answered_and_its_evidence_verifies() {
    let town = Town::new();
    let (body, ana) = (body(&town, "AO001"), addressee(&town, 0, "ana"));

    let sent = send(&body, 0, &[]).done_json();

    assert_eq!((text(&sent["outcome"]), text(&sent["verdict"])), ("sent", "VALID"), "{sent}");
    let came = notices(&ana);
    let [notice] = came.as_slice() else { panic!("one notice: {came:?}") };
    assert_eq!(notice["invalid"], Value::Null, "{notice}");
    assert_eq!(text(&notice["notice"]["agency"]["code"]), "AO001");
    let id = text(&notice["id"]);
    let read = ana.run(&["notice", "read", id]).done();
    assert!(read.contains("Se acoge la solicitud."), "{read}");
    ana.run(&["notice", "ack", id, "--yes"]).done();
    ana.run(&["notice", "reply", id, "Interpongo recurso de reposición.", "--yes"]).done();
    let (stage, answers, aside) = status(&body, 0);
    assert_eq!(stage, "sent");
    for wanted in ["ContentHandover", "ConsignmentAcceptance", "reply"] {
        assert_eq!(answers.iter().filter(|a| *a == wanted).count(), 1, "{wanted}: {answers:?} {aside}");
    }
    assert_eq!(aside, Value::Array(vec![]));
    let proved = verdict(&body, text(&sent["evidence"])).done_json();
    assert_eq!(text(&proved["verdict"]), "VALID", "{proved}");
    let reply = std::fs::read_dir(PathBuf::from(text(&sent["evidence"])).parent().unwrap()).unwrap();
    let reply = reply.map(|f| f.unwrap().path()).find(|p| p.to_string_lossy().ends_with(".reply.txt")).unwrap();
    assert_eq!(std::fs::read_to_string(reply).unwrap(), "Interpongo recurso de reposición.");
    // asked again, nothing comes twice
    assert_eq!(status(&body, 0).1.len(), answers.len());
    assert_eq!(notices(&ana).len(), 1);
    let answered = &ana.json(&["notice", "address"])["answers"][0]["count"];
    assert_eq!(answered, &Value::from(1), "answers about her are counted and shown");
}

#[test]
fn who_has_no_address_paused_or_is_exempt_is_to_be_notified_otherwise_and_that_is_proved() {
    let town = Town::new();
    let (body, ana) = (body(&town, "AO002"), town.person(0, "ana"));
    let otherwise = |n: usize, outcome: &str| {
        let said = send(&body, n, &[]);
        assert_eq!(said.code, Some(1), "{}", said.err);
        let said: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(text(&said["outcome"]), outcome, "{said}");
        let proved = verdict(&body, text(&said["evidence"])).done_json();
        assert_eq!(text(&proved["verdict"]), "VALID", "{proved}");
    };

    otherwise(0, "no-account");
    otherwise(3, "no-account");
    let _said = ana.json(&["notice", "address", "on", "--yes"]);
    assert_eq!(text(&send(&body, 0, &[]).done_json()["outcome"]), "sent");
    let _said = ana.json(&["notice", "address", "pause"]);
    otherwise(0, "no-account");
    let _said = ana.json(&["notice", "address", "resume"]);
    ana.run(&["list"]).done();
    assert_eq!(text(&send(&body, 0, &[]).done_json()["outcome"]), "sent");
    let args = ["registrar", "exempt", "add", "--reason", "law", "--data", "data"];
    let said = operate_typing(town.folder(), &args, RUNS[0]).unwrap();
    assert_eq!(said.code, Some(0), "{}", said.err);
    otherwise(0, "exempt");
    assert_eq!(notices(&ana).len(), 2, "what came before stays");
}

#[test]
fn a_body_that_is_killed_while_it_sends_sends_once_and_a_relay_that_is_killed_gives_the_same_record() {
    let mut town = Town::new();
    let (body, ana) = (body(&town, "AO003"), addressee(&town, 0, "ana"));
    let evidence = |of: &Value| std::fs::read(text(&of["evidence"])).unwrap();
    for _ in 0..3 {
        let mut command = body.command(&[&WHAT, ["--body", "resolucion.md"].as_slice()].concat());
        let mut child = command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), RUNS[0].as_bytes()).unwrap();
        // killed as soon as it kept something, or when it was done
        while child.try_wait().unwrap().is_none() {
            let kept = std::fs::read_dir(body.home.join(".local/share/lacre-agency.evidence")).map_or(0, Iterator::count);
            if kept > body.json(&["agency", "status"])["notices"].as_array().unwrap().len() {
                break;
            }
        }
        let _ended = child.kill();
        child.wait().unwrap();
    }
    let first = send(&body, 0, &[]).done_json();
    let before = evidence(&first);
    town.switch_off();
    town.switch_on();
    while body.json(&["agency", "resume"])["notice"] != Value::Null {}
    let again = body.json(&["agency", "resume", text(&first["notice"])]);
    assert_eq!((text(&again["verdict"]), evidence(&first)), ("VALID", before));

    let rows = body.json(&["agency", "status"])["notices"].as_array().unwrap().clone();
    assert!(rows.iter().all(|row| text(&row["stage"]) == "sent"), "{rows:?}");
    let came = notices(&ana);
    assert_eq!(came.len(), rows.len(), "each once");
    assert!(came.iter().all(|n| n["invalid"] == Value::Null));
}

#[test]
fn what_is_wrong_with_a_notice_is_said_before_anybody_is_asked() {
    let town = Town::new();
    let body = body(&town, "AO004");
    let failed = |said: Said| -> String {
        let error: Value = serde_json::from_str(&said.failed(2)).unwrap();
        text(&error["error"]).to_owned()
    };

    let without = body.piped(&["agency", "send", "--subject", "x", "--json"], RUNS[0].as_bytes());
    assert_eq!(failed(without), "body-option");
    let with_term = |kind: &str, term: &str| {
        let args = WHAT.map(|w| {
            if w == "end" {
                kind
            } else if w == "5" {
                term
            } else {
                w
            }
        });
        body.piped(&[&args, ["--body", "resolucion.md", "--json"].as_slice()].concat(), RUNS[0].as_bytes())
    };
    assert_eq!(failed(with_term("CP", "5")), "body-no-term");
    assert_eq!(failed(with_term("end", "201")), "body-term");
    assert_eq!(text(&serde_json::from_str::<Value>(&with_term("end", "200").out).unwrap()["outcome"]), "no-account");
    let digit = body.piped(&[&WHAT, ["--body", "resolucion.md", "--json"].as_slice()].concat(), b"40000001-7");
    assert_eq!(failed(digit), "run-digit");
    assert_eq!(body.json(&["agency", "status"])["notices"].as_array().unwrap().len(), 1, "nothing else was kept");
    // a body that was revoked asks for nothing more
    assert_eq!(registrar(&town, &["agency", "revoke", "AO004"]).code, Some(0));
    let error: Value = serde_json::from_str(&send(&body, 0, &[]).failed(1)).unwrap();
    assert_eq!(text(&error["error"]), "body-refused");
}

#[test]
fn a_body_that_nobody_enrolled_and_a_code_that_was_used_are_told_so() {
    let town = Town::new();
    let stranger = town.newcomer("nadie");
    let error = |said: Said| -> Value { serde_json::from_str(&said.failed(1)).unwrap() };
    assert_eq!(text(&error(stranger.run(&["agency", "status", "--json"]))["error"]), "no-body");
    let said =
        registrar(&town, &["issue-code", "--agency", "AO005", "--name", "Ejemplo", "--zone", "America/Santiago", "--json"]);
    let given: Value = serde_json::from_str(&said.out).unwrap();
    let first = town.newcomer("ao005");
    let _said = first.json(&["agency", "enroll", text(&given["invitation"])]);
    assert_eq!(text(&first.json(&["agency", "enroll", text(&given["invitation"])])["code"]), "AO005", "the same key again");
    let other = error(stranger.run(&["agency", "enroll", text(&given["invitation"]), "--json"]));
    assert_eq!(text(&other["error"]), "body-code");
}

/// What the relay had is put back from a backup; the notice that no program had yet, and the way for answers, are lost with the rest.
/// Seen red without each of the two.
#[test]
fn a_restored_relay_is_given_the_notices_that_nobody_had_and_the_ways_for_answers_again_and_each_comes_once() {
    let mut town = Town::new();
    let (body, ana) = (body(&town, "AO006"), addressee(&town, 0, "ana"));
    let operator = |args: &[&str]| {
        let said = operate(town.folder(), args).unwrap();
        assert_eq!(said.code, Some(0), "{}", said.err);
    };
    operator(&["backup", "kept", "--data", "data"]);
    std::fs::write(town.folder().join("passphrase"), "five words of an example\n").unwrap();
    operator(&["backup", "--keys", "kept.keys", "--passphrase-file", "passphrase", "--data", "data"]);
    let first = send(&body, 0, &[]).done_json();
    let second = send(&body, 0, &[]).done_json();
    let came = notices(&ana);
    assert_eq!(came.len(), 2);
    ana.run(&["notice", "ack", text(&came[1]["id"]), "--yes"]).done();
    let before = status(&body, 0).1.len() + status(&body, 1).1.len();
    let third = send(&body, 0, &[]).done_json();

    town.switch_off();
    std::fs::remove_dir_all(town.folder().join("data")).unwrap();
    for key in ["lacre-run.key", "lacre-registrar.key"] {
        std::fs::remove_file(town.folder().join(key)).unwrap();
    }
    for args in [["restore", "kept"].as_slice(), &["restore", "--keys", "kept.keys", "--passphrase-file", "passphrase"]] {
        let said = operate(town.folder(), &[args, &["--data", "data"]].concat()).unwrap();
        assert_eq!(said.code, Some(0), "{args:?} {}", said.err);
    }
    town.switch_on();
    ana.run(&["list"]).done();
    let seen = body.json(&["agency", "status"])["notices"].clone();
    for _ in 0..3 {
        ana.run(&["list"]).done();
        let _said = status(&body, 0);
    }
    let all = notices(&ana);

    assert_eq!(all.len(), 3, "the third was in nobody's hands: {seen} {all:?}");
    assert!(all.iter().all(|n| n["invalid"] == Value::Null), "{all:?}");
    let last = all.iter().find(|n| came.iter().all(|c| c["id"] != n["id"])).unwrap();
    ana.run(&["notice", "ack", text(&last["id"]), "--yes"]).done();
    let (stage, answers, aside) = status(&body, 2);
    assert_eq!((stage.as_str(), aside), ("sent", Value::Array(vec![])));
    assert_eq!(answers.iter().filter(|a| *a == "ConsignmentAcceptance").count(), 1, "{answers:?}");
    assert_eq!(status(&body, 0).1.len() + status(&body, 1).1.len(), before, "what was filed is not filed twice");
    for sent in [first, second, third] {
        assert_eq!(text(&verdict(&body, text(&sent["evidence"])).done_json()["verdict"]), "VALID");
    }
    assert!(body.json(&["agency", "status"])["notices"].as_array().unwrap().iter().all(|n| n["again"] == Value::Bool(false)));
}

#[test]
fn the_lost_evidence_of_one_notice_keeps_no_others_answers_away() {
    let town = Town::new();
    let (body, ana) = (body(&town, "AO007"), addressee(&town, 0, "ana"));
    let (first, _second) = (send(&body, 0, &[]).done_json(), send(&body, 0, &[]).done_json());
    std::fs::remove_file(text(&first["evidence"])).unwrap();

    assert_eq!(notices(&ana).len(), 2);

    let (_, answers, aside) = status(&body, 0);
    assert!(answers.is_empty() && aside.as_array().is_some_and(|a| a.len() == 1), "{answers:?} {aside}");
    assert_eq!(status(&body, 1).1, ["ContentHandover"]);
}

#[test]
fn a_line_or_an_act_that_no_notice_can_have_is_refused_before_the_registrar_is_asked() {
    let town = Town::new();
    let (body, _ana) = (body(&town, "AO008"), addressee(&town, 0, "ana"));
    let refused = |option: &str, value: &str| -> String {
        let mut args: Vec<&str> = [WHAT.as_slice(), &["--body", "resolucion.md", "--json"]].concat();
        let at = args.iter().position(|a| *a == option).unwrap();
        args[at + 1] = value;
        let error: Value = serde_json::from_str(&body.piped(&args, RUNS[0].as_bytes()).failed(2)).unwrap();
        text(&error["error"]).to_owned()
    };
    std::fs::write(body.home.join("acto.docx"), b"PK").unwrap();
    std::fs::write(body.home.join("vacio.md"), b" \n").unwrap();
    std::fs::write(body.home.join("latin.txt"), b"resoluci\xf3n").unwrap();

    for (option, value) in
        [("--case", ""), ("--subject", "dos\nlineas"), ("--description", " con margen"), ("--procedure", &"x".repeat(65))]
    {
        assert_eq!(refused(option, value), "body-line", "{option} {value:?}");
    }
    for file in ["acto.docx", "vacio.md", "latin.txt"] {
        assert_eq!(refused("--body", file), "body-text", "{file}");
    }
    assert_eq!(body.json(&["agency", "status"])["notices"], Value::Array(vec![]), "nothing was kept");
    assert_eq!(text(&send(&body, 0, &["--uri", "https://ejemplo.test/acto"]).done_json()["outcome"]), "sent");
}

#[test]
fn whoever_deletes_the_account_is_told_of_notices_before_and_that_they_reach_nobody_there_after() {
    let town = Town::new();
    let (body, ana) = (body(&town, "AO009"), addressee(&town, 0, "ana"));
    let sent = send(&body, 0, &["--uri", "https://ejemplo.test/acto"]).done_json();
    let came = notices(&ana);
    let read = ana.run(&["notice", "read", text(&came[0]["id"])]).done();
    assert!(read.contains("https://ejemplo.test/acto") && read.contains(text(&sent["notice"])), "{read}");

    let deleted = ana.run(&["account", "delete", "--yes"]);

    let told = deleted.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("deben notificarle por otro medio"), "{told}");
    let address = ana.json(&["notice", "address"]);
    assert_eq!(address["on"], Value::Bool(false), "{address}");
    let after = send(&body, 0, &[]);
    let after: Value = serde_json::from_str(&after.out).unwrap();
    assert_eq!(text(&after["outcome"]), "no-account");
}

/// The person's side of a dispute: what she can show of her casilla, alone and beside the body's evidence.
#[test]
fn what_a_casilla_held_is_written_to_a_file_that_verifies_alone_and_beside_the_evidence() {
    let town = Town::new();
    let (body, ana) = (body(&town, "AO010"), town.person(0, "ana"));
    let none: Value = serde_json::from_str(&ana.run(&["notice", "proof", "--out", "none", "--json"]).failed(1)).unwrap();
    assert_eq!(text(&none["error"]), "no-heads");
    let _said = ana.json(&["notice", "address", "on", "--yes"]);
    ana.run(&["list"]).done();
    let empty = ana.json(&["notice", "proof", "--out", "empty"]);
    let sent = send(&body, 0, &[]).done_json();
    let evidence = text(&sent["evidence"]);
    assert_eq!(notices(&ana).len(), 1);

    let proof = ana.json(&["notice", "proof", "--out", "proof"]);

    assert_eq!((&empty["casillas"], &proof["heads"]), (&Value::from(1), &Value::from(1)), "the newest of the day");
    let again: Value = serde_json::from_str(&ana.run(&["notice", "proof", "--out", "proof", "--json"]).failed(3)).unwrap();
    assert_eq!(text(&again["error"]), "output-taken", "a proof replaces nothing");
    let trust = {
        let _valid = verdict(&body, evidence).done_json();
        body.home.join("trust")
    };
    let at = |name: &str| ana.home.join(name).to_str().unwrap().to_owned();
    let verify = |args: &[&str]| -> (Option<i32>, Value) {
        let said = body.run(&[&["verify"], args, &["--trust", trust.to_str().unwrap(), "--json"]].concat());
        (said.code, serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.err)))
    };
    let (code, alone) = verify(&[&at("empty")]);
    assert_eq!((code, &alone["heads"][0]["count"]), (Some(0), &Value::from(0)), "nothing was there: {alone}");
    let (code, alone) = verify(&[&at("proof")]);
    assert_eq!((code, &alone["heads"][0]["count"]), (Some(0), &Value::from(1)), "{alone}");
    let (code, beside) = verify(&[evidence, "--head", &at("proof")]);
    assert_eq!((code, text(&beside["head"]["says"])), (Some(0), "other-time"), "of the same minute: {beside}");
    let (code, beside) = verify(&[evidence, "--head", &at("empty")]);
    assert_eq!((code, text(&beside["verdict"])), (Some(0), "VALID"), "a word of before takes nothing from the proof: {beside}");
    // what does not fit would stand here
    assert_eq!(ana.json(&["status"])["casilla_faults"], Value::Array(vec![]));
}

#[test]
fn a_body_is_not_enrolled_into_a_persons_profile() {
    let town = Town::new();
    let (ana, code) = (town.person(0, "ana"), invitation(&town, "AO001"));
    let hers = ana.home.join(".local/share/lacre");
    let hers = hers.to_str().unwrap();

    let said = ana.run(&["agency", "enroll", &code, "--profile", hers]).failed(2);

    assert!(said.contains("Este perfil es de una persona") && said.contains("--profile CARPETA"), "{said}");
    assert!(ana.run(&["agency", "status", "--profile", hers]).code != Some(0), "it is no body's");
    // the code was not used up, and a folder of its own is what is asked for
    let enrolled = ana.json(&["agency", "enroll", &code, "--profile", "organismo"]);
    assert_eq!(text(&enrolled["code"]), "AO001");
    ana.run(&["whoami"]).done();
}

#[test]
fn a_bodys_screens_tell_times_where_the_body_is_whatever_zone_its_machine_has() {
    let town = Town::new();
    let (body, _ana) = (body(&town, "AO002"), addressee(&town, 0, "ana"));
    let _sent = send(&body, 0, &[]).done_json();
    let there = |zone: &str, args: &[&str]| Said::from(body.command(args).env("TZ", zone).output().unwrap(), args).done();
    for args in [&["agency", "status"][..], &["agency", "fallback", "list"], &["agency", "template", "list"]] {
        assert_eq!(there("Asia/Tokyo", args), there("America/Santiago", args), "{args:?}");
    }
    let said = there("Asia/Tokyo", &["agency", "status"]);
    assert!(said.contains("America/Santiago") && !said.contains("Tokyo"), "{said}");
}
