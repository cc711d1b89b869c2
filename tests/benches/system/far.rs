//! (n) Over a long line: 80 ms there and back, 100 conversations, a program that starts, as for each command. The floor is one
//! question and its answer on a connection of its own, measured in the same run.

use crate::report::{now, say};
use lacre_core::network::{Lane, Network as _};
use lacre_core::view::{ConversationId, Suite};
use lacre_proto::relay::v1 as wire;
use lacre_tests::world::{Person, World, befriend, network, settle};
use std::time::Duration;

const ONE_WAY: Duration = Duration::from_millis(40);
const CONVERSATIONS: usize = 100;

fn millis(work: impl FnOnce()) -> f64 {
    let start = now();
    work();
    start.elapsed().as_secs_f64() * 1_000.0
}

/// As a new program would: nothing is connected yet.
fn command(person: &mut Person, work: impl FnOnce(&mut Person)) -> f64 {
    person.restart();
    person.net = network();
    millis(|| {
        work(person);
        person.sync();
    })
}

pub fn run() {
    let world = World::far(ONE_WAY);
    let (mut ana, mut beto) = (world.person("ana"), world.person("beto"));
    befriend(&mut ana, &mut beto);
    let other = beto.account();
    let groups: Vec<ConversationId> =
        (1..CONVERSATIONS).map(|n| ana.client.create_group(&format!("Grupo {n}"), &[other], Suite::X25519).unwrap()).collect();
    settle(&mut [&mut ana, &mut beto]);
    let floor = millis(|| {
        let request = wire::GetInfoRequest::default();
        drop(network().get_info(world.authority(), Lane::Conversations, request).unwrap());
    });
    say(format!("one question on a new connection: {floor:.0} ms"));
    let idle = command(&mut ana, |_| ());
    say(format!("{CONVERSATIONS} conversations, nothing new: {idle:.0} ms, {:.1} times that", idle / floor));
    for group in &groups {
        beto.say(group, "news");
    }
    beto.sync();
    let news = command(&mut ana, |_| ());
    assert!(groups.iter().all(|group| ana.texts(group) == ["news"]), "what was stored just before is there");
    say(format!("news in {} of them: {news:.0} ms, {:.1} times", groups.len(), news / floor));
    let send = command(&mut ana, |ana| ana.say(&groups[0], "answer"));
    say(format!("one text sent: {send:.0} ms, {:.1} times", send / floor));
}
