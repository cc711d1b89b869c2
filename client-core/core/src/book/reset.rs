//! When the counter puts a new account in the place of a contact's (a reset).
//!
//! | what is learnt | what happens |
//! |---|---|
//! | an account under a contact's name, bound later | the contact is marked, its right to this inbox is withdrawn, the conversation of two rests, the person is told |
//! | one bound earlier | it is dropped: devices of a lost account speak for nobody |
//! | an account whose note of the counter names another one, known here | in every group that the other one was seen in stands a line: also who is no contact learns of new keys |
//!
//! Whether it is the same person only the person can say. Accepting moves what waits to the new account, makes a new
//! conversation of two, and takes the old account out of the groups that this account administers.

use super::block;
use crate::history::Stored;
use crate::shelf::{ContactRow, Cx, Known, Replaced};
use crate::words::{Body, ContactTrouble, Happening, Kind, Standing, StepError};
use crate::{history, shelf, words};
use lacre_ground::account::{Binding, REGISTRAR, Reset};
use lacre_ground::ids::AccountId;
use lacre_ground::note::NoteKey;
use lacre_ground::time::Millis;
use lacre_profile::Table;

/// The Meta row of accounts in the place of others whose groups do not say so yet.
const UNTOLD: &[u8] = b"resets";

/// Contacts that have this account's name with another account, bound earlier.
pub(super) fn namesakes(cx: &Cx<'_, '_>, known: &Known) -> Result<Vec<ContactRow>, StepError> {
    let contacts: Vec<(u64, ContactRow)> = cx.s.scan(Table::Contact, b"", 0, usize::MAX)?;
    let named = contacts.into_iter().map(|(_, row)| row).filter(|row| row.handle == known.handle && row.account != known.account);
    let bound = bound_at(known)?;
    let mut older = Vec::new();
    for row in named {
        let before = shelf::known(cx, row.account)?.map(|other| bound_at(&other)).transpose()?;
        if before.is_some_and(|before| before >= bound) {
            return Err(StepError::Skip("an account that another one replaced".into()));
        }
        older.push(row);
    }
    Ok(older)
}

/// These contacts' name is another account's now.
pub(super) fn replace(cx: &mut Cx<'_, '_>, older: Vec<ContactRow>, known: &Known) -> Result<(), StepError> {
    let at = reset_at(known)?;
    for before in older {
        let Some(mut row) = shelf::take_contact(cx, before.account)? else { continue };
        row.replaced = Some(Replaced { by: known.account, at });
        if let Some(token) = row.own_token.take() {
            shelf::withdraw_token(cx, token)?;
        }
        let row = shelf::put_contact(cx, row)?;
        if row.blocked.is_some() {
            block::block_too(cx, &row, known.account)?;
            continue;
        }
        // its conversation may be the very one in which this is learnt: it rests at the end of the step
        cx.resets_learnt = true;
        shelf::event(cx, Happening::ContactReset { account: *row.account.as_bytes(), at })?;
        cx.reached("reset: noticed")?;
    }
    Ok(())
}

/// Conversations of two with contacts that were reset rest. At the end of a step: resets are learnt while a conversation is
/// being read, and its row has one owner.
pub(crate) fn rest_replaced(cx: &mut Cx<'_, '_>) -> Result<(), StepError> {
    let contacts: Vec<(u64, ContactRow)> = cx.s.scan(Table::Contact, b"", 0, usize::MAX)?;
    for (_, row) in contacts.into_iter().filter(|(_, row)| row.replaced.is_some() && row.blocked.is_none()) {
        for id in block::twos(cx, row.account)? {
            let mut conv = shelf::take_conv(cx, &id)?;
            if matches!(conv.standing, Standing::Active | Standing::AskingToBeReAdded) {
                conv.standing = Standing::Replaced;
                shelf::put_conv(cx, &id, conv)?;
                let conversation = id;
                shelf::event(cx, Happening::StandingChanged { conversation, standing: Standing::Replaced })?;
            }
        }
    }
    cx.resets_learnt = false;
    cx.reached("reset: rests")
}

/// Whoever stands in the place of a contact is neither asked nor accepted before the person has accepted the reset.
pub(crate) fn no_reset_waits(cx: &Cx<'_, '_>, account: AccountId) -> Result<(), StepError> {
    let contacts: Vec<(u64, ContactRow)> = cx.s.scan(Table::Contact, b"", 0, usize::MAX)?;
    let waits = contacts.iter().any(|(_, row)| row.replaced.as_ref().is_some_and(|replaced| replaced.by == account));
    if waits { Err(ContactTrouble::NewAccount.into()) } else { Ok(()) }
}

/// An account stands in the place of another that this profile knows: its groups are to say so.
pub(super) fn note_reset(cx: &mut Cx<'_, '_>, known: &Known) -> Result<(), StepError> {
    if known.reset.is_empty() {
        return Ok(());
    }
    let Ok(reset) = Reset::verify(&known.reset, &registrar(known)?) else { return Ok(()) };
    let same = reset.account == known.account && reset.handle == known.handle;
    if same && shelf::known(cx, reset.replaces)?.is_some() {
        let mut untold: Vec<(AccountId, AccountId)> = cx.s.get(Table::Meta, UNTOLD)?.unwrap_or_default();
        untold.push((reset.replaces, known.account));
        cx.s.put(Table::Meta, UNTOLD, b"", 0, &untold)?;
    }
    Ok(())
}

/// Puts the lines into the groups. In a step of its own: accounts are learnt while a conversation is being read.
pub(crate) fn tell_resets(cx: &mut Cx<'_, '_>) -> Result<(), StepError> {
    let untold: Vec<(AccountId, AccountId)> = cx.s.get(Table::Meta, UNTOLD)?.unwrap_or_default();
    if untold.is_empty() {
        return Ok(());
    }
    for id in shelf::conversation_ids(cx)? {
        let mut conv = shelf::take_conv(cx, &id)?;
        if conv.kind != Kind::Group || !matches!(conv.standing, Standing::Active | Standing::AskingToBeReAdded) {
            continue;
        }
        let members = shelf::members(cx, &id)?;
        for (before, account) in &untold {
            if !members.leaves.iter().any(|leaf| leaf.account == *before) {
                continue;
            }
            let line = shelf::line_id(cx, &[id.as_bytes(), account.as_bytes(), b"reset"])?;
            let stored = Stored::line(line, *account, cx.now, Body::NewAccount { whom: *account });
            if let Some(position) = history::store_message(cx, &id, &mut conv, stored, false)? {
                shelf::write_conv(cx, &id, &conv)?;
                shelf::event(cx, Happening::Message { conversation: id.clone(), position })?;
            }
        }
    }
    cx.s.delete(Table::Meta, UNTOLD)?;
    cx.reached("reset: told")
}

fn registrar(known: &Known) -> Result<NoteKey, StepError> {
    let identity = words::authority(&known.authority)?.identity();
    NoteKey::new(REGISTRAR, identity.as_bytes()).map_err(|e| StepError::Skip(e.to_string()))
}

fn bound_at(known: &Known) -> Result<Millis, StepError> {
    let binding = Binding::verify(&known.binding, &registrar(known)?).map_err(|e| StepError::Skip(e.to_string()))?;
    Ok(binding.bound_at)
}

/// When the counter did it, by its note or else by its binding.
fn reset_at(known: &Known) -> Result<Millis, StepError> {
    if known.reset.is_empty() {
        return bound_at(known);
    }
    let reset = Reset::verify(&known.reset, &registrar(known)?).map_err(|e| StepError::Skip(e.to_string()))?;
    Ok(reset.reset_at)
}
