//! Every limit of the transport, at one place: tonic, hyper and h2 leave several of them off by default.
//!
//! What peers can hold of the relay's memory: what calls are doing is counted and has one bound for all ([`HELD`],
//! [`crate::memory`]). Not counted is what lies unread in HTTP/2, at most [`CONNECTION_WINDOW`] for a connection, and what an
//! idle connection costs. RUNNING.md has the formula.

use std::time::Duration;
use tonic::transport::Server;

/// Connections at a time; then idle ones make room, fair between networks ([`crate::places`]). (The configuration file may
/// lower it.)
pub const MAX_CONNECTIONS: usize = 16_384;
/// Bytes that calls under way and followed channels may hold, of all connections together; above it the connection that
/// holds most is closed. (The configuration file may change it.)
pub const HELD: usize = 1024 * 1024 * 1024;
/// What ALPN must agree on.
pub const ALPN: &[u8] = b"h2";
/// Bytes that TLS may have encrypted while its peer does not read: a record.
pub const TLS_BUFFER: usize = 16 * 1024;
/// TLS handshakes under way at a time; then the oldest of the most crowded network goes.
pub const HANDSHAKES: usize = 512;
/// A TLS handshake takes no longer.
pub const HANDSHAKE: Duration = Duration::from_secs(10);
/// Calls at a time on one connection: more than any batch of a client.
pub const STREAMS: u32 = 1_024;
/// Calls of one connection that are worked on at a time; further ones wait.
pub const CONCURRENT_CALLS: usize = 1_024;
/// A call is answered within this time (for streams: begun), a blob of 104 MiB on a slow line included.
pub const CALL: Duration = Duration::from_secs(30 * 60);
/// Calls that were reset by the peer before they were taken (CVE-2023-44487).
pub const PENDING_RESETS: usize = 64;
/// Calls that the relay reset for the peer's mistakes, after which the connection is closed.
pub const LOCAL_RESETS: usize = 128;
/// A silent connection is asked for life after this time …
pub const PING_AFTER: Duration = Duration::from_secs(60);
/// … and closed when it does not answer within this.
pub const PING_ANSWER: Duration = Duration::from_secs(20);
/// TCP's own question, for connections whose TLS is stuck.
pub const TCP_KEEPALIVE: Duration = Duration::from_secs(120);
/// A connection is asked to reconnect after this time: new calls go to another, those under way go on …
pub const AGE: Duration = Duration::from_secs(6 * 60 * 60);
/// … and closed after this further one.
pub const AGE_GRACE: Duration = Duration::from_secs(5 * 60);
/// Bytes of all headers of one call.
pub const HEADERS: u32 = 8 * 1024;
/// Bytes of one HTTP/2 frame.
pub const FRAME: u32 = 64 * 1024;
/// Bytes under way to the relay in one call: an upload on a fast line with 50 ms of delay reaches 10 MB/s.
pub const STREAM_WINDOW: u32 = 512 * 1024;
/// Bytes under way to the relay on one connection: what it can make the relay keep without having it read.
pub const CONNECTION_WINDOW: u32 = 512 * 1024;
/// Bytes of one message to the relay: an entry or a chunk of 256 KiB, a state of 64 KiB, 68 key packages of 16 KiB.
pub const MAX_REQUEST: usize = 1_280 * 1024;
/// Bytes of one message to the relay on `Blobs`, and of the directory: a chunk of 256 KiB and its fields.
pub const MAX_ENTRY_REQUEST: usize = 260 * 1024;
/// Bytes of one message to the relay on `Channels`: a batch of 260 KiB and what stands around each of its 256 entries. Some
/// more, so that a batch over its bound is told which.
pub const MAX_BATCH_REQUEST: usize = 272 * 1024;
/// Bytes of one message of the relay: a page of 256 KiB and the entry that passes it, with their fields.
pub const MAX_ANSWER: usize = 1024 * 1024;
/// Bytes of ciphertext in one answer or one message of a stream, before the entry that passes it.
pub const PAGE_BYTES: u32 = 256 * 1024;
/// Entries in one answer or message.
pub const PAGE_ENTRIES: u32 = 1_024;
/// How long calls may go on when the relay stops.
pub const STOPPING: Duration = Duration::from_secs(5);

/// Those of them that say how many, how often and how long, as a relay is started with them: [`Transport::default`] unless a
/// test wants to reach one.
#[derive(Clone, Copy, Debug)]
pub struct Transport {
    /// [`HANDSHAKES`]
    pub handshakes: usize,
    /// [`HANDSHAKE`]
    pub handshake: Duration,
    /// [`STREAMS`]
    pub streams: u32,
    /// [`CALL`]
    pub call: Duration,
    /// [`PENDING_RESETS`]
    pub pending_resets: usize,
    /// [`LOCAL_RESETS`]
    pub local_resets: usize,
    /// [`PING_AFTER`]
    pub ping_after: Duration,
    /// [`PING_ANSWER`]
    pub ping_answer: Duration,
    /// [`AGE`]
    pub age: Duration,
    /// [`AGE_GRACE`]
    pub age_grace: Duration,
}

impl Default for Transport {
    fn default() -> Self {
        Self {
            handshakes: HANDSHAKES,
            handshake: HANDSHAKE,
            streams: STREAMS,
            call: CALL,
            pending_resets: PENDING_RESETS,
            local_resets: LOCAL_RESETS,
            ping_after: PING_AFTER,
            ping_answer: PING_ANSWER,
            age: AGE,
            age_grace: AGE_GRACE,
        }
    }
}

impl Transport {
    /// tonic's server with all of them set.
    #[must_use]
    pub fn server(&self) -> Server {
        Server::builder()
            .accept_http1(false)
            .max_concurrent_streams(self.streams)
            .concurrency_limit_per_connection(CONCURRENT_CALLS)
            .load_shed(false)
            .timeout(self.call)
            .http2_max_pending_accept_reset_streams(Some(self.pending_resets))
            .http2_max_local_error_reset_streams(Some(self.local_resets))
            .http2_keepalive_interval(Some(self.ping_after))
            .http2_keepalive_timeout(Some(self.ping_answer))
            .http2_max_header_list_size(HEADERS)
            .http2_adaptive_window(Some(false))
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(FRAME)
            // tonic with a grace of its own asks nobody, and only closes: ours is kept by `accept`
            .max_connection_age(self.age)
    }
}
