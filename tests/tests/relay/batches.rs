//! Batches of entries, over TCP and TLS: order, the first refusal, bounds, back-pressure, the end of the relay.

use crate::client::{Folder, Log, append, connect, connect_as, fetch, open_log};
use lacre_ground::ids::Stamp;
use lacre_proto::relay::v1 as wire;
use lacre_relay::serve::{Options, Relay, RunningRelay};
use prost::Message as _;
use std::time::Duration;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use wire::channels_client::ChannelsClient;

/// Bytes of all entries of a batch, encoded (PROTOCOL.md, 20).
const MOST_BYTES: usize = 266_240;
/// Entries of a batch.
const MOST_ENTRIES: usize = 256;

fn batch(entries: Vec<wire::AppendRequest>) -> wire::AppendBatchRequest {
    wire::AppendBatchRequest { entries }
}

/// Sends all of them without waiting: what was answered, batch by batch, and what ended the stream.
async fn send(
    client: &mut ChannelsClient<Channel>,
    batches: Vec<wire::AppendBatchRequest>,
) -> (Vec<Vec<wire::Appended>>, Option<Status>) {
    let mut answers = client.append_batch(tokio_stream::iter(batches)).await.unwrap().into_inner();
    let mut all = Vec::new();
    loop {
        match answers.message().await {
            Ok(Some(answer)) => {
                assert_eq!(answer.generation.len(), 16);
                all.push(answer.appended);
            }
            Ok(None) => return (all, None),
            Err(status) => return (all, Some(status)),
        }
    }
}

fn seqs(answers: &[Vec<wire::Appended>]) -> Vec<Vec<u64>> {
    answers.iter().map(|batch| batch.iter().map(|a| a.seq).collect()).collect()
}

/// Code, reason, metadata, pause: everything that a client decides by.
fn said(status: &Status) -> (Code, String, std::collections::BTreeMap<String, String>, bool) {
    let (reason, metadata) = status.get_details_error_info().map(|i| (i.reason, i.metadata)).unwrap_or_default();
    (status.code(), reason, metadata.into_iter().collect(), status.get_details_retry_info().is_some())
}

async fn ids(client: &mut ChannelsClient<Channel>, log: &Log) -> Vec<u8> {
    client.fetch(fetch(log)).await.unwrap().into_inner().entries.iter().map(|e| e.entry_id[0]).collect()
}

/// A relay and two open logs on it.
async fn world(folder: &Folder) -> (RunningRelay, ChannelsClient<Channel>, Log, Log) {
    let stamps = folder.stamps(2);
    let relay = folder.start();
    let mut client = connect(relay.authority()).await;
    let (a, b) = (open_log(&mut client, 1, &stamps[0]).await, open_log(&mut client, 2, &stamps[1]).await);
    (relay, client, a, b)
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_stored_and_answered_in_the_order_in_which_they_were_sent() {
    let folder = Folder::new();
    let (_relay, mut client, a, b) = world(&folder).await;
    let with_receipt = wire::AppendRequest { receipt: true, ..append(&a, 3, 0) };
    let first = batch(vec![append(&a, 1, 0), append(&b, 9, 0), append(&a, 2, 0)]);
    let second = batch(vec![with_receipt, append(&a, 4, 3)]);

    let (answers, end) = send(&mut client, vec![first, second]).await;

    assert!(end.is_none(), "{end:?}");
    assert_eq!(seqs(&answers), [vec![1, 1, 2], vec![3, 4]]);
    let times: Vec<u64> = answers.iter().flatten().map(|a| a.accepted_at_ms).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!((ids(&mut client, &a).await, ids(&mut client, &b).await), (vec![1, 2, 3, 4], vec![9]));
    let (channel, token) = (a.id.as_bytes().to_vec(), a.read.expose().to_vec());
    let status = client.status(wire::StatusRequest { channel, seq: 3, token, entry_id: vec![] }).await.unwrap().into_inner();
    assert_eq!(answers[1][0].receipt, status.receipt);
    assert!(answers[1][1].receipt.is_empty());
}

/// Seen red with a batch that goes on behind a refusal, and with a stream that does.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_refusal_is_that_of_append_and_nothing_behind_it_is_tried() {
    let folder = Folder::new();
    let (_relay, mut client, a, b) = world(&folder).await;
    let seal = |n: u8, read_to: u64| wire::AppendRequest { seal: true, ..append(&a, n, read_to) };
    for n in 1..=3u8 {
        client.append(seal(n, u64::from(n) - 1)).await.unwrap();
    }
    let cases = [
        (wire::AppendRequest { append_token: vec![9; 32], ..append(&a, 200, 3) }, "NOT_PERMITTED"),
        (wire::AppendRequest { channel: vec![9; 32], ..append(&a, 200, 3) }, "NOT_PERMITTED"),
        (append(&a, 200, 999), "AHEAD"),
        (wire::AppendRequest { ciphertext: vec![0; 9].into(), ..append(&a, 3, 2) }, "CONFLICT"),
        (append(&a, 200, 2), "SEALED"),
        (seal(200, 3), "LIMIT"),
    ];

    let mut stored = vec![1, 2, 3];
    for (n, (refused, reason)) in (0u8..).zip(cases) {
        let unary = client.append(refused.clone()).await.unwrap_err();
        let (before, own, after) = (append(&a, 10 + n, 3), append(&a, 30 + n, 3), append(&a, 50 + n, 3));
        let batches = vec![batch(vec![before]), batch(vec![own, refused, after.clone()]), batch(vec![after, append(&b, 1, 0)])];
        let (answers, end) = send(&mut client, batches).await;

        let head = stored.len() as u64;
        assert_eq!(seqs(&answers), [[head + 1], [head + 2]], "{reason}");
        let (end, unary) = (said(&end.unwrap()), said(&unary));
        assert_eq!(end.1, reason);
        // heads and pauses have moved on since the unary call
        assert_eq!((end.0, end.1, end.2.len(), end.3), (unary.0, unary.1, unary.2.len(), unary.3));
        stored.extend([10 + n, 30 + n]);
        assert_eq!(ids(&mut client, &a).await, stored, "{reason}");
        assert!(ids(&mut client, &b).await.is_empty(), "{reason}: what came behind was tried");
    }
    let (none, end) = send(&mut client, vec![batch(vec![append(&a, 200, 2), append(&b, 1, 0)])]).await;
    assert!(none.is_empty() && end.unwrap().get_error_details().request_info().is_some_and(|r| r.request_id.len() == 16));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_sent_again_gets_its_first_answers_and_the_rest_is_stored() {
    let folder = Folder::new();
    let (_relay, mut client, a, _) = world(&folder).await;
    // as a sender may: one more for each own entry before
    let all: Vec<_> = (1..=6u8).map(|n| append(&a, n, u64::from(n) - 1)).collect();
    let (first, _) = send(&mut client, vec![batch(all[..4].to_vec())]).await;

    let (again, end) = send(&mut client, vec![batch(all[..2].to_vec()), batch(all[2..].to_vec())]).await;
    let (within, _) = send(&mut client, vec![batch(vec![append(&a, 7, 6), append(&a, 7, 6)])]).await;

    assert!(end.is_none());
    let flat = |answers: &[Vec<wire::Appended>]| answers.concat();
    assert_eq!(flat(&again)[..4], flat(&first));
    assert_eq!((seqs(&again), seqs(&within)), (vec![vec![1, 2], vec![3, 4, 5, 6]], vec![vec![7, 7]]));
    assert_eq!(ids(&mut client, &a).await, [1, 2, 3, 4, 5, 6, 7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_at_its_bounds_is_stored_and_one_beyond_is_refused_whole() {
    let folder = Folder::new();
    let (_relay, mut client, a, b) = world(&folder).await;
    let small = |count: usize| {
        (0..count)
            .map(|n| wire::AppendRequest {
                entry_id: vec![u8::try_from(n % 251).unwrap(), u8::try_from(n / 251).unwrap()]
                    .into_iter()
                    .chain([0; 14])
                    .collect(),
                ciphertext: vec![1].into(),
                ..append(&a, 0, 0)
            })
            .collect::<Vec<_>>()
    };
    let sized = |first: u8, bytes: usize| {
        let one = append(&b, first, 0);
        let head = one.encoded_len() - 1_024;
        // both lengths need three bytes where 1,024 needs two
        let fill = bytes - 2 * head - 2;
        let entry = |n: u8, len: usize| wire::AppendRequest { ciphertext: vec![n; len].into(), ..append(&b, n, 0) };
        let made = batch(vec![entry(first, fill / 2), entry(first + 1, fill - fill / 2)]);
        assert_eq!(made.entries.iter().map(wire::AppendRequest::encoded_len).sum::<usize>(), bytes);
        made
    };

    let (most, end) = send(&mut client, vec![batch(small(MOST_ENTRIES))]).await;
    assert!(end.is_none() && most[0].len() == MOST_ENTRIES, "{end:?}");
    let (most, end) = send(&mut client, vec![sized(1, MOST_BYTES)]).await;
    assert!(end.is_none() && most[0].len() == 2, "{end:?}");

    let bad = wire::AppendRequest { ciphertext: Vec::new().into(), ..append(&b, 9, 0) };
    let beyond = [
        (batch(small(MOST_ENTRIES + 1)), "entries"),
        (batch(Vec::new()), "entries"),
        (sized(3, MOST_BYTES + 1), "entries"),
        (batch(vec![append(&b, 8, 0), bad]), "ciphertext"),
    ];
    for (n, (batch_, field)) in (20u8..).zip(beyond) {
        let before = batch(vec![append(&b, n, 0)]);
        let (answers, end) = send(&mut client, vec![before, batch_]).await;
        let (code, reason, metadata, _) = said(&end.unwrap());
        assert_eq!((code, reason.as_str(), metadata["field"].as_str()), (Code::InvalidArgument, "BAD_FIELD", field));
        assert_eq!(answers.len(), 1);
    }
    let far = wire::AppendRequest { ciphertext: vec![1; 280 * 1_024].into(), ..append(&b, 9, 0) };
    let (answers, end) = send(&mut client, vec![batch(vec![far])]).await;
    let (code, reason, metadata, _) = said(&end.unwrap());
    assert_eq!((answers.len(), code, reason.as_str()), (0, Code::InvalidArgument, "BAD_FIELD"));
    assert_eq!(metadata["field"], "message", "more bytes than it takes");
    let mut page = fetch(&b);
    page.from_seq = 3;
    let behind = client.fetch(page).await.unwrap().into_inner();
    assert_eq!(behind.entries.iter().map(|e| e.entry_id[0]).collect::<Vec<_>>(), [20, 21, 22, 23]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quota_of_a_log_ends_a_batch_where_it_is_reached() {
    let folder = Folder::new();
    let stamps = folder.stamps(1);
    let mut options = Options::new(&folder.data());
    options.rules.max_log_entries = 5;
    let relay = Relay::start(options).unwrap();
    let mut client = connect(relay.authority()).await;
    let log = open_log(&mut client, 1, &stamps[0]).await;

    let (answers, end) = send(&mut client, vec![batch((1..=8).map(|n| append(&log, n, 0)).collect())]).await;

    let (code, reason, metadata, _) = said(&end.unwrap());
    assert_eq!((code, reason.as_str(), metadata["limit"].as_str()), (Code::ResourceExhausted, "LIMIT", "max_log_entries"));
    assert_eq!(seqs(&answers), [[1, 2, 3, 4, 5]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_keeps_as_much_as_it_may_takes_nothing_more_and_is_read() {
    let folder = Folder::new();
    let stamps = folder.stamps(1);
    let mut options = Options::new(&folder.data());
    options.rules.max_store_bytes = 3 << 20;
    let relay = Relay::start(options).unwrap();
    let mut client = connect(relay.authority()).await;
    let log = open_log(&mut client, 1, &stamps[0]).await;

    let mut stored = 0;
    let refused = loop {
        let entry = wire::AppendRequest { ciphertext: vec![7; 200_000].into(), ..append(&log, stored + 1, stored.into()) };
        match client.append(entry).await {
            Ok(_) => stored += 1,
            Err(status) => break status,
        }
        assert!(stored < 200, "what it was measured with is far behind");
    };

    let (code, reason, metadata, _) = said(&refused);
    assert_eq!((code, reason.as_str(), metadata["limit"].as_str()), (Code::ResourceExhausted, "LIMIT", "max_store_bytes"));
    assert!(stored > 0);
    assert_eq!(client.fetch(fetch(&log)).await.unwrap().into_inner().head, u64::from(stored));
    let large = wire::AppendRequest { ciphertext: vec![7; 200_000].into(), ..append(&log, stored + 1, stored.into()) };
    let (answers, end) = send(&mut client, vec![batch(vec![large])]).await;
    assert!(answers.is_empty() && said(&end.unwrap()).2["limit"] == "max_store_bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_takes_no_batch() {
    let folder = Folder::new();
    let (relay, _, _, _) = world(&folder).await;
    relay.stop();
    let relay = Relay::start(Options { keep_free: u64::MAX, ..Options::new(&folder.data()) }).unwrap();
    let mut client = connect(relay.authority()).await;
    let log = open_log_known(1);

    let (answers, end) = send(&mut client, vec![batch(vec![append(&log, 1, 0)])]).await;

    let (code, reason, metadata, retry) = said(&end.unwrap());
    assert_eq!((code, reason.as_str(), metadata["why"].as_str(), retry), (Code::Unavailable, "STORE_DOWN", "disk_full", true));
    assert!(answers.is_empty() && ids(&mut client, &log).await.is_empty());
}

/// The log of `open_log`, opened before.
fn open_log_known(n: u8) -> Log {
    let (append, read) = (lacre_ground::ids::Token::new([n; 32]), lacre_ground::ids::Token::new([n + 100; 32]));
    Log { id: lacre_ground::ids::ChannelId::of_log(&append.hash(), &read.hash()), append, read }
}

/// Seen red with answers that are collected without bound.
#[tokio::test(flavor = "multi_thread")]
async fn who_reads_no_answers_is_not_read_from_and_loses_nothing() {
    const BATCHES: u8 = 40;
    let folder = Folder::new();
    let (relay, _, a, _) = world(&folder).await;
    // an answer with its receipt does not fit
    let narrow = Endpoint::from_static("http://relay.lacre.invalid").initial_stream_window_size(256);
    let channel = connect_as(relay.authority(), *relay.authority().identity().as_bytes(), narrow).await.unwrap();
    let (more, waiting) = tokio::sync::mpsc::channel(1);
    let mut answers = ChannelsClient::new(channel).append_batch(ReceiverStream::new(waiting)).await.unwrap().into_inner();
    let entry = move |n: u8| wire::AppendRequest { ciphertext: vec![n; 250_000].into(), receipt: true, ..append(&a, n, 0) };

    let mut taken = 0;
    // nothing tells that nothing happens: a bounded wait is the only witness
    while let Ok(sent) = tokio::time::timeout(Duration::from_millis(500), more.send(batch(vec![entry(taken)]))).await {
        sent.unwrap();
        taken += 1;
        assert!(taken < BATCHES, "{BATCHES} batches were taken and no answer read");
    }
    let rest = tokio::spawn(async move {
        for n in taken..BATCHES {
            more.send(batch(vec![entry(n)])).await.unwrap();
        }
    });
    let mut seqs = Vec::new();
    while let Some(answer) = answers.message().await.unwrap() {
        seqs.extend(answer.appended.iter().map(|a| a.seq));
    }
    rest.await.unwrap();

    assert_eq!(seqs, (1..=u64::from(BATCHES)).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_relay_stops_a_stream_is_told_and_what_was_answered_is_what_is_stored() {
    let folder = Folder::new();
    let (relay, client, a, _) = world(&folder).await;
    let mut streams = tokio::task::JoinSet::new();
    let (told, mut first) = tokio::sync::mpsc::channel(64);
    for s in 0..4u8 {
        let (mut client, told, log) = (client.clone(), told.clone(), open_log_known(1));
        streams.spawn(async move {
            // without end, for all that the relay knows
            let batches = (0..15u8).map(move |n| batch((0..4).map(|i| append(&log, s * 60 + n * 4 + i, 0)).collect()));
            let more = tokio_stream::StreamExt::chain(tokio_stream::iter(batches), tokio_stream::pending());
            let mut answers = client.append_batch(more).await.unwrap().into_inner();
            let mut count = 0;
            loop {
                match answers.message().await {
                    Ok(answer) => count += u8::try_from(answer.unwrap().appended.len()).unwrap(),
                    Err(status) => return ((s * 60..s * 60 + count).collect::<Vec<_>>(), status),
                }
                let _ = told.send(()).await;
            }
        });
    }
    first.recv().await.unwrap();
    drop(first);

    tokio::task::spawn_blocking(|| relay.stop()).await.unwrap();

    let mut answered = Vec::new();
    while let Some(ended) = streams.join_next().await {
        let (ids, status) = ended.unwrap();
        let (code, reason, _, retry) = said(&status);
        assert_eq!((code, reason.as_str(), retry), (Code::Unavailable, "STOPPING", true), "{status:?}");
        answered.extend(ids);
    }
    let relay = folder.start();
    let mut stored = ids(&mut connect(relay.authority()).await, &a).await;
    stored.sort_unstable();
    answered.sort_unstable();
    assert!(!answered.is_empty());
    assert_eq!(stored, answered);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stamped_inbox_is_paid_for_each_entry_of_a_batch() {
    let folder = Folder::new();
    let stamps = folder.stamps(3);
    let relay = folder.start();
    let mut client = connect(relay.authority()).await;
    let (append_token, read) = (lacre_ground::ids::Token::new([7; 32]), lacre_ground::ids::Token::new([8; 32]));
    let id = lacre_ground::ids::ChannelId::of_inbox(&read.hash());
    let open = wire::OpenRequest {
        class: wire::ChannelClass::Inbox.into(),
        channel: id.as_bytes().to_vec(),
        append: vec![wire::AppendRight { token_hash: append_token.hash().as_bytes().to_vec(), stamped: true, once: false }],
        read_token_hash: read.hash().as_bytes().to_vec(),
        stamp: stamps[0].expose().to_vec(),
    };
    client.open(open).await.unwrap();
    let inbox = Log { id, append: append_token, read };
    let paid = |n: u8, stamp: &Stamp| wire::AppendRequest { stamp: stamp.expose().to_vec(), ..append(&inbox, n, 0) };

    let (answers, end) =
        send(&mut client, vec![batch(vec![paid(1, &stamps[1]), paid(2, &stamps[1]), paid(3, &stamps[2])])]).await;
    let (rest, _) = send(&mut client, vec![batch(vec![paid(1, &stamps[1]), paid(3, &stamps[2])])]).await;

    assert_eq!((seqs(&answers), said(&end.unwrap()).1.as_str()), (vec![vec![1]], "STAMP_REFUSED"));
    assert_eq!(seqs(&rest), [[1, 2]], "the third stamp was not spent by what was not tried");
}
