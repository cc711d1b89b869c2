//! What the relay keeps: the traits, which are the contract, and what passes through them.
//!
//! [`rules`] is every limit, [`judge`] decides by them. [`model`] is the reference model that property tests compare the
//! relay's store (`lacre-store-sqlite`) with; both pass the same `contract`. [`null`] stores nothing: benches measure with
//! it what is not storage.
//!
//! - A [`Store`] has one owner, the writer. What is asked of it is data ([`ask`]): verbs of the domain, many in one transaction
//!   ([`Store::run`]). Each decides and writes; a refusal is an answer, and writes nothing. After a [`StoreDown`] nothing of the
//!   transaction counts.
//! - [`judge`] is how it decides: pure rules, the same in every store. [`engine`] is for stores that do one verb after another.
//! - [`Reads`] is shared by everyone else and sees only what is committed and durable.
//! - [`sessions::Sessions`] are no truth that must last; relays on one store share them.

pub mod accounts;
pub mod again;
pub mod ask;
pub mod blobs;
pub mod bodies;
pub mod channels;
pub mod closing;
#[cfg(any(test, feature = "contract"))]
#[expect(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, which a store of another crate stamps out for itself; a panic is how a test says no"
)]
pub mod contract;
pub mod counter;
pub mod directory;
pub mod engine;
pub mod judge;
pub mod model;
pub mod moving;
pub mod notices;
pub mod null;
pub mod offices;
pub mod quotas;
pub mod rules;
pub mod sessions;
pub mod speaker;

pub use accounts::{AccountReads, AccountStore};
pub use ask::{Answer, Ask, Outcome, Verb};
pub use blobs::{BlobReads, BlobStore};
pub use channels::{ChannelReads, ChannelStore};
pub use counter::{CounterReads, CounterStore};
pub use notices::{NoticeReads, NoticeStore};
pub use offices::{OfficeReads, OfficeStore};

use lacre_ground::ids::Generation;
use lacre_ground::time::Millis;
use rules::Rules;

/// The store could not do its work: disk full, damaged, locked. Nothing of the open transaction counts.
/// The caller is told to try again; the cause is for the operator's log.
///
/// | | whose trouble it is | what else of the transaction |
/// |---|---|---|
/// | `full` | everybody's who writes | fails with it |
/// | `damaged` | of what was asked for: what stands there is not what must stand there | goes on without it |
/// | neither | everybody's | fails with it |
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store is down: {cause}")]
pub struct StoreDown {
    /// what the engine said; no content, no token, no name
    pub cause: String,
    /// the disk is full: it can be so for a while, and an operator can mend it
    pub full: bool,
    /// what was asked for cannot be read as it was written; the rest of the store may be well
    pub damaged: bool,
}

impl StoreDown {
    /// With its cause.
    #[must_use]
    pub fn new(cause: impl core::fmt::Display) -> Self {
        Self { cause: cause.to_string(), full: false, damaged: false }
    }
    /// There is no room on the disk.
    #[must_use]
    pub fn full(cause: impl core::fmt::Display) -> Self {
        Self { full: true, ..Self::new(cause) }
    }
    /// What stands there is not what must stand there.
    #[must_use]
    pub fn damaged(cause: impl core::fmt::Display) -> Self {
        Self { damaged: true, ..Self::new(cause) }
    }
}

/// The one writer's side.
pub trait Store: Send {
    /// Does these one after the other, in one transaction, at this instant and under these rules, which come in here and
    /// nowhere else. When it has returned [`Outcome::Committed`], all of it survives kill -9 and power loss (I1). Tells `watch`
    /// how far it is.
    fn run_watched(&mut self, now: Millis, rules: &Rules, asks: &[Ask], watch: &mut dyn Watch) -> Outcome;
    /// The same, and nobody watches.
    fn run(&mut self, now: Millis, rules: &Rules, asks: &[Ask]) -> Outcome {
        self.run_watched(now, rules, asks, &mut ())
    }
    /// Empties whatever tells how the store came to be as it is: a log of changes, with what they removed. False when somebody
    /// reads an earlier state just then: ask again. A store without such a log has nothing to do.
    fn settle(&mut self) -> Result<bool, StoreDown> {
        Ok(true)
    }
}

/// Sees a transaction come along, to measure it.
pub trait Watch {
    /// The next ask was done; it is not committed.
    fn done(&mut self, verb: ask::Name);
    /// All were done, and the commit is next.
    fn committing(&mut self);
}

/// Nobody.
impl Watch for () {
    fn done(&mut self, _: ask::Name) {}
    fn committing(&mut self) {}
}

/// One ask, one transaction.
pub fn run_one<V: Verb>(store: &mut dyn Store, now: Millis, rules: &Rules, verb: V) -> Result<V::Answer, StoreDown> {
    let answers = store.run(now, rules, &[verb.into_ask()]).committed()?;
    ask::answer_to::<V>(answers.into_iter().next())
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

/// What a store is, in numbers that never go back: one that is less tells that the store did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// newest accept time, 0 when nothing was ever accepted
    pub accepted_ms: u64,
    /// channels that there ever were
    pub channels: u64,
    /// accounts that there ever were
    pub accounts: u64,
    /// key packages that there ever were
    pub key_packages: u64,
    /// resets that there ever were
    pub resets: u64,
}

impl Marks {
    /// Whether one of them is less.
    #[must_use]
    pub const fn is_behind(&self, before: &Self) -> bool {
        self.accepted_ms < before.accepted_ms
            || self.channels < before.channels
            || self.accounts < before.accounts
            || self.key_packages < before.key_packages
            || self.resets < before.resets
    }
}

/// Everybody else's side.
pub trait Reads: ChannelReads + AccountReads + OfficeReads + BlobReads + CounterReads + NoticeReads + Send + Sync {
    /// Random, in every answer; restoring a backup changes it (I7).
    fn generation(&self) -> Generation;
    /// Bytes that it takes for what it keeps: what was removed counts no more, also where the disk has not got it back.
    fn used_bytes(&self) -> Result<u64, StoreDown>;
    /// How much there is, for the operator.
    fn counts(&self) -> Result<Counts, StoreDown>;
    /// What it is, quickly. One that ends with its process never goes back.
    fn marks(&self) -> Result<Marks, StoreDown> {
        Ok(Marks::default())
    }
}
