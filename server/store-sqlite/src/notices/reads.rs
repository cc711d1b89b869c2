//! What readers ask of official notices.

use super::super::SqliteReads;
use super::super::rows::{Sql, number, one, snapshot};
use super::super::who::account_number;
use super::{
    BODY, account_of, body_of, by_code, by_invitation, by_key, casillas, designation, exempt, exempt_account, next_grant,
    once_left,
};
use crate::Down;
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::accounts::RunHash;
use lacre_store::bodies::{Body, BodyKey};
use lacre_store::notices::{Exempt, NoticeAddress, Route, SealedCasillas};
use lacre_store::rules::Rules;
use lacre_store::{NoticeReads, StoreDown};
use rusqlite::params;

impl NoticeReads for SqliteReads {
    fn body(&self, key: &BodyKey) -> Result<Option<Body>, StoreDown> {
        let work = || -> Result<Option<Body>, Down> { self.with(|conn| by_key(conn, key)) };
        Ok(work()?)
    }
    fn body_invited(&self, now: Millis, invitation: &TokenHash) -> Result<Option<Body>, StoreDown> {
        let work = || -> Result<Option<Body>, Down> { self.with(|conn| by_invitation(conn, now, invitation)) };
        Ok(work()?)
    }
    fn body_named(&self, code: &AgencyCode) -> Result<Option<Body>, StoreDown> {
        let work = || -> Result<Option<Body>, Down> { self.with(|conn| by_code(conn, code)) };
        Ok(work()?)
    }
    fn bodies(&self, limit: u32) -> Result<Vec<Body>, StoreDown> {
        let work = || -> Result<Vec<Body>, Down> {
            let sql = format!("{BODY} ORDER BY code LIMIT ?1");
            self.with(|conn| conn.prepare_cached(&sql)?.query_map([limit], body_of)?.collect())
        };
        Ok(work()?)
    }
    fn route(&self, now: Millis, rules: &Rules, run: &RunHash) -> Result<Route, StoreDown> {
        let work = || -> Result<Route, Down> {
            self.with(|conn| {
                if let Some(reason) = exempt(conn, run)? {
                    return Ok(Route::Exempt(reason));
                }
                let Some((account, _)) = account_of(conn, run)? else { return Ok(Route::NoAccount) };
                let is = designation(conn, account)?.is_some() && next_grant(conn, account, now, rules)?.is_some();
                Ok(if is { Route::Electronic } else { Route::NoAccount })
            })
        };
        Ok(work()?)
    }
    fn exempt(&self, run: &RunHash) -> Result<Option<Exempt>, StoreDown> {
        let work = || -> Result<Option<Exempt>, Down> { self.with(|conn| exempt(conn, run)) };
        Ok(work()?)
    }
    fn account_of(&self, run: &RunHash) -> Result<Option<AccountId>, StoreDown> {
        let work = || -> Result<Option<AccountId>, Down> { Ok(self.with(|conn| account_of(conn, run))?.map(|(_, id)| id)) };
        Ok(work()?)
    }
    fn notice_address(&self, now: Millis, rules: &Rules, account: &AccountId) -> Result<NoticeAddress, StoreDown> {
        let work = || -> Result<NoticeAddress, Down> {
            self.with(|conn| {
                let Some(account) = account_number(conn, account)? else { return Ok(NoticeAddress::default()) };
                let sql = "SELECT designation, notices_paused FROM account WHERE account = ?1";
                let Some((designation, paused)) = one(conn, sql, [account], |r| Ok((r.get(0)?, r.get(1)?)))? else {
                    return Ok(NoticeAddress::default());
                };
                let last = "SELECT until_ms FROM kept_grant WHERE account = ?1 AND last_resort = 1 AND until_ms >= ?2";
                let row = params![account, number(now.plus(rules.grant_rest_ms).get())];
                let last_resort_until = one(conn, last, row, |r| Ok(Millis::new(r.get(0)?)))?;
                let mut answers =
                    conn.prepare_cached("SELECT month, count FROM answer_count WHERE account = ?1 ORDER BY month DESC")?;
                Ok(NoticeAddress {
                    designation,
                    paused,
                    remaining: once_left(conn, account, now, rules)?,
                    last_resort_until,
                    answers: answers.query_map([account], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Sql<_>>()?,
                    exempt: exempt_account(conn, account)?,
                })
            })
        };
        Ok(work()?)
    }
    fn casillas(&self, account: &AccountId) -> Result<SealedCasillas, StoreDown> {
        let work = || -> Result<SealedCasillas, Down> {
            self.with(|conn| {
                snapshot(conn, || match account_number(conn, account)? {
                    Some(account) => casillas(conn, account),
                    None => Ok(SealedCasillas::default()),
                })
            })
        };
        Ok(work()?)
    }
}
