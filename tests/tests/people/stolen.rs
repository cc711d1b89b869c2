//! A phone is stolen while it is on, and its person recovers the account at the counter: the thief is out.
use lacre_core::network::NetError;
use lacre_core::view::{Body, ConversationId, Delivery, Happening, Message, Standing, Suite};
use lacre_core::{ContactTrouble, GroupTrouble, MessageTrouble, Trouble};
use lacre_ground::ids::{AccountId, Handle};
use lacre_ground::run::Run;
use lacre_tests::tap::Tap;
use lacre_tests::world::{Person, World, befriend, settle};
use std::time::Duration;

/// Ana's phone is in the thief's hands; Ana has a new account, and has told nobody yet.
struct Stolen {
    world: World,
    ana: Person,
    old: AccountId,
    thief: Person,
    beto: Person,
    carla: Person,
    /// a contact of Ana's, and the thief's friend
    mallory: Person,
    /// of beto and ana
    both: ConversationId,
    group: ConversationId,
}

/// The person comes back from the counter, on another machine.
pub(super) fn recovered(world: &World, run: &Run) -> Person {
    let mut ana = Person::new(&world.data().with_file_name("profile-ana-again"));
    ana.client.recover(&mut ana.net, &world.invite_again(run)).unwrap();
    ana
}

/// With a group of the three whose only admin is Ana, or Beto.
fn stolen(anas_group: bool) -> Stolen {
    let world = World::new();
    let run = world.run();
    let (mut ana, mut beto, mut carla) = (world.person_with("ana", &run), world.person("beto"), world.person("carla"));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut carla);
    befriend(&mut beto, &mut carla);
    let mut mallory = world.person("mallory");
    befriend(&mut ana, &mut mallory);
    let (old, b, c) = (ana.account(), beto.account(), carla.account());
    let both = beto.with("ana");
    let group = match anas_group {
        true => ana.client.create_group("Mesa", &[b, c], Suite::XWing).unwrap(),
        false => beto.client.create_group("Mesa", &[old, c], Suite::XWing).unwrap(),
    };
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    ana.say(&group, "de Ana");
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    let thief = ana.copy(&ana.dir().with_extension("stolen"));
    let ana = recovered(&world, &run);
    Stolen { world, ana, old, thief, beto, carla, mallory, both, group }
}

/// One round in which the relay says nothing of resets, as one of version 0.1.0.
fn deaf_sync(person: &mut Person) {
    let mut tap = Tap::new(&mut person.net);
    tap.resets = Box::new(|_, _| Err(NetError::Protocol("unimplemented".into())));
    person.client.sync(&mut tap).unwrap();
}

/// What the thief writes is stored by the relay.
fn thief_says(thief: &mut Person, to: &ConversationId, text: &str) {
    thief.say(to, text);
    thief.sync();
    assert!(thief.client.outbox().unwrap().is_empty(), "it was not sent");
}

fn members(person: &mut Person, group: &ConversationId) -> Vec<AccountId> {
    person.client.conversation(group).unwrap().members.into_iter().map(|m| m.account).collect()
}

fn count(person: &mut Person, group: &ConversationId, body: &Body) -> usize {
    person.history(group).iter().filter(|m| m.body == *body).count()
}

#[test]
fn nobodys_program_writes_to_a_stolen_phone_or_believes_it_once_its_person_was_at_the_counter() {
    let Stolen { world: _world, mut ana, old, mut thief, mut beto, mut carla, both, group, .. } = stolen(false);
    let new = ana.account();
    let with_beto = thief.with("beto");
    thief_says(&mut thief, &with_beto, "soy Ana, ¿dónde estás?");
    thief_says(&mut thief, &group, "soy Ana, vengan");
    // written before anybody's program knew; it has not left
    beto.say(&both, "nos vemos a las ocho");
    beto.say(&group, "en mi casa");
    carla.say(&group, "llevo pan");

    for _ in 0..3 {
        carla.sync();
        beto.sync();
        thief.sync();
    }

    assert_eq!(beto.standing(&both), Standing::Replaced);
    assert_eq!(beto.texts(&both), Vec::<String>::new());
    assert!(matches!(beto.client.send_text(&both, "x"), Err(Trouble::Contact(ContactTrouble::NewAccount))));
    let contact = beto.client.contacts().unwrap().into_iter().find(|c| c.account == old).unwrap();
    assert_eq!(contact.new_account.unwrap().account, new);
    for person in [&mut beto, &mut carla] {
        assert_eq!(person.texts(&group).iter().filter(|t| t.contains("soy Ana")).count(), 0);
        assert_eq!(count(person, &group, &Body::Lost), 1, "it is said that something is not shown");
        assert_eq!(count(person, &group, &Body::NewAccount { whom: new }), 1);
        assert!(!members(person, &group).contains(&old), "her old device is out");
        let told = person.client.events(0, 1_000).unwrap();
        let reset = |e: &Happening| matches!(e, Happening::ContactReset { account, .. } if account == old.as_bytes());
        assert_eq!(told.iter().filter(|e| reset(&e.what)).count(), 1);
        let line = person.history(&group).into_iter().find(|m| m.body == Body::NewAccount { whom: new }).unwrap();
        assert_eq!(line.whom_handle, Some(Handle::parse("ana").unwrap()), "by the registrar's note alone");
        let texts = person.texts(&group);
        assert!(texts.contains(&"en mi casa".into()) && texts.contains(&"llevo pan".into()), "{texts:?}");
    }
    assert!(thief.texts(&group).iter().all(|t| t == "de Ana" || t.contains("soy Ana")), "{:?}", thief.texts(&group));
    assert!(!thief.texts(&with_beto).contains(&"nos vemos a las ocho".into()));
}

#[test]
fn what_is_said_waits_with_a_word_while_a_lost_phone_is_in_the_group() {
    let Stolen { world: _world, mut thief, mut beto, mut carla, group, .. } = stolen(false);
    carla.say(&group, "no para el ladrón");
    carla.sync();
    thief.sync();

    let waiting = carla.client.outbox().unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].trouble, Some(MessageTrouble::LostPhone.to_string()));
    assert!(!thief.texts(&group).contains(&"no para el ladrón".into()));
    // also of a program that follows the relay, where an entry is made as soon as something is written
    carla.client.watch(&mut carla.net, Duration::ZERO).unwrap();
    carla.say(&group, "tampoco esto");
    carla.client.watch(&mut carla.net, Duration::ZERO).unwrap();
    assert_eq!(carla.client.outbox().unwrap().len(), 2);
    settle(&mut [&mut beto, &mut carla]);
    thief.sync();
    assert_eq!(carla.client.outbox().unwrap(), []);
    assert!(beto.texts(&group).ends_with(&["no para el ladrón".into(), "tampoco esto".into()]));
    assert_eq!(thief.texts(&group), ["de Ana"]);
}

#[test]
fn what_was_sent_after_the_reset_goes_to_the_new_account_once_it_is_accepted() {
    let Stolen { world: _world, mut ana, old, mut thief, mut beto, both, .. } = stolen(false);
    let b = beto.account();
    let file = vec![7; 3_000];
    beto.say(&both, "te espero");
    beto.client.send_file(&both, "mapa.pdf", &mut file.as_slice(), 3_000).unwrap();
    deaf_sync(&mut beto);
    beto.say(&both, "¿llegaste?");
    thief.sync();
    let with_beto = thief.with("beto");
    assert_eq!(thief.texts(&with_beto), ["te espero"], "he has read it");

    // the program dies at each of its steps, in turn, and the person tries again
    let mut died = 0;
    for point in 0.. {
        beto.trap.arm_point(point);
        let outcome = beto.client.sync(&mut beto.net).and_then(|_| match beto.client.accept_reset(&mut beto.net, &old) {
            Err(Trouble::Contact(ContactTrouble::NoSuchContact)) => Ok(()),
            other => other.map(drop),
        });
        let sprung = beto.trap.disarm();
        beto.restart();
        if !sprung {
            outcome.unwrap();
            break;
        }
        died += 1;
    }
    assert!(died > 5, "{died}");
    settle(&mut [&mut beto, &mut ana]);
    ana.client.contact_accept(&b).unwrap();
    settle(&mut [&mut beto, &mut ana]);

    let again = ana.with("beto");
    let got: Vec<Message> = ana.history(&again).into_iter().filter(|m| m.sender == b).collect();
    let bodies: Vec<Body> =
        got.iter().map(|m| m.body.clone()).filter(|b| matches!(b, Body::Text(_) | Body::File { .. })).collect();
    let mapa = Body::File { name: "mapa.pdf".into(), size: 3_000 };
    assert_eq!(bodies, [Body::Text("te espero".into()), mapa, Body::Text("¿llegaste?".into())], "each once");
    let marks: Vec<bool> = got.iter().filter(|m| bodies.contains(&m.body)).map(|m| m.again.is_some()).collect();
    assert_eq!(marks, [true, true, false], "what was sent before says so");
    let first = beto.history(&both).into_iter().find(|m| m.body == bodies[0]).unwrap().sent_at;
    assert_eq!(got[0].again, Some(first));
    let mut saved = Vec::new();
    let message = got.iter().find(|m| matches!(m.body, Body::File { .. })).unwrap();
    ana.client.save_file(&mut ana.net, message, &mut saved).unwrap();
    assert!(saved == file);
    let with_ana = beto.with("ana");
    assert_eq!(beto.history(&with_ana).iter().filter(|m| m.again.is_some()).count(), 2, "its writer sees it too");
}

#[test]
fn what_a_person_wrote_before_is_read_and_what_a_watcher_was_shown_of_the_thief_is_taken_back() {
    let Stolen { world: _world, mut thief, mut beto, mut carla, both, group, .. } = stolen(false);
    // nobody asks: the texts are shown as hers
    let with_beto = thief.with("beto");
    thief_says(&mut thief, &with_beto, "mándame la dirección");
    thief_says(&mut thief, &group, "y la lista");
    let written = thief.history(&group).into_iter().find(|m| m.body == Body::Text("de Ana".into())).unwrap();
    thief.client.edit(&written, "de la ladrona").unwrap();
    thief.sync();
    deaf_sync(&mut beto);
    let mut tap = Tap::new(&mut carla.net);
    tap.resets = Box::new(|_, _| Err(NetError::Protocol("unimplemented".into())));
    carla.client.watch(&mut tap, Duration::ZERO).unwrap();
    drop(tap);
    for person in [&mut beto, &mut carla] {
        assert!(person.texts(&group).contains(&"y la lista".into()));
    }
    assert_eq!(beto.texts(&both), ["mándame la dirección"]);

    beto.sync();
    // who follows asks now and then, without reading anew
    carla.client.watch(&mut carla.net, Duration::ZERO).unwrap();
    assert_eq!(count(&mut carla, &group, &Body::Lost), 0);
    carla.clock.forward(lacre_core::limits::RESETS_EVERY_MS);
    carla.client.watch(&mut carla.net, Duration::ZERO).unwrap();

    for person in [&mut beto, &mut carla] {
        assert_eq!(count(person, &group, &Body::Lost), 2, "the text, and hers with another in its place");
        assert_eq!(person.texts(&group), Vec::<String>::new());
    }
    assert_eq!((beto.texts(&both), count(&mut beto, &both, &Body::Lost)), (vec![], 1));
}

#[test]
fn what_the_person_wrote_before_the_reset_is_read_before_the_conversation_rests() {
    let world = World::new();
    let run = world.run();
    let (mut ana, mut beto) = (world.person_with("ana", &run), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let (here, there) = (beto.with("ana"), ana.with("beto"));
    // more than a page of them, and Beto is away
    for n in 0..300 {
        ana.say(&there, &format!("{n}"));
    }
    ana.sync();
    let mut thief = ana.copy(&ana.dir().with_extension("stolen"));
    let _ana = recovered(&world, &run);
    thief_says(&mut thief, &there, "soy Ana");

    beto.sync();

    let read: Vec<String> = (0..300).map(|n| n.to_string()).collect();
    assert_eq!(beto.texts(&here), read);
    assert_eq!((beto.standing(&here), count(&mut beto, &here, &Body::Lost)), (Standing::Replaced, 1));
}

#[test]
fn a_thief_with_the_only_admins_phone_takes_nobody_with_him() {
    let Stolen { world: _world, mut ana, old, mut thief, mut beto, mut carla, mut mallory, group, .. } = stolen(true);
    let (b, c, new, m) = (beto.account(), carla.account(), ana.account(), mallory.account());
    thief.client.group_add(&group, &[m]).unwrap();
    thief.sync();
    thief.client.group_admins(&group, &[m], true).unwrap();
    thief.sync();
    // his friend's program is one that asks nothing
    deaf_sync(&mut mallory);
    deaf_sync(&mut carla);
    assert!(members(&mut carla, &group).contains(&m), "she did not know");
    beto.say(&group, "el plan es este");
    beto.sync();
    carla.sync();

    for person in [&mut beto, &mut carla] {
        assert_eq!(person.standing(&group), Standing::Ended);
        assert_eq!(count(person, &group, &Body::Ended), 1);
        let refused = person.client.send_text(&group, "x");
        assert!(matches!(refused, Err(Trouble::Message(MessageTrouble::NotActive(Standing::Ended)))), "{refused:?}");
    }
    thief_says(&mut thief, &group, "todo bien");
    deaf_sync(&mut mallory);
    assert!(mallory.texts(&group).contains(&"todo bien".into()), "the two go on by themselves");
    for lurker in [&mut thief, &mut mallory] {
        assert!(!lurker.texts(&group).contains(&"el plan es este".into()));
    }
    settle(&mut [&mut beto, &mut carla]);
    assert!(beto.history(&group).iter().chain(&carla.history(&group)).all(|m| m.body != Body::Text("todo bien".into())));

    let open = beto.client.create_group("Otra", &[c], Suite::XWing).unwrap();
    assert!(matches!(beto.client.group_again(&open), Err(Trouble::Group(GroupTrouble::GoesOn))));
    beto.client.accept_reset(&mut beto.net, &old).unwrap();
    settle(&mut [&mut beto, &mut carla, &mut ana]);
    ana.client.contact_accept(&b).unwrap();
    settle(&mut [&mut beto, &mut carla, &mut ana]);
    let (again, without) = beto.client.group_again(&group).unwrap();
    settle(&mut [&mut beto, &mut carla, &mut ana]);

    assert_eq!(without, []);
    let mut there = members(&mut carla, &again);
    there.sort_unstable();
    let mut all = vec![new, b, c];
    all.sort_unstable();
    assert_eq!(there, all, "the person's new account, and neither the old one nor whom it brought in");
    beto.say(&again, "el plan es este");
    settle(&mut [&mut beto, &mut carla, &mut ana]);
    assert_eq!(ana.texts(&again), ["el plan es este"]);
}

#[test]
fn one_command_brings_the_new_account_into_the_groups_and_the_phone_is_out_already() {
    let Stolen { world: _world, mut ana, old, mut thief, mut beto, mut carla, group, .. } = stolen(false);
    let (new, b) = (ana.account(), beto.account());
    beto.sync();
    assert!(!members(&mut beto, &group).contains(&old));
    // she has asked nobody: he asks her, and she says yes later
    let (contact, left) = beto.client.accept_reset(&mut beto.net, &old).unwrap();
    assert_eq!((contact.account, left.len()), (new, 0));
    settle(&mut [&mut beto, &mut carla, &mut ana]);
    assert!(!members(&mut beto, &group).contains(&new), "not without her yes");
    ana.client.contact_accept(&b).unwrap();
    settle(&mut [&mut beto, &mut carla, &mut ana]);
    carla.say(&group, "estamos todos");
    settle(&mut [&mut beto, &mut carla, &mut ana]);

    thief.sync();
    assert_eq!(ana.texts(&group), ["estamos todos"]);
    assert_eq!(thief.texts(&group), ["de Ana"]);
    assert_eq!(members(&mut carla, &group).iter().filter(|a| **a == new).count(), 1);
    let sent = beto.history(&group).into_iter().all(|m| m.delivery == Delivery::Stored);
    assert!(sent);
}
