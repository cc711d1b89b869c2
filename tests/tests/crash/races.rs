//! Eight members commit at once, round after round.
use lacre_core::view::{ConversationId, Suite};
use lacre_tests::tap::Tap;
use lacre_tests::world::{Person, World, befriend, settle};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier};

const MEMBERS: usize = 8;
const ROUNDS: u64 = 200;

/// Seals that the relay refused because another one lay before them.
struct Counted {
    stored: AtomicU64,
    refused: AtomicU64,
}

/// One round of one member: its seal waits until all eight have theirs ready, then all leave at once.
fn round(person: &mut Person, group: &ConversationId, text: &str, gate: &Barrier, counted: &Counted) {
    person.client.renew_keys(group).unwrap();
    person.say(group, text);
    let mut first = true;
    let mut sealing = false;
    let sealing = &mut sealing;
    let seen = std::sync::Mutex::new(false);
    let mut tap = Tap::new(&mut person.net);
    tap.before = Box::new(|request| {
        *seen.lock().unwrap() = request.seal;
        if request.seal && first {
            first = false;
            gate.wait();
        }
        Ok(())
    });
    tap.after = Box::new(|answer| {
        if *seen.lock().unwrap() {
            let counter = if answer.is_ok() { &counted.stored } else { &counted.refused };
            counter.fetch_add(1, Ordering::SeqCst);
        }
        answer
    });
    person.client.sync(&mut tap).unwrap();
    *sealing = true;
}

#[test]
fn eight_members_who_commit_at_once_for_200_rounds_never_fork_and_lose_nothing() {
    let world = World::new();
    let mut people: Vec<Person> = (0..MEMBERS).map(|i| world.person(&format!("persona{i}"))).collect();
    let (first, others) = people.split_first_mut().unwrap();
    for other in others.iter_mut() {
        befriend(first, other);
    }
    let accounts: Vec<_> = others.iter_mut().map(Person::account).collect();
    let group = first.client.create_group("Coro", &accounts, Suite::XWing).unwrap();
    settle(&mut people.iter_mut().collect::<Vec<_>>());
    let start = people[0].client.conversation(&group).unwrap().epoch;
    let gate = Arc::new(Barrier::new(MEMBERS));
    let mut losers = 0;
    for r in 0..ROUNDS {
        let counted = Counted { stored: AtomicU64::new(0), refused: AtomicU64::new(0) };
        std::thread::scope(|scope| {
            for (i, person) in people.iter_mut().enumerate() {
                let (group, gate, counted) = (&group, &gate, &counted);
                scope.spawn(move || round(person, group, &format!("{r}-{i}"), gate, counted));
            }
        });
        let refused = counted.refused.load(Ordering::SeqCst);
        assert!(refused >= (MEMBERS - 1) as u64, "round {r}: {refused} losers");
        assert_eq!(counted.stored.load(Ordering::SeqCst), MEMBERS as u64, "round {r}: every intent became one seal");
        losers += refused;
    }
    settle(&mut people.iter_mut().collect::<Vec<_>>());
    println!("{losers} seals lost a race and were built again");
    let last = people[0].client.conversation(&group).unwrap();
    assert_eq!(last.epoch - start, ROUNDS * MEMBERS as u64, "every intent ended merged");
    let history = people[0].texts(&group);
    let mut sorted = history.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), history.len(), "nothing twice");
    assert_eq!(history.len() as u64, ROUNDS * MEMBERS as u64, "nothing lost");
    for person in &mut people[1..] {
        assert_eq!(person.client.conversation(&group).unwrap().epoch_authenticator, last.epoch_authenticator);
        assert_eq!(person.texts(&group), history);
    }
}
