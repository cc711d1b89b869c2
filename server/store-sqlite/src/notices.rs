//! Official notices in SQLite: bodies, addresses, grants, deliveries.

mod deliver;
mod reads;

use super::SqliteStore;
use super::rows::{Sql, number, one, run};
use super::who::{Speaking, all_states, speaking};
use crate::Down;
use deliver::lines_of;
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, ChannelId, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::accounts::{CodeIssued, RunHash};
use lacre_store::bodies::{
    AgencyRefused, Body, BodyKey, EnrollAgency, EnrollAgencyRefused, Enrolled, IssueAgencyCode, IssueAgencyRefused, LimitAgency,
    NoAgency, RenewAgency, TakeBodyStamps,
};
use lacre_store::channels::Limited;
use lacre_store::closing::{CloseRefused, Closing, Stale};
use lacre_store::counter::Deed;
use lacre_store::judge::notices::{self as judge, Delivering};
use lacre_store::notices::{
    Address, Answered, Deliver, DeliverRefused, Delivered, Designate, Exempt, Found, KeptGrant, PauseNotices, PutGrants,
    PutGrantsRefused, SealedCasillas, SetExempt, TakeAnswer, month, oldest_month,
};
use lacre_store::quotas::Kind;
use lacre_store::rules::{Limit, Rules};
use lacre_store::speaker::{NoDevice, Speaker};
use lacre_store::{NoticeStore, StoreDown};
use lacre_store_sql::counter::record;
use rusqlite::{Connection, Row, params};

/// Something in a column that no row of ours has.
fn strange(at: usize) -> rusqlite::Error {
    rusqlite::Error::IntegralValueOutOfRange(at, -1)
}

const BODY: &str = "SELECT code, name, place, key, certificate, until_ms, revoked, per_day FROM agency";

fn body_of(row: &Row<'_>) -> Sql<Body> {
    let code: String = row.get(0)?;
    let key: Option<[u8; 32]> = row.get(3)?;
    let enrolled = match key {
        None => None,
        Some(key) => Some(Enrolled { key: BodyKey(key), certificate: row.get(4)?, until: Millis::new(row.get(5)?) }),
    };
    Ok(Body {
        code: AgencyCode::parse(&code).ok_or_else(|| strange(0))?,
        name: row.get(1)?,
        place: row.get(2)?,
        enrolled,
        revoked: row.get(6)?,
        per_day: row.get(7)?,
    })
}

fn by_key(conn: &Connection, key: &BodyKey) -> Sql<Option<Body>> {
    one(conn, &format!("{BODY} WHERE key = ?1"), [key.0], body_of)
}

fn by_code(conn: &Connection, code: &AgencyCode) -> Sql<Option<Body>> {
    one(conn, &format!("{BODY} WHERE code = ?1"), [code.as_str()], body_of)
}

fn by_invitation(conn: &Connection, now: Millis, invitation: &TokenHash) -> Sql<Option<Body>> {
    let sql = format!("{BODY} WHERE invitation = ?1 AND code_ends_ms > ?2");
    one(conn, &sql, params![invitation.as_bytes(), number(now.get())], body_of)
}

fn exempt(conn: &Connection, run: &RunHash) -> Sql<Option<Exempt>> {
    let code = one(conn, "SELECT reason FROM exempt WHERE run_hash = ?1", [run.as_bytes()], |r| r.get::<_, u8>(0))?;
    code.map(|code| Exempt::from_code(code).ok_or_else(|| strange(0))).transpose()
}

/// The same of whoever has this account.
fn exempt_account(conn: &Connection, account: i64) -> Sql<Option<Exempt>> {
    let sql = "SELECT exempt.reason FROM person JOIN exempt USING (run_hash) WHERE person.account = ?1";
    let code = one(conn, sql, [account], |r| r.get::<_, u8>(0))?;
    code.map(|code| Exempt::from_code(code).ok_or_else(|| strange(0))).transpose()
}

/// The account of a person, as a number of this store and as everybody knows it.
fn account_of(conn: &Connection, run: &RunHash) -> Sql<Option<(i64, AccountId)>> {
    let sql = "SELECT account.account, account.id FROM person JOIN account USING (account) WHERE run_hash = ?1";
    one(conn, sql, [run.as_bytes()], |r| Ok((r.get(0)?, AccountId::new(r.get(1)?))))
}

/// The note of an account that is an address.
fn designation(conn: &Connection, account: i64) -> Sql<Option<String>> {
    let sql = "SELECT designation FROM account WHERE account = ?1 AND designation IS NOT NULL AND notices_paused = 0";
    one(conn, sql, [account], |r| r.get(0))
}

/// The grant that is handed out now: the oldest once one that holds, else the last resort.
fn next_grant(conn: &Connection, account: i64, now: Millis, rules: &Rules) -> Sql<Option<(i64, bool, Vec<u8>)>> {
    let sql = "SELECT arrival, last_resort, sealed FROM kept_grant
               WHERE account = ?1 AND sealed IS NOT NULL AND from_ms <= ?2 AND until_ms >= ?3
               ORDER BY last_resort, arrival LIMIT 1";
    let row = params![account, number(now.get()), number(now.plus(rules.grant_rest_ms).get())];
    one(conn, sql, row, |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
}

/// Once grants that are left.
fn once_left(conn: &Connection, account: i64, now: Millis, rules: &Rules) -> Sql<u32> {
    let sql = "SELECT count(*) FROM kept_grant
               WHERE account = ?1 AND last_resort = 0 AND sealed IS NOT NULL AND until_ms >= ?2";
    let row = params![account, number(now.plus(rules.grant_rest_ms).get())];
    conn.prepare_cached(sql)?.query_row(row, |r| r.get(0))
}

/// Grants, the casillas that they name, and how many once ones are left then.
fn add_grants(
    conn: &Connection,
    now: Millis,
    rules: &Rules,
    account: i64,
    put: &PutGrants,
) -> Sql<Result<u32, PutGrantsRefused>> {
    if put.replace_all {
        run(conn, "DELETE FROM kept_grant WHERE account = ?1 AND sealed IS NOT NULL", [account])?;
    }
    let kept = |grant: &&KeptGrant| judge::is_kept(grant, now, rules);
    for grant in put.grants.iter().filter(kept) {
        if grant.last_resort {
            run(conn, "DELETE FROM kept_grant WHERE account = ?1 AND last_resort = 1", [account])?;
        }
        let sql = "INSERT INTO kept_grant (account, tag, last_resort, from_ms, until_ms, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT (account, tag) DO NOTHING";
        let (from, until) = (number(grant.from.get()), number(grant.until.get()));
        run(conn, sql, params![account, grant.tag, grant.last_resort, from, until, grant.sealed])?;
    }
    for casilla in &put.casillas {
        let sql = "INSERT INTO kept_casilla (tag, account, until_ms, sealed) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (tag) DO UPDATE SET until_ms = max(until_ms, excluded.until_ms)";
        run(conn, sql, params![casilla.tag, account, number(casilla.until.get()), casilla.sealed])?;
    }
    run(conn, "UPDATE account SET grants_version = grants_version + 1 WHERE account = ?1", [account])?;
    let left = once_left(conn, account, now, rules)?;
    Ok(judge::grants(left, rules).map(|()| left))
}

/// What an account leaves behind when it goes.
pub(super) fn forget(conn: &Connection, account: i64) -> Sql<()> {
    run(conn, "DELETE FROM kept_grant WHERE account = ?1", [account])?;
    run(conn, "UPDATE kept_casilla SET account = NULL WHERE account = ?1", [account])?;
    run(conn, "DELETE FROM answer_count WHERE account = ?1", [account]).map(drop)
}

/// Removes grants and casillas whose time is over; how many of the more.
pub(super) fn sweep(conn: &Connection, now: i64, limit: u32) -> Sql<usize> {
    let grants = "DELETE FROM kept_grant WHERE arrival IN
                  (SELECT arrival FROM kept_grant WHERE until_ms <= ?1 ORDER BY until_ms LIMIT ?2)";
    let casillas = "DELETE FROM kept_casilla WHERE tag IN
                    (SELECT tag FROM kept_casilla WHERE until_ms <= ?1 ORDER BY until_ms LIMIT ?2)";
    Ok(run(conn, grants, params![now, limit])?.max(run(conn, casillas, params![now, limit])?))
}

/// Sealed casillas of an account, and how often grants were put.
pub(super) fn casillas(conn: &Connection, account: i64) -> Sql<SealedCasillas> {
    let version = one(conn, "SELECT grants_version FROM account WHERE account = ?1", [account], |r| r.get(0))?;
    let mut select = conn.prepare_cached("SELECT sealed FROM kept_casilla WHERE account = ?1 ORDER BY tag")?;
    let casillas = select.query_map([account], |r| r.get(0))?.collect::<Sql<_>>()?;
    Ok(SealedCasillas { version: version.unwrap_or(0), casillas })
}

impl SqliteStore {
    /// Grants of an account and all append rights of its casillas go.
    pub(super) fn close(&mut self, account: i64, closing: &Closing) -> Result<Result<(), Stale>, Down> {
        let sql = "SELECT grants_version FROM account WHERE account = ?1";
        let version: Option<u64> = one(&self.conn, sql, [account], |r| r.get(0))?;
        if version != Some(closing.version) {
            return Ok(Err(Stale));
        }
        run(&self.conn, "DELETE FROM kept_grant WHERE account = ?1", [account])?;
        self.close_casillas(&closing.casillas)?;
        Ok(Ok(()))
    }

    /// Withdraws every right to append to these.
    pub(super) fn close_casillas(&mut self, casillas: &[ChannelId]) -> Result<(), Down> {
        let sql = "DELETE FROM append_right WHERE channel = (SELECT channel FROM channel WHERE name = ?1 AND class = 3)";
        for casilla in casillas {
            if run(&self.conn, sql, [casilla.as_bytes()])? > 0
                && let Some(head) = self.channels.heads.get(casilla)
            {
                head.rights = Vec::new();
            }
        }
        Ok(())
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

    /// The body that asks, and that its day has room for one more.
    fn asking(&mut self, now: Millis, key: &BodyKey, (kind, limit): (Kind, Limit)) -> Result<Result<Body, AgencyRefused>, Down> {
        let body = match judge::asks(by_key(&self.conn, key)?) {
            Ok((body, _)) => body,
            Err(none) => return Ok(Err(none.into())),
        };
        let had = self.quotas.of_body(now, *key, kind);
        Ok(judge::answers(had, &body, limit, now).map(|()| body))
    }

    fn find_address(&mut self, now: Millis, rules: &Rules, account: i64, id: AccountId) -> Result<Option<Address>, Down> {
        let Some(designation) = designation(&self.conn, account)? else { return Ok(None) };
        let Some((arrival, last_resort, grant)) = next_grant(&self.conn, account, now, rules)? else { return Ok(None) };
        if !last_resort {
            run(&self.conn, "UPDATE kept_grant SET sealed = NULL WHERE arrival = ?1", [arrival])?;
        }
        let states = all_states(&self.conn, account)?;
        Ok(Some(Address { account: id, states, designation, grant, last_resort }))
    }
}

impl NoticeStore for SqliteStore {
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
            let (all, most): (u32, _) =
                (self.conn.prepare_cached("SELECT count(*) FROM agency")?.query_row([], |r| r.get(0))?, rules.max_agencies);
            if there.is_none() && all >= most {
                return Ok(Err(IssueAgencyRefused::Limit(Limited::beyond(Limit::MaxAgencies, most.into()))));
            }
            let expires_at = now.plus(rules.code_lifetime_ms);
            let sql = "INSERT INTO agency (code, name, place, invitation, code_ends_ms, revoked, per_day)
                       VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)
                       ON CONFLICT (code) DO UPDATE SET name = excluded.name, place = excluded.place,
                       invitation = excluded.invitation, code_ends_ms = excluded.code_ends_ms";
            let (invitation, ends) = (issue.invitation.as_bytes(), number(expires_at.get()));
            let row = params![issue.code.as_str(), issue.name, issue.place, invitation, ends, rules.agency_per_day];
            run(&self.conn, sql, row)?;
            record(&self.conn, now, None, Deed::AgencyCodeIssued, issue.code.to_string())?;
            Ok(Ok(CodeIssued { expires_at }))
        };
        Ok(work()?)
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
            let sql = "UPDATE agency SET key = ?2, certificate = ?3, until_ms = ?4, revoked = 0 WHERE code = ?1";
            let until = number(enroll.until.get());
            run(&self.conn, sql, params![body.code.as_str(), enroll.key.0, enroll.certificate, until])?;
            Ok(Ok(enroll.certificate.clone()))
        };
        Ok(work()?)
    }

    fn renew_agency(&mut self, now: Millis, renew: &RenewAgency) -> Result<Result<(), NoAgency>, StoreDown> {
        let work = || -> Result<Result<(), NoAgency>, Down> {
            let sql = "UPDATE agency SET certificate = ?3, until_ms = ?4 WHERE code = ?1 AND key = ?2 AND revoked = 0";
            let row = params![renew.code.as_str(), renew.key.0, renew.certificate, number(renew.until.get())];
            if run(&self.conn, sql, row)? == 0 {
                return Ok(Err(NoAgency));
            }
            record(&self.conn, now, None, Deed::AgencyRenewed, renew.code.to_string())?;
            Ok(Ok(()))
        };
        Ok(work()?)
    }

    fn revoke_agency(&mut self, now: Millis, code: &AgencyCode) -> Result<Result<(), NoAgency>, StoreDown> {
        let work = || -> Result<Result<(), NoAgency>, Down> {
            let idle = "DELETE FROM agency WHERE code = ?1 AND key IS NULL";
            let known = "UPDATE agency SET revoked = 1, invitation = NULL, code_ends_ms = NULL
                         WHERE code = ?1 AND key IS NOT NULL AND (revoked = 0 OR invitation IS NOT NULL)";
            let rows = run(&self.conn, idle, [code.as_str()])? + run(&self.conn, known, [code.as_str()])?;
            if rows == 0 {
                return Ok(Err(NoAgency));
            }
            record(&self.conn, now, None, Deed::AgencyRevoked, code.to_string())?;
            Ok(Ok(()))
        };
        Ok(work()?)
    }

    fn limit_agency(&mut self, now: Millis, limit: &LimitAgency) -> Result<Result<(), NoAgency>, StoreDown> {
        let work = || -> Result<Result<(), NoAgency>, Down> {
            let sql = "UPDATE agency SET per_day = ?2 WHERE code = ?1";
            let rows = run(&self.conn, sql, params![limit.code.as_str(), limit.per_day])?;
            if rows == 0 {
                return Ok(Err(NoAgency));
            }
            record(&self.conn, now, None, Deed::AgencyLimited, limit.about())?;
            Ok(Ok(()))
        };
        Ok(work()?)
    }

    fn designate(&mut self, designate: &Designate) -> Result<Result<(), CloseRefused>, StoreDown> {
        let Designate { by, note, closing } = designate;
        let mut work = || -> Result<Result<(), CloseRefused>, Down> {
            let account = match self.closing(by, Some(closing).filter(|_| note.is_none()))? {
                Ok(account) => account,
                Err(refused) => return Ok(Err(refused)),
            };
            run(&self.conn, "UPDATE account SET designation = ?2 WHERE account = ?1", params![account, note])?;
            Ok(Ok(()))
        };
        Ok(work()?)
    }

    fn put_grants(&mut self, now: Millis, rules: &Rules, put: &PutGrants) -> Result<Result<u32, PutGrantsRefused>, StoreDown> {
        let mut work = || -> Result<Result<u32, PutGrantsRefused>, Down> {
            let account = match speaking(&self.conn, &put.by)? {
                Ok(Speaking { account, .. }) => account,
                Err(NoDevice) => return Ok(Err(NoDevice.into())),
            };
            let sql = "SELECT designation IS NOT NULL, notices_paused FROM account WHERE account = ?1";
            match one(&self.conn, sql, [account], |r| Ok((r.get(0)?, r.get(1)?)))? {
                Some((true, false)) => {}
                Some((true, true)) => return Ok(Err(PutGrantsRefused::Paused)),
                Some((false, _)) | None => return Ok(Err(PutGrantsRefused::NotDesignated)),
            }
            for casilla in &put.casillas {
                let owner = one(&self.conn, "SELECT account FROM kept_casilla WHERE tag = ?1", [casilla.tag], |r| r.get(0))?;
                if owner.is_some_and(|owner: Option<i64>| owner != Some(account)) {
                    return Ok(Err(PutGrantsRefused::Anothers));
                }
            }
            // the limit is judged on the outcome: a savepoint takes it back
            let mut part = self.conn.savepoint()?;
            let outcome = add_grants(&part, now, rules, account, put)?;
            if outcome.is_err() {
                part.rollback()?;
            }
            part.commit()?;
            Ok(outcome)
        };
        Ok(work()?)
    }

    fn pause_notices(&mut self, pause: &PauseNotices) -> Result<Result<(), CloseRefused>, StoreDown> {
        let PauseNotices { by, paused, closing } = pause;
        let mut work = || -> Result<Result<(), CloseRefused>, Down> {
            let account = match self.closing(by, Some(closing).filter(|_| *paused))? {
                Ok(account) => account,
                Err(refused) => return Ok(Err(refused)),
            };
            run(&self.conn, "UPDATE account SET notices_paused = ?2 WHERE account = ?1", params![account, paused])?;
            Ok(Ok(()))
        };
        Ok(work()?)
    }

    fn set_exempt(&mut self, now: Millis, set: &SetExempt) -> Result<Result<(), Stale>, StoreDown> {
        let mut work = || -> Result<Result<(), Stale>, Down> {
            let Some(reason) = set.reason else {
                if run(&self.conn, "DELETE FROM exempt WHERE run_hash = ?1", [set.run.as_bytes()])? > 0 {
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
            let sql = "INSERT OR REPLACE INTO exempt (run_hash, reason) VALUES (?1, ?2)";
            run(&self.conn, sql, params![set.run.as_bytes(), reason.code()])?;
            Ok(Ok(()))
        };
        Ok(work()?)
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
            self.quotas.count_of_body(take.body, Kind::Answer, 1);
            let account = account_of(&self.conn, &take.run)?;
            if let Some((account, _)) = account {
                let sql = "INSERT INTO answer_count (account, month, count) VALUES (?1, ?2, 1)
                           ON CONFLICT (account, month) DO UPDATE SET count = count + 1";
                run(&self.conn, sql, params![account, month(now)])?;
                let old = "DELETE FROM answer_count WHERE account = ?1 AND month < ?2";
                run(&self.conn, old, params![account, oldest_month(month(now))])?;
            }
            let found = match (exempt(&self.conn, &take.run)?, account) {
                (Some(reason), _) => Found::Exempt(reason),
                (None, None) => Found::NoAccount,
                (None, Some((account, id))) => {
                    self.find_address(now, rules, account, id)?.map_or(Found::NoAccount, Found::Account)
                }
            };
            Ok(Ok(Answered { body, found, at: now.max(self.channels.accepted) }))
        };
        Ok(work()?)
    }

    fn count_route(&mut self, now: Millis, _: &Rules, body: &BodyKey) -> Result<Result<(), AgencyRefused>, StoreDown> {
        let mut work = || -> Result<Result<(), AgencyRefused>, Down> {
            let asking = self.asking(now, body, (Kind::Route, Limit::RoutesPerAgencyDay))?;
            Ok(asking.map(|_| self.quotas.count_of_body(*body, Kind::Route, 1)))
        };
        Ok(work()?)
    }

    fn take_body_stamps(
        &mut self,
        now: Millis,
        rules: &Rules,
        take: &TakeBodyStamps,
    ) -> Result<Result<(), AgencyRefused>, StoreDown> {
        let mut work = || -> Result<Result<(), AgencyRefused>, Down> {
            if let Err(none) = judge::asks(by_key(&self.conn, &take.body)?) {
                return Ok(Err(none.into()));
            }
            let had = self.quotas.of_body(now, take.body, Kind::Stamps);
            let room = judge::of_day(had, take.count, rules.stamps_per_agency_day, Limit::StampsPerAgencyDay, now);
            Ok(room.map_err(AgencyRefused::Limit).map(|()| self.quotas.count_of_body(take.body, Kind::Stamps, take.count)))
        };
        Ok(work()?)
    }

    fn deliver(&mut self, now: Millis, rules: &Rules, d: &Deliver) -> Result<Result<Delivered, DeliverRefused>, StoreDown> {
        let mut work = || -> Result<Result<Delivered, DeliverRefused>, Down> {
            let body = match judge::asks(by_key(&self.conn, &d.body)?) {
                Ok((body, _)) => body,
                Err(none) => return Ok(Err(none.into())),
            };
            let key = self.head(&d.channel)?.map(|head| head.key);
            let seen = self.seen(now, d, key)?;
            let head = self.channels.heads.newest(&d.channel);
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
            self.quotas.count_of_body(d.body, Kind::Delivery, 1);
            if !right.once {
                self.quotas.count_last_resort(d.body, d.channel);
            }
            Ok(Ok(Delivered { lines, again: false }))
        };
        Ok(work()?)
    }
}
