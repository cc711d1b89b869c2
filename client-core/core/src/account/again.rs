//! A relay that came back from a backup of before this account was made: it does not know the account.
//!
//! | it knows | then |
//! |---|---|
//! | the code, unused | the same enrolment is made again: same keys, same account, same name |
//! | not even the code | the counter issues another, and `enroll` with it goes on with this profile |

use super::enrol;
use crate::network::{Lane, Network, Reason};
use crate::shelf;
use crate::shelf::{Engine, Stage};
use crate::words::{AccountTrouble, Trouble};
use lacre_ground::address::Authority;
use lacre_ground::ids::Generation;
use lacre_proto::relay::v1 as wire;

/// Enrols the account once more, if this relay is another one than it was; false if it is not.
pub(super) fn enroll_again(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<bool, Trouble> {
    let own = engine.own()?;
    let info = net.get_info(at, Lane::Account, wire::GetInfoRequest {})?;
    let generation = Generation::try_from(info.generation.as_slice()).map_err(|e| Trouble::Protocol(e.to_string()))?;
    if own.generation == Some(generation) || own.stage == Stage::Made || own.deleted {
        return Ok(false);
    }
    let code = own.redeemed.as_ref().map(|code| code.expose().to_vec());
    let state = own.states.first().cloned().unwrap_or_default();
    let answer = match code {
        None => None,
        Some(code) if own.recovering => match net.recover(at, wire::RecoverRequest { code, state }) {
            Ok(answer) => Some((answer.binding, answer.reset, answer.generation)),
            Err(e) if e.reason() == Some(Reason::CodeRefused) => None,
            Err(e) => return Err(e.into()),
        },
        Some(code) => match net.enroll(at, wire::EnrollRequest { code, handle: own.handle.as_str().to_owned(), state }) {
            Ok(answer) => Some((answer.binding, String::new(), answer.generation)),
            Err(e) if e.reason() == Some(Reason::HandleTaken) => return Err(AccountTrouble::HandleTaken.into()),
            Err(e) if e.reason() == Some(Reason::CodeRefused) => None,
            Err(e) => return Err(e.into()),
        },
    };
    let Some((binding, reset, generation)) = answer else {
        engine.run(|cx| {
            let mut own = shelf::take_own(cx)?;
            (own.stage, own.redeemed, own.session) = (Stage::Made, None, None);
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
