//! Which account a caller means, who speaks for it, and what it paid: asked by every other room.

use crate::rows::Cells as _;
use crate::{Db, Sql, values};
use lacre_ground::ids::{AccountId, TokenHash};
use lacre_store::speaker::{NoDevice, Speaker};

/// An account's number in this store.
pub fn account_number<D: Db>(db: &D, account: &AccountId) -> Sql<Option<i64>, D> {
    db.one("SELECT account FROM account WHERE id = ?1", values![account.as_bytes()], |r| r.key(0))
}

/// A speaker who is in the newest state, as numbers of this store.
pub struct Speaking {
    /// the account
    pub account: i64,
    /// its device
    pub device: i64,
}

/// Looks whether the session is over. The table has the devices of newest states only.
pub fn speaking<D: Db>(db: &D, speaker: &Speaker) -> Sql<Result<Speaking, NoDevice>, D> {
    let sql = "SELECT account.account, device.device FROM device JOIN account USING (account)
               WHERE account.id = ?1 AND device.id = ?2";
    let row = values![speaker.account.as_bytes(), speaker.device.as_bytes()];
    Ok(db.one(sql, row, |r| Ok(Speaking { account: r.key(0)?, device: r.key(1)? }))?.ok_or(NoDevice))
}

/// Whether a stamp came and is unspent.
pub fn stamp_there<D: Db>(db: &D, stamp: &TokenHash) -> Sql<bool, D> {
    db.exists(&format!("SELECT 1 FROM {}", D::STAMP), values![stamp.as_bytes()])
}

/// States 0 to the newest.
pub fn all_states<D: Db>(db: &D, account: i64) -> Sql<Vec<String>, D> {
    db.all("SELECT note FROM account_state WHERE account = ?1 ORDER BY number", values![account], |r| r.text(0))
}
