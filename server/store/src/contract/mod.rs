//! What every store promises, stamped out for each implementation: of channels ([`crate::channels_contract`],
//! [`crate::appends_contract`], [`crate::rights_contract`], [`crate::retention_contract`]), of accounts
//! ([`crate::accounts_contract`], [`crate::codes_contract`], [`crate::inboxes_contract`]), of the rest
//! ([`crate::notices_contract`], [`crate::counter_contract`], [`crate::directory_contract`], [`crate::blobs_contract`]); and random histories that it
//! answers as the model does ([`histories`], [`histories_accounts`],
//! [`histories_notices`]).

/// Promises of one file: functions of any implementation, and a macro of this name that stamps them out as its tests.
macro_rules! promises {
    ($dollar:tt $stamp:ident in $file:ident: $($(#[$doc:meta])* fn $name:ident<$b:ident>() $body:block)*) => {
        /// Each promise, of any implementation.
        pub mod promises {
            use super::*;
            $($(#[$doc])* pub fn $name<$b: Backend>() $body)*
        }
        /// Stamps the promises out as tests of this implementation.
        #[macro_export]
        macro_rules! $stamp {
            ($dollar backend:ty) => {
                $(#[test] fn $name() { $crate::contract::$file::promises::$name::<$dollar backend>() })*
            };
        }
        #[cfg(test)]
        mod model {
            $stamp!($crate::contract::Model);
        }
    };
}

pub mod accounts;
pub mod appends;
pub mod blobs;
pub mod channels;
pub mod codes;
pub mod counter;
pub mod directory;
pub mod histories;
pub mod histories_accounts;
pub mod histories_notices;
pub mod inboxes;
pub mod notices;
pub mod retention;
pub mod rights;
pub mod sessions;

use crate::engine::{Engine, perform};
use crate::model::{ModelReads, ModelStore};
use crate::rules::Rules;
use crate::{Answer, Ask, Reads, Store};
use lacre_ground::ids::Generation;
use lacre_ground::time::Millis;

/// An implementation under test.
pub trait Backend {
    /// Many processes work on it ([`ModelStore::shared`]). Such a backend has two of them, and changes hands at every call.
    const SHARED: bool = false;
    fn new() -> Self;
    fn store(&mut self) -> &mut dyn Store;
    fn reads(&self) -> &dyn Reads;
    /// Ends the process that holds it, and begins another on the same data.
    fn reopen(&mut self);
    /// Does these in a transaction that comes to nothing at its last moment, as when the disk fails then. `look` sees the
    /// readers' side before that.
    fn broken_off(&mut self, now: Millis, rules: &Rules, asks: &[Ask], look: &mut dyn FnMut(&dyn Reads)) -> Vec<Answer>;
}

/// [`Backend::broken_off`] of an engine: everything but the commit.
pub fn break_off<E: Engine>(store: &mut E, now: Millis, rules: &Rules, asks: &[Ask], look: impl FnOnce()) -> Vec<Answer> {
    store.begin().unwrap();
    let answers = asks.iter().map(|ask| perform(store, now, rules, ask).unwrap()).collect();
    look();
    store.rollback();
    answers
}

/// The reference model as such an implementation.
pub struct Model(ModelStore, ModelReads);
impl Model {
    /// What such an implementation is compared with.
    fn of<B: Backend>() -> Self {
        let generation = Generation::new([1; 16]);
        let store = if B::SHARED { ModelStore::shared(generation) } else { ModelStore::new(generation) };
        let reads = store.reads();
        Self(store, reads)
    }
}
impl Backend for Model {
    fn new() -> Self {
        Self::of::<Self>()
    }
    fn store(&mut self) -> &mut dyn Store {
        &mut self.0
    }
    fn reads(&self) -> &dyn Reads {
        &self.1
    }
    fn reopen(&mut self) {
        self.0.reopen();
    }
    fn broken_off(&mut self, now: Millis, rules: &Rules, asks: &[Ask], look: &mut dyn FnMut(&dyn Reads)) -> Vec<Answer> {
        let Self(store, reads) = self;
        break_off(store, now, rules, asks, || look(reads))
    }
}
