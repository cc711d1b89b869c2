//! Stamps, and what is asked of the directory with them.

use super::rows::{claim_one, directory_entry};
use crate::rights::Rights;
use crate::rows::{Cells as _, Row};
use crate::who::{speaking, stamp_there};
use crate::{Db, Sql, Writes, values};
use lacre_ground::ids::{AccountId, DeviceId, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::accounts::{TakeStamps, TakeStampsRefused};
use lacre_store::channels::Limited;
use lacre_store::directory::{AskRefused, Claim, ClaimAnswer, Claimed, Lookup, LookupAnswer, Who};
use lacre_store::quotas::Question;
use lacre_store::rules::Rules;

/// What each engine counts and keeps in its own way, of accounts.
pub trait Accounts: Rights {
    /// Whether an account may be asked for once more in this hour.
    fn asks(&mut self, now: Millis, rules: &Rules, target: &AccountId, what: Question) -> Sql<Result<(), AskRefused>, Self::Db>;
    /// It was.
    fn asked(&mut self, now: Millis, target: &AccountId, what: Question) -> Sql<(), Self::Db>;
    /// Counts stamps that an account takes, when its day has room for all.
    fn count_stamps(&mut self, now: Millis, rules: &Rules, account: &AccountId, count: u32)
    -> Sql<Result<(), Limited>, Self::Db>;
    /// Puts stamps that end then, but for those that are there.
    fn put_stamps(&mut self, ends: Millis, hashes: &[TokenHash]) -> Sql<(), Self::Db>;
    /// Removes stamps whose time is over; how many.
    fn sweep_stamps(&mut self, now: Millis, limit: u32) -> Sql<u64, Self::Db>;
}

/// [`lacre_store::AccountStore::take_stamps`]
pub fn take_stamps<S: Accounts>(
    store: &mut S,
    now: Millis,
    rules: &Rules,
    take: &TakeStamps,
) -> Sql<Result<(), TakeStampsRefused>, S::Db> {
    if let Err(over) = speaking(store.db(), &take.by)? {
        return Ok(Err(over.into()));
    }
    let taken = store.count_stamps(now, rules, &take.by.account, take.count)?;
    Ok(taken.map_err(TakeStampsRefused::Limit))
}

/// [`lacre_store::AccountStore::add_stamps`]
pub fn add_stamps<S: Accounts>(store: &mut S, now: Millis, rules: &Rules, hashes: &[TokenHash]) -> Sql<(), S::Db> {
    store.put_stamps(rules.stamps_end(now), hashes)
}

/// [`lacre_store::AccountStore::spend_stamp`]
pub fn spend_stamp<S: Writes>(store: &S, stamp: &TokenHash) -> Sql<bool, S::Db> {
    Ok(store.db().run(&format!("DELETE FROM {}", S::Db::STAMP), values![stamp.as_bytes()])? == 1)
}

/// Spends a stamp, if it came and is unspent.
pub fn pay<S: Writes>(store: &S, stamp: Option<&TokenHash>) -> Sql<bool, S::Db> {
    stamp.map_or(Ok(false), |stamp| spend_stamp(store, stamp))
}

/// [`lacre_store::AccountStore::lookup`]
pub fn lookup<S: Accounts>(
    store: &mut S,
    now: Millis,
    rules: &Rules,
    lookup: &Lookup,
) -> Sql<Result<LookupAnswer, AskRefused>, S::Db> {
    let db = store.db();
    if !stamp_there(db, &lookup.stamp)? {
        return Ok(Err(AskRefused::Stamp));
    }
    let read = |r: &dyn Row| Ok((r.key(0)?, r.id::<AccountId>(1)?, r.flag(2)?));
    let found = match &lookup.who {
        Who::Handle(h) => db.one("SELECT account, id, paused FROM account WHERE handle = ?1", values![h.as_str()], read)?,
        Who::Account(a) => db.one("SELECT account, id, paused FROM account WHERE id = ?1", values![a.as_bytes()], read)?,
    };
    if let Some((_, id, _)) = &found
        && let Err(refused) = store.asks(now, rules, id, Question::Lookup)?
    {
        return Ok(Err(refused));
    }
    spend_stamp(store, &lookup.stamp)?;
    let Some((account, id, paused)) = found else { return Ok(Ok(LookupAnswer::NoAccount)) };
    store.asked(now, &id, Question::Lookup)?;
    Ok(Ok(if paused { LookupAnswer::Paused } else { LookupAnswer::Entry(directory_entry(store.db(), account)?) }))
}

/// [`lacre_store::AccountStore::claim`]
pub fn claim<S: Accounts>(
    store: &mut S,
    now: Millis,
    rules: &Rules,
    claim: &Claim,
) -> Sql<Result<ClaimAnswer, AskRefused>, S::Db> {
    let db = store.db();
    if !stamp_there(db, &claim.stamp)? {
        return Ok(Err(AskRefused::Stamp));
    }
    let sql = "SELECT account, paused FROM account WHERE id = ?1";
    let account = db.one(sql, values![claim.account.as_bytes()], |r| Ok((r.key(0)?, r.flag(1)?)))?;
    if account.is_some()
        && let Err(refused) = store.asks(now, rules, &claim.account, Question::Claim)?
    {
        return Ok(Err(refused));
    }
    spend_stamp(store, &claim.stamp)?;
    let Some((account, paused)) = account else { return Ok(Ok(ClaimAnswer::NoAccount)) };
    store.asked(now, &claim.account, Question::Claim)?;
    if paused {
        return Ok(Ok(ClaimAnswer::Paused));
    }
    let db = store.db();
    let sql = "SELECT device, id FROM device WHERE account = ?1 ORDER BY id";
    let devices: Vec<(i64, DeviceId)> = db.all(sql, values![account], |r| Ok((r.key(0)?, r.id(1)?)))?;
    let mut packages = Vec::new();
    for (number, device) in devices {
        if let Some((key_package, last_resort)) = claim_one(db, now, number, claim.suite)? {
            packages.push(Claimed { device, key_package, last_resort });
        }
    }
    Ok(Ok(if packages.is_empty() { ClaimAnswer::NoKeyPackage } else { ClaimAnswer::Packages(packages) }))
}
