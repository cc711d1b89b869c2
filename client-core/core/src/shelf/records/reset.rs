//! What the row of an account that another one replaced holds.

use crate::words::ConversationId;
use lacre_ground::ids::{AccountId, Handle};
use lacre_ground::time::Millis;
use serde::{Deserialize, Serialize};

/// What is known of an account that another one replaced. It is never forgotten: who meets the old one later must know it, too.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ResetRow {
    /// the one that stands in its place
    pub(crate) account: AccountId,
    /// the name, which stayed
    pub(crate) handle: Handle,
    /// when, by the relay's clock: what the old one's devices wrote from then on is nobody's
    pub(crate) at: Millis,
    /// groups in which the old one was when this was learnt
    #[serde(default)]
    pub(crate) groups: Vec<ConversationId>,
}
