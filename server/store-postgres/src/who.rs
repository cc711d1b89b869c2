//! Which account a caller means, who speaks for it, and what it paid: asked by every other room.

use crate::sql::{Cells as _, Conn, Sql, all, by, exists, one, params};
use lacre_ground::ids::{AccountId, TokenHash};
use lacre_store::speaker::{NoDevice, Speaker};

pub(crate) fn account_number(conn: &Conn, account: &AccountId) -> Sql<Option<i64>> {
    one(conn, "SELECT account FROM account WHERE id = $1", params![by(account.as_bytes())], |r| r.cell(0))
}

/// A speaker who is in the newest state, as numbers of this store.
pub(crate) struct Speaking {
    pub(crate) account: i64,
    pub(crate) device: i64,
}

/// Looks whether the session is over. The table has the devices of newest states only.
pub(crate) fn speaking(conn: &Conn, speaker: &Speaker) -> Sql<Result<Speaking, NoDevice>> {
    let sql = "SELECT account.account, device.device FROM device JOIN account USING (account)
               WHERE account.id = $1 AND device.id = $2";
    let row = params![by(speaker.account.as_bytes()), by(speaker.device.as_bytes())];
    Ok(one(conn, sql, row, |r| Ok(Speaking { account: r.cell(0)?, device: r.cell(1)? }))?.ok_or(NoDevice))
}

pub(crate) fn stamp_there(conn: &Conn, stamp: &TokenHash) -> Sql<bool> {
    exists(conn, "SELECT 1 FROM stamp WHERE hash = $1", params![by(stamp.as_bytes())])
}

/// States 0 to the newest.
pub(crate) fn all_states(conn: &Conn, account: i64) -> Sql<Vec<String>> {
    all(conn, "SELECT note FROM account_state WHERE account = $1 ORDER BY number", params![account], |r| r.cell(0))
}
