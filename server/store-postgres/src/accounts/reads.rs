//! What readers ask of accounts.

use super::rows::{holder, newest, state_note};
use crate::PgReads;
use crate::sql::{Cells as _, all, by, exists, int, one, only, params};
use crate::who::{account_number, stamp_there};
use lacre_ground::ids::{AccountId, Handle, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::accounts::{NewestState, Recovering, ResetsPage};
use lacre_store::{AccountReads, StoreDown};
use tokio_postgres::Row;

impl AccountReads for PgReads {
    fn has_run_key(&self) -> Result<bool, StoreDown> {
        self.with(|conn| exists(conn, "SELECT 1 FROM registrar", params![]))
    }
    fn newest_state(&self, account: &AccountId) -> Result<Option<NewestState>, StoreDown> {
        self.with(|conn| match account_number(conn, account)? {
            Some(account) => newest(conn, account),
            None => Ok(None),
        })
    }
    fn code_lives(&self, now: Millis, code: &TokenHash) -> Result<bool, StoreDown> {
        self.with(|conn| Ok(holder(conn, now, code)?.is_some()))
    }
    fn recovering(&self, now: Millis, code: &TokenHash) -> Result<Option<Recovering>, StoreDown> {
        self.with(|conn| {
            let sql = "SELECT id, handle FROM person JOIN account USING (account)
                       WHERE code_hash = $1 AND code_ends_ms > $2 AND replaces IS NOT NULL";
            let read = |r: &Row| Ok((r.id::<AccountId>(0)?, r.cell::<String>(1)?));
            let found = one(conn, sql, params![by(code.as_bytes()), int(now.get())], read)?;
            // what is stored was a handle when it came
            Ok(found.and_then(|(account, handle)| Some(Recovering { handle: Handle::parse(&handle).ok()?, account })))
        })
    }
    fn state(&self, account: &AccountId, number: u64) -> Result<Option<String>, StoreDown> {
        self.with(|conn| match account_number(conn, account)? {
            Some(account) => state_note(conn, account, number),
            None => Ok(None),
        })
    }
    fn resets(&self, from: u64, limit: u32) -> Result<ResetsPage, StoreDown> {
        self.with(|conn| {
            // one statement, one committed state: the head is of the page's moment
            let sql = "SELECT note, (SELECT coalesce(max(number), 0) FROM reset) FROM reset
                           WHERE number >= $1 ORDER BY number LIMIT $2";
            let rows = all(conn, sql, params![int(from), i64::from(limit)], |r| Ok((r.cell::<String>(0)?, r.number(1)?)))?;
            let (notes, heads): (Vec<String>, Vec<u64>) = rows.into_iter().unzip();
            let head = match heads.first() {
                Some(head) => *head,
                // one that came since is told to whoever asks next
                None => {
                    let head = only(conn, "SELECT coalesce(max(number), 0) FROM reset", params![], |r| r.number(0))?;
                    head.min(from.saturating_sub(1))
                }
            };
            Ok(ResetsPage { notes, head })
        })
    }
    fn stamp_known(&self, stamp: &TokenHash) -> Result<bool, StoreDown> {
        self.with(|conn| stamp_there(conn, stamp))
    }
}
