//! Whose keys the two people have compared themselves.
//!
//! The registrar says which account a name belongs to. Who compares the safety number needs to believe neither it nor the
//! relay: the keys that were compared are kept with the contact, and the mark stands as long as both sides have exactly
//! these. A reset account is another account: it never had the mark.

use crate::shelf;
use crate::shelf::{Compared, ContactRow, Cx, Known};
use crate::words::{AccountTrouble, ContactTrouble, Happening, StepError, Trouble, Trust};
use lacre_ground::account::AccountState;
use lacre_ground::ids::AccountId;
use lacre_ground::safety::SafetyNumber;
use serde_bytes::ByteBuf;

pub(crate) fn safety_number(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<SafetyNumber, StepError> {
    let own = shelf::own_known(cx)?.ok_or(AccountTrouble::NotEnrolled)?;
    let theirs = shelf::known(cx, account)?.ok_or(ContactTrouble::NoSuchContact)?;
    SafetyNumber::of(&own.verified()?, &theirs.verified()?).map_err(|e| StepError::Trouble(Trouble::Protocol(e.to_string())))
}

/// Signature keys of our devices and of theirs, each in their order as bytes.
pub(crate) fn both_keys(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<(Vec<ByteBuf>, Vec<ByteBuf>), StepError> {
    let own = shelf::own(cx)?;
    let theirs = shelf::known(cx, account)?.map(|known| known.states).unwrap_or_default();
    Ok((newest_keys(&own.states), newest_keys(&theirs)))
}

pub(crate) fn trust(cx: &mut Cx<'_, '_>, row: &ContactRow) -> Result<Trust, StepError> {
    let Some(Compared { at, ours, theirs }) = &row.compared else { return Ok(Trust::NotCompared) };
    if row.replaced.is_some() {
        return Ok(Trust::Changed { at: *at });
    }
    let now = both_keys(cx, row.account)?;
    Ok(if now.0 == *ours && now.1 == *theirs { Trust::Compared { at: *at } } else { Trust::Changed { at: *at } })
}

/// A contact's account has a new state: when that takes the mark from it, the person is told.
pub(super) fn tell_changed_keys(cx: &mut Cx<'_, '_>, known: &Known) -> Result<(), StepError> {
    let Some(row) = shelf::contact(cx, known.account)? else { return Ok(()) };
    match trust(cx, &row)? {
        Trust::Changed { .. } => shelf::event(cx, Happening::KeysChanged { account: *known.account.as_bytes() }),
        Trust::NotCompared | Trust::Compared { .. } => Ok(()),
    }
}

/// Of a chain that was verified when it was stored.
fn newest_keys(states: &[String]) -> Vec<ByteBuf> {
    let newest = states.last().and_then(|raw| AccountState::stored(raw).ok());
    let mut keys: Vec<[u8; 32]> = newest.map(|s| s.devices.iter().map(|d| d.signature_key).collect()).unwrap_or_default();
    keys.sort_unstable();
    keys.into_iter().map(ByteBuf::from).collect()
}
