//! One damaged page of the relay's real file: it is one channel's trouble.
use lacre_core::network::{Delivery, Following, Lane, NetError, Network as _, Reason};
use lacre_ground::address::Authority;
use lacre_ground::ids::Seq;
use lacre_proto::relay::v1 as wire;
use lacre_relay::folder::STORE_FILE;
use lacre_relay::upkeep::APPENDS;
use lacre_tests::powercut::marks::{append_token, name, read_token};
use lacre_tests::raw;
use lacre_tests::relay::{Client, Memory, RelayProcess, operate, seed_stamps};
use lacre_tests::world::network;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const PAGE: usize = 8_192;
const BYTES: usize = 2_000;
const ENTRIES: u8 = 40;
/// Two logs of the seeded world.
const SPOILED: u8 = 1;
const WELL: u8 = 2;

fn append(channel: u8, n: u8, read_to: u64) -> wire::AppendRequest {
    wire::AppendRequest {
        channel: name(channel).as_bytes().to_vec(),
        append_token: append_token(channel).expose().to_vec(),
        entry_id: vec![n; 16],
        read_to,
        ciphertext: vec![0xA0 + channel; BYTES].into(),
        ..wire::AppendRequest::default()
    }
}

fn following(at: &Authority, channel: u8, from: u64) -> Following {
    Following {
        authority: at.clone(),
        lane: Lane::Conversations,
        channel: name(channel),
        read_token: read_token(channel),
        from_seq: Seq::new(from).unwrap(),
    }
}

/// Spoils a page that holds entries of this log and of no other.
fn spoil(data: &Path, channel: u8) {
    let path = data.join(STORE_FILE);
    let mut file = fs::read(&path).unwrap();
    let holds = |page: &[u8], channel: u8| page.windows(BYTES).any(|w| w.iter().all(|b| *b == 0xA0 + channel));
    let place = file.chunks(PAGE).position(|page| holds(page, channel) && !holds(page, WELL)).unwrap();
    file[place * PAGE..(place + 1) * PAGE].fill(0x55);
    fs::write(&path, file).unwrap();
}

fn damaged(e: NetError) {
    let NetError::Refused(refusal) = e else { panic!("{e}") };
    assert_eq!((refusal.reason, refusal.metadata.get("why").map(String::as_str)), (Reason::StoreDown, Some("damaged")));
    assert!(refusal.retry_after.is_some());
}

/// Seen red with streams that end at a channel's error, and batches that fail whole.
#[test]
fn a_damaged_page_is_one_channels_trouble_and_stands_in_status() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    seed_stamps(&data, 100).unwrap();
    let start = || RelayProcess::spawn(RelayProcess::command(&data, folder.path()).unwrap()).unwrap();
    let mut relay = start();
    let at = relay.ready().unwrap();
    Client::new(&at, &Arc::new(Memory::new(Box::new(|_| {}))), 1).unwrap().open().unwrap();
    let mut net = network();
    for channel in [SPOILED, WELL] {
        for n in 0..ENTRIES {
            net.append(&at, Lane::Conversations, append(channel, n, n.into())).unwrap();
        }
    }
    relay.stop().unwrap();
    spoil(&data, SPOILED);
    let mut relay = start();
    let at = relay.ready().unwrap();

    // one stream for both
    let (mut read, mut refused) = (BTreeMap::<_, u64>::new(), None);
    while refused.is_none() || read.get(&name(WELL)) != Some(&u64::from(ENTRIES)) {
        let from = |channel| read.get(&name(channel)).copied().unwrap_or(0) + 1;
        let set = [following(&at, SPOILED, from(SPOILED)), following(&at, WELL, from(WELL))];
        for delivery in net.follow(&set, Duration::from_secs(60)).unwrap() {
            match delivery {
                Delivery::Entries { channel, entries, .. } => *read.entry(channel).or_default() += entries.len() as u64,
                Delivery::Refused { channel, reason, .. } => refused = Some((channel, reason)),
                Delivery::Lost { .. } => panic!("the stream of both ended"),
                _ => {}
            }
        }
    }
    // whoever reads, or looks for an id behind what he read, meets the damage, and many do at once; the others are stored
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let at = at.clone();
            std::thread::spawn(move || {
                let mut net = network();
                for n in 0..25 {
                    damaged(net.append(&at, Lane::Conversations, append(SPOILED, 100 + writer * 25 + n, 0)).unwrap_err());
                }
            })
        })
        .collect();
    for n in ENTRIES..2 * ENTRIES {
        net.append(&at, Lane::Conversations, append(WELL, n, n.into())).unwrap();
    }
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let fetch = wire::FetchRequest {
        channel: name(SPOILED).as_bytes().to_vec(),
        read_token: read_token(SPOILED).expose().to_vec(),
        from_seq: 1,
        max_entries: 1_000,
    };
    damaged(net.fetch(&at, Lane::Conversations, fetch).unwrap_err());
    let said = operate(Path::new("/"), &["status", "--json", "--data", data.to_str().unwrap()]).unwrap();
    let people = operate(Path::new("/"), &["status", "--data", data.to_str().unwrap()]).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let health = runtime.block_on(async {
        let ask = [&[0x0a, u8::try_from(APPENDS.len()).unwrap()], APPENDS.as_bytes()].concat();
        raw::call(&raw::connect(&at).await.unwrap(), "/grpc.health.v1.Health/Check", vec![ask]).await.unwrap().unwrap()
    });
    relay.stop().unwrap();

    assert_eq!(refused, Some((name(SPOILED), Reason::StoreDown)));
    let status: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &status["troubles"]), (Some(1), &serde_json::json!(["STORE_DAMAGED"])));
    assert!(people.out.contains("STORE DAMAGED"), "{}", people.out);
    assert_eq!(health, [0x08, 1], "entries are taken");
}
