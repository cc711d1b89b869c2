//! Office accounts: those of officials, beside their private ones. What is an account's row, code, handle and inbox is that of every
//! account ([`super::accounts`]); the RUN is hashed in a domain of its own for each body, so that the two are strangers here, and
//! no answer to a body leads to an office.
//!
//! | verb | taken when | writes |
//! |---|---|---|
//! | issue an office's code | as a person's code, under the office's hash | the code, and what the post is |
//! | end an office | there is one | that it is over: the live code, and the account as if she had removed it herself |

use super::StoreDown;
use super::accounts::{IssueCode, RunHash};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, Handle};
use lacre_ground::time::Millis;

/// A post at a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Office {
    /// the body
    pub agency: AgencyCode,
    /// the body named her to the registrar as one who says who else does what
    pub administrator: bool,
}

/// A new code for an official's account.
#[derive(Clone)]
pub struct IssueOffice {
    /// the code; its RUN is hashed for this body
    pub issue: IssueCode,
    /// what the post is
    pub office: Office,
}

/// A post is over.
#[derive(Clone)]
pub struct EndOffice(pub RunHash);

/// There is no such office, or none any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such office")]
pub struct NoOffice;

/// An office account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficeAccount {
    /// its public name
    pub handle: Handle,
    /// what the post is
    pub office: Office,
}

/// What ended with an office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfficeEnded {
    /// the account that is gone; none where its code was never used
    pub account: Option<AccountId>,
}

/// Writes. As [`crate::AccountStore`], which issues the codes.
pub trait OfficeStore {
    /// What the post is, of the official whose code or account this is. A later one takes its place. Recorded.
    fn keep_office(&mut self, now: Millis, run: &RunHash, office: &Office) -> Result<(), StoreDown>;
    /// Ends a post: its live code, and its account with all that hangs on it, as [`crate::AccountStore::remove_account`] does. Recorded.
    fn end_office(&mut self, now: Millis, run: &RunHash) -> Result<Result<OfficeEnded, NoOffice>, StoreDown>;
}

/// Reads, beside the writer, of what is committed.
pub trait OfficeReads {
    /// The office that an account is; none for a private one.
    fn office(&self, account: &AccountId) -> Result<Option<OfficeAccount>, StoreDown>;
}
