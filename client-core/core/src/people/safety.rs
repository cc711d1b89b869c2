//! Comparing keys.

use crate::shelf::{Compared, Engine};
use crate::words::{Contact, ContactTrouble, Safety, Trouble};
use crate::{book, shelf, views};
use lacre_ground::ids::AccountId;
use lacre_ground::safety::SafetyNumber;

/// The safety number with a contact.
pub(crate) fn safety(engine: &mut Engine, account: &AccountId) -> Result<Safety, Trouble> {
    engine.run(|cx| {
        let row = shelf::contact(cx, *account)?.ok_or(ContactTrouble::NoSuchContact)?;
        // of a contact that was reset: with the account that asks to be taken for the person
        let number = book::safety_number(cx, row.replaced.as_ref().map_or(*account, |replaced| replaced.by))?;
        let shown = row.shown.as_ref().and_then(|words| words.parse().ok());
        Ok(Safety { contact: views::contact_view(cx, row)?, number, shown })
    })
}

/// This number was on a screen. Noted where it was printed: what was only computed is nothing that people compare.
pub(crate) fn safety_shown(engine: &mut Engine, account: &AccountId, number: &SafetyNumber) -> Result<(), Trouble> {
    engine.run(|cx| {
        let mut row = shelf::take_contact(cx, *account)?.ok_or(ContactTrouble::NoSuchContact)?;
        row.shown = Some(number.to_string());
        shelf::put_contact(cx, row).map(drop)
    })
}

/// Records that the two people compared this number and found it alike.
pub(crate) fn safety_confirm(engine: &mut Engine, account: &AccountId, number: &SafetyNumber) -> Result<Contact, Trouble> {
    engine.run(|cx| {
        let mut row = shelf::take_contact(cx, *account)?.ok_or(ContactTrouble::NoSuchContact)?;
        if row.replaced.is_some() {
            return Err(ContactTrouble::NewAccount.into());
        }
        if book::safety_number(cx, *account)? != *number {
            return Err(ContactTrouble::SafetyChanged.into());
        }
        let (ours, theirs) = book::both_keys(cx, *account)?;
        row.compared = Some(Compared { at: cx.now, ours, theirs });
        let row = shelf::put_contact(cx, row)?;
        cx.reached("safety: confirmed")?;
        views::contact_view(cx, row)
    })
}
