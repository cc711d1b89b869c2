//! Official notices at the terminal: what is signed and sent is shown before, and a no does neither.
use crate::notices::Scene;
use lacre_evidence::FaultCode;
use lacre_tests::notices_body::Writing;
use lacre_tests::terminal::Person;
use lacre_tests::world::World;
use serde_json::Value;

/// A terminal on a profile of a world of tests.
pub(crate) fn terminal(folder: &tempfile::TempDir, profile: &std::path::Path) -> Person {
    let key = folder.path().join("key");
    std::fs::write(&key, data_encoding::HEXLOWER.encode(&[7; 32])).unwrap();
    let secret = ["--key-file", key.to_str().unwrap(), "--profile", profile.to_str().unwrap()].map(str::to_owned).to_vec();
    Person { handle: "@ana".to_owned(), home: folder.path().to_owned(), secret }
}

fn short(value: &Value) -> String {
    value["id"].as_str().unwrap()[..8].to_owned()
}

#[test]
fn a_no_signs_and_sends_nothing_and_what_is_signed_is_shown_before() {
    let mut world = World::new();
    let ana = world.person("ana");
    let profile = ana.dir().to_owned();
    drop(ana);
    world.stop_relay();
    let folder = tempfile::tempdir().unwrap();
    let at = terminal(&folder, &profile);

    for answer in ["no\n", "", "\n", "tal vez\n"] {
        let said = at.piped(&["notice", "address", "on"], answer.as_bytes());
        assert!(said.err.contains("los plazos corren, las lea o no"), "what is signed is shown: {said:#?}");
        assert!(said.out.contains("No se firmó nada") && said.code == Some(1), "{said:#?}");
    }
    assert_eq!(at.json(&["notice", "address"])["on"], false);
    let said = at.piped(&["notice", "address", "on"], "sí\n".as_bytes());
    assert!(said.out.contains("le llegan aquí") && said.out.contains("Quedó anotado"), "not told yet: {said:#?}");
    let now = at.json(&["notice", "address"]);
    assert!(now["on"] == true && now["told"] == false && now["statement"].as_str().unwrap().starts_with("Designo esta cuenta"));
    assert!(at.run(&["notice", "address", "pause"]).done().contains("Hasta que se le diga, le llegan"));
    assert!(at.run(&["notice", "address", "off"]).done().contains("ya no será su dirección"));
    assert!(at.run(&["notice", "address", "pause"]).failed(1).contains("no es su dirección"));
    assert!(at.run(&["notice", "list"]).done().contains("No ha llegado ninguna"));
    assert_eq!(at.json(&["notice", "settings", "--tell-opened", "on"])["tell_opened"], true);
    assert!(at.json(&["notice", "deadlines"])["deadlines"].as_array().unwrap().is_empty());
    assert!(at.run(&["notice", "read", "abcd1234"]).failed(1).contains("no hay tal notificación"));
}

#[test]
fn a_notice_is_read_at_the_terminal_and_an_answer_says_what_follows_before_it_is_sent() {
    let mut scene = Scene::new();
    let right = scene.right();
    let mut what = Writing::decision(lacre_ground::time::Clock::now(&lacre_ground::time::SystemClock));
    let hostile = "# Multa\u{1b}[2J\n<b>Pague</b> [aquí](https://mal.example/\u{202e}x)\n";
    what.files[0].2 = hostile.as_bytes().to_vec();
    what.subject = "Multa \u{202e}(ejemplo)".to_owned();
    let written = scene.write(&right, &what);
    assert!(scene.desk.deliver(&written, &right.token));
    let mut forged = scene.write(&right, &what);
    forged.entry = lacre_ground::ids::EntryId::new([9; 16]);
    scene.desk.put(&forged, forged.bytes());
    scene.sync();
    let Scene { mut world, ana, .. } = scene;
    let profile = ana.dir().to_owned();
    drop(ana);
    world.stop_relay();
    let folder = tempfile::tempdir().unwrap();
    let at = terminal(&folder, &profile);

    let list = at.json(&["notice", "list"])["notices"].as_array().unwrap().clone();
    assert_eq!(list.len(), 2);
    let (bad, good) = if list[0]["notice"].is_null() { (&list[0], &list[1]) } else { (&list[1], &list[0]) };
    assert_eq!(bad["invalid"]["code"], FaultCode::Envelope.code());
    let screen = at.run(&["notice", "list"]).done();
    assert!(screen.contains("NO ES CONFIABLE") && screen.contains("Municipalidad de Ejemplo"), "{screen}");
    let id = short(good);
    let read = at.run(&["notice", "read", &id]).done();
    for part in [
        "Municipalidad de Ejemplo",
        "AO001",
        "Último día para responder",
        "CL-46-2026",
        "    <b>Pague</b> [aquí](https://mal.example/",
    ] {
        assert!(read.contains(part), "{part}: {read}");
    }
    assert!(!read.contains('\u{1b}') && !read.contains('\u{202e}'), "{read:?}");
    let said = at.run(&["notice", "read", &short(bad)]);
    assert!(said.code == Some(1) && said.out.contains("NO ES CONFIABLE") && !said.out.contains("Pague"), "{said:#?}");
    let deadlines = at.run(&["notice", "deadlines"]).done();
    assert!(deadlines.contains(&id) && deadlines.contains("días hábiles"), "{deadlines}");

    for verb in [&["notice", "ack"][..], &["notice", "refuse"], &["notice", "not-me"]] {
        let said = at.piped(&[verb, &[&id]].concat(), b"no\n");
        assert!(said.err.contains("art. 47") && said.err.contains("CUIDADO"), "{said:#?}");
        assert!(said.code == Some(1) && said.out.contains("No se envió nada"), "{said:#?}");
    }
    let said = at.piped(&["notice", "reply", &id, "Apelo."], b"no\n");
    assert!(said.err.contains("art. 47") && said.code == Some(1), "{said:#?}");
    assert!(at.json(&["outbox"])["outbox"].as_array().unwrap().iter().all(|w| w["what"] != "notice-answer"), "nothing waits");
    let said = at.run(&["notice", "reply", &id, "Apelo.", "--yes"]);
    assert!(said.err.contains("art. 47") && said.out.contains("guardada aquí"), "{said:#?}");
    let ack = at.json(&["notice", "ack", &id, "--yes"]);
    assert_eq!((ack["notice"]["answer"]["answer"].as_str(), ack["notice"]["waiting"].as_u64()), (Some("acknowledged"), Some(2)));
    assert!(ack["notice"]["notice"]["known"] == true, "own answers are counted");
    assert!(at.run(&["notice", "refuse", &id, "--yes"]).failed(1).contains("Ya respondió"));
    let exported = at.json(&["notice", "export", &id, "--to", "prueba"]);
    let names: Vec<&str> = exported["files"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(names.iter().any(|n| n.ends_with("notice.note")) && names.iter().any(|n| n.ends_with("file.0")), "{names:?}");
    let saved = at.json(&["notice", "read", &id, "--save", "0"]);
    assert_eq!(std::fs::read(folder.path().join(saved["path"].as_str().unwrap())).unwrap(), hostile.as_bytes());
    assert!(at.run(&["notice", "read", &id, "--save", "7"]).failed(1).contains("no tiene ese archivo"));
}
