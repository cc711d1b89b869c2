//! What the person alone knows: how she treats a conversation, and what she calls somebody. Nobody is told, and no relay.

use super::Cx;
use crate::words::{ConversationId, StepError};
use lacre_ground::ids::AccountId;
use lacre_profile::Table;
use serde::{Deserialize, Serialize};

/// How a conversation is treated here.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Aside {
    /// what comes makes no noise
    pub(crate) muted: bool,
    /// put away with this as its last place: something new brings it back
    pub(crate) archived_at: Option<u64>,
}

fn aside_key(id: &ConversationId) -> Vec<u8> {
    [b"aside ".as_slice(), id.as_bytes()].concat()
}

fn nickname_key(account: AccountId) -> Vec<u8> {
    [b"nickname ".as_slice(), account.as_bytes()].concat()
}

pub(crate) fn aside(cx: &Cx<'_, '_>, id: &ConversationId) -> Result<Aside, StepError> {
    Ok(cx.s.get(Table::Meta, &aside_key(id))?.unwrap_or_default())
}

pub(crate) fn put_aside(cx: &Cx<'_, '_>, id: &ConversationId, aside: &Aside) -> Result<(), StepError> {
    Ok(cx.s.put(Table::Meta, &aside_key(id), b"", 0, aside)?)
}

const NOTES: &[u8] = b"notes";

/// The conversation with oneself, if there ever was one.
pub(crate) fn notes(cx: &Cx<'_, '_>) -> Result<Option<ConversationId>, StepError> {
    Ok(cx.s.get(Table::Meta, NOTES)?)
}

pub(crate) fn put_notes(cx: &Cx<'_, '_>, id: &ConversationId) -> Result<(), StepError> {
    Ok(cx.s.put(Table::Meta, NOTES, b"", 0, id)?)
}

pub(crate) fn nickname(cx: &Cx<'_, '_>, account: AccountId) -> Result<Option<String>, StepError> {
    Ok(cx.s.get(Table::Meta, &nickname_key(account))?)
}

/// An empty one is none.
pub(crate) fn put_nickname(cx: &Cx<'_, '_>, account: AccountId, name: &str) -> Result<(), StepError> {
    match name {
        "" => Ok(cx.s.delete(Table::Meta, &nickname_key(account)).map(drop)?),
        name => Ok(cx.s.put(Table::Meta, &nickname_key(account), b"", 0, &name)?),
    }
}
