//! What a command waits for: calls one after the other do not grow with the number of conversations.
//!
//! Counted, not timed: what is asked side by side is one trip. `cargo bench -p lacre-tests --bench system -- latency-far`
//! measures the same over a long line.

use lacre_core::view::{ConversationId, Suite};
use lacre_tests::faulty::Faulty;
use lacre_tests::world::{Person, World, befriend, settle};
use std::collections::BTreeMap;

/// Groups that ana and beto share.
const GROUPS: usize = 100;
/// Most trips of a command beyond connecting.
const MOST: u64 = 4;

/// Trips of one round, and what was asked.
fn trips(person: &mut Person) -> (u64, BTreeMap<&'static str, u64>) {
    let mut asked = BTreeMap::new();
    let note = |call: &'static str, _: &[u8]| {
        *asked.entry(call).or_insert(0) += 1;
        None
    };
    let mut net = Faulty::new(&mut person.net, Box::new(note));
    person.client.sync(&mut net).unwrap();
    let trips = net.trips;
    drop(net);
    (trips, asked)
}

#[test]
fn a_round_over_a_hundred_conversations_takes_at_most_four_trips_and_brings_what_was_just_stored() {
    let world = World::new();
    let [mut ana, mut beto] = ["ana", "beto"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut beto);
    let other = beto.account();
    let groups: Vec<ConversationId> =
        (0..GROUPS).map(|n| ana.client.create_group(&format!("Grupo {n}"), &[other], Suite::X25519).unwrap()).collect();
    settle(&mut [&mut ana, &mut beto]);

    let (idle, asked) = trips(&mut ana);
    assert!(idle <= 2, "nothing is new, all are asked for side by side, behind the resets: {asked:?}");

    // stored by another just before the command
    for (n, group) in groups.iter().enumerate() {
        beto.say(group, &format!("message {n}"));
    }
    beto.sync();
    let (with_news, asked) = trips(&mut ana);
    assert!(with_news <= MOST, "{with_news} trips to read what is new in all of them: {asked:?}");
    for (n, group) in groups.iter().enumerate() {
        assert_eq!(ana.texts(group), [format!("message {n}")]);
    }

    ana.say(&groups[GROUPS / 2], "answer");
    let (to_send, asked) = trips(&mut ana);
    assert!(to_send <= MOST, "{to_send} trips to send one text: {asked:?}");
    beto.sync();
    assert_eq!(beto.texts(&groups[GROUPS / 2]).last().map(String::as_str), Some("answer"));
}
