//! What readers ask of official notices.

use super::rows::{
    BODY, account_of, body_of, by_code, by_invitation, by_key, casillas, designation, exempt, exempt_account, next_grant,
    once_left,
};
use crate::PgReads;
use crate::sql::{Cells as _, all, int, one, params, snapshot};
use crate::who::account_number;
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::accounts::RunHash;
use lacre_store::bodies::{Body, BodyKey};
use lacre_store::notices::{Exempt, NoticeAddress, Route, SealedCasillas};
use lacre_store::rules::Rules;
use lacre_store::{NoticeReads, StoreDown};

impl NoticeReads for PgReads {
    fn body(&self, key: &BodyKey) -> Result<Option<Body>, StoreDown> {
        self.with(|conn| by_key(conn, key))
    }
    fn body_invited(&self, now: Millis, invitation: &TokenHash) -> Result<Option<Body>, StoreDown> {
        self.with(|conn| by_invitation(conn, now, invitation))
    }
    fn body_named(&self, code: &AgencyCode) -> Result<Option<Body>, StoreDown> {
        self.with(|conn| by_code(conn, code))
    }
    fn bodies(&self, limit: u32) -> Result<Vec<Body>, StoreDown> {
        let sql = format!("{BODY} ORDER BY code LIMIT $1");
        self.with(|conn| all(conn, &sql, params![i64::from(limit)], body_of))
    }
    fn route(&self, now: Millis, rules: &Rules, run: &RunHash) -> Result<Route, StoreDown> {
        self.with(|conn| {
            if let Some(reason) = exempt(conn, run)? {
                return Ok(Route::Exempt(reason));
            }
            let Some((account, _)) = account_of(conn, run)? else { return Ok(Route::NoAccount) };
            let is = designation(conn, account)?.is_some() && next_grant(conn, account, now, rules)?.is_some();
            Ok(if is { Route::Electronic } else { Route::NoAccount })
        })
    }
    fn exempt(&self, run: &RunHash) -> Result<Option<Exempt>, StoreDown> {
        self.with(|conn| exempt(conn, run))
    }
    fn account_of(&self, run: &RunHash) -> Result<Option<AccountId>, StoreDown> {
        Ok(self.with(|conn| account_of(conn, run))?.map(|(_, id)| id))
    }
    fn notice_address(&self, now: Millis, rules: &Rules, account: &AccountId) -> Result<NoticeAddress, StoreDown> {
        self.with(|conn| {
            let Some(account) = account_number(conn, account)? else { return Ok(NoticeAddress::default()) };
            let sql = "SELECT designation, notices_paused FROM account WHERE account = $1";
            let Some((designation, paused)) = one(conn, sql, params![account], |r| Ok((r.cell(0)?, r.cell(1)?)))? else {
                return Ok(NoticeAddress::default());
            };
            let last = "SELECT until_ms FROM kept_grant WHERE account = $1 AND last_resort AND until_ms >= $2";
            let row = params![account, int(now.plus(rules.grant_rest_ms).get())];
            let last_resort_until = one(conn, last, row, |r| Ok(Millis::new(r.number(0)?)))?;
            let months = "SELECT month, count FROM answer_count WHERE account = $1 ORDER BY month DESC";
            let answers = all(conn, months, params![account], |r| Ok((r.small(0)?, r.small(1)?)))?;
            Ok(NoticeAddress {
                designation,
                paused,
                remaining: once_left(conn, account, now, rules)?,
                last_resort_until,
                answers,
                exempt: exempt_account(conn, account)?,
            })
        })
    }
    fn casillas(&self, account: &AccountId) -> Result<SealedCasillas, StoreDown> {
        self.with(|conn| {
            snapshot(conn, || match account_number(conn, account)? {
                Some(account) => casillas(conn, account),
                None => Ok(SealedCasillas::default()),
            })
        })
    }
}
