//! What is asked of a store, as data: a closed list of verbs, each with its request and its answer.
//!
//! A request's type is its verb: who asks [`Append`] gets an answer to an append ([`Verb::Answer`]). On the way to the store
//! and back it is an [`Ask`] and an [`Answer`], so that many of them, of different kinds, are one transaction
//! ([`super::Store::run`]).

use super::StoreDown;
use crate::accounts::*;
use crate::blobs::{BeginBlob, BlobBegun, BlobKept, ExpireBlobs, FileName, FinishBlob, ForgetBlob, KeepBlob, KeepBlobRefused};
use crate::bodies::{
    AgencyRefused, CountRoute, EnrollAgency, EnrollAgencyRefused, IssueAgencyCode, IssueAgencyRefused, LimitAgency, NoAgency,
    RenewAgency, RevokeAgency, TakeBodyStamps,
};
use crate::channels::*;
use crate::closing::{CloseRefused, Stale};
use crate::counter::{AddClerk, AddClerkRefused, NoClerk, NoCode, RevokeClerk, RevokeCode};
use crate::directory::{AskRefused, Claim, ClaimAnswer, Lookup, LookupAnswer};
use crate::notices::{
    Answered, Deliver, DeliverRefused, Delivered, Designate, PauseNotices, PutGrants, PutGrantsRefused, SetExempt, TakeAnswer,
};
use crate::offices::{EndOffice, IssueOffice, NoOffice, OfficeEnded};
use crate::speaker::NoDevice;
use lacre_ground::time::Millis;

/// A request, whose type is the verb.
pub trait Verb: Sized {
    /// What it is answered with.
    type Answer;
    /// What it is called.
    const NAME: Name;
    /// On the way to the store.
    fn into_ask(self) -> Ask;
    /// On the way back; none if this is another verb's answer.
    fn from_answer(answer: Answer) -> Option<Self::Answer>;
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $verb:ident = $name:literal -> $answer:ty;)*) => {
        /// A request to write.
        #[derive(Clone)]
        pub enum Ask {
            $($(#[$doc])* $verb($verb),)*
        }
        /// What a request came to: a refusal is an answer, too.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Answer {
            $($(#[$doc])* $verb($answer),)*
        }
        /// A verb's name, as metrics and logs have it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Name {
            $($(#[$doc])* $verb,)*
        }
        impl Name {
            /// All of them, in the order of their numbers (`as usize`).
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$verb),*];
            /// In metrics and logs.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$verb => $name,)* }
            }
        }
        impl Ask {
            /// Which verb it is.
            #[must_use]
            pub const fn name(&self) -> Name {
                match self { $(Self::$verb(_) => Name::$verb,)* }
            }
        }
        $(impl Verb for $verb {
            type Answer = $answer;
            const NAME: Name = Name::$verb;
            fn into_ask(self) -> Ask {
                Ask::$verb(self)
            }
            fn from_answer(answer: Answer) -> Option<$answer> {
                match answer {
                    Answer::$verb(answer) => Some(answer),
                    _ => None,
                }
            }
        })*
    };
}

verbs! {
    /// opens a channel
    Open = "open" -> Result<Opened, OpenRefused>;
    /// stores an entry
    Append = "append" -> Result<Appended, AppendRefused>;
    /// stores entries until one is refused
    AppendAll = "append_all" -> AppendedAll;
    /// drops entries of an inbox
    Trim = "trim" -> Result<(), TrimRefused>;
    /// changes the append rights of an inbox
    ChangeTokens = "change_tokens" -> Result<(), ChangeRefused>;
    /// notes that the reader of an inbox was here
    Touch = "touch" -> ();
    /// tells the time
    TellTime = "tell_time" -> Millis;
    /// one round of retention
    Retire = "retire" -> Retired;
    /// whether the registrar's key is the one that was used first
    KnowRunKey = "know_run_key" -> bool;
    /// replaces a person's code
    IssueCode = "issue_code" -> Result<CodeIssued, IssueRefused>;
    /// replaces the code of an official's account
    IssueOffice = "issue_office" -> Result<CodeIssued, IssueRefused>;
    /// ends a post
    EndOffice = "end_office" -> Result<OfficeEnded, NoOffice>;
    /// takes a code back
    RevokeCode = "revoke_code" -> Result<(), NoCode>;
    /// adds a clerk of the counter
    AddClerk = "add_clerk" -> Result<(), AddClerkRefused>;
    /// revokes a clerk
    RevokeClerk = "revoke_clerk" -> Result<(), NoClerk>;
    /// opens an account
    Enroll = "enroll" -> Result<Enrolled, EnrollRefused>;
    /// puts an account in the place of a lost one
    Recover = "recover" -> Result<Recovered, RecoverRefused>;
    /// begins or ends a pause
    PauseAccount = "pause_account" -> Result<(), NoDevice>;
    /// removes an account
    RemoveAccount = "remove_account" -> Result<(), CloseRefused>;
    /// adds a state
    PutState = "put_state" -> Result<(), PutStateRefused>;
    /// adds key packages
    PutKeyPackages = "put_key_packages" -> Result<Remaining, PutKeyPackagesRefused>;
    /// counts stamps that an account takes
    TakeStamps = "take_stamps" -> Result<(), TakeStampsRefused>;
    /// keeps fresh stamps
    AddStamps = "add_stamps" -> ();
    /// spends a stamp
    SpendStamp = "spend_stamp" -> bool;
    /// a directory entry, paid for
    Lookup = "lookup" -> Result<LookupAnswer, AskRefused>;
    /// key packages, paid for
    Claim = "claim" -> Result<ClaimAnswer, AskRefused>;
    /// removes codes, key packages and stamps whose time is over
    SweepAccounts = "sweep_accounts" -> bool;
    /// makes a file a blob
    KeepBlob = "keep_blob" -> Result<BlobKept, KeepBlobRefused>;
    /// a large blob whose file is about to grow
    BeginBlob = "begin_blob" -> Result<BlobBegun, KeepBlobRefused>;
    /// its file is whole
    FinishBlob = "finish_blob" -> Option<Millis>;
    /// it is not what its sender said
    ForgetBlob = "forget_blob" -> ();
    /// removes rows of blobs whose time is over
    ExpireBlobs = "expire_blobs" -> Vec<FileName>;
    /// replaces a body's code
    IssueAgencyCode = "issue_agency_code" -> Result<CodeIssued, IssueAgencyRefused>;
    /// binds a code to a body's key
    EnrollAgency = "enroll_agency" -> Result<String, EnrollAgencyRefused>;
    /// replaces a body's certificate
    RenewAgency = "renew_agency" -> Result<(), NoAgency>;
    /// revokes a body
    RevokeAgency = "revoke_agency" -> Result<(), NoAgency>;
    /// sets a body's day's limit
    LimitAgency = "limit_agency" -> Result<(), NoAgency>;
    /// makes an account an address for official notices, or takes that back
    Designate = "designate" -> Result<(), CloseRefused>;
    /// adds grants
    PutGrants = "put_grants" -> Result<u32, PutGrantsRefused>;
    /// begins or ends a pause of official notices
    PauseNotices = "pause_notices" -> Result<(), CloseRefused>;
    /// exempts a person, or ends it
    SetExempt = "set_exempt" -> Result<(), Stale>;
    /// an answer about a person, with a grant
    TakeAnswer = "take_answer" -> Result<Answered, AgencyRefused>;
    /// counts an answer without one
    CountRoute = "count_route" -> Result<(), AgencyRefused>;
    /// counts stamps that a body takes
    TakeBodyStamps = "take_body_stamps" -> Result<(), AgencyRefused>;
    /// stores an official notice
    Deliver = "deliver" -> Result<Delivered, DeliverRefused>;
}

impl Ask {
    /// How many requests it counts for in one transaction.
    #[must_use]
    pub fn requests(&self) -> usize {
        match self {
            Ask::AppendAll(AppendAll(appends)) => appends.len(),
            _ => 1,
        }
    }
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "only what is committed may be answered"]
pub enum Outcome {
    /// All of it is durable, and then visible: one answer for each ask, in their order.
    Committed(Vec<Answer>),
    /// Nothing of it is there, in tables or in memory. It may be asked again.
    RolledBack(StoreDown),
    /// It was to be committed and nobody knows whether it is. Whoever asks again with the same ids is answered right in either
    /// case. The model never says so; SQLite when COMMIT itself fails: until the store is opened again nothing of it is there,
    /// then all of it may be.
    Unknown(StoreDown),
}

impl Outcome {
    /// The answers; to who waits for them, rolled back and unknown are the same: not now, ask again.
    pub fn committed(self) -> Result<Vec<Answer>, StoreDown> {
        match self {
            Outcome::Committed(answers) => Ok(answers),
            Outcome::RolledBack(down) | Outcome::Unknown(down) => Err(down),
        }
    }
}

/// The answer to this verb among the answers to several.
pub fn answer_to<V: Verb>(answer: Option<Answer>) -> Result<V::Answer, StoreDown> {
    answer.and_then(V::from_answer).ok_or_else(|| StoreDown::new(format_args!("no answer to {}", V::NAME.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_verb_has_a_name_of_its_own_and_a_number_that_finds_it() {
        let names: BTreeSet<&str> = Name::ALL.iter().map(|n| n.as_str()).collect();
        assert_eq!(names.len(), Name::ALL.len());
        for (number, name) in Name::ALL.into_iter().enumerate() {
            assert_eq!(name as usize, number);
        }
    }

    #[test]
    fn an_answer_to_another_verb_is_no_answer() {
        assert_eq!(answer_to::<SpendStamp>(Some(Answer::SpendStamp(true))), Ok(true));
        assert!(answer_to::<SpendStamp>(Some(Answer::KnowRunKey(true))).is_err());
        assert!(answer_to::<SpendStamp>(None).is_err());
    }
}
