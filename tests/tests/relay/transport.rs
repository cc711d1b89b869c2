//! The client's transport and a real relay: followed channels across restarts of the relay.
//!
//! `LACRE_SEED` runs another story; a failure names it.
use lacre_core::network::{Delivery, Following, Lane, NetError, Network, Reason};
use lacre_ground::address::Authority;
use lacre_ground::ids::{ChannelId, EntryId, Stamp, Token};
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_proto::relay::v1 as wire;
use lacre_relay::folder::DataFolder;
use lacre_relay::serve::{Options as RelayOptions, Relay, RunningRelay};
use lacre_store::accounts::AddStamps;
use lacre_store::rules::Rules;
use lacre_store::run_one;
use lacre_transport::{GrpcNetwork, Options, Timeouts};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

const CHANNELS: u8 = 20;
const ENTRIES: usize = 1_200;
const RESTARTS: usize = 3;

fn token(kind: u8, n: u8) -> Token {
    let mut bytes = [kind; 32];
    bytes[0] = n;
    Token::new(bytes)
}

fn stamp(n: u8) -> Stamp {
    Stamp::new([n; 32])
}

fn channel(n: u8) -> ChannelId {
    ChannelId::of_log(&token(1, n).hash(), &token(2, n).hash())
}

fn start(data: &Path, beside: &Path, port: u16) -> RunningRelay {
    let listen = SocketAddr::from(([127, 0, 0, 1], port));
    let run_key = Some(beside.join("run.key"));
    Relay::start(RelayOptions { listen, run_key, threads: Some(1), ..RelayOptions::new(data) }).unwrap()
}

fn network(seed: u64) -> GrpcNetwork {
    let timeouts = Timeouts { backoff_most: Duration::from_millis(500), ..Timeouts::default() };
    let rng = Box::new(ChaCha20Rng::seed_from_u64(seed));
    GrpcNetwork::new(Options { proxy: None, timeouts, clock: Arc::new(SystemClock), rng }).unwrap()
}

/// Follows until so many entries came; gives what came, by channel.
fn read_all(at: Authority, seed: u64, reading: &mpsc::Sender<()>) -> (BTreeMap<ChannelId, Vec<EntryId>>, usize) {
    let mut network = network(!seed);
    let following = |n: u8, from: u64| Following {
        authority: at.clone(),
        lane: Lane::Conversations,
        channel: channel(n),
        read_token: token(2, n),
        from_seq: lacre_ground::ids::Seq::new(from).unwrap(),
    };
    let mut got: BTreeMap<ChannelId, Vec<EntryId>> = (0..CHANNELS).map(|n| (channel(n), Vec::new())).collect();
    let (mut count, mut losses, mut told) = (0, 0, false);
    while count < ENTRIES {
        let set: Vec<Following> = (0..CHANNELS).map(|n| following(n, got[&channel(n)].len() as u64 + 1)).collect();
        let deliveries = network.follow(&set, Duration::from_secs(60)).unwrap();
        assert!(!deliveries.is_empty(), "seed {seed}: nothing more after {count} entries");
        for delivery in deliveries {
            match delivery {
                Delivery::Entries { channel, entries, .. } => {
                    if !std::mem::replace(&mut told, true) {
                        reading.send(()).unwrap();
                    }
                    let list = got.get_mut(&channel).unwrap();
                    for entry in entries {
                        assert_eq!(entry.seq.get(), list.len() as u64 + 1, "seed {seed}");
                        list.push(entry.id);
                        count += 1;
                    }
                }
                Delivery::Lost { error, .. } if gone(&error) => (losses, told) = (losses + 1, false),
                Delivery::CaughtUp { .. } | Delivery::Generation { .. } => {}
                other => panic!("seed {seed}: {other:?}"),
            }
        }
    }
    (got, losses)
}

/// The relay has stopped, or says that it is about to.
fn gone(error: &NetError) -> bool {
    matches!(error, NetError::Unreachable { .. }) || error.reason() == Some(Reason::Stopping)
}

#[test]
fn a_follower_of_a_relay_that_restarts_reads_every_entry_once_and_in_order() {
    let seed = std::env::var("LACRE_SEED").map_or(20_261_122, |text| text.parse().unwrap());
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    {
        let mut store = DataFolder::lock(&data).unwrap().store(None, &mut SystemRng).unwrap();
        let hashes: Vec<_> = (0..CHANNELS).map(|n| stamp(n).hash()).collect();
        run_one(&mut store, SystemClock.now(), &Rules::default(), AddStamps(hashes)).unwrap();
    }
    let mut relay = start(&data, folder.path(), 0);
    let at = relay.authority().clone();
    let mut writer = network(seed);
    for n in 0..CHANNELS {
        let right = wire::AppendRight { token_hash: token(1, n).hash().as_bytes().to_vec(), stamped: false, once: false };
        let open = wire::OpenRequest {
            class: wire::ChannelClass::Log.into(),
            channel: channel(n).as_bytes().to_vec(),
            append: vec![right],
            read_token_hash: token(2, n).hash().as_bytes().to_vec(),
            stamp: stamp(n).expose().to_vec(),
        };
        writer.open(&at, Lane::Conversations, open).unwrap();
    }
    let (reading, is_reading) = mpsc::channel();
    let reader = std::thread::spawn({
        let at = at.clone();
        move || read_all(at, seed, &reading)
    });

    let mut sent: BTreeMap<ChannelId, Vec<EntryId>> = BTreeMap::new();
    for i in 0..ENTRIES {
        if i % (ENTRIES / (RESTARTS + 1)) == ENTRIES / (RESTARTS + 1) - 1 {
            // it reads, so it will notice: a follower that was told to come back later may sleep through a restart
            is_reading.recv().unwrap();
            relay.stop();
            relay = start(&data, folder.path(), at.port());
            assert_eq!(relay.authority(), &at);
        }
        let n = u8::try_from(rng.next_u32() % u32::from(CHANNELS)).unwrap();
        let list = sent.entry(channel(n)).or_default();
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        let mut ciphertext = vec![0; 1 + usize::try_from(rng.next_u32() % 2000).unwrap()];
        rng.fill_bytes(&mut ciphertext);
        let append = wire::AppendRequest {
            channel: channel(n).as_bytes().to_vec(),
            append_token: token(1, n).expose().to_vec(),
            entry_id: id.to_vec(),
            read_to: list.len() as u64,
            ciphertext: ciphertext.into(),
            ..wire::AppendRequest::default()
        };
        // a call that meets the restart has no answer: the same bytes again
        let answer = loop {
            match writer.append(&at, Lane::Conversations, append.clone()) {
                Err(e) if gone(&e) => {}
                answer => break answer.unwrap(),
            }
        };
        list.push(EntryId::new(id));
        assert_eq!(answer.seq, list.len() as u64, "seed {seed}");
    }

    let (got, losses) = reader.join().unwrap();
    assert_eq!(got, sent, "seed {seed}");
    assert!(losses >= RESTARTS, "seed {seed}: the restarts were not noticed");
}
