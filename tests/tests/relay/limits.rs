//! Limits of connections, each on both sides, over real TLS: HTTP/2 frame by frame, so that its limits can be passed. No time
//! is claimed: where a limit is a time, the relay is started with a short one or with one that no test lives to see.

use crate::client::{Folder, connect, tls_of};
use lacre_ground::address::Authority;
use lacre_proto::relay::v1 as wire;
use lacre_relay::limits::Transport;
use lacre_relay::serve::{Options, Relay, RunningRelay};
use rustls::pki_types::ServerName;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

const SHORT: Duration = Duration::from_millis(50);
/// No test lives to see it.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);
/// A relay that lets a limit pass may do nothing for ever: then the test fails instead of waiting with it.
const PATIENCE: Duration = Duration::from_secs(30);

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

fn start(folder: &Folder, transport: Transport) -> RunningRelay {
    Relay::start(Options { transport, ..Options::new(&folder.data()) }).unwrap()
}

#[derive(Debug, PartialEq, Eq)]
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    /// The number at this place of the payload.
    fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.payload[at..at + 4].try_into().unwrap())
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The headers of a call (HPACK without any table but the static one).
fn headers(stream: u32, flags: u8, call: &str) -> Vec<u8> {
    let literal = |name: u8, value: &str| [&[0x0F, name - 15, u8::try_from(value.len()).unwrap()][..], value.as_bytes()].concat();
    let path = format!("/lacre.relay.v1.Channels/{call}");
    let path = [&[0x04, u8::try_from(path.len()).unwrap()][..], path.as_bytes()].concat();
    // POST, https, :path, content-type
    let block = [&[0x83, 0x87][..], &path, &literal(31, "application/grpc")].concat();
    frame(HEADERS, END_HEADERS | flags, stream, &block)
}

/// A whole call of `GetInfo`.
fn get_info(stream: u32) -> Vec<u8> {
    [headers(stream, 0, "GetInfo"), frame(DATA, END_STREAM, stream, &[0; 5])].concat()
}

/// An HTTP/2 connection that keeps to no rule by itself.
struct Raw {
    tls: TlsStream<TcpStream>,
}

async fn dial(at: &Authority) -> std::io::Result<TlsStream<TcpStream>> {
    let tls = tokio_rustls::TlsConnector::from(Arc::new(tls_of(at.identity().as_bytes())));
    let tcp = TcpStream::connect((at.host(), at.port())).await?;
    tls.connect(ServerName::try_from("relay.lacre.invalid").unwrap(), tcp).await
}

impl Raw {
    async fn new(at: &Authority) -> Self {
        let mut raw = Self { tls: dial(at).await.unwrap() };
        raw.send(&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &frame(SETTINGS, 0, 0, &[])[..]].concat()).await;
        raw
    }

    /// The relay may have closed already: then the next read says so.
    async fn send(&mut self, bytes: &[u8]) {
        let _ = self.tls.write_all(bytes).await;
        let _ = self.tls.flush().await;
    }

    /// None when the relay has closed.
    async fn next(&mut self) -> Option<Frame> {
        tokio::time::timeout(PATIENCE, self.frame()).await.expect("the relay neither says anything nor closes")
    }

    async fn frame(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.tls.read_exact(&mut head).await.ok()?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]).try_into().unwrap()];
        self.tls.read_exact(&mut payload).await.ok()?;
        let frame = Frame { kind, flags, stream: u32::from_be_bytes(stream), payload };
        if (frame.kind, frame.flags & ACK) == (SETTINGS, 0) {
            self.send(&self::frame(SETTINGS, ACK, 0, &[])).await;
        }
        Some(frame)
    }

    /// The next frame of this kind; none when the relay closes before.
    async fn until(&mut self, kind: u8) -> Option<Frame> {
        while let Some(frame) = self.next().await {
            if frame.kind == kind {
                return Some(frame);
            }
        }
        None
    }

    /// Sees a call answered to its end, and tells with which frame.
    async fn ended(&mut self, stream: u32) -> Option<Frame> {
        while let Some(frame) = self.next().await {
            let ends = frame.kind == RST_STREAM || (frame.kind == HEADERS && frame.flags & END_STREAM != 0);
            if frame.kind == GOAWAY || (ends && frame.stream == stream) {
                return Some(frame);
            }
        }
        None
    }

    async fn is_answered(&mut self, stream: u32) -> bool {
        self.send(&get_info(stream)).await;
        self.ended(stream).await.is_some_and(|frame| frame.kind == HEADERS)
    }
}

/// Work of somebody else: whatever could have happened meanwhile has.
async fn meanwhile(client: &mut wire::channels_client::ChannelsClient<tonic::transport::Channel>) {
    for _ in 0..50 {
        client.get_info(wire::GetInfoRequest {}).await.unwrap();
    }
}

async fn failed_handshakes(at: SocketAddr) -> u64 {
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    let line = page.lines().find(|l| l.starts_with("lacre_relay_handshakes_failed_total ")).unwrap();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_handshakes_as_may_be_are_under_way_and_for_a_further_one_the_oldest_goes() {
    let folder = Folder::new();
    let metrics = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let scraped = metrics.local_addr().unwrap();
    let transport = Transport { handshakes: 2, handshake: LONG, ..Transport::default() };
    let relay = Relay::start(Options { transport, metrics: Some(metrics), ..Options::new(&folder.data()) }).unwrap();
    let at = relay.authority().clone();
    let mut before = connect(&at).await;

    let mut oldest = TcpStream::connect((at.host(), at.port())).await.unwrap();
    dial(&at).await.expect("the second place");
    let silent = TcpStream::connect((at.host(), at.port())).await.unwrap();
    meanwhile(&mut before).await;
    assert!(oldest.try_read(&mut [0; 8]).is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock), "two are under way");
    let _further = dial(&at).await.expect("a third handshake");

    let closed = tokio::time::timeout(PATIENCE, oldest.read(&mut [0; 8])).await.expect("not closed");
    assert_eq!(closed.unwrap_or(0), 0);
    assert!(silent.try_read(&mut [0; 8]).is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock), "one is enough");
    assert_eq!(failed_handshakes(scraped).await, 0, "it did not fail");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_places_are_taken_an_idle_connection_makes_room_and_one_at_work_does_not() {
    let folder = Folder::new();
    let relay = Relay::start(Options { max_connections: 2, ..Options::new(&folder.data()) }).unwrap();
    let at = relay.authority();
    let mut at_work = Raw::new(at).await;
    at_work.send(&headers(1, 0, "Attach")).await;
    at_work.until(HEADERS).await.expect("followed");
    let mut idle = Raw::new(at).await;
    idle.until(SETTINGS).await.expect("there are two places");

    let mut third = Raw::new(at).await;
    third.send(&headers(1, 0, "Attach")).await;
    third.until(HEADERS).await.expect("followed");
    while idle.next().await.is_some() {}
    // now both are at work, and of one network
    let fourth = tokio::time::timeout(PATIENCE, dial(at)).await.expect("neither served nor closed");

    let refused = match fourth {
        Err(_) => true,
        Ok(mut tls) => tls.read(&mut [0; 8]).await.unwrap_or(0) == 0,
    };
    assert!(refused && at_work.is_answered(3).await && third.is_answered(3).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_handshake_is_served_within_its_time_and_forgotten_after_it() {
    let folder = Folder::new();
    let relay = start(&folder, Transport { handshake: LONG, ..Transport::default() });
    let at = relay.authority().clone();

    let tcp = TcpStream::connect((at.host(), at.port())).await.unwrap();
    meanwhile(&mut connect(&at).await).await;
    let tls = tokio_rustls::TlsConnector::from(Arc::new(tls_of(at.identity().as_bytes())));
    drop(tls.connect(ServerName::try_from("relay.lacre.invalid").unwrap(), tcp).await.expect("slow, and in time"));
    relay.stop();

    let relay = start(&folder, Transport { handshake: SHORT, ..Transport::default() });
    let mut silent = TcpStream::connect((relay.authority().host(), relay.authority().port())).await.unwrap();
    let closed = tokio::time::timeout(PATIENCE, silent.read(&mut [0; 16])).await;
    assert_eq!(closed.expect("not closed").unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_as_many_calls_at_a_time_as_it_may_and_one_more_is_refused_alone() {
    const STREAMS: u32 = 8;
    let folder = Folder::new();
    let relay = start(&folder, Transport { streams: STREAMS, ..Transport::default() });
    let mut raw = Raw::new(relay.authority()).await;

    // calls that go on until their sender ends them
    raw.send(&(0..STREAMS).flat_map(|n| headers(2 * n + 1, 0, "Attach")).collect::<Vec<u8>>()).await;
    let mut taken = Vec::new();
    while taken.len() < STREAMS as usize {
        let answer = raw.until(HEADERS).await.unwrap();
        assert_eq!(answer.flags & END_STREAM, 0, "it goes on");
        taken.push(answer.stream);
    }
    raw.send(&get_info(2 * STREAMS + 1)).await;
    let refused = raw.ended(2 * STREAMS + 1).await.unwrap();

    taken.sort_unstable();
    assert_eq!(taken, (0..STREAMS).map(|n| 2 * n + 1).collect::<Vec<_>>());
    assert_eq!((refused.kind, refused.number(0)), (RST_STREAM, REFUSED_STREAM));
    // one ends, and there is a place again
    raw.send(&frame(RST_STREAM, 0, 1, &CANCEL.to_be_bytes())).await;
    assert!(raw.is_answered(2 * STREAMS + 3).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_not_answered_in_its_time_ends_and_a_stream_that_has_begun_goes_on() {
    let folder = Folder::new();
    let mut options = Options::new(&folder.data());
    options.transport = Transport { call: Duration::from_secs(2), ..Transport::default() };
    options.rules.heartbeat_ms = 20;
    let relay = Relay::start(options).unwrap();
    let mut raw = Raw::new(relay.authority()).await;

    raw.send(&headers(1, 0, "Attach")).await;
    assert_eq!(raw.until(HEADERS).await.unwrap().flags & END_STREAM, 0, "it has begun");
    // what never comes to its end
    raw.send(&headers(3, 0, "Append")).await;
    let over = raw.ended(3).await.unwrap();
    // a heartbeat that is sent after that
    raw.until(DATA).await.unwrap();
    let heartbeat = raw.until(DATA).await.unwrap();

    assert_eq!((over.kind, over.flags & END_STREAM), (HEADERS, END_STREAM), "with a status");
    assert_eq!(heartbeat.stream, 1);
    assert!(raw.is_answered(5).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_when_asked_for_life_stays_and_who_does_not_is_closed() {
    let folder = Folder::new();
    let relay = start(&folder, Transport { ping_after: SHORT, ping_answer: LONG, ..Transport::default() });
    let mut raw = Raw::new(relay.authority()).await;
    for _ in 0..3 {
        let ping = raw.until(PING).await.expect("asked again and again");
        raw.send(&frame(PING, ACK, 0, &ping.payload)).await;
    }
    assert!(raw.is_answered(1).await);
    drop(raw);
    relay.stop();

    let relay = start(&folder, Transport { ping_after: SHORT, ping_answer: SHORT, ..Transport::default() });
    let mut silent = Raw::new(relay.authority()).await;
    silent.until(PING).await.expect("asked");
    while silent.next().await.is_some() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_connection_is_asked_to_reconnect_its_calls_go_on_for_a_while_and_then_it_is_closed() {
    let folder = Folder::new();
    let relay = start(&folder, Transport { age: Duration::from_secs(1), age_grace: LONG, ..Transport::default() });
    let mut raw = Raw::new(relay.authority()).await;
    raw.send(&headers(1, 0, "GetInfo")).await;
    let asked = raw.until(GOAWAY).await.expect("asked");
    assert_eq!(asked.number(4), 0, "no error");
    // the call that was under way is finished now, and answered; then there is nothing to wait for
    raw.send(&frame(DATA, END_STREAM, 1, &[0; 5])).await;
    let mut answered = false;
    while let Some(frame) = raw.next().await {
        answered |= frame.kind == HEADERS && frame.flags & END_STREAM != 0;
        if (frame.kind, frame.flags & ACK) == (PING, 0) {
            raw.send(&self::frame(PING, ACK, 0, &frame.payload)).await;
        }
    }
    assert!(answered);
    relay.stop();

    // who does not go is closed
    let relay = start(&folder, Transport { age: Duration::from_secs(1), age_grace: SHORT, ..Transport::default() });
    let mut raw = Raw::new(relay.authority()).await;
    raw.send(&headers(1, 0, "Attach")).await;
    raw.until(GOAWAY).await.expect("asked");
    while raw.next().await.is_some() {}
    drop(raw);
    relay.stop();

    // and a young one is asked nothing
    let relay = start(&folder, Transport { age: LONG, age_grace: SHORT, ..Transport::default() });
    let mut young = Raw::new(relay.authority()).await;
    meanwhile(&mut connect(relay.authority()).await).await;
    assert!(young.is_answered(1).await);
}

/// Sends calls and takes each back at once, all in one piece, so that the relay has taken none of them in between.
async fn taken_back(at: &Authority, count: usize) -> Raw {
    let mut raw = Raw::new(at).await;
    raw.until(SETTINGS).await.unwrap();
    let stream = |n: usize| u32::try_from(2 * n + 1).unwrap();
    let calls =
        (0..count).flat_map(|n| [headers(stream(n), 0, "GetInfo"), frame(RST_STREAM, 0, stream(n), &CANCEL.to_be_bytes())]);
    raw.send(&calls.collect::<Vec<_>>().concat()).await;
    raw
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_calls_may_be_taken_back_before_they_are_begun_and_one_more_ends_the_connection() {
    const RESETS: usize = 16;
    let folder = Folder::new();
    let relay = start(&folder, Transport { pending_resets: RESETS, ..Transport::default() });

    let mut allowed = taken_back(relay.authority(), RESETS).await;
    let mut many = taken_back(relay.authority(), RESETS + 1).await;
    let away = many.until(GOAWAY).await.unwrap();

    assert!(allowed.is_answered(2 * 16 + 1).await);
    assert_eq!(away.number(4), ENHANCE_YOUR_CALM);
    while many.next().await.is_some() {}
}

/// A call whose headers HTTP/2 forbids: the relay must reset it.
fn mistaken(stream: u32) -> Vec<u8> {
    // POST, and no path
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &[0x83])
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_mistakes_are_forgiven_a_connection_and_one_more_ends_it() {
    const MISTAKES: u32 = 8;
    let folder = Folder::new();
    let relay = start(&folder, Transport { local_resets: MISTAKES as usize, ..Transport::default() });
    let mut raw = Raw::new(relay.authority()).await;

    for n in 0..MISTAKES {
        raw.send(&mistaken(2 * n + 1)).await;
        assert_eq!(raw.ended(2 * n + 1).await.unwrap().kind, RST_STREAM);
    }
    assert!(raw.is_answered(2 * MISTAKES + 1).await);
    raw.send(&mistaken(2 * MISTAKES + 3)).await;

    assert_eq!(raw.ended(2 * MISTAKES + 3).await.map(|frame| (frame.kind, frame.number(4))), Some((GOAWAY, ENHANCE_YOUR_CALM)));
    while raw.next().await.is_some() {}
}
