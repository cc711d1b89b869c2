//! Which account a caller means, who speaks for it, and what it paid: asked by every other room.

use super::rows::{Sql, one};
use lacre_ground::ids::{AccountId, TokenHash};
use lacre_store::speaker::{NoDevice, Speaker};
use rusqlite::{CachedStatement, Connection, Row, params};

pub(super) fn account_number(conn: &Connection, account: &AccountId) -> Sql<Option<i64>> {
    one(conn, "SELECT account FROM account WHERE id = ?1", [account.as_bytes()], |r| r.get(0))
}

/// A speaker who is in the newest state, as numbers of this store.
pub(super) struct Speaking {
    pub(super) account: i64,
    pub(super) device: i64,
}

/// Looks whether the session is over. The table has the devices of newest states only.
pub(super) fn speaking(conn: &Connection, by: &Speaker) -> Sql<Result<Speaking, NoDevice>> {
    let sql = "SELECT account.account, device.device FROM device JOIN account USING (account)
               WHERE account.id = ?1 AND device.id = ?2";
    let read = |r: &Row<'_>| Ok(Speaking { account: r.get(0)?, device: r.get(1)? });
    Ok(one(conn, sql, params![by.account.as_bytes(), by.device.as_bytes()], read)?.ok_or(NoDevice))
}

pub(super) fn stamp_there(conn: &Connection, stamp: &TokenHash) -> Sql<bool> {
    // one look for each end that stamps may have: two or three
    let sql = "SELECT 1 FROM stamp WHERE hash = ?1 AND ends_ms IN (SELECT ends_ms FROM stamp_end)";
    Ok(one(conn, sql, [stamp.as_bytes()], |_| Ok(()))?.is_some())
}

/// States 0 to the newest.
pub(super) fn all_states(conn: &Connection, account: i64) -> Sql<Vec<String>> {
    let mut select: CachedStatement<'_> =
        conn.prepare_cached("SELECT note FROM account_state WHERE account = ?1 ORDER BY number")?;
    select.query_map([account], |r| r.get(0))?.collect()
}
