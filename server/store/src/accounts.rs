//! Accounts, the registrar's table, the directory and stamps, as the relay keeps them.
//!
//! What may follow what (each row is one transaction):
//!
//! | verb | taken when | writes |
//! |---|---|---|
//! | issue a code | the person has no account, or for a recovery code one; who issues it may ([`super::counter`]) | the person's one live code, and the act in the counter's record |
//! | enroll | the code lives, account and handle are new, the inboxes are free | account, handle, state 0, whose the inboxes are; the code is used |
//! | recover | the code lives, is for the account that is there, the new account is new, the inboxes are free | the new account under the old handle, and the reset under the next number; the old one is gone, its inboxes are closed |
//! | pause | the speaker's device is in the newest state | whether the account takes a pause |
//! | remove | the speaker's device is in the newest state | it is gone; its handle is given to nobody; its inboxes are closed, and given to nobody |
//! | put a state | the speaker's device is in the newest state; its number follows it, the inboxes are the account's or free | the state, whose the inboxes are; what hung on devices that left is gone, inboxes that left are closed |
//! | put key packages | the speaker's device is in the newest state | the packages |
//! | take stamps | the speaker's device is in the newest state; the account's day has room | nothing: they are counted in memory, and handed out of stamps that were made before ([`AddStamps`]) |
//! | spend a stamp | it is there | it is gone |
//! | look up, claim | the stamp is there, the target's hour has room | the stamp is gone, also when nothing is found |
//!
//! **An inbox is one account's.** The first state that names it takes it; another account's state that names it is refused, also
//! when its account is gone: who held the old keys may still hold its read token, and contacts may still write to it. Only what
//! is an account's own is closed when it goes or leaves its newest state. A closed inbox has no append right and gets none
//! ([`super::channels`]) until the newest state of its account has it again.
//!
//! A refusal writes nothing; of the counter's it may write the act. Of a RUN only a keyed hash arrives here, of codes and stamps only labelled hashes.

use super::StoreDown;
use super::channels::Limited;
use super::closing::{CloseRefused, Closing, Stale};
use super::counter::{By, Denied};
use super::directory::{AskRefused, Claim, ClaimAnswer, Lookup, LookupAnswer};
use super::speaker::{NoDevice, Speaker};
use crate::rules::Rules;
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, Handle, TokenHash};
use lacre_ground::time::Millis;

/// A RUN under the registrar's key, which lies outside the data folder: without the key it names nobody.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunHash([u8; 32]);

impl RunHash {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A check of the registrar's key, which does not give it away.
#[derive(Clone)]
pub struct KnowRunKey(pub [u8; 32]);

/// A new code for one person.
#[derive(Clone)]
pub struct IssueCode {
    /// who issues it
    pub by: By,
    /// the person
    pub run: RunHash,
    /// the code's hash
    pub code: TokenHash,
    /// for a person who has an account: the code puts another in its place
    pub recover: bool,
}

/// Until when a code works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeIssued {
    /// not after this instant
    pub expires_at: Millis,
}

/// Why no code is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueRefused {
    /// The person enrolled: a lost account is recovered, not opened a second time.
    #[error("this person has an account")]
    HasAccount,
    /// There is nothing to recover: issue a first code.
    #[error("this person has no account")]
    NoAccount,
    /// No clerk of the counter has this key, or none any more.
    #[error("no clerk has this key")]
    NoClerk,
    /// It is not the clerk's duty: another one does it.
    #[error("it is not this clerk's duty")]
    Duty,
    /// The clerk did much of late: wait, or ask another one.
    #[error("a limit of this clerk")]
    Limit(Limited),
}

impl From<Denied> for IssueRefused {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NoClerk => Self::NoClerk,
            Denied::Limit(limited) => Self::Limit(limited),
            Denied::Duty => Self::Duty,
        }
    }
}

/// A device of a state, as far as the store must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateDevice {
    /// its id within the account
    pub id: DeviceId,
    /// its inbox
    pub inbox: ChannelId,
}

/// Why the inboxes of a state are not taken: make the state with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InboxRefused {
    /// It was named first by another account, which may be gone.
    #[error("an inbox of the state is another account's")]
    Anothers,
    /// Each device has its own.
    #[error("two devices of the state have one inbox")]
    Twice,
}

impl InboxRefused {
    /// No inbox is there twice.
    pub fn twice(devices: &[StateDevice]) -> Result<(), Self> {
        let twice = devices.iter().enumerate().any(|(n, d)| devices.iter().skip(n + 1).any(|other| other.inbox == d.inbox));
        if twice { Err(Self::Twice) } else { Ok(()) }
    }
}

/// A new account. State and binding were verified and signed before.
#[derive(Clone)]
pub struct Enroll {
    /// hash of the code
    pub code: TokenHash,
    /// the name it asks for
    pub handle: Handle,
    /// its id, the hash of `state`
    pub account: AccountId,
    /// state 0, a signed note
    pub state: String,
    /// devices of state 0
    pub devices: Vec<StateDevice>,
    /// the registrar's note over handle and account, stored when the enrolment is taken
    pub binding: String,
}

/// The binding note that is stored: that of the first enrolment when this one repeats it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// a signed note
    pub binding: String,
}

/// Why an enrolment is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnrollRefused {
    /// Unknown, expired, replaced, or used for another account: ask the counter for a new one.
    #[error("the code is not valid")]
    Code,
    /// Another account has the name: choose another.
    #[error("the handle is taken")]
    HandleTaken,
    /// The same state 0 was enrolled with another code: one account is one person.
    #[error("the account is enrolled already")]
    AccountTaken,
    /// Its inboxes are not taken.
    #[error(transparent)]
    Inbox(#[from] InboxRefused),
}

/// Whom a recovery code is for, as long as it lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovering {
    /// the person's public name
    pub handle: Handle,
    /// the account that has it: the lost one, or the new one when the code was used
    pub account: AccountId,
}

/// A new account in the place of a lost one. State and notes were verified and signed before.
#[derive(Clone)]
pub struct Recover {
    /// hash of the code
    pub code: TokenHash,
    /// the lost account
    pub before: AccountId,
    /// the name, which stays
    pub handle: Handle,
    /// the new account's id, the hash of `state`
    pub account: AccountId,
    /// state 0, a signed note
    pub state: String,
    /// devices of state 0
    pub devices: Vec<StateDevice>,
    /// the registrar's notes, stored when the recovery is taken
    pub binding: String,
    /// as `binding`
    pub reset: String,
    /// what closes with the lost account
    pub closing: Closing,
}

/// The notes that are stored: those of the first call when this one repeats it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// a signed note
    pub binding: String,
    /// a signed note
    pub reset: String,
}

/// Resets in the order of their numbers, which have no gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResetsPage {
    /// signed notes
    pub notes: Vec<String>,
    /// the last number that there is; 0 for none
    pub head: u64,
}

/// Why a recovery is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoverRefused {
    /// Unknown, expired, replaced, used for another account, or no recovery code: ask the counter for a new one.
    #[error("the code is not valid")]
    Code,
    /// The new account is there already: make other keys.
    #[error("the account is enrolled already")]
    AccountTaken,
    /// Its inboxes are not taken; those of the lost account are not, either.
    #[error(transparent)]
    Inbox(#[from] InboxRefused),
    /// What was to be closed is more by now.
    #[error(transparent)]
    Stale(#[from] Stale),
}

/// A pause begins or ends.
#[derive(Clone)]
pub struct PauseAccount {
    /// whose
    pub by: Speaker,
    /// it begins
    pub paused: bool,
}

/// The removal of an account.
#[derive(Clone)]
pub struct RemoveAccount {
    /// whose
    pub by: Speaker,
    /// what closes with it
    pub closing: Closing,
}

/// The next state of an account, verified against the newest before.
#[derive(Clone)]
pub struct PutState {
    /// who puts it
    pub by: Speaker,
    /// its number, at least 1
    pub number: u64,
    /// the signed note
    pub state: String,
    /// its devices
    pub devices: Vec<StateDevice>,
    /// what closes, when it drops a device or a device's key: grants are good by the newest state alone
    pub closing: Option<Closing>,
}

/// Why a state is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PutStateRefused {
    /// The session is over.
    #[error(transparent)]
    NoDevice(#[from] NoDevice),
    /// Its number does not follow the newest, or another state has it: fetch the account again.
    #[error("does not follow the newest state")]
    Chain,
    /// Its inboxes are not taken.
    #[error(transparent)]
    Inbox(#[from] InboxRefused),
    /// The chain has too many bytes.
    #[error("the chain of states is full")]
    Limit(Limited),
    /// What was to be closed is more by now.
    #[error(transparent)]
    Stale(#[from] Stale),
}

/// One MLS key package, not looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPackage {
    /// MLS cipher suite
    pub suite: u16,
    /// MLSMessage, TLS encoding
    pub bytes: Vec<u8>,
    /// not handed out from this instant on
    pub expires_at: Millis,
}

/// Key packages of one device.
#[derive(Clone)]
pub struct PutKeyPackages {
    /// whose
    pub by: Speaker,
    /// each handed out once
    pub one_time: Vec<KeyPackage>,
    /// handed out when no one-time one is left; one a suite
    pub last_resort: Vec<KeyPackage>,
    /// drop all that was there before
    pub replace_all: bool,
}

/// Unexpired one-time key packages that are left, by suite in ascending order; suites with none are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remaining(pub Vec<(u16, u32)>);

/// Why key packages are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PutKeyPackagesRefused {
    /// The session is over.
    #[error(transparent)]
    NoDevice(#[from] NoDevice),
    /// Too many one-time packages of a suite, or too many suites.
    #[error("too many key packages")]
    Limit(Limited),
}

/// So many stamps for one account. Which ones the store never learns.
#[derive(Clone)]
pub struct TakeStamps {
    /// who takes them
    pub by: Speaker,
    /// how many
    pub count: u32,
}

/// Hashes of fresh stamps, of nobody: many are made before anybody asks for one.
#[derive(Clone)]
pub struct AddStamps(pub Vec<TokenHash>);

/// Hash of a stamp that pays.
#[derive(Clone)]
pub struct SpendStamp(pub TokenHash);

/// One round of what removes codes, key packages and stamps.
#[derive(Clone)]
pub struct SweepAccounts {
    /// those whose time was over at this instant, which whoever asks believes
    pub over_at: Millis,
    /// at most so many rows of each kind
    pub limit: u32,
}

/// Why stamps are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TakeStampsRefused {
    /// The session is over.
    #[error(transparent)]
    NoDevice(#[from] NoDevice),
    /// The day's stamps are taken.
    #[error("the day's stamps are taken")]
    Limit(Limited),
}

/// An account's newest state, for logins and for checking the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewestState {
    /// its number
    pub number: u64,
    /// the signed note
    pub state: String,
}

/// Writes. Each method is one verb, runs inside the open transaction ([`crate::engine`]) and writes nothing when it refuses.
pub trait AccountStore {
    /// True when no other registrar's key was ever used with this store; the first check is kept.
    fn know_run_key(&mut self, check: &[u8; 32]) -> Result<bool, StoreDown>;
    /// Replaces the person's code by a new one, and records who did it; what is refused to who is at the counter is recorded, too.
    fn issue_code(
        &mut self,
        now: Millis,
        rules: &Rules,
        issue: &IssueCode,
    ) -> Result<Result<CodeIssued, IssueRefused>, StoreDown>;
    /// Opens an account. The same code, account and handle get the first answer until the code expires.
    fn enroll(&mut self, now: Millis, enroll: &Enroll) -> Result<Result<Enrolled, EnrollRefused>, StoreDown>;
    /// Puts a new account in the place of the one that the code is for, under its handle; what hung on the old one is gone,
    /// and its inboxes are closed.
    /// The same code and state get the first answer until the code expires.
    fn recover(&mut self, now: Millis, recover: &Recover) -> Result<Result<Recovered, RecoverRefused>, StoreDown>;
    /// Begins or ends a pause. Idempotent.
    fn pause_account(&mut self, by: &Speaker, paused: bool) -> Result<Result<(), NoDevice>, StoreDown>;
    /// Removes an account and all that hangs on it, and closes its inboxes; the person may be issued a code again, the handle
    /// is nobody's.
    fn remove_account(&mut self, by: &Speaker, closing: &Closing) -> Result<Result<(), CloseRefused>, StoreDown>;
    /// Adds a state, and closes the account's inboxes that it has no more, and its casillas when it drops a device; one that is
    /// there already changes nothing.
    fn put_state(&mut self, rules: &Rules, put: &PutState) -> Result<Result<(), PutStateRefused>, StoreDown>;
    /// Adds one-time packages (those that are there already are left alone), replaces last-resort ones by suite.
    /// Whole or not at all.
    fn put_key_packages(
        &mut self,
        now: Millis,
        rules: &Rules,
        put: &PutKeyPackages,
    ) -> Result<Result<Remaining, PutKeyPackagesRefused>, StoreDown>;
    /// Counts them on the account's day, in memory.
    fn take_stamps(&mut self, now: Millis, rules: &Rules, take: &TakeStamps) -> Result<Result<(), TakeStampsRefused>, StoreDown>;
    /// Keeps the hashes of fresh stamps until [`Rules::stamps_end`]. One that is kept already stays as it is.
    fn add_stamps(&mut self, now: Millis, rules: &Rules, hashes: &[TokenHash]) -> Result<(), StoreDown>;
    /// True once for each stamp: it is deleted.
    fn spend_stamp(&mut self, stamp: &TokenHash) -> Result<bool, StoreDown>;
    /// The whole chain and the binding. Paid for whatever the answer is.
    fn lookup(&mut self, now: Millis, rules: &Rules, lookup: &Lookup) -> Result<Result<LookupAnswer, AskRefused>, StoreDown>;
    /// For each device the oldest unexpired one-time package, which is deleted, else its last-resort one.
    fn claim(&mut self, now: Millis, rules: &Rules, claim: &Claim) -> Result<Result<ClaimAnswer, AskRefused>, StoreDown>;
    /// Removes at most `limit` rows of each kind whose time is over: codes, key packages, stamps. True when there may be more.
    fn sweep_accounts(&mut self, now: Millis, limit: u32) -> Result<bool, StoreDown>;
}

/// Reads, beside the writer, of what is committed.
pub trait AccountReads {
    /// Whether a registrar's key was ever used with this store: a relay has served from it.
    fn has_run_key(&self) -> Result<bool, StoreDown>;
    /// The newest state of an account.
    fn newest_state(&self, account: &AccountId) -> Result<Option<NewestState>, StoreDown>;
    /// Whether a code works now. A hint: only using it decides.
    fn code_lives(&self, now: Millis, code: &TokenHash) -> Result<bool, StoreDown>;
    /// Whom a living recovery code is for.
    fn recovering(&self, now: Millis, code: &TokenHash) -> Result<Option<Recovering>, StoreDown>;
    /// The raw note of one state.
    fn state(&self, account: &AccountId, number: u64) -> Result<Option<String>, StoreDown>;
    /// The notes of all resets with this number and higher ones, at most `limit`. A number is given in the transaction of the
    /// recovery and is never given again, nor is its note ever removed: also not with the account that it names.
    fn resets(&self, from: u64, limit: u32) -> Result<ResetsPage, StoreDown>;
    /// Whether a stamp could be spent now. A hint: only spending it decides.
    fn stamp_known(&self, stamp: &TokenHash) -> Result<bool, StoreDown>;
}
