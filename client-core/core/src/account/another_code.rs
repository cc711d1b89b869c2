//! Another code for a profile whose account the relay does not know: see [`super::again`].

use super::again::{Redeemed, redeem};
use super::{enrol, session};
use crate::network::{Network, Reason};
use crate::shelf;
use crate::shelf::Engine;
use crate::words::{AccountTrouble, Trouble};
use lacre_ground::address::Invitation;
use lacre_ground::ids::Handle;

/// A profile whose account the relay did not know is given another code. If it knows the account by now, the code is not used. Else
/// the same keys are enrolled with it, of whichever kind it is: the counter gives one for recovery where the relay knows another
/// account of this person.
pub(crate) fn go_on_with(
    engine: &mut Engine,
    net: &mut dyn Network,
    invitation: &Invitation,
    handle: Option<&Handle>,
) -> Result<(), Trouble> {
    let at = &invitation.authority;
    match session::session(engine, net, at) {
        Err(Trouble::Account(AccountTrouble::Forgotten)) => {}
        Err(Trouble::Refused(refused)) if refused.reason == Reason::LoginRefused => {}
        known => return known.map(drop),
    }
    let own = engine.own()?;
    let other = if handle.is_some() { None } else { Some(&own.handle) };
    for handle in [handle, other] {
        let code = invitation.code.expose().to_vec();
        let Some(Redeemed { binding, reset, generation }) = redeem(&own, net, at, code, handle)? else { continue };
        return engine.run(|cx| {
            let mut own = shelf::take_own(cx)?;
            (own.code, own.recovering) = (Some(invitation.code.clone()), handle.is_none());
            if let Some(handle) = handle {
                own.handle.clone_from(handle);
            }
            shelf::put_own(cx, own)?;
            enrol::bound(cx, &binding, &reset, &generation)
        });
    }
    Err(AccountTrouble::CodeRefused.into())
}
