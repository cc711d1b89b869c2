//! Followed channels: order, differences of the set, gaps, cuts, silence, backpressure.

use super::relay::{GENERATION, PATIENCE, Session};
use super::{World, network_with, timeouts};
use crate::Timeouts;
use lacre_core::network::{Delivery, Following, Lane, NetError, Network};
use lacre_ground::ids::{ChannelId, Generation, Seq, Token};
use lacre_ground::time::SystemClock;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::attach_response::Event;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

fn channel(n: u16) -> ChannelId {
    let mut bytes = [0; 32];
    bytes[..2].copy_from_slice(&n.to_be_bytes());
    ChannelId::new(bytes)
}

fn at(w: &World, n: u16, from: u64) -> Following {
    Following {
        authority: w.at.clone(),
        lane: Lane::Conversations,
        channel: channel(n),
        read_token: Token::new([3; 32]),
        from_seq: Seq::new(from).unwrap(),
    }
}

fn entry(seq: u64, size: usize) -> wire::Entry {
    wire::Entry {
        seq,
        entry_id: vec![1; 16],
        seal: seq.is_multiple_of(2),
        accepted_at_ms: 1_783_346_400_000 + seq,
        ciphertext: vec![9; size].into(),
    }
}

fn entries(n: u16, seqs: RangeInclusive<u64>) -> Event {
    let entries = seqs.map(|seq| entry(seq, 8)).collect();
    Event::Entries(wire::AttachEntries { channel: channel(n).as_bytes().to_vec(), entries })
}

fn caught_up(n: u16, head: u64) -> Event {
    Event::CaughtUp(wire::AttachCaughtUp { channel: channel(n).as_bytes().to_vec(), head })
}

fn gone(n: u16, through_seq: u64) -> Event {
    Event::Gone(wire::AttachGone { channel: channel(n).as_bytes().to_vec(), through_seq })
}

fn refused(n: u16, reason: &str) -> Event {
    Event::Refused(wire::AttachRefused { channel: channel(n).as_bytes().to_vec(), reason: reason.into() })
}

/// (channel, from) of what is asked for.
fn adds(request: &wire::AttachRequest) -> Vec<(ChannelId, u64)> {
    request.add.iter().map(|a| (ChannelId::try_from(a.channel.as_slice()).unwrap(), a.from_seq)).collect()
}

/// A delivery as a short line, to be compared.
fn line(delivery: &Delivery) -> String {
    let short = |c: &ChannelId| u16::from_be_bytes([c.as_bytes()[0], c.as_bytes()[1]]);
    match delivery {
        Delivery::Entries { channel, entries, .. } => {
            let seqs: Vec<String> = entries.iter().map(|e| e.seq.to_string()).collect();
            format!("{}: {}", short(channel), seqs.join(" "))
        }
        Delivery::CaughtUp { channel, head, .. } => format!("{}: caught up {}", short(channel), head.map_or(0, Seq::get)),
        Delivery::Gone { channel, through, .. } => format!("{}: gone {through}", short(channel)),
        Delivery::Refused { channel, reason, .. } => format!("{}: refused {}", short(channel), reason.as_str()),
        Delivery::Generation { generation, .. } => format!("generation {}", generation.as_bytes()[0]),
        Delivery::Lost { error: NetError::Protocol(_), .. } => "lost: protocol".into(),
        Delivery::Lost { error: NetError::Unreachable { .. }, .. } => "lost: unreachable".into(),
        Delivery::Lost { error, .. } => format!("lost: {error}"),
    }
}

/// Follows until so many deliveries came; each set's cursors move as a durable caller's would.
fn follow(w: &mut World, set: &mut [Following], count: usize) -> Vec<String> {
    let mut out = Vec::new();
    while out.len() < count {
        let got = w.network.follow(set, PATIENCE).unwrap();
        assert!(!got.is_empty(), "only {out:?} came");
        for delivery in &got {
            let end = match delivery {
                Delivery::Entries { channel, entries, .. } => Some((channel, entries.last().unwrap().seq)),
                Delivery::Gone { channel, through, .. } => Some((channel, *through)),
                _ => None,
            };
            if let Some((channel, end)) = end
                && let Some(f) = set.iter_mut().find(|f| f.channel == *channel)
            {
                f.from_seq = end.next().unwrap();
            }
        }
        out.extend(got.iter().map(line));
    }
    out
}

/// Begins to follow and meets the relay's side of the stream.
fn begin(w: &mut World, set: &[Following]) -> Session {
    assert!(w.network.follow(set, Duration::ZERO).unwrap().is_empty());
    w.relay.session()
}

#[test]
fn what_the_relay_tells_comes_in_order_once_and_with_its_generation_first() {
    let mut w = World::new();
    let mut set = [at(&w, 1, 1), at(&w, 2, 5)];
    let session = begin(&mut w, &set);
    assert_eq!(adds(&session.heard()), [(channel(1), 1), (channel(2), 5)]);

    session.says(entries(1, 1..=3));
    session.says(gone(2, 7));
    session.says(entries(2, 8..=8));
    session.says(caught_up(1, 3));
    session.says(caught_up(2, 8));
    // a repeat of what was told, and more
    session.says(entries(1, 2..=4));

    let want = ["generation 7", "1: 1 2 3", "2: gone 7", "2: 8", "1: caught up 3", "2: caught up 8", "1: 4"];
    assert_eq!(follow(&mut w, &mut set, want.len()), want);
    assert_eq!(set.map(|f| f.from_seq.get()), [5, 9]);
}

#[test]
fn entries_arrive_with_all_their_fields() {
    let mut w = World::new();
    let set = [at(&w, 1, 1)];
    let session = begin(&mut w, &set);
    session.says(entries(1, 1..=2));

    let mut got = w.network.follow(&set, PATIENCE).unwrap();
    if got.len() == 1 {
        got.extend(w.network.follow(&set, PATIENCE).unwrap());
    }

    let Delivery::Entries { authority, generation, channel: c, entries } = &got[1] else { panic!("{got:?}") };
    assert_eq!((authority, *generation, *c), (&w.at, Generation::new(GENERATION), channel(1)));
    assert_eq!(entries[1].seq.get(), 2);
    assert!(!entries[0].seal && entries[1].seal);
    assert_eq!(entries[1].accepted_at.get(), 1_783_346_400_002);
    assert_eq!(entries[1].ciphertext.as_ref(), [9; 8]);
}

#[test]
fn a_changed_set_is_told_as_its_difference_on_the_same_stream() {
    let mut w = World::new();
    let set = [at(&w, 1, 1), at(&w, 2, 1)];
    let session = begin(&mut w, &set);
    session.heard();
    let mut changed = [at(&w, 2, 1), at(&w, 3, 4)];

    w.network.follow(&changed, Duration::ZERO).unwrap();

    let told = session.heard();
    assert_eq!(adds(&told), [(channel(3), 4)]);
    assert_eq!(told.remove, [channel(1).as_bytes().to_vec()]);
    // what was under way for the channel that left is dropped, not a fault
    session.says(entries(1, 1..=1));
    session.says(entries(3, 4..=4));
    assert_eq!(follow(&mut w, &mut changed, 2), ["generation 7", "3: 4"]);
    assert!(!w.relay.has_another_session());
}

#[test]
fn a_gap_is_the_relays_fault_and_what_is_missing_is_asked_for_again() {
    let mut w = World::new();
    let mut set = [at(&w, 1, 1)];
    let session = begin(&mut w, &set);

    session.says(entries(1, 1..=2));
    session.says(entries(1, 4..=5));

    assert_eq!(follow(&mut w, &mut set, 3), ["generation 7", "1: 1 2", "lost: protocol"]);
    let fresh = w.relay.session();
    assert_eq!(adds(&fresh.heard()), [(channel(1), 3)]);
    fresh.says(entries(1, 3..=5));
    assert_eq!(follow(&mut w, &mut set, 1), ["1: 3 4 5"]);
}

#[test]
fn a_gap_inside_one_message_or_a_false_caught_up_is_found_too() {
    let mut w = World::new();
    let mut set = [at(&w, 1, 1)];
    let session = begin(&mut w, &set);
    let holed = vec![entry(1, 8), entry(3, 8)];
    session.says(Event::Entries(wire::AttachEntries { channel: channel(1).as_bytes().to_vec(), entries: holed }));
    assert_eq!(follow(&mut w, &mut set, 3), ["generation 7", "1: 1", "lost: protocol"]);

    let fresh = w.relay.session();
    assert_eq!(adds(&fresh.heard()), [(channel(1), 2)]);
    fresh.says(caught_up(1, 2));

    assert_eq!(follow(&mut w, &mut set, 1), ["lost: protocol"]);
}

#[test]
fn events_of_channels_that_nobody_asked_for_are_the_relays_fault() {
    let mut w = World::new();
    let mut set = [at(&w, 1, 1)];
    let session = begin(&mut w, &set);
    session.says(entries(2, 1..=1));
    assert_eq!(follow(&mut w, &mut set, 2), ["generation 7", "lost: protocol"]);
}

#[test]
fn after_a_cut_the_stream_goes_on_where_it_was_and_the_loss_is_told_once() {
    let mut w = World::new();
    let mut set = [at(&w, 1, 1), at(&w, 2, 1)];
    let session = begin(&mut w, &set);
    session.says(entries(1, 1..=3));
    follow(&mut w, &mut set, 2);

    w.way.cut();

    assert_eq!(follow(&mut w, &mut set, 1), ["lost: unreachable"]);
    let fresh = w.relay.session();
    assert_eq!(adds(&fresh.heard()), [(channel(1), 4), (channel(2), 1)]);
    // the same generation is not told again
    fresh.says(entries(1, 4..=4));
    assert_eq!(follow(&mut w, &mut set, 1), ["1: 4"]);
}

#[test]
fn a_relay_that_ends_the_stream_again_and_again_is_asked_again_and_again() {
    let mut w = World::new();
    let mut set = [at(&w, 1, 1)];
    let mut session = begin(&mut w, &set);
    for _ in 0..10 {
        drop(session);
        assert_eq!(follow(&mut w, &mut set, 1), ["lost: unreachable"]);
        session = w.relay.session();
    }
    session.says(entries(1, 1..=1));
    assert_eq!(follow(&mut w, &mut set, 2), ["generation 7", "1: 1"]);
}

#[test]
fn a_cursor_that_goes_back_gets_the_entries_again_and_one_that_goes_on_skips_them() {
    let mut w = World::new();
    let mut set = [at(&w, 1, 1), at(&w, 2, 1)];
    let session = begin(&mut w, &set);
    session.says(entries(1, 1..=5));
    follow(&mut w, &mut set, 2);

    set[0].from_seq = Seq::new(3).unwrap();
    assert!(w.network.follow(&set, Duration::ZERO).unwrap().is_empty());

    let fresh = w.relay.session();
    assert_eq!(adds(&fresh.heard()), [(channel(1), 3), (channel(2), 1)]);
    fresh.says(entries(1, 3..=6));
    assert_eq!(follow(&mut w, &mut set, 1), ["1: 3 4 5 6"]);

    set[1].from_seq = Seq::new(4).unwrap();
    assert!(w.network.follow(&set, Duration::ZERO).unwrap().is_empty());
    fresh.says(entries(2, 1..=3));
    fresh.says(entries(2, 4..=4));
    assert_eq!(follow(&mut w, &mut set, 1), ["2: 4"]);
    assert!(!w.relay.has_another_session());
}

#[test]
fn a_channel_that_comes_back_after_it_left_is_asked_for_on_a_fresh_stream() {
    let mut w = World::new();
    let set = [at(&w, 1, 1), at(&w, 2, 1)];
    let session = begin(&mut w, &set);
    session.heard();
    w.network.follow(&set[1..], Duration::ZERO).unwrap();
    assert_eq!(session.heard().remove.len(), 1);

    w.network.follow(&set, Duration::ZERO).unwrap();

    assert_eq!(adds(&w.relay.session().heard()).len(), 2);
    assert!(session.is_left());
}

#[test]
fn a_refused_channel_is_told_once_and_asked_again_when_its_cursor_changes() {
    let mut w = World::new();
    let mut set = [at(&w, 1, 9), at(&w, 2, 1)];
    let session = begin(&mut w, &set);
    session.heard();
    session.says(refused(1, "AHEAD"));
    assert_eq!(follow(&mut w, &mut set, 2), ["generation 7", "1: refused AHEAD"]);

    set[0].from_seq = Seq::new(2).unwrap();
    assert!(w.network.follow(&set, Duration::ZERO).unwrap().is_empty());

    // the first thing that the relay hears since: nothing was asked in between
    assert_eq!(adds(&session.heard()), [(channel(1), 2)]);
    session.says(entries(1, 2..=2));
    assert_eq!(follow(&mut w, &mut set, 1), ["1: 2"]);
}

#[test]
fn another_generation_is_told_before_its_entries() {
    let mut w = World::new();
    let mut set = [at(&w, 1, 1)];
    let session = begin(&mut w, &set);
    session.says(entries(1, 1..=1));
    session.says_as([8; 16], entries(1, 2..=2));
    assert_eq!(follow(&mut w, &mut set, 4), ["generation 7", "1: 1", "generation 8", "1: 2"]);
}

#[test]
fn an_empty_set_ends_the_stream() {
    let mut w = World::new();
    let set = [at(&w, 1, 1)];
    let session = begin(&mut w, &set);
    session.heard();
    assert!(w.network.follow(&[], Duration::ZERO).unwrap().is_empty());
    assert!(session.is_left());
}

#[test]
fn a_relay_that_falls_silent_is_left_and_one_whose_heart_beats_is_not() {
    let mut w = World::new();
    *w.relay.script.heartbeat_ms.lock().unwrap() = 1000;
    let mut set = [at(&w, 1, 1)];
    let session = begin(&mut w, &set);
    // 16 beats of 0.25 s: longer than the 2.5 s of silence that are borne
    let send = session.sender();
    let beats = w.relay.runtime.spawn(async move {
        let mut every = tokio::time::interval(Duration::from_millis(250));
        for _ in 0..16 {
            every.tick().await;
            let event = Some(Event::Heartbeat(wire::AttachHeartbeat { now_ms: 1 }));
            send.send(Ok(wire::AttachResponse { generation: GENERATION.to_vec(), event })).await.unwrap();
        }
    });
    assert_eq!(follow(&mut w, &mut set, 1), ["generation 7"]);
    let during = w.network.follow(&set, Duration::from_millis(3500)).unwrap();
    assert!(during.is_empty(), "{during:?}");
    w.relay.runtime.block_on(beats).unwrap();

    assert_eq!(follow(&mut w, &mut set, 1), ["lost: unreachable"]);

    w.relay.session().heard();
}

#[test]
fn what_nobody_collects_stops_the_relay_and_is_all_there_in_the_end() {
    const COUNT: u64 = 200;
    const SIZE: usize = 200_000;
    let mut w = World::new();
    let set = [at(&w, 1, 1)];
    let session = begin(&mut w, &set);
    session.heard();
    let send = session.sender();
    let (done, is_done) = std::sync::mpsc::channel();
    w.relay.runtime.spawn(async move {
        for seq in 1..=COUNT {
            let event = wire::AttachEntries { channel: channel(1).as_bytes().to_vec(), entries: vec![entry(seq, SIZE)] };
            let message = wire::AttachResponse { generation: GENERATION.to_vec(), event: Some(Event::Entries(event)) };
            if send.send(Ok(message)).await.is_err() {
                return;
            }
        }
        done.send(()).unwrap();
    });
    // 40 MB; without a bound here they would all be taken in much less than this
    assert!(is_done.recv_timeout(Duration::from_secs(2)).is_err(), "all was taken although nobody collects");

    let mut next = 1;
    let mut cursor = set;
    while next <= COUNT {
        let got = w.network.follow(&cursor, PATIENCE).unwrap();
        let mut bytes = 0;
        for delivery in &got {
            let Delivery::Entries { entries, .. } = delivery else { continue };
            for entry in entries {
                assert_eq!(entry.seq.get(), next);
                next += 1;
                bytes += entry.ciphertext.len();
            }
        }
        assert!(bytes <= 4 * 1024 * 1024 + SIZE, "{bytes} bytes waited at once");
        assert!(!got.is_empty());
        cursor[0].from_seq = Seq::new(next).unwrap();
    }
    is_done.recv_timeout(PATIENCE).unwrap();
}

#[test]
fn ten_thousand_channels_are_asked_for_in_batches_on_one_stream() {
    let mut w = World::new();
    let set: Vec<Following> = (0..10_000).map(|n| at(&w, n, 1)).collect();
    let session = begin(&mut w, &set);
    let mut asked = 0;
    while asked < set.len() {
        let request = session.heard();
        assert!((1..=256).contains(&request.add.len()));
        asked += request.add.len();
    }
    assert_eq!(asked, set.len());
    session.says(entries(9_999, 1..=1));
    assert_eq!(w.network.follow(&set, PATIENCE).unwrap().first().map(line), Some("generation 7".into()));
    assert_eq!(w.relay.seen("attach").len(), 1);
}

#[test]
fn the_inbox_is_followed_on_another_connection_than_conversations() {
    let mut w = World::new();
    let inbox = Following { lane: Lane::Inbox, ..at(&w, 2, 1) };
    let set = [at(&w, 1, 1), inbox];
    assert!(w.network.follow(&set, Duration::ZERO).unwrap().is_empty());
    let asked = [adds(&w.relay.session().heard()), adds(&w.relay.session().heard())];
    assert!(asked.iter().all(|a| a.len() == 1) && asked[0] != asked[1], "{asked:?}");
    let from = w.relay.seen("attach");
    assert_ne!(from[0], from[1]);
}

#[test]
fn a_relay_that_is_down_is_told_at_once_and_does_not_hide_another() {
    let mut w = World::new();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    w.network =
        network_with(Timeouts { backoff_first: PATIENCE, backoff_most: PATIENCE, ..timeouts() }, None, Arc::new(SystemClock));
    let mut set = [at(&w, 1, 1), Following { authority: w.relay.authority_at(nobody), ..at(&w, 2, 1) }];
    assert_eq!(follow(&mut w, &mut set, 1), ["lost: unreachable"]);
    let session = w.relay.session();
    session.says(entries(1, 1..=1));
    assert_eq!(follow(&mut w, &mut set, 2), ["generation 7", "1: 1"]);
}
