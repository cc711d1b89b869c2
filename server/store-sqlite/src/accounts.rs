//! Accounts, registrar's table, directory and stamps in SQLite.

mod reads;

use super::rows::{Sql, number as int, one, run};
use super::who::{Speaking, account_number, all_states, speaking, stamp_there};
use super::{SqliteStore, inboxes, notices};
use crate::Down;
use lacre_ground::ids::{AccountId, DeviceId, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::accounts::{
    CodeIssued, Enroll, EnrollRefused, Enrolled, IssueCode, IssueRefused, KeyPackage, NewestState, PutKeyPackages,
    PutKeyPackagesRefused, PutState, PutStateRefused, Recover, RecoverRefused, Recovered, Remaining, StateDevice, TakeStamps,
    TakeStampsRefused,
};
use lacre_store::channels::Limited;
use lacre_store::closing::{CloseRefused, Closing};
use lacre_store::counter::{Deed, Reference};
use lacre_store::directory::{AskRefused, Claim, ClaimAnswer, Claimed, DirectoryEntry, Lookup, LookupAnswer, Who};
use lacre_store::judge::accounts as judge;
use lacre_store::quotas::Question;
use lacre_store::rules::Rules;
use lacre_store::speaker::{NoDevice, Speaker};
use lacre_store::{AccountStore, StoreDown};
use lacre_store_sql::counter;
use rusqlite::{Connection, Row, params};

fn newest(conn: &Connection, account: i64) -> Sql<Option<NewestState>> {
    let sql = "SELECT number, note FROM account_state WHERE account = ?1 ORDER BY number DESC LIMIT 1";
    one(conn, sql, [account], |r| Ok(NewestState { number: r.get(0)?, state: r.get(1)? }))
}

fn state_note(conn: &Connection, account: i64, number: u64) -> Sql<Option<String>> {
    one(conn, "SELECT note FROM account_state WHERE account = ?1 AND number = ?2", params![account, int(number)], |r| r.get(0))
}

fn add_state(conn: &Connection, account: i64, number: u64, note: &str) -> Sql<()> {
    let sql = "INSERT INTO account_state (account, number, note) VALUES (?1, ?2, ?3)";
    run(conn, sql, params![account, int(number), note]).map(drop)
}

/// Whether a device of the account is not among these.
fn drops_device(conn: &Connection, account: i64, devices: &[StateDevice]) -> Sql<bool> {
    let mut select = conn.prepare_cached("SELECT id FROM device WHERE account = ?1")?;
    let before: Vec<[u8; 16]> = select.query_map([account], |r| r.get(0))?.collect::<Sql<_>>()?;
    Ok(before.iter().any(|id| !devices.iter().any(|d| d.id.as_bytes() == id)))
}

/// What hangs on a device that is no longer in the account goes with it.
fn set_devices(conn: &Connection, account: i64, devices: &[StateDevice]) -> Sql<()> {
    let mut select = conn.prepare_cached("SELECT device, id FROM device WHERE account = ?1")?;
    let before: Vec<(i64, [u8; 16])> = select.query_map([account], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Sql<_>>()?;
    for (number, id) in &before {
        if !devices.iter().any(|d| d.id.as_bytes() == id) {
            run(conn, "DELETE FROM key_package WHERE device = ?1", [number])?;
            run(conn, "DELETE FROM device WHERE device = ?1", [number])?;
        }
    }
    for device in devices {
        if !before.iter().any(|(_, id)| device.id.as_bytes() == id) {
            run(conn, "INSERT INTO device (account, id) VALUES (?1, ?2)", params![account, device.id.as_bytes()])?;
        }
    }
    Ok(())
}

/// Adds to a device that is there. None when nothing stands against it.
fn add_packages(
    conn: &Connection,
    now: Millis,
    rules: &Rules,
    device: i64,
    put: &PutKeyPackages,
) -> Sql<Result<Remaining, Limited>> {
    if put.replace_all {
        run(conn, "DELETE FROM key_package WHERE device = ?1", [device])?;
    }
    run(conn, "DELETE FROM key_package WHERE device = ?1 AND ends_ms <= ?2", params![device, int(now.get())])?;
    let fresh = |p: &&KeyPackage| p.expires_at > now;
    let insert = "INSERT INTO key_package (device, suite, last_resort, ends_ms, bytes) VALUES (?1, ?2, ?3, ?4, ?5)";
    for p in put.one_time.iter().filter(fresh) {
        let same = "SELECT 1 FROM key_package WHERE device = ?1 AND suite = ?2 AND last_resort = 0 AND bytes = ?3";
        if one(conn, same, params![device, p.suite, p.bytes], |_| Ok(()))?.is_none() {
            run(conn, insert, params![device, p.suite, 0, int(p.expires_at.get()), p.bytes])?;
        }
    }
    for p in put.last_resort.iter().filter(fresh) {
        let old = "DELETE FROM key_package WHERE device = ?1 AND suite = ?2 AND last_resort = 1";
        run(conn, old, params![device, p.suite])?;
        run(conn, insert, params![device, p.suite, 1, int(p.expires_at.get()), p.bytes])?;
    }
    let mut count = conn.prepare_cached(
        "SELECT suite, count(*) FROM key_package WHERE device = ?1 AND last_resort = 0 GROUP BY suite ORDER BY suite",
    )?;
    let remaining: Vec<(u16, u32)> = count.query_map([device], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Sql<_>>()?;
    let suites: Option<usize> =
        one(conn, "SELECT count(DISTINCT suite) FROM key_package WHERE device = ?1", [device], |r| r.get(0))?;
    Ok(judge::key_packages(&remaining, suites.unwrap_or(0), rules).map(|()| Remaining(remaining)))
}

fn claim_one(conn: &Connection, now: Millis, device: i64, suite: u16) -> Sql<Option<(Vec<u8>, bool)>> {
    // last_resort 0 sorts before 1, and within it the oldest first: the index is in this order
    let sql = "SELECT arrival, bytes, last_resort FROM key_package WHERE device = ?1 AND suite = ?2 AND ends_ms > ?3
               ORDER BY last_resort, arrival LIMIT 1";
    let read = |r: &Row<'_>| Ok((r.get::<_, i64>(0)?, r.get(1)?, r.get::<_, bool>(2)?));
    let Some((arrival, bytes, last_resort)) = one(conn, sql, params![device, suite, int(now.get())], read)? else {
        return Ok(None);
    };
    if !last_resort {
        run(conn, "DELETE FROM key_package WHERE arrival = ?1", [arrival])?;
    }
    Ok(Some((bytes, last_resort)))
}

fn directory_entry(conn: &Connection, account: i64) -> Sql<DirectoryEntry> {
    let states = all_states(conn, account)?;
    let mut select = conn.prepare_cached("SELECT binding, reset FROM account WHERE account = ?1")?;
    let (binding, reset) = select.query_row([account], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(DirectoryEntry { states, binding, reset })
}

/// Nobody gets the name of an account that is deleted.
pub(super) fn retire_handle(conn: &Connection, account: i64) -> Sql<()> {
    let sql = "INSERT OR IGNORE INTO retired_handle (handle) SELECT handle FROM account WHERE account = ?1";
    run(conn, sql, [account]).map(drop)
}

/// An account with all that hangs on it; the person's row is the caller's.
pub(super) fn delete_account(conn: &Connection, account: i64) -> Sql<()> {
    set_devices(conn, account, &[])?;
    notices::forget(conn, account)?;
    run(conn, "DELETE FROM account_state WHERE account = ?1", [account])?;
    run(conn, "DELETE FROM account WHERE account = ?1", [account]).map(drop)
}

/// The person whose live code this is: RUN's hash and, once it was used, the account.
fn holder(conn: &Connection, now: Millis, code: &TokenHash) -> Sql<Option<([u8; 32], Option<i64>)>> {
    let sql = "SELECT run_hash, account FROM person WHERE code_hash = ?1 AND code_ends_ms > ?2";
    one(conn, sql, params![code.as_bytes(), int(now.get())], |r| Ok((r.get(0)?, r.get(1)?)))
}

/// The binding that this enrolment was answered with before, if it was this one.
fn answered(conn: &Connection, account: i64, enroll: &Enroll) -> Sql<Option<String>> {
    let sql = "SELECT binding FROM account JOIN account_state USING (account)
               WHERE account.account = ?1 AND id = ?2 AND handle = ?3 AND number = 0 AND note = ?4";
    one(conn, sql, params![account, enroll.account.as_bytes(), enroll.handle.as_str(), enroll.state], |r| r.get(0))
}

impl SqliteStore {
    /// Spends a stamp, if it came and is unspent.
    pub(super) fn pay(&mut self, stamp: Option<&TokenHash>) -> Result<bool, StoreDown> {
        stamp.map_or(Ok(false), |stamp| self.spend_stamp(stamp))
    }
}

impl AccountStore for SqliteStore {
    fn know_run_key(&mut self, check: &[u8; 32]) -> Result<bool, StoreDown> {
        let work = || -> Result<bool, Down> {
            run(&self.conn, "INSERT OR IGNORE INTO registrar (id, key_check) VALUES (1, ?1)", [check])?;
            let kept: Option<[u8; 32]> = one(&self.conn, "SELECT key_check FROM registrar WHERE id = 1", [], |r| r.get(0))?;
            Ok(kept.as_ref() == Some(check))
        };
        Ok(work()?)
    }

    fn issue_code(
        &mut self,
        now: Millis,
        rules: &Rules,
        issue: &IssueCode,
    ) -> Result<Result<CodeIssued, IssueRefused>, StoreDown> {
        let work = || -> Result<Result<CodeIssued, IssueRefused>, Down> {
            let person = "SELECT account FROM person WHERE run_hash = ?1";
            let account: Option<Option<i64>> = one(&self.conn, person, [issue.run.as_bytes()], |r| r.get(0))?;
            let replaces: Option<i64> = account.flatten();
            let by = match counter::issuer(&self.conn, now, rules, issue)? {
                Ok(by) => by,
                Err(refused) => return Ok(Err(refused)),
            };
            if let Err(refused) = judge::issue(replaces.is_some(), issue.recover) {
                let deed = if replaces.is_some() { Deed::HasAccount } else { Deed::NoAccount };
                counter::record(&self.conn, now, by, deed, String::new())?;
                return Ok(Err(refused));
            }
            let deed = if issue.recover { Deed::IssuedReset } else { Deed::Issued };
            counter::record(&self.conn, now, by, deed, Reference::of(&issue.code).to_string())?;
            let expires_at = now.plus(rules.code_lifetime_ms);
            run(
                &self.conn,
                "INSERT INTO person (run_hash, code_hash, code_ends_ms, replaces) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (run_hash) DO UPDATE
             SET code_hash = excluded.code_hash, code_ends_ms = excluded.code_ends_ms, replaces = excluded.replaces",
                params![issue.run.as_bytes(), issue.code.as_bytes(), int(expires_at.get()), replaces],
            )?;
            Ok(Ok(CodeIssued { expires_at }))
        };
        Ok(work()?)
    }

    fn enroll(&mut self, now: Millis, enroll: &Enroll) -> Result<Result<Enrolled, EnrollRefused>, StoreDown> {
        let mut work = || -> Result<Result<Enrolled, EnrollRefused>, Down> {
            let run_hash = match holder(&self.conn, now, &enroll.code)? {
                None => return Ok(Err(EnrollRefused::Code)),
                Some((run_hash, Some(account))) => {
                    let Some(binding) = answered(&self.conn, account, enroll)? else { return Ok(Err(EnrollRefused::Code)) };
                    // a code for recovery that brought the account itself back is used, and replaces nothing any more
                    let used = "UPDATE person SET replaces = NULL WHERE run_hash = ?1 AND account = replaces";
                    run(&self.conn, used, [run_hash])?;
                    return Ok(Ok(Enrolled { binding }));
                }
                Some((run_hash, None)) => run_hash,
            };
            if account_number(&self.conn, &enroll.account)?.is_some() {
                return Ok(Err(EnrollRefused::AccountTaken));
            }
            let handle = enroll.handle.as_str();
            let taken = "SELECT 1 FROM account WHERE handle = ?1 UNION ALL SELECT 1 FROM retired_handle WHERE handle = ?1";
            if one(&self.conn, taken, [handle], |_| Ok(()))?.is_some() {
                return Ok(Err(EnrollRefused::HandleTaken));
            }
            if let Err(refused) = inboxes::free(&self.conn, None, &enroll.devices)? {
                return Ok(Err(refused.into()));
            }
            run(
                &self.conn,
                "INSERT INTO account (id, handle, binding, chain_bytes) VALUES (?1, ?2, ?3, ?4)",
                params![enroll.account.as_bytes(), handle, enroll.binding, int(judge::size(&enroll.state))],
            )?;
            let account = self.conn.last_insert_rowid();
            add_state(&self.conn, account, 0, &enroll.state)?;
            set_devices(&self.conn, account, &enroll.devices)?;
            self.take_inboxes(account, &enroll.devices)?;
            run(&self.conn, "UPDATE person SET account = ?2 WHERE run_hash = ?1", params![run_hash, account])?;
            Ok(Ok(Enrolled { binding: enroll.binding.clone() }))
        };
        Ok(work()?)
    }

    fn recover(&mut self, now: Millis, recover: &Recover) -> Result<Result<Recovered, RecoverRefused>, StoreDown> {
        let mut work = || -> Result<Result<Recovered, RecoverRefused>, Down> {
            let code = "SELECT run_hash, account, replaces FROM person
                    WHERE code_hash = ?1 AND code_ends_ms > ?2 AND account IS NOT NULL AND replaces IS NOT NULL";
            let read = |r: &Row<'_>| Ok((r.get::<_, [u8; 32]>(0)?, r.get::<_, i64>(1)?, r.get::<_, i64>(2)?));
            let Some((run_hash, there, replaces)) =
                one(&self.conn, code, params![recover.code.as_bytes(), int(now.get())], read)?
            else {
                return Ok(Err(RecoverRefused::Code));
            };
            if there != replaces {
                // the code was used: the same call gets its first answer
                let sql = "SELECT binding, reset FROM account JOIN account_state USING (account)
                       WHERE account.account = ?1 AND id = ?2 AND number = 0 AND note = ?3";
                let answer = |r: &Row<'_>| Ok(Recovered { binding: r.get(0)?, reset: r.get(1)? });
                let first = one(&self.conn, sql, params![there, recover.account.as_bytes(), recover.state], answer)?;
                return Ok(first.ok_or(RecoverRefused::Code));
            }
            let same = "SELECT 1 FROM account WHERE account = ?1 AND id = ?2 AND handle = ?3";
            let handle = recover.handle.as_str();
            if one(&self.conn, same, params![there, recover.before.as_bytes(), handle], |_| Ok(()))?.is_none() {
                return Ok(Err(RecoverRefused::Code));
            }
            if account_number(&self.conn, &recover.account)?.is_some() {
                return Ok(Err(RecoverRefused::AccountTaken));
            }
            if let Err(refused) = inboxes::free(&self.conn, None, &recover.devices)? {
                return Ok(Err(refused.into()));
            }
            if let Err(stale) = self.close(there, &recover.closing)? {
                return Ok(Err(stale.into()));
            }
            self.give_up_inboxes(there)?;
            delete_account(&self.conn, there)?;
            run(
                &self.conn,
                "INSERT INTO account (id, handle, binding, chain_bytes, reset) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![recover.account.as_bytes(), handle, recover.binding, int(judge::size(&recover.state)), recover.reset],
            )?;
            let account = self.conn.last_insert_rowid();
            run(&self.conn, "INSERT INTO reset (note) VALUES (?1)", [&recover.reset])?;
            add_state(&self.conn, account, 0, &recover.state)?;
            set_devices(&self.conn, account, &recover.devices)?;
            self.take_inboxes(account, &recover.devices)?;
            run(&self.conn, "UPDATE person SET account = ?2 WHERE run_hash = ?1", params![run_hash, account])?;
            Ok(Ok(Recovered { binding: recover.binding.clone(), reset: recover.reset.clone() }))
        };
        Ok(work()?)
    }

    fn pause_account(&mut self, by: &Speaker, paused: bool) -> Result<Result<(), NoDevice>, StoreDown> {
        let work = || -> Result<Result<(), NoDevice>, Down> {
            let account = match speaking(&self.conn, by)? {
                Ok(Speaking { account, .. }) => account,
                Err(over) => return Ok(Err(over)),
            };
            run(&self.conn, "UPDATE account SET paused = ?2 WHERE account = ?1", params![account, paused])?;
            Ok(Ok(()))
        };
        Ok(work()?)
    }

    fn remove_account(&mut self, by: &Speaker, closing: &Closing) -> Result<Result<(), CloseRefused>, StoreDown> {
        let mut work = || -> Result<Result<(), CloseRefused>, Down> {
            let account = match speaking(&self.conn, by)? {
                Ok(Speaking { account, .. }) => account,
                Err(over) => return Ok(Err(over.into())),
            };
            if let Err(stale) = self.close(account, closing)? {
                return Ok(Err(stale.into()));
            }
            retire_handle(&self.conn, account)?;
            let office = "DELETE FROM office WHERE run_hash IN (SELECT run_hash FROM person WHERE account = ?1)";
            run(&self.conn, office, [account])?;
            run(&self.conn, "DELETE FROM person WHERE account = ?1", [account])?;
            self.give_up_inboxes(account)?;
            delete_account(&self.conn, account)?;
            Ok(Ok(()))
        };
        Ok(work()?)
    }

    fn put_state(&mut self, rules: &Rules, put: &PutState) -> Result<Result<(), PutStateRefused>, StoreDown> {
        let mut work = || -> Result<Result<(), PutStateRefused>, Down> {
            let account = match speaking(&self.conn, &put.by)? {
                Ok(Speaking { account, .. }) => account,
                Err(over) => return Ok(Err(over.into())),
            };
            if state_note(&self.conn, account, put.number)?.as_deref() == Some(put.state.as_str()) {
                return Ok(Ok(()));
            }
            if let Err(refused) = judge::follows(newest(&self.conn, account)?.map(|n| n.number), put.number) {
                return Ok(Err(refused));
            }
            if let Err(refused) = inboxes::free(&self.conn, Some(account), &put.devices)? {
                return Ok(Err(refused.into()));
            }
            let bytes = one(&self.conn, "SELECT chain_bytes FROM account WHERE account = ?1", [account], |r| r.get(0))?;
            let bytes = match judge::chain(bytes.unwrap_or(0), &put.state, rules) {
                Ok(bytes) => bytes,
                Err(refused) => return Ok(Err(refused)),
            };
            if (put.closing.is_some() || drops_device(&self.conn, account, &put.devices)?)
                && let Err(stale) = self.close(account, &put.closing.clone().unwrap_or_default())?
            {
                return Ok(Err(stale.into()));
            }
            run(&self.conn, "UPDATE account SET chain_bytes = ?2 WHERE account = ?1", params![account, int(bytes)])?;
            add_state(&self.conn, account, put.number, &put.state)?;
            set_devices(&self.conn, account, &put.devices)?;
            self.take_inboxes(account, &put.devices)?;
            Ok(Ok(()))
        };
        Ok(work()?)
    }

    fn put_key_packages(
        &mut self,
        now: Millis,
        rules: &Rules,
        put: &PutKeyPackages,
    ) -> Result<Result<Remaining, PutKeyPackagesRefused>, StoreDown> {
        let mut work = || -> Result<Result<Remaining, PutKeyPackagesRefused>, Down> {
            let device = match speaking(&self.conn, &put.by)? {
                Ok(Speaking { device, .. }) => device,
                Err(over) => return Ok(Err(over.into())),
            };
            // the limits are judged on the outcome: a savepoint takes it back
            let mut part = self.conn.savepoint()?;
            let outcome = add_packages(&part, now, rules, device, put)?;
            if outcome.is_err() {
                part.rollback()?;
            }
            part.commit()?;
            Ok(outcome.map_err(PutKeyPackagesRefused::Limit))
        };
        Ok(work()?)
    }

    fn take_stamps(&mut self, now: Millis, rules: &Rules, take: &TakeStamps) -> Result<Result<(), TakeStampsRefused>, StoreDown> {
        let mut work = || -> Result<Result<(), TakeStampsRefused>, Down> {
            if let Err(over) = speaking(&self.conn, &take.by)? {
                return Ok(Err(over.into()));
            }
            let taken = self.quotas.take_stamps(now, rules, &take.by.account, take.count);
            Ok(taken.map_err(TakeStampsRefused::Limit))
        };
        Ok(work()?)
    }

    fn add_stamps(&mut self, now: Millis, rules: &Rules, hashes: &[TokenHash]) -> Result<(), StoreDown> {
        let work = || -> Result<(), Down> {
            let ends = int(rules.stamps_end(now).get());
            run(&self.conn, "INSERT OR IGNORE INTO stamp_end (ends_ms) VALUES (?1)", [ends])?;
            for hash in hashes {
                if !stamp_there(&self.conn, hash)? {
                    run(&self.conn, "INSERT INTO stamp (ends_ms, hash) VALUES (?1, ?2)", params![ends, hash.as_bytes()])?;
                }
            }
            Ok(())
        };
        Ok(work()?)
    }

    fn spend_stamp(&mut self, stamp: &TokenHash) -> Result<bool, StoreDown> {
        let sql = "DELETE FROM stamp WHERE hash = ?1 AND ends_ms IN (SELECT ends_ms FROM stamp_end)";
        let work = || -> Result<bool, Down> { Ok(run(&self.conn, sql, [stamp.as_bytes()])? == 1) };
        Ok(work()?)
    }

    fn lookup(&mut self, now: Millis, rules: &Rules, lookup: &Lookup) -> Result<Result<LookupAnswer, AskRefused>, StoreDown> {
        let mut work = || -> Result<Result<LookupAnswer, AskRefused>, Down> {
            if !stamp_there(&self.conn, &lookup.stamp)? {
                return Ok(Err(AskRefused::Stamp));
            }
            let read = |r: &Row<'_>| Ok((r.get::<_, i64>(0)?, AccountId::new(r.get(1)?), r.get::<_, bool>(2)?));
            let found = match &lookup.who {
                Who::Handle(h) => {
                    one(&self.conn, "SELECT account, id, paused FROM account WHERE handle = ?1", [h.as_str()], read)?
                }
                Who::Account(a) => {
                    one(&self.conn, "SELECT account, id, paused FROM account WHERE id = ?1", [a.as_bytes()], read)?
                }
            };
            if let Some((_, id, _)) = &found
                && let Err(refused) = self.quotas.check(now, rules, id, Question::Lookup)
            {
                return Ok(Err(refused));
            }
            self.spend_stamp(&lookup.stamp)?;
            let Some((account, id, paused)) = found else { return Ok(Ok(LookupAnswer::NoAccount)) };
            self.quotas.count(&id, Question::Lookup);
            Ok(Ok(if paused { LookupAnswer::Paused } else { LookupAnswer::Entry(directory_entry(&self.conn, account)?) }))
        };
        Ok(work()?)
    }

    fn claim(&mut self, now: Millis, rules: &Rules, claim: &Claim) -> Result<Result<ClaimAnswer, AskRefused>, StoreDown> {
        let mut work = || -> Result<Result<ClaimAnswer, AskRefused>, Down> {
            if !stamp_there(&self.conn, &claim.stamp)? {
                return Ok(Err(AskRefused::Stamp));
            }
            let read = |r: &Row<'_>| Ok((r.get::<_, i64>(0)?, r.get::<_, bool>(1)?));
            let account = one(&self.conn, "SELECT account, paused FROM account WHERE id = ?1", [claim.account.as_bytes()], read)?;
            if account.is_some()
                && let Err(refused) = self.quotas.check(now, rules, &claim.account, Question::Claim)
            {
                return Ok(Err(refused));
            }
            self.spend_stamp(&claim.stamp)?;
            let Some((account, paused)) = account else { return Ok(Ok(ClaimAnswer::NoAccount)) };
            self.quotas.count(&claim.account, Question::Claim);
            if paused {
                return Ok(Ok(ClaimAnswer::Paused));
            }
            let mut select = self.conn.prepare_cached("SELECT device, id FROM device WHERE account = ?1 ORDER BY id")?;
            let devices: Vec<(i64, [u8; 16])> =
                select.query_map([account], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Sql<_>>()?;
            let mut packages = Vec::new();
            for (number, id) in devices {
                if let Some((key_package, last_resort)) = claim_one(&self.conn, now, number, claim.suite)? {
                    packages.push(Claimed { device: DeviceId::new(id), key_package, last_resort });
                }
            }
            Ok(Ok(if packages.is_empty() { ClaimAnswer::NoKeyPackage } else { ClaimAnswer::Packages(packages) }))
        };
        Ok(work()?)
    }

    fn sweep_accounts(&mut self, now: Millis, limit: u32) -> Result<bool, StoreDown> {
        let work = || -> Result<bool, Down> {
            let now = int(now.get());
            let sql = "SELECT run_hash, account IS NULL FROM person
                   WHERE code_ends_ms <= ?1 ORDER BY code_ends_ms, run_hash LIMIT ?2";
            let mut select = self.conn.prepare_cached(sql)?;
            let ended: Vec<([u8; 32], bool)> =
                select.query_map(params![now, limit], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Sql<_>>()?;
            for (run_hash, stranger) in &ended {
                // who never enrolled leaves nothing behind
                let sql = if *stranger {
                    "DELETE FROM person WHERE run_hash = ?1"
                } else {
                    "UPDATE person SET code_hash = NULL, code_ends_ms = NULL, replaces = NULL WHERE run_hash = ?1"
                };
                run(&self.conn, sql, [run_hash])?;
            }
            let ended_packages = "DELETE FROM key_package WHERE arrival IN (SELECT arrival FROM key_package WHERE ends_ms <= ?1 ORDER BY ends_ms LIMIT ?2)";
            let packages = run(&self.conn, ended_packages, params![now, limit])?;
            let most = usize::try_from(limit).unwrap_or(usize::MAX);
            let stamps = run(
                &self.conn,
                "DELETE FROM stamp WHERE (ends_ms, hash) IN (SELECT ends_ms, hash FROM stamp WHERE ends_ms <= ?1 ORDER BY ends_ms, hash LIMIT ?2)",
                params![now, limit],
            )?;
            let emptied = "DELETE FROM stamp_end WHERE ends_ms <= ?1 AND NOT EXISTS (SELECT 1 FROM stamp WHERE stamp.ends_ms = stamp_end.ends_ms)";
            run(&self.conn, emptied, [now])?;
            let grants = notices::sweep(&self.conn, now, limit)?;
            Ok(ended.len() >= most || packages >= most || stamps >= most || grants >= most)
        };
        Ok(work()?)
    }
}
