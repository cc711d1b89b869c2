//! Many notices from a table, between the real programs, and with the body's program in this process where time or the relay fail.
use crate::official::{addressee, body, notices, text, verdict};
use lacre_agency::template::{Markup, TemplateName, TemplateText};
use lacre_agency::{Archive, Batch, BatchStage, Beside, Block, BodyTrouble, NewBatch, NewFile, NewRow, RowStage, Stopped};
use lacre_evidence::Act;
use lacre_ground::run::Run;
use lacre_tests::faults::Faults;
use lacre_tests::office::{Office, Papers};
use lacre_tests::terminal::{Person, RUNS, Said, Town};
use lacre_tests::world::World;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::io;

/// More syncs than a small batch does.
const MANY: i64 = 120;

/// A template of this body, whose text has one placeholder.
pub(crate) fn template(body: &Person) {
    std::fs::write(
        body.home.join("texto.md"),
        "# Resolución (ejemplo)\n\nEstimada persona ((nombre)): se rechaza. Puede reponer.\n",
    )
    .unwrap();
    let what = ["--type", "end", "--term", "5", "--procedure", "Permiso de ejemplo", "--subject", "Resolución para ((nombre))"];
    let args = ["agency", "template", "add", "rechazo", "--body", "texto.md", "--description", "Puede reponer."];
    body.run(&[args.as_slice(), &what].concat()).done();
}

/// A table in Windows-1252 with semicolons, as spreadsheets write it: the n-th person in each row.
pub(crate) fn table(body: &Person, people: &[usize]) {
    let mut text = "RUN;Expediente;Nombre;Dirección;Comuna".to_owned();
    for (i, n) in people.iter().enumerate() {
        text += &format!("\r\n{};E-{i:04}/2026;Núñez {n};Calle {i};Santiago", RUNS[*n]);
    }
    let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    std::fs::write(body.home.join("lista.csv"), bytes).unwrap();
}

/// Drafted; its id.
pub(crate) fn drafted(body: &Person, more: &[&str]) -> (String, Value) {
    let args = ["agency", "draft", "--template", "rechazo", "--recipients", "lista.csv", "--json"];
    let said = body.run(&[args.as_slice(), more].concat()).done_json();
    (text(&said["batch"]).to_owned(), said)
}

/// Each row, as the table of the case system has it.
pub(crate) fn rows(body: &Person, batch: &str) -> Vec<BTreeMap<String, String>> {
    let path = body.home.join("estado.csv");
    let _none_yet = std::fs::remove_file(&path);
    let _counts = body.run(&["agency", "status", batch, "--csv", "estado.csv", "--json"]);
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.strip_prefix('\u{feff}').expect("Excel reads accents by this mark");
    let mut table = csv::ReaderBuilder::new().delimiter(b';').from_reader(text.as_bytes());
    table.deserialize().map(Result::unwrap).collect()
}

#[test]
fn a_table_becomes_notices_and_each_row_says_by_which_route_and_what_follows_by_law() {
    let town = Town::new();
    let (body, ana, berta) = (body(&town, "AB001"), addressee(&town, 0, "ana"), addressee(&town, 1, "berta"));
    template(&body);
    table(&body, &[0, 1, 2, 3]);
    let exempt = lacre_tests::relay::operate_typing(
        town.folder(),
        &["registrar", "exempt", "add", "--reason", "law", "--data", "data"],
        RUNS[3],
    );
    assert_eq!(exempt.unwrap().code, Some(0));

    let (batch, said) = drafted(&body, &[]);
    let routes = &said["routes"];
    let counted = [&routes["electronic"], &routes["no_account"], &routes["exempt"]].map(|n| n.as_u64().unwrap());
    assert_eq!(counted, [2, 1, 1], "before anybody sends it, it is known who can be reached: {said}");
    assert_eq!(notices(&ana).len(), 0, "drafting sends nothing");
    let shown = body.run(&["agency", "show", &batch, "--row", "2"]).done();
    assert!(shown.contains("Estimada persona Núñez 1: se rechaza."), "{shown}");
    let sent = body.run(&["agency", "dispatch", &batch, "--json"]);
    assert_eq!(sent.code, Some(1), "two are to be notified otherwise: {sent:?}");

    for person in [&ana, &berta] {
        let came = notices(person);
        assert_eq!(came.len(), 1, "{came:?}");
        assert_eq!(came[0]["invalid"], Value::Null);
    }
    let read = ana.run(&["notice", "read", text(&notices(&ana)[0]["id"])]).done();
    assert!(read.contains("Estimada persona Núñez 0: se rechaza."), "{read}");
    let rows = rows(&body, &batch);
    let said: Vec<[&str; 3]> = rows.iter().map(|r| ["route", "state", "reason"].map(|k| r[k].as_str())).collect();
    let otherwise = |why| ["otherwise", "otherwise", why];
    assert_eq!(
        said,
        [["electronic", "consigned", ""], ["electronic", "consigned", ""], otherwise("no account"), otherwise("law")]
    );
    for row in &rows[..2] {
        assert_eq!(row["code"].len(), 32, "the transaction code: {row:?}");
        assert!(row["deemed_third_day"] < row["deemed_elapsed"] && row["deemed_elapsed"] < row["last_day_elapsed"], "{row:?}");
        let evidence = found(&body, &row["code"]);
        assert_eq!(text(&verdict(&body, &evidence).done_json()["verdict"]), "VALID");
    }
    // the same table once more is no mistake that passes without a word
    let (_, again) = drafted(&body, &[]);
    assert_eq!(again["again"], Value::from(4), "{again}");
    // asked once more, nothing is sent
    assert_eq!(body.run(&["agency", "dispatch", &batch]).code, Some(1));
    assert_eq!(notices(&ana).len(), 1);
}

#[test]
fn the_notices_of_a_person_a_case_and_a_code_are_found_and_no_others() {
    let town = Town::new();
    let (body, ana) = (body(&town, "AB006"), addressee(&town, 0, "ana"));
    template(&body);
    table(&body, &[0, 1]);
    let (batch, _) = drafted(&body, &[]);
    let _sent = body.run(&["agency", "dispatch", &batch]);
    let code = rows(&body, &batch)[0]["code"].clone();

    let person = body.piped(&["agency", "list", "--run", "--json"], RUNS[0].as_bytes()).done_json();
    for said in [person, body.json(&["agency", "list", "--case", "E-0000/2026"]), body.json(&["agency", "list", "--code", &code])]
    {
        let found = said["notices"].as_array().unwrap();
        assert_eq!((found.len(), text(&found[0]["transaction"])), (1, code.as_str()), "{said}");
    }
    assert_eq!(body.run(&["agency", "list", "--case", "E-9"]).code, Some(1));
    assert_eq!(body.run(&["agency", "list"]).code, Some(2), "something must be asked for");

    ana.run(&["notice", "read", text(&notices(&ana)[0]["id"])]).done();
    let _collected = body.json(&["agency", "status"]);
    let stats = body.json(&["agency", "stats"]);
    let said = ["electronic", "handed_over", "no_address", "exempt"].map(|key| stats[key].as_u64().unwrap());
    assert_eq!(said, [1, 1, 1, 0], "{stats}");
}

/// The evidence of the notice with this transaction code, as it is handed on.
pub(crate) fn found(body: &Person, code: &str) -> String {
    let to = body.home.join(format!("evidence-of-{}", &code[..8]));
    let said = body.json(&["agency", "evidence", "--code", code, "--to", to.to_str().unwrap()]);
    text(&said["notices"][0]["evidence"]).to_owned()
}

#[test]
fn all_that_is_wrong_with_a_table_is_said_at_once_by_line_and_column_and_nothing_is_kept() {
    let town = Town::new();
    let body = body(&town, "AB002");
    template(&body);
    let bad = format!("RUN;Expediente;Nombre\n{0};E-1;Ana\n{0};E-2;Ana\n12345678-9;;Ana\n", RUNS[0]);
    std::fs::write(body.home.join("lista.csv"), bad).unwrap();

    let said = body.run(&["agency", "draft", "--template", "rechazo", "--recipients", "lista.csv", "--json"]);

    assert_eq!(said.code, Some(2), "{said:?}");
    let table: Value = serde_json::from_str(&said.out).unwrap();
    let errors = table["table"]["errors"].as_array().unwrap();
    let said: Vec<(u64, &str)> = errors.iter().map(|e| (e["line"].as_u64().unwrap(), text(&e["fault"]))).collect();
    assert_eq!(said, [(3, "same-person"), (4, "run-digit"), (4, "empty")]);
    assert_eq!(body.json(&["agency", "batches"])["batches"], Value::Array(vec![]));
}

#[test]
fn what_a_spreadsheet_lost_is_named_by_line_and_column_and_nothing_is_drafted() {
    let town = Town::new();
    let body = body(&town, "AB009");
    template(&body);
    let table = format!("RUN;Expediente;Nombre\n{};E-1;#\u{bf}NOMBRE?\n4,1E+07;E-2;Ana\n", RUNS[0]);
    std::fs::write(body.home.join("lista.csv"), table).unwrap();
    let args = ["agency", "draft", "--template", "rechazo", "--recipients", "lista.csv"];

    let (people, programs) = (body.run(&args), body.run(&[args.as_slice(), &["--json"]].concat()));

    assert_eq!((people.code, programs.code), (Some(2), Some(2)), "{people:?}");
    assert!(people.out.contains("Línea 2, columna Nombre: la planilla escribió ahí un error"), "{people:?}");
    assert!(people.out.contains("Línea 3, columna RUN: la planilla acortó el RUN"), "{people:?}");
    let said: Value = serde_json::from_str(&programs.out).unwrap();
    let faults: Vec<&str> = said["table"]["errors"].as_array().unwrap().iter().map(|e| text(&e["fault"])).collect();
    assert_eq!(faults, ["error", "shortened"]);
    assert_eq!(body.json(&["agency", "batches"])["batches"], Value::Array(vec![]));
}

#[test]
fn who_needs_a_letter_has_an_address_in_the_table_or_nothing_is_drafted() {
    let town = Town::new();
    let body = body(&town, "AB003");
    template(&body);
    std::fs::write(body.home.join("lista.csv"), format!("run,case,nombre\n{},E-1,Ana\n", RUNS[0])).unwrap();

    let said = body.run(&["agency", "draft", "--template", "rechazo", "--recipients", "lista.csv", "--json"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.err.contains("batch-addresses"), "{said:?}");

    let (batch, said) = drafted(&body, &["--no-letters"]);
    assert_eq!(said["routes"]["no_account"], 1);
    assert_eq!(rows(&body, &batch)[0]["state"], "waiting");
}

/// The same command in a program that is killed behind its n-th sync; none when it was.
fn killed_at(n: i64, person: &Person, faults: &Faults, args: &[&str]) -> Option<Said> {
    faults.kill_after_syncs(n).unwrap();
    let mut command = person.command(args);
    faults.watch(&mut command, &person.home.canonicalize().unwrap());
    let said = Said::from(command.output().unwrap(), args);
    let killed = faults.killed().unwrap();
    faults.kill_after_syncs(0).unwrap();
    (!killed).then_some(said)
}

/// Seen red with blocks whose rows and notices were kept in two steps.
#[test]
fn a_batch_killed_behind_any_sync_goes_on_and_every_row_is_there_once() {
    let town = Town::new();
    let (body, ana) = (body(&town, "AB004"), addressee(&town, 0, "ana"));
    template(&body);
    table(&body, &[0, 2]);
    let faults = Faults::build().unwrap();
    let mut sent = HashSet::new();
    let mut killed = 0;
    for n in 1..MANY {
        let (batch, _) = drafted(&body, &[]);
        let whole = killed_at(n, &body, &faults, &["agency", "dispatch", &batch]).is_some();
        killed += i64::from(!whole);
        assert_eq!(body.run(&["agency", "dispatch", &batch]).code, Some(1), "one of the two is to be notified otherwise");
        let rows = rows(&body, &batch);
        let states: Vec<&str> = rows.iter().map(|row| row["state"].as_str()).collect();
        assert_eq!(states, ["consigned", "otherwise"], "killed behind sync {n}");
        sent.insert(rows[0]["notice"].clone());
        let came = notices(&ana);
        assert_eq!(came.len(), sent.len(), "killed behind sync {n}: a row was lost or came twice");
        assert!(came.iter().all(|notice| notice["invalid"] == Value::Null), "{came:#?}");
        if whole {
            break;
        }
    }
    assert!(killed > 4 && killed < MANY - 1, "it was killed at {killed} syncs");
}

#[test]
fn of_a_cancelled_batch_nothing_more_goes_and_of_each_row_it_is_known_whether_the_relay_has_it() {
    let town = Town::new();
    let (body, ana) = (body(&town, "AB009"), addressee(&town, 0, "ana"));
    template(&body);
    table(&body, &[0]);
    let faults = Faults::build().unwrap();
    let (mut went, mut stopped) = (0, 0);
    for n in 1..MANY {
        let (batch, _) = drafted(&body, &[]);
        let whole = killed_at(n, &body, &faults, &["agency", "dispatch", &batch]).is_some();
        if whole {
            assert_eq!(body.run(&["agency", "cancel", &batch]).code, Some(1), "it is done");
            break;
        }
        if body.run(&["agency", "cancel", &batch]).code != Some(0) {
            assert_eq!(text(&body.json(&["agency", "show", &batch])["stage"]), "done", "killed behind sync {n}");
            break;
        }
        let row = &rows(&body, &batch)[0];
        match row["state"].as_str() {
            "consigned" => went += 1,
            "waiting" => stopped += 1,
            other => panic!("killed behind sync {n}: {other}"),
        }
        for notice in body.json(&["agency", "status"])["notices"].as_array().unwrap() {
            let _looked = body.run(&["agency", "resume", text(&notice["notice"])]);
        }
        assert_eq!(
            notices(&ana).len(),
            went,
            "killed behind sync {n}: it went although it was cancelled, or it is not known that it did"
        );
    }
    assert!(went > 0 && stopped > 1, "{went} went, {stopped} did not");
}

/// A table that is whole, or gone: killed while it is taken, nobody sees a part of it.
#[test]
fn a_draft_killed_behind_any_sync_is_whole_or_not_there() {
    let town = Town::new();
    let body = body(&town, "AB005");
    template(&body);
    table(&body, &[0, 1, 2]);
    std::fs::write(body.home.join("anexo.txt"), "Anexo (ejemplo).").unwrap();
    let faults = Faults::build().unwrap();
    let args = ["agency", "draft", "--template", "rechazo", "--recipients", "lista.csv", "--attach", "anexo.txt"];
    let whole = (1..MANY).find(|n| {
        let before = body.json(&["agency", "batches"])["batches"].as_array().unwrap().len();
        let done = killed_at(*n, &body, &faults, &args).is_some();
        let all = body.json(&["agency", "batches"]);
        for batch in all["batches"].as_array().unwrap().iter().skip(before).filter(|b| b["stage"] != "reading") {
            assert_eq!((&batch["stage"], batch["rows"].as_u64()), (&"drafted".into(), Some(3)), "{batch}");
            assert_eq!(rows(&body, text(&batch["batch"])).len(), 3);
        }
        done
    });
    assert!(whole.is_some_and(|syncs| syncs > 3), "it was killed nowhere: {whole:?}");
}

/// In this process: a body with a template, and a person with an address.
struct Scene {
    world: World,
    office: Office,
    ana: lacre_tests::world::Person,
    run: Run,
}

impl Scene {
    fn new(code: &str) -> Self {
        let world = World::new();
        let run = world.run();
        let mut ana = world.person_with("ana", &run);
        ana.client.designate("Recibo aquí las notificaciones oficiales (ejemplo).").unwrap();
        ana.sync();
        let mut office = Office::enrolled(&world, code);
        let text = TemplateText {
            act: Act::PersonalCommunication,
            procedure: "Permiso de ejemplo".to_owned(),
            subject: "Aviso (ejemplo)".to_owned(),
            description: "Un aviso.".to_owned(),
            body: "Estimada persona ((nombre)).".to_owned(),
            markup: Markup::Markdown,
            file: "aviso.md".to_owned(),
            answers: true,
        };
        office.body.add_template(&TemplateName::parse("aviso").unwrap(), text).unwrap();
        Self { world, office, ana, run }
    }

    /// A batch of rows to these people, each with its own files.
    fn draft(&mut self, files: Vec<NewFile>, rows: &[(Run, Vec<NewFile>)]) -> Batch {
        let Office { body, papers, .. } = &mut self.office;
        let template = body.template(&TemplateName::parse("aviso").unwrap(), None).unwrap();
        let new = NewBatch { template, drafter: None, files, rule: None, not_before: None, not_after: None, trial: false };
        let rows = rows.iter().enumerate().map(|(i, (run, files))| {
            Ok(NewRow {
                line: i as u64 + 2,
                run: *run,
                case: format!("E-{i}"),
                procedure: None,
                values: [("nombre".to_owned(), format!("persona {i}"))].into(),
                address: Vec::new(),
                files: files.clone(),
                beside: Beside::Nothing,
            })
        });
        body.draft(papers, new, rows).unwrap()
    }

    fn block(&mut self, batch: &Batch) -> Result<Block, BodyTrouble> {
        let Office { body, net, papers, .. } = &mut self.office;
        body.send_block(net, papers, batch.id)
    }

    /// Until it says why it stops.
    fn send(&mut self, batch: &Batch) -> Stopped {
        loop {
            if let Some(stopped) = self.block(batch).unwrap().stopped {
                return stopped;
            }
        }
    }

    fn came(&mut self) -> usize {
        self.ana.sync();
        let came = self.ana.client.notices().unwrap();
        assert!(came.iter().all(|notice| notice.content.is_ok()), "one is not genuine");
        came.len()
    }
}

fn attachment(text: &str) -> NewFile {
    NewFile { name: format!("{text}.txt"), media: "text/plain".to_owned(), bytes: text.as_bytes().to_vec() }
}

/// The relay goes away at the first thing that is kept: the registrar has answered, and nothing was delivered.
struct GoesAway<'w> {
    papers: &'w mut Papers,
    world: &'w mut World,
}

impl Archive for GoesAway<'_> {
    fn keep(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        self.papers.keep(name, content)
    }
    fn keep_all(&mut self, files: &[(String, Vec<u8>)]) -> io::Result<()> {
        self.world.stop_relay();
        self.papers.keep_all(files)
    }
    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        self.papers.read(name)
    }
}

#[test]
fn rows_whose_answer_grew_too_old_while_the_relay_was_away_are_asked_anew_and_sent_once() {
    let mut scene = Scene::new("AB010");
    let (run, stranger) = (scene.run, scene.world.run());
    let batch = scene.draft(Vec::new(), &[(run, vec![]), (stranger, vec![])]);
    let Office { body, net, papers, .. } = &mut scene.office;
    let away = body.send_block(net, &mut GoesAway { papers, world: &mut scene.world }, batch.id);
    assert!(matches!(away, Err(BodyTrouble::Network(_))), "it went away");
    let kept = body.to_do().unwrap();
    assert_eq!(kept.len(), 1, "one is kept, and was not sent");

    scene.world.start_relay();
    let ms = 2 * 3_600_000;
    scene.world.forward(ms);
    scene.office.clock.forward(ms);
    scene.ana.clock.forward(ms);
    assert_eq!(scene.send(&batch), Stopped::Done);

    assert_eq!(scene.came(), 1);
    let counts = scene.office.body.counts(batch.id).unwrap();
    assert_eq!((counts.sent, counts.otherwise, counts.waiting), (1, 1, 0));
}

#[test]
fn a_file_of_the_batch_that_is_gone_or_was_changed_stops_it_and_one_of_a_row_fails_that_row_alone() {
    let mut scene = Scene::new("AB011");
    let (run, stranger) = (scene.run, scene.world.run());
    let batch = scene.draft(vec![attachment("para todas")], &[(stranger, vec![attachment("suya")]), (run, vec![])]);
    let names: Vec<String> = scene.office.papers.0.keys().filter(|name| name.starts_with("file.")).cloned().collect();
    let named =
        |scene: &Scene, text: &str| names.iter().find(|name| scene.office.papers.0[*name] == text.as_bytes()).unwrap().clone();
    let (all, own) = (named(&scene, "para todas"), named(&scene, "suya"));

    scene.office.papers.0.insert(all.clone(), b"otra cosa".to_vec());
    assert!(matches!(scene.block(&batch), Err(BodyTrouble::AttachmentGone(name)) if name == "para todas.txt"));
    scene.office.papers.0.insert(all, b"para todas".to_vec());
    scene.office.papers.0.remove(&own);
    assert_eq!(scene.send(&batch), Stopped::Done);

    let rows = scene.office.body.batch_rows(batch.id, 0).unwrap();
    assert!(matches!(&rows[0].stage, RowStage::Failed(why) if why.contains("suya.txt")), "{:?}", rows[0].stage);
    assert_eq!(scene.came(), 1);
}

#[test]
fn nothing_is_sent_before_its_time_or_after_it() {
    let mut scene = Scene::new("AB012");
    let run = scene.run;
    let batch = scene.draft(Vec::new(), &[(run, vec![])]);
    // the day of its drafting is over where the body is
    scene.world.forward(25 * 3_600_000);
    scene.office.clock.forward(25 * 3_600_000);
    assert!(matches!(scene.send(&batch), Stopped::After(at) if at == batch.not_after));
    scene.ana.clock.forward(25 * 3_600_000);
    assert_eq!(scene.came(), 0);
    let rows = scene.office.body.batch_rows(batch.id, 0).unwrap();
    assert_eq!(rows[0].stage, RowStage::Waiting, "it was not sent, and it is not said that it was");
}

#[test]
fn a_cancelled_batch_sends_nothing_and_what_was_sent_stays_sent() {
    let mut scene = Scene::new("AB013");
    let run = scene.run;
    let batch = scene.draft(Vec::new(), &[(run, vec![])]);
    scene.office.body.cancel_batch(batch.id).unwrap();
    assert!(matches!(scene.block(&batch), Err(BodyTrouble::BatchEnded)));
    assert!(scene.office.body.cancel_batch(batch.id).is_ok_and(|batch| batch.stage == BatchStage::Cancelled), "it stays so");
    assert_eq!(scene.came(), 0);
}
