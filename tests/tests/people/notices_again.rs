//! Official notices in spite of repetitions, crashes, restored relays and pauses: each once, with the same answers.
use crate::notices::{Scene, WORDS};
use lacre_core::network::NetError;
use lacre_core::view::NoticeAnswer;
use lacre_core::{NoticeTrouble, Trouble, limits};
use lacre_evidence::returned::{self, Returned};
use lacre_evidence::{Event, FaultCode, Reason};
use lacre_ground::ids::{ChannelId, Token};
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_tests::notices_body::{self, Right, Writing};
use lacre_tests::paper::{Desk, Paper};
use lacre_tests::tap::Tap;
use lacre_tests::world::{Person, World};

#[test]
fn the_same_notice_again_is_one_notice_and_is_answered_once() {
    let mut scene = Scene::new();
    let written = scene.notify();
    scene.sync();
    // a relay that shows the same entry twice
    scene.desk.put(&written, written.bytes());
    scene.sync();
    scene.sync();

    scene.only();
    assert_eq!(scene.events(&written).len(), 1);
}

#[test]
fn a_place_that_another_device_took_is_left_to_it_and_the_answer_gets_the_next() {
    let mut scene = Scene::new();
    let right = scene.right();
    let written = scene.write(&right, &Writing::decision(SystemClock.now()));
    for n in 0..3 {
        scene.desk.occupy(scene.body.back, returned::entry_id(&written.seed, n).as_bytes().to_vec());
    }
    assert!(scene.desk.deliver(&written, &right.token));
    scene.sync();
    let id = scene.only().id;
    scene.ana.client.answer_notice(id, NoticeAnswer::NotMe).unwrap();
    scene.sync();

    let entries = scene.desk.returned(scene.body.back);
    let open = |n: u32| {
        let place = returned::entry_id(&written.seed, n);
        let entry = entries.iter().find(|e| e.id == place)?;
        Returned::open(&written.seed, scene.body.back, place, &entry.ciphertext).ok()
    };
    let states = scene.ana.client.own_entry().unwrap().states;
    let said = [3, 4].map(|n| notices_body::record(&written, &states, &open(n).expect("an answer")).unwrap());
    assert_eq!(said[0].event, Event::ContentHandover);
    assert_eq!((said[1].event, said[1].reasons.clone()), (Event::ConsignmentRejection, vec![Reason::NotMe]));
    assert!((0..3).all(|n| open(n).is_none()) && entries.len() == 5 && scene.ana.client.outbox().unwrap().is_empty());
}

#[test]
fn an_answer_is_sent_with_the_same_bytes_until_the_relay_has_it() {
    let mut scene = Scene::new();
    let written = scene.notify();
    // the relay does it, and the answer is lost
    for _ in 0..3 {
        let mut lost = false;
        let mut paper = Paper { inner: &mut scene.ana.net, desk: &mut scene.desk };
        let mut tap = Tap::new(&mut paper);
        tap.after = Box::new(|answer| {
            lost = true;
            answer.and(Err(NetError::Unreachable { why: "cut".into() }))
        });
        let _ = scene.ana.client.sync(&mut tap);
        drop(tap);
        assert!(lost);
    }
    scene.sync();

    let tried: Vec<_> = scene.desk.tried.clone();
    assert!(tried.len() >= 4 && tried.iter().all(|one| *one == tried[0]), "always the same bytes");
    assert_eq!(scene.events(&written), [(Event::ContentHandover, vec![])]);
}

#[test]
fn a_relay_that_came_back_from_a_backup_is_given_casillas_rights_grants_and_answers_again() {
    let mut scene = Scene::new();
    let backup = scene.world.back_up();
    let written = scene.notify();
    let right = scene.right();
    scene.sync();
    let reply = {
        let id = scene.only().id;
        scene.ana.client.reply_to_notice(id, "Apelo.", &[])
    };
    reply.unwrap();
    scene.sync();
    let before = (scene.events(&written), scene.only().replies[0].accepted_at);
    scene.world.restore(&backup);
    scene.desk.forget();

    for _ in 0..3 {
        let _ = scene.try_sync();
        scene.ana.clock.forward(3_600_000);
    }
    scene.sync();

    // as the body delivers again what no device handed over: under the right of before
    let late = scene.write(&right, &Writing::decision(SystemClock.now()));
    assert!(scene.desk.deliver(&late, &right.token));
    scene.sync();
    assert_eq!((scene.events(&written), scene.desk.returned(scene.body.back).len()), (before.0, 3));
    let all = scene.ana.client.notices().unwrap();
    assert!(all.len() == 2 && all.iter().all(|n| n.content.is_ok()));
    assert_eq!(all[1].replies[0].accepted_at, before.1, "the first receipt is the one that counts");
    assert!(!scene.desk.designation.is_empty() && scene.desk.once.len() == 16 && scene.desk.last_resort.is_some());
}

#[test]
fn a_pause_closes_what_was_open_and_what_comes_after_it_comes_in_another_casilla() {
    let mut scene = Scene::new();
    let right = scene.right();
    let written = scene.write(&right, &Writing::decision(SystemClock.now()));
    scene.ana.client.pause_notices(true).unwrap();
    scene.sync();
    assert!(!scene.desk.deliver(&written, &right.token), "a refusal, not a void");
    assert!(scene.desk.once.is_empty() && scene.desk.last_resort.is_none());

    scene.ana.client.pause_notices(false).unwrap();
    scene.sync();
    let after = scene.notify();
    scene.sync();

    assert_ne!(after.channel, written.channel);
    assert!(scene.only().content.is_ok());
    scene.ana.client.take_back_designation().unwrap();
    scene.sync();
    let address = scene.ana.client.notice_address().unwrap();
    assert!(!address.on && address.told && scene.desk.designation.is_empty() && scene.desk.once.is_empty());
    assert!(matches!(scene.ana.client.pause_notices(true), Err(Trouble::Notice(NoticeTrouble::NotDesignated))));
}

#[test]
fn grants_are_renewed_when_few_are_left_and_with_each_month() {
    let mut scene = Scene::new();
    scene.early_in_a_month();
    let first = scene.right();
    for _ in 0..12 {
        scene.right();
    }
    assert_eq!(scene.desk.once.len(), 3);
    scene.ana.clock.forward(limits::ADDRESS_EVERY_MS);
    scene.sync();
    assert_eq!(scene.desk.once.len(), 16, "as many as there were");
    let same = scene.right();
    assert_eq!(casilla_of(&same), casilla_of(&first));

    scene.forward(32 * 86_400_000);
    scene.sync();
    assert_eq!(scene.desk.once.len(), 16, "the earlier ones were replaced");
    let next = scene.right();
    assert_ne!(casilla_of(&next), casilla_of(&first));
    // a right that was handed out before is still read
    let late = scene.write(&same, &Writing::decision(scene.ana.clock.now()));
    assert!(scene.desk.deliver(&late, &same.token));
    scene.sync();
    assert!(matches!(&scene.only().content, Err(not) if not.code == Some(FaultCode::LookupStale)), "read, and judged");
}

pub(crate) fn casilla_of(right: &Right) -> ChannelId {
    let text = lacre_ground::note::UnverifiedNote::parse(&right.grant).unwrap().unverified_text().to_owned();
    <lacre_evidence::Grant as lacre_ground::signed::NoteText>::parse(&text).unwrap().casilla.channel
}

#[test]
fn a_crash_anywhere_leaves_one_notice_and_one_answer_of_each_kind() {
    let mut scene = Scene::new();
    for by_write in [false, true] {
        for n in (0..300).step_by(if by_write { 3 } else { 1 }) {
            let written = scene.notify();
            let before = scene.ana.client.notices().unwrap().len();
            if by_write {
                scene.ana.trap.arm_write(n)
            } else {
                scene.ana.trap.arm_point(n)
            }
            let work = |scene: &mut Scene| -> Result<(), Trouble> {
                scene.try_sync()?;
                let id = scene.ana.client.notices()?.first().map(|n| n.id).unwrap();
                match scene.ana.client.answer_notice(id, NoticeAnswer::Acknowledged) {
                    Err(Trouble::Notice(NoticeTrouble::AlreadyAnswered)) => {}
                    other => other?,
                }
                scene.try_sync()
            };
            let done = work(&mut scene);
            let sprang = scene.ana.trap.disarm();
            if sprang {
                scene.ana.restart();
                scene.ana.clock.forward(16 * 60_000);
                if done.is_err() {
                    work(&mut scene).unwrap_or_else(|e| panic!("{n} after {}: {e}", scene.ana.trap.last()));
                }
            }
            scene.try_sync().unwrap();

            let now = scene.ana.client.notices().unwrap();
            assert_eq!((now.len(), now[0].content.is_ok()), (before + 1, true), "{n} after {}", scene.ana.trap.last());
            let expected = [(Event::ContentHandover, vec![]), (Event::ConsignmentAcceptance, vec![])];
            assert_eq!(scene.events(&written), expected, "{n} after {}", scene.ana.trap.last());
            if !sprang {
                assert!(n > 5, "only {n} places");
                break;
            }
        }
    }
}

#[test]
fn a_crash_anywhere_in_designating_leaves_rights_for_every_grant() {
    for by_write in [false, true] {
        for n in (0..400).step_by(3) {
            let world = World::new();
            let (mut desk, run) = (Desk::at(&world), world.run());
            let mut ana = world.person_with("ana", &run);
            if by_write {
                ana.trap.arm_write(n)
            } else {
                ana.trap.arm_point(n)
            }
            let work = |ana: &mut Person, desk: &mut Desk| -> Result<(), Trouble> {
                ana.client.designate(WORDS)?;
                ana.client.sync(&mut Paper { inner: &mut ana.net, desk }).map(drop)
            };
            let done = work(&mut ana, &mut desk);
            let sprang = ana.trap.disarm();
            if sprang {
                ana.restart();
                ana.clock.forward(16 * 60_000);
                if done.is_err() {
                    work(&mut ana, &mut desk).unwrap_or_else(|e| panic!("{n} after {}: {e}", ana.trap.last()));
                }
            }
            ana.client.sync(&mut Paper { inner: &mut ana.net, desk: &mut desk }).unwrap();

            assert_eq!((desk.once.len(), desk.last_resort.is_some()), (16, true), "{n} after {}", ana.trap.last());
            for grant in desk.once.iter().chain(&desk.last_resort) {
                let hash = Token::try_from(grant.token.as_slice()).unwrap().hash();
                let works = desk.channels.values().any(|kept| kept.rights.contains_key(hash.as_bytes().as_slice()));
                assert!(works, "{n} after {}: a grant whose right does not work", ana.trap.last());
            }
            if !sprang {
                break;
            }
        }
    }
}
