//! Official notices in PostgreSQL: bodies, addresses, grants, deliveries.

mod deliver;
mod reads;
mod rows;

pub(crate) use rows::{forget, sweep};

use crate::Down;
use crate::batch::Work;
use crate::quota::{self, Counted};
use crate::sql::{Cells as _, by, int, one, only, params, run};
use crate::who::{Speaking, all_states, speaking};
use deliver::lines_of;
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, ChannelClass};
use lacre_ground::time::Millis;
use lacre_store::accounts::CodeIssued;
use lacre_store::bodies::{
    AgencyRefused, Body, BodyKey, EnrollAgency, EnrollAgencyRefused, IssueAgencyCode, IssueAgencyRefused, LimitAgency, NoAgency,
    RenewAgency, TakeBodyStamps,
};
use lacre_store::channels::Limited;
use lacre_store::closing::{CloseRefused, Closing, Stale};
use lacre_store::counter::Deed;
use lacre_store::judge::notices::{self as judge, Delivering};
use lacre_store::notices::{
    Address, Answered, Deliver, DeliverRefused, Delivered, Designate, Found, PauseNotices, PutGrants, PutGrantsRefused,
    SetExempt, TakeAnswer, month, oldest_month,
};
use lacre_store::quotas::Kind;
use lacre_store::rules::{Limit, Rules};
use lacre_store::speaker::{NoDevice, Speaker};
use lacre_store::{NoticeStore, StoreDown};
use lacre_store_sql::counter::record;
use rows::{account_of, add_grants, by_code, by_invitation, by_key, designation, exempt, next_grant};
impl Work {
    /// Grants of an account and all append rights of its casillas go.
    pub(crate) fn close(&mut self, account: i64, closing: &Closing) -> Result<Result<(), Stale>, Down> {
        let sql = "SELECT grants_version FROM account WHERE account = $1";
        let version: Option<u64> = one(&self.conn, sql, params![account], |r| r.number(0))?;
        if version != Some(closing.version) {
            return Ok(Err(Stale));
        }
        run(&self.conn, "DELETE FROM kept_grant WHERE account = $1", params![account])?;
        self.withdraw(&closing.casillas, ChannelClass::Casilla)?;
        Ok(Ok(()))
    }

    /// The speaker's account, when something closes with it that was looked up in time.
    fn closing(&mut self, by: &Speaker, closing: Option<&Closing>) -> Result<Result<i64, CloseRefused>, Down> {
        let account = match speaking(&self.conn, by)? {
            Ok(Speaking { account, .. }) => account,
            Err(over) => return Ok(Err(over.into())),
        };
        match closing {
            None => Ok(Ok(account)),
            Some(closing) => Ok(self.close(account, closing)?.map(|()| account).map_err(CloseRefused::Stale)),
        }
    }

    /// How much of this a body had on this day.
    pub(super) fn had(&self, now: Millis, body: &BodyKey, kind: Kind) -> Result<u32, Down> {
        quota::so_far(&self.conn, self.quotas.window(now, Counted::Body(*body, kind)))
    }

    fn count(&self, now: Millis, body: &BodyKey, kind: Kind, more: u32) -> Result<(), Down> {
        quota::count(&self.conn, self.quotas.window(now, Counted::Body(*body, kind)), more)
    }

    /// The body that asks, and that its day has room for one more.
    fn asking(&mut self, now: Millis, key: &BodyKey, (kind, limit): (Kind, Limit)) -> Result<Result<Body, AgencyRefused>, Down> {
        let body = match judge::asks(by_key(&self.conn, key)?) {
            Ok((body, _)) => body,
            Err(none) => return Ok(Err(none.into())),
        };
        let had = self.had(now, key, kind)?;
        Ok(judge::answers(had, &body, limit, now).map(|()| body))
    }

    fn find_address(&mut self, now: Millis, rules: &Rules, account: i64, id: AccountId) -> Result<Option<Address>, Down> {
        let Some(designation) = designation(&self.conn, account)? else { return Ok(None) };
        let Some((arrival, last_resort, grant)) = next_grant(&self.conn, account, now, rules)? else { return Ok(None) };
        if !last_resort {
            run(&self.conn, "UPDATE kept_grant SET sealed = NULL WHERE arrival = $1", params![arrival])?;
        }
        let states = all_states(&self.conn, account)?;
        Ok(Some(Address { account: id, states, designation, grant, last_resort }))
    }
}

impl NoticeStore for Work {
    fn issue_agency_code(
        &mut self,
        now: Millis,
        rules: &Rules,
        issue: &IssueAgencyCode,
    ) -> Result<Result<CodeIssued, IssueAgencyRefused>, StoreDown> {
        let work = || -> Result<Result<CodeIssued, IssueAgencyRefused>, Down> {
            let there = by_code(&self.conn, &issue.code)?;
            if there.as_ref().is_some_and(|b| b.enrolled.is_some() && !b.revoked) {
                return Ok(Err(IssueAgencyRefused::Exists));
            }
            let all: u32 = only(&self.conn, "SELECT count(*) FROM agency", params![], |r| r.small(0))?;
            let most = rules.max_agencies;
            if there.is_none() && all >= most {
                return Ok(Err(IssueAgencyRefused::Limit(Limited::beyond(Limit::MaxAgencies, most.into()))));
            }
            let expires_at = now.plus(rules.code_lifetime_ms);
            let sql = "INSERT INTO agency (code, name, place, invitation, code_ends_ms, revoked, per_day)
                       VALUES ($1, $2, $3, $4, $5, false, $6)
                       ON CONFLICT (code) DO UPDATE SET name = excluded.name, place = excluded.place,
                       invitation = excluded.invitation, code_ends_ms = excluded.code_ends_ms";
            let (invitation, ends) = (by(issue.invitation.as_bytes()), int(expires_at.get()));
            let row = params![issue.code.as_str(), issue.name, issue.place, invitation, ends, i64::from(rules.agency_per_day)];
            run(&self.conn, sql, row)?;
            record(&self.conn, now, None, Deed::AgencyCodeIssued, issue.code.to_string())?;
            Ok(Ok(CodeIssued { expires_at }))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn enroll_agency(
        &mut self,
        now: Millis,
        _: &Rules,
        enroll: &EnrollAgency,
    ) -> Result<Result<String, EnrollAgencyRefused>, StoreDown> {
        let work = || -> Result<Result<String, EnrollAgencyRefused>, Down> {
            let Some(body) = by_invitation(&self.conn, now, &enroll.invitation)? else {
                return Ok(Err(EnrollAgencyRefused::Code));
            };
            if let Some(enrolled) = body.enrolled.as_ref().filter(|_| !body.revoked) {
                let same = enrolled.key == enroll.key;
                return Ok(if same { Ok(enrolled.certificate.clone()) } else { Err(EnrollAgencyRefused::Code) });
            }
            if by_key(&self.conn, &enroll.key)?.is_some_and(|other| other.code != body.code) {
                return Ok(Err(EnrollAgencyRefused::Key));
            }
            let sql = "UPDATE agency SET key = $2, certificate = $3, until_ms = $4, revoked = false WHERE code = $1";
            let until = int(enroll.until.get());
            run(&self.conn, sql, params![body.code.as_str(), by(&enroll.key.0), enroll.certificate, until])?;
            Ok(Ok(enroll.certificate.clone()))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn renew_agency(&mut self, now: Millis, renew: &RenewAgency) -> Result<Result<(), NoAgency>, StoreDown> {
        let work = || -> Result<Result<(), NoAgency>, Down> {
            let sql = "UPDATE agency SET certificate = $3, until_ms = $4 WHERE code = $1 AND key = $2 AND NOT revoked";
            let row = params![renew.code.as_str(), by(&renew.key.0), renew.certificate, int(renew.until.get())];
            if run(&self.conn, sql, row)? == 0 {
                return Ok(Err(NoAgency));
            }
            record(&self.conn, now, None, Deed::AgencyRenewed, renew.code.to_string())?;
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn revoke_agency(&mut self, now: Millis, code: &AgencyCode) -> Result<Result<(), NoAgency>, StoreDown> {
        let work = || -> Result<Result<(), NoAgency>, Down> {
            let idle = "DELETE FROM agency WHERE code = $1 AND key IS NULL";
            let known = "UPDATE agency SET revoked = true, invitation = NULL, code_ends_ms = NULL
                         WHERE code = $1 AND key IS NOT NULL AND (NOT revoked OR invitation IS NOT NULL)";
            let rows = run(&self.conn, idle, params![code.as_str()])? + run(&self.conn, known, params![code.as_str()])?;
            if rows == 0 {
                return Ok(Err(NoAgency));
            }
            record(&self.conn, now, None, Deed::AgencyRevoked, code.to_string())?;
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn limit_agency(&mut self, now: Millis, limit: &LimitAgency) -> Result<Result<(), NoAgency>, StoreDown> {
        let work = || -> Result<Result<(), NoAgency>, Down> {
            let sql = "UPDATE agency SET per_day = $2 WHERE code = $1";
            let rows = run(&self.conn, sql, params![limit.code.as_str(), i64::from(limit.per_day)])?;
            if rows == 0 {
                return Ok(Err(NoAgency));
            }
            record(&self.conn, now, None, Deed::AgencyLimited, limit.about())?;
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn designate(&mut self, designate: &Designate) -> Result<Result<(), CloseRefused>, StoreDown> {
        let Designate { by, note, closing } = designate;
        let mut work = || -> Result<Result<(), CloseRefused>, Down> {
            let account = match self.closing(by, Some(closing).filter(|_| note.is_none()))? {
                Ok(account) => account,
                Err(refused) => return Ok(Err(refused)),
            };
            run(&self.conn, "UPDATE account SET designation = $2 WHERE account = $1", params![account, note])?;
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn put_grants(&mut self, now: Millis, rules: &Rules, put: &PutGrants) -> Result<Result<u32, PutGrantsRefused>, StoreDown> {
        let work = || -> Result<Result<u32, PutGrantsRefused>, Down> {
            let account = match speaking(&self.conn, &put.by)? {
                Ok(Speaking { account, .. }) => account,
                Err(NoDevice) => return Ok(Err(NoDevice.into())),
            };
            let sql = "SELECT designation IS NOT NULL, notices_paused FROM account WHERE account = $1";
            match one(&self.conn, sql, params![account], |r| Ok((r.cell(0)?, r.cell(1)?)))? {
                Some((true, false)) => {}
                Some((true, true)) => return Ok(Err(PutGrantsRefused::Paused)),
                Some((false, _)) | None => return Ok(Err(PutGrantsRefused::NotDesignated)),
            }
            for casilla in &put.casillas {
                let owner =
                    one(&self.conn, "SELECT account FROM kept_casilla WHERE tag = $1", params![by(&casilla.tag)], |r| r.cell(0))?;
                if owner.is_some_and(|owner: Option<i64>| owner != Some(account)) {
                    return Ok(Err(PutGrantsRefused::Anothers));
                }
            }
            // the limit is judged on the outcome: a savepoint takes it back
            self.conn.simple("SAVEPOINT part")?;
            let outcome = add_grants(&self.conn, now, rules, account, put)?;
            self.conn.simple(if outcome.is_err() { "ROLLBACK TO part" } else { "RELEASE part" })?;
            Ok(outcome)
        };
        let done = work();
        self.batch.tell(done)
    }

    fn pause_notices(&mut self, pause: &PauseNotices) -> Result<Result<(), CloseRefused>, StoreDown> {
        let PauseNotices { by, paused, closing } = pause;
        let mut work = || -> Result<Result<(), CloseRefused>, Down> {
            let account = match self.closing(by, Some(closing).filter(|_| *paused))? {
                Ok(account) => account,
                Err(refused) => return Ok(Err(refused)),
            };
            run(&self.conn, "UPDATE account SET notices_paused = $2 WHERE account = $1", params![account, paused])?;
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn set_exempt(&mut self, now: Millis, set: &SetExempt) -> Result<Result<(), Stale>, StoreDown> {
        let mut work = || -> Result<Result<(), Stale>, Down> {
            let Some(reason) = set.reason else {
                if run(&self.conn, "DELETE FROM exempt WHERE run_hash = $1", params![by(set.run.as_bytes())])? > 0 {
                    record(&self.conn, now, None, Deed::ExemptionEnded, String::new())?;
                }
                return Ok(Ok(()));
            };
            let (account, id) = account_of(&self.conn, &set.run)?.unzip();
            if id != set.account {
                return Ok(Err(Stale));
            }
            if let Some(account) = account
                && let Err(stale) = self.close(account, &set.closing)?
            {
                return Ok(Err(stale));
            }
            if exempt(&self.conn, &set.run)? != Some(reason) {
                record(&self.conn, now, None, Deed::Exempted, String::new())?;
            }
            let sql = "INSERT INTO exempt (run_hash, reason) VALUES ($1, $2)
                       ON CONFLICT (run_hash) DO UPDATE SET reason = excluded.reason";
            run(&self.conn, sql, params![by(set.run.as_bytes()), i64::from(reason.code())])?;
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn take_answer(
        &mut self,
        now: Millis,
        rules: &Rules,
        take: &TakeAnswer,
    ) -> Result<Result<Answered, AgencyRefused>, StoreDown> {
        let mut work = || -> Result<Result<Answered, AgencyRefused>, Down> {
            let body = match self.asking(now, &take.body, (Kind::Answer, Limit::LookupsPerAgencyDay))? {
                Ok(body) => body,
                Err(refused) => return Ok(Err(refused)),
            };
            self.count(now, &take.body, Kind::Answer, 1)?;
            let account = account_of(&self.conn, &take.run)?;
            if let Some((account, _)) = account {
                let sql = "INSERT INTO answer_count (account, month, count) VALUES ($1, $2, 1)
                           ON CONFLICT (account, month) DO UPDATE SET count = answer_count.count + 1";
                run(&self.conn, sql, params![account, i64::from(month(now))])?;
                let old = "DELETE FROM answer_count WHERE account = $1 AND month < $2";
                run(&self.conn, old, params![account, i64::from(oldest_month(month(now)))])?;
            }
            let found = match (exempt(&self.conn, &take.run)?, account) {
                (Some(reason), _) => Found::Exempt(reason),
                (None, None) => Found::NoAccount,
                (None, Some((account, id))) => {
                    self.find_address(now, rules, account, id)?.map_or(Found::NoAccount, Found::Account)
                }
            };
            Ok(Ok(Answered { body, found, at: now.max(self.batch.accepted) }))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn count_route(&mut self, now: Millis, _: &Rules, body: &BodyKey) -> Result<Result<(), AgencyRefused>, StoreDown> {
        let mut work = || -> Result<Result<(), AgencyRefused>, Down> {
            let asking = self.asking(now, body, (Kind::Route, Limit::RoutesPerAgencyDay))?;
            if asking.is_ok() {
                self.count(now, body, Kind::Route, 1)?;
            }
            Ok(asking.map(drop))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn take_body_stamps(
        &mut self,
        now: Millis,
        rules: &Rules,
        take: &TakeBodyStamps,
    ) -> Result<Result<(), AgencyRefused>, StoreDown> {
        let work = || -> Result<Result<(), AgencyRefused>, Down> {
            if let Err(none) = judge::asks(by_key(&self.conn, &take.body)?) {
                return Ok(Err(none.into()));
            }
            let had = self.had(now, &take.body, Kind::Stamps)?;
            let room = judge::of_day(had, take.count, rules.stamps_per_agency_day, Limit::StampsPerAgencyDay, now);
            if room.is_ok() {
                self.count(now, &take.body, Kind::Stamps, take.count)?;
            }
            Ok(room.map_err(AgencyRefused::Limit))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn deliver(&mut self, now: Millis, rules: &Rules, d: &Deliver) -> Result<Result<Delivered, DeliverRefused>, StoreDown> {
        let mut work = || -> Result<Result<Delivered, DeliverRefused>, Down> {
            let body = match judge::asks(by_key(&self.conn, &d.body)?) {
                Ok((body, _)) => body,
                Err(none) => return Ok(Err(none.into())),
            };
            let key = self.head(&d.channel).map(|head| head.key);
            let seen = self.seen(now, d, key)?;
            let head = self.head(&d.channel);
            let right = match judge::deliver(head, &body, &seen, rules, now, d) {
                Err(refused) => return Ok(Err(refused)),
                Ok(Delivering::Again) => {
                    let lines = key.map(|key| lines_of(&self.conn, key, &d.entry_id)).transpose()?.flatten();
                    let lines = lines.ok_or_else(|| StoreDown::damaged("a notice without the lines of its record"))?;
                    return Ok(Ok(Delivered { lines, again: true }));
                }
                Ok(Delivering::Store { right, .. }) => right,
            };
            let lines = self.store_notice(now, rules, d, right)?;
            self.count(now, &d.body, Kind::Delivery, 1)?;
            if !right.once {
                let window = self.quotas.window(now, Counted::LastResort(d.body, d.channel));
                quota::count(&self.conn, window, 1)?;
            }
            Ok(Ok(Delivered { lines, again: false }))
        };
        let done = work();
        self.batch.tell(done)
    }
}
