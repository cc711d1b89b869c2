//! What a restored relay lost, one kind after the other; and a copied profile beside its original.
use lacre_core::view::{Body, Standing, Suite};
use lacre_core::{AccountTrouble, Trouble};
use lacre_ground::ids::Handle;
use lacre_tests::world::{Person, World, befriend, settle};

/// A forked group: red with the previous channel alone put back.
#[test]
fn who_was_away_for_two_epochs_behind_the_backup_meets_the_others_and_what_it_said_first_is_not_lost() {
    let mut world = World::new();
    let (mut ana, mut beto, mut carla) = (world.person("ana"), world.person("beto"), world.person("carla"));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut carla);
    let (b, c) = (beto.account(), carla.account());
    let group = ana.client.create_group("Mesa", &[b, c], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    let backup = world.back_up();
    for n in 0..4 {
        ana.client.renew_keys(&group).unwrap();
        ana.say(&group, &format!("in epoch {n}"));
        settle(&mut [&mut ana, &mut beto]);
    }
    world.restore(&backup);

    carla.say(&group, "I was away");
    carla.sync();
    ana.sync();
    settle(&mut [&mut ana, &mut beto, &mut carla]);

    let [x, y, z] = [&mut ana, &mut beto, &mut carla].map(|p| {
        let view = p.client.conversation(&group).unwrap();
        assert_eq!(view.standing, Standing::Active);
        let mut texts = p.texts(&group);
        texts.sort();
        (view.epoch_authenticator, texts)
    });
    assert_eq!((&x, &x), (&y, &z));
    assert_eq!(x.1, ["I was away", "in epoch 0", "in epoch 1", "in epoch 2", "in epoch 3"]);
}

/// Red without `repeat_sent`: a ghost.
#[test]
fn an_invitation_and_a_file_that_the_relay_lost_come_again_and_a_ghost_can_be_added_again() {
    let mut world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let b = beto.account();
    let backup = world.back_up();
    let group = ana.client.create_group("Mesa", &[b], Suite::XWing).unwrap();
    ana.client.send_file(&group, "acta.txt", &mut &b"minutes"[..], 7).unwrap();
    ana.sync();
    ana.sync();
    world.restore(&backup);

    ana.sync();
    ana.client.group_add(&group, &[b]).unwrap();
    settle(&mut [&mut ana, &mut beto]);

    assert_eq!(beto.standing(&group), Standing::Active);
    let file = beto.history(&group).into_iter().find(|m| matches!(m.body, Body::File { .. })).expect("the file");
    let mut bytes = Vec::new();
    beto.client.save_file(&mut beto.net, &file, &mut bytes).unwrap();
    assert_eq!(bytes, b"minutes");
}

fn enrolled(world: &World, handle: &str) -> (Person, lacre_ground::address::Invitation) {
    let mut person = Person::new(&world.data().with_file_name(format!("profile-{handle}")));
    let invitation = world.invite(&world.run());
    person.client.enroll(&mut person.net, &invitation, &Handle::parse(handle).unwrap()).unwrap();
    (person, invitation)
}

/// Red without `enroll_again`.
#[test]
fn who_enrolled_after_the_backup_is_enrolled_again_with_the_same_code_account_and_name() {
    let mut world = World::new();
    let mut ana = world.person("ana");
    let run = world.run();
    let mut beto = Person::new(&world.data().with_file_name("profile-beto"));
    let invitation = world.invite(&run);
    let backup = world.back_up();
    beto.client.enroll(&mut beto.net, &invitation, &Handle::parse("beto").unwrap()).unwrap();
    befriend(&mut ana, &mut beto);
    let (account, both) = (beto.account(), beto.with("ana"));
    beto.say(&both, "before");
    settle(&mut [&mut ana, &mut beto]);
    world.restore(&backup);

    for _ in 0..3 {
        beto.clock.forward(600_000);
        ana.clock.forward(600_000);
        world.forward(600_000);
        beto.sync();
        ana.sync();
    }
    beto.say(&both, "after");
    settle(&mut [&mut ana, &mut beto]);
    assert_eq!(beto.account(), account);
    assert_eq!(ana.texts(&both), ["before", "after"]);
    let mut carla = world.person("carla");
    befriend(&mut carla, &mut beto);
}

#[test]
fn who_enrolled_with_a_code_that_the_relay_forgot_goes_on_with_the_same_profile_and_another_code() {
    let mut world = World::new();
    let mut ana = world.person("ana");
    let backup = world.back_up();
    let (mut beto, _) = enrolled(&world, "beto");
    befriend(&mut ana, &mut beto);
    let (account, both) = (beto.account(), beto.with("ana"));
    settle(&mut [&mut ana, &mut beto]);
    world.restore(&backup);

    beto.clock.forward(600_000);
    let said = beto.client.sync(&mut beto.net);
    assert!(matches!(said, Err(Trouble::Account(AccountTrouble::Forgotten))), "{said:?}");
    assert!(
        matches!(beto.client.sync(&mut beto.net), Err(Trouble::Account(AccountTrouble::Forgotten))),
        "as often as it is asked"
    );
    let invitation = world.invite(&world.run());
    beto.client.enroll(&mut beto.net, &invitation, &Handle::parse("beto").unwrap()).unwrap();
    settle(&mut [&mut ana, &mut beto]);
    beto.say(&both, "here again");
    settle(&mut [&mut ana, &mut beto]);
    assert_eq!(beto.account(), account);
    assert_eq!(ana.texts(&both), ["here again"]);
}

/// Red when the original's program trims what is for the copy: the copy asks for ever.
#[test]
fn an_invitation_back_is_for_the_copy_that_asked_for_it_whoever_reads_the_inbox_first() {
    let world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let both = ana.with("beto");
    ana.say(&both, "before");
    settle(&mut [&mut ana, &mut beto]);
    let mut copy = ana.copy(&ana.dir().with_extension("copy"));
    ana.say(&both, "from the original");
    ana.sync();
    copy.say(&both, "from the copy");
    copy.sync();
    assert_eq!(copy.standing(&both), Standing::AskingToBeReAdded);

    for _ in 0..3 {
        beto.sync();
        let _ = ana.client.sync(&mut ana.net);
        let _ = ana.client.sync(&mut ana.net);
        copy.sync();
    }
    settle(&mut [&mut beto, &mut copy]);
    assert_eq!((copy.standing(&both), ana.standing(&both)), (Standing::Active, Standing::InUseElsewhere));
    copy.say(&both, "goes on");
    settle(&mut [&mut beto, &mut copy]);
    assert_eq!(beto.texts(&both).iter().filter(|text| ["from the copy", "goes on"].contains(&text.as_str())).count(), 2);
}
