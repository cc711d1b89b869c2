//! What waits, what happened, what a round did.

use super::conversation::{NotAdded, Standing};
use super::id::ConversationId;
use super::notice::NoticeRef;
use lacre_ground::time::Millis;
use serde::{Deserialize, Serialize};

/// Something in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// names it for retry and cancel
    pub id: u64,
    /// its conversation; none for requests and account upkeep
    pub conversation: Option<ConversationId>,
    /// "text", "file", "change of members", "invitation", "request" …
    pub what: WaitingKind,
    /// when it was put there
    pub since: Millis,
    /// why it was not delivered yet, if it was tried
    pub trouble: Option<String>,
    /// it is somebody who could not be added, and why; it is tried again
    pub not_added: Option<NotAdded>,
    /// can be cancelled: nothing of it has left this machine, or nothing of it goes out any more
    pub cancellable: bool,
}

/// What kind of thing waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WaitingKind {
    /// a text
    Text,
    /// a file
    File,
    /// an edit, a deletion, a reaction
    Change,
    /// something between devices
    Upkeep,
    /// adding, removing, renewing keys
    Seal,
    /// an invitation into a conversation
    Invitation,
    /// a contact request or its answer
    Request,
    /// what a public body is told about its notice
    NoticeAnswer,
}

/// What happened, numbered; repeated until acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// 1, 2, 3 …
    pub number: u64,
    /// when this profile noticed
    pub at: Millis,
    /// what
    pub what: Happening,
}

/// The kinds of events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Happening {
    /// a message came; read it from the history
    Message {
        /// where
        conversation: ConversationId,
        /// its place in the history
        position: u64,
    },
    /// an own message was stored by the relay
    Sent {
        /// where
        conversation: ConversationId,
        /// its place in the history
        position: u64,
    },
    /// a message was edited or deleted, or the signs beside it changed
    Changed {
        /// where
        conversation: ConversationId,
        /// its place in the history
        position: u64,
    },
    /// a message was there long enough: nothing of it is kept
    Vanished {
        /// where
        conversation: ConversationId,
        /// the place in the history that it had
        position: u64,
    },
    /// another member said how far own messages have come, or were read
    Receipt {
        /// where
        conversation: ConversationId,
        /// who
        account: [u8; 32],
    },
    /// somebody asks to be a contact
    ContactAsks {
        /// who
        account: [u8; 32],
    },
    /// a contact said yes
    ContactAccepted {
        /// who
        account: [u8; 32],
    },
    /// an own request was not taken: nobody new may ask there, or the link was revoked
    ContactNotTaken {
        /// whose inbox
        account: [u8; 32],
    },
    /// the counter put another account in the place of a contact's
    ContactReset {
        /// the contact's account until now
        account: [u8; 32],
        /// when
        at: Millis,
    },
    /// a contact's keys are no longer those that were compared
    KeysChanged {
        /// whose
        account: [u8; 32],
    },
    /// this account is in a new conversation
    Joined {
        /// which
        conversation: ConversationId,
    },
    /// somebody cannot be added now; it is tried again
    NotAdded {
        /// where
        conversation: ConversationId,
        /// who
        account: [u8; 32],
        /// why
        why: NotAdded,
    },
    /// a conversation's standing changed
    StandingChanged {
        /// which
        conversation: ConversationId,
        /// to what
        standing: Standing,
    },
    /// another copy of this profile was noticed; fresh secrets are being made
    CopyNoticed,
    /// the relay was restored from a backup; what it lost was put back
    RelayRestored,
    /// this device's clock is far from the relay's: it is to be set right
    ClockDiffers {
        /// ahead; otherwise behind
        ahead: bool,
        /// by so many milliseconds
        by_ms: u64,
    },
    /// the relay had lost rights to write to this inbox; they were given back
    InboxMended {
        /// how many
        rights: u64,
    },
    /// an official notice came, and is what it says
    Notice {
        /// which
        notice: NoticeRef,
    },
    /// something came as an official notice, and is not to be believed
    NoticeInvalid {
        /// which
        notice: NoticeRef,
        /// the code of the verdict
        code: String,
    },
    /// a reply to a notice was stored by the relay, which gave its receipt
    NoticeReplied {
        /// which
        notice: NoticeRef,
    },
    /// the last day to answer a notice is near
    NoticeReminder {
        /// which
        notice: NoticeRef,
        /// business days before it on which this was due
        before: u16,
        /// the last day by which the person is safe, `2026-07-09`
        last_day: String,
    },
    /// something from the network could not be processed
    Unreadable {
        /// where; none for the inbox
        conversation: Option<ConversationId>,
        /// why
        reason: String,
    },
}

/// What a round of synchronisation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// entries and envelopes processed
    pub received: u64,
    /// outbox items that the relay took
    pub delivered: u64,
    /// outbox items that still wait
    pub waiting: u64,
    /// conversations and the like that failed and rest: [`Client::resting`](crate::Client::resting) says which and why
    pub resting: u64,
}
