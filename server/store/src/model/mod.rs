//! The reference model: the same promises in the plainest way, in memory. What stores are compared
//! with in the property tests; what judges them all has an oracle of its own in `judge/tests.rs`.
//!
//! A transaction is a copy of everything. Nothing here is fast; everything should be obvious.

mod accounts;
mod blobs;
mod channels;
mod counter;
mod notices;

use super::engine::Engine;
use super::{Counts, Reads, StoreDown};
use lacre_ground::ids::Generation;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Clone, Default)]
struct State {
    channels: channels::Channels,
    accounts: accounts::Accounts,
    blobs: blobs::Blobs,
    counter: counter::Counter,
    notices: notices::Notices,
}

/// The writer's side: works on a copy until it commits.
pub struct ModelStore {
    committed: Arc<Mutex<State>>,
    work: State,
    generation: Generation,
}

impl ModelStore {
    /// An empty store.
    #[must_use]
    pub fn new(generation: Generation) -> Self {
        Self { committed: Arc::default(), work: State::default(), generation }
    }
    /// An empty store of many processes: ids of inboxes outlive each of them, for [`RECENT_MS`](crate::channels::RECENT_MS).
    #[must_use]
    pub fn shared(generation: Generation) -> Self {
        let mut store = Self::new(generation);
        store.work.channels.shared = true;
        store.publish();
        store
    }
    fn publish(&self) {
        *self.committed.lock().unwrap_or_else(PoisonError::into_inner) = self.work.clone();
    }
    /// The readers' side.
    #[must_use]
    pub fn reads(&self) -> ModelReads {
        ModelReads { committed: Arc::clone(&self.committed), generation: self.generation }
    }
    /// As if the process had ended and begun again: what only memory holds is gone.
    pub fn reopen(&mut self) {
        self.rollback();
        self.work.channels.forget();
        self.work.accounts.forget();
        self.publish();
    }
}

impl Engine for ModelStore {
    fn begin(&mut self) -> Result<(), StoreDown> {
        self.rollback();
        Ok(())
    }
    fn commit(&mut self) -> Result<(), StoreDown> {
        self.publish();
        Ok(())
    }
    fn rollback(&mut self) {
        self.work = self.committed.lock().unwrap_or_else(PoisonError::into_inner).clone();
    }
}

/// The readers' side: sees what is committed.
#[derive(Clone)]
pub struct ModelReads {
    committed: Arc<Mutex<State>>,
    generation: Generation,
}

impl ModelReads {
    fn with<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.committed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Reads for ModelReads {
    fn generation(&self) -> Generation {
        self.generation
    }
    fn used_bytes(&self) -> Result<u64, StoreDown> {
        Ok(self.with(|s| s.channels.bytes()))
    }
    fn counts(&self) -> Result<Counts, StoreDown> {
        Ok(self.with(|s| {
            let (channels, entries, accepted_ms) = s.channels.counts();
            Counts { channels, entries, accepted_ms, accounts: s.accounts.count(), blobs: s.blobs.count() }
        }))
    }
}
