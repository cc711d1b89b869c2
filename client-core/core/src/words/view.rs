//! What an application sees: plain values, already verified, nothing that holds a lock.

use lacre_ground::address::{Authority, ContactLink};
use lacre_ground::ids::{AccountId, ContentId, DeviceId, Handle};
use lacre_ground::safety::SafetyNumber;
use lacre_ground::time::Millis;
use serde::{Deserialize, Serialize};

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

/// A conversation's id on this profile: that of the MLS group with which it began. Another may stand behind it by now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConversationId(#[serde(with = "serde_bytes")] Vec<u8>);

impl ConversationId {
    /// Of a stored id.
    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Its bytes, as rows are keyed.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The id in hexadecimal; any unique prefix of at least four characters names the conversation.
    #[must_use]
    pub fn to_hex(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }
}

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
    /// what comes here makes no noise; only this profile knows
    pub muted: bool,
    /// put away, and nothing new came since; only this profile knows
    pub archived: bool,
    /// it failed, and is tried again later
    pub resting: Option<Resting>,
}

/// What can fail and rest alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RestingThing {
    /// what the own account renews with time: stamps, key packages, rights
    Account,
    /// the own inbox: requests, invitations
    Inbox,
    /// one conversation
    Conversation(ConversationId),
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

/// What a person has chosen for this profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// accepted contacts are told what has come to this device
    pub delivery_receipts: bool,
    /// accepted contacts are told what was read
    pub read_receipts: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { delivery_receipts: true, read_receipts: false }
    }
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

/// How far a contact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactState {
    /// we asked
    Asked,
    /// they ask: accept or decline
    Asking,
    /// both agreed
    Accepted,
    /// we declined
    Declined,
    /// our request was not taken: nobody new may ask, or the link was revoked
    NotTaken,
}

/// A contact or a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// the account
    pub account: AccountId,
    /// its verified name
    pub handle: Handle,
    /// how far
    pub state: ContactState,
    /// the text of their request, exactly as written
    pub text: String,
    /// when the request was made or came
    pub since: Millis,
    /// the conversation of two, once there is one
    pub conversation: Option<ConversationId>,
    /// whether the two people have compared their keys
    pub trust: Trust,
    /// since when this person keeps them away
    pub blocked: Option<Millis>,
    /// the counter put another account in the place of this one: accept it before writing again
    pub new_account: Option<NewAccount>,
    /// what the person calls them: beside the verified name, never in its place
    pub nickname: Option<String>,
}

/// An account that stands in the place of a contact's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// which
    pub account: AccountId,
    /// since when, by the registrar's word
    pub at: Millis,
}

/// A link by which somebody may ask, also while nobody new may.
#[derive(Clone)]
pub struct Link {
    /// what it is revoked by
    pub number: u64,
    /// what its maker calls it
    pub name: String,
    /// when
    pub made_at: Millis,
    /// to hand out
    pub link: ContactLink,
}

/// How far this device's clock is from the relay's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockDiffers {
    /// it is ahead; otherwise behind
    pub ahead: bool,
    /// by so many milliseconds
    pub by_ms: u64,
}

/// Whether the keys of a contact are those that the two people compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// never compared: the registrar's word is all there is
    NotCompared,
    /// these keys were compared
    Compared {
        /// when
        at: Millis,
    },
    /// a device came or went on either side since they were compared: compare again
    Changed {
        /// when the others were compared
        at: Millis,
    },
}

/// What two people compare, as this profile sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Safety {
    /// with whom
    pub contact: Contact,
    /// of both accounts, with the keys that this profile knows
    pub number: SafetyNumber,
    /// the last one that was on a screen here ([`Client::safety_shown`](crate::Client::safety_shown))
    pub shown: Option<SafetyNumber>,
}

/// Who this profile is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhoAmI {
    /// the public name
    pub handle: Handle,
    /// the account
    pub account: AccountId,
    /// this installation
    pub device: DeviceId,
    /// the relay that the account lives on
    pub relay: Authority,
    /// enrolment is complete
    pub enrolled: bool,
}

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
    /// can be cancelled: nothing of it has left this machine
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
