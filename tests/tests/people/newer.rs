//! Messages of a kind that the reader's program does not know yet: kept, and shown as what they are by one that knows it.
use lacre_core::view::{Body, ConversationId, Happening, Message, Suite, Who};
use lacre_core::{Query, content_statement};
use lacre_ground::ids::EntryId;
use lacre_ground::random::SystemRng;
use lacre_profile::mls::MlsProvider;
use lacre_proto::content::v1 as content;
use lacre_tests::world::{Person, World, append_as, befriend, settle};
use openmls_traits::signatures::Signer as _;
use prost::Message as _;
use tls_codec::Serialize as _;

/// The number of a kind that nobody knows, as it stands before its bytes, and that of kinds that are known (the first in two
/// bytes, as an encoder may write it).
const NOBODYS: [u8; 2] = [0x9a, 0x06];
const TEXT: [u8; 2] = [0xd2, 0x00];
const REACTION: [u8; 2] = [0x82, 0x01];

/// Says something in a kind that nobody knows.
fn say_newer(person: &mut Person, group: &ConversationId, id: u8, bytes: &[u8]) {
    let who = person.client.whoami().unwrap().unwrap();
    let channel = person.client.channel_keys(group).unwrap().channel();
    let entry = EntryId::new(lacre_ground::random::bytes(&mut SystemRng));
    let known = content::Content { id: vec![id; 16], sent_at_ms: 1, stays_s: 0, again_ms: 0, kind: None }.encode_to_vec();
    let text = [&known, &NOBODYS[..], &[u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let name = data_encoding::HEXLOWER.decode(group.to_hex().as_bytes()).unwrap();
    let message = person
        .client
        .laboratory(group, |mls, step, crypto, key| {
            let statement = content_statement(who.account, who.device, &name, channel, entry, &text);
            let signed = content::SignedContent { content: text.clone(), signature: key.sign(&statement).unwrap() };
            let message = mls.create_message(&MlsProvider::new(step, crypto), key, &signed.encode_to_vec()).unwrap();
            message.tls_serialize_detached().unwrap()
        })
        .unwrap();
    append_as(person, group, entry, &message, false);
}

/// An update of the program: what nobody knew is this kind.
fn learn(person: &mut Person, message: &Message, kind: [u8; 2]) {
    let change = |bytes: &mut Vec<u8>| {
        let at = bytes.windows(2).position(|two| two == NOBODYS).unwrap();
        bytes[at..at + 2].copy_from_slice(&kind);
    };
    person.client.learn_kind(message, change).unwrap();
}

fn newer(person: &mut Person, group: &ConversationId) -> Vec<Message> {
    person.history(group).into_iter().filter(|m| m.body == Body::Newer).collect()
}

fn group_of_two(world: &World) -> (Person, Person, ConversationId) {
    let (mut ana, mut bruno) = (world.person("ana"), world.person("bruno"));
    befriend(&mut ana, &mut bruno);
    let members = [bruno.account()];
    let group = ana.client.create_group("mesa", &members, Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    (ana, bruno, group)
}

#[test]
fn a_message_of_a_newer_kind_is_kept_and_shown_as_what_it_is_once_the_program_knows_it() {
    let world = World::new();
    let (mut ana, mut bruno, group) = group_of_two(&world);
    ana.say(&group, "hola");
    settle(&mut [&mut ana, &mut bruno]);
    let hola = ana.history(&group).into_iter().find(|m| m.body == Body::Text("hola".into())).unwrap();
    let text = content::Text { text: "desde después".into(), reply_to: hola.id.as_bytes().to_vec(), ..Default::default() };
    say_newer(&mut bruno, &group, 5, &text.encode_to_vec());
    ana.sync();
    let sign = content::Reaction { target: hola.id.as_bytes().to_vec(), sign: "👍".into(), ..Default::default() };
    // the laboratory takes back what it did to the ratchet: the next is said in the next epoch
    ana.client.group_rename(&group, "sobremesa").unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    say_newer(&mut bruno, &group, 6, &sign.encode_to_vec());
    ana.sync();

    ana.restart();
    let kept = newer(&mut ana, &group);
    assert_eq!(kept.len(), 2, "the same program knows no more than before");
    learn(&mut ana, &kept[0], TEXT);
    learn(&mut ana, &kept[1], REACTION);
    let before = ana.client.events(0, 1_000).unwrap().last().map_or(0, |e| e.number);
    // killed anywhere while it looks
    let mut kills = 0;
    loop {
        ana.trap.arm_point(kills);
        let looked = ana.client.history(&group, 1, 100);
        if !ana.trap.disarm() {
            looked.unwrap();
            break;
        }
        ana.restart();
        kills += 1;
    }
    assert!(kills > 5, "{kills}");

    assert_eq!(newer(&mut ana, &group), []);
    let shown = ana.history(&group).into_iter().find(|m| m.id == kept[0].id).unwrap();
    assert_eq!((&shown.body, shown.position), (&Body::Text("desde después".into()), kept[0].position));
    assert_eq!(shown.reply_to.map(|quoted| quoted.id), Some(hola.id));
    let hola = ana.history(&group).into_iter().find(|m| m.id == hola.id).unwrap();
    assert_eq!(hola.reactions.iter().map(|r| r.sign.as_str()).collect::<Vec<_>>(), ["👍"]);
    assert!(ana.history(&group).iter().all(|m| m.id != kept[1].id), "a reaction makes no line");
    let changed: Vec<u64> = ana.client.events(before, 1_000).unwrap().into_iter().filter_map(changed_at).collect();
    assert_eq!(changed, [kept[0].position.unwrap(), hola.position.unwrap(), kept[1].position.unwrap()]);
    let found = ana.client.search(&Query { words: "despues".into(), ..Query::default() }, 10).unwrap();
    assert_eq!(found.messages.len(), 1);
    settle(&mut [&mut ana, &mut bruno]);
}

fn changed_at(event: lacre_core::view::Event) -> Option<u64> {
    match event.what {
        Happening::Changed { position, .. } => Some(position),
        _ => None,
    }
}

#[test]
fn a_kind_that_the_program_learns_and_that_breaks_its_bounds_is_shown_as_unreadable() {
    let world = World::new();
    let (mut ana, mut bruno, group) = group_of_two(&world);
    let text = content::Text { text: String::new(), reply_to: vec![1; 3], ..Default::default() };
    say_newer(&mut bruno, &group, 5, &text.encode_to_vec());
    ana.sync();
    let kept = newer(&mut ana, &group).remove(0);

    learn(&mut ana, &kept, TEXT);

    let shown = ana.history(&group).into_iter().find(|m| m.id == kept.id).unwrap();
    assert!(matches!(&shown.body, Body::Unreadable(why) if why.contains("text")), "{shown:?}");
}

// Seen red when an unknown kind did not count as speech.
#[test]
fn where_only_admins_write_a_kind_that_nobody_knows_is_no_way_around_it() {
    let world = World::new();
    let (mut ana, mut bruno, group) = group_of_two(&world);
    ana.client.group_allow(&group, None, Some(Who::Admins)).unwrap();
    settle(&mut [&mut ana, &mut bruno]);
    let text = content::Text { text: "escúchenme".into(), ..Default::default() };
    say_newer(&mut bruno, &group, 5, &text.encode_to_vec());
    ana.sync();

    let last = ana.history(&group).pop().unwrap();
    assert_eq!(last.body, Body::Refused);
    learn(&mut ana, &last, TEXT);
    ana.restart();
    let last = ana.history(&group).pop().unwrap();
    assert_eq!(last.body, Body::Refused, "also for a program that knows the kind");
}
