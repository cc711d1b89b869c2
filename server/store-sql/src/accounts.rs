//! Accounts, registrar's table, directory and stamps.

mod directory;
mod reads;
mod rows;

pub use crate::who::stamp_there as stamp_known;
pub use directory::{Accounts, add_stamps, claim, lookup, pay, spend_stamp, take_stamps};
pub use reads::{code_lives, has_run_key, newest_state, recovering, resets, state};
pub use rows::{delete_account, retire_handle};

use crate::notices::close;
use crate::rights::Rights;
use crate::rows::{Cells as _, Row};
use crate::who::{Speaking, account_number, speaking};
use crate::{Db, Sql, Writes, counter, inboxes, notices, part, values};
use lacre_ground::time::Millis;
use lacre_store::accounts::{
    CodeIssued, Enroll, EnrollRefused, Enrolled, IssueCode, IssueRefused, PutKeyPackages, PutKeyPackagesRefused, PutState,
    PutStateRefused, Recover, RecoverRefused, Recovered, Remaining,
};
use lacre_store::closing::{CloseRefused, Closing};
use lacre_store::counter::{Deed, Reference};
use lacre_store::judge::accounts as judge;
use lacre_store::rules::Rules;
use lacre_store::speaker::{NoDevice, Speaker};
use rows::{Holder, New, add_packages, add_state, answered, drops_device, holder, newest, open, set_devices, state_note};

/// Stamps [`lacre_store::AccountStore`] and [`lacre_store::AccountReads`] out for an engine's two sides.
#[macro_export]
macro_rules! accounts {
    ($store:ty, $reads:ty) => {
        const _: () = {
            use ::lacre_ground::ids::{AccountId, TokenHash};
            use ::lacre_ground::time::Millis;
            use ::lacre_store::accounts::*;
            use ::lacre_store::closing::{CloseRefused, Closing};
            use ::lacre_store::directory::{AskRefused, Claim, ClaimAnswer, Lookup, LookupAnswer};
            use ::lacre_store::rules::Rules;
            use ::lacre_store::speaker::{NoDevice, Speaker};
            use ::lacre_store::{AccountReads, AccountStore};
            use $crate::accounts;
            $crate::stamp! { verbs of AccountStore for $store = accounts {
                fn know_run_key(check: &[u8; 32]) -> bool;
                fn issue_code(now: Millis, rules: &Rules, issue: &IssueCode) -> Result<CodeIssued, IssueRefused>;
                fn enroll(now: Millis, enroll: &Enroll) -> Result<Enrolled, EnrollRefused>;
                fn recover(now: Millis, recover: &Recover) -> Result<Recovered, RecoverRefused>;
                fn pause_account(by: &Speaker, paused: bool) -> Result<(), NoDevice>;
                fn remove_account(by: &Speaker, closing: &Closing) -> Result<(), CloseRefused>;
                fn put_state(rules: &Rules, put: &PutState) -> Result<(), PutStateRefused>;
                fn put_key_packages(now: Millis, rules: &Rules, put: &PutKeyPackages) -> Result<Remaining, PutKeyPackagesRefused>;
                fn take_stamps(now: Millis, rules: &Rules, take: &TakeStamps) -> Result<(), TakeStampsRefused>;
                fn add_stamps(now: Millis, rules: &Rules, hashes: &[TokenHash]) -> ();
                fn spend_stamp(stamp: &TokenHash) -> bool;
                fn lookup(now: Millis, rules: &Rules, lookup: &Lookup) -> Result<LookupAnswer, AskRefused>;
                fn claim(now: Millis, rules: &Rules, claim: &Claim) -> Result<ClaimAnswer, AskRefused>;
                fn sweep_accounts(now: Millis, limit: u32) -> bool;
            }}
            $crate::stamp! { reads of AccountReads for $reads = accounts {
                fn has_run_key() -> bool;
                fn newest_state(account: &AccountId) -> Option<NewestState>;
                fn code_lives(now: Millis, code: &TokenHash) -> bool;
                fn recovering(now: Millis, code: &TokenHash) -> Option<Recovering>;
                fn state(account: &AccountId, number: u64) -> Option<String>;
                fn resets(from: u64, limit: u32) -> ResetsPage;
                fn stamp_known(stamp: &TokenHash) -> bool;
            }}
        };
    };
}

/// [`lacre_store::AccountStore::know_run_key`]
pub fn know_run_key<S: Writes>(store: &S, check: &[u8; 32]) -> Sql<bool, S::Db> {
    let db = store.db();
    db.run("INSERT INTO registrar (id, key_check) VALUES (1, ?1) ON CONFLICT DO NOTHING", values![check])?;
    let kept: Option<[u8; 32]> = db.one("SELECT key_check FROM registrar WHERE id = 1", &[], |r| r.id(0))?;
    Ok(kept.as_ref() == Some(check))
}

/// [`lacre_store::AccountStore::issue_code`]
pub fn issue_code<S: Writes>(
    store: &S,
    now: Millis,
    rules: &Rules,
    issue: &IssueCode,
) -> Sql<Result<CodeIssued, IssueRefused>, S::Db> {
    let db = store.db();
    let person = "SELECT account FROM person WHERE run_hash = ?1";
    let replaces = db.one(person, values![issue.run.as_bytes()], |r| r.integer(0))?.flatten();
    let actor = match counter::issuer(db, now, rules, issue)? {
        Ok(actor) => actor,
        Err(refused) => return Ok(Err(refused)),
    };
    if let Err(refused) = judge::issue(replaces.is_some(), issue.recover) {
        let deed = if replaces.is_some() { Deed::HasAccount } else { Deed::NoAccount };
        counter::record(db, now, actor, deed, String::new())?;
        return Ok(Err(refused));
    }
    let deed = if issue.recover { Deed::IssuedReset } else { Deed::Issued };
    counter::record(db, now, actor, deed, Reference::of(&issue.code).to_string())?;
    let expires_at = now.plus(rules.code_lifetime_ms);
    let sql = "INSERT INTO person (run_hash, code_hash, code_ends_ms, replaces) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (run_hash) DO UPDATE
               SET code_hash = excluded.code_hash, code_ends_ms = excluded.code_ends_ms, replaces = excluded.replaces";
    db.run(sql, values![issue.run.as_bytes(), issue.code.as_bytes(), expires_at, replaces])?;
    Ok(Ok(CodeIssued { expires_at }))
}

/// An account that is the person's from now on.
fn begin<S: Rights>(store: &mut S, run_hash: &[u8; 32], new: &New<'_>) -> Sql<(), S::Db> {
    let account = open(store.db(), new)?;
    add_state(store.db(), account, 0, new.state)?;
    set_devices(store.db(), account, new.devices)?;
    inboxes::take(store, account, new.devices)?;
    store.db().run("UPDATE person SET account = ?2 WHERE run_hash = ?1", values![run_hash, account]).map(drop)
}

/// [`lacre_store::AccountStore::enroll`]
pub fn enroll<S: Rights>(store: &mut S, now: Millis, enroll: &Enroll) -> Sql<Result<Enrolled, EnrollRefused>, S::Db> {
    let db = store.db();
    let run_hash = match holder(db, now, &enroll.code)? {
        None => return Ok(Err(EnrollRefused::Code)),
        Some(Holder { run_hash, account: Some(account) }) => {
            let Some(binding) = answered(db, account, enroll)? else { return Ok(Err(EnrollRefused::Code)) };
            // a code for recovery that brought the account itself back is used, and replaces nothing any more
            let used = "UPDATE person SET replaces = NULL WHERE run_hash = ?1 AND account = replaces";
            db.run(used, values![&run_hash])?;
            return Ok(Ok(Enrolled { binding }));
        }
        Some(Holder { run_hash, account: None }) => run_hash,
    };
    if account_number(db, &enroll.account)?.is_some() {
        return Ok(Err(EnrollRefused::AccountTaken));
    }
    let handle = enroll.handle.as_str();
    let taken = "SELECT 1 FROM account WHERE handle = ?1 UNION ALL SELECT 1 FROM retired_handle WHERE handle = ?1";
    if db.exists(taken, values![handle])? {
        return Ok(Err(EnrollRefused::HandleTaken));
    }
    if let Err(refused) = inboxes::free(db, None, &enroll.devices)? {
        return Ok(Err(refused.into()));
    }
    let (state, binding) = (enroll.state.as_str(), enroll.binding.as_str());
    begin(store, &run_hash, &New { id: &enroll.account, handle, binding, state, reset: None, devices: &enroll.devices })?;
    Ok(Ok(Enrolled { binding: enroll.binding.clone() }))
}

/// [`lacre_store::AccountStore::recover`]
pub fn recover<S: Rights>(store: &mut S, now: Millis, recover: &Recover) -> Sql<Result<Recovered, RecoverRefused>, S::Db> {
    let db = store.db();
    let code = "SELECT run_hash, account, replaces FROM person
                WHERE code_hash = ?1 AND code_ends_ms > ?2 AND account IS NOT NULL AND replaces IS NOT NULL";
    let read = |r: &dyn Row| Ok((r.id::<[u8; 32]>(0)?, r.key(1)?, r.key(2)?));
    let Some((run_hash, there, replaces)) = db.one(code, values![recover.code.as_bytes(), now], read)? else {
        return Ok(Err(RecoverRefused::Code));
    };
    if there != replaces {
        // the code was used: the same call gets its first answer
        let sql = "SELECT binding, reset FROM account JOIN account_state USING (account)
                   WHERE account.account = ?1 AND id = ?2 AND number = 0 AND note = ?3";
        let answer = |r: &dyn Row| Ok(Recovered { binding: r.text(0)?, reset: r.text(1)? });
        let first = db.one(sql, values![there, recover.account.as_bytes(), &recover.state], answer)?;
        return Ok(first.ok_or(RecoverRefused::Code));
    }
    let same = "SELECT 1 FROM account WHERE account = ?1 AND id = ?2 AND handle = ?3";
    let handle = recover.handle.as_str();
    if !db.exists(same, values![there, recover.before.as_bytes(), handle])? {
        return Ok(Err(RecoverRefused::Code));
    }
    if account_number(db, &recover.account)?.is_some() {
        return Ok(Err(RecoverRefused::AccountTaken));
    }
    if let Err(refused) = inboxes::free(db, None, &recover.devices)? {
        return Ok(Err(refused.into()));
    }
    if let Err(stale) = close(store, there, &recover.closing)? {
        return Ok(Err(stale.into()));
    }
    inboxes::give_up(store, there)?;
    delete_account(store.db(), there)?;
    // one after the other: the numbers have no gap
    let sql = "INSERT INTO reset (number, note) SELECT coalesce(max(number), 0) + 1, ?1 FROM reset";
    store.db().run(sql, values![&recover.reset])?;
    let (state, binding, reset) = (recover.state.as_str(), recover.binding.as_str(), Some(recover.reset.as_str()));
    begin(store, &run_hash, &New { id: &recover.account, handle, binding, state, reset, devices: &recover.devices })?;
    Ok(Ok(Recovered { binding: recover.binding.clone(), reset: recover.reset.clone() }))
}

/// [`lacre_store::AccountStore::pause_account`]
pub fn pause_account<S: Writes>(store: &S, by: &Speaker, paused: bool) -> Sql<Result<(), NoDevice>, S::Db> {
    let account = match speaking(store.db(), by)? {
        Ok(Speaking { account, .. }) => account,
        Err(over) => return Ok(Err(over)),
    };
    store.db().run("UPDATE account SET paused = ?2 WHERE account = ?1", values![account, paused])?;
    Ok(Ok(()))
}

/// [`lacre_store::AccountStore::remove_account`]
pub fn remove_account<S: Rights>(store: &mut S, by: &Speaker, closing: &Closing) -> Sql<Result<(), CloseRefused>, S::Db> {
    let account = match speaking(store.db(), by)? {
        Ok(Speaking { account, .. }) => account,
        Err(over) => return Ok(Err(over.into())),
    };
    if let Err(stale) = close(store, account, closing)? {
        return Ok(Err(stale.into()));
    }
    retire_handle(store.db(), account)?;
    let office = "DELETE FROM office WHERE run_hash IN (SELECT run_hash FROM person WHERE account = ?1)";
    store.db().run(office, values![account])?;
    store.db().run("DELETE FROM person WHERE account = ?1", values![account])?;
    inboxes::give_up(store, account)?;
    delete_account(store.db(), account)?;
    Ok(Ok(()))
}

/// [`lacre_store::AccountStore::put_state`]
pub fn put_state<S: Rights>(store: &mut S, rules: &Rules, put: &PutState) -> Sql<Result<(), PutStateRefused>, S::Db> {
    let db = store.db();
    let account = match speaking(db, &put.by)? {
        Ok(Speaking { account, .. }) => account,
        Err(over) => return Ok(Err(over.into())),
    };
    if state_note(db, account, put.number)?.as_deref() == Some(put.state.as_str()) {
        return Ok(Ok(()));
    }
    if let Err(refused) = judge::follows(newest(db, account)?.map(|n| n.number), put.number) {
        return Ok(Err(refused));
    }
    if let Err(refused) = inboxes::free(db, Some(account), &put.devices)? {
        return Ok(Err(refused.into()));
    }
    let bytes = db.one("SELECT chain_bytes FROM account WHERE account = ?1", values![account], |r| r.number(0))?;
    let bytes = match judge::chain(bytes.unwrap_or(0), &put.state, rules) {
        Ok(bytes) => bytes,
        Err(refused) => return Ok(Err(refused)),
    };
    if (put.closing.is_some() || drops_device(db, account, &put.devices)?)
        && let Err(stale) = close(store, account, &put.closing.clone().unwrap_or_default())?
    {
        return Ok(Err(stale.into()));
    }
    store.db().run("UPDATE account SET chain_bytes = ?2 WHERE account = ?1", values![account, bytes])?;
    add_state(store.db(), account, put.number, &put.state)?;
    set_devices(store.db(), account, &put.devices)?;
    inboxes::take(store, account, &put.devices)?;
    Ok(Ok(()))
}

/// [`lacre_store::AccountStore::put_key_packages`]
pub fn put_key_packages<S: Writes>(
    store: &S,
    now: Millis,
    rules: &Rules,
    put: &PutKeyPackages,
) -> Sql<Result<Remaining, PutKeyPackagesRefused>, S::Db> {
    let device = match speaking(store.db(), &put.by)? {
        Ok(Speaking { device, .. }) => device,
        Err(over) => return Ok(Err(over.into())),
    };
    let outcome = part(store.db(), |db| add_packages(db, now, rules, device, put))?;
    Ok(outcome.map_err(PutKeyPackagesRefused::Limit))
}

/// [`lacre_store::AccountStore::sweep_accounts`]
pub fn sweep_accounts<S: Accounts>(store: &mut S, now: Millis, limit: u32) -> Sql<bool, S::Db> {
    let db = store.db();
    let sql = "SELECT run_hash, account IS NULL FROM person
               WHERE code_ends_ms <= ?1 ORDER BY code_ends_ms, run_hash LIMIT ?2";
    let ended = db.all(sql, values![now, limit], |r| Ok((r.id::<[u8; 32]>(0)?, r.flag(1)?)))?;
    for (run_hash, stranger) in &ended {
        // who never enrolled leaves nothing behind
        let sql = if *stranger {
            "DELETE FROM person WHERE run_hash = ?1"
        } else {
            "UPDATE person SET code_hash = NULL, code_ends_ms = NULL, replaces = NULL WHERE run_hash = ?1"
        };
        db.run(sql, values![run_hash])?;
    }
    let packages = "DELETE FROM key_package WHERE arrival IN
                    (SELECT arrival FROM key_package WHERE ends_ms <= ?1 ORDER BY ends_ms LIMIT ?2)";
    let packages = db.run(packages, values![now, limit])?;
    let stamps = store.sweep_stamps(now, limit)?;
    let grants = notices::sweep(store.db(), now, limit)?;
    let codes = u64::try_from(ended.len()).unwrap_or(u64::MAX);
    Ok([codes, packages, stamps, grants].into_iter().any(|rows| rows >= limit.into()))
}
