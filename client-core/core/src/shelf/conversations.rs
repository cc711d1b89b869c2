//! Conversations and their members: read, taken, put back.

use super::Cx;
use super::records::conversation::{Conv, Members};
use super::taken::Taken;
use crate::words::{ConversationId, MessageTrouble, StepError, Trouble};
use lacre_profile::Table;
use std::sync::Arc;

/// A conversation's row, to be read.
pub(crate) fn conv(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<Arc<Conv>, StepError> {
    conv_or_none(cx, id)?.ok_or(StepError::Trouble(Trouble::Message(MessageTrouble::NoSuchConversation)))
}

pub(crate) fn conv_or_none(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<Option<Arc<Conv>>, StepError> {
    if let Some(conv) = cx.cache.convs.get(id) {
        return Ok(Some(Arc::clone(conv)));
    }
    let found: Option<Arc<Conv>> = cx.s.get(Table::Conversation, id.as_bytes())?.map(Arc::new);
    if let Some(conv) = &found {
        cx.cache.convs.insert(id.clone(), Arc::clone(conv));
    }
    Ok(found)
}

/// A conversation's row, to be changed and given to [`put_conv`].
pub(crate) fn take_conv(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<Taken<Conv>, StepError> {
    let conv = Conv::clone(&*conv(cx, id)?);
    cx.hands.take(Table::Conversation, id.as_bytes(), conv)
}

/// A new conversation's row, or one that is put in the place of another.
pub(crate) fn new_conv(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: Conv) -> Result<Taken<Conv>, StepError> {
    cx.hands.take(Table::Conversation, id.as_bytes(), conv)
}

/// Stores it and lets it go.
pub(crate) fn put_conv(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: Taken<Conv>) -> Result<(), StepError> {
    write_conv(cx, id, &conv)
}

/// Stores it, for an owner who goes on changing it.
pub(crate) fn write_conv(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: &Taken<Conv>) -> Result<(), StepError> {
    let conv = conv.row();
    cx.s.put(Table::Conversation, id.as_bytes(), b"", conv.ord, conv)?;
    cx.cache.convs.insert(id.clone(), Arc::new(conv.clone()));
    Ok(())
}

pub(crate) fn members(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<Arc<Members>, StepError> {
    if let Some(members) = cx.cache.members.get(id) {
        return Ok(Arc::clone(members));
    }
    let found = Arc::new(cx.s.get::<Members>(Table::Member, id.as_bytes())?.unwrap_or_default());
    cx.cache.members.insert(id.clone(), Arc::clone(&found));
    Ok(found)
}

/// A conversation's members, to be changed and given to [`put_members`].
pub(crate) fn take_members(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<Taken<Members>, StepError> {
    let members = Members::clone(&*members(cx, id)?);
    cx.hands.take(Table::Member, id.as_bytes(), members)
}

/// Stores them and lets them go.
pub(crate) fn put_members(cx: &mut Cx<'_, '_>, id: &ConversationId, members: Taken<Members>) -> Result<(), StepError> {
    cx.s.put(Table::Member, id.as_bytes(), b"", 0, members.row())?;
    cx.cache.members.insert(id.clone(), Arc::new(members.row().clone()));
    Ok(())
}
