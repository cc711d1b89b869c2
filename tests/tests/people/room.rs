//! How much room a message takes in a profile.
use lacre_core::limits::KEEP_RAW_MS;
use lacre_core::view::Suite;
use lacre_tests::world::{Person, World, befriend, settle};

const MESSAGES: usize = 200;
/// Beside its content, padded to a multiple of 64, a row has a nonce, a tag and the length.
const PAD: usize = 64;
const AROUND: usize = 24 + 16;

/// Bytes of all rows as they are stored, events that were dealt with apart.
fn rows(person: &mut Person) -> usize {
    let last = person.client.events(0, usize::MAX).unwrap().last().map_or(0, |event| event.number);
    person.client.ack_events(last).unwrap();
    let contents = person.client.held_contents().unwrap();
    contents.iter().map(|content| (4 + content.len()).next_multiple_of(PAD) + AROUND).sum()
}

#[test]
fn a_message_takes_little_more_room_than_its_entry_and_its_text() {
    for (length, with_entry, without) in [(100, 1_300, 650), (10_000, 22_500, 11_000)] {
        let world = World::new();
        let [mut ana, mut beto] = ["ana", "beto"].map(|handle| world.person(handle));
        befriend(&mut ana, &mut beto);
        let group = ana.client.create_group("Mesa", &[beto.account()], Suite::XWing).unwrap();
        settle(&mut [&mut ana, &mut beto]);
        let before = rows(&mut beto);
        for n in 0..MESSAGES {
            ana.say(&group, &format!("{n:0length$}"));
        }
        settle(&mut [&mut ana, &mut beto]);
        let first = (rows(&mut beto) - before) / MESSAGES;
        // what is kept for a restored relay goes
        for _ in 0..3 {
            ana.client.renew_keys(&group).unwrap();
            settle(&mut [&mut ana, &mut beto]);
            [&mut ana, &mut beto].into_iter().for_each(|person| person.clock.forward(KEEP_RAW_MS + 1));
        }
        let later = rows(&mut beto).saturating_sub(before) / MESSAGES;
        println!("{length} bytes of text: {first} in rows of the profile, {later} once its entry is not kept any more");
        assert!(first <= with_entry && later <= without, "{length} bytes of text: {first}, later {later}");
    }
}
