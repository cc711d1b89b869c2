//! Rows read and written together: contacts, rights, members; whether something is active, writable, known.

use super::contacts::{ContactRow, Known};
use super::items::{Cargo, Item, Prepared};
use super::records::conversation::{Conv, Mark, Members};
use super::records::own::{Own, TokenChange};
use super::taken::Taken;
use super::{Cx, conversations, engine, own, resets};
use crate::mls::group::Leaf;
use crate::mls::roles::SeenLeaf;
use crate::mls::{group, roles};
use crate::words;
use crate::words::{AccountTrouble, ContactTrouble, ConversationId, GroupTrouble, MessageTrouble, Standing, StepError, Who};
use lacre_ground::ids::{AccountId, Token};
use lacre_profile::Table;
use openmls::group::MlsGroup;
use serde_bytes::ByteBuf;
use std::sync::Arc;

/// Hashes of the own leaf that a re-add request names.
const KEPT_LEAVES: usize = 4;
/// Withdrawn rights that are kept, so that a restored relay does not give them back: the newest.
const MAX_WITHDRAWN: usize = 1_024;

pub(crate) fn is_stored(item: &Item) -> bool {
    prepared(item).is_some_and(|p| p.seq.is_some())
}

pub(crate) fn active(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<Arc<Conv>, StepError> {
    living(cx)?;
    let conv = conversations::conv(cx, id)?;
    match conv.standing {
        // what is written while asking waits until the device is back
        Standing::Active | Standing::AskingToBeReAdded => Ok(conv),
        Standing::Replaced => Err(ContactTrouble::NewAccount.into()),
        other => Err(MessageTrouble::NotActive(other).into()),
    }
}

/// Active, and this account may write.
pub(crate) fn writable(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<Arc<Conv>, StepError> {
    let conv = active(cx, id)?;
    if may_write(cx, id, &conv)? { Ok(conv) } else { Err(MessageTrouble::MayNotWrite.into()) }
}

/// Members, epoch and own leaf as the group has them now; tokens of those who stay are kept.
pub(crate) fn note_members(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: &mut Conv, mls: &MlsGroup) -> Result<(), StepError> {
    let context = group::context(mls.extensions())?;
    let mut members = conversations::take_members(cx, id)?;
    let leaves = group::leaves(mls);
    note_who_came(&mut members, &leaves, conv.position);
    conv.lost.retain(|account| leaves.iter().any(|l| l.account == *account));
    for leaf in leaves.iter().filter(|l| !members.devices.contains(&(l.account, l.device))) {
        // whoever adds a key package that was kept brings a lost account back
        if !conv.lost.contains(&leaf.account) && resets::reset_of(cx, leaf.account)?.is_some() {
            conv.lost.push(leaf.account);
        }
    }
    members.epoch = mls.epoch().as_u64();
    members.authenticator = mls.epoch_authenticator().as_slice().to_vec();
    members.devices = leaves.iter().map(|l| (l.account, l.device)).collect();
    for leaf in &leaves {
        let seen = SeenLeaf { account: leaf.account, device: leaf.device, key: leaf.signature_key.clone() };
        if !members.leaves.contains(&seen) {
            members.leaves.push(seen);
        }
    }
    members.admins = context.admins.iter().filter_map(|a| AccountId::try_from(a.as_slice()).ok()).collect();
    conv.leaving.retain(|(account, _)| leaves.iter().any(|l| l.account == *account));
    members.tokens.retain(|device, _| leaves.iter().any(|l| l.device == *device));
    conv.may_add = roles::allowed(context.may_add());
    conv.may_write = roles::allowed(context.may_write());
    conv.stays_s = context.stays_s;
    conv.stays_next = conv.stays_next.filter(|next| *next != context.stays_s);
    conv.name = context.name;
    conv.description = context.description;
    if let Some(leaf) = mls.own_leaf_node() {
        let hash = group::leaf_hash(leaf)?;
        if conv.own_leaves.first().is_none_or(|newest| newest.as_slice() != hash) {
            conv.own_leaves.insert(0, ByteBuf::from(hash));
            conv.own_leaves.truncate(KEPT_LEAVES);
        }
    }
    conversations::put_members(cx, id, members)
}

/// What the prepared entries of an item are; used when a restored relay is told again.
pub(crate) fn prepared(item: &Item) -> Option<&Prepared> {
    match &item.cargo {
        Cargo::Content { prepared, .. } | Cargo::Seal { prepared, .. } => prepared.as_ref(),
        Cargo::Upload { .. } | Cargo::Envelope { .. } | Cargo::Held { .. } | Cargo::Answer { .. } => None,
    }
}

/// The own record of an account that is still there: whatever promises something to others asks for this one.
pub(crate) fn living(cx: &mut Cx<'_, '_>) -> Result<Arc<Own>, StepError> {
    let own = own::own(cx)?;
    if own.deleted { Err(AccountTrouble::Deleted.into()) } else { Ok(own) }
}

pub(crate) fn admin_of(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<(), StepError> {
    let conv = active(cx, id)?;
    let own = own::own(cx)?;
    let admin = conversations::members(cx, id)?.admins.contains(&own.account);
    if admin && conv.kind == words::Kind::Group { Ok(()) } else { Err(GroupTrouble::NotAdmin.into()) }
}

/// Why nothing of what people say goes out now: it waits in the queue, and what keeps the conversation alive goes past it.
pub(crate) fn held_back(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: &Conv) -> Result<Option<MessageTrouble>, StepError> {
    let own = own::own(cx)?.account;
    let members = conversations::members(cx, id)?;
    if conv.kind == words::Kind::Two && members.devices.iter().all(|(account, _)| *account == own) {
        return Ok(Some(MessageTrouble::NobodyThere));
    }
    // a device of a lost account would read it
    if !conv.lost.is_empty() {
        return Ok(Some(MessageTrouble::LostPhone));
    }
    Ok(if may_write(cx, id, conv)? { None } else { Some(MessageTrouble::MayNotWrite) })
}

/// Whether the group lets this account write now.
pub(crate) fn may_write(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: &Conv) -> Result<bool, StepError> {
    let own = own::own(cx)?.account;
    Ok(conv.may_write == Who::Everyone || conversations::members(cx, id)?.admins.contains(&own))
}

pub(crate) fn known(cx: &Cx<'_, '_>, account: AccountId) -> Result<Option<Known>, StepError> {
    Ok(cx.s.get(Table::Account, account.as_bytes())?)
}

pub(crate) fn own_known(cx: &mut Cx<'_, '_>) -> Result<Option<Known>, StepError> {
    let own = own::own(cx)?;
    Ok(Known::own(&own))
}

pub(crate) fn contact(cx: &Cx<'_, '_>, account: AccountId) -> Result<Option<ContactRow>, StepError> {
    Ok(cx.s.get(Table::Contact, account.as_bytes())?)
}

/// A contact's row, to be changed and given to [`put_contact`].
pub(crate) fn take_contact(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<Option<Taken<ContactRow>>, StepError> {
    contact(cx, account)?.map(|row| new_contact(cx, row)).transpose()
}

/// The row of somebody who was no contact.
pub(crate) fn new_contact(cx: &mut Cx<'_, '_>, row: ContactRow) -> Result<Taken<ContactRow>, StepError> {
    let account = row.account;
    cx.hands.take(Table::Contact, account.as_bytes(), row)
}

/// Stores it and lets it go; what was stored is given, to be shown.
pub(crate) fn put_contact(cx: &mut Cx<'_, '_>, row: Taken<ContactRow>) -> Result<ContactRow, StepError> {
    let row = row.into_row();
    let ord = match contact(cx, row.account)? {
        Some(_) => 0,
        None => engine::number(cx)?,
    };
    cx.s.put(Table::Contact, row.account.as_bytes(), b"", ord, &row)?;
    Ok(row)
}

/// A right to the own inbox that the relay knows and nobody has; none when they are used up (more come with the
/// next upkeep).
pub(crate) fn hand_out_token(cx: &mut Cx<'_, '_>) -> Result<Option<Token>, StepError> {
    let mut own = own::take_own(cx)?;
    let Some(token) = own.spare_tokens.pop() else { return Ok(None) };
    own.given_tokens.push(token.clone());
    own::put_own(cx, own)?;
    Ok(Some(token))
}

/// The queue of texts that wait for a contact, where there is no conversation yet.
pub(crate) fn held_scope(contact: AccountId) -> ConversationId {
    ConversationId::new([b"held".as_slice(), contact.as_bytes()].concat())
}

/// A right that this device gave away works no longer once the relay was told.
pub(crate) fn withdraw_token(cx: &mut Cx<'_, '_>, token: Token) -> Result<(), StepError> {
    let mut own = own::take_own(cx)?;
    own.given_tokens.retain(|given| given.expose() != token.expose());
    own.withdrawn_tokens.push(token.clone());
    let too_many = own.withdrawn_tokens.len().saturating_sub(MAX_WITHDRAWN);
    own.withdrawn_tokens.drain(..too_many);
    own.token_changes.push(TokenChange::Withdraw(token));
    own::put_own(cx, own)
}

/// Of who is new among the members nothing is known, and nothing from before.
fn note_who_came(members: &mut Members, now: &[Leaf], position: u64) {
    if members.devices.is_empty() {
        return;
    }
    for leaf in now {
        if !members.devices.iter().any(|(account, _)| *account == leaf.account) {
            members.marks.retain(|mark| mark.account != leaf.account);
            members.marks.push(Mark::new(leaf.account, position));
        }
    }
}

/// These accounts' devices were taken back: what they had not read by now they never read.
pub(crate) fn note_who_came_back(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    accounts: &[AccountId],
    position: u64,
) -> Result<(), StepError> {
    let mut members = conversations::take_members(cx, id)?;
    for account in accounts {
        if !members.marks.iter().any(|mark| mark.account == *account) {
            members.marks.push(Mark::new(*account, 0));
        }
        members.marks.iter_mut().filter(|mark| mark.account == *account).for_each(|mark| mark.came_back(position));
    }
    conversations::put_members(cx, id, members)
}

pub(crate) fn conversation_ids(cx: &Cx<'_, '_>) -> Result<Vec<ConversationId>, StepError> {
    let rows: Vec<(u64, serde_bytes::ByteBuf)> = cx.s.scan(Table::ConversationIndex, b"", 0, usize::MAX)?;
    Ok(rows.into_iter().map(|(_, id)| ConversationId::new(id.into_vec())).collect())
}
