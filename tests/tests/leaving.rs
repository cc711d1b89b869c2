//! Taking a pause, and leaving for good.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a panic is how a test says no"
)]

use lacre_audit::ids::Handle;
use lacre_client::Trouble;
use lacre_client::limits::LEAVE_PAUSE_MS;
use lacre_client::view::{Body, ContactState, Standing, Suite};
use lacre_tests::terminal::Town;
use lacre_tests::world::{World, befriend, settle};
use serde_json::json;

fn named(handle: &str) -> Handle {
    Handle::parse(handle).unwrap()
}

// Seen red: without `tell_pause`.
#[test]
fn who_takes_a_pause_is_not_found_or_added_and_their_conversations_go_on() {
    let world = World::new();
    let (mut ana, mut beto, mut carla) = (world.person("ana"), world.person("beto"), world.person("carla"));
    befriend(&mut ana, &mut beto);
    let (a, both) = (ana.account(), ana.with("beto"));
    ana.client.set_paused(true).unwrap();
    ana.restart();
    ana.sync();

    assert!(matches!(carla.client.contact_add(&mut carla.net, &named("ana"), ""), Err(Trouble::Paused)));
    beto.client.create_group("Mesa", &[a], Suite::XWing).unwrap();
    beto.say(&both, "descansa");
    settle(&mut [&mut ana, &mut beto, &mut carla]);

    assert_eq!(ana.texts(&both), ["descansa"]);
    assert!(ana.client.conversations().unwrap().iter().all(|c| c.name != "Mesa"));
    ana.client.set_paused(false).unwrap();
    ana.sync();
    assert!(!ana.client.paused().unwrap());
    assert_eq!(carla.client.contact_add(&mut carla.net, &named("ana"), "").unwrap().state, ContactState::Asked);
}

// Seen red: without `leave_all` the others went on writing to nobody.
#[test]
fn a_deleted_account_is_gone_at_once_its_people_see_it_leave_and_its_name_is_nobodys() {
    let mut world = World::new();
    let run = world.run();
    let (mut ana, mut beto, mut carla) = (world.person_with("ana", &run), world.person("beto"), world.person("carla"));
    befriend(&mut ana, &mut beto);
    let (b, both) = (beto.account(), ana.with("beto"));
    let group = ana.client.create_group("Mesa", &[b], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto]);
    ana.say(&both, "adiós");
    settle(&mut [&mut ana, &mut beto]);

    world.stop_relay();
    assert!(matches!(ana.client.delete_account(&mut ana.net), Err(Trouble::Offline { .. })), "not deleted yet");
    assert!(!ana.client.deleted().unwrap());
    world.start_relay();
    ana.restart();
    ana.client.delete_account(&mut ana.net).unwrap();
    ana.client.delete_account(&mut ana.net).unwrap();
    ana.restart();

    assert!(ana.client.deleted().unwrap());
    assert!(matches!(ana.client.sync(&mut ana.net), Err(Trouble::AccountDeleted)));
    assert!(matches!(ana.client.send_text(&both, "x"), Err(Trouble::AccountDeleted)));
    assert_eq!(ana.texts(&both), ["adiós"], "what is here stays");
    assert!(matches!(carla.client.contact_add(&mut carla.net, &named("ana"), ""), Err(Trouble::NoSuchAccount)));
    for _ in 0..2 {
        settle(&mut [&mut beto, &mut carla]);
        beto.clock.forward(LEAVE_PAUSE_MS * 10);
    }
    for left in [&both, &group] {
        let conversation = beto.client.conversation(left).unwrap();
        assert_eq!(conversation.members.len(), 1, "{:?}", conversation.members);
        assert_eq!(conversation.standing, Standing::Active);
        assert!(beto.history(left).iter().any(|m| m.body == Body::Leaves));
    }
    let mut other = lacre_tests::world::Person::new(&world.data().with_file_name("profile-other"));
    let taken = other.client.enroll(&mut other.net, &world.invite(&world.run()), &named("ana"));
    assert!(matches!(taken, Err(Trouble::HandleTaken)));
    let again = world.person_with("ana2", &run).client.whoami().unwrap().unwrap();
    assert_eq!(again.handle, named("ana2"), "the person may come back");
}

// Seen red: with the question asked after the deed.
#[test]
fn what_stays_is_said_before_the_yes_and_a_no_changes_nothing() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    ana.run(&["send", "@bruno", "hola"]).done();

    let no = ana.run(&["account", "delete"]);
    let still = bruno.run(&["contact", "verify", "@ana"]);
    let paused = ana.json(&["account", "pause"]);
    let resumed = ana.run(&["account", "resume"]);
    let yes = ana.run(&["account", "delete", "--yes"]);

    let said = no.failed(1);
    assert!(said.contains("30 días") && said.contains("¿Eliminar"), "{said}");
    still.done();
    assert_eq!(paused, json!({ "paused": true, "relay_reached": true }));
    resumed.done();
    assert!(yes.err.contains("30 días"), "{yes:?}");
    assert!(yes.done().contains("fue eliminada"));
    assert_eq!(ana.json(&["account", "delete"]), json!({ "deleted": true, "handle": "@ana" }));
    let read = ana.run(&["read", "@bruno"]);
    assert!(read.out.contains("hola") && read.err.contains("eliminada"), "{read:?}");
    assert!(ana.run(&["send", "@bruno", "x"]).failed(1).contains("eliminada"));
    assert!(bruno.run(&["contact", "verify", "@ana"]).failed(1).contains("Nadie tiene ese nombre"));
}
