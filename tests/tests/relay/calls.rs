//! The relay as its clients see it: over TCP and TLS, on a free port of the loopback.

use crate::client::{Folder, append, connect, connect_pinned, fetch, open_log, tls_of};
use lacre_ground::ids::{EntryId, Token};
use lacre_ground::note::NoteKey;
use lacre_ground::random::SystemRng;
use lacre_ground::receipt::{RELAY, Receipt};
use lacre_proto::relay::v1 as wire;
use lacre_relay::folder::{DataFolder, IDENTITY_FILE, StartError};
use lacre_relay::serve::{Options, Relay};
use rustls::pki_types::ServerName;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpStream;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_types::StatusExt as _;
use wire::channels_client::ChannelsClient;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_identity_and_generation_outlive_a_restart_and_another_key_is_refused() {
    let folder = Folder::new();
    let stamps = folder.stamps(1);
    let relay = folder.start();
    let first = relay.authority().clone();
    let mut client = connect(&first).await;
    let log = open_log(&mut client, 1, &stamps[0]).await;
    client.append(append(&log, 7, 0)).await.unwrap();
    let before = client.fetch(fetch(&log)).await.unwrap().into_inner();
    relay.stop();

    let relay = folder.start();
    let mut client = connect(relay.authority()).await;
    let after = client.fetch(fetch(&log)).await.unwrap().into_inner();
    let stranger = connect_pinned(relay.authority(), [7; 32]).await;

    assert_eq!(relay.authority().identity(), first.identity());
    assert_eq!(before, after);
    assert_eq!((after.head, after.entries[0].ciphertext.len()), (1, 1_024));
    assert!(stranger.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receipt_of_an_append_and_of_its_status_is_the_relays_word_for_that_entry() {
    let folder = Folder::new();
    let stamps = folder.stamps(1);
    let relay = folder.start();
    let key = NoteKey::new(RELAY, relay.authority().identity().as_bytes()).unwrap();
    let mut client = connect(relay.authority()).await;
    let log = open_log(&mut client, 1, &stamps[0]).await;

    let request = wire::AppendRequest { receipt: true, seal: true, ..append(&log, 7, 0) };
    let answer = client.append(request.clone()).await.unwrap().into_inner();
    let again = client.append(request).await.unwrap().into_inner();
    let status = |token: &Token| {
        let (channel, token) = (log.id.as_bytes().to_vec(), token.expose().to_vec());
        wire::StatusRequest { channel, seq: 1, token, entry_id: vec![] }
    };
    let by_reader = client.status(status(&log.read)).await.unwrap().into_inner().receipt;
    let by_writer = client.status(status(&log.append)).await.unwrap().into_inner().receipt;
    let by_nobody = client.status(status(&Token::new([9; 32]))).await.unwrap_err();

    let receipt = Receipt::verify(&answer.receipt, &key).unwrap();
    assert_eq!((receipt.channel, receipt.seq.get(), receipt.entry_id), (log.id, 1, EntryId::new([7; 16])));
    assert!(receipt.seal);
    assert_eq!(receipt.generation.as_bytes().to_vec(), answer.generation);
    assert_eq!([&again.receipt, &by_reader, &by_writer], [&answer.receipt; 3]);
    assert_eq!(by_nobody.get_details_error_info().unwrap().reason, "NOT_PERMITTED");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_has_a_code_a_reason_and_what_the_caller_needs() {
    let folder = Folder::new();
    let stamps = folder.stamps(2);
    let relay = folder.start();
    let mut client = connect(relay.authority()).await;
    let log = open_log(&mut client, 1, &stamps[0]).await;
    for n in 1..=4u8 {
        let seal = wire::AppendRequest { seal: n < 4, ..append(&log, n, u64::from(n) - 1) };
        client.append(seal).await.unwrap();
    }
    let good = append(&log, 9, 4);
    let cases = [
        (wire::AppendRequest { append_token: vec![9; 32], ..good.clone() }, Code::PermissionDenied, "NOT_PERMITTED", ""),
        (wire::AppendRequest { channel: vec![9; 32], ..good.clone() }, Code::PermissionDenied, "NOT_PERMITTED", ""),
        (wire::AppendRequest { channel: vec![9; 31], ..good.clone() }, Code::InvalidArgument, "BAD_FIELD", "channel"),
        (wire::AppendRequest { read_to: 5, ..good.clone() }, Code::OutOfRange, "AHEAD", "4"),
        (wire::AppendRequest { read_to: 2, ..good.clone() }, Code::FailedPrecondition, "SEALED", "3"),
        (wire::AppendRequest { ciphertext: vec![0; 9].into(), ..append(&log, 4, 3) }, Code::AlreadyExists, "CONFLICT", ""),
        (wire::AppendRequest { seal: true, ..good.clone() }, Code::ResourceExhausted, "LIMIT", "seal_pause_ms"),
        (wire::AppendRequest { ciphertext: vec![].into(), ..good.clone() }, Code::InvalidArgument, "BAD_FIELD", "ciphertext"),
        (wire::AppendRequest { ciphertext: vec![0; 262_145].into(), ..good }, Code::InvalidArgument, "BAD_FIELD", "ciphertext"),
    ];

    for (request, code, reason, names) in cases {
        let status = client.append(request).await.unwrap_err();
        let info = status.get_details_error_info().unwrap();
        assert_eq!((status.code(), info.reason.as_str(), info.domain.as_str()), (code, reason, "relay.lacre"));
        assert!(names.is_empty() || info.metadata.values().any(|v| v == names), "{reason}: {:?}", info.metadata);
        assert_eq!(reason == "LIMIT", status.get_details_retry_info().is_some());
    }
    let trim = wire::TrimRequest { channel: log.id.as_bytes().to_vec(), read_token: log.read.expose().to_vec(), through_seq: 1 };
    let status = client.trim(trim).await.unwrap_err();
    assert_eq!(status.get_details_error_info().unwrap().reason, "NOT_AN_INBOX");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_256_kib_passes_and_a_message_beyond_the_transports_limit_does_not() {
    let folder = Folder::new();
    let stamps = folder.stamps(1);
    let relay = folder.start();
    let mut client = connect(relay.authority()).await;
    let log = open_log(&mut client, 1, &stamps[0]).await;

    for n in 1..=5u8 {
        let biggest = wire::AppendRequest { ciphertext: vec![n; 262_144].into(), ..append(&log, n, u64::from(n) - 1) };
        client.append(biggest).await.unwrap();
    }
    let too_big = wire::AppendRequest { ciphertext: vec![1; 300_000].into(), ..append(&log, 9, 5) };
    let refused = client.append(too_big).await.unwrap_err();
    let page = client.fetch(fetch(&log)).await.unwrap().into_inner();

    let details = refused.get_error_details();
    assert_eq!((refused.code(), details.error_info().unwrap().reason.as_str()), (Code::InvalidArgument, "BAD_FIELD"));
    assert_eq!((page.entries.len(), page.head), (1, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_on_one_connection_reaches_the_stream_of_another_and_stopping_ends_it() {
    let folder = Folder::new();
    let stamps = folder.stamps(1);
    let relay = folder.start();
    let mut writer = connect(relay.authority()).await;
    let mut reader = connect(relay.authority()).await;
    let log = open_log(&mut writer, 1, &stamps[0]).await;
    let add = wire::AttachAdd { channel: log.id.as_bytes().to_vec(), read_token: log.read.expose().to_vec(), from_seq: 1 };
    let requests = tokio_stream::iter([wire::AttachRequest { add: vec![add], remove: vec![] }]);
    let mut events = reader.attach(requests).await.unwrap().into_inner();
    let caught_up = events.message().await.unwrap().unwrap().event;

    writer.append(append(&log, 1, 0)).await.unwrap();
    let entries = events.message().await.unwrap().unwrap().event;
    tokio::task::spawn_blocking(|| relay.stop()).await.unwrap();
    let end = events.message().await;

    assert!(matches!(caught_up, Some(wire::attach_response::Event::CaughtUp(c)) if c.head == 0));
    assert!(matches!(entries, Some(wire::attach_response::Event::Entries(e)) if e.entries[0].seq == 1));
    assert!(end.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_stops_tells_every_stream_another_pause() {
    let folder = Folder::new();
    let relay = folder.start();
    let client = connect(relay.authority()).await;
    let mut streams = Vec::new();
    for _ in 0..64 {
        // the requests stay open: a stream that hears no more could be ended for that
        let requests =
            tokio_stream::StreamExt::chain(tokio_stream::iter([wire::AttachRequest::default()]), tokio_stream::pending());
        streams.push(client.clone().attach(requests).await.unwrap().into_inner());
    }

    tokio::task::spawn_blocking(|| relay.stop()).await.unwrap();

    let mut pauses = std::collections::BTreeSet::new();
    for stream in &mut streams {
        let status = stream.message().await.unwrap_err();
        assert_eq!((status.code(), status.get_details_error_info().unwrap().reason.as_str()), (Code::Unavailable, "STOPPING"));
        pauses.insert(status.get_details_retry_info().unwrap().retry_delay.unwrap());
    }
    let (first, last) = (pauses.first().unwrap().as_millis(), pauses.last().unwrap().as_millis());
    assert!(first >= 500 && last <= 5_500 && pauses.len() > 48, "{} pauses from {first} to {last}", pauses.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_relay_stops_an_append_is_stored_exactly_when_it_was_answered() {
    let folder = Folder::new();
    let stamps = folder.stamps(1);
    let relay = folder.start();
    let mut client = connect(relay.authority()).await;
    let log = open_log(&mut client, 1, &stamps[0]).await;

    let mut answers = tokio::task::JoinSet::new();
    for n in 1..=250u8 {
        let (mut client, request) = (client.clone(), append(&log, n, 0));
        answers.spawn(async move { (n, client.append(request).await.is_ok()) });
    }
    // some are answered, the others are anywhere on their way
    let (first, _) = answers.join_next().await.unwrap().unwrap();
    tokio::task::spawn_blocking(|| relay.stop()).await.unwrap();
    let mut answered: std::collections::BTreeSet<u8> = [first].into();
    while let Some(answer) = answers.join_next().await {
        let (n, stored) = answer.unwrap();
        answered.extend(stored.then_some(n));
    }
    let relay = folder.start();
    let page = connect(relay.authority()).await.fetch(fetch(&log)).await.unwrap().into_inner();

    let stored: std::collections::BTreeSet<u8> = page.entries.iter().map(|e| e.entry_id[0]).collect();
    assert_eq!(stored, answered);
}

#[tokio::test(flavor = "multi_thread")]
async fn info_names_identity_generation_and_limits() {
    let folder = Folder::new();
    let relay = folder.start();
    let info = connect(relay.authority()).await.get_info(wire::GetInfoRequest {}).await.unwrap().into_inner();

    assert_eq!(info.identity, relay.authority().identity().as_bytes());
    assert_eq!(info.generation.len(), 16);
    assert_eq!(info.protocols, ["lacre.relay.v1"]);
    let limits = info.limits.unwrap();
    assert_eq!((limits.max_entry_bytes, limits.max_lag), (262_144, 1_024));
}

#[test]
fn one_process_for_each_data_folder_and_the_folder_is_its_owners_alone() {
    let folder = Folder::new();
    let relay = folder.start();

    let second = Relay::start(Options::new(&folder.data()));

    assert!(matches!(second, Err(StartError::Busy(_))));
    assert_eq!(mode(&folder.data()), 0o700);
    for entry in std::fs::read_dir(folder.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
        }
    }
    relay.stop();
    folder.start().stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_generation_is_in_every_answer_after_it_was_asked_for() {
    let folder = Folder::new();
    let relay = folder.start();
    let before = connect(relay.authority()).await.get_info(wire::GetInfoRequest {}).await.unwrap().into_inner().generation;
    relay.stop();
    let renewed = {
        let data = DataFolder::lock(&folder.data()).unwrap();
        data.new_generation(&folder.data().join(IDENTITY_FILE), &mut SystemRng).unwrap()
    };
    let relay = folder.start();
    let after = connect(relay.authority()).await.get_info(wire::GetInfoRequest {}).await.unwrap().into_inner().generation;

    assert_ne!(before, after);
    assert_eq!(after, renewed.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_tls_or_with_an_older_one_gets_nothing() {
    let folder = Folder::new();
    let relay = folder.start();
    let place = format!("http://{}:{}", relay.authority().host(), relay.authority().port());

    let plain = match Endpoint::from_shared(place).unwrap().connect().await {
        Ok(channel) => ChannelsClient::new(channel).get_info(wire::GetInfoRequest {}).await.map(drop).map_err(drop),
        Err(_) => Err(()),
    };
    let mut old = tls_of(relay.authority().identity().as_bytes());
    old.alpn_protocols = vec![b"http/1.1".to_vec()];
    let tcp = TcpStream::connect((relay.authority().host(), relay.authority().port())).await.unwrap();
    let name = ServerName::try_from("relay.lacre.invalid").unwrap();
    let http1 = tokio_rustls::TlsConnector::from(Arc::new(old)).connect(name, tcp).await;

    assert!(plain.is_err());
    assert!(http1.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_beyond_the_transports_limit_are_refused() {
    let folder = Folder::new();
    let relay = folder.start();
    let mut client = connect(relay.authority()).await;
    let with = |bytes: usize| {
        let mut request = tonic::Request::new(wire::GetInfoRequest {});
        request.metadata_mut().insert("x-filler", "a".repeat(bytes).parse().unwrap());
        request
    };

    assert!(client.get_info(with(4 * 1_024)).await.is_ok());
    assert!(client.get_info(with(64 * 1_024)).await.is_err());
}
