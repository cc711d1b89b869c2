//! Why something was not done: [`Trouble`] for applications, `StepError` inside a step.

use super::view::Standing;
use crate::network::{NetError, Reason, Refusal};
use lacre_profile::StoreError;

/// Why a call did not do it: what can befall any call, and for each family of operations what it has to say; each variant is
/// what the caller does next.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The relay cannot be reached: what was asked for is stored where it can wait; try again later.
    #[error("the relay cannot be reached: {why}")]
    Offline {
        /// technical cause
        why: String,
    },
    /// Somebody else than the account's relay answered at its address: do not go on before its operator was asked.
    #[error("the relay showed another key than its address names ({why})")]
    OtherKey {
        /// technical cause
        why: String,
    },
    /// The relay said no.
    #[error("the relay refused: {0}")]
    Refused(Refusal),
    /// The relay, or somebody through it, sent what the protocol does not allow.
    #[error("not understood: {0}")]
    Protocol(String),
    /// The profile's storage failed; nothing of this step was stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// MLS failed in a way that is no verdict on anybody; nothing of this step was stored.
    #[error("encryption failed: {0}")]
    Mls(String),
    /// What the own account is not, or may not.
    #[error(transparent)]
    Account(#[from] AccountTrouble),
    /// Why nothing was done about somebody.
    #[error(transparent)]
    Contact(#[from] ContactTrouble),
    /// Why a group was not changed.
    #[error(transparent)]
    Group(#[from] GroupTrouble),
    /// Why something was not written, changed or found in a conversation.
    #[error(transparent)]
    Message(#[from] MessageTrouble),
    /// Why a file was not sent or saved.
    #[error(transparent)]
    File(#[from] FileTrouble),
    /// Why what waits was not touched.
    #[error(transparent)]
    Outbox(#[from] OutboxTrouble),
    /// Why nothing was done about an official notice, or the address for them.
    #[error(transparent)]
    Notice(#[from] NoticeTrouble),
}

/// What the own account is not, or may not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountTrouble {
    /// Enrol first.
    #[error("this profile has no account yet")]
    NotEnrolled,
    /// Another account is enrolled in this profile: use another profile.
    #[error("this profile belongs to another account")]
    OtherAccount,
    /// The invitation's code is used, unknown or expired: ask at the counter for another.
    #[error("the invitation's code is used, unknown or expired")]
    CodeRefused,
    /// Choose another handle.
    #[error("the handle is taken")]
    HandleTaken,
    /// Only accounts of the own relay can be contacts so far.
    #[error("of another relay")]
    OtherRelay,
    /// The account was made under another address of this relay, and neither program speaks to the other's.
    #[error("of this relay under another address")]
    OtherAddress,
    /// This profile's account was deleted: what is here can be read.
    #[error("the account was deleted")]
    Deleted,
    /// The relay was restored from a backup of before this account, and does not know its code either.
    #[error("the relay was restored from a backup of before this account")]
    Forgotten,
}

/// Why nothing was done about somebody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContactTrouble {
    /// Nobody of that name.
    #[error("no such account")]
    NoSuchAccount,
    /// Not among the contacts: add it first.
    #[error("not a contact")]
    NoSuchContact,
    /// The contact has not accepted (or was not accepted) yet.
    #[error("the contact is not accepted yet")]
    NotAccepted,
    /// The public name leads to another account than this contact's.
    #[error("the name belongs to another account now")]
    OtherAccountNow,
    /// The safety number is another than the one that was compared: compare again.
    #[error("the safety number has changed")]
    SafetyChanged,
    /// Revoke one first.
    #[error("at most {limit} links at a time")]
    TooManyLinks {
        /// most links
        limit: u64,
    },
    /// The contact has a new account: accept it first.
    #[error("the contact has a new account")]
    NewAccount,
    /// The person takes a pause: ask another time.
    #[error("the person takes a pause")]
    Paused,
    /// It is the own name: nobody is a contact of oneself.
    #[error("that is this account itself")]
    Yourself,
}

/// Why a group was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupTrouble {
    /// The group is full.
    #[error("a group has at most {limit} members")]
    Full {
        /// most devices
        limit: u64,
    },
    /// Make somebody else an admin first.
    #[error("a group must keep an admin")]
    LastAdmin,
    /// Take the right from somebody first.
    #[error("a group has at most {limit} admins")]
    TooManyAdmins {
        /// most admins
        limit: u64,
    },
    /// Only a group that has ended is begun again.
    #[error("the group goes on")]
    GoesOn,
    /// Only admins add and remove.
    #[error("only an admin of the group may do this")]
    NotAdmin,
    /// who is to be added is a member already
    #[error("is a member already")]
    AlreadyMember,
    /// who is to be removed, or made an admin, is no member
    #[error("is not a member")]
    NotAMember,
    /// the own account is neither added nor removed: it leaves
    #[error("that is this account itself")]
    Yourself,
    /// everything is so already
    #[error("it is so already: nothing was changed")]
    AlreadySo,
    /// Choose another name.
    #[error("no name for a group: {0:?}")]
    NotAName(NameFault),
}

/// What is wrong with the name of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFault {
    /// there is nothing to see
    Empty,
    /// longer than [`MAX_GROUP_NAME`](crate::limits::MAX_GROUP_NAME)
    Long,
    /// it begins as names of people do
    Handle,
    /// it reads as the beginning of an id
    Id,
    /// it holds characters that command a terminal, hide, or turn the reading direction
    Control,
}

/// Why something was not written, changed or found in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageTrouble {
    /// No conversation of that id.
    #[error("no such conversation")]
    NoSuchConversation,
    /// Only admins write in this group.
    #[error("only admins write in this group")]
    MayNotWrite,
    /// Somebody's lost phone is still in the group: what is said waits until an admin's device has taken it out.
    #[error("a lost phone is still in the group: an admin's device takes it out")]
    LostPhone,
    /// The other of two is not in the conversation yet: what is written waits.
    #[error("the other is not in the conversation yet: what is written waits here")]
    NobodyThere,
    /// The conversation cannot be written to now.
    #[error("the conversation is not active: {0:?}")]
    NotActive(Standing),
    /// Make it shorter.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// most bytes
        limit: u64,
    },
    /// There is nothing to send.
    #[error("empty")]
    Empty,
    /// So much waits there that nothing more is taken: it goes out when the relay takes it.
    #[error("{limit} things wait there already")]
    QueueFull {
        /// most that may wait
        limit: u64,
    },
    /// No message with that id.
    #[error("no such message")]
    NoSuchMessage,
    /// More characters are needed.
    #[error("more than one message begins so")]
    AmbiguousPrefix,
    /// Only its writer may change a message.
    #[error("somebody else wrote it")]
    NotYours,
    /// Lines about members, deleted and unreadable messages cannot be changed; only texts can be edited.
    #[error("this message cannot be changed so")]
    NotChangeable,
    /// A reaction is one character.
    #[error("a reaction is one character")]
    NotASign,
}

/// Why a file was not sent or saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileTrouble {
    /// The message carries no file.
    #[error("not a file")]
    NotAFile,
    /// Send a smaller one, or parts of it.
    #[error("larger than {limit} bytes")]
    TooLarge {
        /// most bytes
        limit: u64,
    },
    /// Give it another name.
    #[error("a name of a file has 1 to {limit} bytes")]
    BadName {
        /// most bytes
        limit: u64,
    },
    /// The file came damaged: its digest or its encryption does not fit.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// The file changed or ended while it was read, or could not be written.
    #[error("reading or writing the file failed: {0}")]
    Io(String),
}

/// Why what waits was not touched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboxTrouble {
    /// No such item in the outbox.
    #[error("no such item in the outbox")]
    NoSuchItem,
    /// It has left this machine, or has begun to, and goes on: it cannot be taken back.
    #[error("can no longer be cancelled")]
    TooLate,
}

/// Why nothing was done about an official notice, or the address for them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoticeTrouble {
    /// No notice begins so.
    #[error("no such notice")]
    NoSuchNotice,
    /// More characters are needed.
    #[error("more than one notice begins so")]
    AmbiguousPrefix,
    /// It is not what it says: nothing is answered, and nothing follows from it.
    #[error("the notice is invalid")]
    Invalid,
    /// She said something to it before, which stands.
    #[error("the notice was answered before")]
    AlreadyAnswered,
    /// The body takes no answers this way: see the notice for another.
    #[error("the body takes no answers to this notice")]
    TakesNoAnswers,
    /// As many answers as a body looks for were sent.
    #[error("at most {limit} answers to one notice")]
    TooManyAnswers {
        /// most answers
        limit: u64,
    },
    /// Send less, or in several replies.
    #[error("a reply has at most {limit} bytes with its files")]
    TooLong {
        /// most bytes
        limit: u64,
    },
    /// Send fewer files at a time.
    #[error("a reply has at most {limit} files")]
    TooManyFiles {
        /// most files
        limit: u64,
    },
    /// The notice has no such file.
    #[error("the notice has no such file")]
    NoSuchFile,
    /// The account is no address for official notices: designate it first.
    #[error("the account is not designated for official notices")]
    NotDesignated,
    /// An official's account at a body is nobody's address: use your own.
    #[error("an office account is nobody's address for official notices")]
    OfficeAccount,
    /// It is a private account, or the post is over: ask the registrar for an office code, and enrol with it in a profile of its own.
    #[error("this is no office account")]
    NotAnOffice,
    /// It is of another body than the office.
    #[error("it is of another body")]
    OtherBody,
    /// Somebody else approves what she drafted.
    #[error("who drafted it does not approve it")]
    OwnDraft,
    /// Another one drafted it.
    #[error("another one drafted it")]
    OthersDraft,
}

impl Trouble {
    /// The relay was not spoken to; everything else can be done.
    #[must_use]
    pub const fn is_away(&self) -> bool {
        matches!(self, Trouble::Offline { .. } | Trouble::OtherKey { .. })
    }

    /// The relay was spoken to and stores nothing now: its disk is full, say. What it has can be read. Not when it is one
    /// channel's damage: that thing rests.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let damaged = |r: &Refusal| r.metadata.get("why").is_some_and(|why| why == "damaged");
        matches!(self, Trouble::Refused(r) if r.reason == Reason::StoreDown && !damaged(r))
    }
}

impl From<NetError> for Trouble {
    fn from(e: NetError) -> Self {
        match e {
            NetError::Unreachable { why } => Trouble::Offline { why },
            NetError::OtherKey { why } => Trouble::OtherKey { why },
            NetError::Refused(r) => Trouble::Refused(r),
            NetError::Protocol(what) => Trouble::Protocol(what),
            NetError::Body { why } => Trouble::File(FileTrouble::Io(why)),
        }
    }
}

impl From<MlsError> for Trouble {
    fn from(e: MlsError) -> Self {
        Trouble::Mls(e.to_string())
    }
}

/// Why a step was rolled back.
#[derive(Debug)]
pub(crate) enum StepError {
    /// to be told to the application
    Trouble(Trouble),
    /// the entry or envelope cannot be processed: note it and go on behind it
    Skip(String),
    /// neither: load again and retry
    Again(String),
}

impl StepError {
    pub(crate) fn into_trouble(self) -> Trouble {
        match self {
            StepError::Trouble(t) => t,
            StepError::Skip(why) => Trouble::Protocol(why),
            StepError::Again(why) => Trouble::Mls(why),
        }
    }
}

impl From<StoreError> for StepError {
    fn from(e: StoreError) -> Self {
        StepError::Trouble(Trouble::Store(e))
    }
}

impl From<Trouble> for StepError {
    fn from(e: Trouble) -> Self {
        StepError::Trouble(e)
    }
}

impl From<MlsError> for StepError {
    fn from(e: MlsError) -> Self {
        StepError::Trouble(e.into())
    }
}

/// Why MLS did not do it. Library errors may be a storage error in disguise: load again before judging.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}")]
pub(crate) struct MlsError {
    pub(crate) what: &'static str,
    pub(crate) why: String,
}

impl From<AccountTrouble> for StepError {
    fn from(e: AccountTrouble) -> Self {
        StepError::Trouble(e.into())
    }
}

impl From<ContactTrouble> for StepError {
    fn from(e: ContactTrouble) -> Self {
        StepError::Trouble(e.into())
    }
}

impl From<GroupTrouble> for StepError {
    fn from(e: GroupTrouble) -> Self {
        StepError::Trouble(e.into())
    }
}

impl From<MessageTrouble> for StepError {
    fn from(e: MessageTrouble) -> Self {
        StepError::Trouble(e.into())
    }
}

impl From<FileTrouble> for StepError {
    fn from(e: FileTrouble) -> Self {
        StepError::Trouble(e.into())
    }
}

impl From<OutboxTrouble> for StepError {
    fn from(e: OutboxTrouble) -> Self {
        StepError::Trouble(e.into())
    }
}

impl From<NoticeTrouble> for StepError {
    fn from(e: NoticeTrouble) -> Self {
        StepError::Trouble(e.into())
    }
}
