//! What is kept of each version (`tests/fixtures/VERSION`), for every later one to open: a relay's folder and the profiles of
//! four example people, with something of all that a profile can hold.
#![expect(clippy::unwrap_used, reason = "a test's world stops when it cannot be built")]

use crate::world::{Person, World, befriend, settle};
use lacre_core::view::{Body, Message, Settings, Suite};
use lacre_core::{Client, Environment};
use lacre_ground::ids::Handle;
use lacre_profile::Secret;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// Opens the harmless profile of ana.
pub const SECOND_PASSPHRASE: &str = "una segunda frase";

/// Makes such a folder. Its relay listens here, now and whenever it is opened.
pub fn make(listen: SocketAddr, to: &Path) {
    let world = World::to_keep(listen);
    let [mut ana, mut bruno, mut carla, mut dario] = ["ana", "bruno", "carla", "dario"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut bruno);
    befriend(&mut ana, &mut carla);
    befriend(&mut ana, &mut dario);
    two(&mut ana, &mut bruno);
    group(&mut ana, &mut bruno, &mut carla);
    // somebody blocked, a link to ask by, other settings, a harmless profile
    let account = dario.account();
    ana.client.contact_block(&account).unwrap();
    ana.client.link_make("taller").unwrap();
    let settings = Settings { read_receipts: true, ..ana.client.settings().unwrap() };
    ana.client.set_settings(settings).unwrap();
    ana.sync();
    ana.client.set_second_passphrase(SECOND_PASSPHRASE).unwrap();
    // and something that waits for the relay
    let id = bruno.with("ana");
    bruno.say(&id, "esto espera");
    drop((ana, bruno, carla, dario));
    world.keep(to);
}

const FILE: &[u8] = b"tabla,larga\n";
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A conversation with answers, a correction, a sign, something taken back, a file, and a time to stay.
fn two(ana: &mut Person, bruno: &mut Person) {
    let (at_ana, at_bruno) = (ana.with("bruno"), bruno.with("ana"));
    ana.say(&at_ana, "hola");
    settle(&mut [ana, bruno]);
    let first = bruno.history(&at_bruno).into_iter().find(|m| m.body == Body::Text("hola".into())).unwrap();
    bruno.client.reply(&first, "buenas").unwrap();
    bruno.client.react(&first, "👍").unwrap();
    let wrong = bruno.client.send_text(&at_bruno, "nos vemos a las ocho").unwrap();
    let back = bruno.client.send_text(&at_bruno, "esto no").unwrap();
    settle(&mut [ana, bruno]);
    bruno.client.edit(&wrong, "nos vemos a las nueve").unwrap();
    bruno.client.delete(&back).unwrap();
    ana.client.send_file(&at_ana, "tabla.csv", &mut &*FILE, FILE.len().try_into().unwrap()).unwrap();
    settle(&mut [ana, bruno]);
    let last = bruno.history(&at_bruno).last().unwrap().position;
    bruno.client.mark_read(&at_bruno, last.unwrap()).unwrap();
    ana.client.let_vanish(&at_ana, Some(Duration::from_secs(28 * 24 * 60 * 60))).unwrap();
    settle(&mut [ana, bruno]);
    ana.say(&at_ana, "esto se va");
    settle(&mut [ana, bruno]);
}

/// A group that had several epochs.
fn group(ana: &mut Person, bruno: &mut Person, carla: &mut Person) {
    let members = [bruno.account(), carla.account()];
    let id = ana.client.create_group("Mesa", &members, Suite::XWing).unwrap();
    settle(&mut [ana, bruno, carla]);
    ana.client.group_describe(&id, "Asuntos del taller").unwrap();
    settle(&mut [ana, bruno, carla]);
    let at_carla = carla.group("Mesa");
    carla.say(&at_carla, "hola a todos");
    settle(&mut [ana, bruno, carla]);
}

/// What a version kept is all there in this one, and goes on: for a day of its own time later.
pub fn check(kept: &Path) {
    let world = World::kept(kept, DAY_MS);
    let [mut ana, mut bruno, mut carla] = ["ana", "bruno", "carla"].map(|handle| world.kept_person(handle));
    let (at_ana, at_bruno) = (ana.with("bruno"), bruno.with("ana"));

    // the history, before anybody asks the relay
    let texts = ["hola", "buenas", "nos vemos a las nueve", "esto se va"];
    assert_eq!(ana.texts(&at_ana), texts);
    assert_eq!(bruno.texts(&at_bruno), texts);
    let history = ana.history(&at_ana);
    let named = |text: &str| -> &Message { history.iter().find(|m| m.body == Body::Text(text.into())).unwrap() };
    assert_eq!(named("hola").reactions.len(), 1);
    assert!(named("buenas").reply_to.is_some() && named("nos vemos a las nueve").edited_at.is_some());
    assert!(history.iter().any(|m| matches!(m.body, Body::Deleted { .. })));
    let file = history.iter().find(|m| matches!(m.body, Body::File { .. })).unwrap().clone();
    let dario = Handle::parse("dario").unwrap();
    assert!(ana.client.contacts().unwrap().iter().any(|c| c.handle == dario && c.blocked.is_some()));
    assert_eq!(ana.client.links().unwrap().len(), 1);
    assert!(ana.client.settings().unwrap().read_receipts);
    let harmless = Client::open(ana.dir(), Secret::Passphrase(SECOND_PASSPHRASE), Environment::system());
    assert!(harmless.unwrap().whoami().unwrap().is_none());

    // and the relay's part
    settle(&mut [&mut ana, &mut bruno, &mut carla]);
    assert_eq!(ana.texts(&at_ana).last().unwrap(), "esto espera", "what waited has gone out");
    // each message is found by what it is called, and what is said of one is understood
    for message in ana.history(&at_ana) {
        let found = ana.client.find_message(&message.id.to_string()).unwrap();
        assert_eq!((found.position, found.conversation), (message.position, at_ana.clone()));
    }
    ana.client.react(named("nos vemos a las nueve"), "👋").unwrap();
    let own = bruno.history(&at_bruno).into_iter().find(|m| m.body == Body::Text("buenas".into())).unwrap();
    bruno.client.edit(&own, "buenas tardes").unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    for (person, at) in [(&mut ana, &at_ana), (&mut bruno, &at_bruno)] {
        let now = person.history(at);
        assert!(now.iter().any(|m| m.body == Body::Text("nos vemos a las nueve".into()) && m.reactions.len() == 1));
        assert!(now.iter().any(|m| m.body == Body::Text("buenas tardes".into()) && m.reply_to.is_some()));
    }
    let mut saved = Vec::new();
    bruno.client.message(&at_bruno, file.id).unwrap().map(|m| bruno.client.save_file(&mut bruno.net, &m, &mut saved).unwrap());
    assert_eq!(saved, FILE);
    let group = ana.group("Mesa");
    ana.client.group_rename(&group, "Mesa larga").unwrap();
    settle(&mut [&mut ana, &mut bruno, &mut carla]);
    let at_carla = carla.group("Mesa larga");
    carla.say(&at_carla, "seguimos");
    settle(&mut [&mut ana, &mut bruno, &mut carla]);
    let at_bruno = bruno.group("Mesa larga");
    for (person, id) in [(&mut ana, group), (&mut bruno, at_bruno)] {
        assert_eq!(person.texts(&id), ["hola a todos", "seguimos"]);
    }
    drop(world.person("elena"));
    ana.clock.forward(40 * DAY_MS);
    assert!(!ana.texts(&at_ana).contains(&"esto se va".into()), "its time is over");
}
