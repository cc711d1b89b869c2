//! When the counter puts a new account in the place of a contact's (a reset).
//!
//! | what is learnt | what happens |
//! |---|---|
//! | a note of the registrar that an account replaces another | it is kept for ever. Of a contact: marked, its right to this inbox withdrawn, the conversation of two rests, the person is told |
//! | an account under a contact's name, bound later | the same |
//! | one bound earlier, or replaced | what comes from it is dropped: devices of a lost account speak for nobody |
//! | that a replaced account was met in a group | a line stands there, also for who is no contact; what its devices did since is judged again ([`super::lost`]) |
//!
//! Whether it is the same person only the person can say. Accepting moves what waits, and what went to the lost account since,
//! to the new one, makes a new conversation of two, and puts the new account into the groups that this account administers.

use super::{block, lost};
use crate::history::Stored;
use crate::shelf::{ContactRow, Cx, Known, Replaced, ResetRow};
use crate::words::{Body, ContactTrouble, ConversationId, Happening, Kind, Standing, StepError};
use crate::{history, shelf, words};
use lacre_ground::account::{Binding, REGISTRAR, Reset};
use lacre_ground::ids::AccountId;
use lacre_ground::note::NoteKey;
use lacre_ground::time::Millis;
use lacre_profile::Table;
use std::collections::BTreeSet;

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
        mark(cx, before.account, known.account, at)?;
        if let Some(row) = shelf::contact(cx, before.account)?.filter(|row| row.blocked.is_some()) {
            block::block_too(cx, &row, known.account)?;
        }
    }
    Ok(())
}

/// A contact's account was replaced: it is said once, however often it is learnt.
fn mark(cx: &mut Cx<'_, '_>, before: AccountId, by: AccountId, at: Millis) -> Result<(), StepError> {
    let Some(mut row) = shelf::take_contact(cx, before)? else { return Ok(()) };
    if row.replaced.as_ref().is_some_and(|replaced| replaced.by == by) {
        return Ok(());
    }
    // of several resets in a row the first one says since when the contact's own device is out
    let at = row.replaced.as_ref().map_or(at, |first| first.at);
    row.replaced = Some(Replaced { by, at });
    if let Some(token) = row.own_token.take() {
        shelf::withdraw_token(cx, token)?;
    }
    let row = shelf::put_contact(cx, row)?;
    if row.blocked.is_some() {
        return Ok(());
    }
    // its conversation may be the very one in which this is learnt: it rests at the end of the step
    cx.resets_learnt = true;
    shelf::event(cx, Happening::ContactReset { account: *row.account.as_bytes(), at })?;
    cx.reached("reset: noticed")
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

/// An account stands in the place of another one: that is kept, and if this profile has met the other one, its conversations
/// are to say so.
pub(super) fn note_reset(cx: &mut Cx<'_, '_>, known: &Known) -> Result<(), StepError> {
    if known.reset.is_empty() {
        return Ok(());
    }
    let Ok(reset) = Reset::verify(&known.reset, &registrar(known)?) else { return Ok(()) };
    if reset.account == known.account && reset.handle == known.handle && keep(cx, &reset)? {
        owe(cx, reset.replaces)?;
    }
    Ok(())
}

/// Notes as the relay tells them ([`crate::network::Network::resets`]). Gives the replaced accounts, and how many notes are none of
/// the registrar's, or say of an account what an earlier one said otherwise: they are passed over.
pub(crate) fn take_notes(cx: &mut Cx<'_, '_>, notes: &[String]) -> Result<(Vec<AccountId>, usize), StepError> {
    let own = shelf::own(cx)?;
    let identity = words::authority(&own.authority)?.identity();
    let registrar = NoteKey::new(REGISTRAR, identity.as_bytes()).map_err(|e| StepError::Skip(e.to_string()))?;
    let (mut replaced, mut wrong) = (Vec::new(), 0);
    for note in notes {
        match Reset::verify(note, &registrar) {
            // this device is the lost one, or somebody else was at the counter: at the relay it is out already
            Ok(reset) if reset.replaces == own.account => {
                let mut own = shelf::take_own(cx)?;
                own.replaced = Some(reset.reset_at);
                shelf::put_own(cx, own)?;
            }
            Ok(reset) if keep(cx, &reset)? => replaced.push(reset.replaces),
            Ok(_) | Err(_) => wrong += 1,
        }
    }
    cx.reached("reset: notes kept")?;
    Ok((replaced, wrong))
}

/// Keeps what a verified note says; false when another one said something else of the same account before.
fn keep(cx: &mut Cx<'_, '_>, reset: &Reset) -> Result<bool, StepError> {
    if reset.account == reset.replaces {
        return Ok(false);
    }
    if let Some(known) = shelf::reset_of(cx, reset.replaces)? {
        return Ok(known.account == reset.account && known.at == reset.reset_at);
    }
    let Reset { handle, account, reset_at: at, .. } = reset.clone();
    shelf::put_reset(cx, reset.replaces, ResetRow { account, handle, at, groups: Vec::new() })?;
    Ok(true)
}

/// Of these accounts those that somebody here knows and does not know to be replaced yet: contacts, members of conversations.
pub(crate) fn touched(cx: &mut Cx<'_, '_>, replaced: &[AccountId]) -> Result<Vec<AccountId>, StepError> {
    if replaced.is_empty() {
        return Ok(Vec::new());
    }
    let mut met: BTreeSet<AccountId> = BTreeSet::new();
    for id in shelf::conversation_ids(cx)? {
        met.extend(shelf::members(cx, &id)?.leaves.iter().map(|leaf| leaf.account));
    }
    let contacts: Vec<(u64, ContactRow)> = cx.s.scan(Table::Contact, b"", 0, usize::MAX)?;
    for (_, row) in contacts {
        met.insert(row.account);
        met.extend(row.replaced.map(|replaced| replaced.by));
    }
    Ok(replaced.iter().copied().filter(|account| met.contains(account)).collect())
}

/// What follows from these accounts' resets: contacts are marked, their conversations rest, groups say so.
pub(crate) fn follow_resets(cx: &mut Cx<'_, '_>, replaced: &[AccountId]) -> Result<(), StepError> {
    for before in replaced {
        let Some(reset) = shelf::reset_of(cx, *before)? else { continue };
        // somebody may have been at the counter several times since
        let newest = shelf::newest_of(cx, *before)?;
        mark(cx, *before, newest, reset.at)?;
        // whoever was to be accepted in the place of a contact was replaced in turn
        let contacts: Vec<(u64, ContactRow)> = cx.s.scan(Table::Contact, b"", 0, usize::MAX)?;
        let waiting =
            contacts.into_iter().filter(|(_, row)| row.replaced.as_ref().is_some_and(|replaced| replaced.by == *before));
        for (_, row) in waiting.collect::<Vec<_>>() {
            mark(cx, row.account, newest, reset.at)?;
        }
        owe(cx, *before)?;
    }
    tell_resets(cx)
}

/// Notes that the conversations in which this account was met are to be told.
fn owe(cx: &mut Cx<'_, '_>, before: AccountId) -> Result<(), StepError> {
    let Some(reset) = shelf::reset_of(cx, before)? else { return Ok(()) };
    let mut untold: Vec<(AccountId, AccountId)> = cx.s.get(Table::Meta, UNTOLD)?.unwrap_or_default();
    untold.push((before, reset.account));
    cx.s.put(Table::Meta, UNTOLD, b"", 0, &untold)?;
    Ok(())
}

/// Tells the conversations. In a step of its own: accounts are learnt while a conversation is being read.
pub(crate) fn tell_resets(cx: &mut Cx<'_, '_>) -> Result<(), StepError> {
    let untold: Vec<(AccountId, AccountId)> = cx.s.get(Table::Meta, UNTOLD)?.unwrap_or_default();
    if untold.is_empty() {
        return Ok(());
    }
    for id in shelf::conversation_ids(cx)? {
        let members = shelf::members(cx, &id)?;
        for (before, _) in &untold {
            if members.leaves.iter().any(|leaf| leaf.account == *before) {
                tell(cx, &id, *before)?;
            }
        }
    }
    cx.s.delete(Table::Meta, UNTOLD)?;
    cx.reached("reset: told")
}

/// One conversation in which a replaced account was met.
fn tell(cx: &mut Cx<'_, '_>, id: &ConversationId, before: AccountId) -> Result<(), StepError> {
    let Some(mut reset) = shelf::reset_of(cx, before)? else { return Ok(()) };
    let brought_in = lost::disbelieve(cx, id, before, &reset)?;
    let newest = shelf::newest_of(cx, before)?;
    let mut conv = shelf::take_conv(cx, id)?;
    if conv.kind != Kind::Group {
        return Ok(());
    }
    if shelf::members(cx, id)?.devices.iter().any(|(account, _)| *account == before) {
        if !conv.lost.contains(&before) {
            conv.lost.push(before);
        }
        if !reset.groups.contains(id) {
            reset.groups.push(id.clone());
            shelf::put_reset(cx, before, reset.clone())?;
        }
        shelf::write_conv(cx, id, &conv)?;
    }
    if !matches!(conv.standing, Standing::Active | Standing::AskingToBeReAdded) {
        return Ok(());
    }
    let line = shelf::line_id(cx, &[id.as_bytes(), newest.as_bytes(), b"reset"])?;
    let stored = Stored::line(line, newest, cx.now, Body::NewAccount { whom: newest });
    if let Some(position) = history::store_message(cx, id, &mut conv, stored, false)? {
        shelf::write_conv(cx, id, &conv)?;
        shelf::event(cx, Happening::Message { conversation: id.clone(), position })?;
    }
    if brought_in {
        return lost::end(cx, id, &mut conv, cx.now);
    }
    lost::ends_if_headless(cx, id, &mut conv)
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
