//! Messages, and what stands around them.

use super::conversation::Who;
use super::id::ConversationId;
use lacre_ground::ids::{AccountId, ContentId, Handle};
use lacre_ground::time::Millis;
use serde::{Deserialize, Serialize};

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delivery {
    /// in the outbox of this profile
    Waiting,
    /// stored by the relay (own messages), or received
    Stored,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// text, exactly as its sender wrote it: escape it before showing
    Text(String),
    /// a file that can be saved
    File {
        /// as its sender named it: make it safe before using it
        name: String,
        /// bytes
        size: u64,
    },
    /// somebody was added
    Added {
        /// who
        whom: AccountId,
    },
    /// somebody was removed
    Removed {
        /// who
        whom: AccountId,
    },
    /// a member's device came back with fresh keys
    ReAdded {
        /// who
        whom: AccountId,
    },
    /// this device was taken back, and name, description, admins or rules are not as they were when it was here last
    Meanwhile,
    /// the counter put a new account into the place of a member's: other keys, and nobody here has compared them
    NewAccount {
        /// the new one
        whom: AccountId,
    },
    /// who was to be added could not be for so long that it was given up
    NotAdded {
        /// who
        whom: AccountId,
    },
    /// the group has another name
    Renamed {
        /// the new one
        name: String,
    },
    /// the group has another description
    Described {
        /// the new one, perhaps empty
        text: String,
    },
    /// somebody became an admin
    AdminMade {
        /// who
        whom: AccountId,
    },
    /// somebody is an admin no longer
    AdminUnmade {
        /// who
        whom: AccountId,
    },
    /// who may add members was changed
    MayAdd(Who),
    /// who may write was changed
    MayWrite(Who),
    /// what is written from here on stays for so many seconds; 0 for ever
    Stays(u32),
    /// a message by somebody who may not write here: no member shows it
    Refused,
    /// a message by a device of a lost account, after another one stood in its place: it is nobody's, and not shown
    Lost,
    /// the group ends here: see [`Standing::Ended`]
    Ended,
    /// the conversation goes on in a new one, with its history: nobody could follow a change of the one before
    Succeeded {
        /// who made that change and was not invited, if that is known
        left_out: Option<AccountId>,
    },
    /// a member asks to be removed
    Leaves,
    /// its writer took it back, or this person forgot it here; nothing of it is kept
    Deleted {
        /// forgotten on this device only
        here_only: bool,
    },
    /// a kind of message that this version does not know; it is kept
    Newer,
    /// an entry that could not be processed, with the reason
    Unreadable(String),
}

/// One line of a conversation's history, in the order that every member sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// the content's id; any unique prefix of at least four hexadecimal characters names it
    pub id: ContentId,
    /// its conversation
    pub conversation: ConversationId,
    /// place in this profile's history, from 1; none while waiting
    pub position: Option<u64>,
    /// who wrote it
    pub sender: AccountId,
    /// the writer's name, verified as [`Member::handle`] is
    pub sender_handle: Option<Handle>,
    /// the name of who was added or removed, verified alike
    pub whom_handle: Option<Handle>,
    /// written by this account
    pub own: bool,
    /// by the sender's clock
    pub sent_at: Millis,
    /// by the relay's clock; none while waiting
    pub accepted_at: Option<Millis>,
    /// where it stands
    pub delivery: Delivery,
    /// what it says
    pub body: Body,
    /// the message that it answers
    pub reply_to: Option<Quoted>,
    /// it was sent before, at this instant by its writer's clock, to an account of the reader that is lost
    pub again: Option<Millis>,
    /// when its writer changed it last, by the relay's clock
    pub edited_at: Option<Millis>,
    /// signs beside it, one for each account, in the order in which they came
    pub reactions: Vec<Reaction>,
    /// that it does not stay for ever
    pub stays: Option<Stays>,
    /// of an own message: who says that it has come, and was shown; in the order of the members
    pub receipts: Vec<Receipt>,
}

/// How long a message stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stays {
    /// seconds
    pub seconds: u32,
    /// when it disappears; none before it was stored (own ones) or read (those of others)
    pub until: Option<Millis>,
}

/// What another member says of an own message. It is that member's word, nothing more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// who
    pub account: AccountId,
    /// their verified name
    pub handle: Option<Handle>,
    /// it was also shown to the person
    pub read: bool,
}

/// A message that another one answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// its content id
    pub id: ContentId,
    /// who wrote it and what it says now; none if this profile does not have it
    pub message: Option<(AccountId, Option<Handle>, Body)>,
}

/// A sign beside a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// who
    pub account: AccountId,
    /// their verified name
    pub handle: Option<Handle>,
    /// what, exactly as it came: escape it before showing
    pub sign: String,
}
