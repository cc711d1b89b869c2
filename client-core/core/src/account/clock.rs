//! Two clocks: this device's, which may be wrong, and the relay's, by which everybody's entries are timed.
//!
//! A key package says from when until when it is good. Made by a clock that is 40 days ahead nobody could add its device for 39
//! days, and nothing would say so. So where the two differ by more than [`CLOCKS_DIFFER_MS`], the relay's counts for what others
//! judge, and the person is told. For everything else a device goes by its own.

use crate::network::{Lane, Network};
use crate::shelf;
use crate::shelf::{Cx, Engine};
use crate::words::{ClockDiffers, Happening, StepError, Trouble};
use lacre_ground::address::Authority;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;

/// Clocks that differ by less, milliseconds, are taken to agree: key packages are good from a day before they are made.
pub const CLOCKS_DIFFER_MS: u64 = 12 * 3_600_000;

/// A change of less is not written down: a verifier lets clocks be a minute apart.
pub(super) const NOTED_MS: u64 = 30_000;

impl ClockDiffers {
    /// None within the bound.
    fn between(own: Millis, relay: Millis) -> Option<Self> {
        let (ahead, by_ms) = (own > relay, own.since(relay).max(relay.since(own)));
        (by_ms > CLOCKS_DIFFER_MS).then_some(Self { ahead, by_ms })
    }
}

/// The relay's time.
pub(crate) fn time_of(net: &mut dyn Network, at: &Authority) -> Result<Millis, Trouble> {
    Ok(Millis::new(net.get_info(at, Lane::Account, wire::GetInfoRequest {})?.now_ms))
}

/// Asks the relay for its time, and notes how far it is from the own one.
pub(super) fn compare_clocks(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    let relay = time_of(net, at)?;
    engine.run(|cx| note_clock(cx, relay))
}

/// What was said of the two clocks is asked again in each round, until they agree: a person puts hers right and looks.
pub(crate) fn look_again(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    if engine.own()?.clock_differs.is_some() { compare_clocks(engine, net, at) } else { Ok(()) }
}

fn note_clock(cx: &mut Cx<'_, '_>, relay: Millis) -> Result<(), StepError> {
    let differs = ClockDiffers::between(cx.now, relay);
    let ahead_ms = cx.now.since(relay);
    let mut own = shelf::take_own(cx)?;
    if own.clock_differs == differs && own.ahead_ms.abs_diff(ahead_ms) < NOTED_MS {
        return Ok(());
    }
    own.ahead_ms = ahead_ms;
    let news = own.clock_differs.map(|before| before.ahead) != differs.map(|now| now.ahead);
    own.clock_differs = differs;
    shelf::put_own(cx, own)?;
    if let (true, Some(ClockDiffers { ahead, by_ms })) = (news, differs) {
        shelf::event(cx, Happening::ClockDiffers { ahead, by_ms })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_within_half_a_day_agree() {
        let relay = Millis::new(1_800_000_000_000);
        assert_eq!(ClockDiffers::between(relay.plus(CLOCKS_DIFFER_MS), relay), None);
        assert_eq!(ClockDiffers::between(relay, relay.plus(CLOCKS_DIFFER_MS)), None);
        for (own, other) in [(relay.plus(CLOCKS_DIFFER_MS + 1), relay), (relay, relay.plus(CLOCKS_DIFFER_MS + 1))] {
            let differs = ClockDiffers::between(own, other).unwrap();
            assert_eq!((differs.ahead, differs.by_ms), (own > other, CLOCKS_DIFFER_MS + 1));
        }
    }
}
