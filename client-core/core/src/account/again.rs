//! A relay that came back from a backup of before this account was made: it does not know the account.
//!
//! | it knows | then |
//! |---|---|
//! | the code, unused | the same enrolment is made again: same keys, same account, same name |
//! | not even the code | that is noted with its generation. Each synchronisation logs in before it says so: the right store may be back. The counter issues another code, and `enroll` or `recover` with it goes on with this profile |

use super::enrol;
use crate::network::{Lane, Network, Reason};
use crate::shelf;
use crate::shelf::{Engine, Own, Stage};
use crate::words::{AccountTrouble, Trouble};
use lacre_ground::address::Authority;
use lacre_ground::ids::{Generation, Handle};
use lacre_proto::relay::v1 as wire;

/// Enrols the account once more, if this relay is another one than it was; false if it is not.
pub(super) fn enroll_again(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<bool, Trouble> {
    let own = engine.own()?;
    let info = net.get_info(at, Lane::Account, wire::GetInfoRequest {})?;
    let generation = Generation::try_from(info.generation.as_slice()).map_err(|e| Trouble::Protocol(e.to_string()))?;
    if own.forgotten == Some(generation) {
        return Err(AccountTrouble::Forgotten.into());
    }
    let as_ever = own.generation == Some(generation) && !own.login_due;
    if as_ever || own.stage == Stage::Made || own.deleted {
        return Ok(false);
    }
    let code = own.redeemed.as_ref().map(|code| code.expose().to_vec());
    let handle = (!own.recovering).then(|| own.handle.clone());
    let answer = match code {
        None => None,
        Some(code) => redeem(&own, net, at, code, handle.as_ref())?,
    };
    let Some(Redeemed { binding, reset, generation }) = answer else {
        engine.run(|cx| {
            let mut own = shelf::take_own(cx)?;
            (own.forgotten, own.session) = (Some(generation), None);
            shelf::put_own(cx, own)?;
            cx.reached("enroll: forgotten")
        })?;
        return Err(AccountTrouble::Forgotten.into());
    };
    engine.run(|cx| {
        let mut own = shelf::take_own(cx)?;
        own.code = own.redeemed.take();
        shelf::put_own(cx, own)?;
        enrol::bound(cx, &binding, &reset, &generation)
    })?;
    Ok(true)
}

/// What the relay answers to a code.
pub(super) struct Redeemed {
    pub(super) binding: String,
    /// of a recovery
    pub(super) reset: String,
    pub(super) generation: Vec<u8>,
}

/// Redeems a code with the keys of this profile: a recovery's without a name. None if the relay refuses the code.
pub(super) fn redeem(
    own: &Own,
    net: &mut dyn Network,
    at: &Authority,
    code: Vec<u8>,
    handle: Option<&Handle>,
) -> Result<Option<Redeemed>, Trouble> {
    let state = own.states.first().cloned().unwrap_or_default();
    let answer = match handle {
        None => net.recover(at, wire::RecoverRequest { code, state }).map(|answer| Redeemed {
            binding: answer.binding,
            reset: answer.reset,
            generation: answer.generation,
        }),
        Some(handle) => net
            .enroll(at, wire::EnrollRequest { code, handle: handle.as_str().to_owned(), state })
            .map(|answer| Redeemed { binding: answer.binding, reset: String::new(), generation: answer.generation }),
    };
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(e) if e.reason() == Some(Reason::HandleTaken) => Err(AccountTrouble::HandleTaken.into()),
        Err(e) if e.reason() == Some(Reason::CodeRefused) => Ok(None),
        Err(e) => Err(e.into()),
    }
}
