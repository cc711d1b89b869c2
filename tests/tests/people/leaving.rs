//! Taking a pause, leaving for good, and coming back after everything was lost.
use lacre_core::Trouble;
use lacre_core::limits::KEEP_SENT_MS;
use lacre_core::limits::LEAVE_PAUSE_MS;
use lacre_core::view::{Body, ContactState, Happening, Standing, Suite, Trust, WaitingKind};
use lacre_core::{AccountTrouble, ContactTrouble};
use lacre_ground::ids::Handle;
use lacre_tests::terminal::Town;
use lacre_tests::world::{Person, World, befriend, settle};
use serde_json::json;

fn named(handle: &str) -> Handle {
    Handle::parse(handle).unwrap()
}

#[test]
fn who_takes_a_pause_is_not_found_or_added_and_their_conversations_go_on() {
    let world = World::new();
    let (mut ana, mut beto, mut carla) = (world.person("ana"), world.person("beto"), world.person("carla"));
    befriend(&mut ana, &mut beto);
    let (a, both) = (ana.account(), ana.with("beto"));
    ana.client.set_paused(true).unwrap();
    ana.restart();
    ana.sync();

    assert!(matches!(carla.client.contact_add(&mut carla.net, &named("ana"), ""), Err(Trouble::Contact(ContactTrouble::Paused))));
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
    ana.say(&both, "todavía");
    settle(&mut [&mut ana, &mut beto]);
    let of_beto = beto.with("ana");
    assert_eq!(beto.texts(&of_beto), ["adiós", "todavía"], "nobody was left");
    ana.client.delete_account(&mut ana.net).unwrap();
    ana.client.delete_account(&mut ana.net).unwrap();
    ana.restart();

    assert!(ana.client.deleted().unwrap());
    assert!(matches!(ana.client.sync(&mut ana.net), Err(Trouble::Account(AccountTrouble::Deleted))));
    assert!(matches!(ana.client.send_text(&both, "x"), Err(Trouble::Account(AccountTrouble::Deleted))));
    let refused =
        |outcome: Result<(), Trouble>| assert!(matches!(outcome, Err(Trouble::Account(AccountTrouble::Deleted))), "{outcome:?}");
    refused(ana.client.link_make("para nadie").map(drop));
    refused(ana.client.set_nobody_new(true));
    refused(ana.client.create_group("de nadie", &[], Suite::XWing).map(drop));
    assert_eq!(ana.texts(&both), ["adiós", "todavía"], "what is here stays");
    assert!(matches!(
        carla.client.contact_add(&mut carla.net, &named("ana"), ""),
        Err(Trouble::Contact(ContactTrouble::NoSuchAccount))
    ));
    for _ in 0..2 {
        settle(&mut [&mut beto, &mut carla]);
        beto.clock.forward(LEAVE_PAUSE_MS * 10);
    }
    assert_eq!(beto.standing(&both), Standing::Removed, "nobody is written to into a void");
    let members: Vec<_> = beto.client.conversation(&group).unwrap().members.into_iter().map(|m| m.account).collect();
    assert_eq!(members, [b]);
    for left in [&both, &group] {
        assert!(beto.history(left).iter().any(|m| m.body == Body::Leaves));
    }
    let mut other = Person::new(&world.data().with_file_name("profile-other"));
    let taken = other.client.enroll(&mut other.net, &world.invite(&world.run()), &named("ana"));
    assert!(matches!(taken, Err(Trouble::Account(AccountTrouble::HandleTaken))));
    let again = world.person_with("ana2", &run).client.whoami().unwrap().unwrap();
    assert_eq!(again.handle, named("ana2"), "the person may come back");
}

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
    let status = ana.run(&["status"]);
    assert!(status.out.contains("esta cuenta se borró") && !status.out.contains("no responde"), "{status:?}");
    assert!(ana.run(&["send", "@bruno", "x"]).failed(1).contains("eliminada"));
    assert!(bruno.run(&["contact", "verify", "@ana"]).failed(1).contains("Nadie tiene ese nombre"));
}

#[test]
fn who_writes_to_somebody_who_left_is_told_in_the_same_command_that_it_goes_nowhere() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    ana.run(&["send", "@bruno", "hola"]).done();
    ana.run(&["account", "delete", "--yes"]).done();

    let written = bruno.run(&["send", "@ana", "¿sigues ahí?"]);

    let said = written.failed(1);
    assert!(said.contains("No se envió ni se enviará") && said.contains("outbox"), "{said}");
    let waiting = bruno.json(&["outbox"]);
    let waiting = waiting["outbox"].as_array().unwrap();
    assert!(!waiting.is_empty() && waiting.iter().all(|w| !w["trouble"].is_null()), "{waiting:?}");
    assert!(bruno.run(&["send", "@ana", "otra vez"]).failed(1).contains("no se puede escribir"), "nothing more is taken");
}

/// Beto lost everything, went to the counter, and starts again on another machine.
fn recovered(world: &World, run: &lacre_ground::run::Run) -> Person {
    let mut beto = Person::new(&world.data().with_file_name("profile-beto-again"));
    let who = beto.client.recover(&mut beto.net, &world.invite_again(run)).unwrap();
    assert_eq!((who.handle, who.enrolled), (named("beto"), true));
    beto
}

fn account_of(person: &mut Person, handle: &str) -> Vec<(ContactState, Option<lacre_ground::ids::AccountId>)> {
    let contacts = person.client.contacts().unwrap();
    let named = contacts.into_iter().filter(|c| c.handle.as_str() == handle);
    named.map(|c| (c.state, c.new_account.map(|new| new.account))).collect()
}

#[test]
fn a_contact_with_a_new_account_is_shown_and_nothing_goes_out_before_it_is_accepted() {
    let world = World::new();
    let run = world.run();
    let (mut ana, mut lost) = (world.person("ana"), world.person_with("beto", &run));
    befriend(&mut ana, &mut lost);
    let (old, both) = (lost.account(), ana.with("beto"));
    let compared = ana.client.safety(&old).unwrap().number;
    ana.client.safety_confirm(&old, &compared).unwrap();

    let mut beto = recovered(&world, &run);
    let new = beto.account();
    beto.client.contact_add(&mut beto.net, &named("ana"), "perdí el teléfono").unwrap();
    settle(&mut [&mut ana, &mut beto]);

    assert_eq!(account_of(&mut ana, "beto"), [(ContactState::Accepted, Some(new)), (ContactState::Asking, None)]);
    let told = ana.client.events(0, 1_000).unwrap();
    assert!(told.iter().any(|e| matches!(e.what, Happening::ContactReset { account, .. } if account == *old.as_bytes())));
    assert!(matches!(ana.client.contacts().unwrap()[0].trust, Trust::Changed { .. }), "the mark is lost");
    assert_eq!(ana.standing(&both), Standing::Replaced);
    assert!(matches!(ana.client.send_text(&both, "x"), Err(Trouble::Contact(ContactTrouble::NewAccount))));
    assert!(matches!(ana.client.send_to_contact(&old, "x"), Err(Trouble::Contact(ContactTrouble::NewAccount))));
    assert!(matches!(ana.client.create_group("Mesa", &[old], Suite::XWing), Err(Trouble::Contact(ContactTrouble::NewAccount))));
    assert!(matches!(ana.client.contact_accept(&new), Err(Trouble::Contact(ContactTrouble::NewAccount))));
    assert!(matches!(ana.client.safety_confirm(&old, &compared), Err(Trouble::Contact(ContactTrouble::NewAccount))));
    assert_ne!(ana.client.safety(&old).unwrap().number, compared);

    ana.client.set_nickname(&old, "Betito").unwrap();
    let (contact, groups) = ana.client.accept_reset(&mut ana.net, &old).unwrap();
    assert_eq!((contact.account, contact.trust, groups.len()), (new, Trust::NotCompared, 0));
    assert_eq!(contact.nickname.as_deref(), Some("Betito"), "what she calls him is hers");
    settle(&mut [&mut ana, &mut beto]);
    let again = ana.with("beto");
    ana.say(&again, "bienvenido");
    settle(&mut [&mut ana, &mut beto]);

    assert_ne!(again, both);
    assert_eq!(ana.standing(&both), Standing::Removed);
    assert_eq!(beto.texts(&again), ["bienvenido"]);
    assert_eq!(account_of(&mut ana, "beto"), [(ContactState::Accepted, None)]);
}

#[test]
fn devices_of_a_lost_account_are_out_and_speak_for_nobody() {
    let world = World::new();
    let run = world.run();
    let (mut ana, mut lost) = (world.person("ana"), world.person_with("beto", &run));
    lost.client.contact_add(&mut lost.net, &named("ana"), "de quien lo robó").unwrap();
    let link = ana.client.link_make("").unwrap();
    let mut beto = recovered(&world, &run);
    befriend(&mut beto, &mut ana);
    let (old, new) = (lost.account(), beto.account());

    // the thief's device has stamps left, and a link
    let _ = lost.client.contact_add_by_link(&mut lost.net, &link.link, "soy yo");
    let refused = lost.client.sync(&mut lost.net);
    for _ in 0..3 {
        let _ = lost.client.sync(&mut lost.net);
    }
    settle(&mut [&mut ana, &mut beto]);

    assert!(refused.is_ok() || matches!(refused, Err(Trouble::Refused(_))), "{refused:?}");
    assert_eq!(account_of(&mut ana, "beto"), [(ContactState::Accepted, None)]);
    assert!(ana.client.contacts().unwrap().iter().all(|c| c.account == new && c.account != old));
    assert!(matches!(lost.client.delete_account(&mut lost.net), Ok(()) | Err(Trouble::Refused(_))));
    ana.client.contact_refresh(&mut ana.net, &new).expect("the new account is untouched");
}

#[test]
fn who_accepts_a_reset_puts_the_new_account_into_the_groups_that_they_administer() {
    let world = World::new();
    let run = world.run();
    let (mut ana, mut lost, mut carla) = (world.person("ana"), world.person_with("beto", &run), world.person("carla"));
    befriend(&mut ana, &mut lost);
    befriend(&mut ana, &mut carla);
    let (old, c) = (lost.account(), carla.account());
    let group = ana.client.create_group("Mesa", &[old, c], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut lost, &mut carla]);
    let mut beto = recovered(&world, &run);
    let new = beto.account();
    beto.client.contact_add(&mut beto.net, &named("ana"), "").unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);

    ana.client.accept_reset(&mut ana.net, &old).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    ana.say(&group, "estamos todos");
    settle(&mut [&mut ana, &mut beto, &mut carla]);

    assert_eq!(beto.texts(&group), ["estamos todos"]);
    let members: Vec<_> = carla.client.conversation(&group).unwrap().members.into_iter().map(|m| m.account).collect();
    assert!(members.contains(&new) && !members.contains(&old), "{members:?}");
}

/// Who a group's lines say has a new account.
fn new_accounts(person: &mut Person, group: &lacre_core::view::ConversationId) -> Vec<lacre_ground::ids::AccountId> {
    let lines = person.history(group).into_iter();
    lines.filter_map(|m| if let Body::NewAccount { whom } = m.body { Some(whom) } else { None }).collect()
}

#[test]
fn members_who_are_no_contacts_are_told_in_the_group_that_somebody_has_other_keys() {
    let world = World::new();
    let run = world.run();
    let (mut ana, mut lost, mut carla) = (world.person("ana"), world.person_with("beto", &run), world.person("carla"));
    befriend(&mut ana, &mut lost);
    befriend(&mut ana, &mut carla);
    let (old, c) = (lost.account(), carla.account());
    let group = ana.client.create_group("Mesa", &[old, c], Suite::XWing).unwrap();
    let other = ana.client.create_group("Sin él", &[c], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut lost, &mut carla]);
    let mut beto = recovered(&world, &run);
    let new = beto.account();
    beto.client.contact_add(&mut beto.net, &named("ana"), "").unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);

    assert_eq!(new_accounts(&mut ana, &group), [new], "who is a contact sees it there too, before accepting");
    assert_eq!(new_accounts(&mut carla, &group), [new], "her program has asked the relay");
    ana.client.accept_reset(&mut ana.net, &old).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    carla.restart();

    assert_eq!(new_accounts(&mut carla, &group), [new]);
    assert!(carla.client.contacts().unwrap().iter().all(|contact| contact.account != new && contact.account != old));
    let line = carla.history(&group).into_iter().find(|m| m.body == Body::NewAccount { whom: new }).unwrap();
    assert_eq!(line.whom_handle, Some(named("beto")));
    let told = carla.client.events(0, 1_000).unwrap();
    let position = line.position.unwrap();
    assert!(told.iter().any(
        |e| matches!(&e.what, Happening::Message { conversation, position: at } if *conversation == group && *at == position)
    ));
    assert_eq!(new_accounts(&mut ana, &group), [new], "once");
    for (person, group) in [(&mut ana, &other), (&mut carla, &other), (&mut beto, &group)] {
        assert_eq!(new_accounts(person, group), []);
    }
    // lines of one's own do not get into the way of what all see
    beto.say(&group, "aquí de nuevo");
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    assert_eq!(carla.texts(&group), ["aquí de nuevo"]);
}

// Seen red when only texts moved: the file was gone.
#[test]
fn texts_and_files_that_waited_for_a_contact_go_to_the_accepted_new_account_in_their_order() {
    let world = World::new();
    let run = world.run();
    let (mut ana, mut lost) = (world.person("ana"), world.person_with("beto", &run));
    befriend(&mut ana, &mut lost);
    let (old, both) = (lost.account(), ana.with("beto"));
    let mut beto = recovered(&world, &run);
    let a = ana.account();
    let file = vec![7; 300_000];
    ana.say(&both, "antes");
    ana.client.send_file(&both, "acta.pdf", &mut file.as_slice(), 300_000).unwrap();
    ana.say(&both, "después");
    ana.client.contact_refresh(&mut ana.net, &old).unwrap();
    assert_eq!(ana.standing(&both), Standing::Replaced);

    ana.client.accept_reset(&mut ana.net, &old).unwrap();
    ana.restart();
    let waiting: Vec<_> = ana.client.outbox().unwrap().into_iter().map(|w| w.what).collect();
    settle(&mut [&mut ana, &mut beto]);
    beto.client.contact_accept(&a).unwrap();
    settle(&mut [&mut ana, &mut beto]);

    assert!(waiting.contains(&WaitingKind::File), "{waiting:?}");
    let again = beto.with("ana");
    let got = beto.history(&again).into_iter().filter(|m| m.sender == a);
    let got: Vec<_> = got.filter(|m| matches!(m.body, Body::Text(_) | Body::File { .. })).collect();
    let bodies: Vec<_> = got.iter().map(|m| m.body.clone()).collect();
    let acta = Body::File { name: "acta.pdf".into(), size: 300_000 };
    assert_eq!(bodies, [Body::Text("antes".into()), acta, Body::Text("después".into())]);
    let mut saved = Vec::new();
    beto.client.save_file(&mut beto.net, &got[1], &mut saved).unwrap();
    assert!(saved == file);
    assert_eq!(ana.client.outbox().unwrap(), []);
    // what is kept for a relay that may be restored goes with the first that is sent when it is old
    ana.clock.forward(KEEP_SENT_MS + 1);
    ana.client.send_file(&again, "otra.txt", &mut &b"x"[..], 1).unwrap();
    settle(&mut [&mut ana, &mut beto]);
    assert!(ana.client.held_contents().unwrap().iter().all(|row| row.len() < 200_000), "its ciphertext is not kept longer");
}

#[test]
fn a_new_account_of_somebody_blocked_is_blocked_too() {
    let world = World::new();
    let run = world.run();
    let (mut ana, mut lost) = (world.person("ana"), world.person_with("beto", &run));
    befriend(&mut ana, &mut lost);
    let old = lost.account();
    ana.client.contact_block(&old).unwrap();
    ana.sync();
    let before = ana.client.events(0, 1_000).unwrap().len();

    let mut beto = recovered(&world, &run);
    beto.client.contact_add(&mut beto.net, &named("ana"), "otra vez yo").unwrap();
    settle(&mut [&mut ana, &mut beto]);

    assert!(ana.client.contacts().unwrap().iter().all(|c| c.blocked.is_some()));
    assert_eq!(ana.client.events(0, 1_000).unwrap().len(), before);
}

/// Seen red before a profile remembered its code: "Done" without asking the relay, and the thief went on.
#[test]
fn another_code_is_not_done_with_a_profile_that_has_an_account_and_who_was_replaced_is_told() {
    let world = World::new();
    let run = world.run();
    let _lost = world.person_with("beto", &run);
    let mut beto = recovered(&world, &run);
    let code = world.invite_again(&run);
    let said = beto.client.recover(&mut beto.net, &code);
    assert!(matches!(said, Err(Trouble::Account(AccountTrouble::OtherAccount))), "{said:?}");
    assert_eq!(beto.client.replaced().unwrap(), None);

    let mut third = Person::new(&world.data().with_file_name("profile-beto-third"));
    third.client.recover(&mut third.net, &code).expect("the code was not used up");
    let _ = beto.client.sync(&mut beto.net);
    assert!(beto.client.replaced().unwrap().is_some(), "its own program says that another account stands in its place");
    assert_eq!(third.client.replaced().unwrap(), None);
}

#[test]
fn losing_and_recovering_at_the_terminal() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    let code = town.recovery(1);
    let again = town.newcomer("bruno2");

    assert!(again.run(&["recover", "lacre://"]).failed(2).contains("invitación"));
    assert!(again.run(&["recover", &code]).done().contains("@bruno"));
    assert!(town.newcomer("otra").run(&["recover", &code]).failed(1).contains("La invitación no sirve"));
    again.run(&["contact", "add", "@ana", "soy Bruno"]).done();
    assert!(ana.run(&["contact", "list"]).done().contains("cuenta nueva"));
    assert!(ana.run(&["send", "@bruno", "hola"]).failed(1).contains("accept-reset"));
    assert!(ana.run(&["contact", "accept", "@bruno"]).failed(1).contains("accept-reset"));
    ana.run(&["contact", "verify", "@bruno"]).done();
    let accepted = ana.json(&["contact", "accept-reset", "@bruno"]);
    assert_eq!(accepted["contact"]["state"], "accepted", "{accepted}");
    assert!(ana.run(&["contact", "accept-reset", "@bruno"]).failed(1).contains("contact list"));
    ana.run(&["send", "@bruno", "por fin"]).done();
    assert_eq!(again.texts("@ana"), ["por fin"]);
    // the first command on it that reaches the relay learns it, and each later one that writes is refused before it does
    for text in ["desde el teléfono robado", "otra vez"] {
        let refused = bruno.run(&["send", "@ana", text, "--json"]);
        assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
        assert!(refused.err.contains("\"account-replaced\""), "{}", refused.err);
    }
    assert!(bruno.run(&["contact", "add", "@ana"]).failed(1).contains("otra cuenta en el lugar de esta"));
    for command in ["whoami", "status"] {
        let said: serde_json::Value = serde_json::from_str(&bruno.run(&[command, "--json"]).out).unwrap();
        assert!(said["replaced_at"].is_string(), "{said}");
    }
    assert_eq!(ana.texts("@bruno"), ["por fin"], "nobody reads what the lost device writes");
}
