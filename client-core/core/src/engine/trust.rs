//! Whose keys the two people have compared themselves.
//!
//! The registrar says which account a name belongs to. Who compares the safety number needs to believe neither it nor the
//! relay: the keys that were compared are kept with the contact, and the mark stands as long as both sides have exactly
//! these. A reset account is another account: it never had the mark.

use super::people::verify_entry;
use super::records::{Compared, ContactRow, Known};
use super::view::{Contact, ConversationId, Happening, NewAccount, Safety, Trust};
use super::{Client, Cx, StepError, Trouble};
use crate::network::Network;
use lacre_ground::account::{AccountState, VerifiedAccount};
use lacre_ground::ids::AccountId;
use lacre_ground::safety::SafetyNumber;
use lacre_proto::relay::v1 as wire;
use serde_bytes::ByteBuf;

impl Client {
    /// Asks the directory for a contact's newest state.
    ///
    /// # Errors
    /// [`Trouble::NoSuchContact`], [`Trouble::NoSuchAccount`], [`Trouble::OtherAccountNow`], [`Trouble::Offline`].
    pub fn contact_refresh(&mut self, net: &mut dyn Network, account: &AccountId) -> Result<(), Trouble> {
        let row = self.run(|cx| cx.contact(*account))?.ok_or(Trouble::NoSuchContact)?;
        let entry = self.directory(net, wire::lookup_request::Who::Handle(row.handle.as_str().to_owned()))?;
        self.run(|cx| {
            let known = cx.learn_account(&entry)?;
            let reset = cx.contact(*account)?.is_some_and(|row| row.replaced.is_some());
            if known.account == *account || reset { Ok(()) } else { Err(Trouble::OtherAccountNow.into()) }
        })
    }

    /// The safety number with a contact. It is noted as shown.
    ///
    /// # Errors
    /// [`Trouble::NoSuchContact`].
    pub fn safety(&mut self, account: &AccountId) -> Result<Safety, Trouble> {
        self.run(|cx| {
            let mut row = cx.contact(*account)?.ok_or(StepError::Trouble(Trouble::NoSuchContact))?;
            // of a contact that was reset: with the account that asks to be taken for the person
            let number = cx.safety_number(row.replaced.as_ref().map_or(*account, |replaced| replaced.by))?;
            let before = row.shown.as_ref().and_then(|words| words.parse().ok());
            row.shown = Some(number.to_string());
            cx.put_contact(&row)?;
            Ok(Safety { contact: cx.contact_view(row)?, number, shown_before: before.filter(|before| *before != number) })
        })
    }

    /// Records that the two people compared this number and found it alike.
    ///
    /// # Errors
    /// [`Trouble::NoSuchContact`], [`Trouble::SafetyChanged`] when it is another now.
    pub fn safety_confirm(&mut self, account: &AccountId, number: &SafetyNumber) -> Result<Contact, Trouble> {
        self.run(|cx| {
            let mut row = cx.contact(*account)?.ok_or(StepError::Trouble(Trouble::NoSuchContact))?;
            if row.replaced.is_some() {
                return Err(Trouble::NewAccount.into());
            }
            if cx.safety_number(*account)? != *number {
                return Err(Trouble::SafetyChanged.into());
            }
            let (ours, theirs) = cx.both_keys(*account)?;
            row.compared = Some(Compared { at: cx.now, ours, theirs });
            cx.put_contact(&row)?;
            cx.reached("safety: confirmed")?;
            cx.contact_view(row)
        })
    }
}

impl Cx<'_, '_> {
    fn safety_number(&mut self, account: AccountId) -> Result<SafetyNumber, StepError> {
        let own = self.own_known()?.ok_or(StepError::Trouble(Trouble::NotEnrolled))?;
        let theirs = self.known(account)?.ok_or(StepError::Trouble(Trouble::NoSuchContact))?;
        SafetyNumber::of(&verified(&own)?, &verified(&theirs)?).map_err(|e| StepError::Trouble(Trouble::Protocol(e.to_string())))
    }

    /// Signature keys of our devices and of theirs, each in their order as bytes.
    fn both_keys(&mut self, account: AccountId) -> Result<(Vec<ByteBuf>, Vec<ByteBuf>), StepError> {
        let own = self.own()?;
        let theirs = self.known(account)?.map(|known| known.states).unwrap_or_default();
        Ok((newest_keys(&own.states), newest_keys(&theirs)))
    }

    fn trust(&mut self, row: &ContactRow) -> Result<Trust, StepError> {
        let Some(Compared { at, ours, theirs }) = &row.compared else { return Ok(Trust::NotCompared) };
        if row.replaced.is_some() {
            return Ok(Trust::Changed { at: *at });
        }
        let now = self.both_keys(row.account)?;
        Ok(if now.0 == *ours && now.1 == *theirs { Trust::Compared { at: *at } } else { Trust::Changed { at: *at } })
    }

    /// A contact's account has a new state: when that takes the mark from it, the person is told.
    pub(super) fn tell_changed_keys(&mut self, known: &Known) -> Result<(), StepError> {
        let Some(row) = self.contact(known.account)? else { return Ok(()) };
        match self.trust(&row)? {
            Trust::Changed { .. } => self.event(Happening::KeysChanged { account: *known.account.as_bytes() }),
            Trust::NotCompared | Trust::Compared { .. } => Ok(()),
        }
    }

    pub(super) fn contact_view(&mut self, row: ContactRow) -> Result<Contact, StepError> {
        let trust = self.trust(&row)?;
        Ok(Contact {
            account: row.account,
            handle: row.handle,
            state: row.state,
            text: row.text,
            since: row.since,
            conversation: row.conversation.map(ConversationId),
            trust,
            blocked: row.blocked.map(|blocked| blocked.since),
            new_account: row.replaced.map(|replaced| NewAccount { account: replaced.by, at: replaced.at }),
        })
    }
}

fn verified(known: &Known) -> Result<VerifiedAccount, StepError> {
    verify_entry(&known.entry()).map(|(account, _)| account).map_err(StepError::Skip)
}

/// Of a chain that was verified when it was stored.
fn newest_keys(states: &[String]) -> Vec<ByteBuf> {
    let newest = states.last().and_then(|raw| AccountState::stored(raw).ok());
    let mut keys: Vec<[u8; 32]> = newest.map(|s| s.devices.iter().map(|d| d.signature_key).collect()).unwrap_or_default();
    keys.sort_unstable();
    keys.into_iter().map(ByteBuf::from).collect()
}
