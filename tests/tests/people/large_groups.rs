//! Groups of 256, and commits that are too large for one entry.
use lacre_core::limits::{FIRST_UPDATE_PAUSE_MS, MAX_MEMBERS};
use lacre_core::view::{ConversationId, Standing, Suite};
use lacre_core::{Client, Trouble};
use lacre_core::{ContactTrouble, GroupTrouble};
use lacre_profile::mls::MlsProvider;
use lacre_tests::crowd::Crowd;
use lacre_tests::tap::Tap;
use lacre_tests::world::{Person, World, append, append_seal, befriend, settle};
use openmls::prelude::OpenMlsProvider as _;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use tls_codec::Serialize as _;

/// A commit of this member with nothing but fresh keys, as the protocol has it.
fn commit_by(person: &mut Person, group: &ConversationId) -> Vec<u8> {
    person
        .client
        .laboratory(group, |mls, step, crypto, key| {
            let provider = MlsProvider::new(step, crypto);
            let builder = mls.commit_builder().force_self_update(true).load_psks(provider.storage()).unwrap();
            let built = builder.build(provider.rand(), provider.crypto(), key, |_| true).unwrap();
            built.stage_commit(&provider).unwrap().into_commit().tls_serialize_detached().unwrap()
        })
        .unwrap()
}

fn piece(bytes: &[u8]) -> Vec<u8> {
    [&[0xF1, 0xAC, 1], bytes].concat()
}

fn seal_of(pieces: &[&[u8]], rest: &[u8]) -> Vec<u8> {
    let hashes: Vec<u8> = pieces.iter().flat_map(|p| Sha256::digest(p).to_vec()).collect();
    [&[0xF1, 0xAC, 2, pieces.len() as u8], hashes.as_slice(), rest].concat()
}

#[test]
fn a_seal_in_parts_is_void_for_everyone_unless_each_part_stands_before_it() {
    let world = World::new();
    let (mut ana, mut beto, mut mala) = (world.person("ana"), world.person("beto"), world.person("mala"));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut mala);
    let members = [beto.account(), mala.account()];
    let group = ana.client.create_group("g", &members, Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut mala]);
    let before = ana.client.conversation(&group).unwrap().epoch;
    let epochs = |what: &str, ana: &mut Person, beto: &mut Person| {
        ana.sync();
        beto.sync();
        let (a, b) = (ana.client.conversation(&group).unwrap(), beto.client.conversation(&group).unwrap());
        assert_eq!((a.epoch, a.epoch_authenticator), (b.epoch, b.epoch_authenticator), "{what}: forked");
        assert_eq!((a.standing, b.standing), (Standing::Active, Standing::Active), "{what}");
        a.epoch
    };

    let commit = commit_by(&mut mala, &group);
    let (one, two) = commit.split_at(commit.len() / 2);
    append(&mut mala, &group, &piece(one), false);
    append_seal(&mut mala, &group, &seal_of(&[one, two], b""));
    assert_eq!(epochs("the second part is missing", &mut ana, &mut beto), before);
    append(&mut mala, &group, &piece(b"another"), false);
    append_seal(&mut mala, &group, &seal_of(&[one, two], b""));
    assert_eq!(epochs("another part stands in its place", &mut ana, &mut beto), before);
    append_seal(&mut mala, &group, &[0xF1, 0xAC, 2, 0]);
    append_seal(&mut mala, &group, &[0xF1, 0xAC, 2, 33]);
    append_seal(&mut mala, &group, &piece(two));
    assert_eq!(epochs("no seal in parts at all", &mut ana, &mut beto), before);
    append(&mut mala, &group, &piece(two), false);
    assert_eq!(epochs("a part that comes behind its seal does not mend it", &mut ana, &mut beto), before);

    append_seal(&mut mala, &group, &seal_of(&[one], two));
    assert_eq!(epochs("a part before it, the rest inside", &mut ana, &mut beto), before + 1, "and now it binds");
    ana.say(&group, "after");
    ana.sync();
    beto.sync();
    assert_eq!(beto.texts(&group), ["after"]);
}

#[test]
fn a_group_takes_a_thousand_devices_and_no_more() {
    let world = World::new();
    let mut ana = world.person("ana");
    let others: Vec<_> = (0..MAX_MEMBERS as u64)
        .map(|n| {
            let mut id = [0; 32];
            id[..8].copy_from_slice(&n.to_be_bytes());
            lacre_ground::ids::AccountId::new(id)
        })
        .collect();

    let full = ana.client.create_group("full", &others, Suite::XWing);
    let fits = ana.client.create_group("fits", &others[1..], Suite::XWing);

    assert!(matches!(full, Err(Trouble::Group(GroupTrouble::Full { limit: 1000 }))), "{full:?}");
    assert!(
        matches!(fits, Err(Trouble::Contact(ContactTrouble::NoSuchContact))),
        "the number is right, though nobody of them is a contact: {fits:?}"
    );
}

/// Synchronises with claims of the crowd answered; gives how many seals and how many other entries of 100 kB and more went out.
fn sync(person: &mut Person, crowd: &Crowd) -> (usize, usize) {
    let (seals, parts) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut tap = Tap::new(&mut person.net);
    tap.claiming = Box::new(|request| crowd.claim(request));
    tap.before = Box::new(|request| {
        seals.fetch_add(usize::from(request.seal), Ordering::SeqCst);
        parts.fetch_add(usize::from(!request.seal && request.ciphertext.len() > 100_000), Ordering::SeqCst);
        Ok(())
    });
    person.client.sync(&mut tap).unwrap();
    drop(tap);
    (seals.into_inner(), parts.into_inner())
}

fn same_everywhere(people: &mut [&mut Person], group: &ConversationId, members: usize) {
    let views: Vec<_> = people.iter_mut().map(|p| p.client.conversation(group).unwrap()).collect();
    let epochs: BTreeSet<_> = views.iter().map(|v| v.epoch_authenticator.clone()).collect();
    assert_eq!(epochs.len(), 1, "one epoch");
    for view in views {
        assert_eq!(view.members.len(), members);
        assert!(view.members.iter().all(|m| m.handle.is_some()), "everybody has a verified name");
    }
}

fn suppose(a: &mut Client, b: &mut Client) {
    let (of_a, of_b) = (a.own_entry().unwrap(), b.own_entry().unwrap());
    a.suppose_contact(&of_b).unwrap();
    b.suppose_contact(&of_a).unwrap();
}

// Seen red when joiners committed at once: two more epochs.
#[test]
fn in_a_group_of_256_the_first_and_the_last_leaf_join_write_renew_their_keys_and_are_removed() {
    let world = World::new();
    let (mut ana, mut beto, mut carla) = (world.person("ana"), world.person("beto"), world.person("carla"));
    let crowd = Crowd::new(&world, 253);
    suppose(&mut ana.client, &mut beto.client);
    suppose(&mut ana.client, &mut carla.client);
    let mut others = vec![beto.account()];
    for extra in &crowd.extras {
        others.push(ana.client.suppose_contact(&extra.entry).unwrap());
    }
    others.push(carla.account());

    // join: 255 others in commits of at most 64
    let group = ana.client.create_group("all", &others, Suite::XWing).unwrap();
    let (seals, _) = sync(&mut ana, &crowd);
    assert_eq!(seals, 4);
    for _ in 0..2 {
        for person in [&mut beto, &mut carla, &mut ana] {
            sync(person, &crowd);
        }
    }
    same_everywhere(&mut [&mut ana, &mut beto, &mut carla], &group, 256);
    let joined = ana.client.conversation(&group).unwrap().epoch;
    assert_eq!(joined, 4, "who joins a large group does not commit at once");

    // write
    for (person, text) in [(&mut ana, "from the first"), (&mut carla, "from the last"), (&mut beto, "from the second")] {
        person.say(&group, text);
        sync(person, &crowd);
    }
    for person in [&mut ana, &mut beto, &mut carla] {
        sync(person, &crowd);
        assert_eq!(person.texts(&group), ["from the first", "from the last", "from the second"]);
    }

    // renew: each at its own time, in parts where the commit is large
    beto.clock.forward(FIRST_UPDATE_PAUSE_MS);
    carla.clock.forward(FIRST_UPDATE_PAUSE_MS);
    let (beto_seals, beto_parts) = sync(&mut beto, &crowd);
    let (carla_seals, _) = sync(&mut carla, &crowd);
    assert_eq!((beto_seals, carla_seals), (1, 0), "the second leaf is due, the last is not");
    assert!(beto_parts > 0, "among 253 leaves that never committed the commit is larger than an entry");
    carla.clock.forward(254 * FIRST_UPDATE_PAUSE_MS);
    assert_eq!(sync(&mut carla, &crowd).0, 1);
    for person in [&mut ana, &mut beto, &mut carla] {
        sync(person, &crowd);
    }
    same_everywhere(&mut [&mut ana, &mut beto, &mut carla], &group, 256);
    assert_eq!(ana.client.conversation(&group).unwrap().epoch, joined + 2);

    // remove: the far end of the tree, and somebody in its middle
    let gone = [carla.account(), crowd.extras[100].account];
    ana.client.group_remove(&group, &gone).unwrap();
    sync(&mut ana, &crowd);
    ana.say(&group, "without carla");
    sync(&mut ana, &crowd);
    sync(&mut beto, &crowd);
    sync(&mut carla, &crowd);
    same_everywhere(&mut [&mut ana, &mut beto], &group, 254);
    assert_eq!(beto.texts(&group).last().map(String::as_str), Some("without carla"));
    assert_eq!(carla.standing(&group), Standing::Removed);
    assert!(!carla.texts(&group).contains(&"without carla".to_owned()));
}

/// Ana, beto and a crowd: beto's commits do not fit into an entry.
fn crowded(world: &World) -> (Person, Person, Crowd, ConversationId) {
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    let crowd = Crowd::new(world, 254);
    suppose(&mut ana.client, &mut beto.client);
    let mut others = vec![beto.account()];
    for extra in &crowd.extras {
        others.push(ana.client.suppose_contact(&extra.entry).unwrap());
    }
    let group = ana.client.create_group("all", &others, Suite::XWing).unwrap();
    for _ in 0..2 {
        sync(&mut ana, &crowd);
        sync(&mut beto, &crowd);
    }
    (ana, beto, crowd, group)
}

#[test]
fn a_commit_in_parts_is_sent_once_however_often_its_sender_is_killed() {
    let world = World::new();
    let (mut ana, mut beto, crowd, group) = crowded(&world);
    let before = ana.client.conversation(&group).unwrap().epoch;
    beto.client.renew_keys(&group).unwrap();
    beto.say(&group, "behind it");

    // each start gets a little further: killed at a point of a step, then at a write of a row
    let mut killed = 0;
    for n in 0.. {
        if n % 2 == 0 {
            beto.trap.arm_point(n / 2)
        } else {
            beto.trap.arm_write(n / 2)
        }
        let mut tap = Tap::new(&mut beto.net);
        tap.claiming = Box::new(|request| crowd.claim(request));
        let result = beto.client.sync(&mut tap);
        drop(tap);
        if !beto.trap.disarm() {
            result.unwrap();
            break;
        }
        killed += 1;
        beto.restart();
    }
    sync(&mut ana, &crowd);

    assert!(killed > 20, "{killed} kills are too few to mean anything");
    same_everywhere(&mut [&mut ana, &mut beto], &group, 256);
    assert_eq!(ana.client.conversation(&group).unwrap().epoch, before + 1, "one commit");
    assert_eq!(ana.texts(&group), ["behind it"]);
}
