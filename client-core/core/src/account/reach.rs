//! Who may ask to be a contact: everybody, nobody new, or who has a link (PROTOCOL.md, 14).
//!
//! An inbox's public right stands in the account's state. "Nobody new" withdraws it at the relay and leaves the state as it
//! is: the directory does not say who wants to be left alone. A link carries a right of its own, and revoking it withdraws
//! that one. What the relay is to be told waits in the own record, and goes out with the next upkeep.

use crate::shelf::{Engine, LinkRow, TokenChange};
use crate::words::{ContactTrouble, Link, MessageTrouble, OutboxTrouble, StepError, Trouble};
use crate::{shelf, views};

/// Links that one account may have at a time: each is a right of its inbox.
pub const MAX_LINKS: usize = 32;
/// Bytes of the name that a person gives to a link.
pub const MAX_LINK_NAME: usize = 100;

/// From now on nobody new may ask, or everybody again. The relay is told with the next synchronisation.
pub(crate) fn set_nobody_new(engine: &mut Engine, on: bool) -> Result<(), Trouble> {
    engine.run(|cx| {
        shelf::living(cx)?;
        let mut own = shelf::take_own(cx)?;
        if own.nobody_new == on {
            return Ok(());
        }
        own.nobody_new = on;
        let public = own.public_token.clone();
        own.token_changes.push(if on { TokenChange::Withdraw(public) } else { TokenChange::Public(public) });
        shelf::put_own(cx, own)?;
        cx.reached("reach: changed")
    })
}

/// Makes a link. Who has it may ask also while nobody new may. The name is for this person only.
pub(crate) fn link_make(engine: &mut Engine, name: &str) -> Result<Link, Trouble> {
    if name.len() > MAX_LINK_NAME {
        return Err(MessageTrouble::TooLong { limit: 100 }.into());
    }
    engine.run(|cx| {
        if shelf::living(cx)?.links.len() >= MAX_LINKS {
            return Err(ContactTrouble::TooManyLinks { limit: 32 }.into());
        }
        let token = shelf::hand_out_token(cx)?.ok_or(StepError::Again("no inbox token is ready".into()))?;
        let mut own = shelf::take_own(cx)?;
        own.links_made += 1;
        let row = LinkRow { number: own.links_made, name: name.to_owned(), made_at: cx.now, token };
        own.links.push(row.clone());
        shelf::put_own(cx, own)?;
        cx.reached("reach: link made")?;
        views::link_view(cx, row)
    })
}

/// A link works no longer once the relay was told, which is with the next synchronisation.
pub(crate) fn link_revoke(engine: &mut Engine, number: u64) -> Result<(), Trouble> {
    engine.run(|cx| {
        let mut own = shelf::take_own(cx)?;
        let at = own.links.iter().position(|row| row.number == number).ok_or(OutboxTrouble::NoSuchItem)?;
        let row = own.links.remove(at);
        shelf::put_own(cx, own)?;
        shelf::withdraw_token(cx, row.token)?;
        cx.reached("reach: link revoked")
    })
}
