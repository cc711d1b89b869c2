//! An official notice between the real programs when a clock is two hours off, and when a disk is full while it arrives: a sentence,
//! nothing lost, nothing twice, and it goes on without a restart when that is over.
use crate::official::{WHAT, addressee, body, notices, send, status, text, verdict};
use lacre_tests::faults::Faults;
use lacre_tests::terminal::{Person, RUNS, Said, Town};
use serde_json::Value;
use std::path::Path;

const TWO_HOURS: i64 = 2 * 3_600_000;

/// A command of a program in this world.
fn under(faults: &Faults, person: &Person, args: &[&str]) -> Said {
    let mut command = person.command(args);
    faults.watch(&mut command, &person.home.canonicalize().unwrap());
    Said::from(command.output().unwrap(), args)
}

fn bytes_below(folder: &Path) -> i64 {
    let sizes = std::fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap();
        if kind.is_dir() { bytes_below(&path) } else { i64::try_from(kind.len()).unwrap() }
    });
    sizes.sum()
}

fn error(said: &Said) -> String {
    let error: Value = serde_json::from_str(&said.err).unwrap_or_else(|e| panic!("{e}: {said:?}"));
    text(&error["error"]).to_owned()
}

/// What she sees of her only notice: whether it is genuine, and until when she may answer.
fn only(listed: &Said) -> (Value, Value) {
    let listed: Value = serde_json::from_str(&listed.out).unwrap_or_else(|e| panic!("{e}: {listed:?}"));
    let [notice] = listed["notices"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    (notice["invalid"].clone(), notice.clone())
}

/// Seen red with a state and a designation that bear the time of a clock that is ahead: no evidence verified for two hours.
#[test]
fn a_person_whose_clock_is_two_hours_off_is_notified_reads_the_right_dates_and_answers() {
    for ahead in [TWO_HOURS, -TWO_HOURS] {
        let (town, faults) = (Town::new(), Faults::build().unwrap());
        let body = body(&town, "AW001");
        let ana = town.newcomer("ana");
        faults.clock_ahead_ms(ahead).unwrap();
        under(&faults, &ana, &["enroll", &town.invitation(0), "@ana"]).done();
        under(&faults, &ana, &["notice", "address", "on", "--yes", "--json"]).done();
        let sent = send(&body, 0, &[]).done_json();
        assert_eq!(text(&sent["outcome"]), "sent", "{ahead}");
        let listed = under(&faults, &ana, &["notice", "list", "--json"]);
        let (invalid, notice) = only(&listed);
        let id = text(&notice["id"]);
        let off = under(&faults, &ana, &["notice", "deadlines", "--json"]);
        under(&faults, &ana, &["notice", "ack", id, "--yes"]).done();
        let right = ana.run(&["notice", "deadlines", "--json"]);

        assert_eq!(invalid, Value::Null, "{notice}");
        let (_, answers, aside) = status(&body, 0);
        assert_eq!(
            (answers, aside),
            (["ContentHandover", "ConsignmentAcceptance"].map(str::to_owned).to_vec(), Value::Array(vec![]))
        );
        assert_eq!(text(&verdict(&body, text(&sent["evidence"])).done_json()["verdict"]), "VALID");
        assert!(off.code == Some(0) && right.code == Some(0), "{off:?} {right:?}");
        faults.clock_ahead_ms(0).unwrap();
        assert_eq!(notices(&ana).len(), 1);
    }
}

/// Seen red with answers of the registrar that go back with its clock.
#[test]
fn at_a_relay_whose_clock_is_two_hours_off_a_body_sends_nothing_that_proves_nothing_and_then_all_goes_on() {
    for ahead in [TWO_HOURS, -TWO_HOURS] {
        let town = Town::under(Faults::build().unwrap());
        let (body, ana) = (body(&town, "AW002"), addressee(&town, 0, "ana"));
        let _first = send(&body, 0, &[]).done_json();
        assert_eq!(notices(&ana).len(), 1);
        town.faults().clock_ahead_ms(ahead).unwrap();

        let said = send(&body, 0, &[]);
        // nobody is asked: which of the two clocks is wrong cannot be known
        assert_eq!(error(&said), if ahead > 0 { "body-clock-behind" } else { "body-clock-ahead" }, "{said:?}");
        // she reads and answers meanwhile: the relay's times do not go back behind that
        let id = notices(&ana)[0]["id"].clone();
        ana.run(&["notice", "ack", text(&id), "--yes"]).done();
        town.faults().clock_ahead_ms(0).unwrap();
        let after = send(&body, 0, &[]);

        let rows = body.json(&["agency", "status"])["notices"].as_array().unwrap().clone();
        let mut proved = 0;
        for row in &rows {
            assert_eq!((text(&row["stage"]), &row["unproven"]), ("sent", &Value::Bool(false)), "{ahead}: {row}");
            assert_eq!(text(&verdict(&body, text(&row["evidence"])).done_json()["verdict"]), "VALID");
            proved += 1;
        }
        let came = notices(&ana);
        assert!(came.len() == proved && came.iter().all(|n| n["invalid"] == Value::Null), "{ahead}: {came:?}");
        if ahead > 0 {
            // they stand still until two hours are over, and that is said
            assert_eq!((error(&after).as_str(), proved), ("body-clock-behind", 1));
        } else {
            assert_eq!((after.code, proved), (Some(0), 2), "{after:?}");
        }
    }
}

/// Seen red with a body that takes the relay's full disk for a no.
#[test]
fn on_a_relay_whose_disk_is_full_a_notice_waits_with_its_body_and_arrives_when_there_is_room() {
    let town = Town::under(Faults::build().unwrap());
    let (body, ana) = (body(&town, "AW003"), addressee(&town, 0, "ana"));
    std::fs::write(body.home.join("largo.md"), "Texto largo de ejemplo.\n".repeat(2_500)).unwrap();
    let args: Vec<&str> = WHAT.iter().copied().chain(["--body", "largo.md", "--json"]).collect();
    let mut waited = 0;
    for room in [8_192, 40_000, 65_536] {
        town.faults().room_bytes(bytes_below(&town.folder().join("data")) + room).unwrap();
        let said = body.piped(&args, RUNS[0].as_bytes());
        town.faults().room_bytes(0).unwrap();
        if said.code != Some(0) {
            waited += 1;
            assert!(said.out.is_empty(), "{said:?}");
            assert!(["body-store", "body-row"].contains(&error(&said).as_str()), "it answered: {said:?}");
        }
    }
    while body.json(&["agency", "resume"])["notice"] != Value::Null {}
    let _sent = body.piped(&args, RUNS[0].as_bytes()).done_json();

    assert!(waited > 0, "the disk was never full");
    let rows = body.json(&["agency", "status"])["notices"].as_array().unwrap().clone();
    let came = notices(&ana);
    assert!(rows.iter().all(|row| row["stage"] == "sent"), "{rows:?}");
    assert!(came.len() == rows.len() && came.iter().all(|n| n["invalid"] == Value::Null), "{came:?}");
}

#[test]
fn on_a_persons_full_disk_a_notice_is_not_lost_and_comes_once_there_is_room() {
    let (town, faults) = (Town::new(), Faults::build().unwrap());
    let (body, ana) = (body(&town, "AW004"), addressee(&town, 0, "ana"));
    std::fs::write(body.home.join("largo.md"), "Texto largo de ejemplo.\n".repeat(2_500)).unwrap();
    let args: Vec<&str> = WHAT.iter().copied().chain(["--body", "largo.md", "--json"]).collect();
    let _sent = body.piped(&args, RUNS[0].as_bytes()).done_json();
    let mut full = 0;
    for room in (0..40).map(|n| n * 8_192) {
        faults.room_bytes(bytes_below(&ana.home) + room + 1).unwrap();
        let said = under(&faults, &ana, &["notice", "list", "--json"]);
        if said.code != Some(0) {
            full += 1;
            assert!(said.out.is_empty() && !error(&said).is_empty(), "{said:?}");
        }
        faults.room_bytes(0).unwrap();
    }
    let listed = ana.run(&["notice", "list", "--json"]);

    assert!(full > 0, "the disk was never full");
    assert_eq!(only(&listed).0, Value::Null);
    let (_, answers, aside) = status(&body, 0);
    assert_eq!((answers, aside), (vec!["ContentHandover".to_owned()], Value::Array(vec![])));
}
