//! Who cannot be reached electronically is never lost: between the real programs, from the refusal to the counter or the post.
use crate::official::{WHAT, addressee, body, send, text, verdict};
use crate::official_killed::killed_at;
use lacre_evidence::Bundle;
use lacre_tests::faults::Faults;
use lacre_tests::relay::operate_typing;
use lacre_tests::terminal::{Person, RUNS, Town};
use serde_json::Value;
use std::collections::HashSet;

const MANY: i64 = 60;

/// The registrar exempts the n-th person.
fn exempt(town: &Town, n: usize, reason: &str) {
    let args = ["registrar", "exempt", "add", "--reason", reason, "--data", "data"];
    let said = operate_typing(town.folder(), &args, RUNS[n]).unwrap();
    assert_eq!(said.code, Some(0), "{}", said.err);
}

/// Tries to notify the n-th person, who is not reached.
fn tried(body: &Person, n: usize) -> Value {
    let said = send(body, n, &[]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    serde_json::from_str(&said.out).unwrap()
}

fn list(body: &Person) -> Value {
    body.json(&["agency", "fallback", "list"])
}

fn record(body: &Person, id: &str, what: &[&str]) -> Value {
    body.json(&[&["agency", "fallback", "record", id], what].concat())
}

/// What the evidence proves.
fn proven(body: &Person, evidence: &str) -> Value {
    let said = verdict(body, evidence).done_json();
    assert_eq!(text(&said["verdict"]), "VALID", "{said}");
    said["proven"].clone()
}

/// The letter as text.
fn letter(path: &str) -> String {
    let bytes = std::fs::read(path).unwrap();
    assert!(bytes.starts_with(b"%PDF-"), "{path}");
    assert!(String::from_utf8_lossy(&bytes).contains("/MarkInfo"), "tagged");
    path.to_owned()
}

#[test]
fn who_is_exempt_is_printed_for_and_handed_it_over_and_that_counts_by_the_bodys_own_word() {
    let town = Town::new();
    let body = body(&town, "AF001");
    exempt(&town, 0, "law");
    let sent = tried(&body, 0);
    let (id, evidence) = (text(&sent["notice"]), text(&sent["evidence"]));

    let open = list(&body);
    let printed = body.json(&["agency", "fallback", "print", "--all", "--out", "cartas"]);
    let recorded = record(&body, id, &["--handed-over", "--officer", "Funcionaria de Ejemplo"]);

    let row = &open["fallback"][0];
    assert_eq!(
        (&open["open"], text(&row["why"]), text(&row["state"]), &row["kept"]),
        (&1.into(), "law", "nothing", &true.into())
    );
    assert_eq!(row["routes"], serde_json::json!(["counter", "letter"]));
    letter(body.home.join(text(&printed["letters"][0]["pdf"])).to_str().unwrap());
    assert_eq!(printed["letters"][0]["addressed"], Value::Bool(false), "a copy for the counter");
    assert_eq!((text(&recorded["state"]), &recorded["before"]), ("handed-over", &Value::Bool(false)));
    assert_eq!(list(&body)["open"], Value::from(0));
    let found = proven(&body, evidence);
    let (step, effect) = (&found["kept"]["steps"][0], &found["kept"]["effects"][0]);
    assert_eq!(
        (text(&step["step"]), text(&step["issuer"]["kind"]), &step["late"]),
        ("handed-over", "officer", &Value::Bool(false))
    );
    assert_eq!((text(&effect["rule"]), text(&effect["by"])), ("CL-counter", "body's own word"), "{effect}");
    assert_eq!(recorded["effects"][0], *effect);
    let told = body.run(&["verify", evidence, "--trust", "trust", "--explain"]).done();
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("palabra del propio remitente. Están calculadas, no probadas."), "{told}");
    let status = body.run(&["agency", "status"]).done();
    assert!(status.contains("Según la palabra del propio organismo") && !status.contains("entregada y probada"), "{status}");
    // said again, nothing is done
    let before = std::fs::read(evidence).unwrap();
    assert_eq!(record(&body, id, &["--handed-over", "--officer", "Otra"])["before"], Value::Bool(true));
    assert_eq!(std::fs::read(evidence).unwrap(), before);
}

#[test]
fn a_letter_counts_from_its_reception_at_the_post_office_and_one_that_came_back_counts_nothing() {
    let town = Town::new();
    let body = body(&town, "AF002");
    let sent = tried(&body, 1);
    let (id, evidence) = (text(&sent["notice"]), text(&sent["evidence"]));
    let address = "Ana Ejemplo|Calle Falsa 123|Ñuñoa";
    let printed = body.json(&["agency", "fallback", "print", id, "--out", "cartas", "--to-address", address]);
    assert_eq!(printed["letters"][0]["addressed"], Value::Bool(true));
    std::fs::write(body.home.join("recibo.png"), b"a scanned slip").unwrap();

    // what is not so is refused, and nothing is recorded
    let refused = |what: &[&str], code: i32, error: &str| {
        let said = body.run(&[&["agency", "fallback", "record", id, "--json"], what].concat());
        let failure: Value = serde_json::from_str(&said.failed(code)).unwrap();
        assert_eq!(text(&failure["error"]), error);
    };
    refused(&["--received", "2026-07-06", "--ref", "RE 1"], 1, "record-not-posted");
    refused(&["--posted", "RE 1", "--at", "2020-01-01"], 1, "record-early");
    refused(&["--posted", "RE 1", "--at", "2999-01-01"], 1, "record-later");
    refused(&["--posted", "RE 1", "--at", "ayer"], 2, "record-time");

    let posted = record(&body, id, &["--posted", "RE 123 456", "--scan", "recibo.png"]);
    assert_eq!((text(&posted["state"]), &posted["effects"]), ("posted", &Value::Array(vec![])), "nothing follows yet");
    assert_eq!(list(&body)["open"], Value::from(1), "it waits for the post");
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::get("America/Santiago").unwrap()).date().to_string();
    let received = record(&body, id, &["--received", &today]);
    assert_eq!((text(&received["state"]), text(&received["effects"][0]["rule"])), ("received", "CL-letter"));
    assert!(text(&received["effects"][0]["deemed"]) > today.as_str(), "on the third business day after");
    assert_eq!(list(&body)["open"], Value::from(0));
    let returned = record(&body, id, &["--returned"]);
    assert_eq!((text(&returned["state"]), &returned["effects"]), ("returned", &Value::Array(vec![])), "nothing follows any more");
    assert_eq!(list(&body)["open"], Value::from(1), "open again");
    let found = proven(&body, evidence);
    let steps: Vec<&str> = found["kept"]["steps"].as_array().unwrap().iter().map(|step| text(&step["step"])).collect();
    assert_eq!(steps, ["posted", "received", "returned"]);
    assert!(found["kept"]["steps"][0]["scan"].is_string() && found["warnings"].as_array().unwrap().len() == 1, "{found}");
    // the next one arrives
    record(&body, id, &["--posted", "RE 777"]);
    record(&body, id, &["--received", &today, "--ref", "RE 777"]);
    let found = proven(&body, evidence);
    assert_eq!(found["kept"]["effects"].as_array().unwrap().len(), 1, "{found}");
}

#[test]
fn a_step_that_is_recorded_is_not_said_to_have_been_on_another_day() {
    let town = Town::new();
    let body = body(&town, "AF009");
    let sent = tried(&body, 1);
    let (id, evidence) = (text(&sent["notice"]), text(&sent["evidence"]));
    record(&body, id, &["--posted", "RE 1"]);
    let before = std::fs::read(body.home.join(evidence)).unwrap();
    let again = |more: &[&str]| body.run(&[&["agency", "fallback", "record", id, "--posted", "RE 1"], more].concat());
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::get("America/Santiago").unwrap()).date().to_string();

    let said = again(&["--at", "2026-01-05"]).failed(1);
    assert!(said.contains("con otro día") && said.contains(&today), "with the day that is recorded: {said}");
    for same in [&["--at", &today][..], &[]] {
        let said = again(same).done();
        assert!(said.contains("ya estaba registrado") && said.contains(&today), "{said}");
    }
    std::fs::write(body.home.join("hecho.csv"), format!("notice;what;reference;at\n{id};posted;RE 1;2026-01-05\n")).unwrap();
    let many = body.run(&["agency", "fallback", "record", "--csv", "hecho.csv", "--json"]);
    let many: Value = serde_json::from_str(&many.out).unwrap();
    assert_eq!(text(&many["wrong"][0]["error"]), "record-other-day", "{many}");
    assert_eq!(std::fs::read(body.home.join(evidence)).unwrap(), before, "nothing was recorded");
}

#[test]
fn a_body_killed_behind_any_sync_of_recording_records_once_with_one_receipt() {
    let town = Town::new();
    let (body, faults) = (body(&town, "AF003"), Faults::build().unwrap());
    let whole = (1..MANY).find(|n| {
        let sent = tried(&body, 1);
        let (id, evidence) = (text(&sent["notice"]), text(&sent["evidence"]));
        let args = ["agency", "fallback", "record", id, "--posted", "RE 1"];
        let done = killed_at(*n, &body, &faults, &args, b"").is_some();
        // the next run goes on, whatever it is about
        body.run(&["agency", "resume"]).done();
        let again = record(&body, id, &["--posted", "RE 1"]);
        let bundle = Bundle::parse(&std::fs::read(evidence).unwrap()).unwrap();
        assert_eq!((bundle.events.len(), bundle.replies.len()), (1, 1), "killed behind sync {n}: {again}");
        let _valid = proven(&body, evidence);
        assert!(list(&body)["fallback"].as_array().unwrap().iter().all(|row| text(&row["state"]) == "posted"));
        done
    });
    assert!(whole.is_some_and(|syncs| syncs > 3), "it was killed nowhere: {whole:?}");
    // what it put into its own channel is no answer of anybody's
    let status = body.json(&["agency", "status"]);
    assert_eq!(status["strangers"], Value::from(0));
    assert!(status["notices"].as_array().unwrap().iter().all(|row| row["aside"] == Value::Array(vec![])), "{status}");
}

#[test]
fn a_table_of_what_was_done_tells_bad_rows_by_line_and_records_the_good_ones_once() {
    let town = Town::new();
    let body = body(&town, "AF004");
    let ids: Vec<String> = (0..3).map(|n| text(&tried(&body, n)["notice"]).to_owned()).collect();
    let table = format!(
        "notice;what;reference;at;officer\r\n{};posted;RE 1;;\r\nffffffff;posted;RE 2;;\r\n{};eaten;;;\r\n{};handed-over;;;Funcionario\r\n{};handed-over;;;\r\n",
        ids[0], ids[1], ids[1], ids[2]
    );
    std::fs::write(body.home.join("hecho.csv"), format!("\u{feff}{table}")).unwrap();

    let said = body.run(&["agency", "fallback", "record", "--csv", "hecho.csv", "--json"]);

    assert_eq!(said.code, Some(1), "{}", said.err);
    let told: Value = serde_json::from_str(&said.out).unwrap();
    let wrong: Vec<(u64, &str)> =
        told["wrong"].as_array().unwrap().iter().map(|w| (w["line"].as_u64().unwrap(), text(&w["error"]))).collect();
    assert_eq!(wrong, [(3, "no-notice"), (4, "record-what"), (6, "body-line")], "{told}");
    let states: Vec<&str> = told["recorded"].as_array().unwrap().iter().map(|r| text(&r["state"])).collect();
    assert_eq!(states, ["posted", "handed-over"]);
    // the same under the names that an official writes
    let spanish = table.replace("notice;what;reference;at;officer", "Notificación;Qué;Referencia;Cuándo;Funcionario");
    std::fs::write(body.home.join("hecho.csv"), spanish.replace("handed-over", "entregada").replace("posted", "enviada"))
        .unwrap();
    let again = body.run(&["agency", "fallback", "record", "--csv", "hecho.csv", "--json"]);
    let again: Value = serde_json::from_str(&again.out).unwrap();
    assert!(again["recorded"].as_array().unwrap().iter().all(|r| r["before"] == Value::Bool(true)), "{again}");
}

/// Everybody who was tried is in the list, whatever stood in the way: nobody is only in a log.
#[test]
fn whoever_is_not_reached_electronically_is_in_the_list_with_what_was_to_be_said() {
    let town = Town::new();
    let (body, ana, faults) = (body(&town, "AF005"), addressee(&town, 0, "ana"), Faults::build().unwrap());
    for (n, reason) in [(1, "legal-person"), (2, "dead")] {
        exempt(&town, n, reason);
    }
    let mut tries: HashSet<String> = (1..4).map(|n| text(&tried(&body, n)["notice"]).to_owned()).collect();
    // kept, and not delivered: then she pauses, and the relay refuses it
    let args: Vec<&str> = WHAT.iter().copied().chain(["--body", "resolucion.md"]).collect();
    let waiting = || {
        body.json(&["agency", "status"])["notices"].as_array().unwrap().iter().find(|r| text(&r["stage"]) == "prepared").cloned()
    };
    let kept = (1..MANY).find_map(|n| {
        let _said = killed_at(n, &body, &faults, &args, RUNS[0].as_bytes());
        waiting()
    });
    let kept = kept.expect("killed between keeping and delivering");
    let _paused = ana.json(&["notice", "address", "pause"]);
    let refused = body.run(&["agency", "resume", text(&kept["notice"]), "--json"]);
    let refused: Value = serde_json::from_str(&refused.out).unwrap_or_else(|e| panic!("{e}: {}", refused.err));
    assert_eq!(text(&refused["outcome"]), "closed-since", "{refused}");
    tries.insert(text(&kept["notice"]).to_owned());

    let listed = list(&body);

    let rows = listed["fallback"].as_array().unwrap();
    let named: HashSet<String> = rows.iter().map(|row| text(&row["notice"]).to_owned()).collect();
    assert_eq!(named, tries, "nobody is lost");
    let whys: HashSet<&str> = rows.iter().map(|row| text(&row["why"])).collect();
    assert_eq!(whys, HashSet::from(["legal-person", "dead", "no-account", "closed-since"]));
    assert_eq!(listed["open"], Value::from(3), "the dead are notified by nobody, and their row does not stay open for ever");
    // the table says the same
    let _listed = body.json(&["agency", "fallback", "list", "--csv", "lista.csv"]);
    let table = std::fs::read_to_string(body.home.join("lista.csv")).unwrap();
    assert!(table.starts_with("\u{feff}notice;run;case;"), "as Excel opens it in Chile: {table}");
    assert!(tries.iter().all(|id| table.contains(id.as_str())) && table.lines().count() == 5, "{table}");
    // what somebody put into the folder of evidence the body's key does not sign: neither other words, nor another person, nor a file
    let evidence = body.home.join(text(&kept["evidence"]));
    let whole = std::fs::read(&evidence).unwrap();
    for (is, becomes) in [("case E-", "case X-"), ("subject ", "subject Pague. "), ("", "")] {
        let mut bundle = Bundle::parse(&whole).unwrap();
        match is {
            "" => bundle.files[0] = lacre_evidence::FilePart::Here(b"Pague.".to_vec()),
            is => bundle.notice = bundle.notice.map(|text| text.replacen(is, becomes, 1)),
        }
        std::fs::write(&evidence, bundle.to_bytes()).unwrap();
        let printed = body.run(&["agency", "fallback", "print", text(&kept["notice"]), "--out", "falsas", "--json"]);
        assert_ne!(printed.code, Some(0), "{}", printed.out);
    }
    std::fs::write(&evidence, whole).unwrap();
    // the registrar is asked once more about the refused one, and nobody prints for the dead
    exempt(&town, 0, "law");
    let printed = body.json(&["agency", "fallback", "print", "--all", "--out", "cartas", "--one-file"]);
    assert_eq!(printed["letters"].as_array().unwrap().len(), 3, "{printed}");
    letter(body.home.join(text(&printed["letters"][0]["pdf"])).to_str().unwrap());
    let dead = rows.iter().find(|row| text(&row["why"]) == "dead").unwrap();
    let said = body.run(&["agency", "fallback", "print", text(&dead["notice"]), "--out", "muertos", "--json"]);
    let left: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, text(&left["left"][0]["why"])), (Some(1), "dead"));
    // it closed because she became exempt: list and letter say that, and no more that she has no address
    let row_now = |id: &Value| list(&body)["fallback"].as_array().unwrap().iter().find(|r| r["notice"] == *id).cloned().unwrap();
    let row = row_now(&kept["notice"]);
    assert_eq!((&row["kept"], text(&row["why"])), (&Value::Bool(true), "law"), "{row}");
    assert_eq!(row["routes"], serde_json::json!(["counter", "letter"]));
    record(&body, text(&row["notice"]), &["--handed-over", "--officer", "Funcionario"]);
    let found = proven(&body, text(&row["evidence"]));
    assert_eq!(text(&found["outcome"]), "exempt");
    let again = ["registrar", "exempt", "remove", "--data", "data"];
    assert_eq!(operate_typing(town.folder(), &again, RUNS[0]).unwrap().code, Some(0));
    // whoever comes to have an address and is sent the same is closed
    let _resumed = ana.json(&["notice", "address", "resume"]);
    ana.run(&["list"]).done();
    assert_eq!(text(&send(&body, 0, &[]).done_json()["outcome"]), "sent");
    let row = row_now(&kept["notice"]);
    assert_eq!((&row["sent_since"], &row["open"]), (&Value::Bool(true), &Value::Bool(false)), "{row}");
}

#[test]
fn on_a_disk_that_fills_no_letter_is_half_there_and_none_is_there_without_the_others() {
    let town = Town::new();
    let (body, faults) = (body(&town, "AF006"), Faults::build().unwrap());
    let ids: Vec<String> = (1..4).map(|n| text(&tried(&body, n)["notice"]).to_owned()).collect();
    let one = body.json(&["agency", "fallback", "print", &ids[0], "--out", "medida"]);
    let size = std::fs::metadata(body.home.join(text(&one["letters"][0]["pdf"]))).unwrap().len();
    let folder = body.home.join("cartas");
    std::fs::create_dir(&folder).unwrap();
    faults.room_bytes(i64::try_from(size * 5 / 2).unwrap()).unwrap();
    let args = ["agency", "fallback", "print", "--all", "--out", "cartas"];
    let mut command = body.command(&args);
    faults.watch(&mut command, &folder.canonicalize().unwrap());

    let said = lacre_tests::terminal::Said::from(command.output().unwrap(), &args);

    assert_eq!((said.code, said.out.as_str()), (Some(3), ""), "{said:?}");
    assert!(said.err.contains("no queda espacio en el disco") && said.err.contains("No quedó nada a medias"), "{said:?}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "no letter is taken for all of them");
    let printed = body.json(&args);
    assert_eq!(printed["letters"].as_array().unwrap().len(), 3, "when there is room");
}

#[test]
fn what_a_killed_program_left_half_written_beside_the_evidence_goes_with_the_next_command() {
    let town = Town::new();
    let body = body(&town, "AF007");
    let evidence = body.home.join(text(&tried(&body, 1)["evidence"]));
    let scan = format!("{}.{}.scan.part", "ab".repeat(16), "cd".repeat(16));
    let [half, scan, hers] = ["ab.lacre.part", &scan, "notas.part"].map(|name| evidence.with_file_name(name));
    std::fs::write(&half, "half of a pro").unwrap();
    std::fs::write(&scan, "half of a person's paper").unwrap();
    std::fs::write(&hers, "an official's own").unwrap();

    body.run(&["agency", "resume"]).done();

    assert!(!half.exists() && !scan.exists() && hers.exists() && evidence.exists());
}
