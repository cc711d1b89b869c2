//! The relay, as commands see it: a round of synchronisation that may find nobody there.

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::shown::shown;
use lacre_client::network::OTHER_KEY;
use lacre_client::transport::{GrpcNetwork, Options, SocksProxy, Timeouts};
use lacre_client::{Client, Environment, Trouble};

/// The network of this process.
pub(crate) fn network(ctx: &Context) -> Result<GrpcNetwork, Failure> {
    let proxy = match &ctx.global.proxy {
        None => None,
        Some(text) => {
            let proxy =
                SocksProxy::parse(text).map_err(|_| ctx.failure("error-proxy", Exit::Usage, &[("value", shown(text).into())]))?;
            Some(proxy)
        }
    };
    let timeouts = if proxy.is_some() { Timeouts::through_proxy() } else { Timeouts::default() };
    let Environment { clock, rng, .. } = ctx.environment();
    GrpcNetwork::new(Options { proxy, timeouts, clock, rng })
        .map_err(|e| ctx.failure("error-no-thread", Exit::CouldNotAsk, &[("why", shown(&e.to_string()).into())]))
}

/// Whether the relay was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// it answered
    Yes,
    /// it did not, for this technical reason
    No(String),
}

impl Reached {
    /// As programs read it.
    pub(crate) const fn yes(&self) -> bool {
        matches!(self, Reached::Yes)
    }
}

/// One round of everything that can be done now. A relay that is away is no failure: what is here can still be shown,
/// and what waits goes out another time. A relay with another key is.
pub(crate) fn round(ctx: &Context, client: &mut Client) -> Result<Reached, Failure> {
    let mut network = ctx.network()?;
    round_with(ctx, client, &mut network)
}

/// [`round`] over a network that is there already.
pub(crate) fn round_with(ctx: &Context, client: &mut Client, network: &mut GrpcNetwork) -> Result<Reached, Failure> {
    match client.sync(network) {
        Ok(_) => Ok(Reached::Yes),
        Err(Trouble::Offline { why }) if !why.starts_with(OTHER_KEY) => {
            ctx.note(&ctx.words.say_with("relay-away", &[("why", shown(&why).into())]));
            Ok(Reached::No(why))
        }
        Err(trouble) => Err(ctx.trouble(trouble)),
    }
}

/// Waits a little before a relay that is away is asked again.
#[expect(clippy::disallowed_methods, reason = "a relay that is away gives no event to wait for; nothing is decided by this wait")]
pub(crate) fn pause(time: std::time::Duration) {
    std::thread::sleep(time);
}
