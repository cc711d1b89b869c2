//! Contacts: who is trusted, who is kept away, who may ask.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a panic is how a test says no"
)]

use lacre_client::Trouble;
use lacre_client::view::{Contact, Happening, Trust};
use lacre_tests::terminal::{Town, befriend as introduce};
use lacre_tests::world::{Person, World, befriend};
use serde_json::json;

fn contact(of: &mut Person, handle: &str) -> Contact {
    let all = of.client.contacts().unwrap();
    all.into_iter().find(|c| c.handle.as_str() == handle).expect("a contact")
}

// Seen red: with the mark kept in memory only, and with `trust` looking at one side's keys only.
#[test]
fn what_two_people_compared_is_remembered_until_a_device_of_either_comes_or_goes() {
    let world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let (a, b) = (ana.account(), beto.account());

    let number = ana.client.safety(&b).unwrap().number;
    assert_eq!(beto.client.safety(&a).unwrap().number, number);
    assert_eq!(contact(&mut ana, "beto").trust, Trust::NotCompared);
    ana.client.safety_confirm(&b, &number).unwrap();
    ana.restart();
    assert!(matches!(contact(&mut ana, "beto").trust, Trust::Compared { .. }));
    assert_eq!(contact(&mut beto, "ana").trust, Trust::NotCompared, "the other notes it himself");

    let linked = beto.client.entry_with_another_device().unwrap();
    ana.client.suppose_contact(&linked).unwrap();

    assert!(matches!(contact(&mut ana, "beto").trust, Trust::Changed { .. }));
    let told = Happening::KeysChanged { account: *b.as_bytes() };
    assert!(ana.client.events(0, 1_000).unwrap().iter().any(|e| e.what == told));
    assert!(matches!(ana.client.safety_confirm(&b, &number), Err(Trouble::SafetyChanged)));
    let again = ana.client.safety(&b).unwrap();
    assert_eq!(again.shown_before, Some(number));
    ana.client.safety_confirm(&b, &again.number).unwrap();
    assert!(matches!(contact(&mut ana, "beto").trust, Trust::Compared { .. }));
}

// Seen red: with `confirmed` not looking at `same`.
#[test]
fn the_safety_number_is_shown_compared_and_confirmed_at_the_terminal() {
    let town = Town::new();
    let (ana, bruno) = (town.person(0, "ana"), town.person(1, "bruno"));
    introduce(&ana, &bruno);

    let screen = ana.run(&["contact", "verify", "@bruno"]).done();
    let read = bruno.json(&["contact", "verify", "@ana"]);
    let words = read["safety_number"].as_str().unwrap().to_owned();
    assert_eq!(words.split(' ').count(), 12);
    assert!(words.split(' ').all(|word| screen.contains(word)), "{screen}");
    assert!(screen.contains('█') && screen.contains("--confirm"), "{screen}");
    assert_eq!(read["qr"], words.to_uppercase());

    let same = ana.run(&["contact", "verify", "@bruno", "--compare", &read["qr"].as_str().unwrap().replace(' ', "-")]);
    let other = words.replacen(words.split(' ').next().unwrap(), "bababa", 1);
    let different = ana.run(&["contact", "verify", "@bruno", "--compare", &other, "--confirm"]);
    let cut = ana.run(&["contact", "verify", "@bruno", "--compare", "bababa"]);
    let nobody = ana.run(&["contact", "verify", "@carla"]);
    assert_eq!((same.code, different.code), (Some(0), Some(1)), "{same:?} {different:?}");
    assert!(different.out.contains("NO es el mismo"), "{different:?}");
    assert!(cut.failed(2).contains("doce palabras"));
    assert!(nobody.failed(1).contains("@carla"));
    assert_eq!(ana.json(&["contact", "list"])["contacts"][0]["trust"], "not-compared");

    let confirmed = ana.json(&["contact", "verify", "@bruno", "--compare", &words, "--confirm"]);
    assert_eq!((&confirmed["same"], &confirmed["confirmed"]), (&json!(true), &json!(true)));
    assert_eq!(confirmed["contact"]["trust"], "compared");
    assert!(ana.run(&["contact", "list"]).done().contains("comparado"));
    assert!(ana.run(&["contact", "verify", "@bruno", "--lang", "en"]).done().contains("The keys are the same"));
}
