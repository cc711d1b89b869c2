//! Accounts, devices, key packages as rows.

use crate::notices;
use crate::rows::Cells as _;
use crate::who::all_states;
use crate::{Db, Sql, values};
use lacre_ground::ids::{AccountId, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::accounts::{Enroll, KeyPackage, NewestState, PutKeyPackages, Remaining, StateDevice};
use lacre_store::channels::Limited;
use lacre_store::directory::DirectoryEntry;
use lacre_store::judge::accounts as judge;
use lacre_store::rules::Rules;

pub(super) fn newest<D: Db>(db: &D, account: i64) -> Sql<Option<NewestState>, D> {
    let sql = "SELECT number, note FROM account_state WHERE account = ?1 ORDER BY number DESC LIMIT 1";
    db.one(sql, values![account], |r| Ok(NewestState { number: r.number(0)?, state: r.text(1)? }))
}

pub(super) fn state_note<D: Db>(db: &D, account: i64, number: u64) -> Sql<Option<String>, D> {
    db.one("SELECT note FROM account_state WHERE account = ?1 AND number = ?2", values![account, number], |r| r.text(0))
}

pub(super) fn add_state<D: Db>(db: &D, account: i64, number: u64, note: &str) -> Sql<(), D> {
    let sql = "INSERT INTO account_state (account, number, note) VALUES (?1, ?2, ?3)";
    db.run(sql, values![account, number, note]).map(drop)
}

/// Whether a device of the account is not among these.
pub(super) fn drops_device<D: Db>(db: &D, account: i64, devices: &[StateDevice]) -> Sql<bool, D> {
    let before: Vec<[u8; 16]> = db.all("SELECT id FROM device WHERE account = ?1", values![account], |r| r.id(0))?;
    Ok(before.iter().any(|id| !devices.iter().any(|d| d.id.as_bytes() == id)))
}

/// What hangs on a device that is no longer in the account goes with it.
pub(super) fn set_devices<D: Db>(db: &D, account: i64, devices: &[StateDevice]) -> Sql<(), D> {
    let sql = "SELECT device, id FROM device WHERE account = ?1";
    let before: Vec<(i64, [u8; 16])> = db.all(sql, values![account], |r| Ok((r.key(0)?, r.id(1)?)))?;
    for (number, id) in &before {
        if !devices.iter().any(|d| d.id.as_bytes() == id) {
            db.run("DELETE FROM key_package WHERE device = ?1", values![*number])?;
            db.run("DELETE FROM device WHERE device = ?1", values![*number])?;
        }
    }
    for device in devices {
        if !before.iter().any(|(_, id)| device.id.as_bytes() == id) {
            db.run("INSERT INTO device (account, id) VALUES (?1, ?2)", values![account, device.id.as_bytes()])?;
        }
    }
    Ok(())
}

/// Adds to a device that is there. None when nothing stands against it.
pub(super) fn add_packages<D: Db>(
    db: &D,
    now: Millis,
    rules: &Rules,
    device: i64,
    put: &PutKeyPackages,
) -> Sql<Result<Remaining, Limited>, D> {
    if put.replace_all {
        db.run("DELETE FROM key_package WHERE device = ?1", values![device])?;
    }
    db.run("DELETE FROM key_package WHERE device = ?1 AND ends_ms <= ?2", values![device, now])?;
    let fresh = |p: &&KeyPackage| p.expires_at > now;
    let insert = "INSERT INTO key_package (device, suite, last_resort, ends_ms, bytes) VALUES (?1, ?2, ?3, ?4, ?5)";
    for p in put.one_time.iter().filter(fresh) {
        let same = "SELECT 1 FROM key_package WHERE device = ?1 AND suite = ?2 AND last_resort = ?3 AND bytes = ?4";
        if !db.exists(same, values![device, p.suite, false, &p.bytes])? {
            db.run(insert, values![device, p.suite, false, p.expires_at, &p.bytes])?;
        }
    }
    for p in put.last_resort.iter().filter(fresh) {
        let old = "DELETE FROM key_package WHERE device = ?1 AND suite = ?2 AND last_resort = ?3";
        db.run(old, values![device, p.suite, true])?;
        db.run(insert, values![device, p.suite, true, p.expires_at, &p.bytes])?;
    }
    let sql = "SELECT suite, count(*) FROM key_package WHERE device = ?1 AND NOT last_resort GROUP BY suite ORDER BY suite";
    let remaining: Vec<(u16, u32)> = db.all(sql, values![device], |r| Ok((r.small(0)?, r.small(1)?)))?;
    let sql = "SELECT count(DISTINCT suite) FROM key_package WHERE device = ?1";
    let suites: usize = db.only(sql, values![device], |r| r.small(0))?;
    Ok(judge::key_packages(&remaining, suites, rules).map(|()| Remaining(remaining)))
}

pub(super) fn claim_one<D: Db>(db: &D, now: Millis, device: i64, suite: u16) -> Sql<Option<(Vec<u8>, bool)>, D> {
    // once ones sort before the last resort, and among them the oldest is first: the index is in this order
    let sql = "SELECT arrival, bytes, last_resort FROM key_package WHERE device = ?1 AND suite = ?2 AND ends_ms > ?3
               ORDER BY last_resort, arrival LIMIT 1";
    let found = db.one(sql, values![device, suite, now], |r| Ok((r.key(0)?, r.bytes(1)?, r.flag(2)?)))?;
    let Some((arrival, bytes, last_resort)) = found else { return Ok(None) };
    if !last_resort {
        db.run("DELETE FROM key_package WHERE arrival = ?1", values![arrival])?;
    }
    Ok(Some((bytes, last_resort)))
}

pub(super) fn directory_entry<D: Db>(db: &D, account: i64) -> Sql<DirectoryEntry, D> {
    let states = all_states(db, account)?;
    let sql = "SELECT binding, reset FROM account WHERE account = ?1";
    let (binding, reset) = db.only(sql, values![account], |r| Ok((r.text(0)?, r.maybe_text(1)?)))?;
    Ok(DirectoryEntry { states, binding, reset })
}

/// Nobody gets the name of an account that is deleted.
pub fn retire_handle<D: Db>(db: &D, account: i64) -> Sql<(), D> {
    let sql = "INSERT INTO retired_handle (handle) SELECT handle FROM account WHERE account = ?1 ON CONFLICT DO NOTHING";
    db.run(sql, values![account]).map(drop)
}

/// An account with all that hangs on it; the person's row is the caller's.
pub fn delete_account<D: Db>(db: &D, account: i64) -> Sql<(), D> {
    set_devices(db, account, &[])?;
    notices::forget(db, account)?;
    db.run("DELETE FROM account_state WHERE account = ?1", values![account])?;
    db.run("DELETE FROM account WHERE account = ?1", values![account]).map(drop)
}

/// The person whose live code this is.
pub(super) struct Holder {
    pub(super) run_hash: [u8; 32],
    /// once the code was used
    pub(super) account: Option<i64>,
}

pub(super) fn holder<D: Db>(db: &D, now: Millis, code: &TokenHash) -> Sql<Option<Holder>, D> {
    let sql = "SELECT run_hash, account FROM person WHERE code_hash = ?1 AND code_ends_ms > ?2";
    db.one(sql, values![code.as_bytes(), now], |r| Ok(Holder { run_hash: r.id(0)?, account: r.integer(1)? }))
}

/// The binding that this enrolment was answered with before, if it was this one.
pub(super) fn answered<D: Db>(db: &D, account: i64, enroll: &Enroll) -> Sql<Option<String>, D> {
    let sql = "SELECT binding FROM account JOIN account_state USING (account)
               WHERE account.account = ?1 AND id = ?2 AND handle = ?3 AND number = 0 AND note = ?4";
    let row = values![account, enroll.account.as_bytes(), enroll.handle.as_str(), &enroll.state];
    db.one(sql, row, |r| r.text(0))
}

/// A new account.
pub(super) struct New<'a> {
    pub(super) id: &'a AccountId,
    pub(super) handle: &'a str,
    pub(super) binding: &'a str,
    /// its state 0
    pub(super) state: &'a str,
    /// in whose place it stands, if in another's
    pub(super) reset: Option<&'a str>,
    pub(super) devices: &'a [StateDevice],
}

/// Its row. Its number.
pub(super) fn open<D: Db>(db: &D, new: &New<'_>) -> Sql<i64, D> {
    let sql = "INSERT INTO account (id, handle, binding, chain_bytes, reset) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING account";
    let row = values![new.id.as_bytes(), new.handle, new.binding, judge::size(new.state), new.reset];
    db.only(sql, row, |r| r.key(0))
}
