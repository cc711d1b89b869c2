//! Which connection a call travels on: one for each relay and lane, made at first use, closed after idleness.

use super::dial::{Dial, DialError, SocksProxy, pinned};
use super::{Chance, Timeouts, lock};
use data_encoding::HEXLOWER;
use hyper_util::rt::TokioIo;
use lacre_core::network::{Lane, NetError};
use lacre_ground::address::Authority;
use lacre_ground::random;
use lacre_ground::time::{Clock, Millis};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tonic::transport::{Channel, Endpoint};
use zeroize::Zeroizing;

/// One HTTP/2 connection, which makes itself again when it was cut.
pub(super) struct Line {
    key: (Authority, Lane),
    channel: Channel,
    used: Mutex<Millis>,
}

impl Line {
    /// A handle on it; cheap.
    pub(super) fn channel(&self) -> Channel {
        self.channel.clone()
    }
}

/// All lines of the process.
pub(super) struct Lanes {
    proxy: Option<SocksProxy>,
    timeouts: Timeouts,
    clock: Arc<dyn Clock>,
    chance: Chance,
    lines: Mutex<HashMap<(Authority, Lane), Arc<Line>>>,
    silent: Silent,
}

/// Relays that let a whole [`Timeouts::connect`] pass, and when that was over. For as long again no other lane waits for them:
/// a command would wait once for each.
type Silent = Arc<Mutex<HashMap<Authority, Millis>>>;

impl Lanes {
    pub(super) fn new(proxy: Option<SocksProxy>, timeouts: Timeouts, clock: Arc<dyn Clock>, chance: Chance) -> Self {
        Self { proxy, timeouts, clock, chance, lines: Mutex::default(), silent: Silent::default() }
    }

    /// The line of this relay and lane. Must be called in the runtime's context. Connects at its first request.
    pub(super) fn line(&self, at: &Authority, lane: Lane) -> Result<Arc<Line>, NetError> {
        let now = self.clock.now();
        let mut lines = lock(&self.lines);
        let idle = u64::try_from(self.timeouts.idle.as_millis()).unwrap_or(u64::MAX);
        // who holds a line (a followed stream does) keeps it
        lines.retain(|_, line| Arc::strong_count(line) > 1 || now.since(*lock(&line.used)) < idle);
        let key = (at.clone(), lane);
        if let Some(line) = lines.get(&key) {
            *lock(&line.used) = now;
            return Ok(Arc::clone(line));
        }
        let line = Arc::new(Line { channel: self.connect(at, lane)?, key: key.clone(), used: Mutex::new(now) });
        lines.insert(key, Arc::clone(&line));
        Ok(line)
    }

    /// Leaves a line that is in doubt; the next call makes another. Calls under way end by themselves.
    pub(super) fn forget(&self, line: &Arc<Line>) {
        let mut lines = lock(&self.lines);
        if lines.get(&line.key).is_some_and(|current| Arc::ptr_eq(current, line)) {
            lines.remove(&line.key);
        }
    }

    /// The same if the error says that the connection is at fault.
    pub(super) fn forget_after(&self, line: &Arc<Line>, error: &NetError) {
        match error {
            NetError::Unreachable { .. } | NetError::OtherKey { .. } => self.forget(line),
            NetError::Protocol(_) | NetError::Refused(_) | NetError::Body { .. } => {}
        }
    }

    fn connect(&self, at: &Authority, lane: Lane) -> Result<Channel, NetError> {
        let unusable = |why: String| NetError::Unreachable { why };
        let tls = pinned(at.identity(), Arc::clone(&self.clock)).map_err(|e| unusable(e.to_string()))?;
        let secret: [u8; 16] = random::bytes(&mut **lock(&self.chance));
        let dial = Arc::new(Dial {
            host: at.host().to_owned(),
            port: at.port(),
            tls: Arc::new(tls),
            proxy: self.proxy.clone(),
            isolation: (format!("lacre-{}", lane_name(lane)), Zeroizing::new(HEXLOWER.encode(&secret))),
            limit: self.timeouts.connect,
        });
        // the scheme is http because TLS is ours; hyper never sees the host
        let endpoint = Endpoint::from_static("http://relay.lacre.invalid")
            .http2_keep_alive_interval(self.timeouts.ping)
            .keep_alive_timeout(self.timeouts.ping)
            .keep_alive_while_idle(false)
            .initial_stream_window_size(1024 * 1024)
            .initial_connection_window_size(2 * 1024 * 1024)
            .http2_max_header_list_size(32 * 1024)
            .http2_adaptive_window(false)
            .user_agent("lacre")
            .map_err(|e| unusable(e.to_string()))?;
        let (silent, clock, at) = (Arc::clone(&self.silent), Arc::clone(&self.clock), at.clone());
        let pause = u64::try_from(self.timeouts.connect.as_millis()).unwrap_or(u64::MAX);
        Ok(endpoint.connect_with_connector_lazy(tower::service_fn(move |_uri| {
            let (dial, silent, clock, at) = (Arc::clone(&dial), Arc::clone(&silent), Arc::clone(&clock), at.clone());
            async move {
                let now = clock.now();
                if lock(&silent).get(&at).is_some_and(|since| *since <= now && now.since(*since) < pause) {
                    return Err(DialError::Timeout(dial.limit));
                }
                let done = dial.connect().await;
                match &done {
                    Err(DialError::Timeout(_)) => lock(&silent).insert(at, clock.now()),
                    _ => lock(&silent).remove(&at),
                };
                done.map(TokioIo::new)
            }
        })))
    }
}

fn lane_name(lane: Lane) -> &'static str {
    match lane {
        Lane::Account => "account",
        Lane::Inbox => "inbox",
        Lane::Casilla => "casilla",
        Lane::Conversations => "conversations",
        Lane::Directory => "directory",
        Lane::Blobs => "blobs",
    }
}
