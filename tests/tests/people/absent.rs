//! Whom a change was to add and could not: it waits with its reason, is tried again, and is given up by time alone.
use lacre_core::limits::{ADD_FIRST_PAUSE_MS, ADD_GIVE_UP_MS, ADD_LONGEST_PAUSE_MS};
use lacre_core::view::{Body, ConversationId, Delivery, Happening, NotAdded, Standing, Suite, Who};
use lacre_core::{GroupTrouble, Trouble};
use lacre_ground::ids::AccountId;
use lacre_tests::world::{Person, World, befriend, settle};
use std::time::Duration;

fn invited(person: &mut Person, id: &ConversationId) -> Vec<(AccountId, Option<NotAdded>)> {
    person.client.conversation(id).unwrap().invited.into_iter().map(|i| (i.account, i.why)).collect()
}

fn told(person: &mut Person) -> usize {
    person.client.events(0, 1_000).unwrap().iter().filter(|e| matches!(e.what, Happening::NotAdded { .. })).count()
}

fn pause(person: &mut Person, on: bool) {
    person.client.set_paused(on).unwrap();
    person.sync();
}

/// Red when `claim` drops who has no key package.
#[test]
fn who_cannot_be_added_waits_with_the_reason_and_comes_when_it_can() {
    let world = World::new();
    let (mut ana, mut beto, mut carla) = (world.person("ana"), world.person("beto"), world.person("carla"));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut carla);
    let (b, c) = (beto.account(), carla.account());
    pause(&mut beto, true);

    let group = ana.client.create_group("Mesa", &[b, c], Suite::XWing).unwrap();
    assert_eq!(invited(&mut ana, &group), [(b, None), (c, None)], "not tried yet");
    settle(&mut [&mut ana, &mut carla]);
    ana.say(&group, "without beto");
    settle(&mut [&mut ana, &mut carla]);

    assert_eq!(invited(&mut ana, &group), [(b, Some(NotAdded::Paused))]);
    assert_eq!(carla.texts(&group), ["without beto"], "who is there is not kept waiting");
    let waiting = ana.client.outbox().unwrap();
    assert_eq!(waiting.iter().map(|w| w.not_added.clone()).collect::<Vec<_>>(), [Some(NotAdded::Paused)]);
    // it is tried again, and told once
    for _ in 0..3 {
        ana.clock.forward(ADD_LONGEST_PAUSE_MS + 1);
        settle(&mut [&mut ana, &mut carla]);
    }
    assert_eq!((invited(&mut ana, &group), told(&mut ana)), (vec![(b, Some(NotAdded::Paused))], 1));

    pause(&mut beto, false);
    ana.clock.forward(ADD_LONGEST_PAUSE_MS + 1);
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    ana.say(&group, "with beto");
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    assert_eq!(invited(&mut ana, &group), []);
    assert_eq!(beto.texts(&group), ["with beto"]);
    assert!(ana.client.outbox().unwrap().is_empty());
}

#[test]
fn who_waits_is_tried_after_as_long_as_it_has_waited_or_at_once_when_asked_for_again() {
    let world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let b = beto.account();
    pause(&mut beto, true);
    let group = ana.client.create_group("Mesa", &[b], Suite::XWing).unwrap();
    ana.sync();
    pause(&mut beto, false);

    ana.clock.forward(ADD_FIRST_PAUSE_MS / 2);
    ana.sync();
    assert_eq!(invited(&mut ana, &group), [(b, Some(NotAdded::Paused))], "not before its pause is over");
    ana.client.group_add(&group, &[b]).unwrap();
    settle(&mut [&mut ana, &mut beto]);
    assert_eq!((invited(&mut ana, &group), beto.standing(&group)), (vec![], Standing::Active));

    pause(&mut beto, true);
    let second = ana.client.create_group("Coro", &[b], Suite::XWing).unwrap();
    ana.sync();
    pause(&mut beto, false);
    let item = ana.client.outbox().unwrap().into_iter().find(|w| w.not_added.is_some()).unwrap();
    ana.client.outbox_retry(item.id).unwrap();
    settle(&mut [&mut ana, &mut beto]);
    assert_eq!(beto.standing(&second), Standing::Active);

    pause(&mut beto, true);
    let third = ana.client.create_group("Taller", &[b], Suite::XWing).unwrap();
    ana.sync();
    let item = ana.client.outbox().unwrap().into_iter().find(|w| w.not_added.is_some()).unwrap();
    ana.client.outbox_cancel(item.id).unwrap();
    pause(&mut beto, false);
    ana.clock.forward(ADD_LONGEST_PAUSE_MS + 1);
    settle(&mut [&mut ana, &mut beto]);
    assert_eq!((invited(&mut ana, &third), ana.client.conversation(&third).unwrap().members.len()), (vec![], 1), "taken back");
}

/// Red when `held_back` looks only at who may write.
#[test]
fn nothing_is_sent_to_a_conversation_of_two_without_the_other() {
    let world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    let (me, name) = (ana.account(), lacre_ground::ids::Handle::parse("beto").unwrap());
    ana.client.contact_add(&mut ana.net, &name, "hello").unwrap();
    ana.sync();
    pause(&mut ana, true);
    beto.sync();
    beto.client.contact_accept(&me).unwrap();
    let both = beto.with("ana");
    beto.say(&both, "are you there");
    beto.sync();
    beto.say(&both, "still here");
    beto.client.watch(&mut beto.net, Duration::from_millis(1)).unwrap();
    beto.say(&both, "and while it is followed");
    beto.sync();

    let waiting = beto.client.pending(&both).unwrap();
    assert!(waiting.len() == 3 && waiting.iter().all(|m| m.delivery == Delivery::Waiting), "{waiting:?}");
    assert_eq!(beto.texts(&both), Vec::<String>::new());
    assert_eq!(invited(&mut beto, &both), [(me, Some(NotAdded::Paused))]);
    let reasons: Vec<_> = beto.client.outbox().unwrap().into_iter().filter_map(|w| w.trouble).collect();
    assert!(reasons.iter().any(|r| r.contains("not in the conversation yet")), "{reasons:?}");

    pause(&mut ana, false);
    beto.clock.forward(ADD_LONGEST_PAUSE_MS + 1);
    settle(&mut [&mut ana, &mut beto]);
    assert_eq!(ana.texts(&both), ["are you there", "still here", "and while it is followed"]);
}

/// Red with `>` in the place of `>=` in `add_later`, and without the line.
#[test]
fn who_cannot_be_added_for_thirty_days_is_given_up_with_a_line_and_not_before() {
    let world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let b = beto.account();
    beto.client.delete_account(&mut beto.net).unwrap();
    let group = ana.client.create_group("Mesa", &[b], Suite::XWing).unwrap();
    ana.sync();
    let since = ana.client.conversation(&group).unwrap().invited[0].since;
    assert_eq!(invited(&mut ana, &group), [(b, Some(NotAdded::NoAccount))]);

    let now = |ana: &Person| lacre_ground::time::Clock::now(&*ana.clock);
    ana.clock.forward(ADD_GIVE_UP_MS - now(&ana).since(since) - 60_000);
    ana.sync();
    assert_eq!(invited(&mut ana, &group).len(), 1, "a minute before");
    ana.clock.forward(60_000 + ADD_LONGEST_PAUSE_MS);
    ana.sync();
    assert_eq!(invited(&mut ana, &group), []);
    let line = ana.history(&group).pop().unwrap();
    assert_eq!((line.body, line.whom_handle.unwrap().as_str()), (Body::NotAdded { whom: b }, "beto"));
    assert!(ana.client.outbox().unwrap().is_empty());
}

/// Each answered "done" and did nothing.
#[test]
fn a_change_that_changes_nothing_is_answered_so() {
    let world = World::new();
    let (mut ana, mut beto, mut carla) = (world.person("ana"), world.person("beto"), world.person("carla"));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut carla);
    let (a, b, c) = (ana.account(), beto.account(), carla.account());
    let group = ana.client.create_group("Mesa", &[b], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto]);
    let epoch = ana.client.conversation(&group).unwrap().epoch;
    let client = &mut ana.client;
    let hour = Some(Duration::from_secs(3_600));

    let said = [
        (client.group_remove(&group, &[a]), GroupTrouble::Yourself),
        (client.group_remove(&group, &[b, a]), GroupTrouble::Yourself),
        (client.group_remove(&group, &[c]), GroupTrouble::NotAMember),
        (client.group_add(&group, &[a]), GroupTrouble::Yourself),
        (client.create_group("Coro", &[a], Suite::XWing).map(drop), GroupTrouble::Yourself),
        (client.group_add(&group, &[b]), GroupTrouble::AlreadyMember),
        (client.group_add(&group, &[c, b]), GroupTrouble::AlreadyMember),
        (client.group_admins(&group, &[c], true), GroupTrouble::NotAMember),
        (client.group_admins(&group, &[a], true), GroupTrouble::AlreadySo),
        (client.group_admins(&group, &[b], false), GroupTrouble::AlreadySo),
        (client.group_rename(&group, "Mesa"), GroupTrouble::AlreadySo),
        (client.group_describe(&group, ""), GroupTrouble::AlreadySo),
        (client.group_allow(&group, Some(Who::Admins), Some(Who::Everyone)), GroupTrouble::AlreadySo),
        (client.let_vanish(&group, None), GroupTrouble::AlreadySo),
    ];
    for (n, (answer, why)) in said.into_iter().enumerate() {
        assert!(matches!(answer, Err(Trouble::Group(found)) if found == why), "{n}: {why}");
    }
    assert!(ana.client.outbox().unwrap().is_empty());
    // behind a change that waits, the first state is a change again
    ana.client.let_vanish(&group, hour).unwrap();
    ana.client.let_vanish(&group, None).unwrap();
    ana.client.group_rename(&group, "Coro").unwrap();
    ana.client.group_rename(&group, "Mesa").unwrap();
    settle(&mut [&mut ana, &mut beto]);
    let now = beto.client.conversation(&group).unwrap();
    assert_eq!((now.stays_s, now.name.as_str(), now.epoch), (0, "Mesa", epoch + 4));
}
