//! Contacts: who is trusted, who is kept away, who may ask.
use lacre_core::Trouble;
use lacre_core::limits::{MAX_LINK_NAME, MAX_LINKS};
use lacre_core::view::{Contact, ContactState, Happening, Standing, Suite, Trust};
use lacre_core::{ContactTrouble, MessageTrouble, OutboxTrouble};
use lacre_ground::ids::Handle;
use lacre_tests::terminal::{Town, befriend as introduce};
use lacre_tests::world::{Person, World, befriend, copy_folder, settle};
use serde_json::json;

fn contact(of: &mut Person, handle: &str) -> Contact {
    let all = of.client.contacts().unwrap();
    all.into_iter().find(|c| c.handle.as_str() == handle).expect("a contact")
}

// Seen red: with `trust` looking at one side's keys only.
#[test]
fn what_two_people_compared_is_remembered_until_a_device_of_either_comes_or_goes() {
    let world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let (a, b) = (ana.account(), beto.account());

    let number = ana.client.safety(&b).unwrap().number;
    assert_eq!(beto.client.safety(&a).unwrap().number, number);
    assert_eq!(contact(&mut ana, "beto").trust, Trust::NotCompared);
    ana.client.safety_shown(&b, &number).unwrap();
    ana.client.safety_confirm(&b, &number).unwrap();
    ana.restart();
    assert!(matches!(contact(&mut ana, "beto").trust, Trust::Compared { .. }));
    assert_eq!(contact(&mut beto, "ana").trust, Trust::NotCompared, "the other notes it himself");

    let linked = beto.client.entry_with_another_device().unwrap();
    ana.client.suppose_contact(&linked).unwrap();

    assert!(matches!(contact(&mut ana, "beto").trust, Trust::Changed { .. }));
    let told = Happening::KeysChanged { account: *b.as_bytes() };
    assert!(ana.client.events(0, 1_000).unwrap().iter().any(|e| e.what == told));
    assert!(matches!(ana.client.safety_confirm(&b, &number), Err(Trouble::Contact(ContactTrouble::SafetyChanged))));
    let again = ana.client.safety(&b).unwrap();
    assert_eq!((again.shown == Some(again.number), again.shown), (false, Some(number)));
    ana.client.safety_confirm(&b, &again.number).unwrap();
    assert!(matches!(contact(&mut ana, "beto").trust, Trust::Compared { .. }));
}

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

/// What a person was told, as names of events.
fn told(person: &mut Person) -> Vec<Happening> {
    person.client.events(0, 10_000).unwrap().into_iter().map(|e| e.what).collect()
}

fn asks(asker: &mut Person, handle: &str) -> Contact {
    asker.client.contact_add(&mut asker.net, &Handle::parse(handle).unwrap(), "hola").unwrap();
    asker.sync();
    contact(asker, handle)
}

// Seen red: without `end_two` the text came.
#[test]
fn who_is_blocked_is_told_nothing_and_nothing_of_theirs_is_read() {
    let world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let (b, both) = (beto.account(), ana.with("beto"));
    ana.say(&both, "antes");
    settle(&mut [&mut ana, &mut beto]);
    let (told_before, members_before) = (told(&mut beto), beto.client.conversation(&both).unwrap().members);
    let epoch = beto.client.conversation(&both).unwrap().epoch;

    ana.client.contact_block(&b).unwrap();
    ana.sync();
    assert_eq!(ana.standing(&both), Standing::Blocked);
    assert!(matches!(ana.client.send_text(&both, "x"), Err(Trouble::Message(MessageTrouble::NotActive(Standing::Blocked)))));
    assert!(matches!(ana.client.send_to_contact(&b, "x"), Err(Trouble::Message(MessageTrouble::NotActive(Standing::Blocked)))));
    assert!(matches!(
        ana.client.create_group("Mesa", &[b], Suite::XWing),
        Err(Trouble::Message(MessageTrouble::NotActive(Standing::Blocked)))
    ));
    ana.restart();
    beto.say(&both, "mientras tanto");
    settle(&mut [&mut ana, &mut beto]);

    assert_eq!(ana.texts(&both), ["antes"]);
    assert_eq!(beto.texts(&both), ["antes", "mientras tanto"]);
    let after = beto.client.conversation(&both).unwrap();
    assert_eq!((after.members, after.epoch, after.standing), (members_before, epoch, Standing::Active));
    let told_since = told(&mut beto).split_off(told_before.len());
    assert!(matches!(told_since.as_slice(), [Happening::Sent { .. }]), "{told_since:?}");
}

// Seen red: without `is_heard` the second request was shown.
#[test]
fn what_a_blocked_person_sends_by_other_ways_is_dropped_without_a_word() {
    let world = World::new();
    let (mut ana, mut beto, mut carla) = (world.person("ana"), world.person("beto"), world.person("carla"));
    befriend(&mut ana, &mut beto);
    let (a, b, c) = (ana.account(), beto.account(), carla.account());
    let link = ana.client.link_make("").unwrap();
    asks(&mut carla, "ana");
    ana.sync();
    ana.client.contact_block(&b).unwrap();
    ana.client.contact_block(&c).unwrap();
    ana.sync();
    let before = told(&mut ana).len();
    carla.client.contact_add_by_link(&mut carla.net, &link.link, "otra vez").unwrap();

    // by the right that was made for them, which is withdrawn, and then by the public one
    beto.client.create_group("trampa", &[a], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);

    assert!(ana.client.conversations().unwrap().iter().all(|c| c.name != "trampa"));
    assert_eq!(contact(&mut ana, "carla").text, "hola");
    assert_eq!(told(&mut ana).len(), before, "{:?}", told(&mut ana));
    assert!(!told(&mut beto).iter().any(|h| matches!(h, Happening::Unreadable { .. })), "{:?}", told(&mut beto));
}

// Seen red: with the conversation going on where it stood, "mientras tanto" was read.
#[test]
fn who_is_unblocked_writes_again_and_what_was_written_meanwhile_is_never_read() {
    let world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let (b, both) = (beto.account(), ana.with("beto"));
    ana.client.contact_block(&b).unwrap();
    ana.client.contact_block(&b).unwrap();
    ana.sync();
    beto.say(&both, "mientras tanto");
    settle(&mut [&mut ana, &mut beto]);

    let contact = ana.client.contact_unblock(&b).unwrap();
    assert_eq!((contact.state, contact.blocked), (ContactState::Accepted, None));
    settle(&mut [&mut ana, &mut beto]);
    beto.say(&both, "¿estás?");
    ana.say(&both, "aquí estoy");
    settle(&mut [&mut ana, &mut beto]);

    let mut read = ana.texts(&both);
    read.sort();
    assert_eq!(read, ["aquí estoy", "¿estás?"]);
    assert_eq!(ana.standing(&both), Standing::Active);
    ana.client.create_group("Mesa", &[b], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto]);
    assert!(beto.client.conversations().unwrap().iter().any(|c| c.name == "Mesa"), "and invitations arrive");
}

// Seen red: for the greater account id it was "has not accepted yet".
#[test]
fn a_yes_to_a_request_that_crossed_the_own_one_is_a_yes_and_one_conversation_comes() {
    let world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    let (a, b) = (ana.account(), beto.account());
    for (one, other) in [(&mut ana, "beto"), (&mut beto, "ana")] {
        one.client.contact_add(&mut one.net, &Handle::parse(other).unwrap(), "hola").unwrap();
    }
    ana.sync();
    beto.sync();
    ana.sync();

    for (one, other) in [(&mut ana, b), (&mut beto, a)] {
        let said = one.client.contact_accept(&other).unwrap();
        assert!(matches!(said.state, ContactState::Accepted | ContactState::Asked), "{said:?}");
    }
    settle(&mut [&mut ana, &mut beto]);

    assert_eq!(
        (contact(&mut ana, "beto").state, contact(&mut beto, "ana").state),
        (ContactState::Accepted, ContactState::Accepted)
    );
    let both = ana.with("beto");
    ana.say(&both, "al fin");
    settle(&mut [&mut ana, &mut beto]);
    let theirs = beto.with("ana");
    assert_eq!(beto.texts(&theirs), ["al fin"]);
    assert_eq!(beto.client.conversations().unwrap().len(), 1);
}

// Seen red: without what was missed being said again "¿estás?" was sent and never read.
#[test]
fn what_is_said_to_somebody_who_asks_to_be_back_is_read_once_and_nothing_before_it() {
    let world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let (b, both) = (beto.account(), ana.with("beto"));
    beto.say(&both, "antes");
    settle(&mut [&mut ana, &mut beto]);
    ana.client.contact_block(&b).unwrap();
    ana.sync();
    beto.say(&both, "mientras tanto");
    beto.sync();

    ana.client.contact_unblock(&b).unwrap();
    ana.sync();
    // beto's program has not read yet that she is to be taken back
    let said = ["¿estás?", "¿y ahora?"];
    for text in said {
        beto.say(&both, text);
    }
    settle(&mut [&mut ana, &mut beto]);

    assert_eq!(ana.texts(&both), ["antes", said[0], said[1]]);
    assert_eq!(beto.texts(&both), ["antes", "mientras tanto", said[0], said[1]], "each once");
}

// Seen red: with `others.first()` as heir the blocked one had the group.
#[test]
fn shared_groups_stay_until_the_person_leaves_them_and_the_blocked_one_inherits_nothing() {
    let world = World::new();
    let (mut ana, mut beto, mut carla) = (world.person("ana"), world.person("beto"), world.person("carla"));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut carla);
    let (b, c) = (beto.account(), carla.account());
    let group = ana.client.create_group("Mesa", &[b, c], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    let (twos, carla_knows) = (ana.with("beto"), carla.client.find_person(&Handle::parse("beto").unwrap()).unwrap());
    assert_eq!(carla_knows, Some(b), "a member who is no contact can be blocked too");
    carla.client.contact_block(&b).unwrap();
    ana.client.contact_block(&b).unwrap();

    beto.say(&group, "en el grupo");
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    assert_eq!(ana.texts(&group), ["en el grupo"]);
    assert_eq!(carla.texts(&group), ["en el grupo"]);
    let shared: Vec<String> = ana.client.shared_groups(&b).unwrap().into_iter().map(|g| g.name).collect();
    assert_eq!(shared, ["Mesa"]);

    // a blocked member that is lost comes back into the group all the same
    beto.client.repair(&group).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    assert_eq!(beto.standing(&group), Standing::Active);
    assert_eq!(ana.client.leave(&group).unwrap(), Some(c));
    settle(&mut [&mut ana, &mut beto, &mut carla]);

    assert!(ana.client.shared_groups(&b).unwrap().is_empty());
    let admins = carla.client.conversation(&group).unwrap().members.into_iter().filter(|m| m.admin);
    assert_eq!(admins.map(|m| m.account).collect::<Vec<_>>(), [c]);
    assert_eq!(ana.standing(&twos), Standing::Blocked);
    carla.client.contact_unblock(&b).unwrap();
    assert!(carla.client.contacts().unwrap().iter().all(|x| x.account != b), "who was no contact is none afterwards");
}

// Seen red: with the public right left at the relay.
#[test]
fn while_nobody_new_may_ask_contacts_and_links_still_reach() {
    let world = World::new();
    let (mut ana, mut beto, mut carla) = (world.person("ana"), world.person("beto"), world.person("carla"));
    befriend(&mut ana, &mut beto);
    let a = ana.account();
    ana.client.set_nobody_new(true).unwrap();
    ana.restart();
    ana.sync();
    assert!(ana.client.nobody_new().unwrap());

    assert_eq!(asks(&mut carla, "ana").state, ContactState::NotTaken);
    assert!(told(&mut carla).contains(&Happening::ContactNotTaken { account: *a.as_bytes() }));
    let both = ana.with("beto");
    beto.say(&both, "yo sí");
    let link = ana.client.link_make("para Carla").unwrap();
    carla.client.contact_add_by_link(&mut carla.net, &link.link, "con tu enlace").unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);

    assert_eq!(ana.texts(&both), ["yo sí"]);
    let asking = contact(&mut ana, "carla");
    assert_eq!((asking.state, asking.text.as_str()), (ContactState::Asking, "con tu enlace"));
    ana.client.contact_accept(&asking.account).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    assert_eq!(contact(&mut carla, "ana").state, ContactState::Accepted);

    let mut dario = world.person("dario");
    ana.client.set_nobody_new(false).unwrap();
    ana.sync();
    assert_eq!(asks(&mut dario, "ana").state, ContactState::Asked);
    ana.sync();
    assert_eq!(contact(&mut ana, "dario").state, ContactState::Asking);
}

// Seen red: without `withdraw_again` the restored relay took the request by the revoked link.
#[test]
fn a_revoked_link_works_no_longer_also_at_a_relay_that_came_back_from_a_backup() {
    let mut world = World::new();
    let (mut ana, mut beto, mut carla) = (world.person("ana"), world.person("beto"), world.person("carla"));
    let (kept, revoked) = (ana.client.link_make("").unwrap(), ana.client.link_make("feria").unwrap());
    ana.sync();
    world.stop_relay();
    let backup = world.data().with_file_name("backup");
    copy_folder(&world.data(), &backup);
    world.start_relay();
    ana.client.link_revoke(revoked.number).unwrap();
    ana.client.set_nobody_new(true).unwrap();
    ana.sync();
    assert!(matches!(ana.client.link_revoke(revoked.number), Err(Trouble::Outbox(OutboxTrouble::NoSuchItem))));
    assert_eq!(ana.client.links().unwrap().iter().map(|l| l.number).collect::<Vec<_>>(), [kept.number]);

    world.stop_relay();
    std::fs::remove_dir_all(world.data()).unwrap();
    copy_folder(&backup, &world.data());
    world.new_generation();
    world.start_relay();
    ana.sync();
    carla.client.contact_add_by_link(&mut carla.net, &revoked.link, "").unwrap();
    beto.client.contact_add_by_link(&mut beto.net, &kept.link, "").unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);

    assert_eq!(contact(&mut carla, "ana").state, ContactState::NotTaken);
    let asking: Vec<String> = ana.client.contacts().unwrap().iter().map(|c| c.handle.as_str().to_owned()).collect();
    assert_eq!(asking, ["beto"]);
}

#[test]
fn links_end_at_their_limits() {
    let world = World::new();
    let mut ana = world.person("ana");

    assert!(ana.client.link_make(&"x".repeat(MAX_LINK_NAME)).is_ok());
    assert!(matches!(
        ana.client.link_make(&"x".repeat(MAX_LINK_NAME + 1)),
        Err(Trouble::Message(MessageTrouble::TooLong { .. }))
    ));
    for _ in 1..MAX_LINKS {
        ana.client.link_make("").unwrap();
        ana.sync();
    }
    assert!(matches!(ana.client.link_make(""), Err(Trouble::Contact(ContactTrouble::TooManyLinks { .. }))));
    ana.client.link_revoke(1).unwrap();
    assert_eq!(ana.client.link_make("").unwrap().number, u64::try_from(MAX_LINKS).unwrap() + 1, "numbers are given once");
}

#[test]
fn blocking_and_links_at_the_terminal() {
    let town = Town::new();
    let (ana, bruno) = town.pair();
    ana.run(&["group", "create", "Mesa", "@bruno"]).done();
    bruno.run(&["list"]).done();

    let blocked = ana.run(&["contact", "block", "@bruno"]);
    let again = ana.run(&["contact", "block", "@bruno", "--everywhere"]);
    let refused = ana.run(&["send", "@bruno", "hola"]);
    assert!(blocked.done().contains("«Mesa»"));
    assert_eq!(again.code, Some(1), "nobody said yes: {again:?}");
    assert!(again.err.contains("¿Salir"), "{again:?}");
    assert!(refused.failed(1).contains("lacre contact unblock"));
    assert_eq!(ana.json(&["contact", "list"])["contacts"], json!([]));
    assert!(ana.json(&["contact", "list", "--blocked"])["contacts"][0]["blocked_at"].is_string());
    assert_eq!(ana.run(&[]).done(), "Nada nuevo.\n");
    let left = ana.json(&["contact", "block", "@bruno", "--everywhere", "--yes"]);
    assert_eq!(left["left"].as_array().unwrap().len(), 1, "{left}");
    let mesa = |person: &lacre_tests::terminal::Person| {
        let list = person.json(&["list"]);
        list["conversations"].as_array().unwrap().iter().find(|c| c["name"] == "Mesa").unwrap()["standing"].clone()
    };
    bruno.run(&["list"]).done();
    bruno.run(&["list"]).done();
    assert_eq!(mesa(&ana), "removed");
    ana.run(&["contact", "unblock", "@bruno"]).done();
    assert_eq!(ana.json(&["contact", "list"])["contacts"][0]["blocked_at"], json!(null));

    assert!(ana.run(&["contact", "nobody-new", "on"]).done().starts_with("Nadie nuevo"));
    let carla = town.person(2, "carla");
    assert!(carla.run(&["contact", "add", "@ana"]).failed(1).contains("ENLACE"));
    let link = ana.run(&["contact", "link", "para Carla"]).done();
    let cut = carla.run(&["contact", "add", link.trim().get(..100).unwrap()]);
    assert!(cut.failed(2).contains("enlace"));
    carla.run(&["contact", "add", link.trim(), "soy Carla"]).done();
    assert_eq!(ana.json(&["list"])["requests"][0]["text"], "soy Carla");
    let listed = ana.json(&["contact", "link", "--list"]);
    assert_eq!((&listed["links"][0]["name"], &listed["links"][0]["link"]), (&json!("para Carla"), &json!(link.trim())));
    ana.run(&["contact", "link", "--revoke", "1"]).done();
    assert!(ana.run(&["contact", "link", "--revoke", "1"]).failed(1).contains("--list"));
    assert_eq!(ana.json(&["contact", "link", "--list"])["links"], json!([]));
    assert!(ana.run(&["contact", "nobody-new"]).done().starts_with("Nadie nuevo"));
}

/// As a relay before this one did when somebody else's account named the inbox and went: nobody can write there any more.
#[test]
fn an_inbox_that_lost_its_rights_is_noticed_by_its_owner_and_mended() {
    let mut world = World::new();
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    ana.sync();
    world.stop_relay();
    let store = rusqlite::Connection::open(world.data().join("relay.sqlite")).unwrap();
    assert!(store.execute("DELETE FROM append_right", []).unwrap() > 0);
    drop(store);
    world.start_relay();

    ana.restart();
    ana.sync();

    let told = ana.client.events(0, 1_000).unwrap();
    assert!(told.iter().any(|e| matches!(e.what, Happening::InboxMended { rights } if rights > 0)));
    let handle = ana.client.whoami().unwrap().unwrap().handle;
    beto.client.contact_add(&mut beto.net, &handle, "hello").unwrap();
    beto.client.sync(&mut beto.net).unwrap();
    ana.sync();
    assert!(ana.client.contacts().unwrap().iter().any(|c| c.text == "hello"));
}

/// Two people, the one with the smaller account id first if `smaller_first`.
fn pair(world: &World, smaller_first: bool, at: &str) -> (Person, Person) {
    let (mut one, mut other) = (world.person(&format!("uno{at}")), world.person(&format!("dos{at}")));
    if (one.account() < other.account()) == smaller_first { (one, other) } else { (other, one) }
}

fn handle_of(person: &mut Person) -> String {
    person.client.whoami().unwrap().unwrap().handle.as_str().to_owned()
}

fn are_in_touch(one: &mut Person, other: &mut Person) {
    settle(&mut [one, other]);
    let (a, b) = (handle_of(one), handle_of(other));
    let (here, there) = (one.with(&b), other.with(&a));
    assert_eq!(here, there, "one conversation");
    one.say(&here, "so we talk");
    settle(&mut [one, other]);
    assert_eq!(other.texts(&there), ["so we talk"]);
}

/// Half of these pairs waited for ever. Red with `Declined` asking anew, and without `ask_again`.
#[test]
fn a_request_after_a_decline_or_one_that_was_never_taken_ends_in_one_conversation_for_every_pair() {
    let world = World::new();
    for smaller_first in [true, false] {
        // declined, and then asked
        let (mut one, mut other) = pair(&world, smaller_first, if smaller_first { "a" } else { "b" });
        let name = handle_of(&mut one);
        asks(&mut one, &handle_of(&mut other));
        other.sync();
        let account = one.account();
        other.client.contact_decline(&account).unwrap();
        other.sync();
        assert_eq!(asks(&mut other, &name).state, ContactState::Accepted, "who asks whom it declined accepts");
        are_in_touch(&mut one, &mut other);

        // never taken, and then asked by the other
        let (mut one, mut other) = pair(&world, smaller_first, if smaller_first { "c" } else { "d" });
        other.client.set_nobody_new(true).unwrap();
        other.sync();
        let name = handle_of(&mut one);
        assert_eq!(asks(&mut one, &handle_of(&mut other)).state, ContactState::NotTaken);
        other.client.set_nobody_new(false).unwrap();
        other.sync();
        asks(&mut other, &name);
        are_in_touch(&mut one, &mut other);

        // crossed
        let (mut one, mut other) = pair(&world, smaller_first, if smaller_first { "e" } else { "f" });
        let (a, b) = (handle_of(&mut one), handle_of(&mut other));
        one.client.contact_add(&mut one.net, &Handle::parse(&b).unwrap(), "hola").unwrap();
        other.client.contact_add(&mut other.net, &Handle::parse(&a).unwrap(), "hola").unwrap();
        are_in_touch(&mut one, &mut other);
    }
}
