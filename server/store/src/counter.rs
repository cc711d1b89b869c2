//! The registrar's counter: who stands at it, what each may do, and the record of what was done.
//!
//! The operator is at the counter with the data folder; a clerk is there with a key of her own, from another machine. Who may
//! do what:
//!
//! | act | the operator | a clerk |
//! |---|---|---|
//! | issue a first code | always | with the duty *issue*, within her limits |
//! | issue a recovery code | always | with the duty *reset*, within her limits |
//! | revoke a code; add and revoke clerks | always | never |
//! | read the record | all of it | her own acts |
//!
//! **An act and what it does are one transaction**: a code was recorded or was never given. What was refused to a clerk for a
//! duty that she has not, or because of what the relay knows of a person, is recorded, too: each such answer tells something of
//! a person, so a stolen key gets few of them. The record is what her limits are counted from. What was refused to a stranger
//! or by a limit is not recorded: nobody fills the record so.
//!
//! The record names no person: of an issued code it has the [`Reference`], which is on the invitation and leads to a person's
//! row only as long as the code lives. Each act carries the hash of all before it.

use super::StoreDown;
use super::channels::Limited;
use crate::rules::{Limit, Rules};
use core::fmt;
use lacre_ground::ids::TokenHash;
use lacre_ground::label::{self, Label};
use lacre_ground::time::Millis;

/// What the operator calls a clerk, or a post: `[a-z0-9_.-]`, 1 to 32 of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClerkName(String);

impl ClerkName {
    /// From its text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-');
        ((1..=32).contains(&text.len()) && text.bytes().all(good)).then(|| Self(text.to_owned()))
    }
    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A clerk's Ed25519 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClerkKey(pub [u8; 32]);

/// What a clerk may do. One without any is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duties {
    /// first codes
    pub issue: bool,
    /// recovery codes
    pub reset: bool,
}

/// A clerk. The row stays when she is revoked: the record names her.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clerk {
    /// what the operator calls her
    pub name: ClerkName,
    /// what she proves herself with
    pub key: ClerkKey,
    /// what she may do
    pub duties: Duties,
    /// since when
    pub added_at: Millis,
    /// until when; none while she may
    pub revoked_at: Option<Millis>,
}

/// Who does something at the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// whoever has the data folder
    Operator,
    /// whoever proved to have this key
    Clerk(ClerkKey),
}

/// What an invitation is called at the counter: the first bytes of its code's hash. It opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(pub [u8; 8]);

impl Reference {
    /// Of this code.
    #[must_use]
    pub fn of(code: &TokenHash) -> Self {
        Self(code.as_bytes().first_chunk().copied().unwrap_or_default())
    }
    /// From its 16 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        u64::from_str_radix(text, 16).ok().filter(|_| digits).map(|n| Self(n.to_be_bytes()))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

macro_rules! deeds {
    ($($(#[$doc:meta])* $deed:ident = $code:literal, $name:literal;)*) => {
        /// What was done at the counter: a closed list; a code is never used again.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Deed { $($(#[$doc])* $deed,)* }
        impl Deed {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$deed),*];
            /// As it is stored and hashed.
            #[must_use]
            pub const fn code(self) -> u8 { match self { $(Self::$deed => $code,)* } }
            /// As it is told.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$deed => $name,)* } }
        }
    };
}

deeds! {
    /// a first code was issued
    Issued = 1, "issued";
    /// a recovery code was issued
    IssuedReset = 2, "issued-reset";
    /// no first code, because the person has an account
    HasAccount = 3, "refused-has-account";
    /// no recovery code, because there is none to recover
    NoAccount = 4, "refused-no-account";
    /// a clerk asked for what is not her duty
    NotHerDuty = 5, "refused-duty";
    /// a code was revoked before it was used
    CodeRevoked = 6, "code-revoked";
    /// a clerk was added
    ClerkAdded = 7, "clerk-added";
    /// a clerk was revoked
    ClerkRevoked = 8, "clerk-revoked";
    /// a code for a public body was issued
    AgencyCodeIssued = 9, "agency-code-issued";
    /// a public body got a new certificate
    AgencyRenewed = 10, "agency-renewed";
    /// a public body was revoked
    AgencyRevoked = 11, "agency-revoked";
    /// a public body's day got another limit
    AgencyLimited = 12, "agency-limited";
    /// electronic notices take no effect for a person any more; which one is not said
    Exempted = 13, "exempted";
    /// they do again
    ExemptionEnded = 14, "exemption-ended";
    /// a code for an official of a public body was issued: the act before it has its reference
    OfficeGiven = 15, "office-given";
    /// an official's post at a public body is over
    OfficeEnded = 16, "office-ended";
}

impl Deed {
    /// From its code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|deed| deed.code() == code)
    }
    /// Whether it told a clerk no.
    #[must_use]
    pub const fn refused(self) -> bool {
        matches!(self, Self::HasAccount | Self::NoAccount | Self::NotHerDuty)
    }
}

/// One act in the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// 1, 2, 3 … without a gap
    pub number: u64,
    /// when, by the relay's clock
    pub at: Millis,
    /// the clerk; none for the operator
    pub by: Option<ClerkName>,
    /// what
    pub deed: Deed,
    /// the code's reference, the clerk, or the public body; empty for what was refused, and where it is about a person
    pub about: String,
    /// the hash of this act and of all before it
    pub chain: [u8; 32],
}

impl Act {
    /// The act behind this one; the first is behind none.
    #[must_use]
    pub fn next(before: Option<(u64, [u8; 32])>, at: Millis, by: Option<ClerkName>, deed: Deed, about: String) -> Self {
        let (last, chain) = before.unwrap_or_default();
        let act = Self { number: last.saturating_add(1), at, by, deed, about, chain };
        Self { chain: act.hash_behind(&chain), ..act }
    }
    /// Its hash behind this one.
    fn hash_behind(&self, before: &[u8; 32]) -> [u8; 32] {
        let (number, at) = (self.number.to_be_bytes(), self.at.get().to_be_bytes());
        let by = self.by.as_ref().map_or("", ClerkName::as_str);
        label::hash(Label::CounterAct, &[before, &number, &at, by.as_bytes(), &[self.deed.code()], self.about.as_bytes()])
    }
    /// Whether it is as it was written, behind the one before it.
    #[must_use]
    pub fn holds_behind(&self, before: Option<(u64, [u8; 32])>) -> bool {
        let (last, chain) = before.unwrap_or_default();
        self.number == last.saturating_add(1) && self.chain == self.hash_behind(&chain)
    }
}

/// What a clerk did of late, counted in the record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// acts within an hour
    pub hour: u32,
    /// acts within a day
    pub day: u32,
    /// recovery codes within a day
    pub resets: u32,
    /// refusals within a day
    pub refusals: u32,
}

/// The windows of a clerk's limits.
pub const HOUR: u64 = 3_600_000;
/// See [`HOUR`].
pub const DAY: u64 = 24 * HOUR;

/// Why a clerk's act is not even looked at; only the last is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// no clerk, or none any more
    NoClerk,
    /// one of her limits
    Limit(Limited),
    /// it is not her duty
    Duty,
}

/// Whether a clerk may issue such a code now. Limits come before duties: a refusal is counted, too.
pub fn admit(clerk: Option<&Clerk>, tally: Tally, recover: bool, rules: &Rules) -> Result<(), Denied> {
    let clerk = clerk.filter(|clerk| clerk.revoked_at.is_none()).ok_or(Denied::NoClerk)?;
    let limits = [
        (tally.hour, rules.clerk_acts_per_hour, Limit::ClerkActsPerHour, HOUR),
        (tally.day, rules.clerk_acts_per_day, Limit::ClerkActsPerDay, DAY),
        (tally.refusals, rules.clerk_refusals_per_day, Limit::ClerkRefusalsPerDay, DAY),
        (if recover { tally.resets } else { 0 }, rules.clerk_resets_per_day, Limit::ClerkResetsPerDay, DAY),
    ];
    for (done, most, limit, window) in limits {
        if done >= most {
            return Err(Denied::Limit(Limited { limit, value: most.into(), retry_after_ms: Some(window) }));
        }
    }
    let Duties { issue, reset } = clerk.duties;
    if if recover { reset } else { issue } { Ok(()) } else { Err(Denied::Duty) }
}

/// A new clerk.
#[derive(Clone)]
pub struct AddClerk {
    /// what she is called
    pub name: ClerkName,
    /// her key
    pub key: ClerkKey,
    /// what she may do
    pub duties: Duties,
}

impl AddClerk {
    /// What the record says of it.
    #[must_use]
    pub fn about(&self) -> String {
        let key = data_encoding::BASE64URL_NOPAD.encode(&self.key.0);
        let duty = |has, name| if has { name } else { "" };
        format!("{} {key}{}{}", self.name.0, duty(self.duties.issue, " issue"), duty(self.duties.reset, " reset"))
    }
}

/// Why a clerk is not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddClerkRefused {
    /// There is, or was, one of this name: the record would not tell them apart.
    #[error("there is or was a clerk of this name")]
    Name,
    /// The key is, or was, another's: make another.
    #[error("the key is or was another clerk's")]
    Key,
    /// There are too many.
    #[error("too many clerks")]
    Limit(Limited),
}

/// From now on she is none any more.
#[derive(Clone)]
pub struct RevokeClerk(pub ClerkName);

/// There is no clerk of this name, or none any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such clerk")]
pub struct NoClerk;

/// A code that shall not work.
#[derive(Clone)]
pub struct RevokeCode(pub Reference);

/// There is no such code, or it was used, or its time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such code")]
pub struct NoCode;

/// A code that was issued and neither used nor revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveCode {
    /// what it is called
    pub reference: Reference,
    /// not after this instant
    pub expires_at: Millis,
    /// whether it puts an account in the place of another
    pub recover: bool,
}

/// Writes. As [`crate::AccountStore`], which issues the codes.
pub trait CounterStore {
    /// Adds a clerk, and records it.
    fn add_clerk(&mut self, now: Millis, rules: &Rules, add: &AddClerk) -> Result<Result<(), AddClerkRefused>, StoreDown>;
    /// Revokes a clerk, and records it.
    fn revoke_clerk(&mut self, now: Millis, name: &ClerkName) -> Result<Result<(), NoClerk>, StoreDown>;
    /// Takes a code back, and records it. Who never enrolled leaves nothing behind.
    fn revoke_code(&mut self, now: Millis, code: Reference) -> Result<Result<(), NoCode>, StoreDown>;
}

/// Reads of what is committed.
pub trait CounterReads {
    /// All clerks, by the order in which they came.
    fn clerks(&self) -> Result<Vec<Clerk>, StoreDown>;
    /// Whose key this is, also when she was revoked.
    fn clerk(&self, key: &ClerkKey) -> Result<Option<Clerk>, StoreDown>;
    /// Codes that work, by when they end; at most `limit`.
    fn live_codes(&self, now: Millis, limit: u32) -> Result<Vec<LiveCode>, StoreDown>;
    /// Acts from this number on, at most `limit`: all, or those of one clerk.
    fn acts(&self, from: u64, limit: u32, by: Option<&ClerkKey>) -> Result<Vec<Act>, StoreDown>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clerk(issue: bool, reset: bool) -> Clerk {
        let name = ClerkName::parse("post-1").unwrap();
        Clerk { name, key: ClerkKey([1; 32]), duties: Duties { issue, reset }, added_at: Millis::new(1), revoked_at: None }
    }

    #[test]
    fn a_clerk_does_her_duty_within_her_limits_and_nothing_else() {
        let rules = Rules {
            clerk_acts_per_hour: 2,
            clerk_acts_per_day: 4,
            clerk_refusals_per_day: 2,
            clerk_resets_per_day: 1,
            ..Rules::default()
        };
        let of = |clerk: &Clerk, tally, recover| admit(Some(clerk), tally, recover, &rules);
        let none = Tally::default();
        for (issue, reset) in [(true, false), (false, true), (true, true)] {
            let clerk = clerk(issue, reset);
            assert_eq!(of(&clerk, none, false).is_ok(), issue);
            assert_eq!(of(&clerk, none, true).is_ok(), reset);
            let gone = Clerk { revoked_at: Some(Millis::new(2)), ..clerk };
            assert_eq!([false, true].map(|recover| of(&gone, none, recover)), [Err(Denied::NoClerk); 2]);
        }
        assert_eq!(admit(None, none, false, &rules), Err(Denied::NoClerk));

        let both = clerk(true, true);
        for (below, at, limit) in [
            (Tally { hour: 1, ..none }, Tally { hour: 2, ..none }, Limit::ClerkActsPerHour),
            (Tally { day: 3, ..none }, Tally { day: 4, ..none }, Limit::ClerkActsPerDay),
            (Tally { refusals: 1, ..none }, Tally { refusals: 2, ..none }, Limit::ClerkRefusalsPerDay),
            (none, Tally { resets: 1, ..none }, Limit::ClerkResetsPerDay),
        ] {
            assert_eq!(of(&both, below, true), Ok(()), "{limit}");
            assert!(matches!(of(&both, at, true), Err(Denied::Limit(l)) if l.limit == limit), "{limit}");
        }
        assert_eq!(of(&both, Tally { resets: 1, ..none }, false), Ok(()), "first codes go on");
        assert!(matches!(of(&clerk(true, false), Tally { refusals: 2, ..none }, true), Err(Denied::Limit(_))), "limits first");
    }

    #[test]
    fn an_act_that_was_changed_moved_or_taken_out_is_noticed() {
        let mut before = None;
        let mut acts = Vec::new();
        for n in 1..6 {
            let by = (n % 2 == 0).then(|| ClerkName::parse("post-1").unwrap());
            let act = Act::next(before, Millis::new(n), by, Deed::Issued, format!("{n:016x}"));
            before = Some((act.number, act.chain));
            acts.push(act);
        }
        let holds = |acts: &[Act]| {
            let mut before = None;
            acts.iter().all(|act| act.holds_behind(before.replace((act.number, act.chain))))
        };
        assert!(holds(&acts));
        type Change = fn(&mut Vec<Act>);
        let changes: [Change; 8] = [
            |all| all[2].at = Millis::new(9),
            |all| all[1].by = None,
            |all| all[1].by = ClerkName::parse("post-2"),
            |all| all[2].deed = Deed::IssuedReset,
            |all| all[2].about.push('0'),
            |all| drop(all.remove(2)),
            |all| drop(all.remove(0)),
            |all| all.swap(2, 3),
        ];
        for (n, change) in changes.into_iter().enumerate() {
            let mut changed = acts.clone();
            change(&mut changed);
            assert!(!holds(&changed), "change {n}");
        }
    }

    #[test]
    fn names_and_references_are_read_strictly_and_deeds_by_their_codes() {
        for good in ["a", "post-1", "s.mesa_2", &"x".repeat(32)] {
            assert_eq!(ClerkName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "Post", "a b", "ñ", "a/b", &"x".repeat(33)] {
            assert!(ClerkName::parse(bad).is_none(), "{bad}");
        }
        let reference = Reference([0, 1, 2, 3, 4, 5, 6, 0xff]);
        assert_eq!(Reference::parse(&reference.to_string()), Some(reference));
        for bad in ["", "0001020304050", "00010203040506FF", "+001020304050607", "00010203040506ff0"] {
            assert!(Reference::parse(bad).is_none(), "{bad}");
        }
        for deed in Deed::ALL {
            assert_eq!(Deed::from_code(deed.code()), Some(*deed));
        }
        assert_eq!((Deed::from_code(0), Deed::from_code(17)), (None, None));
    }
}
