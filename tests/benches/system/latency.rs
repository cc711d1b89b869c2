//! (f) From send to event: one client sends, another follows with `watch`; idle, and while the relay carries half of what it can.
//! The relay waits for its disk, the profiles do not (as in the tests' world); all of it on one machine.

use crate::append::HalfLoad;
use crate::report::{now, percentile, say, short};
use crate::wire;
use lacre_core::view::Happening;
use lacre_tests::world::{World, befriend};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const MESSAGES: usize = 300;

fn measure(name: &str, world: &World, round: usize) {
    let (mut ana, mut bruno) = (world.person(&format!("ana{round}")), world.person(&format!("bruno{round}")));
    befriend(&mut ana, &mut bruno);
    let conversation = ana.with(&format!("bruno{round}"));
    let (seen, arrivals) = mpsc::channel::<Instant>();
    let (ready, go) = mpsc::channel();
    let follower = std::thread::spawn(move || {
        let mut left = MESSAGES;
        bruno.client.watch(&mut bruno.net, Duration::from_millis(1)).unwrap();
        // what happened before is told before
        let before = bruno.client.events(0, usize::MAX).unwrap();
        bruno.client.ack_events(before.last().unwrap().number).unwrap();
        ready.send(()).unwrap();
        while left > 0 {
            bruno.client.watch(&mut bruno.net, Duration::from_secs(5)).unwrap();
            let at = now();
            let events = bruno.client.events(0, usize::MAX).unwrap();
            let news = events.iter().filter(|e| matches!(e.what, Happening::Message { .. })).count();
            if let Some(last) = events.last() {
                bruno.client.ack_events(last.number).unwrap();
            }
            for _ in 0..news.min(left) {
                seen.send(at).unwrap();
            }
            left = left.saturating_sub(news);
        }
    });
    go.recv().unwrap();
    let mut took = Vec::new();
    for n in 0..MESSAGES {
        let start = now();
        ana.client.send_text(&conversation, &format!("message {n}")).unwrap();
        ana.client.sync(&mut ana.net).unwrap();
        took.push(arrivals.recv().unwrap().checked_duration_since(start).unwrap());
    }
    follower.join().unwrap();
    say(format!("from send to event, {name}: p50 {:.1} ms, p99 {:.1} ms", percentile(took.clone(), 50), percentile(took, 99)));
}

pub fn run() {
    let mut world = World::new();
    measure("idle", &world, 0);
    world.stop_relay();
    wire::seed(&world.data(), HalfLoad::CHANNELS);
    world.start_relay();
    let load = HalfLoad::start(world.authority());
    measure(&format!("relay at half load ({} appends/s)", short(load.rate)), &world, 1);
}
