//! MLS (RFC 9420): groups, roles, verdicts, parts of large commits, whose a signature is.

pub(crate) mod group;
pub(crate) mod parts;
pub(crate) mod roles;
pub(crate) mod signer;
pub mod verdict;
