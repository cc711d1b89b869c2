//! A new account of a contact may be learnt anywhere, also in the very conversation that it ends.
use lacre_core::ContactTrouble;
use lacre_core::Trouble;
use lacre_core::view::Standing;
use lacre_proto::content::v1 as content;
use lacre_tests::hostile;
use lacre_tests::world::{Person, World, befriend, settle};

#[test]
fn a_conversation_that_tells_of_its_others_new_account_rests_from_then_on() {
    let world = World::new();
    let run = world.run();
    let (mut ana, mut lost) = (world.person("ana"), world.person_with("beto", &run));
    befriend(&mut ana, &mut lost);
    let (here, there) = (ana.with("beto"), lost.with("ana"));
    let mut beto = Person::new(&world.data().with_file_name("profile-beto-again"));
    beto.client.recover(&mut beto.net, &world.invite_again(&run)).unwrap();

    let entry = beto.client.own_entry().unwrap();
    let device = hostile::device(&entry).id.as_bytes().to_vec();
    let member = content::RosterEntry { device, account: Some(entry), inbox_token: Vec::new() };
    hostile::say(&mut lost, &there, content::content::Kind::Roster(content::Roster { members: vec![member] }));
    ana.sync();

    assert_eq!(ana.standing(&here), Standing::Replaced);
    for again in ["a round later", "after a restart"] {
        lost.say(&there, again);
        lost.sync();
        settle(&mut [&mut ana, &mut beto]);
        assert_eq!(ana.standing(&here), Standing::Replaced, "{again}");
        assert_eq!(ana.texts(&here), Vec::<String>::new(), "{again}");
        assert!(matches!(ana.client.send_text(&here, "x"), Err(Trouble::Contact(ContactTrouble::NewAccount))), "{again}");
        ana.restart();
    }
}
