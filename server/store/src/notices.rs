//! Official notices, as the relay keeps them: public bodies, who is an address for them, grants, and what was delivered.
//!
//! What may follow what (each row is one transaction):
//!
//! | verb | taken when | writes |
//! |---|---|---|
//! | issue a body's code | no body of this code is enrolled, or it was revoked | the body's one live code, its name and place |
//! | enroll a body | the code lives, the key is no other body's | key and certificate; the code is used |
//! | renew, revoke, limit | the body is enrolled (limit: known) | certificate; that it is over; its day's limit |
//! | designate | the speaker's device is in the newest state | the note; without one what is an address no more is *closed* |
//! | put grants | the same; designated, not paused; the casillas are the account's or nobody's | sealed grants, and the sealed casillas that they name |
//! | pause notices | the speaker's device is in the newest state | a pause that begins *closes* |
//! | exempt | always | the reason; one that begins *closes* |
//! | take an answer | the body is none that was revoked, its day has room | a once grant is handed out; the account's month |
//! | count a route, take stamps | the same | nothing: it is counted in memory |
//! | deliver | the order of judgement stands in [`crate::judge::notices`] | the entry, the record's lines; a once right is spent, blobs are kept as long |
//!
//! **Closing.** Whoever is an address no more is written to by nobody: with the account's grants go, in the same transaction,
//! all append rights of the casillas that they named, also of those that were handed out. Which casillas these are lies here
//! sealed; whoever asks says so ([`Closing`]), and how often grants had been put when he looked. Was it more often since, he
//! is told that it is [`Stale`] and looks again. As closing are: a pause, a designation taken back, an exemption, a state that
//! drops a device, a recovery, the removal of the account.
//!
//! **A casilla is one account's**: the one whose grants named it first, for as long as a right of it may live. Else whoever knows
//! a channel could close it with his own account.
//!
//! What the operator does about bodies and exemptions stands in the counter's record ([`super::counter`]); of a person it says
//! nothing. Of who asked for whom nothing is written: what bodies do in a day is counted in memory alone.

use super::StoreDown;
use super::accounts::{CodeIssued, RunHash};
use super::bodies::{
    AgencyRefused, Body, BodyKey, EnrollAgency, EnrollAgencyRefused, IssueAgencyCode, IssueAgencyRefused, LimitAgency, NoAgency,
    RenewAgency, TakeBodyStamps,
};
use super::channels::Limited;
use super::closing::{CloseRefused, Closing, Stale};
use super::speaker::{NoDevice, Speaker};
use crate::rules::Rules;
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, BlobId, ChannelId, EntryId, EvidenceId, Generation, TokenHash};
use lacre_ground::time::Millis;
use prost::bytes::Bytes;

/// A person makes her account her address for official notices, or takes that back.
#[derive(Clone)]
pub struct Designate {
    /// whose
    pub by: Speaker,
    /// her signed note, verified before; none: taken back
    pub note: Option<String>,
    /// what closes when it is taken back
    pub closing: Closing,
}

/// Official notices pause, or come again.
#[derive(Clone)]
pub struct PauseNotices {
    /// whose
    pub by: Speaker,
    /// they pause
    pub paused: bool,
    /// what closes then
    pub closing: Closing,
}

/// Why electronic notices take no effect for a person: a closed list; a code is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exempt {
    /// by law
    Law,
    /// a legal person
    LegalPerson,
    /// a minor
    Minor,
    /// dead
    Dead,
}

impl Exempt {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Law, Self::LegalPerson, Self::Minor, Self::Dead];
    /// As it is stored.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Law => 1,
            Self::LegalPerson => 2,
            Self::Minor => 3,
            Self::Dead => 4,
        }
    }
    /// As it is told.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Law => "law",
            Self::LegalPerson => "legal-person",
            Self::Minor => "minor",
            Self::Dead => "dead",
        }
    }
    /// From its code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
    /// From its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// Electronic notices take no effect for a person, or do again. She need not have an account.
#[derive(Clone)]
pub struct SetExempt {
    /// the person
    pub run: RunHash,
    /// why; none: not exempt any more
    pub reason: Option<Exempt>,
    /// the account that she had when [`SetExempt::closing`] was looked up
    pub account: Option<AccountId>,
    /// what closes with it
    pub closing: Closing,
}

/// A grant as it lies here: sealed under a key that lies elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptGrant {
    /// the same for the same grant, and tells nothing
    pub tag: [u8; 32],
    /// handed out when no other is left, and again
    pub last_resort: bool,
    /// not before this instant
    pub from: Millis,
    /// not after this instant
    pub until: Millis,
    /// note and token
    pub sealed: Vec<u8>,
}

/// A casilla that grants name, as it lies here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCasilla {
    /// the same for the same casilla, and tells nothing
    pub tag: [u8; 32],
    /// when the last of its grants ends
    pub until: Millis,
    /// its name
    pub sealed: Vec<u8>,
}

/// Grants of an account, verified before.
#[derive(Clone)]
pub struct PutGrants {
    /// whose
    pub by: Speaker,
    /// the grants; of the last resort at most one
    pub grants: Vec<KeptGrant>,
    /// all casillas that they name
    pub casillas: Vec<KeptCasilla>,
    /// drop all that was there before and not handed out
    pub replace_all: bool,
}

/// Why grants are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PutGrantsRefused {
    /// The session is over.
    #[error(transparent)]
    NoDevice(#[from] NoDevice),
    /// The account is no address: designate it first.
    #[error("the account is not designated")]
    NotDesignated,
    /// Notices pause: end the pause first.
    #[error("notices pause")]
    Paused,
    /// A casilla was named first by another account, which may be gone: it would close with this one. Make another.
    #[error("a casilla is another account's")]
    Anothers,
    /// Too many.
    #[error("too many grants")]
    Limit(Limited),
}

/// One answer about a person: what she is, and a grant if she is an address.
#[derive(Clone)]
pub struct TakeAnswer {
    /// who asks
    pub body: BodyKey,
    /// about whom
    pub run: RunHash,
}

/// What a body is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// who asked
    pub body: Body,
    /// what stands here about the person
    pub found: Found,
    /// when: never before the newest entry was accepted, because the notice that comes of it is accepted no earlier
    pub at: Millis,
}

/// What stands here about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// no account, none designated, paused, left, or no grant is left
    NoAccount,
    /// electronic notices take no effect for her
    Exempt(Exempt),
    /// her address
    Account(Address),
}

/// A person's address, with the right to write one notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// the account
    pub account: AccountId,
    /// its states from 0 to the newest, signed notes
    pub states: Vec<String>,
    /// the person's note
    pub designation: String,
    /// the grant that is handed out, sealed
    pub grant: Vec<u8>,
    /// whether others get the same one
    pub last_resort: bool,
}

/// What of a record can vary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLines {
    /// its id
    pub id: EvidenceId,
    /// the relay's address then
    pub issuer: String,
    /// when the notice was taken
    pub time: Millis,
    /// generation of the store then
    pub generation: Generation,
}

/// A notice for a casilla, whole.
#[derive(Clone)]
pub struct Deliver {
    /// who sends it
    pub body: BodyKey,
    /// the casilla
    pub channel: ChannelId,
    /// hash of the append token that was shown
    pub token: TokenHash,
    /// the sender's id for it
    pub entry_id: EntryId,
    /// what the casilla's reader gets
    pub ciphertext: Bytes,
    /// over header and files
    pub digest: [u8; 32],
    /// blobs that have its files, with the digests that they had when `digest` was made
    pub blobs: Vec<(BlobId, [u8; 32])>,
    /// id of the record, if this is the first
    pub id: EvidenceId,
    /// the relay's address
    pub issuer: String,
    /// generation of the store
    pub generation: Generation,
    /// of a record of before a restore, verified: it stays the one that counts
    pub first: Option<RecordLines>,
    /// stores nothing: asks whether it is here
    pub look: bool,
}

/// A notice is here, whole and durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// what its record says
    pub lines: RecordLines,
    /// it was here before
    pub again: bool,
}

/// Why a notice is not taken. Nothing was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliverRefused {
    /// The body is none, or none any more.
    #[error(transparent)]
    NoAgency(#[from] NoAgency),
    /// Unknown casilla, wrong or spent token, closed since: which is not said. Notify otherwise, or ask anew.
    #[error("unknown casilla, or a token without right")]
    NotPermitted,
    /// The id is known with another notice.
    #[error("the id is known with another notice")]
    Conflict,
    /// It was only asked for, and is not here.
    #[error("not here")]
    NoEntry,
    /// A sealed file is not here, or not whole: upload it, then deliver again.
    #[error("a file is not here, or not whole")]
    NoBlob,
    /// A quota.
    #[error("a limit")]
    Limit(Limited),
}

/// Writes. Each method is one verb, runs inside the open transaction ([`crate::engine`]) and writes nothing when it refuses.
pub trait NoticeStore {
    /// Replaces the body's code.
    fn issue_agency_code(
        &mut self,
        now: Millis,
        rules: &Rules,
        issue: &IssueAgencyCode,
    ) -> Result<Result<CodeIssued, IssueAgencyRefused>, StoreDown>;
    /// Binds a code to a key. The same code and key get the newest certificate until the code expires.
    fn enroll_agency(
        &mut self,
        now: Millis,
        rules: &Rules,
        enroll: &EnrollAgency,
    ) -> Result<Result<String, EnrollAgencyRefused>, StoreDown>;
    /// Replaces the certificate of a body that has this key.
    fn renew_agency(&mut self, now: Millis, renew: &RenewAgency) -> Result<Result<(), NoAgency>, StoreDown>;
    /// Revokes an enrolled body; one that has a code alone is forgotten.
    fn revoke_agency(&mut self, now: Millis, code: &AgencyCode) -> Result<Result<(), NoAgency>, StoreDown>;
    /// Sets its day's limit.
    fn limit_agency(&mut self, now: Millis, limit: &LimitAgency) -> Result<Result<(), NoAgency>, StoreDown>;
    /// Designates, or takes that back and closes. Idempotent.
    fn designate(&mut self, designate: &Designate) -> Result<Result<(), CloseRefused>, StoreDown>;
    /// Adds grants (those that were ever there are left alone), replaces the last-resort one. How many once grants are left.
    fn put_grants(&mut self, now: Millis, rules: &Rules, put: &PutGrants) -> Result<Result<u32, PutGrantsRefused>, StoreDown>;
    /// Begins a pause and closes, or ends it. Idempotent.
    fn pause_notices(&mut self, pause: &PauseNotices) -> Result<Result<(), CloseRefused>, StoreDown>;
    /// Exempts and closes, or ends it. Idempotent.
    fn set_exempt(&mut self, now: Millis, set: &SetExempt) -> Result<Result<(), Stale>, StoreDown>;
    /// Answers, and hands out a grant: the oldest once one that holds, else the last resort.
    fn take_answer(
        &mut self,
        now: Millis,
        rules: &Rules,
        take: &TakeAnswer,
    ) -> Result<Result<Answered, AgencyRefused>, StoreDown>;
    /// Counts it on the body's day, in memory.
    fn count_route(&mut self, now: Millis, rules: &Rules, body: &BodyKey) -> Result<Result<(), AgencyRefused>, StoreDown>;
    /// The same for stamps.
    fn take_body_stamps(
        &mut self,
        now: Millis,
        rules: &Rules,
        take: &TakeBodyStamps,
    ) -> Result<Result<(), AgencyRefused>, StoreDown>;
    /// Stores a notice with the lines of its record.
    fn deliver(&mut self, now: Millis, rules: &Rules, deliver: &Deliver) -> Result<Result<Delivered, DeliverRefused>, StoreDown>;
}

/// What the registrar has of an account's address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoticeAddress {
    /// the note in force
    pub designation: Option<String>,
    /// notices pause
    pub paused: bool,
    /// once grants left
    pub remaining: u32,
    /// until when the last-resort one holds
    pub last_resort_until: Option<Millis>,
    /// answers about it, by month (year times 100 plus month), the newest first
    pub answers: Vec<(u32, u32)>,
    /// why electronic notices take no effect for its person, if so
    pub exempt: Option<Exempt>,
}

/// What would close with an account, sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealedCasillas {
    /// how often grants were put
    pub version: u64,
    /// names of casillas
    pub casillas: Vec<Vec<u8>>,
}

/// Whether a person can be notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// she designated an account, and has grants
    Electronic,
    /// no account, none designated, paused, left, or no grant is left
    NoAccount,
    /// electronic notices take no effect for her
    Exempt(Exempt),
}

/// Months of [`NoticeAddress::answers`] that are kept.
pub const MONTHS: u32 = 24;

/// Reads, beside the writer, of what is committed.
pub trait NoticeReads {
    /// Whose key this is, also when it was revoked.
    fn body(&self, key: &BodyKey) -> Result<Option<Body>, StoreDown>;
    /// Whose living code this is, also when it was used.
    fn body_invited(&self, now: Millis, invitation: &TokenHash) -> Result<Option<Body>, StoreDown>;
    /// The body of this code.
    fn body_named(&self, code: &AgencyCode) -> Result<Option<Body>, StoreDown>;
    /// All, by their codes; at most `limit`.
    fn bodies(&self, limit: u32) -> Result<Vec<Body>, StoreDown>;
    /// Whether a person can be notified now.
    fn route(&self, now: Millis, rules: &Rules, run: &RunHash) -> Result<Route, StoreDown>;
    /// Why not, if so.
    fn exempt(&self, run: &RunHash) -> Result<Option<Exempt>, StoreDown>;
    /// The account that a person has.
    fn account_of(&self, run: &RunHash) -> Result<Option<AccountId>, StoreDown>;
    /// What there is of an account's address; empty for one that is gone.
    fn notice_address(&self, now: Millis, rules: &Rules, account: &AccountId) -> Result<NoticeAddress, StoreDown>;
    /// What would close with an account; empty for one that is gone.
    fn casillas(&self, account: &AccountId) -> Result<SealedCasillas, StoreDown>;
}

/// The month that an instant is in (UTC): year times 100 plus month.
#[must_use]
pub fn month(now: Millis) -> u32 {
    // civil date of a day number (Howard Hinnant, days_from_civil, the way back), from March on, in eras of 400 years
    let days = now.get() / 86_400_000 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    u32::try_from(year * 100 + month).unwrap_or(u32::MAX)
}

/// The first month of [`NoticeAddress::answers`] that is kept in this one.
#[must_use]
pub const fn oldest_month(month: u32) -> u32 {
    let (year, of_year) = (month / 100, month % 100);
    let months = (year * 12 + of_year).saturating_sub(MONTHS);
    (months / 12) * 100 + months % 12 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_the_calendar() {
        for (time, expected) in [
            ("1970-01-01T00:00:00.000Z", 197_001),
            ("2024-02-29T23:59:59.999Z", 202_402),
            ("2024-03-01T00:00:00.000Z", 202_403),
            ("2026-12-31T23:59:59.999Z", 202_612),
            ("2027-01-01T00:00:00.000Z", 202_701),
            ("2100-02-28T12:00:00.000Z", 210_002),
        ] {
            assert_eq!(month(Millis::parse(time).unwrap()), expected, "{time}");
        }
    }

    #[test]
    fn two_years_of_months_are_kept() {
        assert_eq!([202_607, 202_612, 202_701].map(oldest_month), [202_408, 202_501, 202_502]);
    }

    #[test]
    fn codes_are_read_strictly_and_reasons_by_code_and_name() {
        for good in ["SII", "CGR-01", &"X".repeat(16)] {
            assert_eq!(AgencyCode::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "S", "sii", "S I", &"X".repeat(17)] {
            assert!(AgencyCode::parse(bad).is_none(), "{bad}");
        }
        for reason in Exempt::ALL {
            assert_eq!((Exempt::from_code(reason.code()), Exempt::parse(reason.as_str())), (Some(reason), Some(reason)));
        }
        assert_eq!((Exempt::from_code(0), Exempt::parse("ill")), (None, None));
    }
}
