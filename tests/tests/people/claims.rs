//! A word on a screen is a claim: what the relay does not have is not said to be done, and once it is said it is so. Which
//! sentence is held by which test stands in tests/CLAIMS.md.
use lacre_core::limits::LONGEST_REST_MS;
use lacre_core::network::{NetError, Reason, Refusal};
use lacre_tests::faulty::Faulty;
use lacre_tests::terminal::{Town, befriend};
use lacre_tests::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Seen red on the code before: "Integrantes sacados de «Mesa»", "ahora lo hace @bruno", "Está en pausa: nadie le encuentra".
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
    let group = |of: &lacre_tests::terminal::Person, name: &str| {
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

/// Seen red with `relay_told` true: a round that answers says nothing about what it failed at.
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
