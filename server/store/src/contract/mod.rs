//! What every store promises, stamped out for each implementation ([`crate::channels_contract`],
//! [`crate::accounts_contract`]), and random histories that it answers as the model does ([`histories`],
//! [`histories_accounts`]).

pub mod accounts;
pub mod channels;
pub mod histories;
pub mod histories_accounts;

use crate::model::{ModelReads, ModelStore};
use crate::{Reads, Store};
use lacre_ground::ids::Generation;

/// An implementation under test.
pub trait Backend {
    fn new() -> Self;
    fn store(&mut self) -> &mut dyn Store;
    fn reads(&self) -> &dyn Reads;
    /// Ends the process that holds it, and begins another on the same data.
    fn reopen(&mut self);
}

/// The reference model as such an implementation.
pub struct Model(ModelStore, ModelReads);
impl Backend for Model {
    fn new() -> Self {
        let store = ModelStore::new(Generation::new([1; 16]));
        let reads = store.reads();
        Self(store, reads)
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
}
