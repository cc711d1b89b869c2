//! What failed by itself and rests.

use super::id::ConversationId;
use lacre_ground::ids::ChannelId;
use lacre_ground::time::Millis;
use serde::{Deserialize, Serialize};

/// What can fail and rest alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RestingThing {
    /// what the own account renews with time: stamps, key packages, rights
    Account,
    /// the own inbox: requests, invitations
    Inbox,
    /// one conversation
    Conversation(ConversationId),
    /// what the address for official notices renews with time: grants, and what the relay is told
    NoticeAddress,
    /// one casilla for official notices
    Casilla(ChannelId),
    /// the relay's word for what a casilla holds
    CasillaHead(ChannelId),
}

/// Why something rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RestCause {
    /// the line failed for this one
    Away,
    /// a quota of the relay is used up: wait
    Limit,
    /// the relay said no
    Refused,
    /// what came is not what the protocol allows
    NotUnderstood,
    /// encryption failed here
    Encryption,
    /// a row of the profile is damaged
    Damaged,
    /// what else this device says no to
    Other,
}

/// Something that failed and is tried again by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resting {
    /// what
    pub thing: RestingThing,
    /// when it failed first
    pub since: Millis,
    /// when it is tried next, at the earliest
    pub until: Millis,
    /// why
    pub cause: RestCause,
    /// the technical cause, in English
    pub why: String,
}
