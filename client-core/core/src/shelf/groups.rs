//! MLS groups, in memory and in the profile, and which of them stands behind a conversation.

use super::Cx;
use crate::mls::group::GroupId;
use crate::words::{ConversationId, MessageTrouble, StepError, Trouble};
use lacre_profile::Table;
use openmls::group::MlsGroup;
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

/// The MLS group, from memory or from the profile. Give it back with [`keep`] when all went well.
pub(crate) fn take_group(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<MlsGroup, StepError> {
    let id = group_of(cx, id)?;
    if let Some(group) = cx.cache.groups.remove(&id) {
        return Ok(group);
    }
    let provider = cx.provider();
    let loaded = MlsGroup::load(
        openmls::prelude::OpenMlsProvider::storage(&provider),
        &openmls::prelude::GroupId::from_slice(id.as_bytes()),
    );
    loaded
        .map_err(|e| StepError::Again(e.to_string()))?
        .ok_or(StepError::Trouble(Trouble::Message(MessageTrouble::NoSuchConversation)))
}

/// What memory holds of a group may be ahead of the disk: the next use loads it.
pub(crate) fn forget_group(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<(), StepError> {
    let id = group_of(cx, id)?;
    cx.cache.groups.remove(&id);
    Ok(())
}

pub(crate) fn keep(cx: &mut Cx<'_, '_>, group: MlsGroup) {
    cx.cache.groups.insert(GroupId::of(&group), group);
}

/// Another group stands behind a conversation from now on; the one before is forgotten.
pub(crate) fn put_behind(cx: &mut Cx<'_, '_>, id: &ConversationId, next: &GroupId) -> Result<(), StepError> {
    if let Ok(mut old) = take_group(cx, id) {
        let provider = cx.provider();
        old.delete(openmls::prelude::OpenMlsProvider::storage(&provider)).map_err(|e| StepError::Again(e.to_string()))?;
    }
    cx.s.put(Table::Successor, id.as_bytes(), b"", 0, &(id, ByteBuf::from(next.as_bytes())))?;
    cx.cache.behind = None;
    Ok(())
}
