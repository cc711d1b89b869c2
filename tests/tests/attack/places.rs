//! One network takes every place that there is, and another's people come in all the same.
use crate::attacks::{framed, limit, upload};
use lacre_proto::relay::v1 as wire;
use lacre_tests::raw;
use lacre_tests::siege::{Log, Siege, http2, request};
use std::net::Ipv4Addr;
use tokio::io::AsyncReadExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use wire::blobs_client::BlobsClient;
use wire::channels_client::ChannelsClient;
use wire::put_request::Part;

const PLACES: usize = 48;
/// In another /24.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 9, 0, 1);

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_every_place_with_connections_at_work_gives_one_to_each_newcomer_of_another_network() {
    let siege = Siege::crowded(PLACES);
    let log = Log::new(1);
    ChannelsClient::new(siege.connect().await).open(log.open(1)).await.unwrap();
    assert_eq!(siege.status().0, Some(0), "{}", siege.status().1);

    // each follows a log: none of them is idle
    let mut crowd = Vec::new();
    while crowd.len() < PLACES {
        let Ok((mut send, going)) = http2(&siege.dialler(), 1 << 16).await else { break };
        let (answer, mut body) = send.send_request(request("Channels/Attach"), false).unwrap();
        body.send_data(framed(&log.follow(1)), false).unwrap();
        answer.await.unwrap();
        crowd.push((send, going, body));
    }
    let more = http2(&siege.dialler(), 1 << 16).await;
    let mut newcomers = Vec::new();
    for _ in 0..PLACES / 4 {
        let channel = raw::connected(siege.dialler().from(ELSEWHERE)).await.expect("a place");
        let mut client = ChannelsClient::new(channel);
        client.get_info(wire::GetInfoRequest {}).await.expect("served");
        let events = client.attach(tokio_stream::iter([log.follow(1)])).await.expect("followed");
        newcomers.push((client, events));
    }

    assert!(more.is_err(), "of its own network nobody has to go");
    for (client, _) in &mut newcomers {
        client.get_info(wire::GetInfoRequest {}).await.expect("it stays");
    }
    let (code, said) = siege.status();
    assert!(code == Some(1) && said.contains("PLACES_SHORT"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_fills_every_handshake_with_silence_keeps_nobody_out() {
    let siege = Siege::start(64, 0);
    let dialler = siege.dialler();
    let mut silent = Vec::new();
    while silent.len() < lacre_relay::limits::HANDSHAKES {
        silent.push(dialler.tcp().await.unwrap());
    }

    let from_elsewhere = raw::connected(siege.dialler().from(ELSEWHERE)).await.expect("a handshake");
    ChannelsClient::new(from_elsewhere).get_info(wire::GetInfoRequest {}).await.expect("served");
    let from_there = raw::connect(&siege.at).await.expect("and of the same network");
    ChannelsClient::new(from_there).get_info(wire::GetInfoRequest {}).await.expect("served");

    let mut first = silent.swap_remove(0);
    assert_eq!(first.read(&mut [0; 8]).await.unwrap_or(0), 0, "the oldest made room");
    assert!(siege.status().1.contains("PLACES_SHORT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_every_place_for_uploads_by_sending_slowly_gives_one_to_each_newcomer_of_another_network() {
    const OF_ONE: u64 = 16;
    let siege = Siege::start(64, 0);
    let content = vec![7; 50_000];
    let chunk = |bytes: &[u8]| wire::PutRequest { part: Some(Part::Chunk(bytes.to_vec().into())) };
    let begin = async |client: &BlobsClient<Channel>, n: u64| {
        let (parts, body) = tokio::sync::mpsc::channel(2);
        parts.send(upload(n, n, &content)).await.unwrap();
        parts.send(chunk(&content[..1])).await.unwrap();
        let mut client = client.clone();
        let put = tokio::spawn(async move { client.put(ReceiverStream::new(body)).await.map(drop) });
        (parts, put)
    };

    let mut slow = Vec::new();
    for connection in 0..256 / OF_ONE {
        let client = BlobsClient::new(siege.connect().await);
        for n in 0..OF_ONE {
            slow.push(begin(&client, connection * OF_ONE + n).await);
        }
    }
    let there = siege.uploads(256).await;
    let own = BlobsClient::new(siege.connect().await);
    let refused = begin(&own, 1_000).await.1.await.unwrap().unwrap_err();
    let mut newcomer = BlobsClient::new(raw::connected(siege.dialler().from(ELSEWHERE)).await.unwrap());
    for n in 2_000..2_004 {
        newcomer.put(tokio_stream::iter([upload(n, n, &content), chunk(&content)])).await.expect("a place");
    }
    let gone: Vec<_> = slow.iter().filter(|(_, put)| put.is_finished()).collect();

    assert_eq!((there, limit(&refused).as_str()), (256, "max_uploads"));
    assert!((1..=4).contains(&gone.len()), "{} of them made room", gone.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_agree_on_http2_or_sends_something_else_than_grpc_is_sent_away() {
    let siege = Siege::start(64, 0);
    for protocols in [&[][..], &[&b"http/1.1"[..]]] {
        let closed = match siege.dialler().speaking(protocols).dial().await {
            Ok(mut tls) => tls.read(&mut [0; 8]).await.is_ok_and(|n| n == 0) || tls.read(&mut [0; 8]).await.is_err(),
            Err(_) => true,
        };
        assert!(closed, "{protocols:?}");
    }

    let (mut send, _going) = siege.http2(1 << 16).await.unwrap();
    let mut status = async |kind: Option<&str>| {
        let mut asked = request("Channels/GetInfo");
        asked.headers_mut().remove("content-type");
        if let Some(kind) = kind {
            asked.headers_mut().insert("content-type", kind.parse().unwrap());
        }
        let (answer, mut body) = send.send_request(asked, false).unwrap();
        let _ = body.send_data(framed(&wire::GetInfoRequest {}), true);
        answer.await.unwrap().status().as_u16()
    };
    for (kind, expected) in [
        (Some("application/grpc"), 200),
        (Some("application/grpc+proto"), 200),
        (Some("application/grpc; charset=utf-8"), 200),
        (Some("application/grpcx"), 415),
        (Some("application/json"), 415),
        (None, 415),
    ] {
        assert_eq!(status(kind).await, expected, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_message_or_too_long_is_refused_with_the_reason_bad_field() {
    use tonic_types::StatusExt as _;
    let siege = Siege::start(64, 0);
    let channel = siege.connect().await;
    let call = async |message: Vec<u8>| {
        let status = raw::call(&channel, "/lacre.relay.v1.Channels/Fetch", vec![message]).await.unwrap_err();
        let info = status.get_details_error_info().expect("a reason");
        assert!(status.get_details_request_info().is_some());
        (info.reason, info.metadata["field"].clone())
    };

    let bad = ("BAD_FIELD".to_owned(), "message".to_owned());
    assert_eq!(call(vec![0xff; 40]).await, bad, "no protobuf");
    assert_eq!(call(vec![0; 300_000]).await, bad, "too long");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counter_is_on_its_socket_and_not_on_the_network() {
    let siege = Siege::start(64, 0);
    let channel = siege.connect().await;
    let codes = ["IssueCode", "ListCodes", "RevokeCode", "AddClerk", "RevokeClerk", "ListClerks", "ListActs"];
    let calls = codes.iter().map(|call| format!("Registrar/{call}")).chain(["Operator/Report".to_owned()]);
    for call in calls {
        let status = raw::call(&channel, &format!("/lacre.relay.v1.{call}"), vec![Vec::new()]).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::Unimplemented, "{call}");
    }
}
