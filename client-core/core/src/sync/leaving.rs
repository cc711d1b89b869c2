//! An account that is being deleted: everybody is told first.

use super::rounds;
use crate::network::{Lane, Network, Reason, Refusal};
use crate::shelf::{Engine, Own};
use crate::words::{StepError, Trouble};
use crate::{account, groups, shelf, words};
use lacre_ground::address::Authority;
use lacre_proto::relay::v1 as wire;

/// Deletes the account. The conversations are asked to remove it first; before the relay was reached nobody is told anything.
pub(crate) fn delete_account(engine: &mut Engine, net: &mut dyn Network) -> Result<(), Trouble> {
    if account::deleted(engine)? {
        return Ok(());
    }
    let gone = |r: &Refusal| matches!(r.reason, Reason::Session | Reason::LoginRefused);
    let told = rounds::sync(engine, net).and_then(|_| {
        engine.run(groups::leave_all)?;
        rounds::sync(engine, net)
    });
    match told {
        Ok(_) => {}
        // an earlier call deleted it, and its answer was lost
        Err(Trouble::Refused(r)) if gone(&r) => {}
        Err(other) => return Err(other),
    }
    let own = engine.own()?;
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    empty_inbox(net, &at, &own)?;
    match account::with_session(engine, net, &at, |net, session| net.delete_account(&at, wire::DeleteAccountRequest { session }))
    {
        Ok(_) => {}
        Err(Trouble::Refused(r)) if gone(&r) => {}
        Err(other) => return Err(other),
    }
    engine.run(|cx| {
        let mut own = shelf::take_own(cx)?;
        (own.deleted, own.session) = (true, None);
        shelf::put_own(cx, own)?;
        cx.reached("leaving: deleted")
    })
}

/// What waits in the inbox is nobody's any more.
fn empty_inbox(net: &mut dyn Network, at: &Authority, own: &Own) -> Result<(), Trouble> {
    if own.inbox_cursor == 0 {
        return Ok(());
    }
    let request = wire::TrimRequest {
        channel: own.inbox.as_bytes().to_vec(),
        read_token: own.inbox_read.expose().to_vec(),
        through_seq: own.inbox_cursor,
    };
    net.trim(at, Lane::Inbox, request)?;
    Ok(())
}
