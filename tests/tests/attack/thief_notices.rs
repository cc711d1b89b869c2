//! A thief of the relay's folder, and official notices: what he reads of them, at whatever moment he takes it, and whether he can tell
//! who was notified.
use crate::thief_log::{Change, bytes, changes, holds, states};
use lacre_evidence::{Bundle, Opening};
use lacre_ground::ids::Token;
use lacre_ground::run::Run;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_tests::notices_body::Writing;
use lacre_tests::real_body::RealBody;
use lacre_tests::relay::operate;
use lacre_tests::terminal::{Person as Typist, RUNS, Town};
use lacre_tests::world::{Person, World};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const WORDS: &str = "Recibo aquí las notificaciones oficiales (ejemplo).";
const SUBJECT: &str = "Asunto que nadie ajeno lee (ejemplo)";
const TEXT: &str = "# Resolución\n\nTexto que nadie ajeno lee (ejemplo).\n";
const REPLY: &str = "Respuesta que nadie ajeno lee (ejemplo).";

fn body(town: &Town) -> Typist {
    let args =
        ["registrar", "issue-code", "--agency", "AT001", "--name", "Municipalidad de Ejemplo", "--zone", "America/Santiago"];
    let said = operate(town.folder(), &[args.as_slice(), &["--json", "--data", "data"]].concat()).unwrap();
    let given: Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.err));
    let body = town.newcomer("at001");
    let _enrolled = body.json(&["agency", "enroll", given["invitation"].as_str().unwrap()]);
    std::fs::write(body.home.join("acto.md"), TEXT).unwrap();
    body
}

/// What nobody but the two must read, in the forms in which a program might store it.
fn secrets(evidence: &Path) -> Vec<Vec<u8>> {
    let bundle = Bundle::parse(&std::fs::read(evidence).unwrap()).unwrap();
    let opening = Opening::parse(bundle.opening.as_deref().unwrap()).unwrap();
    let run = opening.run.canonical();
    let dotted = format!("{}.{}.{}", &run[..2], &run[2..5], &run[5..8]);
    let mut texts = vec![run[..8].to_owned(), dotted, SUBJECT.to_owned(), TEXT[14..].to_owned(), REPLY.to_owned()];
    texts.extend(["E-0777/2026", "lacre notice v2", "lacre lookup v2", "lacre grant v1", "lacre reply v1"].map(str::to_owned));
    let seed = *opening.seed.unwrap().expose();
    let raw = [seed, *opening.salt.expose(), *opening.return_token.unwrap().expose()];
    texts.extend(raw.iter().map(|bytes| data_encoding::HEXLOWER.encode(bytes)));
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.extend(raw.iter().map(|bytes| bytes.to_vec()));
    all
}

/// Seen red with a relay that logs about whom it was asked.
#[test]
fn folder_and_log_hold_no_run_subject_text_seed_or_right_while_working_after_a_kill_and_after_a_stop() {
    let mut town = Town::new();
    let (body, ana) = (body(&town), town.person(0, "ana"));
    let _on = ana.json(&["notice", "address", "on", "--yes"]);
    let what = ["--case", "E-0777/2026", "--procedure", "Permiso", "--type", "end", "--term", "5", "--subject", SUBJECT];
    let args = [&["agency", "send"], what.as_slice(), &["--description", "Ejemplo", "--body", "acto.md", "--json"]].concat();
    let sent = body.piped(&args, RUNS[0].as_bytes()).done_json();
    let working = bytes(&town.folder().join("data"));
    let listed = ana.json(&["notice", "list"]);
    let id = listed["notices"][0]["id"].as_str().unwrap();
    ana.run(&["notice", "ack", id, "--yes"]).done();
    ana.run(&["notice", "reply", id, REPLY, "--yes"]).done();
    let _collected = body.json(&["agency", "status"]);
    town.switch_off();
    let killed = bytes(&town.folder().join("data"));
    town.switch_on();
    town.stop();
    let stopped = bytes(&town.folder().join("data"));
    let log = std::fs::read(town.folder().join("relay.log")).unwrap();

    let secrets = secrets(Path::new(sent["evidence"].as_str().unwrap()));
    let his_own = std::fs::read(sent["evidence"].as_str().unwrap()).unwrap();
    assert!(secrets.iter().filter(|secret| holds(&his_own, secret)).count() >= 6, "the scan is blind");
    assert!(holds(&stopped, b"AT001") && !log.is_empty());
    for (when, taken) in [("working", &working), ("killed", &killed), ("stopped", &stopped), ("the log", &log)] {
        for secret in &secrets {
            assert!(!holds(taken, secret), "{when}: {:?}", String::from_utf8_lossy(secret));
        }
    }
}

/// Tables with rows of accounts, and those with rows of casillas and of what came there.
const OF_ACCOUNTS: [&str; 6] = ["account", "answer_count", "kept_casilla", "kept_grant", "person", "exempt"];
const OF_CHANNELS: [&str; 5] = ["channel", "append_right", "kept_entry", "kept_id", "notice_record"];

fn touches(change: &Change, tables: &[&str]) -> bool {
    change.keys().any(|table| tables.contains(&table.as_str()))
}

/// A row with nothing but the kinds and lengths of its values.
fn masked(row: &str) -> String {
    let mut out = String::new();
    for value in row.trim_matches(['[', ']']).split_inclusive(['(', ')']) {
        match value.trim_end_matches(')') {
            inside if value.ends_with(')') && inside.starts_with('[') => out += &format!("{} bytes)", inside.split(',').count()),
            inside if value.ends_with(')') && inside.starts_with('"') => out += &format!("{} letters)", inside.len()),
            _ if value.ends_with(')') => out += "n)",
            _ => out += value,
        }
    }
    out
}

struct Theft {
    commits: BTreeSet<Change>,
    casillas: usize,
    right: Token,
}

/// What the thief sees of a world in which this one of three is notified, from the question to her answer, and then pauses.
fn theft(notified: usize) -> (Theft, Theft) {
    let mut world = World::new();
    let mut people: Vec<(Person, Run)> = ["ana", "eva", "leo"]
        .iter()
        .map(|handle| {
            let run = world.run();
            let mut person = world.person_with(handle, &run);
            person.client.designate(WORDS).unwrap();
            person.sync();
            (person, run)
        })
        .collect();
    let mut office = RealBody::enrolled(&world, "AO001");
    // what came before is in the file, and the log begins here
    world.stop_relay();
    world.start_relay();
    people.iter_mut().for_each(|(person, _)| person.sync());

    let mut commits = BTreeSet::new();
    let steal = |commits: &mut BTreeSet<Change>, world: &World| {
        let seen = states(&world.data());
        commits.extend(changes(&seen));
        seen.last().unwrap()["channel"].len()
    };
    steal(&mut commits, &world);
    commits.clear();
    world.stop_relay();
    world.start_relay();
    let (person, run) = &mut people[notified];
    let right = office.look_up(*run).expect("an address");
    steal(&mut commits, &world);
    let written = office.body.write(*run, &right, &office.keys, &Writing::decision(SystemClock.now()));
    office.deliver(&written, &right.token).expect("delivered");
    steal(&mut commits, &world);
    person.sync();
    let casillas = steal(&mut commits, &world);
    let before = Theft { commits: std::mem::take(&mut commits), casillas, right: right.token.clone() };
    world.stop_relay();
    world.start_relay();
    person.client.pause_notices(true).unwrap();
    person.sync();
    let casillas = steal(&mut commits, &world);
    (before, Theft { commits, casillas, right: right.token })
}

/// Seen red with a delivery that touches what is kept of the account.
#[test]
fn worlds_in_which_another_person_is_notified_look_alike_commit_by_commit_and_none_ties_a_casilla_to_an_account_but_a_pause() {
    let worlds = [theft(0), theft(1)];
    let shapes = worlds.each_ref().map(|(before, _)| {
        let rows = |rows: &Vec<String>| rows.iter().map(|row| masked(row)).collect::<BTreeSet<_>>();
        let one = |change: &Change| -> Vec<_> {
            // stamps are made when few are left, whoever took them
            let tables = change.iter().filter(|(table, _)| !["stamp", "stamp_end"].contains(&table.as_str()));
            tables.map(|(table, (came, went))| format!("{table} {:?} {:?}", rows(came), rows(went))).collect()
        };
        before.commits.iter().map(one).filter(|tables: &Vec<String>| !tables.is_empty()).collect::<BTreeSet<_>>()
    });
    assert_eq!(shapes[0], shapes[1]);
    for (before, paused) in &worlds {
        assert!(before.casillas >= 4, "the thief is blind");
        let asked: Vec<&Change> = before.commits.iter().filter(|c| c.contains_key("answer_count")).collect();
        let stored: Vec<&Change> = before.commits.iter().filter(|c| c.contains_key("notice_record")).collect();
        assert_eq!((asked.len(), stored.len()), (1, 1), "one question, one notice");
        for change in &before.commits {
            let both = touches(change, &OF_ACCOUNTS) && touches(change, &OF_CHANNELS);
            assert!(!both, "a commit ties an account to a channel: {:?}", change.keys());
        }
        let token = format!("{:?}", before.right.expose());
        let whole = format!("{:?} {:?}", before.commits, paused.commits);
        assert!(!whole.contains(&token[1..token.len() - 1]), "a right in clear");
        // the one that SECURITY.md names
        let tie: Vec<&Change> = paused.commits.iter().filter(|c| touches(c, &OF_ACCOUNTS) && touches(c, &OF_CHANNELS)).collect();
        assert_eq!(tie.len(), 1, "the pause");
        assert!(tie[0].contains_key("append_right") && tie[0].contains_key("account"), "{:?}", tie[0].keys());
        assert!(paused.casillas >= before.casillas);
    }
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../SECURITY.md")).unwrap();
    assert!(page.contains("ties account and casilla together"));
}
