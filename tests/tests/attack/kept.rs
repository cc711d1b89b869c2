//! What a device keeps for a relay that is restored: bounded, and compared by its bytes.
use lacre_core::limits::MAX_RAW_BYTES;
use lacre_core::network::{Lane, Network as _};
use lacre_core::view::{ConversationId, Standing, Suite};
use lacre_ground::ids::EntryId;
use lacre_ground::random::{self, SystemRng};
use lacre_proto::content::v1::Text;
use lacre_proto::content::v1::content::Kind;
use lacre_proto::relay::v1 as wire;
use lacre_tests::hostile;
use lacre_tests::world::{Person, World, append, befriend, copy_folder, settle};

/// Bytes of a long entry's message.
const LONG: usize = 240_000;

fn two() -> (World, Person, Person, ConversationId) {
    let world = World::new();
    let [mut ana, mut mala] = ["ana", "mala"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut mala);
    let members = [mala.account()];
    let group = ana.client.create_group("Mesa", &members, Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut mala]);
    (world, ana, mala, group)
}

/// Bytes in long rows of the profile.
fn held(person: &mut Person) -> usize {
    let rows = person.client.held_contents().unwrap();
    rows.iter().map(|row| row.len()).filter(|length| *length > LONG).sum()
}

/// Appends bytes that nobody's key opens.
fn append_noise(by: &mut Person, group: &ConversationId) {
    let (keys, at) = (by.client.channel_keys(group).unwrap(), by.client.whoami().unwrap().unwrap().relay);
    let (channel, read_token) = (keys.channel().as_bytes().to_vec(), keys.read_token.expose().to_vec());
    let head = wire::FetchRequest { channel: channel.clone(), read_token, from_seq: 1, max_entries: 1 };
    let read_to = by.net.fetch(&at, Lane::Conversations, head).unwrap().head;
    let request = wire::AppendRequest {
        channel,
        append_token: keys.append_token.expose().to_vec(),
        entry_id: random::bytes::<16>(&mut SystemRng).to_vec(),
        read_to,
        ciphertext: vec![7; LONG + 10_000].into(),
        seal: false,
        receipt: false,
        stamp: Vec::new(),
    };
    by.net.append(&at, Lane::Conversations, request).unwrap();
}

#[test]
fn what_nobody_can_read_is_kept_by_nobody() {
    let (_world, mut ana, mut mala, group) = two();
    for _ in 0..8 {
        append_noise(&mut mala, &group);
    }
    mala.say(&group, "here");
    settle(&mut [&mut mala, &mut ana]);

    assert_eq!((ana.texts(&group), held(&mut ana)), (vec!["here".to_owned()], 0));
}

#[test]
fn of_a_channel_the_newest_entries_are_kept_up_to_a_bound() {
    let (_world, mut ana, mut mala, group) = two();
    let bound = usize::try_from(MAX_RAW_BYTES).unwrap();
    let fit = bound / (LONG + 20_000);

    for _ in 0..fit {
        append(&mut mala, &group, &vec![7; LONG], false);
    }
    ana.sync();
    assert!(held(&mut ana) >= fit * LONG, "as many as fit are kept");
    for _ in 0..8 {
        append(&mut mala, &group, &vec![7; LONG], false);
    }
    ana.sync();
    let kept = held(&mut ana);
    assert!(kept < bound + 100 * fit, "{kept} bytes are more than the bound");
    assert!(kept > bound - 2 * LONG, "{kept} bytes: the newest are there");
}

#[test]
fn after_a_restore_other_bytes_under_a_known_id_are_another_entry() {
    let (mut world, mut ana, mut mala, group) = two();
    let mut beto = world.person("beto");
    befriend(&mut ana, &mut beto);
    ana.client.group_add(&group, &[beto.account()]).unwrap();
    settle(&mut [&mut ana, &mut mala, &mut beto]);
    world.stop_relay();
    let backup = world.data().with_extension("backup");
    copy_folder(&world.data(), &backup);
    world.start_relay();
    beto.say(&group, "lost by the relay");
    beto.sync();
    ana.sync();
    let (_, entries) = beto.client.stored_entries(&mut beto.net, &group).unwrap();
    let lost = entries.last().unwrap().id;
    world.stop_relay();
    std::fs::remove_dir_all(world.data()).unwrap();
    copy_folder(&backup, &world.data());
    world.new_generation();
    world.start_relay();

    // before anybody puts it back, mala writes under its id
    mala.sync();
    squat(&mut mala, &group, lost);
    for _ in 0..3 {
        [&mut ana, &mut beto, &mut mala].into_iter().for_each(Person::sync);
    }

    for person in [&mut ana, &mut beto] {
        assert_eq!(person.standing(&group), Standing::Active);
        let texts = person.texts(&group);
        assert!(texts.contains(&"under its id".into()), "what stands there is read: {texts:?}");
    }
    assert!(ana.texts(&group).contains(&"lost by the relay".into()), "and what was read is kept");
}

/// A message by this person's device in an entry of this id.
fn squat(by: &mut Person, group: &ConversationId, entry: EntryId) {
    let kind = Kind::Text(Text { text: "under its id".into(), ..Text::default() });
    hostile::say_in(by, group, entry, &random::bytes::<16>(&mut SystemRng), kind);
}

#[test]
fn a_channel_whose_beginning_is_not_kept_any_more_is_read_on_after_a_restore() {
    let (mut world, mut ana, mut mala, group) = two();
    world.stop_relay();
    let backup = world.data().with_extension("backup");
    copy_folder(&world.data(), &backup);
    world.start_relay();
    for _ in 0..usize::try_from(MAX_RAW_BYTES).unwrap() / LONG + 4 {
        append(&mut mala, &group, &vec![7; LONG], false);
    }
    ana.say(&group, "before");
    settle(&mut [&mut ana, &mut mala]);
    world.stop_relay();
    std::fs::remove_dir_all(world.data()).unwrap();
    copy_folder(&backup, &world.data());
    world.new_generation();
    world.start_relay();

    settle(&mut [&mut ana, &mut mala]);
    mala.say(&group, "after");
    settle(&mut [&mut mala, &mut ana]);
    for person in [&mut ana, &mut mala] {
        assert_eq!((person.standing(&group), person.texts(&group)), (Standing::Active, vec!["before".into(), "after".into()]));
    }
}
