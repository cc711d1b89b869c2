//! Accounts, devices, key packages as rows.

use crate::notices;
use crate::sql::{Cells as _, Conn, Sql, all, by, exists, int, one, only, params, run};
use crate::who::all_states;
use lacre_ground::ids::TokenHash;
use lacre_ground::time::Millis;
use lacre_store::accounts::{Enroll, KeyPackage, NewestState, PutKeyPackages, Remaining, StateDevice};
use lacre_store::channels::Limited;
use lacre_store::directory::DirectoryEntry;
use lacre_store::judge::accounts as judge;
use lacre_store::rules::Rules;
use tokio_postgres::Row;

pub(super) fn newest(conn: &Conn, account: i64) -> Sql<Option<NewestState>> {
    let sql = "SELECT number, note FROM account_state WHERE account = $1 ORDER BY number DESC LIMIT 1";
    one(conn, sql, params![account], |r| Ok(NewestState { number: r.number(0)?, state: r.cell(1)? }))
}

pub(super) fn state_note(conn: &Conn, account: i64, number: u64) -> Sql<Option<String>> {
    one(conn, "SELECT note FROM account_state WHERE account = $1 AND number = $2", params![account, int(number)], |r| r.cell(0))
}

pub(super) fn add_state(conn: &Conn, account: i64, number: u64, note: &str) -> Sql<()> {
    let sql = "INSERT INTO account_state (account, number, note) VALUES ($1, $2, $3)";
    run(conn, sql, params![account, int(number), note]).map(drop)
}

/// Whether a device of the account is not among these.
pub(super) fn drops_device(conn: &Conn, account: i64, devices: &[StateDevice]) -> Sql<bool> {
    let before: Vec<[u8; 16]> = all(conn, "SELECT id FROM device WHERE account = $1", params![account], |r| r.id(0))?;
    Ok(before.iter().any(|id| !devices.iter().any(|d| d.id.as_bytes() == id)))
}

/// What hangs on a device that is no longer in the account goes with it.
pub(super) fn set_devices(conn: &Conn, account: i64, devices: &[StateDevice]) -> Sql<()> {
    let sql = "SELECT device, id FROM device WHERE account = $1";
    let before: Vec<(i64, [u8; 16])> = all(conn, sql, params![account], |r| Ok((r.cell(0)?, r.id(1)?)))?;
    for (number, id) in &before {
        if !devices.iter().any(|d| d.id.as_bytes() == id) {
            run(conn, "DELETE FROM key_package WHERE device = $1", params![number])?;
            run(conn, "DELETE FROM device WHERE device = $1", params![number])?;
        }
    }
    for device in devices {
        if !before.iter().any(|(_, id)| device.id.as_bytes() == id) {
            run(conn, "INSERT INTO device (account, id) VALUES ($1, $2)", params![account, by(device.id.as_bytes())])?;
        }
    }
    Ok(())
}

/// Adds to a device that is there. None when nothing stands against it.
pub(super) fn add_packages(
    conn: &Conn,
    now: Millis,
    rules: &Rules,
    device: i64,
    put: &PutKeyPackages,
) -> Sql<Result<Remaining, Limited>> {
    if put.replace_all {
        run(conn, "DELETE FROM key_package WHERE device = $1", params![device])?;
    }
    run(conn, "DELETE FROM key_package WHERE device = $1 AND ends_ms <= $2", params![device, int(now.get())])?;
    let fresh = |p: &&KeyPackage| p.expires_at > now;
    let insert = "INSERT INTO key_package (device, suite, last_resort, ends_ms, bytes) VALUES ($1, $2, $3, $4, $5)";
    for p in put.one_time.iter().filter(fresh) {
        let suite = i64::from(p.suite);
        let same = "SELECT 1 FROM key_package WHERE device = $1 AND suite = $2 AND NOT last_resort AND bytes = $3";
        if !exists(conn, same, params![device, suite, p.bytes])? {
            run(conn, insert, params![device, suite, false, int(p.expires_at.get()), p.bytes])?;
        }
    }
    for p in put.last_resort.iter().filter(fresh) {
        let suite = i64::from(p.suite);
        run(conn, "DELETE FROM key_package WHERE device = $1 AND suite = $2 AND last_resort", params![device, suite])?;
        run(conn, insert, params![device, suite, true, int(p.expires_at.get()), p.bytes])?;
    }
    let sql = "SELECT suite, count(*) FROM key_package WHERE device = $1 AND NOT last_resort GROUP BY suite ORDER BY suite";
    let remaining: Vec<(u16, u32)> = all(conn, sql, params![device], |r| Ok((r.small(0)?, r.small(1)?)))?;
    let sql = "SELECT count(DISTINCT suite) FROM key_package WHERE device = $1";
    let suites: usize = only(conn, sql, params![device], |r| r.small(0))?;
    Ok(judge::key_packages(&remaining, suites, rules).map(|()| Remaining(remaining)))
}

pub(super) fn claim_one(conn: &Conn, now: Millis, device: i64, suite: u16) -> Sql<Option<(Vec<u8>, bool)>> {
    // false sorts before true, and within it the oldest first: the index is in this order
    let sql = "SELECT arrival, bytes, last_resort FROM key_package WHERE device = $1 AND suite = $2 AND ends_ms > $3
               ORDER BY last_resort, arrival LIMIT 1";
    let read = |r: &Row| Ok((r.cell::<i64>(0)?, r.cell(1)?, r.cell::<bool>(2)?));
    let Some((arrival, bytes, last_resort)) = one(conn, sql, params![device, i64::from(suite), int(now.get())], read)? else {
        return Ok(None);
    };
    if !last_resort {
        run(conn, "DELETE FROM key_package WHERE arrival = $1", params![arrival])?;
    }
    Ok(Some((bytes, last_resort)))
}

pub(super) fn directory_entry(conn: &Conn, account: i64) -> Sql<DirectoryEntry> {
    let states = all_states(conn, account)?;
    let sql = "SELECT binding, reset FROM account WHERE account = $1";
    let (binding, reset) = only(conn, sql, params![account], |r| Ok((r.cell(0)?, r.cell(1)?)))?;
    Ok(DirectoryEntry { states, binding, reset })
}

/// Nobody gets the name of an account that is deleted.
pub(crate) fn retire_handle(conn: &Conn, account: i64) -> Sql<()> {
    let sql = "INSERT INTO retired_handle (handle) SELECT handle FROM account WHERE account = $1 ON CONFLICT DO NOTHING";
    run(conn, sql, params![account]).map(drop)
}

/// An account with all that hangs on it; the person's row is the caller's.
pub(crate) fn delete_account(conn: &Conn, account: i64) -> Sql<()> {
    set_devices(conn, account, &[])?;
    notices::forget(conn, account)?;
    run(conn, "DELETE FROM account_state WHERE account = $1", params![account])?;
    run(conn, "DELETE FROM account WHERE account = $1", params![account]).map(drop)
}

/// The person whose live code this is: RUN's hash and, once it was used, the account.
pub(super) fn holder(conn: &Conn, now: Millis, code: &TokenHash) -> Sql<Option<([u8; 32], Option<i64>)>> {
    let sql = "SELECT run_hash, account FROM person WHERE code_hash = $1 AND code_ends_ms > $2";
    one(conn, sql, params![by(code.as_bytes()), int(now.get())], |r| Ok((r.id(0)?, r.cell(1)?)))
}

/// The binding that this enrolment was answered with before, if it was this one.
pub(super) fn answered(conn: &Conn, account: i64, enroll: &Enroll) -> Sql<Option<String>> {
    let sql = "SELECT binding FROM account JOIN account_state USING (account)
               WHERE account.account = $1 AND id = $2 AND handle = $3 AND number = 0 AND note = $4";
    one(conn, sql, params![account, by(enroll.account.as_bytes()), enroll.handle.as_str(), enroll.state], |r| r.cell(0))
}

/// A new account's row. Its number.
pub(super) fn open_account(conn: &Conn, id: &[u8], handle: &str, binding: &str, bytes: u64, reset: Option<&str>) -> Sql<i64> {
    let sql = "INSERT INTO account (id, handle, binding, chain_bytes, reset) VALUES ($1, $2, $3, $4, $5) RETURNING account";
    only(conn, sql, params![id, handle, binding, int(bytes), reset], |r| r.cell(0))
}
