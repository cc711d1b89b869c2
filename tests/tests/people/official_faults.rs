//! A body's program in a bad hour: a full disk, a wrong clock, a relay that is off, files at their limits. Each time a clear sentence;
//! nothing is sent twice, and nothing is lost.
use crate::official::{WHAT, addressee, body, notices, send, text, verdict};
use lacre_tests::faults::Faults;
use lacre_tests::terminal::{Person, RUNS, Said, Town};
use serde_json::Value;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

const HOUR_MS: i64 = 3_600_000;

/// A command of the body in a worse world, with this from another program.
fn watched(faults: &Faults, office: &Person, args: &[&str], typed: &str) -> Said {
    let mut command = office.command(args);
    faults.watch(&mut command, &office.home.canonicalize().unwrap());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let _closed = child.stdin.take().unwrap().write_all(typed.as_bytes());
    Said::from(child.wait_with_output().unwrap(), args)
}

fn error(said: &Said) -> String {
    let line = said.err.lines().last().unwrap_or_else(|| panic!("{said:?}"));
    text(&serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{e}: {said:?}"))["error"]).to_owned()
}

/// Bytes below a folder.
fn used(dir: &Path) -> i64 {
    let all = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    let of = |entry: std::fs::DirEntry| match entry.file_type().unwrap().is_dir() {
        true => used(&entry.path()),
        false => i64::try_from(entry.metadata().unwrap().len()).unwrap(),
    };
    all.map(of).sum()
}

fn rows(office: &Person) -> Vec<Value> {
    office.json(&["agency", "status"])["notices"].as_array().unwrap().clone()
}

#[test]
fn on_a_disk_that_fills_at_any_write_a_notice_is_sent_once_or_said_not_to_be_sent() {
    let faults = Faults::build().unwrap();
    let town = Town::new();
    let (office, ana) = (body(&town, "AO040"), addressee(&town, 0, "ana"));
    let args = [&WHAT, ["--body", "resolucion.md", "--json"].as_slice()].concat();
    let (mut failed, mut done) = (0, 0);
    for step in 0..40 {
        faults.room_bytes(used(&office.home) + 100 + step * 6_000).unwrap();
        let said = watched(&faults, &office, &args, RUNS[0]);
        faults.room_bytes(0).unwrap();
        if said.code == Some(0) {
            done += 1;
            if done == 3 {
                break;
            }
        } else {
            failed += 1;
            let why: Value = serde_json::from_str(said.err.lines().last().unwrap()).unwrap();
            assert!(why.to_string().contains("queda espacio"), "{said:?}");
        }
        while office.json(&["agency", "resume"])["notice"] != Value::Null {}
        ana.run(&["list"]).done();
    }

    assert!(failed > 3 && done == 3, "{failed} failed, {done} did not");
    let sent = rows(&office);
    assert!(sent.iter().all(|row| text(&row["stage"]) == "sent"), "{sent:?}");
    let came = notices(&ana);
    assert_eq!(came.len(), sent.len(), "each once");
    assert!(came.iter().all(|n| n["invalid"] == Value::Null));
    for row in &sent {
        assert_eq!(text(&verdict(&office, text(&row["evidence"])).done_json()["verdict"]), "VALID");
    }
}

#[test]
fn on_a_disk_that_fills_while_answers_are_filed_none_is_lost_and_none_is_filed_twice() {
    let faults = Faults::build().unwrap();
    let town = Town::new();
    let (office, ana) = (body(&town, "AO041"), addressee(&town, 0, "ana"));
    let sent = send(&office, 0, &[]).done_json();
    let id = text(&notices(&ana)[0]["id"]).to_owned();
    ana.run(&["notice", "ack", &id, "--yes"]).done();
    ana.run(&["notice", "reply", &id, &"Apelo. ".repeat(2_000), "--yes"]).done();
    let args = ["agency", "status", "--json"];
    let mut failed = 0;
    for step in 0..60 {
        faults.room_bytes(used(&office.home) + 100 + step * 4_000).unwrap();
        let said = watched(&faults, &office, &args, "");
        if said.code == Some(0) {
            break;
        }
        failed += 1;
        assert!(said.err.contains("queda espacio"), "{said:?}");
    }
    faults.room_bytes(0).unwrap();

    let row = rows(&office).remove(0);
    let mut answers: Vec<&str> = row["answers"].as_array().unwrap().iter().map(|a| text(&a["what"])).collect();
    answers.sort_unstable();
    assert_eq!(answers, ["ConsignmentAcceptance", "ContentHandover", "reply"], "after {failed} full disks");
    assert!(failed > 1, "{failed}");
    let said = office.run(&["agency", "watch", "--since", "0", "--for", "1s", "--json"]).done();
    assert_eq!(said.lines().count(), 3, "{said}");
    assert_eq!(text(&verdict(&office, text(&sent["evidence"])).done_json()["verdict"]), "VALID");
}

#[test]
fn with_a_clock_two_hours_off_nobody_is_asked_and_nothing_is_sent() {
    let faults = Faults::build().unwrap();
    let town = Town::new();
    let (office, ana) = (body(&town, "AO042"), addressee(&town, 0, "ana"));
    let args = [&WHAT, ["--body", "resolucion.md", "--json"].as_slice()].concat();

    for (ms, wanted) in [(2 * HOUR_MS, "body-clock-ahead"), (-2 * HOUR_MS, "body-clock-behind")] {
        faults.clock_ahead_ms(ms).unwrap();
        let said = watched(&faults, &office, &args, RUNS[0]);
        assert_eq!((said.code, error(&said).as_str()), (Some(3), wanted), "{said:?}");
    }

    assert!(rows(&office).is_empty());
    ana.run(&["list"]).done();
    assert_eq!(ana.json(&["notice", "address"])["answers"], Value::Array(vec![]), "nobody asked about her");
    faults.clock_ahead_ms(0).unwrap();
    assert_eq!(watched(&faults, &office, &args, RUNS[0]).code, Some(0));
}

#[test]
fn with_the_relay_off_a_body_is_told_that_nothing_was_sent_and_that_nothing_waits_by_itself() {
    let mut town = Town::new();
    let office = body(&town, "AO043");
    town.switch_off();

    let said = send(&office, 0, &[]);

    assert_eq!((said.code, error(&said).as_str()), (Some(3), "body-away"), "{said:?}");
    let told = office.piped(&[&WHAT, ["--body", "resolucion.md"].as_slice()].concat(), RUNS[0].as_bytes());
    let told = told.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("nada se envía por sí solo") && !told.contains("espera"), "{told}");
    town.switch_on();
    assert!(rows(&office).is_empty());
}

#[test]
fn files_at_their_limits_go_and_those_beyond_are_refused_before_anybody_is_asked() {
    let town = Town::new();
    let (office, ana) = (body(&town, "AO044"), addressee(&town, 0, "ana"));
    let sized = |name: &str, bytes: u64| std::fs::File::create(office.home.join(name)).unwrap().set_len(bytes).unwrap();
    sized("empty.bin", 0);
    sized("most.bin", 100 << 20);
    sized("more.bin", (100 << 20) + 1);
    let refused = |files: &[&str]| {
        let more: Vec<&str> = files.iter().flat_map(|file| ["--file", *file]).collect();
        let said = send(&office, 0, &more);
        assert_eq!(said.code, Some(2), "{said:?}");
        error(&said)
    };

    assert_eq!(refused(&["more.bin"]), "body-files");
    assert_eq!(refused(&["empty.bin"; 32]), "body-files", "the body is the first of 32");
    assert_eq!(refused(&["most.bin"; 3]), "body-together", "evidence is one file");
    assert!(rows(&office).is_empty());
    let sent = send(&office, 0, &["--file", "empty.bin", "--file", "most.bin"]).done_json();
    assert_eq!(text(&sent["verdict"]), "VALID");
    let came = notices(&ana);
    let saved = ana.json(&["notice", "read", text(&came[0]["id"]), "--save", "2"]);
    assert_eq!(saved["size"], Value::from(100 << 20));
    assert_eq!(std::fs::metadata(ana.home.join(text(&saved["path"]))).unwrap().len(), 100 << 20);
    let empty = ana.json(&["notice", "read", text(&came[0]["id"]), "--save", "1"]);
    assert_eq!(empty["size"], Value::from(0));
}

#[test]
fn evidence_is_its_owners_and_a_folder_that_others_can_read_is_said() {
    let town = Town::new();
    let (office, _ana) = (body(&town, "AO045"), addressee(&town, 0, "ana"));
    let sent = send(&office, 0, &[]).done_json();
    let folder = Path::new(text(&sent["evidence"])).parent().unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(folder), mode(Path::new(text(&sent["evidence"])))), (0o700, 0o600));

    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o750)).unwrap();

    let said = office.run(&["agency", "status"]);
    assert!(said.code == Some(0) && said.err.contains("otros pueden leer"), "{said:?}");
}

#[test]
fn what_was_to_be_notified_otherwise_is_said_again_as_it_was_said() {
    let town = Town::new();
    let (office, ana) = (body(&town, "AO046"), addressee(&town, 0, "ana"));
    let args = ["registrar", "exempt", "add", "--reason", "minor", "--data", "data"];
    assert_eq!(lacre_tests::relay::operate_typing(town.folder(), &args, RUNS[0]).unwrap().code, Some(0));
    let first: Value = serde_json::from_str(&send(&office, 0, &[]).out).unwrap();
    assert_eq!((text(&first["outcome"]), text(&first["reason"])), ("exempt", "minor"));

    let again = office.run(&["agency", "resume", text(&first["notice"]), "--json"]);

    assert_eq!((again.code, serde_json::from_str::<Value>(&again.out).unwrap()), (Some(1), first));
    assert!(notices(&ana).is_empty());
}

#[test]
fn a_body_whose_certificate_has_ended_is_told_so_and_sends_again_once_it_is_renewed() {
    use lacre_tests::world::World;
    const TWO_YEARS_MS: u64 = 731 * 86_400_000;
    let faults = Faults::build().unwrap();
    let mut world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let secret = vec!["--key-file".into(), folder.path().join("key").display().to_string()];
    let office = Person { handle: "@ao047".into(), home: folder.path().to_owned(), secret };
    office.run(&["agency", "enroll", &world.invite_body("AO047").expose()]).done();
    std::fs::write(office.home.join("resolucion.md"), "# Resolución (ejemplo)\n").unwrap();
    let args = [&WHAT, ["--body", "resolucion.md", "--json"].as_slice()].concat();
    world.forward(TWO_YEARS_MS);
    // its leaf of TLS is made anew
    world.stop_relay();
    world.start_relay();
    faults.clock_ahead_ms(i64::try_from(TWO_YEARS_MS).unwrap()).unwrap();

    let said = watched(&faults, &office, &args, RUNS[0]);

    assert_eq!((said.code, error(&said).as_str()), (Some(1), "body-certificate-ended"), "{said:?}");
    world.renew_body("AO047");
    let said = watched(&faults, &office, &args, RUNS[0]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let after: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(text(&after["outcome"]), "no-account", "it is a body again, and nobody of this RUN is there");
}

#[test]
fn a_profile_that_is_somebody_elses_is_said_to_be_that_and_nothing_is_made_of_it() {
    let town = Town::new();
    let (office, ana, clerk) = (body(&town, "AO046"), town.person(0, "ana"), town.newcomer("mesa-1"));
    clerk.run(&["counter", "enroll", &town.authority().to_string()]).done();
    let of = |who: &Person, folder: &str, args: &[&str]| {
        let folder = who.home.join(".local/share").join(folder).display().to_string();
        error(&who.run(&[&["--profile", &folder, "--json"], args].concat()))
    };

    for args in [&["whoami"][..], &["notice", "list"], &["enroll", &town.invitation(1), "@otra"]] {
        assert_eq!(of(&office, "lacre-agency", args), "body-profile", "{args:?}");
        assert_eq!(of(&clerk, "lacre-counter", args), "clerk-profile", "{args:?}");
    }
    assert_eq!(of(&ana, "lacre", &["agency", "status"]), "person-profile");
    assert_eq!(ana.json(&["whoami"])["handle"], "@ana");
    assert!(rows(&office).is_empty());
}
