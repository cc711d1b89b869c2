//! Which MLS group stands behind a conversation, once that is another (successors).

use super::conversations::Members;
use super::{Cx, conversations, own};
use crate::mls::group::GroupId;
use crate::words::{ConversationId, StepError};
use lacre_ground::ids::AccountId;
use lacre_profile::Table;
use serde_bytes::ByteBuf;
use std::collections::BTreeMap;

/// Conversations whose MLS group is not the one that they began with.
pub(crate) fn behind<'c>(cx: &'c mut Cx<'_, '_>) -> Result<&'c BTreeMap<ConversationId, GroupId>, StepError> {
    if cx.cache.behind.is_none() {
        let rows: Vec<(u64, (ByteBuf, ByteBuf))> = cx.s.scan(Table::Successor, b"", 0, usize::MAX)?;
        cx.cache.behind = Some(
            rows.into_iter()
                .map(|(_, (id, group))| (ConversationId::new(id.into_vec()), GroupId::new(group.into_vec())))
                .collect(),
        );
    }
    Ok(cx.cache.behind.get_or_insert_default())
}

/// The id of the MLS group behind a conversation.
pub(crate) fn group_of(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<GroupId, StepError> {
    Ok(behind(cx)?.get(id).cloned().unwrap_or_else(|| GroupId::first_of(id)))
}

/// The conversation that an MLS group stands behind now.
pub(crate) fn conversation_of(cx: &mut Cx<'_, '_>, group: &GroupId) -> Result<Option<ConversationId>, StepError> {
    if let Some((id, _)) = behind(cx)?.iter().find(|(_, behind)| *behind == group) {
        return Ok(Some(id.clone()));
    }
    let began = group.conversation();
    let succeeded = behind(cx)?.contains_key(&began);
    let there = conversations::conv_or_none(cx, &began)?.is_some();
    Ok((there && !succeeded).then_some(began))
}

/// Another group stands behind a conversation from now on; the one before is forgotten.
pub(crate) fn put_behind(cx: &mut Cx<'_, '_>, id: &ConversationId, next: &GroupId) -> Result<(), StepError> {
    if let Ok(mut old) = conversations::take_group(cx, id) {
        let provider = cx.provider();
        old.delete(openmls::prelude::OpenMlsProvider::storage(&provider)).map_err(|e| StepError::Again(e.to_string()))?;
    }
    cx.s.put(Table::Successor, id.as_bytes(), b"", 0, &(id, ByteBuf::from(next.as_bytes())))?;
    cx.cache.behind = None;
    Ok(())
}

/// Whether a conversation has members beside this account and one other.
pub(crate) fn has_others(cx: &mut Cx<'_, '_>, id: &ConversationId, beside: AccountId) -> Result<bool, StepError> {
    let own = own::own(cx)?.account;
    Ok(!others(&*conversations::members(cx, id)?, own, Some(beside)).is_empty())
}

pub(crate) fn others(members: &Members, own: AccountId, left_out: Option<AccountId>) -> Vec<AccountId> {
    let mut out: Vec<AccountId> = Vec::new();
    for (account, _) in &members.devices {
        if *account != own && Some(*account) != left_out && !out.contains(account) {
            out.push(*account);
        }
    }
    out
}
