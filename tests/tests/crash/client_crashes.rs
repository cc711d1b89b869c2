//! The client killed at every named point of every step, and a storage error at every write, for each kind of work.
use lacre_core::Trouble;
use lacre_core::view::{Body, ConversationId, Standing, Suite};
use lacre_tests::world::{Person, World, befriend, settle};
use std::time::Duration;

/// Where the trap springs.
#[derive(Clone, Copy, Debug)]
enum Where {
    Point,
    Write,
}

/// Does `work` with the trap at its 0th, 1st, 2nd … place until it passes untouched; after each spring the program is
/// started again. Gives how often it sprang.
fn everywhere(
    places: Where,
    ana: &mut Person,
    beto: &mut Person,
    before: impl FnMut(&mut Person, &mut Person, i64),
    victim_is_ana: bool,
    work: impl FnMut(&mut Person, i64) -> Result<(), Trouble>,
    after: impl FnMut(&mut Person, &mut Person, i64),
) -> i64 {
    everywhere_in(0..2_000, places, ana, beto, before, victim_is_ana, work, after).expect("the work never ends")
}

/// As [`everywhere`], for these places only; none if the work has more of them.
#[expect(clippy::too_many_arguments, reason = "a scene, its actors and their three lines")]
fn everywhere_in(
    range: std::ops::Range<i64>,
    places: Where,
    ana: &mut Person,
    beto: &mut Person,
    mut before: impl FnMut(&mut Person, &mut Person, i64),
    victim_is_ana: bool,
    mut work: impl FnMut(&mut Person, i64) -> Result<(), Trouble>,
    mut after: impl FnMut(&mut Person, &mut Person, i64),
) -> Option<i64> {
    for n in range {
        before(ana, beto, n);
        let victim = if victim_is_ana { &mut *ana } else { &mut *beto };
        match places {
            Where::Point => victim.trap.arm_point(n),
            Where::Write => victim.trap.arm_write(n),
        }
        let result = work(victim, n);
        let sprang = victim.trap.disarm();
        if sprang {
            victim.restart();
            // what the person would do again: the same call, as an application repeats what it was not told is done
            if result.is_err() {
                work(victim, n).unwrap_or_else(|e| panic!("{places:?} {n} after {}: {e}", victim.trap.last()));
            }
        }
        settle(&mut [&mut *ana, &mut *beto]);
        after(ana, beto, n);
        if !sprang {
            return Some(n);
        }
    }
    None
}

fn equal(ana: &mut Person, beto: &mut Person, both: &ConversationId) {
    let (a, b) = (ana.client.conversation(both).unwrap(), beto.client.conversation(both).unwrap());
    assert_eq!((a.standing, b.standing), (Standing::Active, Standing::Active));
    assert_eq!(a.epoch_authenticator, b.epoch_authenticator, "the group forked");
    assert_eq!(ana.texts(both), beto.texts(both), "histories differ");
    assert_eq!(ana.client.outbox().unwrap().len() + beto.client.outbox().unwrap().len(), 0, "something was left behind");
}

fn times(person: &mut Person, both: &ConversationId, text: &str) -> usize {
    person.texts(both).iter().filter(|t| *t == text).count()
}

fn pair(world: &World) -> (Person, Person, ConversationId) {
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let both = ana.with("beto");
    (ana, beto, both)
}

fn sync(person: &mut Person) -> Result<(), Trouble> {
    person.client.sync(&mut person.net).map(|_| ())
}

fn each(mut test: impl FnMut(Where)) {
    test(Where::Point);
    test(Where::Write);
}

#[test]
fn a_crash_anywhere_in_sending_neither_loses_nor_repeats() {
    let world = World::new();
    let (mut ana, mut beto, both) = pair(&world);
    each(|places| {
        let sprang = everywhere(
            places,
            &mut ana,
            &mut beto,
            |ana, _, n| ana.say(&both, &format!("send {places:?} {n}")),
            true,
            |ana, _| sync(ana),
            |ana, beto, n| {
                equal(ana, beto, &both);
                assert_eq!(times(beto, &both, &format!("send {places:?} {n}")), 1);
            },
        );
        assert!(sprang > 5, "{places:?}: only {sprang} places");
    });
}

#[test]
fn a_crash_anywhere_in_sending_while_following_neither_loses_nor_repeats() {
    let world = World::new();
    let (mut ana, mut beto, both) = pair(&world);
    each(|places| {
        let sprang = everywhere(
            places,
            &mut ana,
            &mut beto,
            |ana, _, _| {
                ana.client.watch(&mut ana.net, Duration::ZERO).unwrap();
            },
            true,
            |ana, n| {
                for part in 0..3 {
                    let text = format!("follow {places:?} {n} {part}");
                    let mut known = ana.client.pending(&both)?;
                    known.extend(ana.client.history(&both, 0, usize::MAX)?);
                    if !known.iter().any(|m| matches!(&m.body, Body::Text(t) if *t == text)) {
                        ana.client.send_text(&both, &text)?;
                    }
                }
                sync(ana)
            },
            |ana, beto, n| {
                equal(ana, beto, &both);
                for part in 0..3 {
                    let text = format!("follow {places:?} {n} {part}");
                    assert_eq!(times(beto, &both, &text), 1, "{text}");
                }
            },
        );
        assert!(sprang > 10, "{places:?}: only {sprang} places");
    });
}

#[test]
fn a_crash_anywhere_in_receiving_neither_loses_nor_repeats() {
    let world = World::new();
    let (mut ana, mut beto, both) = pair(&world);
    each(|places| {
        let sprang = everywhere(
            places,
            &mut ana,
            &mut beto,
            |ana, _, n| {
                ana.say(&both, &format!("receive {places:?} {n}"));
                ana.sync();
            },
            false,
            |beto, _| sync(beto),
            |ana, beto, n| {
                equal(ana, beto, &both);
                assert_eq!(times(beto, &both, &format!("receive {places:?} {n}")), 1);
            },
        );
        assert!(sprang > 5, "{places:?}: only {sprang} places");
    });
}

#[test]
fn a_crash_anywhere_in_committing_reaches_the_groups_state() {
    let world = World::new();
    let (mut ana, mut beto, both) = pair(&world);
    each(|places| {
        let sprang = everywhere(
            places,
            &mut ana,
            &mut beto,
            |ana, _, n| {
                ana.client.renew_keys(&both).unwrap();
                ana.say(&both, &format!("commit {places:?} {n}"));
            },
            true,
            |ana, _| sync(ana),
            |ana, beto, n| {
                equal(ana, beto, &both);
                assert_eq!(times(beto, &both, &format!("commit {places:?} {n}")), 1);
            },
        );
        assert!(sprang > 10, "{places:?}: only {sprang} places");
    });
}

#[test]
fn a_crash_anywhere_in_following_a_commit_reaches_the_groups_state() {
    let world = World::new();
    let (mut ana, mut beto, both) = pair(&world);
    each(|places| {
        let sprang = everywhere(
            places,
            &mut ana,
            &mut beto,
            |ana, beto, n| {
                beto.say(&both, &format!("old epoch {places:?} {n}"));
                ana.client.renew_keys(&both).unwrap();
                ana.sync();
            },
            false,
            |beto, _| sync(beto),
            |ana, beto, n| {
                equal(ana, beto, &both);
                assert_eq!(times(ana, &both, &format!("old epoch {places:?} {n}")), 1);
            },
        );
        assert!(sprang > 10, "{places:?}: only {sprang} places");
    });
}

#[test]
fn a_crash_anywhere_in_joining_still_joins_once() {
    each(|places| {
        // a fresh world every few places: each place leaves a group behind, and all of them are synchronised
        let mut start = 0;
        loop {
            let world = World::new();
            let (mut ana, mut beto, _) = pair(&world);
            let b = beto.account();
            let done = everywhere_in(
                start..start + 12,
                places,
                &mut ana,
                &mut beto,
                |ana, _, n| {
                    let group = ana.client.create_group(&format!("grupo {places:?} {n}"), &[b], Suite::XWing).unwrap();
                    ana.say(&group, "bienvenido");
                    for _ in 0..3 {
                        ana.sync();
                    }
                },
                false,
                |beto, _| sync(beto),
                |ana, beto, n| {
                    let name = format!("grupo {places:?} {n}");
                    let group = ana.group(&name);
                    let joined = beto.client.conversations().unwrap().iter().filter(|c| c.name == name).count();
                    assert_eq!(joined, 1);
                    equal(ana, beto, &group);
                    // what was written before the invitation was read is in the joiner's first epoch
                    assert_eq!(times(beto, &group, "bienvenido"), 1);
                },
            );
            match done {
                Some(sprang) => {
                    assert!(sprang > 10, "{places:?}: only {sprang} places");
                    break;
                }
                None => start += 12,
            }
            assert!(start < 2_000, "the work never ends");
        }
    });
}

#[test]
fn a_crash_anywhere_in_asking_to_be_re_added_comes_back_once() {
    let world = World::new();
    let (mut ana, mut beto, both) = pair(&world);
    each(|places| {
        let sprang = everywhere(
            places,
            &mut ana,
            &mut beto,
            |_, beto, n| {
                beto.client.repair(&both).unwrap();
                beto.client.send_text(&both, &format!("repaired {places:?} {n}")).unwrap();
            },
            false,
            |beto, _| sync(beto),
            |ana, beto, n| {
                equal(ana, beto, &both);
                assert_eq!(times(ana, &both, &format!("repaired {places:?} {n}")), 1);
            },
        );
        assert!(sprang >= 4, "{places:?}: only {sprang} places");
    });
}

#[test]
fn a_crash_anywhere_in_coming_back_comes_back_once() {
    let world = World::new();
    let (mut ana, mut beto, both) = pair(&world);
    each(|places| {
        let sprang = everywhere(
            places,
            &mut ana,
            &mut beto,
            |ana, beto, n| {
                beto.client.repair(&both).unwrap();
                beto.client.send_text(&both, &format!("back {places:?} {n}")).unwrap();
                beto.sync();
                ana.sync();
                ana.say(&both, &format!("welcome {places:?} {n}"));
                ana.sync();
            },
            false,
            |beto, _| sync(beto),
            |ana, beto, n| {
                equal(ana, beto, &both);
                assert_eq!(times(ana, &both, &format!("back {places:?} {n}")), 1);
                assert_eq!(times(beto, &both, &format!("welcome {places:?} {n}")), 1);
            },
        );
        assert!(sprang > 10, "{places:?}: only {sprang} places");
    });
}
