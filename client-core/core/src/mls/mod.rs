//! MLS (RFC 9420): groups, roles, verdicts, what a commit says, parts of large ones, whose a signature is.

pub(crate) mod fault;
pub(crate) mod group;
pub(crate) mod parts;
pub(crate) mod plain;
pub(crate) mod roles;
pub(crate) mod signer;
pub mod verdict;
