//! The transport against a relay over real TLS, TCP and SOCKS: [`calls`], [`following`], [`bodies`].

mod bodies;
mod calls;
mod following;
mod relay;
mod ways;

use super::{GrpcNetwork, Options, SocksProxy, Timeouts};
use lacre_core::network::{Lane, NetError, Network};
use lacre_ground::address::Authority;
use lacre_ground::time::{Clock, Millis, SystemClock};
use lacre_proto::relay::v1 as wire;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use relay::Relay;
use std::sync::Arc;
use std::time::Duration;
use ways::Way;

/// Short delays between attempts, long deadlines.
fn timeouts() -> Timeouts {
    Timeouts {
        backoff_first: Duration::from_millis(4),
        backoff_most: Duration::from_millis(20),
        connect: relay::PATIENCE,
        call: relay::PATIENCE,
        ..Timeouts::default()
    }
}

fn network_with(timeouts: Timeouts, proxy: Option<SocksProxy>, clock: Arc<dyn Clock>) -> GrpcNetwork {
    GrpcNetwork::new(Options { proxy, timeouts, clock, rng: Box::new(ChaCha20Rng::seed_from_u64(7)) }).unwrap()
}

/// A relay, a way to it that can be cut, and a client.
struct World {
    relay: Relay,
    way: Way,
    at: Authority,
    network: GrpcNetwork,
}

impl World {
    fn new() -> Self {
        Self::with(timeouts())
    }
    fn with(timeouts: Timeouts) -> Self {
        let relay = Relay::start();
        let way = Way::to(&relay);
        let at = relay.authority_at(way.port);
        Self { network: network_with(timeouts, None, Arc::new(SystemClock)), relay, way, at }
    }
    fn append(&mut self) -> Result<wire::AppendResponse, NetError> {
        self.network.append(&self.at, Lane::Conversations, wire::AppendRequest::default())
    }
    /// On a connection made for it.
    fn append_anew(&mut self) -> Result<wire::AppendResponse, NetError> {
        let line = {
            let _context = self.network.handle.enter();
            self.network.lanes.line(&self.at, Lane::Conversations).unwrap()
        };
        self.network.lanes.forget(&line);
        self.append()
    }
}

struct Fixed(Millis);

impl Clock for Fixed {
    fn now(&self) -> Millis {
        self.0
    }
}
