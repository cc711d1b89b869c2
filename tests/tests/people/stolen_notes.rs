//! What a relay says of resets is held against the registrar's key, and against what it said before.
use super::stolen::recovered;
use lacre_core::view::{Happening, Standing};
use lacre_ground::account::{Binding, REGISTRAR, Reset};
use lacre_ground::ids::{AccountId, Handle};
use lacre_ground::note::NoteSigner;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_relay::identity::IdentityKey;
use lacre_tests::tap::Tap;
use lacre_tests::world::{World, befriend};

#[test]
fn notes_that_the_registrar_did_not_sign_or_signed_otherwise_before_are_passed_over_with_a_word() {
    let world = World::new();
    let run = world.run();
    let (mut ana, mut beto) = (world.person_with("ana", &run), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let (old, both) = (ana.account(), beto.with("ana"));
    let registrar = IdentityKey::load(&world.data().join("identity.key")).unwrap().signer(REGISTRAR).unwrap();
    let forger = NoteSigner::new(REGISTRAR, &[9; 32]).unwrap();
    let handle = Handle::parse("ana").unwrap();
    let note = |replaces, account, at| Reset { handle: handle.clone(), account, replaces, reset_at: Millis::new(at) };
    let (other, third) = (AccountId::new([1; 32]), AccountId::new([2; 32]));
    let binding = Binding { handle: handle.clone(), account: other, bound_at: Millis::new(5) };
    let wrong = [
        note(old, other, 5).sign(&forger).unwrap(),
        binding.sign(&registrar).unwrap(),
        note(old, old, 5).sign(&registrar).unwrap(),
        "no note".to_owned(),
        note(third, other, 5).sign(&registrar).unwrap(),
        note(third, old, 5).sign(&registrar).unwrap(),
    ];
    let known = beto.client.events(0, 1_000).unwrap().len();
    let mut asked = Vec::new();
    let mut tap = Tap::new(&mut beto.net);
    tap.resets = Box::new(|from, answer| {
        asked.push(from);
        let answer = answer?;
        let notes = wrong[usize::try_from(from).unwrap() - 1..].to_vec();
        Ok(wire::ResetsResponse { notes, head: 6, ..answer })
    });
    for _ in 0..2 {
        beto.client.sync(&mut tap).unwrap();
    }
    drop(tap);

    let told: Vec<Happening> = beto.client.events(0, 1_000).unwrap().into_iter().skip(known).map(|e| e.what).collect();
    assert!(matches!(told.as_slice(), [Happening::Unreadable { reason, .. }] if reason.contains("5 notes")), "{told:?}");
    assert_eq!((beto.standing(&both), asked), (Standing::Active, vec![1, 6]));
    // the relay goes back in its numbers, repeats what it said, and calls itself another one: nothing happens
    let repeated = wrong.to_vec();
    let mut tap = Tap::new(&mut beto.net);
    tap.resets = Box::new(|from, answer| {
        let notes = if from == 1 { repeated[4..5].to_vec() } else { Vec::new() };
        Ok(wire::ResetsResponse { notes, head: 1, ..answer? })
    });
    beto.client.sync(&mut tap).unwrap();
    drop(tap);
    assert_eq!(beto.client.events(0, 1_000).unwrap().len(), known + 1);
    // and the person's own reset is learnt all the same
    let mut again = recovered(&world, &run);
    beto.sync();
    assert_eq!(beto.standing(&both), Standing::Replaced);
    assert_eq!(beto.client.contacts().unwrap()[0].new_account.unwrap().account, again.account());
}

#[test]
fn three_hundred_resets_come_in_pages_and_the_next_question_is_about_what_is_new() {
    let world = World::new();
    let run = world.run();
    let (mut ana, mut beto) = (world.person_with("ana", &run), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let (old, both) = (ana.account(), beto.with("ana"));
    let registrar = IdentityKey::load(&world.data().join("identity.key")).unwrap().signer(REGISTRAR).unwrap();
    let account = |n: u16| {
        let mut bytes = [3; 32];
        bytes[..2].copy_from_slice(&n.to_be_bytes());
        AccountId::new(bytes)
    };
    // strangers, and at the end a contact who was reset three times in a row
    let notes: Vec<String> = (1..=300u16)
        .map(|n| {
            let replaces = if n == 298 { old } else { account(n - 1) };
            let handle = Handle::parse(if n < 298 { "nadie" } else { "ana" }).unwrap();
            let reset = Reset { handle, account: account(n), replaces, reset_at: Millis::new(1_800_000_000_000 + u64::from(n)) };
            reset.sign(&registrar).unwrap()
        })
        .collect();
    let mut asked = Vec::new();
    for again in [false, true] {
        let mut tap = Tap::new(&mut beto.net);
        tap.resets = Box::new(|from, answer| {
            asked.push(from);
            let from = usize::try_from(from).unwrap() - 1;
            let page = notes.iter().skip(from).take(256).cloned().collect();
            Ok(wire::ResetsResponse { notes: page, head: 300, ..answer? })
        });
        beto.client.sync(&mut tap).unwrap();
        drop(tap);
        if !again {
            beto.restart();
        }
    }

    assert_eq!(asked, [1, 257, 300]);
    let contact = beto.client.contacts().unwrap().remove(0);
    let new = contact.new_account.unwrap();
    assert_eq!((new.account, new.at), (account(300), Millis::new(1_800_000_000_298)), "the last one, since the first");
    assert_eq!(beto.standing(&both), Standing::Replaced);
    // a relay that was restored begins anew: another generation, other numbers
    let mut asked = Vec::new();
    let mut tap = Tap::new(&mut beto.net);
    tap.resets = Box::new(|from, answer| {
        asked.push(from);
        let notes = notes[..2].iter().skip(usize::try_from(from).unwrap() - 1).cloned().collect();
        answer.map(|_| wire::ResetsResponse { generation: vec![9; 16], notes, head: 2 })
    });
    for _ in 0..2 {
        beto.client.sync(&mut tap).unwrap();
    }
    drop(tap);
    assert_eq!(asked, [300, 1, 2]);
}
