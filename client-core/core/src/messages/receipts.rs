//! Receipts: what members tell each other of how far they have come (PROTOCOL.md, 17).
//!
//! A receipt names one message and covers all before it, for everybody reads in the same order; so one a round is enough, and
//! while one waits there is no second. It is written only where every other member is an accepted contact and there are at most
//! [`RECEIPT_MEMBERS`] of them: strangers in a group learn nothing, and a large group does not fill with receipts. *Delivered* is
//! on, *read* is off until the person switches it on. Behind an entry that does not open nothing is acknowledged any more: it would cover
//! what nobody has read.

use crate::history::{Stored, Target};
use crate::queue::MAX_WAITING;
use crate::shelf::{Conv, Cx, Mark, Members};
use crate::words::{ContactState, ConversationId, Happening, StepError, WaitingKind};
use crate::{history, queue, shelf};
use content::content::Kind;
use lacre_ground::ids::AccountId;
use lacre_profile::Table;
use lacre_proto::content::v1 as content;

/// In a conversation of more accounts nobody writes receipts, and none are taken.
pub const RECEIPT_MEMBERS: usize = 16;

/// A message of somebody else has come.
pub(crate) fn owe_delivered(cx: &mut Cx<'_, '_>, conv: &mut Conv, position: u64) -> Result<(), StepError> {
    if shelf::own(cx)?.settings.delivery_receipts && !conv.has_hole {
        conv.owed.delivered_at = Some(position);
    }
    Ok(())
}

/// The messages through this position were shown.
pub(super) fn owe_read(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: &mut Conv, through: u64) -> Result<(), StepError> {
    let own = shelf::own(cx)?;
    if !own.settings.read_receipts || conv.has_hole {
        return Ok(());
    }
    let mut from = through;
    while from > conv.read_through {
        let rows: Vec<(u64, Stored)> = cx.s.scan_back(Table::Message, id.as_bytes(), from, 1)?;
        let Some((position, stored)) = rows.into_iter().next().filter(|(position, _)| *position > conv.read_through) else {
            return Ok(());
        };
        if stored.sender != own.account && stored.is_content() {
            conv.owed.read_at = Some(position);
            return Ok(());
        }
        from = position - 1;
    }
    Ok(())
}

/// Puts what is owed into the queue, if these members may know it.
pub(crate) fn queue_receipt(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<(), StepError> {
    let mut conv = shelf::take_conv(cx, id)?;
    if conv.owed.delivered_at.is_none() && conv.owed.read_at.is_none() {
        return Ok(());
    }
    if let Some(number) = conv.owed.item
        && let Some(item) = shelf::item(cx, number)?
        && shelf::prepared(&item).is_none()
    {
        return Ok(());
    }
    let (delivered, read) = (conv.owed.delivered_at.take(), conv.owed.read_at.take());
    shelf::put_conv(cx, id, conv)?;
    if !receipts_among(cx, id)? || cx.s.count(Table::Outbox, id.as_bytes())? >= MAX_WAITING {
        return Ok(());
    }
    // what disappeared meanwhile is not spoken of
    let whose = |position: Option<u64>| -> Result<(Vec<u8>, Vec<u8>), StepError> {
        let stored = position.map_or(Ok(None), |position| history::at(cx, id, position))?;
        Ok(stored.map(|s| (s.sender.as_bytes().to_vec(), s.id.as_bytes().to_vec())).unwrap_or_default())
    };
    let ((delivered_by, delivered), (read_by, read)) = (whose(delivered)?, whose(read)?);
    if delivered.is_empty() && read.is_empty() {
        return Ok(());
    }
    let receipt = content::Receipt { delivered, delivered_by, read, read_by };
    let item = queue::enqueue_content(cx, id, WaitingKind::Upkeep, Kind::Receipt(receipt), None)?;
    // enqueuing may have made its entry, which changes the conversation
    let mut conv = shelf::take_conv(cx, id)?;
    conv.owed.item = Some(item.number);
    shelf::put_conv(cx, id, conv)?;
    cx.reached("receipt: queued")
}

/// All others are accepted contacts, and not too many.
fn receipts_among(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<bool, StepError> {
    let (own, members) = (shelf::own(cx)?, shelf::members(cx, id)?);
    if accounts(&members).count() > RECEIPT_MEMBERS {
        return Ok(false);
    }
    for account in accounts(&members).filter(|account| *account != own.account) {
        let contact = shelf::contact(cx, account)?;
        if contact.is_none_or(|row| row.state != ContactState::Accepted || row.blocked.is_some()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A receipt of another member. What it names and is not here (this device joined later, or it has disappeared) says nothing.
pub(crate) fn take_receipt(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    from: AccountId,
    receipt: &content::Receipt,
) -> Result<(), StepError> {
    let mut position = |by: &[u8], named: &[u8]| -> Result<u64, StepError> {
        let Some(target) = Target::read(by, named) else { return Ok(0) };
        Ok(history::named(cx, id, target)?.map_or(0, |stored| stored.place.position))
    };
    let read = position(&receipt.read_by, &receipt.read)?;
    let delivered = position(&receipt.delivered_by, &receipt.delivered)?;
    let mut members = shelf::take_members(cx, id)?;
    if delivered.max(read) == 0 || accounts(&members).count() > RECEIPT_MEMBERS {
        return Ok(());
    }
    let at = match members.marks.iter().position(|mark| mark.account == from) {
        Some(at) => at,
        None => {
            members.marks.push(Mark::new(from, 0));
            members.marks.len() - 1
        }
    };
    let Some(mark) = members.marks.get_mut(at) else { return Ok(()) };
    let before = mark.clone();
    mark.take(delivered, false);
    mark.take(read, true);
    if *mark != before {
        shelf::put_members(cx, id, members)?;
        shelf::event(cx, Happening::Receipt { conversation: id.clone(), account: *from.as_bytes() })?;
    }
    Ok(())
}

/// The accounts of a conversation, each once.
fn accounts(members: &Members) -> impl Iterator<Item = AccountId> + Clone {
    let mut all: Vec<AccountId> = members.devices.iter().map(|(account, _)| *account).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter()
}
