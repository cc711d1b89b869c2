//! What officials and persons must be told, and were not: each test is of something that went by without a word, or said too much.
use crate::official::{addressee, body, notices, send, status, text, verdict};
use lacre_tests::terminal::{Said, Town};
use serde_json::Value;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;

/// On one line: lines end where a terminal does.
fn told(said: &Said) -> String {
    format!("{} {}", said.out, said.err).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn answers_that_come_while_another_bundle_lies_in_the_place_of_theirs_are_judged_once_the_right_one_is_back() {
    let town = Town::new();
    let (office, ana) = (body(&town, "AS001"), addressee(&town, 0, "ana"));
    let (first, second) = (send(&office, 0, &[]).done_json(), send(&office, 0, &[]).done_json());
    let (mine, other) = (text(&first["evidence"]), text(&second["evidence"]));
    let right = std::fs::read(mine).unwrap();
    std::fs::copy(other, mine).unwrap();
    assert_eq!(notices(&ana).len(), 2);

    let (_, answers, aside) = status(&office, 0);
    assert!(answers.is_empty() && aside.as_array().is_some_and(|a| a.len() == 1), "{answers:?} {aside}");
    assert!(told(&office.run(&["agency", "status"])).contains("espera: la prueba de la notificación falta, o hay otra"));
    std::fs::write(mine, right).unwrap();

    let (_, answers, aside) = status(&office, 0);
    assert_eq!((answers, aside), (vec!["ContentHandover".to_owned()], Value::Array(vec![])));
    assert_eq!(text(&verdict(&office, mine).done_json()["verdict"]), "VALID");
}

#[test]
fn a_second_correction_of_one_notice_is_said_to_the_official_and_to_the_person() {
    let town = Town::new();
    let (office, ana) = (body(&town, "AS002"), addressee(&town, 0, "ana"));
    let sent = send(&office, 0, &[]).done_json();
    let args = ["agency", "send", "--corrects", text(&sent["notice"]), "--type", "end", "--subject", "Rectifica"];
    let more = ["--description", "Rectifica (ejemplo).", "--body", "resolucion.md"];
    let correct = || office.run(&[args.as_slice(), &more].concat());

    let (first, second) = (correct(), correct());

    assert_eq!((first.code, second.code), (Some(0), Some(0)), "{first:?} {second:?}");
    assert!(!told(&first).contains("ya tiene una corrección"), "{first:?}");
    assert!(told(&second).contains("ya tiene una corrección"), "{second:?}");
    let came = notices(&ana);
    let corrections: Vec<&Value> = came.iter().filter(|n| text(&n["notice"]["standing"]) == "corrects").collect();
    assert_eq!(corrections.len(), 2);
    for (one, other) in [(corrections[0], corrections[1]), (corrections[1], corrections[0])] {
        let read = told(&ana.run(&["notice", "read", text(&one["id"])]));
        let at = read.find("corrige la misma notificación").unwrap_or_else(|| panic!("{read}"));
        assert!(read[at..].contains(&text(&other["id"])[..8]), "{read}");
    }
}

#[test]
fn evidence_that_no_notice_names_is_told_and_stays() {
    let town = Town::new();
    let (office, _ana) = (body(&town, "AS003"), addressee(&town, 0, "ana"));
    let sent = send(&office, 0, &[]).done_json();
    assert_eq!(office.json(&["agency", "status"])["unnamed"], Value::Array(vec![]), "what a row names is its");
    // a program that was killed between the file and its row
    let folder = Path::new(text(&sent["evidence"])).parent().unwrap();
    let name = format!("{}.lacre", "5a".repeat(16));
    std::fs::copy(text(&sent["evidence"]), folder.join(&name)).unwrap();
    std::fs::write(folder.join("apuntes.txt"), "of the official's own").unwrap();

    assert_eq!(office.json(&["agency", "status"])["unnamed"], Value::Array(vec![name.as_str().into()]));

    let said = told(&office.run(&["agency", "status"]));
    assert!(said.contains("Un archivo de la carpeta de pruebas no es de ninguna notificación") && said.contains(&name), "{said}");
    assert!(folder.join(&name).is_file(), "it may be the only proof that something was sent");
}

#[test]
fn an_invitation_needs_not_stand_among_the_arguments_of_a_person_nor_of_a_body() {
    let town = Town::new();
    let ana = town.newcomer("ana");

    let nothing = ana.piped(&["enroll", "-", "@ana", "--json"], b"");
    assert_eq!(nothing.code, Some(2), "{nothing:?}");
    assert!(nothing.err.contains("no-invitation"), "{nothing:?}");
    let two = format!("{}\n{}\n", town.invitation(1), town.invitation(2));
    assert_eq!(ana.piped(&["enroll", "-", "@ana"], two.as_bytes()).code, Some(2), "which one is not guessed");
    ana.piped(&["enroll", "-", "@ana"], town.invitation(0).as_bytes()).done();

    assert_eq!(text(&ana.json(&["whoami"])["handle"]), "@ana");
}

#[test]
fn who_begins_to_watch_is_told_of_notices_that_she_has_not_read_and_of_no_others() {
    let town = Town::new();
    let (office, ana) = (body(&town, "AS005"), addressee(&town, 0, "ana"));
    send(&office, 0, &[]).done();
    send(&office, 0, &[]).done();
    let came = notices(&ana);
    let [read, unread] = [&came[0], &came[1]].map(|n| text(&n["id"])[..8].to_owned());
    ana.run(&["notice", "read", &read]).done();

    let said = ana.run(&["watch", "--for", "1s"]);

    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains(&unread) && !said.out.contains(&read), "{said:?}");
}

#[test]
fn who_watches_for_answers_is_told_where_that_begins_and_times_name_their_zone() {
    let town = Town::new();
    let (office, ana) = (body(&town, "AS006"), addressee(&town, 0, "ana"));
    send(&office, 0, &[]).done();
    assert_eq!(notices(&ana).len(), 1);
    assert_eq!(status(&office, 0).1, ["ContentHandover"]);

    let watched = office.run(&["agency", "watch", "--for", "1s"]);

    assert_eq!((watched.code, watched.out.as_str()), (Some(0), ""), "what was filed before is not told again: {watched:?}");
    assert!(told(&watched).contains("después del número 1 ") && told(&watched).contains("America/Santiago"), "{watched:?}");
    let said = office.run(&["agency", "status"]).done();
    assert!(said.contains("Horas de America/Santiago."), "{said}");
}

/// A relay that takes connections and says nothing: the command says that it waits, once, and ends by itself.
#[test]
fn a_relay_that_says_nothing_is_told_of_while_it_is_waited_for() {
    let mut town = Town::new();
    let ana = town.person(0, "ana");
    town.stop();
    let silent = TcpListener::bind(("127.0.0.1", town.authority().port())).unwrap();
    let mut child = ana.start(&["list"]);
    let mut early = [0; 40];

    // the first words come while the relay is still waited for: nobody has cut the connection yet
    child.stderr.as_mut().unwrap().read_exact(&mut early).unwrap();

    assert!(String::from_utf8_lossy(&early).starts_with("El servidor no responde todavía"), "{early:?}");
    drop(silent);
    let said = Said::from(child.wait_with_output().unwrap(), &["list"]);
    assert!(said.code == Some(0) && !said.err.contains("todavía: se"), "once: {said:?}");
}
