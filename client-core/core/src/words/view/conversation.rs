//! Conversations: who is in them, how they stand.

use super::id::ConversationId;
use super::rests::Resting;
use lacre_ground::ids::{AccountId, DeviceId, Handle};
use lacre_ground::time::Millis;
use serde::{Deserialize, Serialize};

/// Two people or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// a conversation of two
    Two,
    /// a group with a name
    Group,
}

/// To whom a group allows something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Who {
    /// to its admins
    Admins,
    /// to every member
    Everyone,
}

/// Which MLS suite protects a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Suite {
    /// 0x004D: X-Wing, safe against quantum computers; the default
    XWing,
    /// 0x0003: X25519 only; small devices and second implementations, only where a creator asks for it
    X25519,
}

/// Where a conversation stands: the rungs of the recovery ladder (PROTOCOL.md, 19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// writing and reading
    Active,
    /// this device cannot go on and asks other members to be re-added
    AskingToBeReAdded,
    /// this account was removed, or left
    Removed,
    /// another copy of this profile took this device's place
    InUseElsewhere,
    /// the other of two is blocked: nothing is read or written here
    Blocked,
    /// it names another relay than this account's, which is never spoken to: nothing is read or written here
    OtherRelay,
    /// the other of two has a new account: nothing is read or written here, and what waits goes on once it is accepted
    Replaced,
    /// of a group: none of its admins is left but devices of lost accounts, or one of those has changed who is in it. Nothing is
    /// read or written here; its people make a new one
    Ended,
}

/// One member device of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// the account
    pub account: AccountId,
    /// its device
    pub device: DeviceId,
    /// its name; none unless a verified state of the account has the key of each of its leaves here
    pub handle: Option<Handle>,
    /// may add, remove, and change the group
    pub admin: bool,
    /// this profile's own device
    pub own: bool,
}

/// Why somebody who was invited is not in the group yet. It is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum NotAdded {
    /// the person takes a pause
    #[error("the person takes a pause")]
    Paused,
    /// the relay does not have the account: it was deleted
    #[error("the relay does not have the account")]
    NoAccount,
    /// the relay has no key package of it
    #[error("the relay has no key package of this account: its program must come online")]
    NoKeyPackage,
    /// its key packages are not good at this time: its clock or this one is wrong, or it was away for long
    #[error("a key package is not good at this time: one of two clocks is wrong, or its program must come online")]
    Clock,
    /// the relay gave a key package that is not of the account's device
    #[error("a key package is not of the device that it was claimed for")]
    OtherKey,
    /// the key package, or a commit with it, could not be used
    #[error("a key package cannot be used: {0}")]
    Unfit(String),
}

/// Somebody who was invited and is not a member yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// the account
    pub account: AccountId,
    /// its verified name
    pub handle: Option<Handle>,
    /// since when
    pub since: Millis,
    /// what keeps it out, if it was tried
    pub why: Option<NotAdded>,
}

/// A conversation as `list` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// its id
    pub id: ConversationId,
    /// two or group
    pub kind: Kind,
    /// the group's name; for two, empty
    pub name: String,
    /// what the group is for; for two, empty
    pub description: String,
    /// who may add members
    pub may_add: Who,
    /// who may write
    pub may_write: Who,
    /// seconds that what is written here stays: at its sender from when the relay stored it, at a reader from when it was read;
    /// 0 for ever
    pub stays_s: u32,
    /// members, own device included
    pub members: Vec<Member>,
    /// whom this device was to add and has not added yet
    pub invited: Vec<Invited>,
    /// the other account in a conversation of two
    pub peer: Option<Handle>,
    /// which suite
    pub suite: Suite,
    /// MLS epoch
    pub epoch: u64,
    /// SHA-256-sized value that is equal for all members of the epoch (RFC 9420, 8.7)
    pub epoch_authenticator: Vec<u8>,
    /// where it stands
    pub standing: Standing,
    /// messages in the history
    pub messages: u64,
    /// of these, not yet marked as read
    pub unread: u64,
    /// own contents that wait in the outbox
    pub waiting: u64,
    /// when the newest message was accepted by the relay, or the conversation began
    pub newest_at: Millis,
    /// a conversation with oneself, for notes
    pub notes: bool,
    /// what comes here makes no noise; only this profile knows
    pub muted: bool,
    /// put away, and nothing new came since; only this profile knows
    pub archived: bool,
    /// it failed, and is tried again later
    pub resting: Option<Resting>,
}

/// One change of what the GroupContext says.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Edit {
    Name(String),
    Description(String),
    Admin { account: AccountId, on: bool },
    MayAdd(Who),
    MayWrite(Who),
    Stays(u32),
}
