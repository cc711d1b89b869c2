//! What readers ask of official notices.

use super::rows::{BODY, body_of, designation, exempt, exempt_account, next_grant, once_left, person, sealed_casillas};
use crate::rows::Cells as _;
use crate::who::account_number;
use crate::{Db, Sql, values};
use lacre_ground::ids::AccountId;
use lacre_ground::time::Millis;
use lacre_store::accounts::RunHash;
use lacre_store::bodies::Body;
use lacre_store::notices::{NoticeAddress, Route, SealedCasillas};
use lacre_store::rules::Rules;

/// [`lacre_store::NoticeReads::bodies`]
pub fn bodies<D: Db>(db: &D, limit: u32) -> Sql<Vec<Body>, D> {
    db.all(&format!("{BODY} ORDER BY code LIMIT ?1"), values![limit], body_of)
}

/// [`lacre_store::NoticeReads::route`]
pub fn route<D: Db>(db: &D, now: Millis, rules: &Rules, run: &RunHash) -> Sql<Route, D> {
    if let Some(reason) = exempt(db, run)? {
        return Ok(Route::Exempt(reason));
    }
    let Some((account, _)) = person(db, run)? else { return Ok(Route::NoAccount) };
    let is = designation(db, account)?.is_some() && next_grant(db, account, now, rules)?.is_some();
    Ok(if is { Route::Electronic } else { Route::NoAccount })
}

/// [`lacre_store::NoticeReads::notice_address`]
pub fn notice_address<D: Db>(db: &D, now: Millis, rules: &Rules, account: &AccountId) -> Sql<NoticeAddress, D> {
    let Some(account) = account_number(db, account)? else { return Ok(NoticeAddress::default()) };
    let sql = "SELECT designation, notices_paused FROM account WHERE account = ?1";
    let Some((designation, paused)) = db.one(sql, values![account], |r| Ok((r.maybe_text(0)?, r.flag(1)?)))? else {
        return Ok(NoticeAddress::default());
    };
    let last = "SELECT until_ms FROM kept_grant WHERE account = ?1 AND last_resort AND until_ms >= ?2";
    let last_resort_until = db.one(last, values![account, now.plus(rules.grant_rest_ms)], |r| r.time(0))?;
    let months = "SELECT month, count FROM answer_count WHERE account = ?1 ORDER BY month DESC";
    let answers = db.all(months, values![account], |r| Ok((r.small(0)?, r.small(1)?)))?;
    Ok(NoticeAddress {
        designation,
        paused,
        remaining: once_left(db, account, now, rules)?,
        last_resort_until,
        answers,
        exempt: exempt_account(db, account)?,
    })
}

/// [`lacre_store::NoticeReads::account_of`]
pub fn account_of<D: Db>(db: &D, run: &RunHash) -> Sql<Option<AccountId>, D> {
    Ok(person(db, run)?.map(|(_, id)| id))
}

/// [`lacre_store::NoticeReads::casillas`]
pub fn casillas<D: Db>(db: &D, account: &AccountId) -> Sql<SealedCasillas, D> {
    db.snapshot(|| match account_number(db, account)? {
        Some(account) => sealed_casillas(db, account),
        None => Ok(SealedCasillas::default()),
    })
}
