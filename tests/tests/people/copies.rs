//! A copied profile, and a relay that was restored from a backup.
use lacre_core::network::NetError;
use lacre_core::view::{ConversationId, Happening, Standing, Suite};
use lacre_tests::tap::Tap;
use lacre_tests::world::{Person, World, befriend, copy_folder, settle};
use std::time::Duration;

fn count(person: &mut Person, both: &ConversationId, text: &str) -> usize {
    person.texts(both).iter().filter(|t| *t == text).count()
}

/// A world with ana, her copy, and beto; the copy was made just now.
fn copied(world: &World) -> (Person, Person, Person, ConversationId) {
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let both = ana.with("beto");
    ana.say(&both, "before");
    settle(&mut [&mut ana, &mut beto]);
    let copy = ana.copy(&ana.dir().with_extension("copy"));
    (ana, copy, beto, both)
}

fn both_arrive_and_one_stops(mut ana: Person, mut copy: Person, mut beto: Person, both: &ConversationId) {
    for _ in 0..6 {
        beto.sync();
        copy.sync();
        let _ = ana.client.sync(&mut ana.net);
    }
    settle(&mut [&mut beto, &mut copy]);
    assert_eq!(count(&mut beto, both, "from the original"), 1, "lost in silence");
    assert_eq!(count(&mut beto, both, "from the copy"), 1, "lost in silence");
    let events = copy.client.events(0, 1_000).unwrap();
    assert!(events.iter().any(|e| e.what == Happening::CopyNoticed), "the copy was noticed");
    assert_eq!(copy.standing(both), Standing::Active);
    assert_eq!(ana.standing(both), Standing::InUseElsewhere, "the replaced one stops and says so");
    assert!(ana.client.send_text(both, "again").is_err());
    copy.say(both, "goes on");
    settle(&mut [&mut beto, &mut copy]);
    assert_eq!(count(&mut beto, both, "goes on"), 1);
}

#[test]
fn a_copy_that_reads_an_entry_it_would_make_next_parts_and_loses_nothing() {
    let world = World::new();
    let (mut ana, mut copy, beto, both) = copied(&world);
    ana.say(&both, "from the original");
    ana.sync();
    copy.say(&both, "from the copy");
    copy.sync();
    both_arrive_and_one_stops(ana, copy, beto, &both);
}

#[test]
fn a_copy_that_collides_at_the_relay_parts_and_loses_nothing() {
    let world = World::new();
    let (mut ana, mut copy, beto, both) = copied(&world);
    copy.say(&both, "from the copy");
    let mut conflicts = 0;
    {
        let mut first = true;
        let mut tap = Tap::new(&mut copy.net);
        tap.before = Box::new(|request| {
            if first && !request.seal && request.read_to > 0 {
                first = false;
                // the original is faster by a moment, with the same number and other bytes
                ana.say(&both, "from the original");
                ana.sync();
            }
            Ok(())
        });
        tap.after = Box::new(|answer| {
            if let Err(NetError::Refused(r)) = &answer {
                conflicts += u32::from(r.reason == lacre_core::network::Reason::Conflict);
            }
            answer
        });
        let _ = copy.client.sync(&mut tap);
    }
    assert_eq!(conflicts, 1, "the relay said CONFLICT");
    both_arrive_and_one_stops(ana, copy, beto, &both);
}

#[test]
fn a_copy_that_reads_other_bytes_in_the_place_of_its_own_entry_parts_and_loses_nothing() {
    let world = World::new();
    let (mut ana, mut copy, beto, both) = copied(&world);
    // who follows the relay makes an entry in the step that takes the message
    copy.client.watch(&mut copy.net, Duration::ZERO).unwrap();
    copy.say(&both, "from the copy");
    assert!(!copy.client.outbox().unwrap()[0].cancellable, "its entry is made");
    ana.say(&both, "from the original");
    ana.sync();
    copy.sync();
    both_arrive_and_one_stops(ana, copy, beto, &both);
}

struct Restored {
    world: World,
    ana: Person,
    beto: Person,
    carla: Person,
    group: ConversationId,
}

/// A backup; then a message, a seal and another message that ana and beto have read and carla has not; then the backup
/// is restored under a new generation.
fn restored() -> Restored {
    let mut world = World::new();
    let (mut ana, mut beto, mut carla) = (world.person("ana"), world.person("beto"), world.person("carla"));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut carla);
    let (b, c) = (beto.account(), carla.account());
    let group = ana.client.create_group("Mesa", &[b, c], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    ana.say(&group, "before the backup");
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    world.stop_relay();
    let backup = world.data().with_extension("backup");
    copy_folder(&world.data(), &backup);
    world.start_relay();
    ana.say(&group, "lost by the relay");
    ana.sync();
    beto.sync();
    ana.client.renew_keys(&group).unwrap();
    settle(&mut [&mut ana, &mut beto]);
    beto.say(&group, "lost in the next epoch");
    settle(&mut [&mut ana, &mut beto]);
    world.stop_relay();
    std::fs::remove_dir_all(world.data()).unwrap();
    copy_folder(&backup, &world.data());
    world.new_generation();
    world.start_relay();
    Restored { world, ana, beto, carla, group }
}

fn all_agree(r: &mut Restored) {
    let [a, b, c] = [&mut r.ana, &mut r.beto, &mut r.carla].map(|p| p.client.conversation(&r.group).unwrap());
    assert_eq!([a.standing, b.standing, c.standing], [Standing::Active; 3]);
    assert_eq!(a.epoch_authenticator, b.epoch_authenticator);
    assert_eq!(a.epoch_authenticator, c.epoch_authenticator);
}

#[test]
fn what_a_restored_relay_lost_is_put_back_and_a_laggard_reads_it() {
    let mut r = restored();
    r.ana.sync();
    r.beto.sync();
    settle(&mut [&mut r.ana, &mut r.beto, &mut r.carla]);
    all_agree(&mut r);
    let carla = r.carla.texts(&r.group);
    assert_eq!(carla, ["before the backup", "lost by the relay", "lost in the next epoch"]);
    assert_eq!(r.ana.texts(&r.group), carla, "nothing twice");
    assert_eq!(r.beto.texts(&r.group), carla);
    assert!(r.ana.client.events(0, 1_000).unwrap().iter().any(|e| e.what == Happening::RelayRestored));
    drop(r.world);
}

#[test]
fn when_a_laggard_seals_first_on_a_restored_relay_the_log_wins_and_everyone_comes_back() {
    let mut r = restored();
    r.carla.client.renew_keys(&r.group).unwrap();
    r.carla.say(&r.group, "by the laggard");
    r.carla.sync();
    for _ in 0..4 {
        r.ana.sync();
        r.beto.sync();
        r.carla.sync();
    }
    settle(&mut [&mut r.ana, &mut r.beto, &mut r.carla]);
    all_agree(&mut r);
    r.ana.say(&r.group, "together again");
    settle(&mut [&mut r.ana, &mut r.beto, &mut r.carla]);
    for person in [&mut r.ana, &mut r.beto, &mut r.carla] {
        assert_eq!(person.texts(&r.group).iter().filter(|t| *t == "together again").count(), 1);
    }
    let again = r.ana.texts(&r.group);
    assert!(again.contains(&"lost by the relay".to_owned()), "what was read is not forgotten");
    drop(r.world);
}
