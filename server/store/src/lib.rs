//! What the relay keeps: the traits, which are the contract, and what passes through them.
//!
//! [`rules`] is every limit. [`model`] is the reference model that property tests compare the relay's store
//! (`lacre-store-sqlite`) with; both pass the same `contract`. [`null`] stores nothing: benches measure with it what is
//! not storage.
//!
//! - A [`Store`] has one owner, the writer. Its methods run inside the open transaction: each is one verb of the domain,
//!   decides and writes. A refusal writes nothing. After a [`StoreDown`] the owner rolls back all of the transaction.
//! - [`Reads`] is shared by everyone else and sees only what is committed and durable.

pub mod accounts;
pub mod blobs;
pub mod channels;
#[cfg(any(test, feature = "contract"))]
#[expect(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, which a store of another crate stamps out for itself; a panic is how a test says no"
)]
pub mod contract;
pub mod judge;
pub mod model;
pub mod null;
pub mod rules;

pub use accounts::{AccountReads, AccountStore};
pub use blobs::{BlobReads, BlobStore};
pub use channels::{ChannelReads, ChannelStore};

use lacre_ground::ids::Generation;

/// The store could not do its work: disk full, damaged, locked. Nothing of the open transaction counts.
/// The caller is told to try again; the cause is for the operator's log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store is down: {cause}")]
pub struct StoreDown {
    /// what the engine said; no content, no token, no name
    pub cause: String,
    /// the disk is full: it can be so for a while, and an operator can mend it
    pub full: bool,
}

impl StoreDown {
    /// With its cause.
    #[must_use]
    pub fn new(cause: impl core::fmt::Display) -> Self {
        Self { cause: cause.to_string(), full: false }
    }
    /// There is no room on the disk.
    #[must_use]
    pub fn full(cause: impl core::fmt::Display) -> Self {
        Self { full: true, ..Self::new(cause) }
    }
}

/// The one writer's side.
pub trait Store: ChannelStore + AccountStore + BlobStore + Send {
    /// Opens the transaction that the following verbs run in.
    fn begin(&mut self) -> Result<(), StoreDown>;
    /// Makes all of them durable and then visible. Survives kill -9 and power loss once it has returned (I1).
    /// After an error the transaction may or may not be there when the store is opened again; until then it is not.
    fn commit(&mut self) -> Result<(), StoreDown>;
    /// Forgets the open transaction, in the store and in every memory in front of it.
    fn rollback(&mut self);
}

/// How much a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// channels, open or outlived
    pub channels: u64,
    /// entries that are kept
    pub entries: u64,
    /// accounts
    pub accounts: u64,
    /// blobs
    pub blobs: u64,
    /// newest accept time, 0 when nothing was ever accepted
    pub accepted_ms: u64,
}

/// Everybody else's side.
pub trait Reads: ChannelReads + AccountReads + BlobReads + Send + Sync {
    /// Random, in every answer; restoring a backup changes it (I7).
    fn generation(&self) -> Generation;
    /// How much there is, for the operator.
    fn counts(&self) -> Result<Counts, StoreDown>;
}
