//! Messages that do not stay: from when their time runs, and what is left of them: nothing (PROTOCOL.md, 17).
use core::time::Duration;
use lacre_core::limits::LONGEST_STAY;
use lacre_core::view::{Body, ConversationId, Happening, Message, Suite};
use lacre_core::{GroupTrouble, MessageTrouble};
use lacre_core::{Query, Trouble};
use lacre_tests::world::{Person, World, befriend, settle};

const HOUR: Duration = Duration::from_secs(3_600);
const HOUR_MS: u64 = 3_600_000;

fn two(world: &World) -> (Person, Person, ConversationId) {
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let id = ana.with("bruno");
    (ana, bruno, id)
}

fn found(person: &mut Person, at: &ConversationId, text: &str) -> Option<Message> {
    person.history(at).into_iter().find(|m| m.body == Body::Text(text.to_owned()))
}

fn read_all(person: &mut Person, at: &ConversationId) {
    person.client.mark_read(at, u64::MAX).unwrap();
}

/// Nothing of a profile holds these bytes once opened: no row, and no older row in SQLite's log.
fn nothing_is_kept(person: &mut Person, secret: &[u8]) {
    let held = person.client.held_contents().unwrap();
    assert!(!held.iter().any(|row| row.windows(secret.len()).any(|w| w == secret)), "a row holds it");
    let log = person.dir().join("profile.lacre-wal");
    assert_eq!(std::fs::metadata(log).map_or(0, |m| m.len()), 0, "the log was not emptied");
}

/// Seen red with `conv.stays_s` alone: what was written after the order stayed for ever.
#[test]
fn what_is_written_while_the_change_waits_bears_it_already() {
    let world = World::new();
    let (mut ana, mut bruno, id) = two(&world);
    ana.client.let_vanish(&id, Some(HOUR)).unwrap();
    ana.say(&id, "mientras tanto");
    settle(&mut [&mut ana, &mut bruno]);
    for person in [&mut ana, &mut bruno] {
        assert_eq!(found(person, &id, "mientras tanto").unwrap().stays.unwrap().seconds, 3_600);
    }
    ana.client.let_vanish(&id, None).unwrap();
    ana.say(&id, "otra vez para siempre");
    settle(&mut [&mut ana, &mut bruno]);
    assert!(found(&mut bruno, &id, "otra vez para siempre").unwrap().stays.is_none());
}

#[test]
fn a_message_disappears_at_its_sender_from_sending_and_at_its_reader_from_reading() {
    let world = World::new();
    let (mut ana, mut bruno, id) = two(&world);
    ana.say(&id, "antes");
    ana.client.let_vanish(&id, Some(HOUR)).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    assert_eq!(bruno.client.conversation(&id).unwrap().stays_s, 3_600);
    ana.say(&id, "por una hora");
    let waits = ana.client.pending(&id).unwrap().remove(0).stays.unwrap();
    assert_eq!((waits.seconds, waits.until), (3_600, None), "its time does not run while it waits");
    ana.clock.forward(2 * HOUR_MS);
    settle(&mut [&mut ana, &mut bruno]);
    assert!(found(&mut ana, &id, "por una hora").unwrap().stays.unwrap().until.is_some());

    let named = found(&mut bruno, &id, "por una hora").unwrap();
    bruno.clock.forward(24 * HOUR_MS);
    assert!(found(&mut bruno, &id, "por una hora").is_some(), "unread, it waits for its reader");
    read_all(&mut bruno, &id);
    bruno.clock.forward(HOUR_MS - 1_000);
    assert!(found(&mut bruno, &id, "por una hora").is_some());
    bruno.clock.forward(1_000);
    let words = Query { words: "hora".into(), ..Query::default() };
    assert_eq!(bruno.client.search(&words, 10).unwrap().total, 0);
    assert!(found(&mut bruno, &id, "por una hora").is_none());
    assert!(matches!(bruno.client.find_message(&named.id.to_string()), Err(Trouble::Message(MessageTrouble::NoSuchMessage))));
    nothing_is_kept(&mut bruno, b"por una hora");
    let events = bruno.client.events(0, usize::MAX).unwrap();
    assert_eq!(events.iter().filter(|e| matches!(e.what, Happening::Vanished { .. })).count(), 1);

    assert!(found(&mut ana, &id, "por una hora").is_some());
    ana.clock.forward(HOUR_MS);
    ana.restart();
    ana.sync();
    nothing_is_kept(&mut ana, b"por una hora");
    for person in [&mut ana, &mut bruno] {
        assert!(found(person, &id, "antes").is_some(), "what was said before stays");
    }

    bruno.client.let_vanish(&id, None).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    ana.say(&id, "se queda");
    settle(&mut [&mut ana, &mut bruno]);
    read_all(&mut bruno, &id);
    for person in [&mut ana, &mut bruno] {
        person.clock.forward(100 * 24 * HOUR_MS);
        assert!(found(person, &id, "se queda").is_some());
        let said: Vec<Body> = person.history(&id).into_iter().map(|m| m.body).filter(|b| matches!(b, Body::Stays(_))).collect();
        assert_eq!(said, [Body::Stays(3_600), Body::Stays(0)], "both are told of each change");
    }
}

#[test]
fn a_file_its_name_and_key_disappear_and_an_answer_to_it_says_no_more_what_it_was() {
    let world = World::new();
    let (mut ana, mut bruno, id) = two(&world);
    ana.client.let_vanish(&id, Some(HOUR)).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    let bytes = vec![0x5a; 300_000];
    ana.client.send_file(&id, "contrato-secreto.pdf", &mut bytes.as_slice(), 300_000).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    ana.client.let_vanish(&id, None).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    let file = bruno.history(&id).into_iter().find(|m| matches!(m.body, Body::File { .. })).unwrap();
    bruno.client.react(&file, "👍").unwrap();
    bruno.client.reply(&file, "recibido").unwrap();
    let mut saved = Vec::new();
    assert_eq!(bruno.client.save_file(&mut bruno.net, &file, &mut saved).unwrap(), 300_000);
    read_all(&mut bruno, &id);
    settle(&mut [&mut ana, &mut bruno]);

    for person in [&mut ana, &mut bruno] {
        person.clock.forward(HOUR_MS);
        person.sync();
        nothing_is_kept(person, b"contrato-secreto.pdf");
        assert!(matches!(
            person.client.save_file(&mut person.net, &file, &mut Vec::new()),
            Err(Trouble::Message(MessageTrouble::NoSuchMessage))
        ));
        let answer = found(person, &id, "recibido").expect("the answer was written to stay");
        assert_eq!(answer.reply_to.unwrap().message, None);
    }
}

#[test]
fn an_edit_gives_no_longer_life_and_a_deletion_leaves_its_place_no_longer() {
    let world = World::new();
    let (mut ana, mut bruno, id) = two(&world);
    ana.client.let_vanish(&id, Some(HOUR)).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    ana.say(&id, "uno");
    ana.say(&id, "dos");
    settle(&mut [&mut ana, &mut bruno]);
    read_all(&mut bruno, &id);
    for person in [&mut ana, &mut bruno] {
        person.clock.forward(HOUR_MS / 2);
    }
    let (one, two) = (found(&mut ana, &id, "uno").unwrap(), found(&mut ana, &id, "dos").unwrap());
    ana.client.edit(&one, "uno y medio").unwrap();
    ana.client.delete(&two).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    for person in [&mut ana, &mut bruno] {
        assert!(found(person, &id, "uno y medio").is_some());
        nothing_is_kept(person, b"dos");
        person.clock.forward(HOUR_MS / 2);
        person.sync();
        nothing_is_kept(person, b"uno y medio");
        assert!(!person.history(&id).iter().any(|m| matches!(m.body, Body::Deleted { .. })));
    }
}

#[test]
fn in_a_group_its_admins_say_how_long_messages_stay_and_who_joins_keeps_to_it() {
    let world = World::new();
    let (mut ana, mut bruno, mut carla) = (world.person("ana"), world.person("bruno"), world.person("carla"));
    befriend(&mut ana, &mut bruno);
    befriend(&mut ana, &mut carla);
    let group = ana.client.create_group("mesa", &[bruno.account()], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    assert!(matches!(bruno.client.let_vanish(&group, Some(HOUR)), Err(Trouble::Group(GroupTrouble::NotAdmin))));
    ana.client.let_vanish(&group, Some(HOUR)).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    ana.client.group_add(&group, &[carla.account()]).unwrap();
    settle(&mut [&mut ana, &mut bruno, &mut carla]);
    carla.say(&group, "recién llegada");
    settle(&mut [&mut ana, &mut bruno, &mut carla]);
    for person in [&mut ana, &mut bruno, &mut carla] {
        assert!(found(person, &group, "recién llegada").unwrap().stays.is_some());
        read_all(person, &group);
        person.clock.forward(HOUR_MS);
        assert!(found(person, &group, "recién llegada").is_none());
    }
}

#[test]
fn messages_stay_at_most_four_weeks_and_at_least_a_second() {
    let world = World::new();
    let (mut ana, _bruno, id) = two(&world);
    let second = Duration::from_secs(1);
    assert!(matches!(
        ana.client.let_vanish(&id, Some(LONGEST_STAY + second)),
        Err(Trouble::Message(MessageTrouble::TooLong { limit: 2_419_200 }))
    ));
    assert!(matches!(ana.client.let_vanish(&id, Some(Duration::from_millis(999))), Err(Trouble::Message(MessageTrouble::Empty))));
    for allowed in [LONGEST_STAY, second] {
        ana.client.let_vanish(&id, Some(allowed)).unwrap();
        ana.sync();
        assert_eq!(u64::from(ana.client.conversation(&id).unwrap().stays_s), allowed.as_secs());
    }
}

#[test]
fn a_program_killed_anywhere_while_messages_disappear_has_all_of_a_message_or_nothing_and_then_nothing() {
    let world = World::new();
    let (mut ana, mut bruno, id) = two(&world);
    ana.client.let_vanish(&id, Some(HOUR)).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    let texts: Vec<String> = (0..5).map(|n| format!("pasajero {n}")).collect();
    for text in &texts {
        ana.say(&id, text);
    }
    settle(&mut [&mut ana, &mut bruno]);
    read_all(&mut bruno, &id);
    bruno.clock.forward(HOUR_MS);

    let mut crashes = 0;
    for n in 1.. {
        let copy = world.data().with_file_name(format!("copia-{n}"));
        let mut bruno = Person::copy(&bruno, &copy);
        bruno.clock.forward(HOUR_MS);
        bruno.trap.arm_write(n);
        let vanished = bruno.client.history(&id, 0, usize::MAX);
        let crashed = bruno.trap.disarm();
        if crashed {
            assert!(vanished.is_err(), "write {n}");
            crashes += 1;
        }
        bruno.restart();
        let left = bruno.texts(&id);
        assert!(!texts.iter().any(|t| left.contains(t)), "write {n}: {left:?}");
        nothing_is_kept(&mut bruno, b"pasajero");
        if !crashed {
            break;
        }
    }
    assert!(crashes >= 15, "only {crashes} writes were cut off");
}
