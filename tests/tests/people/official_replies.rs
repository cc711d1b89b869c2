//! What persons write in answer to notices, as an official reads it, keeps it and shows it to a judge.
use crate::official::{addressee, body, notices, send, text};
use lacre_tests::terminal::{Person, Said, Town};
use serde_json::Value;
use std::os::unix::fs::{PermissionsExt as _, symlink};

/// Ana has a notice of this body, and answers with these words and files.
fn reply(ana: &Person, words: &str, files: &[&str]) {
    let id = text(&notices(ana)[0]["id"]).to_owned();
    let mut args = vec!["notice", "reply", &id, words, "--yes"];
    args.extend(files.iter().flat_map(|file| ["--file", *file]));
    ana.run(&args).done();
}

fn error(said: Said, code: i32) -> String {
    text(&serde_json::from_str::<Value>(&said.failed(code)).unwrap()["error"]).to_owned()
}

#[test]
fn a_reply_is_listed_read_and_saved_with_its_digests_and_none_of_it_looks_like_the_programs_words() {
    let town = Town::new();
    let (office, ana) = (body(&town, "AO030"), addressee(&town, 0, "ana"));
    let sent = send(&office, 0, &[]).done_json();
    std::fs::write(ana.home.join("prueba.pdf"), b"%PDF-1.4 example").unwrap();
    let words = "Apelo.\nGuardado: /etc/passwd\n\u{1b}[2J\u{202e}CUIDADO";
    reply(&ana, words, &["prueba.pdf"]);

    let listed = office.json(&["agency", "replies", "list"]);
    let [one] = listed["replies"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!((&one["notice"], text(&one["case"])), (&sent["notice"], "E-0001/2026"));
    assert_eq!(text(&one["transaction"]).len(), 32, "{one}");
    let number = one["number"].to_string();
    std::fs::create_dir(office.home.join("out")).unwrap();
    std::fs::write(office.home.join("mine"), "mine").unwrap();
    symlink("../mine", office.home.join("out/prueba.pdf")).unwrap();
    let read = office.json(&["agency", "replies", "read", &number, "--out", "out"]);
    assert_eq!(text(&read["text"]), words);
    assert_eq!(text(&read["files"][0]["name"]), "prueba.pdf");
    let saved: Vec<&str> = read["saved"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(saved.len(), 2);
    assert_eq!(std::fs::read_to_string(office.home.join(saved[0])).unwrap(), words);
    assert_eq!(std::fs::read(office.home.join(saved[1])).unwrap(), b"%PDF-1.4 example");
    assert_eq!(std::fs::read(office.home.join("mine")).unwrap(), b"mine", "no link is followed and nothing is replaced");
    for path in &saved {
        assert_eq!(std::fs::metadata(office.home.join(path)).unwrap().permissions().mode() & 0o777, 0o600, "{path}");
    }
    let told = office.run(&["agency", "replies", "read", &number]).done();
    assert!(
        told.lines().filter(|line| line.contains("passwd") || line.contains("CUIDADO")).all(|l| l.starts_with("  | ")),
        "{told}"
    );
    assert!(!told.contains('\u{1b}') && !told.contains('\u{202e}'), "{told}");
    assert_eq!(error(office.run(&["agency", "replies", "read", "99", "--json"]), 1), "no-reply");
}

/// Seen red with the text's digest not compared.
#[test]
fn a_reply_whose_kept_text_was_changed_is_not_shown_as_the_persons() {
    let town = Town::new();
    let (office, ana) = (body(&town, "AO031"), addressee(&town, 0, "ana"));
    let sent = send(&office, 0, &[]).done_json();
    reply(&ana, "Apelo.", &[]);
    let number = office.json(&["agency", "replies", "list"])["replies"][0]["number"].to_string();
    let folder = std::path::PathBuf::from(text(&sent["evidence"])).parent().unwrap().to_owned();
    let kept = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
    let kept = kept.into_iter().find(|path| path.to_string_lossy().ends_with(".reply.txt")).unwrap();

    std::fs::write(&kept, "Renuncio.").unwrap();

    assert_eq!(error(office.run(&["agency", "replies", "read", &number, "--json"]), 3), "body-no-evidence");
    let listed = office.json(&["agency", "replies", "list"]);
    assert!(listed["replies"][0]["missing"].is_string(), "{listed}");
}

#[test]
fn the_evidence_of_a_case_verifies_without_the_profile_and_replaces_nothing() {
    let town = Town::new();
    let (office, ana) = (body(&town, "AO032"), addressee(&town, 0, "ana"));
    let sent = send(&office, 0, &[]).done_json();
    reply(&ana, "Apelo.", &[]);
    let listed = office.json(&["agency", "replies", "list"])["replies"][0].clone();

    let given = office.json(&["agency", "evidence", "--case", "E-0001/2026", "--to", "caso"]);

    let judge = town.newcomer("jueza");
    let at = |path: &Value| office.home.join(text(path)).display().to_string();
    let notice = &given["notices"][0];
    assert_eq!((&notice["notice"], &notice["transaction"]), (&sent["notice"], &listed["transaction"]));
    let proved = judge.run(&["verify", &at(&notice["evidence"]), "--trust", &at(&given["trust"]), "--json"]).done_json();
    assert_eq!(text(&proved["verdict"]), "VALID");
    let replies = notice["replies"].as_array().unwrap();
    assert!(replies.iter().any(|path| std::fs::read_to_string(at(path)).unwrap() == "Apelo."), "{given}");
    let mode = |path: &str| std::fs::metadata(office.home.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("caso"), mode(text(&notice["evidence"]))), (0o700, 0o600));
    assert_eq!(error(office.run(&["agency", "evidence", "--case", "E-0001/2026", "--to", "caso", "--json"]), 3), "output-taken");
    assert_eq!(error(office.run(&["agency", "evidence", "--case", "E-9", "--to", "otro", "--json"]), 1), "body-no-case");
    std::fs::create_dir(office.home.join("abierta")).unwrap();
    std::fs::set_permissions(office.home.join("abierta"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let code = text(&listed["transaction"]);
    let said = office.run(&["agency", "evidence", "--code", code, "--to", "abierta"]);
    assert!(said.code == Some(0) && said.err.contains("otros pueden leer abierta"), "{said:?}");
}

#[test]
fn an_answer_to_a_reply_is_a_notice_of_the_same_case_to_the_same_person() {
    let town = Town::new();
    let (office, ana) = (body(&town, "AO033"), addressee(&town, 0, "ana"));
    send(&office, 0, &[]).done();
    reply(&ana, "Apelo.", &[]);
    let number = office.json(&["agency", "replies", "list"])["replies"][0]["number"].to_string();
    let args =
        ["agency", "send", "--answers", &number, "--type", "CP", "--subject", "Sobre su recurso", "--description", "Recibido."];

    let answered = office.json(&[args.as_slice(), &["--body", "resolucion.md"]].concat());

    assert_eq!(text(&answered["verdict"]), "VALID");
    let came = notices(&ana);
    let second = came.iter().find(|n| n["notice"]["id"] == answered["notice"]).unwrap();
    assert_eq!((text(&second["notice"]["standing"]), text(&second["notice"]["case"])), ("original", "E-0001/2026"));
}

#[test]
fn whoever_watches_is_told_each_thing_once_in_its_order_and_goes_on_where_they_were() {
    let town = Town::new();
    let (office, ana) = (body(&town, "AO034"), addressee(&town, 0, "ana"));
    send(&office, 0, &[]).done();
    reply(&ana, "Apelo.", &[]);
    let watch = |since: &str| -> Vec<Value> {
        let said = office.run(&["agency", "watch", "--since", since, "--for", "1s", "--json"]);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };

    let first = watch("0");

    let told: Vec<(u64, &str)> = first.iter().map(|o| (o["number"].as_u64().unwrap(), text(&o["what"]))).collect();
    assert_eq!(told, [(1, "ContentHandover"), (2, "reply")]);
    let id = text(&notices(&ana)[0]["id"]).to_owned();
    ana.run(&["notice", "ack", &id, "--yes"]).done();
    let second = watch("2");
    assert_eq!(second.iter().map(|o| text(&o["what"])).collect::<Vec<_>>(), ["ConsignmentAcceptance"]);
    assert_eq!((watch("3").len(), watch("0").len()), (0, 3));
}

/// While one command waits, an answer comes: it is told when it comes, and another command on the same profile tells it, too.
#[test]
fn an_answer_is_told_to_a_watch_that_runs_while_other_commands_of_the_body_work() {
    use std::io::{BufRead as _, BufReader};
    let town = Town::new();
    let (office, ana) = (body(&town, "AO035"), addressee(&town, 0, "ana"));
    send(&office, 0, &[]).done();
    let mut watch = office.start(&["agency", "watch", "--since", "0", "--json"]);
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();

    let id = text(&notices(&ana)[0]["id"]).to_owned();
    assert_eq!(text(&next()["what"]), "ContentHandover");
    let before = office.json(&["agency", "status"])["notices"][0]["answers"].as_array().unwrap().len();
    ana.run(&["notice", "ack", &id, "--yes"]).done();
    assert_eq!(text(&next()["what"]), "ConsignmentAcceptance");

    watch.kill().unwrap();
    watch.wait().unwrap();
    let after = office.json(&["agency", "status"])["notices"][0]["answers"].as_array().unwrap().len();
    assert_eq!((before, after), (1, 2), "each once");
}

/// Seen red: the report named the later day, as if she had not answered.
#[test]
fn the_report_tells_her_no_later_safe_day_than_her_own_program_once_she_has_answered() {
    const MONTHS: [&str; 12] = [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ];
    let town = Town::new();
    let (office, ana) = (body(&town, "AO039"), addressee(&town, 0, "ana"));
    let sent = send(&office, 0, &[]).done_json();
    reply(&ana, "Apelo.", &[]);
    let _filed = office.json(&["agency", "replies", "list"]);
    let safe = text(&ana.json(&["notice", "deadlines"])["deadlines"][0]["last_day"]).to_owned();
    let (month, day): (usize, u32) = (safe[5..7].parse().unwrap(), safe[8..].parse().unwrap());
    std::fs::write(office.home.join("trust"), text(&office.json(&["agency", "trust"])["trust"])).unwrap();

    let told = office.run(&["verify", text(&sent["evidence"]), "--trust", "trust", "--explain"]).done();
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");

    let (_, value) = told.split_once("Seguro para el destinatario").unwrap_or_else(|| panic!("{told}"));
    let says = format!("{day} de {}", MONTHS[month - 1]);
    let near: String = value.chars().take(80).collect();
    assert!(near.contains(&says), "{says}: {near}");
    assert!(told.contains("art. 47"), "{told}");
}
