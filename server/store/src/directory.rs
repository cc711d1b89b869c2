//! What the directory is asked, and what it answers. Each answer is paid for with a stamp.

use super::channels::Limited;
use lacre_ground::ids::{AccountId, DeviceId, Handle, TokenHash};

/// Whom a lookup is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// by public name
    Handle(Handle),
    /// by id
    Account(AccountId),
}

/// A directory lookup.
#[derive(Clone)]
pub struct Lookup {
    /// whom
    pub who: Who,
    /// hash of the stamp that pays for it
    pub stamp: TokenHash,
}

/// An account as the directory shows it: what clients verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// states 0 to the newest, signed notes
    pub states: Vec<String>,
    /// the registrar's note
    pub binding: String,
    /// the registrar's note that it stands in the place of another
    pub reset: Option<String>,
}

/// The directory's answer to a lookup. Each is paid for: else one stamp would try every name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupAnswer {
    /// what is there
    Entry(DirectoryEntry),
    /// no such account
    NoAccount,
    /// its person takes a pause
    Paused,
}

/// A claim of key packages.
#[derive(Clone)]
pub struct Claim {
    /// whose
    pub account: AccountId,
    /// MLS cipher suite
    pub suite: u16,
    /// hash of the stamp that pays for it
    pub stamp: TokenHash,
}

/// One device's key package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// the device
    pub device: DeviceId,
    /// its package
    pub key_package: Vec<u8>,
    /// whether others get the same one
    pub last_resort: bool,
}

/// Why the directory does not answer. Nothing was spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskRefused {
    /// Unknown or spent: take new ones.
    #[error("the stamp is not valid")]
    Stamp,
    /// Too many asked for this account in this hour.
    #[error("asked too often for this account")]
    Limit(Limited),
}

/// The directory's answer to a claim. Each is paid for: else one stamp would try every name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimAnswer {
    /// one package for each device that has one, by device id
    Packages(Vec<Claimed>),
    /// no such account
    NoAccount,
    /// no device has one in this suite
    NoKeyPackage,
    /// its person takes a pause
    Paused,
}
