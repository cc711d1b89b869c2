//! What a store that was put back, or went back, holds again and must not: from a list that lies outside of it.

use crate::StoreDown;
use crate::accounts::RunHash;
use crate::bodies::BodyKey;
use crate::notices::Exempt;
use lacre_ground::ids::{AccountId, ChannelId};
use std::sync::Arc;

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
}

/// Which channel the bytes say that an account's casilla is, if they are of it.
pub type Unseal = Box<dyn Fn(&AccountId, &[u8]) -> Option<ChannelId>>;

/// Reads that list.
pub type Deleted = Arc<dyn Fn() -> Result<Since, StoreDown> + Send + Sync>;
