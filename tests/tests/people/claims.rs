//! A word on a screen is a claim: what the relay does not have is not said to be done, and once it is said it is so. Which
//! sentence is held by which test stands in tests/CLAIMS.md.
use lacre_core::limits::LONGEST_REST_MS;
use lacre_core::network::{NetError, Reason, Refusal};
use lacre_tests::faulty::Faulty;
use lacre_tests::terminal::{Person, Town, befriend};
use lacre_tests::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Seen red on the program before: "Integrantes sacados de «Mesa»", with "El cambio está en espera" behind it.
#[test]
fn what_the_relay_does_not_have_is_not_said_to_be_done_and_is_done_later() {
    let mut town = Town::new();
    let (ana, bruno) = town.pair();
    let (carla, diego) = (town.person(2, "carla"), town.person(3, "diego"));
    befriend(&ana, &carla);
    befriend(&ana, &diego);
    ana.run(&["group", "create", "Mesa", "@bruno", "@carla"]).done();
    ana.run(&["group", "create", "Otra", "@bruno"]).done();
    ana.run(&["group", "create", "Plaza", "@diego"]).done();
    ana.run(&["contact", "link", "para alguien"]).done();
    let id = ana.json(&["send", "@bruno", "nos vemos a las tres"])["messages"][0]["id"].as_str().unwrap()[..8].to_owned();
    let own = ana.json(&["send", "@bruno", "esto sobra"])["messages"][0]["id"].as_str().unwrap()[..8].to_owned();
    ana.run(&["contact", "block", "@carla"]).done();
    for person in [&bruno, &carla, &diego] {
        person.run(&["list"]).done();
    }

    town.switch_off();
    for (typed, done, waits) in [
        (&["group", "remove", "Mesa", "@carla"][..], "Integrantes sacados", "Todavía no está hecho"),
        (&["group", "admin", "Mesa", "@bruno"], "cambió", "Todavía no está hecho"),
        (&["group", "settings", "Mesa", "--write", "admins"], "cambió", "Todavía no está hecho"),
        (&["group", "rename", "Mesa", "Comedor"], "cambió", "Todavía no está hecho"),
        (&["group", "leave", "Otra"], "ahora lo hace", "Todavía no está hecho"),
        (&["contact", "block", "@diego", "--everywhere", "--yes"], "Sale de", "Saldrá de «Plaza»"),
        (&["contact", "unblock", "@carla"], "puede escribirle de nuevo", "Quedó anotado"),
        (&["contact", "link", "--revoke", "1"], "ya no sirve", "Quedó anotado"),
        (&["contact", "nobody-new", "on"], "Nadie nuevo puede", "Quedó anotado"),
        (&["account", "pause"], "nadie le encuentra", "Quedó anotado"),
        (&["edit", &id, "nos vemos a las cuatro"], "Editado", "En espera"),
        (&["react", &id, "👍"], "Listo", "En espera"),
        (&["delete", &own], "Eliminado", "En espera"),
        (&["reply", &id, "llevo pan"], "Enviado", "En espera"),
        (&["send", "@bruno", "y queso"], "Enviado", "En espera"),
    ] {
        let said = ana.run(typed);
        let screen = format!("{}{}", said.out, said.err);
        assert!(said.out.contains(waits) && !screen.contains(done), "{typed:?}: {said:#?}");
        said.done();
    }
    // what is of this device alone is done, whatever waits
    assert!(ana.run(&["delete", &own, "--for-me"]).done().starts_with("Borrado en este dispositivo"));

    town.switch_on();
    for _ in 0..2 {
        for person in [&ana, &bruno, &carla, &diego] {
            person.run(&["list"]).done();
        }
    }
    let group = |of: &Person, name: &str| {
        let groups = of.json(&["group", "list"])["groups"].as_array().unwrap().clone();
        groups.into_iter().find(|g| g["name"] == name).unwrap_or(Value::Null)
    };
    let handles = |group: &Value| -> Vec<(String, bool)> {
        let members = group["members"].as_array().cloned().unwrap_or_default();
        members.iter().map(|m| (m["handle"].as_str().unwrap_or("?").to_owned(), m["admin"] == true)).collect()
    };
    let comedor = group(&bruno, "Comedor");
    let mut there = handles(&comedor);
    there.sort();
    assert_eq!(there, [("@ana".to_owned(), true), ("@bruno".to_owned(), true)], "{comedor:#}");
    assert_eq!(comedor["may_write"], "admins");
    assert_eq!(handles(&group(&bruno, "Otra")), [("@bruno".to_owned(), true)]);
    assert_eq!(handles(&group(&diego, "Plaza")), [("@diego".to_owned(), true)]);
    let read = bruno.texts("@ana");
    assert!(read.ends_with(&["llevo pan".to_owned(), "y queso".to_owned()]), "{read:?}");
    assert!(read.contains(&"nos vemos a las cuatro".to_owned()) && !read.contains(&"esto sobra".to_owned()), "{read:?}");
    // and now it is said
    assert!(ana.run(&["account", "pause"]).done().contains("nadie le encuentra"));
    assert!(ana.run(&["contact", "nobody-new"]).done().starts_with("Nadie nuevo puede"));
    assert_eq!(ana.json(&["contact", "link", "--list"])["links"], json!([]));
}

/// A round that answers says nothing about what it failed at.
#[test]
fn a_relay_that_answers_and_refuses_one_thing_was_not_told_of_it() {
    let world = World::new();
    let mut ana = world.person("ana");

    for call in ["set_paused", "change_tokens"] {
        match call {
            "set_paused" => ana.client.set_paused(true).unwrap(),
            _ => ana.client.set_nobody_new(true).unwrap(),
        }
        let refusal = Refusal { reason: Reason::BadField, metadata: BTreeMap::new(), retry_after: None };
        let rule = move |asked: &str, _: &[u8]| (asked == call).then(|| NetError::Refused(refusal.clone()));
        let mut net = Faulty::new(&mut ana.net, Box::new(rule));
        ana.client.sync(&mut net).expect("the round itself went well");
        drop(net);
        assert!(!ana.client.relay_told().unwrap(), "{call} was refused");

        ana.clock.forward(LONGEST_REST_MS);
        ana.sync();
        assert!(ana.client.relay_told().unwrap(), "{call}");
    }
}

/// Each sentence, and what the others meet afterwards. Seen red with a liar in the program's place, which prints the sentence and
/// ends with 0: for each of edit, react, delete, settings, disappear, group add, remove and leave, pause, resume, revoke, decline, mute.
#[test]
fn what_is_said_to_be_done_is_so_for_the_others() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    let (carla, diego) = (town.person(2, "carla"), town.person(3, "diego"));
    befriend(&ana, &carla);
    let says = |typed: &[&str], sentence: &str| {
        let out = ana.run(typed).done();
        assert!(out.contains(sentence), "{typed:?}: {out}");
        out
    };
    let sent =
        |by: &Person, to: &str, text: &str| by.json(&["send", to, text])["messages"][0]["id"].as_str().unwrap()[..8].to_owned();
    let seen = |by: &Person, with: &str, id: &str| {
        let read = by.json(&["read", with, "--all"]);
        let found = read["messages"].as_array().unwrap().iter().find(|m| m["id"].as_str().unwrap().starts_with(id)).cloned();
        found.unwrap_or_else(|| panic!("no {id} in {read:#}"))
    };
    let group = |of: &Person, name: &str| {
        of.run(&["list"]).done();
        let groups = of.json(&["group", "list"])["groups"].as_array().unwrap().clone();
        groups.into_iter().find(|g| g["name"] == name).unwrap_or(Value::Null)
    };

    // messages
    let [one, two, three] = ["uno", "dos", "tres"].map(|text| sent(&ana, "@bruno", text));
    says(&["edit", &one, "uno, corregido"], "Editado");
    says(&["react", &two, "👍"], "Listo");
    says(&["delete", &three], "Eliminado");
    says(&["delete", &two, "--for-me"], "Borrado en este dispositivo");
    assert_eq!(seen(&bruno, "@ana", &one)["text"], "uno, corregido");
    let dos = seen(&bruno, "@ana", &two);
    assert_eq!((&dos["text"], &dos["reactions"][0]["sign"]), (&json!("dos"), &json!("👍")), "{dos}");
    assert_eq!(seen(&bruno, "@ana", &three)["kind"], "deleted");
    assert_eq!(seen(&ana, "@bruno", &two)["kind"], "forgotten");

    // how she treats a conversation
    let carlas =
        || ana.json(&["list", "--all"])["conversations"].as_array().unwrap().iter().find(|c| c["peer"] == "@carla").cloned();
    says(&["conversation", "mute", "@carla"], "silenciada");
    says(&["conversation", "archive", "@carla"], "fuera de la lista");
    let away = carlas().unwrap();
    assert_eq!((&away["muted"], &away["archived"]), (&json!(true), &json!(true)));
    says(&["conversation", "mute", "@carla", "--off"], "avisa de nuevo");
    says(&["conversation", "archive", "@carla", "--off"], "en la lista otra vez");
    let back = carlas().unwrap();
    assert_eq!((&back["muted"], &back["archived"]), (&json!(false), &json!(false)));

    // what others see of her
    says(&["settings", "--read-receipts", "on"], "Sus contactos ven lo que usted ya leyó");
    let read = sent(&bruno, "@ana", "¿lo leíste?");
    ana.run(&["read", "@bruno"]).done();
    ana.run(&["list"]).done();
    assert_eq!(seen(&bruno, "@ana", &read)["receipts"][0]["read"], true);
    says(&["settings", "--delivery-receipts", "off", "--read-receipts", "off"], "Nadie ve lo que usted ya leyó");
    let unread = sent(&bruno, "@ana", "¿y esto?");
    ana.run(&["read", "@bruno"]).done();
    ana.run(&["list"]).done();
    assert_eq!(seen(&bruno, "@ana", &unread)["receipts"], json!([]));
    says(&["disappear", "@bruno", "1d"], "desaparece 1 día después");
    bruno.run(&["list"]).done();
    assert_eq!(bruno.json(&["list"])["conversations"][0]["stays_s"], 86_400);

    // groups
    says(&["group", "create", "Mesa", "@bruno"], "creado");
    says(&["group", "add", "Mesa", "@carla"], "Integrantes agregados");
    assert_eq!(group(&carla, "Mesa")["members"].as_array().map(Vec::len), Some(3));
    says(&["group", "describe", "Mesa", "para el almuerzo"], "cambió");
    says(&["group", "settings", "Mesa", "--add", "everyone"], "cambió");
    says(&["group", "admin", "Mesa", "@bruno"], "cambió");
    says(&["group", "rename", "Mesa", "Comedor"], "cambió");
    says(&["group", "remove", "Comedor", "@carla"], "Integrantes sacados");
    assert_eq!(group(&carla, "Comedor")["standing"], "removed");
    let comedor = group(&bruno, "Comedor");
    assert_eq!((&comedor["description"], &comedor["may_add"]), (&json!("para el almuerzo"), &json!("everyone")));
    assert!(comedor["members"].as_array().unwrap().iter().all(|m| m["admin"] == true), "{comedor:#}");
    says(&["group", "leave", "Comedor"], "Usted sale de");
    bruno.run(&["list"]).done();
    assert_eq!(group(&bruno, "Comedor")["members"].as_array().map(Vec::len), Some(1));

    // who may find her and ask
    says(&["account", "pause"], "nadie le encuentra");
    assert!(diego.run(&["contact", "add", "@ana"]).failed(1).contains("está en pausa"));
    says(&["account", "resume"], "Ya no está en pausa");
    says(&["contact", "nobody-new", "on"], "Nadie nuevo puede");
    assert!(diego.run(&["contact", "add", "@ana"]).failed(1).contains("no recibe solicitudes"));
    let link = ana.run(&["contact", "link"]).done();
    says(&["contact", "link", "--revoke", "1"], "ya no sirve");
    assert!(diego.run(&["contact", "add", link.trim()]).failed(1).contains("no recibe solicitudes"));
    says(&["contact", "nobody-new", "off"], "Cualquiera puede");
    diego.run(&["contact", "add", "@ana", "soy Diego"]).done();
    assert_eq!(ana.json(&["list"])["requests"][0]["handle"], "@diego");
    says(&["contact", "decline", "@diego"], "rechaz");
    assert_eq!(ana.json(&["list"])["requests"], json!([]));
}
