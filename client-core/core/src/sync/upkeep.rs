//! What a device renews with time: enrolment, sessions, stamps, key packages, rights.

use crate::account::{FEW_KEY_PACKAGES, FEW_STAMPS, FEW_TOKENS};
use crate::network::{Network, Reason};
use crate::shelf::{Cx, Engine, Stage};
use crate::words::{AccountTrouble, StepError, Trouble, WhoAmI};
use crate::{account, shelf, words};
use lacre_ground::address::{Authority, Invitation};
use lacre_ground::ids::Handle;
use lacre_profile::Table;
use lacre_proto::relay::v1 as wire;

/// Redeems an invitation. Can be repeated after any interruption; what was done is not done again.
pub(crate) fn enroll(
    engine: &mut Engine,
    net: &mut dyn Network,
    invitation: &Invitation,
    handle: &Handle,
) -> Result<WhoAmI, Trouble> {
    let own = engine.run(|cx| account::make_own(cx, invitation, Some(handle)))?;
    if own.is_forgotten() {
        account::go_on_with(engine, net, invitation, Some(handle))?;
    } else if own.stage == Stage::Made {
        let relay_now = account::time_of(net, &invitation.authority)?;
        let own = engine.run(|cx| account::made_not_ahead(cx, relay_now))?;
        let request = wire::EnrollRequest {
            code: own.code.as_ref().map(|c| c.expose().to_vec()).unwrap_or_default(),
            handle: own.handle.as_str().to_owned(),
            state: own.states.first().cloned().unwrap_or_default(),
        };
        let answer = net.enroll(&invitation.authority, request).map_err(|e| match e.reason() {
            Some(Reason::CodeRefused) => Trouble::Account(AccountTrouble::CodeRefused),
            Some(Reason::HandleTaken) => Trouble::Account(AccountTrouble::HandleTaken),
            _ => e.into(),
        })?;
        engine.run(|cx| account::bound(cx, &answer.binding, "", &answer.generation))?;
    } else {
        ask_for_again(engine, net, invitation)?;
    }
    upkeep(engine, net)?;
    engine.run(wake_all)?;
    account::whoami(engine)?.ok_or(Trouble::Account(AccountTrouble::NotEnrolled))
}

/// Puts a new account in the place of a lost one, with a recovery code from the counter.
pub(crate) fn recover(engine: &mut Engine, net: &mut dyn Network, invitation: &Invitation) -> Result<WhoAmI, Trouble> {
    let own = engine.run(|cx| account::make_own(cx, invitation, None))?;
    if own.is_forgotten() {
        account::go_on_with(engine, net, invitation, None)?;
    } else if own.stage == Stage::Made {
        let relay_now = account::time_of(net, &invitation.authority)?;
        let own = engine.run(|cx| account::made_not_ahead(cx, relay_now))?;
        let request = wire::RecoverRequest {
            code: own.code.as_ref().map(|c| c.expose().to_vec()).unwrap_or_default(),
            state: own.states.first().cloned().unwrap_or_default(),
        };
        let answer = net.recover(&invitation.authority, request).map_err(|e| match e.reason() {
            Some(Reason::CodeRefused) => Trouble::Account(AccountTrouble::CodeRefused),
            _ => e.into(),
        })?;
        engine.run(|cx| account::bound(cx, &answer.binding, &answer.reset, &answer.generation))?;
    } else {
        ask_for_again(engine, net, invitation)?;
    }
    upkeep(engine, net)?;
    engine.run(wake_all)?;
    account::whoami(engine)?.ok_or(Trouble::Account(AccountTrouble::NotEnrolled))
}

/// A code is redeemed with a profile that has an account already: the same code asks the relay whether it still knows the
/// account (it may have come from a backup of before); another code is for another profile, and is not used up.
fn ask_for_again(engine: &mut Engine, net: &mut dyn Network, invitation: &Invitation) -> Result<(), Trouble> {
    let own = engine.own()?;
    if own.redeemed.as_ref().is_some_and(|redeemed| redeemed.expose() != invitation.code.expose()) {
        return Err(AccountTrouble::OtherAccount.into());
    }
    account::forget_session(engine)?;
    account::session(engine, net, &invitation.authority).map(drop)
}

/// Whatever failed for want of an account is tried at once.
fn wake_all(cx: &mut Cx<'_, '_>) -> Result<(), StepError> {
    for row in shelf::rests(cx)? {
        shelf::wake(cx, &row.thing)?;
    }
    Ok(())
}

/// What a device does now and then: inbox opened, stamps, key packages and tokens in stock. What fails is told at the end:
/// one of these chores waits for no other.
pub(super) fn upkeep(engine: &mut Engine, net: &mut dyn Network) -> Result<(), Trouble> {
    let own = engine.own()?;
    if own.stage == Stage::Made && !own.is_forgotten() {
        return Err(AccountTrouble::NotEnrolled.into());
    }
    if own.deleted {
        return Err(AccountTrouble::Deleted.into());
    }
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    if own.is_forgotten() {
        // the right store may be back: it is asked before that is said once more
        match account::session(engine, net, &at) {
            Err(Trouble::Refused(refused)) if refused.reason == Reason::LoginRefused => {
                return Err(AccountTrouble::Forgotten.into());
            }
            known => drop(known?),
        }
    }
    let mut failed = None;
    for chore in CHORES {
        match chore(engine, net, &at) {
            Ok(()) => {}
            Err(all @ Trouble::Store(_)) => return Err(all),
            Err(away) if away.is_away() => return Err(away),
            Err(one) => failed = failed.or(Some(one)),
        }
    }
    match failed {
        Some(failed) => Err(failed),
        None => engine.run(|cx| {
            let mut own = shelf::take_own(cx)?;
            if own.stage == Stage::Bound {
                own.stage = Stage::Ready;
                shelf::put_own(cx, own)?;
            }
            Ok(())
        }),
    }
}

type Chore = fn(&mut Engine, &mut dyn Network, &Authority) -> Result<(), Trouble>;

/// In this order: key packages are dated by the two clocks, and an inbox costs a stamp.
const CHORES: [Chore; 7] = [
    account::look_again,
    stock_stamps,
    open_new_inbox,
    stock_key_packages,
    stock_tokens,
    account::tell_token_changes,
    account::tell_pause,
];

fn stock_stamps(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    let few = engine.run(|cx| Ok(cx.s.count(Table::Stamp, b"")?))? < FEW_STAMPS;
    if few { account::unless_limited(account::take_stamps(engine, net, at)) } else { Ok(()) }
}

fn open_new_inbox(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    if engine.own()?.stage == Stage::Bound { account::open_inbox(engine, net, at) } else { Ok(()) }
}

fn stock_key_packages(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    let own = engine.own()?;
    let due = own.renew_key_packages || own.key_packages_left < FEW_KEY_PACKAGES || account::key_packages_are_old(engine, &own);
    if due { account::unless_limited(account::upload_key_packages(engine, net, at)) } else { Ok(()) }
}

fn stock_tokens(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    if engine.own()?.spare_tokens.len() < FEW_TOKENS {
        account::unless_limited(account::add_tokens(engine, net, at))
    } else {
        Ok(())
    }
}

/// A restored relay learns inbox, tokens, account state and all-new key packages again (I7).
pub(super) fn tell_restored_relay(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    account::open_inbox(engine, net, at)?;
    engine.run(account::withdraw_again)?;
    account::session(engine, net, at)?;
    upkeep(engine, net)
}
