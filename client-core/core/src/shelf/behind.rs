//! Which MLS group stands behind a conversation, once that is another (successors).

use super::records::conversation::Members;
use super::{Cx, conversations, groups, own};
use crate::mls::group::GroupId;
use crate::words::{ConversationId, StepError};
use lacre_ground::ids::AccountId;

/// The conversation that an MLS group stands behind now.
pub(crate) fn conversation_of(cx: &mut Cx<'_, '_>, group: &GroupId) -> Result<Option<ConversationId>, StepError> {
    if let Some((id, _)) = groups::behind(cx)?.iter().find(|(_, behind)| *behind == group) {
        return Ok(Some(id.clone()));
    }
    let began = group.conversation();
    let succeeded = groups::behind(cx)?.contains_key(&began);
    let there = conversations::conv_or_none(cx, &began)?.is_some();
    Ok((there && !succeeded).then_some(began))
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
