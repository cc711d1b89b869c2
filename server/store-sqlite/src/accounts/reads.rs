//! What readers ask of accounts.

use super::super::SqliteReads;
use super::super::rows::{Sql, number as int, one};
use super::super::who::{account_number, stamp_there};
use super::{holder, newest, state_note};
use crate::Down;
use lacre_ground::ids::{AccountId, Handle, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::accounts::{NewestState, Recovering, ResetsPage};
use lacre_store::{AccountReads, StoreDown};
use rusqlite::{Row, params};

impl AccountReads for SqliteReads {
    fn has_run_key(&self) -> Result<bool, StoreDown> {
        let work = || -> Result<bool, Down> { self.with(|conn| conn.prepare_cached("SELECT 1 FROM registrar")?.exists([])) };
        Ok(work()?)
    }
    fn newest_state(&self, account: &AccountId) -> Result<Option<NewestState>, StoreDown> {
        let work = || -> Result<Option<NewestState>, Down> {
            self.with(|conn| match account_number(conn, account)? {
                Some(account) => newest(conn, account),
                None => Ok(None),
            })
        };
        Ok(work()?)
    }
    fn code_lives(&self, now: Millis, code: &TokenHash) -> Result<bool, StoreDown> {
        let work = || -> Result<bool, Down> { self.with(|conn| Ok(holder(conn, now, code)?.is_some())) };
        Ok(work()?)
    }
    fn recovering(&self, now: Millis, code: &TokenHash) -> Result<Option<Recovering>, StoreDown> {
        let work = || -> Result<Option<Recovering>, Down> {
            self.with(|conn| {
                let sql = "SELECT id, handle FROM person JOIN account USING (account)
                       WHERE code_hash = ?1 AND code_ends_ms > ?2 AND replaces IS NOT NULL";
                let read = |r: &Row<'_>| Ok((AccountId::new(r.get(0)?), r.get::<_, String>(1)?));
                let found = one(conn, sql, params![code.as_bytes(), int(now.get())], read)?;
                // what is stored was a handle when it came
                Ok(found.and_then(|(account, handle)| Some(Recovering { handle: Handle::parse(&handle).ok()?, account })))
            })
        };
        Ok(work()?)
    }
    fn state(&self, account: &AccountId, number: u64) -> Result<Option<String>, StoreDown> {
        let work = || -> Result<Option<String>, Down> {
            self.with(|conn| match account_number(conn, account)? {
                Some(account) => state_note(conn, account, number),
                None => Ok(None),
            })
        };
        Ok(work()?)
    }
    fn resets(&self, from: u64, limit: u32) -> Result<ResetsPage, StoreDown> {
        let work = || -> Result<ResetsPage, Down> {
            self.with(|conn| {
                // one statement, one committed state: the head is of the page's moment
                let sql = "SELECT note, (SELECT coalesce(max(number), 0) FROM reset) FROM reset
                           WHERE number >= ?1 ORDER BY number LIMIT ?2";
                let mut select = conn.prepare_cached(sql)?;
                let rows = select.query_map(params![int(from), limit], |r| Ok((r.get::<_, String>(0)?, r.get::<_, u64>(1)?)))?;
                let (notes, heads): (Vec<String>, Vec<u64>) = rows.collect::<Sql<Vec<_>>>()?.into_iter().unzip();
                let head = match heads.first() {
                    Some(head) => *head,
                    // one that came since is told to whoever asks next
                    None => one(conn, "SELECT max(number) FROM reset", [], |r| r.get::<_, Option<u64>>(0))?
                        .flatten()
                        .map_or(0, |head| head.min(from.saturating_sub(1))),
                };
                Ok(ResetsPage { notes, head })
            })
        };
        Ok(work()?)
    }
    fn stamp_known(&self, stamp: &TokenHash) -> Result<bool, StoreDown> {
        let work = || -> Result<bool, Down> { self.with(|conn| stamp_there(conn, stamp)) };
        Ok(work()?)
    }
}
