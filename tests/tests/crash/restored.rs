//! What a restored relay lost, one kind after the other; and a copied profile beside its original.
use lacre_core::limits::LONGEST_REST_MS;
use lacre_core::network::NetError;
use lacre_core::view::{Body, ConversationId, Standing, Suite};
use lacre_core::{AccountTrouble, Trouble};
use lacre_ground::ids::Handle;
use lacre_tests::tap::Tap;
use lacre_tests::world::{Person, World, befriend, copy_folder, settle};

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

// Seen red where a login that works is not believed.
#[test]
fn a_relay_that_was_empty_for_a_moment_un_enrols_nobody() {
    for noticed_by_login in [true, false] {
        let mut world = World::new();
        let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
        befriend(&mut ana, &mut beto);
        let both = ana.with("beto");
        settle(&mut [&mut ana, &mut beto]);
        let right = world.back_up();
        world.stop_relay();
        for file in std::fs::read_dir(world.data()).unwrap().map(|file| file.unwrap()) {
            let name = file.file_name().to_string_lossy().into_owned();
            if name.starts_with("relay.sqlite") || name == lacre_relay::newest::NEWEST_FILE {
                std::fs::remove_file(file.path()).unwrap();
            }
        }
        world.start_relay();
        for _ in 0..3 {
            if noticed_by_login {
                ana.clock.forward(600_000);
            }
            let said = ana.client.sync(&mut ana.net);
            assert!(matches!(said, Err(Trouble::Account(AccountTrouble::Forgotten))) || !noticed_by_login, "{said:?}");
        }
        let forgotten = ana.client.sync(&mut ana.net);
        assert!(matches!(forgotten, Err(Trouble::Account(AccountTrouble::Forgotten))), "{forgotten:?}");

        world.stop_relay();
        std::fs::remove_dir_all(world.data()).unwrap();
        copy_folder(&right, &world.data());
        world.start_relay();
        ana.clock.forward(LONGEST_REST_MS);
        settle(&mut [&mut ana, &mut beto]);
        ana.say(&both, "as ever");
        settle(&mut [&mut ana, &mut beto]);

        assert_eq!(beto.texts(&both), ["as ever"]);
        assert_eq!(ana.client.resting().unwrap(), []);
    }
}

#[test]
fn a_recovery_code_brings_a_forgotten_account_back_in_its_own_profile_and_is_not_used_where_it_is_known() {
    let mut world = World::new();
    let mut ana = world.person("ana");
    let run = world.run();
    let _lost = world.person_with("beto", &run);
    let other = world.back_up();
    let old = other.with_extension("old");
    copy_folder(&other, &old);
    let mut beto = Person::new(&world.data().with_file_name("profile-beto-again"));
    let recovery = world.invite_again(&run);
    beto.client.recover(&mut beto.net, &recovery).unwrap();
    befriend(&mut ana, &mut beto);
    let (account, both, name) = (beto.account(), beto.with("ana"), Handle::parse("beto").unwrap());
    settle(&mut [&mut ana, &mut beto]);
    let right = world.back_up();
    let forgotten = |world: &mut World, beto: &mut Person| {
        world.restore(&old);
        beto.clock.forward(600_000);
        assert!(matches!(beto.client.sync(&mut beto.net), Err(Trouble::Account(AccountTrouble::Forgotten))));
    };

    // the right store is back before the code is given
    forgotten(&mut world, &mut beto);
    world.restore(&right);
    let code = world.invite_again(&run);
    beto.client.enroll(&mut beto.net, &code, &name).unwrap();
    assert!(!beto.client.came_with(&code).unwrap(), "it was not needed");
    // and where the relay knows another account of this person for good
    forgotten(&mut world, &mut beto);
    let code = world.invite_again(&run);
    beto.client.enroll(&mut beto.net, &code, &name).unwrap();
    assert!(beto.client.came_with(&code).unwrap());

    assert_eq!(beto.account(), account);
    settle(&mut [&mut ana, &mut beto]);
    beto.say(&both, "here again");
    settle(&mut [&mut ana, &mut beto]);
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

/// A second program on a copy of the profile: this device has to be taken back, which any member can bring about.
fn goes_another_way(person: &mut Person, id: &ConversationId, n: usize) -> Person {
    let mut copy = person.copy(&person.dir().with_extension(format!("copy{n}")));
    person.say(id, &format!("from the original, {n}"));
    person.sync();
    copy.say(id, &format!("from the copy, {n}"));
    copy.sync();
    assert_eq!(copy.standing(id), Standing::AskingToBeReAdded);
    copy
}

/// The relay says so as often as it likes, and has forgotten nothing.
fn says_that_it_was_restored(world: &mut World) {
    world.stop_relay();
    world.new_generation();
    world.start_relay();
}

// Seen red without `were_all_here`.
#[test]
fn a_relay_that_was_restored_tells_no_new_member_what_was_said_before_nor_a_removed_one_what_was_said_after() {
    for says_so_all_along in [false, true] {
        let mut world = World::new();
        let (mut eva, mut fay) = (world.person("eva"), world.person("fay"));
        let (mut max, mut kim) = (world.person("max"), world.person("kim"));
        befriend(&mut eva, &mut fay);
        befriend(&mut eva, &mut max);
        befriend(&mut eva, &mut kim);
        let (f, m, k) = (fay.account(), max.account(), kim.account());
        let group = eva.client.create_group("Mesa", &[f, m], Suite::XWing).unwrap();
        settle(&mut [&mut eva, &mut fay, &mut max, &mut kim]);
        let backup = world.back_up();
        if !says_so_all_along {
            world.restore(&backup);
            settle(&mut [&mut eva, &mut fay, &mut max, &mut kim]);
        }
        let lies = |world: &mut World| says_so_all_along.then(|| says_that_it_was_restored(world));

        eva.say(&group, "M1, before kim");
        fay.say(&group, "M2, before kim");
        settle(&mut [&mut eva, &mut fay, &mut max]);
        lies(&mut world);
        eva.client.group_add(&group, &[k]).unwrap();
        settle(&mut [&mut eva, &mut fay, &mut max, &mut kim]);
        lies(&mut world);
        eva.client.group_remove(&group, &[m]).unwrap();
        settle(&mut [&mut eva, &mut fay, &mut max, &mut kim]);
        lies(&mut world);
        eva.say(&group, "M3, without max");
        fay.say(&group, "M4, without max");
        settle(&mut [&mut eva, &mut fay, &mut kim]);
        lies(&mut world);
        eva.client.group_add(&group, &[m]).unwrap();
        settle(&mut [&mut eva, &mut fay, &mut max, &mut kim]);
        lies(&mut world);
        let mut kim = goes_another_way(&mut kim, &group, 0);
        settle(&mut [&mut eva, &mut fay, &mut max, &mut kim]);
        lies(&mut world);
        // and what is forgotten in earnest comes back by those who hold it, for those who were there
        world.restore(&backup);
        settle(&mut [&mut eva, &mut fay, &mut max, &mut kim]);
        eva.client.renew_keys(&group).unwrap();
        fay.client.renew_keys(&group).unwrap();
        settle(&mut [&mut eva, &mut fay, &mut max, &mut kim]);
        let mut max = goes_another_way(&mut max, &group, 1);
        settle(&mut [&mut eva, &mut fay, &mut max, &mut kim]);

        assert_eq!(kim.standing(&group), Standing::Active);
        assert_eq!(max.standing(&group), Standing::Active);
        let (kims, maxs) = (kim.texts(&group), max.texts(&group));
        assert!(!kims.iter().any(|text| text.contains("before kim")), "{kims:?}");
        assert!(!maxs.iter().any(|text| text.contains("without max")), "{maxs:?}");
        assert!(kims.iter().any(|text| text == "M3, without max") && maxs.iter().any(|text| text == "M2, before kim"));
    }
}

// Seen red without `were_all_here` and `is_not_for_all`: what waits to be said again is made for whoever is there when it goes out.
#[test]
fn what_waits_to_be_said_again_is_not_said_to_who_is_added_meanwhile() {
    let mut world = World::new();
    let (mut eva, mut fay) = (world.person("eva"), world.person("fay"));
    let (mut max, mut kim) = (world.person("max"), world.person("kim"));
    befriend(&mut eva, &mut fay);
    befriend(&mut eva, &mut max);
    befriend(&mut eva, &mut kim);
    let (f, m, k) = (fay.account(), max.account(), kim.account());
    let group = eva.client.create_group("Mesa", &[f, m], Suite::XWing).unwrap();
    settle(&mut [&mut eva, &mut fay, &mut max, &mut kim]);
    let backup = world.back_up();
    world.restore(&backup);
    settle(&mut [&mut eva, &mut fay, &mut max, &mut kim]);
    fay.say(&group, "before kim");
    settle(&mut [&mut eva, &mut fay, &mut max]);

    let mut max = goes_another_way(&mut max, &group, 0);
    max.sync();
    eva.sync();
    eva.sync();
    {
        // the relay takes nothing of fay's while kim is added
        let mut tap = Tap::new(&mut fay.net);
        tap.before = Box::new(|_| Err(NetError::Unreachable { why: "held back".into() }));
        let _ = fay.client.sync(&mut tap);
        let _ = fay.client.sync(&mut tap);
    }
    assert!(fay.client.outbox().unwrap().iter().any(|waiting| waiting.conversation.as_ref() == Some(&group)), "it waits");
    eva.client.group_add(&group, &[k]).unwrap();
    settle(&mut [&mut eva, &mut kim]);
    settle(&mut [&mut eva, &mut fay, &mut max, &mut kim]);

    assert_eq!((kim.standing(&group), max.standing(&group)), (Standing::Active, Standing::Active));
    assert!(!kim.texts(&group).iter().any(|text| text == "before kim"));
    let told = fay.client.events(0, usize::MAX).unwrap();
    assert!(told.iter().any(|e| format!("{:?}", e.what).contains("not said again")), "who said it is told");
}

#[test]
fn what_a_blocked_person_says_is_not_said_again_after_unblocking_though_the_relay_was_restored() {
    for epoch_ends in [false, true] {
        let mut world = World::new();
        let (mut eva, mut max) = (world.person("eva"), world.person("max"));
        befriend(&mut eva, &mut max);
        let (m, both) = (max.account(), eva.with("max"));
        let backup = world.back_up();
        world.restore(&backup);
        settle(&mut [&mut eva, &mut max]);
        max.say(&both, "before");
        settle(&mut [&mut eva, &mut max]);

        eva.client.contact_block(&m).unwrap();
        max.say(&both, "while blocked");
        settle(&mut [&mut eva, &mut max]);
        if epoch_ends {
            max.client.renew_keys(&both).unwrap();
            settle(&mut [&mut eva, &mut max]);
        }
        eva.client.contact_unblock(&m).unwrap();
        settle(&mut [&mut eva, &mut max]);
        max.say(&both, "after");
        settle(&mut [&mut eva, &mut max]);

        assert_eq!(eva.texts(&both), ["before", "after"]);
    }
}
