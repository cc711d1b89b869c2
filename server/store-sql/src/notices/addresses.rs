//! Accounts as addresses: what closes with them, grants, exemptions, answers.

use super::rows::{add_grants, designation, exempt, next_grant, person};
use super::{Notices, asking};
use crate::counter::record;
use crate::rights::Rights;
use crate::rows::Cells as _;
use crate::who::{Speaking, all_states, speaking};
use crate::{Db, Sql, Writes, part, values};
use lacre_ground::ids::{AccountId, ChannelClass};
use lacre_ground::time::Millis;
use lacre_store::accounts::RunHash;
use lacre_store::bodies::AgencyRefused;
use lacre_store::closing::{CloseRefused, Closing, Stale};
use lacre_store::counter::Deed;
use lacre_store::notices::{
    Address, Answered, Designate, Exempt, Found, PauseNotices, PutGrants, PutGrantsRefused, SetExempt, TakeAnswer, month,
    oldest_month,
};
use lacre_store::quotas::Kind;
use lacre_store::rules::{Limit, Rules};
use lacre_store::speaker::{NoDevice, Speaker};

/// Grants of an account and all append rights of its casillas go.
pub fn close<S: Rights>(store: &mut S, account: i64, closing: &Closing) -> Sql<Result<(), Stale>, S::Db> {
    let sql = "SELECT grants_version FROM account WHERE account = ?1";
    if store.db().one(sql, values![account], |r| r.number(0))? != Some(closing.version) {
        return Ok(Err(Stale));
    }
    store.db().run("DELETE FROM kept_grant WHERE account = ?1", values![account])?;
    store.withdraw(&closing.casillas, ChannelClass::Casilla)?;
    Ok(Ok(()))
}

/// The speaker's account, when something closes with it that was looked up in time.
fn closing<S: Rights>(store: &mut S, by: &Speaker, closing: Option<&Closing>) -> Sql<Result<i64, CloseRefused>, S::Db> {
    let account = match speaking(store.db(), by)? {
        Ok(Speaking { account, .. }) => account,
        Err(over) => return Ok(Err(over.into())),
    };
    match closing {
        None => Ok(Ok(account)),
        Some(closing) => Ok(close(store, account, closing)?.map(|()| account).map_err(CloseRefused::Stale)),
    }
}

/// [`lacre_store::NoticeStore::designate`]
pub fn designate<S: Rights>(store: &mut S, designate: &Designate) -> Sql<Result<(), CloseRefused>, S::Db> {
    let Designate { by, note, closing: closes } = designate;
    let account = match closing(store, by, Some(closes).filter(|_| note.is_none()))? {
        Ok(account) => account,
        Err(refused) => return Ok(Err(refused)),
    };
    store.db().run("UPDATE account SET designation = ?2 WHERE account = ?1", values![account, note.as_deref()])?;
    Ok(Ok(()))
}

/// [`lacre_store::NoticeStore::put_grants`]
pub fn put_grants<S: Writes>(
    store: &S,
    now: Millis,
    rules: &Rules,
    put: &PutGrants,
) -> Sql<Result<u32, PutGrantsRefused>, S::Db> {
    let db = store.db();
    let account = match speaking(db, &put.by)? {
        Ok(Speaking { account, .. }) => account,
        Err(NoDevice) => return Ok(Err(NoDevice.into())),
    };
    let sql = "SELECT designation IS NOT NULL, notices_paused FROM account WHERE account = ?1";
    match db.one(sql, values![account], |r| Ok((r.flag(0)?, r.flag(1)?)))? {
        Some((true, false)) => {}
        Some((true, true)) => return Ok(Err(PutGrantsRefused::Paused)),
        Some((false, _)) | None => return Ok(Err(PutGrantsRefused::NotDesignated)),
    }
    for casilla in &put.casillas {
        let owner = db.one("SELECT account FROM kept_casilla WHERE tag = ?1", values![&casilla.tag], |r| r.integer(0))?;
        if owner.is_some_and(|owner| owner != Some(account)) {
            return Ok(Err(PutGrantsRefused::Anothers));
        }
    }
    part(db, |db| add_grants(db, now, rules, account, put))
}

/// [`lacre_store::NoticeStore::pause_notices`]
pub fn pause_notices<S: Rights>(store: &mut S, pause: &PauseNotices) -> Sql<Result<(), CloseRefused>, S::Db> {
    let PauseNotices { by, paused, closing: closes } = pause;
    let account = match closing(store, by, Some(closes).filter(|_| *paused))? {
        Ok(account) => account,
        Err(refused) => return Ok(Err(refused)),
    };
    store.db().run("UPDATE account SET notices_paused = ?2 WHERE account = ?1", values![account, *paused])?;
    Ok(Ok(()))
}

/// [`lacre_store::NoticeStore::set_exempt`]
pub fn set_exempt<S: Rights>(store: &mut S, now: Millis, set: &SetExempt) -> Sql<Result<(), Stale>, S::Db> {
    let Some(reason) = set.reason else {
        if note_exempt(store.db(), &set.run, None)? > 0 {
            record(store.db(), now, None, Deed::ExemptionEnded, String::new())?;
        }
        return Ok(Ok(()));
    };
    let (account, id) = person(store.db(), &set.run)?.unzip();
    if id != set.account {
        return Ok(Err(Stale));
    }
    if let Some(account) = account
        && let Err(stale) = close(store, account, &set.closing)?
    {
        return Ok(Err(stale));
    }
    if exempt(store.db(), &set.run)? != Some(reason) {
        record(store.db(), now, None, Deed::Exempted, String::new())?;
    }
    note_exempt(store.db(), &set.run, Some(reason))?;
    Ok(Ok(()))
}

/// For a person notices take no effect, or do again.
pub(crate) fn note_exempt<D: Db>(db: &D, run: &RunHash, reason: Option<Exempt>) -> Sql<u64, D> {
    let Some(reason) = reason else { return db.run("DELETE FROM exempt WHERE run_hash = ?1", values![run.as_bytes()]) };
    let sql = "INSERT INTO exempt (run_hash, reason) VALUES (?1, ?2)
               ON CONFLICT (run_hash) DO UPDATE SET reason = excluded.reason";
    db.run(sql, values![run.as_bytes(), reason.code()])
}

/// An address, with the grant that is handed out with it.
fn find<S: Writes>(store: &S, now: Millis, rules: &Rules, account: i64, id: AccountId) -> Sql<Option<Address>, S::Db> {
    let db = store.db();
    let Some(designation) = designation(db, account)? else { return Ok(None) };
    let Some(next) = next_grant(db, account, now, rules)? else { return Ok(None) };
    if !next.last_resort {
        db.run("UPDATE kept_grant SET sealed = NULL WHERE arrival = ?1", values![next.arrival])?;
    }
    let states = all_states(db, account)?;
    Ok(Some(Address { account: id, states, designation, grant: next.sealed, last_resort: next.last_resort }))
}

/// [`lacre_store::NoticeStore::take_answer`]
pub fn take_answer<S: Notices>(
    store: &mut S,
    now: Millis,
    rules: &Rules,
    take: &TakeAnswer,
) -> Sql<Result<Answered, AgencyRefused>, S::Db> {
    let body = match asking(store, now, &take.body, (Kind::Answer, Limit::LookupsPerAgencyDay))? {
        Ok(body) => body,
        Err(refused) => return Ok(Err(refused)),
    };
    store.has(now, &take.body, Kind::Answer, 1)?;
    let db = store.db();
    let account = person(db, &take.run)?;
    if let Some((account, _)) = account {
        let sql = "INSERT INTO answer_count (account, month, count) VALUES (?1, ?2, 1)
                   ON CONFLICT (account, month) DO UPDATE SET count = answer_count.count + 1";
        db.run(sql, values![account, month(now)])?;
        let old = "DELETE FROM answer_count WHERE account = ?1 AND month < ?2";
        db.run(old, values![account, oldest_month(month(now))])?;
    }
    let found = match (exempt(db, &take.run)?, account) {
        (Some(reason), _) => Found::Exempt(reason),
        (None, None) => Found::NoAccount,
        (None, Some((account, id))) => find(store, now, rules, account, id)?.map_or(Found::NoAccount, Found::Account),
    };
    Ok(Ok(Answered { body, found, at: now.max(store.accepted()) }))
}
