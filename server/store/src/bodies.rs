//! Public bodies, as the registrar keeps them. What they may do follows in [`super::notices`].

use super::channels::Limited;
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::TokenHash;
use lacre_ground::time::Millis;

/// A body's Ed25519 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyKey(pub [u8; 32]);

/// A public body. Its row stays when it is revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// its code
    pub code: AgencyCode,
    /// its name
    pub name: String,
    /// zone, and comuna or `none`, as a certificate has them
    pub place: String,
    /// key and newest certificate, once it is enrolled
    pub enrolled: Option<Enrolled>,
    /// it may ask for nothing any more
    pub revoked: bool,
    /// answers of each kind that it may have in a day
    pub per_day: u32,
}

/// What an enrolled body has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// what it signs with
    pub key: BodyKey,
    /// the registrar's note
    pub certificate: String,
    /// until when the note holds
    pub until: Millis,
}

/// A new code for a public body.
#[derive(Clone)]
pub struct IssueAgencyCode {
    /// the body
    pub code: AgencyCode,
    /// its name
    pub name: String,
    /// zone, and comuna or `none`
    pub place: String,
    /// hash of the one-time code
    pub invitation: TokenHash,
}

/// Why a body gets no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueAgencyRefused {
    /// It is enrolled: renew it, or revoke it first.
    #[error("a body of this code is enrolled")]
    Exists,
    /// There are too many.
    #[error("too many bodies")]
    Limit(Limited),
}

/// A body's key. The certificate was signed before.
#[derive(Clone)]
pub struct EnrollAgency {
    /// hash of the one-time code
    pub invitation: TokenHash,
    /// its key
    pub key: BodyKey,
    /// the registrar's note, stored when the enrolment is taken
    pub certificate: String,
    /// until when the note holds
    pub until: Millis,
}

/// Why a body is not enrolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnrollAgencyRefused {
    /// Unknown, expired, replaced, or used for another key: ask the operator for a new one.
    #[error("the code is not valid")]
    Code,
    /// Another body has the key: make another.
    #[error("the key is another body's")]
    Key,
}

/// A new certificate for a body's key.
#[derive(Clone)]
pub struct RenewAgency {
    /// whose
    pub code: AgencyCode,
    /// the key that it is for
    pub key: BodyKey,
    /// the registrar's note
    pub certificate: String,
    /// until when the note holds
    pub until: Millis,
}

/// From now on it may ask for nothing.
#[derive(Clone)]
pub struct RevokeAgency(pub AgencyCode);

/// How much it may ask for.
#[derive(Clone)]
pub struct LimitAgency {
    /// whose
    pub code: AgencyCode,
    /// answers of each kind in a day
    pub per_day: u32,
}

impl LimitAgency {
    /// What the record says of it.
    #[must_use]
    pub fn about(&self) -> String {
        format!("{} {}", self.code, self.per_day)
    }
}

/// There is no such body, or none any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such body")]
pub struct NoAgency;

/// Why a body is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgencyRefused {
    /// It is none, or none any more.
    #[error(transparent)]
    NoAgency(#[from] NoAgency),
    /// Its day is full.
    #[error("a limit of this body")]
    Limit(Limited),
}

/// One answer about a route. What stands there is read apart: nothing is spent.
#[derive(Clone)]
pub struct CountRoute(pub BodyKey);

/// So many stamps for a body. Which ones the store never learns.
#[derive(Clone)]
pub struct TakeBodyStamps {
    /// who takes them
    pub body: BodyKey,
    /// how many
    pub count: u32,
}
