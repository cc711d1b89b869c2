//! Sessions of this device at the relay.

use super::{again, clock};
use crate::network::{NetError, Network, Reason};
use crate::shelf;
use crate::shelf::{Engine, Stage};
use crate::words::{StepError, Trouble};
use lacre_ground::address::Authority;
use lacre_ground::ids::Session;
use lacre_ground::label;
use lacre_ground::label::Label;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use openmls_traits::signatures::Signer as _;

/// A session is renewed when it has less than this left, milliseconds.
const SESSION_MARGIN_MS: u64 = 10_000;
/// A session is trusted for at most so long, of this device's own time, milliseconds.
const SESSION_TRUSTED_MS: u64 = 300_000;

pub(crate) fn session(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<Session, Trouble> {
    let own = engine.own()?;
    let now = engine.clock.now();
    // one that ends later than any does was made by a clock that has gone back since: with the next the two clocks are compared
    if let Some((session, until)) = &own.session
        && (now.get() + SESSION_MARGIN_MS + 1..=now.get() + SESSION_TRUSTED_MS).contains(&until.get())
    {
        return Ok(session.clone());
    }
    let (account, device) = (own.account.as_bytes().to_vec(), own.device.as_bytes().to_vec());
    let challenge = net.challenge(at, wire::ChallengeRequest { account: account.clone(), device: device.clone() })?.challenge;
    let statement = label::message(Label::Login, &[at.identity().as_bytes(), &account, &device, &challenge]);
    let signature = engine.run(|cx| {
        let signer = shelf::signer(cx)?;
        signer.sign(&statement).map_err(|e| StepError::Again(format!("{e:?}")))
    })?;
    let answer = match net.login(at, wire::LoginRequest { account, device, challenge, signature }) {
        Err(e) if e.reason() == Some(Reason::LoginRefused) && again::enroll_again(engine, net, at)? => {
            return self::session(engine, net, at);
        }
        other => other?,
    };
    let session = Session::try_from(answer.session.as_slice()).map_err(|e| Trouble::Protocol(e.to_string()))?;
    let expires = Millis::new(answer.expires_at_ms);
    // the relay's clock and ours may differ
    let until = expires.min(now.plus(SESSION_TRUSTED_MS));
    let ours = u64::try_from(own.states.len()).unwrap_or(0).saturating_sub(1);
    if answer.state_number < ours {
        let from = usize::try_from(answer.state_number).unwrap_or(0) + 1;
        for state in own.states.iter().skip(from) {
            let request = wire::PutStateRequest { session: session.expose().to_vec(), state: state.clone() };
            net.put_state(at, request)?;
        }
    }
    clock::compare_clocks(engine, net, at)?;
    let kept = session.clone();
    engine.run(|cx| {
        let mut own = shelf::take_own(cx)?;
        own.session = Some((kept, until));
        (own.login_due, own.forgotten) = (false, None);
        if own.stage == Stage::Made {
            // a program of before took it back when the relay did not know the account
            own.stage = Stage::Bound;
        }
        shelf::put_own(cx, own)
    })?;
    Ok(session)
}

pub(crate) fn forget_session(engine: &mut Engine) -> Result<(), Trouble> {
    engine.run(|cx| {
        let mut own = shelf::take_own(cx)?;
        own.session = None;
        shelf::put_own(cx, own)
    })
}

/// Calls with a session; a session that the relay no longer knows is replaced once.
pub(crate) fn with_session<T>(
    engine: &mut Engine,
    net: &mut dyn Network,
    at: &Authority,
    mut call: impl FnMut(&mut dyn Network, Vec<u8>) -> Result<T, NetError>,
) -> Result<T, Trouble> {
    let session = self::session(engine, net, at)?;
    match call(net, session.expose().to_vec()) {
        Err(e) if e.reason() == Some(Reason::Session) => {
            forget_session(engine)?;
            let session = self::session(engine, net, at)?;
            Ok(call(net, session.expose().to_vec())?)
        }
        other => Ok(other?),
    }
}

/// A stock that the relay does not fill now stays low: what needs it waits, and reading needs none of it.
pub(crate) fn unless_limited(done: Result<(), Trouble>) -> Result<(), Trouble> {
    match done {
        Err(Trouble::Refused(r)) if r.reason == Reason::Limit => Ok(()),
        other => other,
    }
}
