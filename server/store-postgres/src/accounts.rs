//! Accounts, registrar's table, directory and stamps in PostgreSQL.

mod reads;
mod rows;

pub(crate) use rows::{delete_account, retire_handle};

use crate::batch::Work;
use crate::quota::{self, Counted};
use crate::sql::{Cells as _, all, by, exists, int, one, params, run};
use crate::who::{Speaking, account_number, speaking, stamp_there};
use crate::{Down, inboxes, notices};
use lacre_ground::ids::{AccountId, DeviceId, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::accounts::{
    CodeIssued, Enroll, EnrollRefused, Enrolled, IssueCode, IssueRefused, PutKeyPackages, PutKeyPackagesRefused, PutState,
    PutStateRefused, Recover, RecoverRefused, Recovered, Remaining, TakeStamps, TakeStampsRefused,
};
use lacre_store::closing::{CloseRefused, Closing};
use lacre_store::counter::{Deed, Reference};
use lacre_store::directory::{AskRefused, Claim, ClaimAnswer, Claimed, Lookup, LookupAnswer, Who};
use lacre_store::judge::accounts as judge;
use lacre_store::quotas::{Question, ask, stamps};
use lacre_store::rules::Rules;
use lacre_store::speaker::{NoDevice, Speaker};
use lacre_store::{AccountStore, StoreDown};
use lacre_store_sql::counter;
use rows::{
    add_packages, add_state, answered, claim_one, directory_entry, drops_device, holder, newest, open_account, set_devices,
    state_note,
};
use tokio_postgres::Row;

impl Work {
    /// Spends a stamp, if it came and is unspent.
    pub(crate) fn pay(&mut self, stamp: Option<&TokenHash>) -> Result<bool, StoreDown> {
        stamp.map_or(Ok(false), |stamp| self.spend_stamp(stamp))
    }
}

impl Work {
    /// Whether an account may be asked for once more.
    fn asks(&self, now: Millis, rules: &Rules, target: &AccountId, what: Question) -> Result<Result<(), AskRefused>, Down> {
        let asked = quota::so_far(&self.conn, self.quotas.window(now, Counted::Asked(*target, what)))?;
        Ok(ask(asked, now, rules, what))
    }
    fn count_question(&self, now: Millis, target: &AccountId, what: Question) -> Result<(), Down> {
        quota::count(&self.conn, self.quotas.window(now, Counted::Asked(*target, what)), 1)
    }
}

impl AccountStore for Work {
    fn know_run_key(&mut self, check: &[u8; 32]) -> Result<bool, StoreDown> {
        let work = || -> Result<bool, Down> {
            let sql = "INSERT INTO registrar (id, key_check) VALUES (1, $1) ON CONFLICT DO NOTHING";
            run(&self.conn, sql, params![by(check)])?;
            let kept: Option<[u8; 32]> = one(&self.conn, "SELECT key_check FROM registrar WHERE id = 1", params![], |r| r.id(0))?;
            Ok(kept.as_ref() == Some(check))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn issue_code(
        &mut self,
        now: Millis,
        rules: &Rules,
        issue: &IssueCode,
    ) -> Result<Result<CodeIssued, IssueRefused>, StoreDown> {
        let work = || -> Result<Result<CodeIssued, IssueRefused>, Down> {
            let person = "SELECT account FROM person WHERE run_hash = $1";
            let account: Option<Option<i64>> = one(&self.conn, person, params![by(issue.run.as_bytes())], |r| r.cell(0))?;
            let replaces: Option<i64> = account.flatten();
            let actor = match counter::issuer(&self.conn, now, rules, issue)? {
                Ok(actor) => actor,
                Err(refused) => return Ok(Err(refused)),
            };
            if let Err(refused) = judge::issue(replaces.is_some(), issue.recover) {
                let deed = if replaces.is_some() { Deed::HasAccount } else { Deed::NoAccount };
                counter::record(&self.conn, now, actor, deed, String::new())?;
                return Ok(Err(refused));
            }
            let deed = if issue.recover { Deed::IssuedReset } else { Deed::Issued };
            counter::record(&self.conn, now, actor, deed, Reference::of(&issue.code).to_string())?;
            let expires_at = now.plus(rules.code_lifetime_ms);
            run(
                &self.conn,
                "INSERT INTO person (run_hash, code_hash, code_ends_ms, replaces) VALUES ($1, $2, $3, $4)
             ON CONFLICT (run_hash) DO UPDATE
             SET code_hash = excluded.code_hash, code_ends_ms = excluded.code_ends_ms, replaces = excluded.replaces",
                params![by(issue.run.as_bytes()), by(issue.code.as_bytes()), int(expires_at.get()), replaces],
            )?;
            Ok(Ok(CodeIssued { expires_at }))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn enroll(&mut self, now: Millis, enroll: &Enroll) -> Result<Result<Enrolled, EnrollRefused>, StoreDown> {
        let mut work = || -> Result<Result<Enrolled, EnrollRefused>, Down> {
            let run_hash = match holder(&self.conn, now, &enroll.code)? {
                None => return Ok(Err(EnrollRefused::Code)),
                Some((run_hash, Some(account))) => {
                    let Some(binding) = answered(&self.conn, account, enroll)? else { return Ok(Err(EnrollRefused::Code)) };
                    // a code for recovery that brought the account itself back is used, and replaces nothing any more
                    let used = "UPDATE person SET replaces = NULL WHERE run_hash = $1 AND account = replaces";
                    run(&self.conn, used, params![by(&run_hash)])?;
                    return Ok(Ok(Enrolled { binding }));
                }
                Some((run_hash, None)) => run_hash,
            };
            if account_number(&self.conn, &enroll.account)?.is_some() {
                return Ok(Err(EnrollRefused::AccountTaken));
            }
            let handle = enroll.handle.as_str();
            let taken = "SELECT 1 FROM account WHERE handle = $1 UNION ALL SELECT 1 FROM retired_handle WHERE handle = $1";
            if exists(&self.conn, taken, params![handle])? {
                return Ok(Err(EnrollRefused::HandleTaken));
            }
            if let Err(refused) = inboxes::free(&self.conn, None, &enroll.devices)? {
                return Ok(Err(refused.into()));
            }
            let (id, bytes) = (enroll.account.as_bytes(), judge::size(&enroll.state));
            let account = open_account(&self.conn, id, handle, &enroll.binding, bytes, None)?;
            add_state(&self.conn, account, 0, &enroll.state)?;
            set_devices(&self.conn, account, &enroll.devices)?;
            self.take_inboxes(account, &enroll.devices)?;
            run(&self.conn, "UPDATE person SET account = $2 WHERE run_hash = $1", params![by(&run_hash), account])?;
            Ok(Ok(Enrolled { binding: enroll.binding.clone() }))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn recover(&mut self, now: Millis, recover: &Recover) -> Result<Result<Recovered, RecoverRefused>, StoreDown> {
        let mut work = || -> Result<Result<Recovered, RecoverRefused>, Down> {
            let code = "SELECT run_hash, account, replaces FROM person
                    WHERE code_hash = $1 AND code_ends_ms > $2 AND account IS NOT NULL AND replaces IS NOT NULL";
            let read = |r: &Row| Ok((r.id::<[u8; 32]>(0)?, r.cell::<i64>(1)?, r.cell::<i64>(2)?));
            let Some((run_hash, there, replaces)) =
                one(&self.conn, code, params![by(recover.code.as_bytes()), int(now.get())], read)?
            else {
                return Ok(Err(RecoverRefused::Code));
            };
            if there != replaces {
                // the code was used: the same call gets its first answer
                let sql = "SELECT binding, reset FROM account JOIN account_state USING (account)
                       WHERE account.account = $1 AND id = $2 AND number = 0 AND note = $3";
                let answer = |r: &Row| Ok(Recovered { binding: r.cell(0)?, reset: r.cell(1)? });
                let first = one(&self.conn, sql, params![there, by(recover.account.as_bytes()), recover.state], answer)?;
                return Ok(first.ok_or(RecoverRefused::Code));
            }
            let same = "SELECT 1 FROM account WHERE account = $1 AND id = $2 AND handle = $3";
            let handle = recover.handle.as_str();
            if !exists(&self.conn, same, params![there, by(recover.before.as_bytes()), handle])? {
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
            let (id, bytes) = (recover.account.as_bytes(), judge::size(&recover.state));
            let account = open_account(&self.conn, id, handle, &recover.binding, bytes, Some(&recover.reset))?;
            // behind the gate: the numbers have no gap
            let sql = "INSERT INTO reset (number, note) SELECT coalesce(max(number), 0) + 1, $1 FROM reset";
            run(&self.conn, sql, params![recover.reset])?;
            add_state(&self.conn, account, 0, &recover.state)?;
            set_devices(&self.conn, account, &recover.devices)?;
            self.take_inboxes(account, &recover.devices)?;
            run(&self.conn, "UPDATE person SET account = $2 WHERE run_hash = $1", params![by(&run_hash), account])?;
            Ok(Ok(Recovered { binding: recover.binding.clone(), reset: recover.reset.clone() }))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn pause_account(&mut self, by: &Speaker, paused: bool) -> Result<Result<(), NoDevice>, StoreDown> {
        let work = || -> Result<Result<(), NoDevice>, Down> {
            let account = match speaking(&self.conn, by)? {
                Ok(Speaking { account, .. }) => account,
                Err(over) => return Ok(Err(over)),
            };
            run(&self.conn, "UPDATE account SET paused = $2 WHERE account = $1", params![account, paused])?;
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
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
            let office = "DELETE FROM office WHERE run_hash IN (SELECT run_hash FROM person WHERE account = $1)";
            run(&self.conn, office, params![account])?;
            run(&self.conn, "DELETE FROM person WHERE account = $1", params![account])?;
            self.give_up_inboxes(account)?;
            delete_account(&self.conn, account)?;
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
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
            let sql = "SELECT chain_bytes FROM account WHERE account = $1";
            let bytes = one(&self.conn, sql, params![account], |r| r.number(0))?;
            let bytes = match judge::chain(bytes.unwrap_or(0), &put.state, rules) {
                Ok(bytes) => bytes,
                Err(refused) => return Ok(Err(refused)),
            };
            if (put.closing.is_some() || drops_device(&self.conn, account, &put.devices)?)
                && let Err(stale) = self.close(account, &put.closing.clone().unwrap_or_default())?
            {
                return Ok(Err(stale.into()));
            }
            run(&self.conn, "UPDATE account SET chain_bytes = $2 WHERE account = $1", params![account, int(bytes)])?;
            add_state(&self.conn, account, put.number, &put.state)?;
            set_devices(&self.conn, account, &put.devices)?;
            self.take_inboxes(account, &put.devices)?;
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn put_key_packages(
        &mut self,
        now: Millis,
        rules: &Rules,
        put: &PutKeyPackages,
    ) -> Result<Result<Remaining, PutKeyPackagesRefused>, StoreDown> {
        let work = || -> Result<Result<Remaining, PutKeyPackagesRefused>, Down> {
            let device = match speaking(&self.conn, &put.by)? {
                Ok(Speaking { device, .. }) => device,
                Err(over) => return Ok(Err(over.into())),
            };
            // the limits are judged on the outcome: a savepoint takes it back
            self.conn.simple("SAVEPOINT part")?;
            let outcome = add_packages(&self.conn, now, rules, device, put)?;
            self.conn.simple(if outcome.is_err() { "ROLLBACK TO part" } else { "RELEASE part" })?;
            Ok(outcome.map_err(PutKeyPackagesRefused::Limit))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn take_stamps(&mut self, now: Millis, rules: &Rules, take: &TakeStamps) -> Result<Result<(), TakeStampsRefused>, StoreDown> {
        let work = || -> Result<Result<(), TakeStampsRefused>, Down> {
            if let Err(over) = speaking(&self.conn, &take.by)? {
                return Ok(Err(over.into()));
            }
            let window = self.quotas.window(now, Counted::Stamps(take.by.account));
            if let Err(limited) = stamps(quota::so_far(&self.conn, window)?, now, take.count, rules) {
                return Ok(Err(TakeStampsRefused::Limit(limited)));
            }
            quota::count(&self.conn, window, take.count)?;
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn add_stamps(&mut self, now: Millis, rules: &Rules, hashes: &[TokenHash]) -> Result<(), StoreDown> {
        let work = || -> Result<(), Down> {
            let ends = int(rules.stamps_end(now).get());
            let hashes: Vec<&[u8]> = hashes.iter().map(|hash| by(hash.as_bytes())).collect();
            // in the order of hashes, as every lock on stamps
            let sql = "INSERT INTO stamp (hash, ends_ms) SELECT hash, $2 FROM unnest($1::bytea[]) AS s (hash) ORDER BY hash
                       ON CONFLICT (hash) DO NOTHING";
            run(&self.conn, sql, params![hashes, ends])?;
            Ok(())
        };
        let done = work();
        self.batch.tell(done)
    }

    fn spend_stamp(&mut self, stamp: &TokenHash) -> Result<bool, StoreDown> {
        let sql = "DELETE FROM stamp WHERE hash = $1";
        let done = run(&self.conn, sql, params![by(stamp.as_bytes())]).map(|rows| rows == 1);
        self.batch.tell(done)
    }

    fn lookup(&mut self, now: Millis, rules: &Rules, lookup: &Lookup) -> Result<Result<LookupAnswer, AskRefused>, StoreDown> {
        let mut work = || -> Result<Result<LookupAnswer, AskRefused>, Down> {
            if !stamp_there(&self.conn, &lookup.stamp)? {
                return Ok(Err(AskRefused::Stamp));
            }
            let read = |r: &Row| Ok((r.cell::<i64>(0)?, r.id::<AccountId>(1)?, r.cell::<bool>(2)?));
            let found = match &lookup.who {
                Who::Handle(h) => {
                    one(&self.conn, "SELECT account, id, paused FROM account WHERE handle = $1", params![h.as_str()], read)?
                }
                Who::Account(a) => {
                    one(&self.conn, "SELECT account, id, paused FROM account WHERE id = $1", params![by(a.as_bytes())], read)?
                }
            };
            if let Some((_, id, _)) = &found
                && let Err(refused) = self.asks(now, rules, id, Question::Lookup)?
            {
                return Ok(Err(refused));
            }
            self.spend_stamp(&lookup.stamp)?;
            let Some((account, id, paused)) = found else { return Ok(Ok(LookupAnswer::NoAccount)) };
            self.count_question(now, &id, Question::Lookup)?;
            Ok(Ok(if paused { LookupAnswer::Paused } else { LookupAnswer::Entry(directory_entry(&self.conn, account)?) }))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn claim(&mut self, now: Millis, rules: &Rules, claim: &Claim) -> Result<Result<ClaimAnswer, AskRefused>, StoreDown> {
        let mut work = || -> Result<Result<ClaimAnswer, AskRefused>, Down> {
            if !stamp_there(&self.conn, &claim.stamp)? {
                return Ok(Err(AskRefused::Stamp));
            }
            let read = |r: &Row| Ok((r.cell::<i64>(0)?, r.cell::<bool>(1)?));
            let sql = "SELECT account, paused FROM account WHERE id = $1";
            let account = one(&self.conn, sql, params![by(claim.account.as_bytes())], read)?;
            if account.is_some()
                && let Err(refused) = self.asks(now, rules, &claim.account, Question::Claim)?
            {
                return Ok(Err(refused));
            }
            self.spend_stamp(&claim.stamp)?;
            let Some((account, paused)) = account else { return Ok(Ok(ClaimAnswer::NoAccount)) };
            self.count_question(now, &claim.account, Question::Claim)?;
            if paused {
                return Ok(Ok(ClaimAnswer::Paused));
            }
            let sql = "SELECT device, id FROM device WHERE account = $1 ORDER BY id";
            let devices: Vec<(i64, DeviceId)> = all(&self.conn, sql, params![account], |r| Ok((r.cell(0)?, r.id(1)?)))?;
            let mut packages = Vec::new();
            for (number, device) in devices {
                if let Some((key_package, last_resort)) = claim_one(&self.conn, now, number, claim.suite)? {
                    packages.push(Claimed { device, key_package, last_resort });
                }
            }
            Ok(Ok(if packages.is_empty() { ClaimAnswer::NoKeyPackage } else { ClaimAnswer::Packages(packages) }))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn sweep_accounts(&mut self, now: Millis, limit: u32) -> Result<bool, StoreDown> {
        let work = || -> Result<bool, Down> {
            let (now, limit) = (int(now.get()), i64::from(limit));
            let sql = "SELECT run_hash, account IS NULL FROM person
                   WHERE code_ends_ms <= $1 ORDER BY code_ends_ms, run_hash LIMIT $2";
            let read = |r: &Row| Ok((r.id::<[u8; 32]>(0)?, r.cell::<bool>(1)?));
            let ended = all(&self.conn, sql, params![now, limit], read)?;
            for (run_hash, stranger) in &ended {
                // who never enrolled leaves nothing behind
                let sql = if *stranger {
                    "DELETE FROM person WHERE run_hash = $1"
                } else {
                    "UPDATE person SET code_hash = NULL, code_ends_ms = NULL, replaces = NULL WHERE run_hash = $1"
                };
                run(&self.conn, sql, params![by(run_hash)])?;
            }
            let packages = run(
                &self.conn,
                "DELETE FROM key_package WHERE arrival IN (SELECT arrival FROM key_package WHERE ends_ms <= $1 ORDER BY ends_ms LIMIT $2)",
                params![now, limit],
            )?;
            let stamps = run(
                &self.conn,
                "DELETE FROM stamp WHERE hash IN (SELECT hash FROM stamp WHERE ends_ms <= $1 ORDER BY ends_ms, hash LIMIT $2 FOR UPDATE)",
                params![now, limit],
            )?;
            let grants = notices::sweep(&self.conn, now, limit)?;
            let most = u64::try_from(limit).unwrap_or(u64::MAX);
            let codes = u64::try_from(ended.len()).unwrap_or(u64::MAX);
            Ok([codes, packages, stamps, grants].into_iter().any(|rows| rows >= most))
        };
        let done = work();
        self.batch.tell(done)
    }
}
