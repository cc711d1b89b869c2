//! Key packages: one-time ones and one last resort.

use super::{clock, session};
use crate::mls::group;
use crate::mls::group::{KEY_PACKAGE_SECONDS, MAX_RETENTION_SECONDS, Purpose};
use crate::mls::signer::OwnKey;
use crate::network::Network;
use crate::shelf;
use crate::shelf::{Cx, Engine, Own};
use crate::words::{StepError, Suite, Trouble};
use lacre_ground::address::Authority;
use lacre_proto::relay::v1 as wire;

/// Key packages of the default suite that are kept at the relay.
const KEY_PACKAGES: u32 = 20;
/// And of the small suite, which only a creator who asks for it uses.
const SMALL_KEY_PACKAGES: u32 = 4;
/// More are uploaded when fewer than this are left.
pub(crate) const FEW_KEY_PACKAGES: u32 = 8;
/// All are replaced at this age: adders take none that is older than 90 days, and a device may be away for some time.
pub const RENEW_KEY_PACKAGES_MS: u64 = 30 * 86_400_000;

/// One-time key packages and the last resort are replaced long before adders refuse them. Those that a clock made which was
/// ahead are not good yet: they are replaced once that is noticed.
pub(crate) fn key_packages_are_old(engine: &Engine, own: &Own) -> bool {
    let now = shelf::by_relay(own, engine.clock.now());
    now.since(own.key_packages_made) >= RENEW_KEY_PACKAGES_MS || own.key_packages_made.since(now) > clock::CLOCKS_DIFFER_MS
}

pub(crate) fn upload_key_packages(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    // with the session comes the relay's time: by the own alone they may only seem old
    session::session(engine, net, at)?;
    let own = engine.own()?;
    let replace_all = own.renew_key_packages || key_packages_are_old(engine, &own);
    if !replace_all && own.key_packages_left >= FEW_KEY_PACKAGES {
        return Ok(());
    }
    let made = shelf::by_relay(&own, engine.clock.now());
    let (one_time, last_resort) = engine.run(|cx| make_key_packages(cx, replace_all))?;
    let secret = own.profile_secret.clone();
    let answer = session::with_session(engine, net, at, |net, session| {
        let request =
            wire::PutKeyPackagesRequest { session, one_time: one_time.clone(), last_resort: last_resort.clone(), replace_all };
        net.put_key_packages(at, request)
    })?;
    let left = answer.remaining.iter().find(|r| r.suite == group::suite_number(Suite::XWing)).map_or(0, |r| r.count);
    engine.run(|cx| {
        let mut own = shelf::take_own(cx)?;
        // who parted from a copy meanwhile needs others than these
        own.renew_key_packages &= own.profile_secret.0 != secret.0;
        own.key_packages_left = left;
        if replace_all {
            own.key_packages_made = made;
        }
        shelf::put_own(cx, own)
    })
}

fn make_key_packages(cx: &mut Cx<'_, '_>, all: bool) -> Result<(Vec<wire::KeyPackage>, Vec<wire::KeyPackage>), StepError> {
    let own = shelf::own(cx)?;
    let signer = shelf::signer(cx)?;
    // from then on they would not outlive what a relay keeps: nobody would add this device with them
    let now = shelf::by_relay(&own, cx.now);
    let expires_at_ms = now.get() + (KEY_PACKAGE_SECONDS - MAX_RETENTION_SECONDS) * 1000;
    let mut one_time = Vec::new();
    let mut last_resort = Vec::new();
    let missing = KEY_PACKAGES.saturating_sub(if all { 0 } else { own.key_packages_left });
    let small = if all { SMALL_KEY_PACKAGES } else { 0 };
    for (suite, wanted) in [(Suite::XWing, missing), (Suite::X25519, small)] {
        let number = group::suite_number(suite);
        for _ in 0..wanted {
            one_time.push(one_key_package(cx, &own, &signer, suite, number, expires_at_ms, false)?);
        }
        if all {
            last_resort.push(one_key_package(cx, &own, &signer, suite, number, expires_at_ms, true)?);
        }
    }
    cx.reached("key packages: made")?;
    Ok((one_time, last_resort))
}

fn one_key_package(
    cx: &mut Cx<'_, '_>,
    own: &Own,
    signer: &OwnKey,
    suite: Suite,
    number: u32,
    expires_at_ms: u64,
    last_resort: bool,
) -> Result<wire::KeyPackage, StepError> {
    let provider = cx.provider();
    let credential = group::credential(own.account, own.device, &signer.public());
    let purpose = if last_resort { Purpose::LastResort } else { Purpose::OneTime };
    let made = group::key_package(&provider, signer, credential, suite, purpose, shelf::by_relay(own, cx.now))?;
    let key_package = group::encode_key_package(made)?;
    Ok(wire::KeyPackage { suite: number, key_package, expires_at_ms })
}
