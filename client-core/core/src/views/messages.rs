//! Messages as applications see them, those that wait behind those that are stored.

use crate::history::{Stored, Target};
use crate::shelf::{Cargo, Cx, Item, Members};
use crate::words::{Body, ConversationId, Delivery, Message, MessageTrouble, Quoted, Reaction, Receipt, StepError, Trouble};
use crate::{book, history, shelf};
use lacre_ground::time::Millis;
use lacre_profile::Table;

/// The message that another one answers, as this profile has it.
fn quoted(cx: &mut Cx<'_, '_>, conversation: &ConversationId, members: &Members, target: Target) -> Result<Quoted, StepError> {
    Ok(match history::named(cx, conversation, target)? {
        Some(stored) => {
            let id = stored.name();
            Quoted { id, message: Some((stored.sender, book::name_in(cx, members, stored.sender)?, stored.body)) }
        }
        None => Quoted { id: target.id, message: None },
    })
}

pub(crate) fn message_view(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    members: &Members,
    position: u64,
    stored: Stored,
) -> Result<Message, StepError> {
    let own = shelf::own(cx)?;
    let whom_handle = match &stored.body {
        Body::Added { whom }
        | Body::Removed { whom }
        | Body::ReAdded { whom }
        | Body::AdminMade { whom }
        | Body::AdminUnmade { whom }
        | Body::Succeeded { left_out: Some(whom) } => book::name_in(cx, members, *whom)?,
        Body::NewAccount { whom } => book::name_of_new(cx, members, *whom)?,
        Body::NotAdded { whom } => book::name_of(cx, *whom)?,
        _ => None,
    };
    let reply_to = match stored.place.reply_to {
        Some(answered) => {
            let target = Target { by: stored.place.reply_to_by, id: answered };
            Some(quoted(cx, id, members, target)?)
        }
        None => None,
    };
    let is_own = stored.sender == own.account;
    let receipts = if is_own && stored.is_content() { receipts_of(cx, members, position)? } else { Vec::new() };
    let name = stored.name();
    let mut reactions = Vec::new();
    for (account, sign) in stored.place.reactions {
        reactions.push(Reaction { account, handle: book::name_in(cx, members, account)?, sign });
    }
    Ok(Message {
        id: name,
        conversation: id.clone(),
        position: Some(position),
        sender: stored.sender,
        sender_handle: book::name_in(cx, members, stored.sender)?,
        whom_handle,
        own: is_own,
        sent_at: stored.sent_at,
        accepted_at: Some(stored.accepted_at),
        delivery: Delivery::Stored,
        body: stored.body,
        reply_to,
        again: stored.place.again,
        edited_at: stored.place.edited_at,
        reactions,
        stays: shelf::stays(stored.place.stays_s, stored.place.gone_at),
        receipts,
    })
}

/// Own contents of a conversation that no one has met yet, as messages.
pub(crate) fn pending_messages(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<Vec<Message>, StepError> {
    let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
    let mut out = Vec::new();
    for (_, item) in waiting {
        out.extend(pending_message(cx, id, item)?);
    }
    Ok(out)
}

/// An item of the queue as a message, if it is one that people see.
fn pending_message(cx: &mut Cx<'_, '_>, id: &ConversationId, item: Item) -> Result<Option<Message>, StepError> {
    let Some(content) = shelf::waiting_content(&item) else { return Ok(None) };
    let stays = shelf::stays(content.stays_s, None);
    let again = Some(Millis::new(content.again_ms)).filter(|at| at.get() > 0);
    let Some(kind) = content.kind else { return Ok(None) };
    let answered = history::answered(&kind);
    let (Some(body), Cargo::Content { id: content, prepared, .. }) = (history::body_of(kind), item.cargo) else {
        return Ok(None);
    };
    let own = shelf::own(cx)?;
    let reply_to = match answered {
        Some(answered) => {
            let members = shelf::members(cx, id)?;
            Some(quoted(cx, id, &members, answered)?)
        }
        None => None,
    };
    let stored = prepared.is_some_and(|p| p.seq.is_some());
    Ok(Some(Message {
        id: content,
        conversation: id.clone(),
        position: None,
        sender: own.account,
        sender_handle: Some(own.handle.clone()),
        whom_handle: None,
        own: true,
        sent_at: item.since,
        accepted_at: None,
        delivery: if stored { Delivery::Stored } else { Delivery::Waiting },
        body,
        reply_to,
        again,
        edited_at: None,
        reactions: Vec::new(),
        stays,
        receipts: Vec::new(),
    }))
}

/// What was just put into a conversation's queue, as a message.
pub(crate) fn queued_message(cx: &mut Cx<'_, '_>, id: &ConversationId, item: Item) -> Result<Message, StepError> {
    pending_message(cx, id, item)?.ok_or(StepError::Trouble(Trouble::Message(MessageTrouble::NoSuchMessage)))
}

/// Who says that the own message at this position has come.
fn receipts_of(cx: &mut Cx<'_, '_>, members: &Members, position: u64) -> Result<Vec<Receipt>, StepError> {
    let mut out = Vec::new();
    for (mark, read) in members.marks.iter().filter_map(|mark| Some((mark, mark.of(position)?))) {
        let handle = book::name_in(cx, members, mark.account)?;
        out.push(Receipt { account: mark.account, handle, read });
    }
    Ok(out)
}
