//! Profiles with which v0.1.0 could do nothing any more work again in this version, and nothing is lost.
//!
//! | `tests/fixtures/v0.1.0-bricked` | how it came about |
//! |---|---|
//! | `claimed-twice` | ana made a group with beto; while one program claimed his key package, a second one claimed another and made the commit. Every command said "cutting a Welcome: no part for this key package" |
//! | `no-way-back` | in ana's group dario asked beto to be re-added, whom he had given no right to write to him, and his account has no public one. Every command of beto said "the contact is not accepted yet" |
use lacre_core::view::Standing;
use lacre_tests::world::{Person, World, settle};
use std::path::Path;

const HOUR_MS: u64 = 3_600_000;

fn kept(name: &str) -> World {
    World::kept(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/v0.1.0-bricked").join(name), HOUR_MS)
}

/// Both are in this group and go on: these texts were kept, and new ones come.
fn whole(ana: &mut Person, beto: &mut Person, name: &str, texts: &[&str]) {
    let (at_ana, at_beto) = (ana.group(name), beto.group(name));
    beto.say(&at_beto, "seguimos");
    settle(&mut [ana, beto]);
    ana.client.renew_keys(&at_ana).unwrap();
    settle(&mut [ana, beto]);
    let (here, there) = (ana.client.conversation(&at_ana).unwrap(), beto.client.conversation(&at_beto).unwrap());
    assert_eq!((here.standing, there.standing), (Standing::Active, Standing::Active));
    assert_eq!(here.epoch_authenticator, there.epoch_authenticator, "one group");
    for (person, group) in [(ana, &at_ana), (beto, &at_beto)] {
        let mut heard = person.texts(group);
        heard.sort();
        let mut said = [texts, &["seguimos"]].concat();
        said.sort_unstable();
        assert_eq!(heard, said, "all of it, once");
    }
}

#[test]
fn a_profile_that_claimed_an_invitee_twice_works_again() {
    let world = kept("claimed-twice");
    let [mut ana, mut beto] = ["ana", "beto"].map(|handle| world.kept_person(handle));
    let with_beto = ana.with("beto");
    assert_eq!(ana.texts(&with_beto), ["hola"]);

    settle(&mut [&mut ana, &mut beto]);

    whole(&mut ana, &mut beto, "Mesa", &["a la mesa"]);
}

#[test]
fn a_profile_that_could_not_tell_somebody_of_his_return_works_again() {
    let world = kept("no-way-back");
    let [mut ana, mut beto] = ["ana", "beto"].map(|handle| world.kept_person(handle));

    settle(&mut [&mut ana, &mut beto]);

    let with_ana = beto.with("ana");
    assert_eq!(beto.texts(&with_ana), ["¿estás?"]);
    whole(&mut ana, &mut beto, "Coro", &["hola", "¿y Darío?", "aquí estoy"]);
}
