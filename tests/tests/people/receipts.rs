//! Receipts: who learns that a message has come, and that it was read (PROTOCOL.md, 17).
use lacre_core::limits::RECEIPT_MEMBERS;
use lacre_core::view::{Body, ConversationId, Happening, Settings, Suite};
use lacre_tests::world::{Person, World, befriend, settle};

/// Who says that this own text has come, and whether it was read; by names.
fn told(writer: &mut Person, at: &ConversationId, text: &str) -> Vec<(String, bool)> {
    let found = writer.history(at).into_iter().find(|m| m.body == Body::Text(text.to_owned()));
    let receipts = found.unwrap_or_else(|| panic!("nobody said {text}")).receipts;
    let mut told: Vec<_> = receipts.iter().map(|r| (r.handle.as_ref().unwrap().to_string(), r.read)).collect();
    told.sort();
    told
}

fn says(name: &str, read: bool) -> (String, bool) {
    (name.to_owned(), read)
}

fn read_all(person: &mut Person, at: &ConversationId) {
    person.client.mark_read(at, u64::MAX).unwrap();
}

#[test]
fn a_contact_sees_what_came_and_what_was_read_only_once_that_is_switched_on() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let (of_ana, of_bruno) = (ana.with("bruno"), bruno.with("ana"));
    ana.say(&of_ana, "uno");
    ana.sync();
    assert_eq!(told(&mut ana, &of_ana, "uno"), [], "bruno has not been there");

    settle(&mut [&mut ana, &mut bruno]);
    assert_eq!(told(&mut ana, &of_ana, "uno"), [says("@bruno", false)]);
    let lines = bruno.history(&of_bruno).into_iter().filter(|m| !matches!(m.body, Body::Text(_)));
    assert!(lines.chain(ana.history(&of_ana).into_iter().filter(|m| !m.own)).all(|m| m.receipts.is_empty()));
    let bruno_account = *bruno.account().as_bytes();
    let receipts = ana.client.events(0, usize::MAX).unwrap().into_iter();
    let of_bruno_receipts = receipts.filter(|e| matches!(e.what, Happening::Receipt { account, .. } if account == bruno_account));
    assert_eq!(of_bruno_receipts.count(), 1, "the application is told, once");

    read_all(&mut bruno, &of_bruno);
    settle(&mut [&mut ana, &mut bruno]);
    assert_eq!(told(&mut ana, &of_ana, "uno"), [says("@bruno", false)], "nobody asked bruno whether he wants that");

    bruno.client.set_settings(Settings { read_receipts: true, ..Settings::default() }).unwrap();
    ana.say(&of_ana, "dos");
    settle(&mut [&mut ana, &mut bruno]);
    assert_eq!(told(&mut ana, &of_ana, "dos"), [says("@bruno", false)]);
    read_all(&mut bruno, &of_bruno);
    settle(&mut [&mut ana, &mut bruno]);
    assert_eq!(told(&mut ana, &of_ana, "dos"), [says("@bruno", true)]);
    assert_eq!(told(&mut bruno, &of_bruno, "dos"), [], "of the messages of others nothing is shown");

    bruno.client.set_settings(Settings { delivery_receipts: false, read_receipts: false }).unwrap();
    ana.say(&of_ana, "tres");
    settle(&mut [&mut ana, &mut bruno]);
    read_all(&mut bruno, &of_bruno);
    settle(&mut [&mut ana, &mut bruno]);
    assert_eq!(told(&mut ana, &of_ana, "tres"), []);
    assert_eq!(bruno.client.conversation(&of_bruno).unwrap().unread, 0);
}

#[test]
fn strangers_in_a_group_learn_nothing_and_who_joins_has_not_had_what_came_before() {
    let world = World::new();
    let (mut ana, mut bruno, mut carla) = (world.person("ana"), world.person("bruno"), world.person("carla"));
    befriend(&mut ana, &mut bruno);
    befriend(&mut ana, &mut carla);
    let group = ana.client.create_group("mesa", &[bruno.account()], Suite::XWing).unwrap();
    ana.say(&group, "uno");
    settle(&mut [&mut ana, &mut bruno, &mut carla]);
    assert_eq!(told(&mut ana, &group, "uno"), [says("@bruno", false)]);

    ana.client.group_add(&group, &[carla.account()]).unwrap();
    settle(&mut [&mut ana, &mut bruno, &mut carla]);
    ana.say(&group, "dos");
    settle(&mut [&mut ana, &mut bruno, &mut carla]);
    assert_eq!(told(&mut ana, &group, "dos"), [], "bruno and carla are strangers to each other: neither says anything");

    befriend(&mut bruno, &mut carla);
    ana.say(&group, "tres");
    settle(&mut [&mut ana, &mut bruno, &mut carla]);
    let both = [says("@bruno", false), says("@carla", false)];
    assert_eq!(told(&mut ana, &group, "tres"), both);
    assert_eq!(told(&mut ana, &group, "dos"), both, "a receipt covers what came before it");
    assert_eq!(told(&mut ana, &group, "uno"), [says("@bruno", false)], "carla was not there then");
}

#[test]
fn what_was_lost_before_a_return_bears_no_mark_and_a_line_says_that_there_may_be_such() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let (of_ana, of_bruno) = (ana.with("bruno"), bruno.with("ana"));
    ana.say(&of_ana, "uno");
    settle(&mut [&mut ana, &mut bruno]);

    // bruno keeps ana away and thinks better of it; before she learns of that she writes
    bruno.client.contact_block(&ana.account()).unwrap();
    bruno.sync();
    bruno.client.contact_unblock(&ana.account()).unwrap();
    ana.say(&of_ana, "dos");
    ana.sync();
    settle(&mut [&mut bruno, &mut ana]);
    ana.say(&of_ana, "tres");
    settle(&mut [&mut ana, &mut bruno]);

    assert_eq!(bruno.texts(&of_bruno), ["uno", "tres"]);
    let marks = ["uno", "dos", "tres"].map(|text| told(&mut ana, &of_ana, text).len());
    assert_eq!(marks, [1, 0, 1], "no mark beside what never came");
    for (person, at) in [(&mut ana, &of_ana), (&mut bruno, &of_bruno)] {
        let lines = person.history(at).iter().filter(|m| matches!(m.body, Body::ReAdded { .. })).count();
        assert_eq!(lines, 1, "where something may be missing stands a line");
    }
}

/// Seen red: whoever wrote before she learnt of the return had a mark beside what never came.
#[test]
fn what_is_said_again_after_a_return_takes_no_mark_to_what_was_lost_before_it() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let (of_ana, of_bruno) = (ana.with("bruno"), bruno.with("ana"));
    ana.say(&of_ana, "uno");
    settle(&mut [&mut ana, &mut bruno]);
    bruno.client.contact_block(&ana.account()).unwrap();
    bruno.sync();
    ana.say(&of_ana, "dos");
    ana.sync();
    bruno.client.contact_unblock(&ana.account()).unwrap();
    bruno.sync();
    ana.say(&of_ana, "tres");
    settle(&mut [&mut ana, &mut bruno]);

    assert_eq!(bruno.texts(&of_bruno), ["uno", "tres"]);
    let marks = ["uno", "dos", "tres"].map(|text| told(&mut ana, &of_ana, text).len());
    assert_eq!(marks, [1, 0, 1], "no mark beside what never came");
}

#[test]
fn receipts_are_no_messages_and_are_answered_by_none() {
    let world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let of_ana = ana.with("bruno");
    for text in ["uno", "dos", "tres"] {
        ana.say(&of_ana, text);
    }
    settle(&mut [&mut ana, &mut bruno]);
    let entries = |person: &mut Person| person.client.conversation(&of_ana).unwrap().messages;
    let before = entries(&mut ana);
    for _ in 0..3 {
        settle(&mut [&mut ana, &mut bruno]);
    }
    assert_eq!(entries(&mut ana), before, "receipts are no messages");
    assert_eq!(bruno.client.outbox().unwrap(), [], "and are answered by none");
    assert_eq!(told(&mut ana, &of_ana, "uno"), [says("@bruno", false)]);
}

#[test]
fn receipts_end_where_a_conversation_has_more_accounts_than_the_limit() {
    let world = World::new();
    let mut ana = world.person("ana");
    let mut others: Vec<Person> = (0..RECEIPT_MEMBERS).map(|n| world.person(&format!("vecina{n}"))).collect();
    for other in &mut others {
        befriend(&mut ana, other);
    }
    let accounts: Vec<_> = others.iter_mut().map(Person::account).collect();
    for (members, receipt) in [(RECEIPT_MEMBERS - 1, true), (RECEIPT_MEMBERS, false)] {
        let name = format!("de {}", members + 1);
        let group = ana.client.create_group(&name, &accounts[..members], Suite::XWing).unwrap();
        ana.sync();
        let writer = &mut others[0];
        writer.sync();
        writer.say(&group, "hola");
        for _ in 0..3 {
            writer.sync();
            ana.sync();
        }
        writer.sync();
        let expected = if receipt { vec![says("@ana", false)] } else { vec![] };
        assert_eq!(told(writer, &group, "hola"), expected, "{} accounts", members + 1);
    }
}

/// The relay changes a byte of the newest entry but so many, while it is off.
fn changes_an_entry(world: &mut World, back: u32) {
    world.stop_relay();
    let store = rusqlite::Connection::open(world.data().join("relay.sqlite")).unwrap();
    let (arrival, mut bytes): (i64, Vec<u8>) = store
        .query_row("SELECT arrival, ciphertext FROM entry ORDER BY arrival DESC LIMIT 1 OFFSET ?1", [back], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    store.execute("UPDATE entry SET ciphertext = ?2 WHERE arrival = ?1", rusqlite::params![arrival, bytes]).unwrap();
    drop(store);
    world.start_relay();
}

/// Seen red: nothing stood in the reader's history, and the writer was told that it had come.
#[test]
fn a_message_that_the_relay_changed_leaves_its_place_in_the_history_and_nobody_is_told_that_it_came() {
    let mut world = World::new();
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let (of_ana, of_bruno) = (ana.with("bruno"), bruno.with("ana"));
    for text in ["uno", "dos", "tres"] {
        ana.say(&of_ana, text);
        ana.sync();
    }
    changes_an_entry(&mut world, 1);
    settle(&mut [&mut ana, &mut bruno]);

    let came = bruno.history(&of_bruno);
    let shown: Vec<&str> = came
        .iter()
        .filter_map(|m| match &m.body {
            Body::Text(text) => Some(text.as_str()),
            Body::Unreadable(_) => Some("?"),
            _ => None,
        })
        .collect();
    assert_eq!(shown, ["uno", "?", "tres"]);
    for text in ["dos", "tres"] {
        assert_eq!(told(&mut ana, &of_ana, text), [], "a receipt covers all before it: {text}");
    }

    // back in it after a return, bruno acknowledges what comes from there on, and nothing of before is meant by it
    bruno.client.contact_block(&ana.account()).unwrap();
    bruno.sync();
    bruno.client.contact_unblock(&ana.account()).unwrap();
    settle(&mut [&mut bruno, &mut ana]);
    ana.say(&of_ana, "cuatro");
    settle(&mut [&mut ana, &mut bruno]);
    assert_eq!(told(&mut ana, &of_ana, "cuatro"), [says("@bruno", false)]);
    for text in ["dos", "tres"] {
        assert_eq!(told(&mut ana, &of_ana, text), [], "{text}");
    }
}
