//! A PostgreSQL that is put back to an earlier time, under relays that run or that start: what was deleted since is deleted again.

use crate::many_relays::invite;
use lacre_core::network::{Lane, Network as _, Reason};
use lacre_core::{AccountTrouble, Trouble};
use lacre_ground::ids::Handle;
use lacre_proto::relay::v1 as wire;
use lacre_tests::hostile;
use lacre_tests::relay::Relays;
use lacre_tests::world::{Person, befriend};
use wire::lookup_request::Who;

const ANA: u32 = 40_400_001;
const CARLA: u32 = 40_400_003;

fn handle(name: &str) -> Handle {
    Handle::parse(name).unwrap()
}

fn person(relays: &Relays, at: usize, name: &str, number: u32) -> Person {
    let mut person = Person::new(&relays.folder().join(name));
    person.client.enroll(&mut person.net, &invite(relays, at, number, &[]), &handle(name)).expect("enrolment");
    person
}

/// What the relays are doing when the database is put back.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    Serve,
    Start,
}

fn deleted_again(then: Then) {
    let Some(mut relays) = Relays::start(2).unwrap() else { return };
    let (mut ana, mut beto) = (person(&relays, 0, "ana", ANA), person(&relays, 1, "beto", ANA + 1));
    befriend(&mut ana, &mut beto);
    let mut lost = person(&relays, 0, "carla", CARLA);
    let lost_account = lost.account();
    relays.server.keep().unwrap();

    // at different relays: each writes to the one list
    relays.only(&[0]);
    beto.client.delete_account(&mut beto.net).unwrap();
    relays.only(&[1]);
    let mut carla = Person::new(&relays.folder().join("carla-again"));
    carla.client.recover(&mut carla.net, &invite(&relays, 1, CARLA, &["--recover"])).unwrap();
    let at = relays.authority().unwrap();
    let resets = |person: &mut Person| person.net.resets(&at, wire::ResetsRequest { from: 1 }).unwrap();
    let before = resets(&mut ana);
    assert_eq!(before.notes.len(), 1);
    // the relay that goes on is not the one at which beto was deleted
    relays.kill(0).unwrap();
    if then == Then::Start {
        relays.kill(1).unwrap();
    }
    relays.server.put_back().unwrap();
    if then == Then::Start {
        relays.start_relay(1).unwrap();
    }

    let found = |person: &mut Person, who: Who| {
        let stamp = hostile::stamp(person);
        person.net.lookup(&at, wire::LookupRequest { who: Some(who), stamp }).map(|_| ()).map_err(|e| e.reason())
    };
    let missing = Err(Some(Reason::NoAccount));
    assert_eq!(found(&mut ana, Who::Handle("beto".into())), missing, "a deleted account");
    assert_eq!(found(&mut ana, Who::Account(lost_account.as_bytes().to_vec())), missing, "a replaced account");
    assert_eq!(found(&mut ana, Who::Handle("ana".into())), Ok(()));
    let after = resets(&mut ana);
    assert_eq!((after.notes, after.head, after.generation == before.generation), (before.notes, before.head, false));
    for person in [&mut lost, &mut carla] {
        person.clock.forward(lacre_core::limits::RENEW_KEY_PACKAGES_MS);
        let said = person.client.sync(&mut person.net);
        assert!(matches!(said, Err(Trouble::Account(AccountTrouble::Forgotten))), "{said:?} {:?}", person.client.resting());
    }
    carla.client.enroll(&mut carla.net, &invite(&relays, 1, CARLA, &[]), &handle("carla")).unwrap();
    assert_eq!(found(&mut ana, Who::Account(carla.account().as_bytes().to_vec())), Ok(()));
    let list = std::fs::read_to_string(relays.folder().join("blobs").join(lacre_relay::deletions::SHARED_LIST)).unwrap();
    for id in [beto.account(), ana.account()] {
        assert!(!list.contains(&data_encoding::HEXLOWER.encode(id.as_bytes())), "it names nobody");
    }
}

/// Seen red by an attacker: the database had the generation that clients knew from before, fewer entries, and everybody was back.
#[test]
fn a_database_that_is_put_back_twice_to_one_time_is_noticed_twice_and_has_no_generation_again() {
    for then in [Then::Serve, Then::Start] {
        let Some(mut relays) = Relays::start(1).unwrap() else { return };
        let mut ana = person(&relays, 0, "ana", ANA);
        let mut leave: Vec<Person> = (1..=2).map(|n| person(&relays, 0, &format!("beto{n}"), ANA + n)).collect();
        relays.server.keep().unwrap();
        let at = relays.authority().unwrap();
        let mut known = vec![ana.net.get_info(&at, Lane::Directory, wire::GetInfoRequest {}).unwrap().generation];
        for n in 1..=2 {
            let mut leaver = leave.pop().unwrap();
            leaver.client.delete_account(&mut leaver.net).unwrap();
            if then == Then::Start {
                relays.kill(0).unwrap();
            }
            relays.server.put_back().unwrap();
            if then == Then::Start {
                relays.start_relay(0).unwrap();
            }
            // whoever writes makes a relay look
            let stamp = hostile::stamp(&mut ana);
            let found = |ana: &mut Person, name: String, stamp| {
                ana.net.lookup(&at, wire::LookupRequest { who: Some(Who::Handle(name)), stamp }).map_err(|e| e.reason())
            };
            for gone in (3 - n)..=2 {
                let stamp = if gone == 3 - n { stamp.clone() } else { hostile::stamp(&mut ana) };
                assert_eq!(
                    found(&mut ana, format!("beto{gone}"), stamp).map(drop),
                    Err(Some(Reason::NoAccount)),
                    "{n}: beto{gone}"
                );
            }
            let now = ana.net.get_info(&at, Lane::Directory, wire::GetInfoRequest {}).unwrap().generation;
            assert!(!known.contains(&now), "{n}: a generation of before");
            known.push(now);
        }
    }
}

/// Seen red by an attacker: she was told that it was deleted, and it came back.
#[test]
fn what_is_deleted_while_the_folder_of_the_list_is_not_mounted_is_deleted_again_too() {
    let Some(mut relays) = Relays::start(1).unwrap() else { return };
    let (mut ana, mut beto) = (person(&relays, 0, "ana", ANA), person(&relays, 0, "beto", ANA + 1));
    let (blobs, away) = (relays.folder().join("blobs"), relays.folder().join("away"));
    relays.server.keep().unwrap();
    std::fs::rename(&blobs, &away).unwrap();
    std::fs::create_dir(&blobs).unwrap();
    beto.client.delete_account(&mut beto.net).unwrap();
    std::fs::remove_dir_all(&blobs).unwrap();
    std::fs::rename(&away, &blobs).unwrap();
    relays.kill(0).unwrap();
    relays.server.put_back().unwrap();
    relays.start_relay(0).unwrap();

    let at = relays.authority().unwrap();
    let stamp = hostile::stamp(&mut ana);
    let found = ana.net.lookup(&at, wire::LookupRequest { who: Some(Who::Handle("beto".into())), stamp });
    assert_eq!(found.map(drop).map_err(|e| e.reason()), Err(Some(Reason::NoAccount)));
    assert!(!relays.data(0).with_file_name("data-0.deleted").exists(), "it is in the list of all relays now");
}

#[test]
fn what_was_deleted_is_deleted_again_when_a_database_goes_back_under_relays_that_serve() {
    deleted_again(Then::Serve);
}

#[test]
fn what_was_deleted_is_deleted_again_when_a_database_went_back_before_its_relays_start() {
    deleted_again(Then::Start);
}
