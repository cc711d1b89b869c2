//! What a store that was put back, or went back, holds again and must not: from a list that lies outside of it.

use crate::StoreDown;
use crate::accounts::RunHash;
use crate::bodies::BodyKey;
use crate::notices::Exempt;
use lacre_ground::ids::{AccountId, ChannelId, Generation};

/// What was deleted and closed.
pub struct Since {
    /// the registrar's notes of resets, in their order, and whom each replaced
    pub resets: Vec<(String, AccountId)>,
    /// whether an account was deleted
    pub deleted: Box<dyn Fn(&AccountId) -> bool>,
    /// for whom notices take no effect, or do again
    pub exempt: Vec<(RunHash, Option<Exempt>)>,
    /// bodies that may ask for nothing any more
    pub revoked: Vec<BodyKey>,
    /// unseals a casilla of an account
    pub open: Unseal,
    /// generations that a database had, and has no more
    pub older: Vec<Generation>,
}

impl Since {
    /// Of a list that is not there.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            resets: Vec::new(),
            deleted: Box::new(|_| false),
            exempt: Vec::new(),
            revoked: Vec::new(),
            open: Box::new(|_, _| None),
            older: Vec::new(),
        }
    }
}

/// Which channel the bytes say that an account's casilla is, if they are of it.
pub type Unseal = Box<dyn Fn(&AccountId, &[u8]) -> Option<ChannelId>>;

/// That list.
pub trait Deleted: Send + Sync {
    /// What stands in it.
    fn since(&self) -> Result<Since, StoreDown>;
    /// Before a database has the second generation in the place of the first: which one is the older can be told from then on.
    fn renews(&self, from: &Generation, to: &Generation) -> Result<(), StoreDown>;
}
