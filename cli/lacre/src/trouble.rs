//! Every trouble of the client as an error for people, with its exit code. Exhaustive: a new trouble does not compile
//! until somebody says what to do about it.

use crate::spoken;
use lacre_core::network::{Reason, Refusal};
use lacre_core::view::Standing;
use lacre_core::{AccountTrouble, ContactTrouble, FileTrouble, GroupTrouble, MessageTrouble, NoticeTrouble, OutboxTrouble};
use lacre_core::{NameFault, Trouble};
use lacre_ground::address::AddressError;
use lacre_profile::{OpenError, StoreError};
use lacre_words::cause::cause_in;
use lacre_words::failure::{Exit, Failure};
use lacre_words::screen::size;
use lacre_words::shown::shown;
use lacre_words::words::{Args, Words, key};

/// Bytes of a text, as the core says it.
const LONGEST_TEXT: u64 = 65_536;

/// The client could not do it.
#[must_use]
pub fn failure(words: &Words, trouble: Trouble) -> Failure {
    let no = |key, args: &Args<'_>| Failure::new(words, key, Exit::No, args);
    let not_asked = |key, args: &Args<'_>| Failure::new(words, key, Exit::CouldNotAsk, args);
    match trouble {
        Trouble::OtherKey { why } => not_asked("error-other-key", &[("why", cause_in(words, &why).into())]),
        Trouble::Offline { why } => not_asked("error-offline", &[("why", cause_in(words, &why).into())]),
        Trouble::Refused(refusal) => refused(words, &refusal),
        Trouble::Protocol(why) => not_asked("error-protocol", &[("why", cause_in(words, &why).into())]),
        Trouble::Account(AccountTrouble::NotEnrolled) => no("error-not-enrolled", &[]),
        Trouble::Account(AccountTrouble::OtherAccount) => no("error-other-account", &[]),
        Trouble::Account(AccountTrouble::CodeRefused) => no("error-code-refused", &[]),
        Trouble::Account(AccountTrouble::HandleTaken) => no("error-handle-taken", &[]),
        Trouble::Contact(ContactTrouble::NoSuchAccount) => no("error-no-such-account", &[]),
        Trouble::Contact(ContactTrouble::NoSuchContact) => {
            no("error-no-such-contact", &[("name", words.say("somebody-that").into())])
        }
        Trouble::Contact(ContactTrouble::Yourself) => no("error-own-name", &[]),
        Trouble::Contact(ContactTrouble::NotAccepted) => no("error-not-accepted", &[("name", words.say("somebody-that").into())]),
        Trouble::Contact(ContactTrouble::OtherAccountNow) => no("error-other-account-now", &[]),
        Trouble::Contact(ContactTrouble::SafetyChanged) => no("error-safety-changed", &[]),
        Trouble::Message(MessageTrouble::NoSuchConversation) => no("error-conversation-gone", &[]),
        Trouble::Group(GroupTrouble::NotAdmin) => no("error-not-admin", &[]),
        Trouble::Group(GroupTrouble::GoesOn) => no("error-group-goes-on", &[]),
        Trouble::Message(MessageTrouble::LostPhone) => no("error-lost-phone", &[]),
        Trouble::Message(MessageTrouble::NotActive(Standing::Ended)) => no("error-group-ended", &[]),
        Trouble::Message(MessageTrouble::MayNotWrite) => no("error-may-not-write", &[]),
        Trouble::Group(GroupTrouble::NotAName(fault)) => Failure::new(words, name_fault(fault), Exit::Usage, &[]),
        Trouble::Message(MessageTrouble::NobodyThere) => no("error-nobody-there", &[]),
        Trouble::Group(GroupTrouble::AlreadyMember) => no("error-already-member", &[]),
        Trouble::Group(GroupTrouble::NotAMember) => no("error-not-a-member", &[("name", words.say("somebody-that").into())]),
        Trouble::Group(GroupTrouble::Yourself) => no("error-yourself", &[]),
        Trouble::Group(GroupTrouble::AlreadySo) => no("error-already-so", &[]),
        Trouble::Group(GroupTrouble::LastAdmin) => no("error-last-admin", &[]),
        Trouble::Group(GroupTrouble::TooManyAdmins { limit }) => no("error-too-many-admins", &[("limit", limit.into())]),
        Trouble::Group(GroupTrouble::Full { limit }) => no("error-group-full", &[("limit", limit.into())]),
        Trouble::Message(MessageTrouble::NotActive(Standing::Blocked)) => {
            no("error-blocked", &[("name", words.say("somebody-that").into())])
        }
        Trouble::Contact(ContactTrouble::NewAccount) | Trouble::Message(MessageTrouble::NotActive(Standing::Replaced)) => {
            no("error-new-account", &[])
        }
        Trouble::Contact(ContactTrouble::Paused) => no("error-paused", &[]),
        Trouble::Account(AccountTrouble::Deleted) => no("error-account-deleted", &[]),
        Trouble::Account(AccountTrouble::Forgotten) => no("error-account-forgotten", &[]),
        Trouble::Account(AccountTrouble::OtherRelay) => no("error-other-relay", &[]),
        Trouble::Account(AccountTrouble::OtherAddress) => no("error-other-address", &[]),
        Trouble::Contact(ContactTrouble::TooManyLinks { limit }) => no("error-too-many-links", &[("limit", limit.into())]),
        Trouble::Message(MessageTrouble::NotActive(standing)) => {
            no("error-not-active", &[("standing", spoken::standing(words, standing).into())])
        }
        // only what can also go as a file is told so
        Trouble::Message(MessageTrouble::TooLong { limit: LONGEST_TEXT }) => {
            no("error-text-too-long", &[("limit", LONGEST_TEXT.into())])
        }
        Trouble::Message(MessageTrouble::TooLong { limit }) => no("error-too-long", &[("limit", limit.into())]),
        Trouble::Message(MessageTrouble::QueueFull { limit }) => no("error-queue-full", &[("limit", limit.into())]),
        Trouble::Message(MessageTrouble::Empty) => no("error-empty", &[]),
        Trouble::Message(MessageTrouble::NoSuchMessage) => no("error-message-gone", &[]),
        Trouble::Message(MessageTrouble::AmbiguousPrefix) => no("error-ambiguous-message", &[]),
        Trouble::File(FileTrouble::NotAFile) => no("error-not-a-file", &[]),
        Trouble::File(FileTrouble::TooLarge { limit }) => no("error-file-too-large", &[("limit", size(words, limit).into())]),
        Trouble::File(FileTrouble::BadName { limit }) => no("error-file-name", &[("limit", limit.into())]),
        Trouble::File(FileTrouble::Damaged(why)) => no("error-damaged", &[("why", cause_in(words, &why).into())]),
        Trouble::File(FileTrouble::Io(why)) => not_asked("error-file-cut", &[("why", cause_in(words, &why).into())]),
        Trouble::Message(MessageTrouble::NotYours) => no("error-not-yours", &[]),
        Trouble::Message(MessageTrouble::NotChangeable) => no("error-not-changeable", &[]),
        Trouble::Message(MessageTrouble::NotASign) => Failure::new(words, "error-not-a-sign", Exit::Usage, &[]),
        Trouble::Outbox(OutboxTrouble::NoSuchItem) => no("error-no-such-item", &[]),
        Trouble::Outbox(OutboxTrouble::TooLate) => no("error-too-late", &[]),
        Trouble::Notice(NoticeTrouble::NoSuchNotice) => no("error-no-such-notice", &[]),
        Trouble::Notice(NoticeTrouble::AmbiguousPrefix) => no("error-ambiguous-notice", &[]),
        Trouble::Notice(NoticeTrouble::Invalid) => no("error-notice-invalid", &[]),
        Trouble::Notice(NoticeTrouble::AlreadyAnswered) => no("error-notice-answered", &[]),
        Trouble::Notice(NoticeTrouble::TakesNoAnswers) => no("error-notice-no-answers", &[]),
        Trouble::Notice(NoticeTrouble::TooManyAnswers { limit }) => no("error-notice-too-many", &[("limit", limit.into())]),
        Trouble::Notice(NoticeTrouble::TooLong { limit }) => {
            no("error-notice-reply-long", &[("limit", size(words, limit).into())])
        }
        Trouble::Notice(NoticeTrouble::TooManyFiles { limit }) => no("error-notice-files", &[("limit", limit.into())]),
        Trouble::Notice(NoticeTrouble::NoSuchFile) => no("error-notice-no-file", &[]),
        Trouble::Notice(NoticeTrouble::NotDesignated) => no("error-notice-no-address", &[]),
        Trouble::Notice(NoticeTrouble::OfficeAccount) => no("error-office-no-address", &[]),
        Trouble::Notice(NoticeTrouble::NotAnOffice) => no("error-not-an-office", &[]),
        Trouble::Notice(NoticeTrouble::OtherBody) => no("error-other-body", &[]),
        Trouble::Notice(NoticeTrouble::OwnDraft) => no("error-own-draft", &[]),
        Trouble::Notice(NoticeTrouble::OthersDraft) => no("error-others-draft", &[]),
        Trouble::Store(error) => store(words, &error),
        Trouble::Mls(why) => not_asked("error-encryption", &[("why", cause_in(words, &why).into())]),
    }
}

/// The profile could not be opened or made.
#[must_use]
pub fn open_failure(words: &Words, error: &OpenError, dir: &std::path::Path) -> Failure {
    let dir = shown(&dir.display().to_string());
    let of = |key, exit| Failure::new(words, key, exit, &[("dir", dir.as_str().into())]);
    match error {
        OpenError::Exists => of("error-profile-exists", Exit::No),
        OpenError::Missing => of("error-no-profile", Exit::No),
        OpenError::NotAProfile => of("error-not-a-profile", Exit::CouldNotAsk),
        OpenError::Newer { found } => {
            Failure::new(words, "error-newer-profile", Exit::CouldNotAsk, &[("found", (*found).into())])
        }
        OpenError::WrongSecret => of("error-wrong-secret", Exit::No),
        OpenError::Cost => of("error-not-a-profile", Exit::CouldNotAsk),
        OpenError::NoRandomness => of("error-no-randomness", Exit::CouldNotAsk),
        OpenError::Store(error) => store(words, error),
    }
}

/// The profile could not be read or written.
pub(crate) fn store(words: &Words, error: &StoreError) -> Failure {
    let of = |key| Failure::new(words, key, Exit::CouldNotAsk, &[("why", cause_in(words, &error.to_string()).into())]);
    match error {
        StoreError::Busy => of("error-profile-busy"),
        StoreError::Full => of("error-disk-full"),
        StoreError::Damaged { .. } => of("error-profile-damaged"),
        StoreError::Io { .. } | StoreError::Unstorable { .. } | StoreError::Interrupted(_) => of("error-store"),
    }
}

/// What is wrong with the name of a group, as a key of the catalogue.
const fn name_fault(fault: NameFault) -> &'static str {
    match fault {
        NameFault::Empty => key("error-group-name-empty"),
        NameFault::Long => key("error-group-name-long"),
        NameFault::Handle => key("error-group-name-handle"),
        NameFault::Id => key("error-group-name-id"),
        NameFault::Control => key("error-group-name-control"),
    }
}

/// What is wrong with an invitation or a link, as a key of the catalogue.
pub(crate) const fn address_trouble(error: AddressError) -> &'static str {
    match error {
        AddressError::Scheme => key("invitation-scheme"),
        AddressError::HostPort => key("invitation-host"),
        AddressError::Identity => key("invitation-identity"),
        AddressError::Code => key("invitation-code"),
        AddressError::Link => key("invitation-link"),
    }
}

fn refused(words: &Words, refusal: &Refusal) -> Failure {
    let seconds = refusal.retry_after.map_or(1, |d| d.as_secs().max(1));
    let time = spoken::spoken_seconds(words, u32::try_from(seconds).unwrap_or(u32::MAX));
    let which = refusal.metadata.get("limit").map(|limit| shown(limit)).unwrap_or_default();
    let why = cause_in(words, &refusal.to_string());
    let args: &Args<'_> = &[("why", why.into()), ("time", time.into()), ("limit", which.into())];
    let no = |key| Failure::new(words, key, Exit::No, args);
    let not_asked = |key| Failure::new(words, key, Exit::CouldNotAsk, args);
    match refusal.reason {
        Reason::Limit => not_asked("error-limit"),
        Reason::StoreDown if refusal.metadata.get("why").is_some_and(|why| why == "disk_full") => not_asked("error-relay-full"),
        Reason::StoreDown | Reason::Stopping => not_asked("error-relay-store"),
        Reason::CodeRefused => no("error-code-refused"),
        Reason::HandleTaken => no("error-handle-taken"),
        Reason::NoAccount => no("error-no-such-account"),
        Reason::LoginRefused => no("error-login-refused"),
        Reason::Paused => no("error-paused"),
        Reason::NoKeyPackage => no("error-no-key-package"),
        Reason::BadField
        | Reason::WrongName
        | Reason::StampRefused
        | Reason::NotPermitted
        | Reason::Conflict
        | Reason::Sealed
        | Reason::CatchUp
        | Reason::Ahead
        | Reason::NoSeals
        | Reason::NoEntry
        | Reason::NotAnInbox
        | Reason::WrongDigest
        | Reason::BadState
        | Reason::Session
        | Reason::BadRun
        | Reason::BadValue
        | Reason::HasAccount
        | Reason::NotHerDuty
        | Reason::ClerkExists
        | Reason::NoClerk
        | Reason::NoCode
        | Reason::BadNote
        | Reason::NotDesignated
        | Reason::NoBlob
        | Reason::AgencyExists
        | Reason::NoAgency
        | Reason::Unknown => no("error-refused"),
    }
}
