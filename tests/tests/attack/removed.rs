//! Whoever was removed from a group, with a program that does not obey: it keeps what it held, and writes with it.
use lacre_core::crypt::entry::open_entry;
use lacre_core::network::{Entry, Lane, NetError, Network as _, Reason};
use lacre_core::view::{Standing, Suite};
use lacre_ground::ids::ChannelId;
use lacre_proto::content::v1 as content;
use lacre_proto::relay::v1 as wire;
use lacre_tests::hostile;
use lacre_tests::world::{Person, World, append_seal, befriend, settle};
use std::collections::HashSet;

/// Every 32 bytes in a row that a profile holds, once opened.
fn keys_in(person: &mut Person) -> HashSet<[u8; 32]> {
    let held = person.client.held_contents().unwrap();
    held.iter().flat_map(|row| row.windows(32).map(|w| w.try_into().unwrap()).collect::<Vec<_>>()).collect()
}

fn opened(keys: &HashSet<[u8; 32]>, channel: ChannelId, entries: &[Entry]) -> usize {
    let opens = |entry: &&Entry| keys.iter().any(|key| open_entry(key, channel, entry.id, entry.seal, &entry.ciphertext).is_ok());
    entries.iter().filter(opens).count()
}

/// Seen red with the entry key of the epoch before kept where somebody is removed.
#[test]
fn what_a_removed_member_holds_opens_nothing_that_comes_later_and_nothing_that_it_writes_is_read() {
    let world = World::new();
    let [mut ana, mut beto, mut carla] = ["ana", "beto", "carla"].map(|handle| world.person(handle));
    befriend(&mut ana, &mut beto);
    befriend(&mut ana, &mut carla);
    let (b, c) = (beto.account(), carla.account());
    let group = ana.client.create_group("Mesa", &[b, c], Suite::XWing).unwrap();
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    ana.say(&group, "para los tres");
    settle(&mut [&mut ana, &mut beto, &mut carla]);
    let (before, with_carla) = carla.client.stored_entries(&mut carla.net, &group).unwrap();

    ana.client.group_remove(&group, &[c]).unwrap();
    settle(&mut [&mut ana, &mut beto]);
    ana.say(&group, "para los que quedan");
    beto.say(&group, "solo nosotros");
    settle(&mut [&mut ana, &mut beto]);
    let (after, without_carla) = ana.client.stored_entries(&mut ana.net, &group).unwrap();
    // her program has not read that she was removed: all that she had is there still
    let mut held = keys_in(&mut carla);
    let tokens = carla.client.channel_keys(&group).unwrap();
    let text = content::content::Kind::Text(content::Text { text: "sigo aquí".into(), ..Default::default() });
    hostile::say(&mut carla, &group, text);
    let commit = hostile::removing(&mut carla, &group, b);
    append_seal(&mut carla, &group, &commit);
    let at = world.authority();
    let (channel, read_token) = (after.as_bytes().to_vec(), tokens.read_token.expose().to_vec());
    let read = carla.net.fetch(at, Lane::Conversations, wire::FetchRequest { channel, read_token, from_seq: 1, max_entries: 9 });
    settle(&mut [&mut ana, &mut beto]);
    carla.sync();
    held.extend(keys_in(&mut carla));

    assert!(!with_carla.is_empty());
    assert_eq!(opened(&held, before, &with_carla), with_carla.len(), "what was hers to read opens: the search sees");
    assert_ne!(before, after);
    assert!(without_carla.len() >= 2, "{}", without_carla.len());
    assert_eq!(opened(&held, after, &without_carla), 0, "of {} strings of bytes one is a key", held.len());
    assert!(matches!(read, Err(NetError::Refused(r)) if r.reason == Reason::NotPermitted));
    for person in [&mut ana, &mut beto] {
        assert_eq!(person.texts(&group), ["para los tres", "para los que quedan", "solo nosotros"]);
        assert_eq!(person.client.conversation(&group).unwrap().members.len(), 2);
    }
    assert_eq!((carla.texts(&group), carla.standing(&group)), (vec!["para los tres".to_owned()], Standing::Removed));
}
