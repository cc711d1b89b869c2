//! A real relay under attack, on the loopback, over real TLS, beside an honest client that writes and reads all along.
//!
//! In every test the same is claimed: nothing that the honest client asks is refused, its connections are never closed,
//! everything it wrote is there, and the relay's memory stays under the formula of server/RUNNING.md. Attacks are bounded in
//! what they send; no time is claimed. The price in latency is printed by the bench (`-- attack`).
//!
//! Seen red, all seven: requests and answers with nobody closed for what is held; resets with no bound of them; idle
//! connections that cost 120 kB each; key packages, inbox and blobs with claims, appends of a token and uploads of a stamp
//! unlimited.
use lacre_ground::ids::Token;
use lacre_proto::relay::v1 as wire;
use lacre_relay::memory::formula;
use lacre_tests::powercut::marks::{derived, stamp};
use lacre_tests::siege::{Honest, Http2, Log, SUITE, Siege, account, request};
use prost::bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tonic::Code;
use tonic_types::StatusExt as _;
use wire::blobs_client::BlobsClient;
use wire::channels_client::ChannelsClient;
use wire::directory_client::DirectoryClient;
use wire::put_request::Part;

/// MiB that calls under way may hold in a relay under siege.
pub(crate) const HELD_MIB: usize = 16;
/// Exchanges of the honest client after which an attack that should have had an effect has none.
const PATIENCE: u64 = 5_000;

pub(crate) fn under_the_formula(siege: &Siege, connections: usize, unread: usize) {
    let (peak, most) = (siege.peak(), formula(connections, unread, siege.held_mib << 20));
    println!("{} MiB of at most {} with {connections} connections", peak >> 20, most >> 20);
    assert!(peak <= most, "{peak} bytes, and the formula says {most}");
}

/// A message as gRPC frames it.
pub(crate) fn framed(message: &impl prost::Message) -> Bytes {
    let bytes = message.encode_to_vec();
    [&[0][..], &u32::try_from(bytes.len()).unwrap().to_be_bytes(), &bytes].concat().into()
}

/// An attacker's connections.
pub(crate) struct Attackers {
    connections: Vec<Http2>,
}

impl Attackers {
    pub(crate) async fn new(siege: &Siege, count: usize, window: u32) -> Self {
        let mut connections = Vec::new();
        for _ in 0..count {
            connections.push(siege.http2(window).await.unwrap());
        }
        Self { connections }
    }
    pub(crate) fn connections(&mut self) -> &mut [Http2] {
        &mut self.connections
    }
    pub(crate) fn add(&mut self, others: Self) {
        self.connections.extend(others.connections);
    }
    fn closed(&self) -> usize {
        self.connections.iter().filter(|(_, connection)| connection.is_finished()).count()
    }
    /// Goes on until the relay has closed so many of them.
    pub(crate) async fn until_closed(&self, count: usize, honest: &mut Honest) {
        for _ in 0..PATIENCE {
            if self.closed() >= count {
                return;
            }
            honest.more(1).await;
        }
        panic!("the relay closed {} of {} connections, not {count}", self.closed(), self.connections.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_never_end_cost_their_senders_the_connection_and_nobody_else() {
    const CONNECTIONS: usize = 24;
    let siege = Siege::start(HELD_MIB, 0);
    let mut honest = Honest::start(&siege).await;
    let begun: Bytes = [&[0, 0, 4, 0x1e, 0xb0][..], &vec![7; 260_000]].concat().into();

    let mut attackers = Attackers::new(&siege, CONNECTIONS, 1 << 16).await;
    let mut unfinished = Vec::new();
    for (send, _) in &mut attackers.connections {
        // each half of a call sends all but the end of its message, slowly: as fast as the relay takes it
        for call in ["Channels/Append", "Channels/AppendBatch"].into_iter().cycle().take(16) {
            let Ok((answer, mut body)) = send.send_request(request(call), false) else { break };
            let _ = body.send_data(begun.clone(), false);
            unfinished.push((answer, body));
        }
        honest.more(1).await;
    }
    attackers.until_closed(CONNECTIONS / 2, &mut honest).await;

    under_the_formula(&siege, CONNECTIONS + 2, CONNECTIONS);
    honest.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_nobody_reads_cost_who_asked_for_them_the_connection_and_nobody_else() {
    const CONNECTIONS: usize = 24;
    let siege = Siege::start(HELD_MIB, 0);
    let mut honest = Honest::start(&siege).await;
    let mut own = ChannelsClient::new(siege.connect().await);
    let log = Log::new(1);
    own.open(log.open(1)).await.unwrap();
    for n in 1..=6 {
        own.append(log.entry(n, 262_144)).await.unwrap();
    }

    // some connections take nothing, the others one byte: then all of an answer waits in HTTP/2
    let mut attackers = Attackers::new(&siege, CONNECTIONS / 2, 0).await;
    attackers.connections.extend(Attackers::new(&siege, CONNECTIONS / 2, 1).await.connections);
    let mut unread = Vec::new();
    for (send, _) in &mut attackers.connections {
        for n in 0..16 {
            let (call, message) =
                if n % 4 == 0 { ("Channels/Attach", framed(&log.follow(1))) } else { ("Channels/Fetch", framed(&log.fetch())) };
            let Ok((answer, mut body)) = send.send_request(request(call), false) else { break };
            let _ = body.send_data(message, n % 4 != 0);
            unread.push((answer, body));
        }
        honest.more(1).await;
    }
    attackers.until_closed(CONNECTIONS / 2, &mut honest).await;

    under_the_formula(&siege, CONNECTIONS + 3, 0);
    honest.end().await;
}

/// Thousands of calls that are taken back at once, byte by byte: a library would keep to itself what it takes back before it
/// was sent. Whether the relay ended the connection for it.
async fn rapid_resets(siege: &Siege) -> bool {
    const RST_STREAM: u8 = 3;
    const ALIVE: &[u8; 8] = b"goes on?";
    let path = b"/lacre.relay.v1.Channels/GetInfo";
    // POST, https, :path
    let block = [&[0x83, 0x87, 0x04, 32][..], path].concat();
    let mut bytes = after_preface(&[]);
    for stream in (1..8_000).step_by(2) {
        bytes.extend(frame(HEADERS, END_HEADERS, stream, &block));
        bytes.extend(frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]));
    }
    // who still listens after that answers
    bytes.extend(frame(PING, 0, 0, ALIVE));
    let (mut from, mut to) = tokio::io::split(siege.dialler().dial().await.unwrap());
    let sending = tokio::spawn(async move {
        let _ = to.write_all(&bytes).await;
        let _ = to.flush().await;
        to
    });
    let (mut said, mut part) = (Vec::new(), [0; 4_096]);
    let ended = loop {
        match from.read(&mut part).await {
            Ok(0) | Err(_) => break true,
            Ok(count) => said.extend_from_slice(&part[..count]),
        }
        if said.windows(ALIVE.len()).any(|bytes| bytes == ALIVE) {
            break false;
        }
    };
    drop(sending.await);
    ended
}

/// HTTP/2's beginning, then whatever comes.
fn after_preface(frames: &[u8]) -> Vec<u8> {
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".as_slice(), frames].concat()
}

const HEADERS: u8 = 1;
const PING: u8 = 6;
const END_HEADERS: u8 = 4;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Bytes that no client of gRPC sends.
fn malformed() -> Vec<Vec<u8>> {
    const DATA: u8 = 0;
    const SETTINGS: u8 = 4;
    const CONTINUATION: u8 = 9;
    let many = |count: usize, frame: Vec<u8>| frame.repeat(count);
    // a literal header, never indexed: name and value of 100 bytes
    let literal = [&[0x10, 100][..], &[b'a'; 100], &[100], &[b'b'; 100]].concat();
    vec![
        // a frame of 16 MiB
        after_preface(&[&[0xFF, 0xFF, 0xFF, DATA, 0, 0, 0, 0, 1][..], &vec![0; 200_000]].concat()),
        after_preface(&many(20_000, frame(PING, 0, 0, &[0; 8]))),
        after_preface(&many(20_000, frame(SETTINGS, 0, 0, &[]))),
        after_preface(&many(20_000, frame(DATA, 0, 1, &[]))),
        // headers that never end
        after_preface(&[frame(HEADERS, 0, 1, &literal), many(4_000, frame(CONTINUATION, 0, 1, &literal))].concat()),
        after_preface(&many(5_000, frame(0xFA, 0xFF, 77, &[1]))),
        b"GET / HTTP/1.1\r\nHost: relay\r\n\r\n".repeat(2_000),
        vec![0; 300_000],
    ]
}

/// Well-formed calls of the smallest and the greatest frames and messages.
async fn frames(siege: &Siege) -> JoinSet<()> {
    let mut attacks = JoinSet::new();
    for bytes in malformed() {
        let dialler = siege.dialler();
        attacks.spawn(async move {
            let mut tls = dialler.dial().await.unwrap();
            // the relay may stop listening at any byte, or not listen at all
            let _ = tls.write_all(&bytes).await;
            let _ = tls.flush().await;
            std::future::pending::<()>().await;
        });
    }
    let log = Log::new(2);
    let entry = framed(&log.entry(1, 4_000));
    let tiny: Vec<Bytes> = entry.iter().map(|byte| Bytes::copy_from_slice(&[*byte])).collect();
    let calls = [
        ("Channels/Append", tiny),
        // a message that says it has 4 GiB
        ("Channels/Append", vec![Bytes::from_static(&[0, 0xFF, 0xFF, 0xFF, 0xFF]), vec![7; 300_000].into()]),
        ("Channels/Append", vec![vec![0xFF; 300_000].into()]),
        ("Channels/Attach", vec![framed(&wire::AttachRequest::default()); 5_000]),
        ("Channels/AppendBatch", vec![framed(&wire::AppendBatchRequest::default()); 5_000]),
        ("Blobs/Put", vec![framed(&wire::PutRequest { part: Some(Part::Chunk(vec![7].into())) }); 5_000]),
        ("Nobody/Knows", vec![vec![7; 300_000].into()]),
    ];
    for (call, parts) in calls {
        let (mut send, _connection) = siege.http2(1 << 16).await.unwrap();
        attacks.spawn(async move {
            let (_answer, mut body) = send.send_request(request(call), false).unwrap();
            for part in parts {
                if body.send_data(part, false).is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await;
        });
    }
    attacks
}

#[tokio::test(flavor = "multi_thread")]
async fn rapid_resets_and_frames_of_every_size_are_no_ones_trouble_but_their_senders() {
    let siege = Siege::start(HELD_MIB, 0);
    let mut honest = Honest::start(&siege).await;

    let attacks = frames(&siege).await;
    honest.more(50).await;
    for n in 0..12 {
        assert!(rapid_resets(&siege).await, "connection {n} goes on after 4,000 resets");
        honest.more(3).await;
    }

    let connections = attacks.len() + 14;
    under_the_formula(&siege, connections, connections);
    honest.end().await;
    let said = std::fs::read_to_string(siege.log()).unwrap();
    assert!(!said.contains("panicked"), "{said}");
}

/// How many connections this process, and the relay that it starts, may have open.
fn descriptors() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap_or(usize::MAX)
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_idle_connections_cost_what_the_formula_says_and_all_clients_may_come_back_at_once() {
    const IDLE: usize = 3_000;
    const BACK: usize = 2_000;
    // each stream counts for 8 KiB
    let siege = Siege::start(2 * HELD_MIB, 0);
    let mut honest = Honest::start(&siege).await;
    let room = descriptors().saturating_sub(300);
    let (idle, back) = (IDLE.min(room), BACK.min(room));
    if idle < IDLE {
        println!("only {idle} idle connections and {back} that come back: no more files may be open here");
    }

    let mut silent = Vec::new();
    while silent.len() < idle {
        silent.push(siege.http2(1 << 16).await.unwrap());
        if silent.len().is_multiple_of(100) {
            honest.more(1).await;
        }
    }
    honest.more(20).await;
    assert!(silent.iter().all(|(_, connection)| !connection.is_finished()), "an idle connection is no crime");
    under_the_formula(&siege, idle + 2, 0);

    silent.clear();
    let log = Log::new(1);
    ChannelsClient::new(siege.connect().await).open(log.open(1)).await.unwrap();
    let mut clients = JoinSet::new();
    for _ in 0..back {
        let (at, follow) = (siege.at.clone(), log.follow(1));
        clients.spawn(async move {
            let mut client = ChannelsClient::new(lacre_tests::raw::connect(&at).await.unwrap_or_else(|e| panic!("{e:?}")));
            let stream = tokio_stream::StreamExt::chain(tokio_stream::iter([follow]), tokio_stream::pending());
            let mut events = client.attach(stream).await.unwrap().into_inner();
            events.message().await.unwrap().unwrap();
            (client, events)
        });
    }
    honest.more(20).await;
    let served = clients.join_all().await;

    assert_eq!(served.len(), back, "everybody is served");
    under_the_formula(&siege, idle + back + 2, 0);
    honest.end().await;
}

pub(crate) fn limit(status: &tonic::Status) -> String {
    let details = status.get_error_details();
    assert_eq!((status.code(), details.error_info().unwrap().reason.as_str()), (Code::ResourceExhausted, "LIMIT"));
    details.error_info().unwrap().metadata["limit"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_drains_key_packages_takes_the_last_resort_in_the_end_and_others_accounts_are_claimed_all_along() {
    let siege = Siege::start(HELD_MIB, 100);
    let honest = Honest::start(&siege).await;
    let mut directory = DirectoryClient::new(siege.connect().await);
    let claim = |victim: u64, paid: u64| wire::ClaimRequest {
        account: account(victim).as_bytes().to_vec(),
        suite: SUITE.into(),
        stamp: stamp(paid).expose().to_vec(),
    };

    let (mut last_resort, mut refused) = (0, None);
    for n in 0..300 {
        match directory.claim(claim(0, n)).await {
            Ok(claimed) => last_resort += u32::from(claimed.into_inner().devices[0].last_resort),
            Err(status) => {
                refused = Some((n, limit(&status)));
                break;
            }
        }
        if n % 50 == 0 {
            directory.claim(claim(1, 1_000 + n)).await.expect("another account");
        }
    }
    let other = directory.claim(claim(1, 2_000)).await.expect("another account").into_inner();

    assert_eq!((last_resort, refused), (140, Some((240, "claims_per_hour".to_owned()))));
    assert!(!other.devices[0].last_resort);
    under_the_formula(&siege, 3, 0);
    honest.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flooded_inbox_still_takes_what_other_tokens_bring() {
    let siege = Siege::start(HELD_MIB, 0);
    let mut honest = Honest::start(&siege).await;
    let mut client = ChannelsClient::new(siege.connect().await);
    let (public, private, read) =
        (Token::new(derived("public", 0)), Token::new(derived("private", 0)), Token::new(derived("reader", 0)));
    let id = lacre_ground::ids::ChannelId::of_inbox(&read.hash());
    let right = |token: &Token| wire::AppendRight { token_hash: token.hash().as_bytes().to_vec(), stamped: false, once: false };
    let open = wire::OpenRequest {
        class: wire::ChannelClass::Inbox.into(),
        channel: id.as_bytes().to_vec(),
        append: vec![right(&public), right(&private)],
        read_token_hash: read.hash().as_bytes().to_vec(),
        stamp: stamp(1).expose().to_vec(),
    };
    client.open(open).await.unwrap();
    let letter = |token: &Token, n: u64| wire::AppendRequest {
        channel: id.as_bytes().to_vec(),
        append_token: token.expose().to_vec(),
        ..Log::new(0).entry(n + 1, 2_000)
    };

    let mut taken = 0;
    let mut refusals = Vec::new();
    // more than two hours' worth: one hour may end in between, and then the quota begins anew
    for n in 0..500 {
        match client.append(letter(&public, n)).await {
            Ok(_) => taken += 1,
            Err(status) => refusals.push(limit(&status)),
        }
        if n % 40 == 0 {
            client.append(letter(&private, 10_000 + n)).await.expect("another token");
            honest.more(1).await;
        }
    }

    assert!(refusals.iter().all(|l| l == "inbox_appends_per_token"), "{refusals:?}");
    assert!((240..=480).contains(&taken), "{taken}");
    under_the_formula(&siege, 3, 0);
    honest.end().await;
}

pub(crate) fn upload(number: u64, paid: u64, content: &[u8]) -> wire::PutRequest {
    let header = wire::PutHeader {
        blob: derived("hoarded", number).to_vec(),
        read_token_hash: Token::new([5; 32]).hash().as_bytes().to_vec(),
        size: content.len() as u64,
        sha256: Sha256::digest(content).to_vec(),
        stamp: stamp(paid).expose().to_vec(),
        offset: 0,
    };
    wire::PutRequest { part: Some(Part::Header(header)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_that_are_begun_and_never_finished_leave_room_for_those_of_others() {
    const STAMPS: u64 = 32;
    let siege = Siege::start(HELD_MIB, 0);
    let mut honest = Honest::start(&siege).await;
    let content = vec![7; 50_000];
    let chunk = |bytes: &[u8]| wire::PutRequest { part: Some(Part::Chunk(bytes.to_vec().into())) };
    // eight stamps on each connection
    let mut hoarders = Vec::new();
    for _ in 0..STAMPS / 8 {
        hoarders.push(BlobsClient::new(siege.connect().await));
    }

    // more uploads than the relay has places for, of fewer stamps than that
    let mut hoard = JoinSet::new();
    let (mut open, mut whole) = (Vec::new(), BlobsClient::new(siege.connect().await));
    for n in 0..320 {
        let (parts, body) = tokio::sync::mpsc::channel(2);
        parts.send(upload(n, n % STAMPS, &content)).await.unwrap();
        parts.send(chunk(&content[..100])).await.unwrap();
        open.push(parts);
        let mut hoarder = hoarders[usize::try_from(n % STAMPS / 8).unwrap()].clone();
        hoard.spawn(async move { hoarder.put(tokio_stream::wrappers::ReceiverStream::new(body)).await.map(drop) });
        if n % 32 == 31 {
            honest.more(1).await;
            let parts = tokio_stream::iter([upload(1_000 + n, 1_000 + n, &content), chunk(&content)]);
            whole.put(parts).await.expect("somebody else's blob");
        }
    }
    // all but the newest of each stamp
    for _ in 0..320 - STAMPS {
        let ended = hoard.join_next().await.unwrap().unwrap().unwrap_err();
        assert_eq!(limit(&ended), "uploads_per_stamp");
    }

    assert_eq!(hoard.len() as u64, STAMPS, "each stamp has one place");
    under_the_formula(&siege, 3 + hoarders.len(), 0);
    honest.end().await;
}
