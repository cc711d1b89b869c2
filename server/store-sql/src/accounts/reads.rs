//! What readers ask of accounts.

use super::rows::{holder, newest, state_note};
use crate::rows::Cells as _;
use crate::who::account_number;
use crate::{Db, Sql, values};
use lacre_ground::ids::{AccountId, Handle, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::accounts::{NewestState, Recovering, ResetsPage};

/// [`lacre_store::AccountReads::has_run_key`]
pub fn has_run_key<D: Db>(db: &D) -> Sql<bool, D> {
    db.exists("SELECT 1 FROM registrar", &[])
}

/// [`lacre_store::AccountReads::newest_state`]
pub fn newest_state<D: Db>(db: &D, account: &AccountId) -> Sql<Option<NewestState>, D> {
    match account_number(db, account)? {
        Some(account) => newest(db, account),
        None => Ok(None),
    }
}

/// [`lacre_store::AccountReads::code_lives`]
pub fn code_lives<D: Db>(db: &D, now: Millis, code: &TokenHash) -> Sql<bool, D> {
    Ok(holder(db, now, code)?.is_some())
}

/// [`lacre_store::AccountReads::recovering`]
pub fn recovering<D: Db>(db: &D, now: Millis, code: &TokenHash) -> Sql<Option<Recovering>, D> {
    let sql = "SELECT id, handle FROM person JOIN account USING (account)
               WHERE code_hash = ?1 AND code_ends_ms > ?2 AND replaces IS NOT NULL";
    let found = db.one(sql, values![code.as_bytes(), now], |r| Ok((r.id(0)?, r.text(1)?)))?;
    // what is stored was a handle when it came
    Ok(found.and_then(|(account, handle)| Some(Recovering { handle: Handle::parse(&handle).ok()?, account })))
}

/// [`lacre_store::AccountReads::state`]
pub fn state<D: Db>(db: &D, account: &AccountId, number: u64) -> Sql<Option<String>, D> {
    match account_number(db, account)? {
        Some(account) => state_note(db, account, number),
        None => Ok(None),
    }
}

/// [`lacre_store::AccountReads::resets`]
pub fn resets<D: Db>(db: &D, from: u64, limit: u32) -> Sql<ResetsPage, D> {
    // one statement, one committed state: the head is of the page's moment
    let sql = "SELECT note, (SELECT coalesce(max(number), 0) FROM reset) FROM reset
               WHERE number >= ?1 ORDER BY number LIMIT ?2";
    let rows = db.all(sql, values![from, limit], |r| Ok((r.text(0)?, r.number(1)?)))?;
    let (notes, heads): (Vec<String>, Vec<u64>) = rows.into_iter().unzip();
    let head = match heads.first() {
        Some(head) => *head,
        // one that came since is told to whoever asks next
        None => {
            let head = db.only("SELECT coalesce(max(number), 0) FROM reset", &[], |r| r.number(0))?;
            head.min(from.saturating_sub(1))
        }
    };
    Ok(ResetsPage { notes, head })
}
