//! The registrar's counter in PostgreSQL: clerks, and the record of what was done.

use crate::batch::Work;
use crate::sql::{Cells as _, Conn, Sql, all, by, int, one, only, params, run, strange};
use crate::{Down, PgReads};
use lacre_ground::ids::TokenHash;
use lacre_ground::time::Millis;
use lacre_store::accounts::{IssueCode, IssueRefused};
use lacre_store::channels::Limited;
use lacre_store::counter::{
    Act, AddClerk, AddClerkRefused, By, Clerk, ClerkKey, ClerkName, DAY, Deed, Denied, Duties, HOUR, LiveCode, NoClerk, NoCode,
    Reference, Tally, admit,
};
use lacre_store::rules::{Limit, Rules};
use lacre_store::{CounterReads, CounterStore, StoreDown};
use tokio_postgres::Row;

fn name_of(row: &Row, at: usize) -> Sql<Option<ClerkName>> {
    let text: Option<String> = row.cell(at)?;
    text.map(|text| ClerkName::parse(&text).ok_or_else(|| strange("name"))).transpose()
}

const CLERK: &str = "SELECT name, key, may_issue, may_reset, added_ms, revoked_ms, clerk FROM clerk";

fn clerk_of(row: &Row) -> Sql<Clerk> {
    Ok(Clerk {
        name: name_of(row, 0)?.ok_or_else(|| strange("name"))?,
        key: ClerkKey(row.id(1)?),
        duties: Duties { issue: row.cell(2)?, reset: row.cell(3)? },
        added_at: Millis::new(row.number(4)?),
        revoked_at: row.cell::<Option<i64>>(5)?.map(|at| Millis::new(u64::try_from(at).unwrap_or(0))),
    })
}

fn act_of(row: &Row) -> Sql<Act> {
    Ok(Act {
        number: row.number(0)?,
        at: Millis::new(row.number(1)?),
        by: name_of(row, 2)?,
        deed: Deed::from_code(row.small(3)?).ok_or_else(|| strange("deed"))?,
        about: row.cell(4)?,
        chain: row.id(5)?,
    })
}

/// Who acts, as a number of this store: none for the operator.
pub(crate) type Actor = Option<(i64, ClerkName)>;

/// Writes an act behind the last one.
pub(crate) fn record(conn: &Conn, now: Millis, actor: Actor, deed: Deed, about: String) -> Sql<()> {
    let last = "SELECT number, chain FROM act ORDER BY number DESC LIMIT 1";
    let before = one(conn, last, params![], |r| Ok((r.number(0)?, r.id(1)?)))?;
    let (clerk, name) = actor.unzip();
    let act = Act::next(before, now, name, deed, about);
    let sql = "INSERT INTO act (number, at_ms, clerk, deed, about, chain) VALUES ($1, $2, $3, $4, $5, $6)";
    let (deed, at) = (i64::from(act.deed.code()), int(act.at.get()));
    run(conn, sql, params![int(act.number), at, clerk, deed, act.about, by(&act.chain)]).map(drop)
}

/// Who issues, if she may; what is not her duty is recorded.
pub(crate) fn issuer(conn: &Conn, now: Millis, rules: &Rules, issue: &IssueCode) -> Sql<Result<Actor, IssueRefused>> {
    let By::Clerk(key) = issue.by else { return Ok(Ok(None)) };
    let sql = format!("{CLERK} WHERE key = $1");
    let found = one(conn, &sql, params![by(&key.0)], |r| Ok((clerk_of(r)?, r.cell::<i64>(6)?)))?;
    let (clerk, at) = found.unzip();
    let count = "SELECT count(*) FILTER (WHERE at_ms > $2), count(*), count(*) FILTER (WHERE deed = $4),
                        count(*) FILTER (WHERE deed IN ($5, $6, $7))
                 FROM act WHERE clerk = $1 AND at_ms > $3";
    let since = |window: u64| int(now.get().saturating_sub(window));
    let [reset, has, none, duty] =
        [Deed::IssuedReset, Deed::HasAccount, Deed::NoAccount, Deed::NotHerDuty].map(|deed| i64::from(deed.code()));
    let row = params![at, since(HOUR), since(DAY), reset, has, none, duty];
    let tally = only(conn, count, row, |r| {
        Ok(Tally { hour: r.small(0)?, day: r.small(1)?, resets: r.small(2)?, refusals: r.small(3)? })
    })?;
    let actor = at.zip(clerk.as_ref().map(|clerk| clerk.name.clone()));
    Ok(match admit(clerk.as_ref(), tally, issue.recover, rules) {
        Ok(()) => Ok(actor),
        Err(denied) => {
            if denied == Denied::Duty {
                record(conn, now, actor, Deed::NotHerDuty, String::new())?;
            }
            Err(denied.into())
        }
    })
}

impl CounterStore for Work {
    fn add_clerk(&mut self, now: Millis, rules: &Rules, add: &AddClerk) -> Result<Result<(), AddClerkRefused>, StoreDown> {
        let work = || -> Result<Result<(), AddClerkRefused>, Down> {
            let sql = "SELECT count(*), count(*) FILTER (WHERE name = $1), count(*) FILTER (WHERE key = $2) FROM clerk";
            let read = |r: &Row| Ok((r.small::<u32>(0)?, r.number(1)? > 0, r.number(2)? > 0));
            let (all, name, key) = only(&self.conn, sql, params![add.name.as_str(), by(&add.key.0)], read)?;
            if name {
                return Ok(Err(AddClerkRefused::Name));
            }
            if key {
                return Ok(Err(AddClerkRefused::Key));
            }
            if all >= rules.max_clerks {
                return Ok(Err(AddClerkRefused::Limit(Limited::beyond(Limit::MaxClerks, rules.max_clerks.into()))));
            }
            let sql = "INSERT INTO clerk (name, key, may_issue, may_reset, added_ms) VALUES ($1, $2, $3, $4, $5)";
            let Duties { issue, reset } = add.duties;
            run(&self.conn, sql, params![add.name.as_str(), by(&add.key.0), issue, reset, int(now.get())])?;
            record(&self.conn, now, None, Deed::ClerkAdded, add.about())?;
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn revoke_clerk(&mut self, now: Millis, name: &ClerkName) -> Result<Result<(), NoClerk>, StoreDown> {
        let work = || -> Result<Result<(), NoClerk>, Down> {
            let sql = "UPDATE clerk SET revoked_ms = $2 WHERE name = $1 AND revoked_ms IS NULL";
            if run(&self.conn, sql, params![name.as_str(), int(now.get())])? == 0 {
                return Ok(Err(NoClerk));
            }
            record(&self.conn, now, None, Deed::ClerkRevoked, name.as_str().to_owned())?;
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
    }

    fn revoke_code(&mut self, now: Millis, code: Reference) -> Result<Result<(), NoCode>, StoreDown> {
        let work = || -> Result<Result<(), NoCode>, Down> {
            let held = "substring(code_hash FROM 1 FOR 8) = $1 AND code_ends_ms > $2";
            let stranger = format!("DELETE FROM person WHERE account IS NULL AND {held}");
            let known = format!(
                "UPDATE person SET code_hash = NULL, code_ends_ms = NULL, replaces = NULL WHERE account = replaces AND {held}"
            );
            let mut revoked = 0;
            for sql in [&stranger, &known] {
                revoked += run(&self.conn, sql, params![by(&code.0), int(now.get())])?;
            }
            if revoked == 0 {
                return Ok(Err(NoCode));
            }
            record(&self.conn, now, None, Deed::CodeRevoked, code.to_string())?;
            Ok(Ok(()))
        };
        let done = work();
        self.batch.tell(done)
    }
}

impl CounterReads for PgReads {
    fn clerks(&self) -> Result<Vec<Clerk>, StoreDown> {
        self.with(|conn| all(conn, &format!("{CLERK} ORDER BY clerk"), params![], clerk_of))
    }
    fn clerk(&self, key: &ClerkKey) -> Result<Option<Clerk>, StoreDown> {
        self.with(|conn| one(conn, &format!("{CLERK} WHERE key = $1"), params![by(&key.0)], clerk_of))
    }
    fn live_codes(&self, now: Millis, limit: u32) -> Result<Vec<LiveCode>, StoreDown> {
        self.with(|conn| {
                let sql = "SELECT code_hash, code_ends_ms, replaces IS NOT NULL FROM person
                           WHERE code_ends_ms > $1 AND account IS NOT DISTINCT FROM replaces ORDER BY code_ends_ms, code_hash LIMIT $2";
                let read = |r: &Row| {
                    let code: TokenHash = r.id(0)?;
                    let expires_at = Millis::new(r.number(1)?);
                    Ok(LiveCode { reference: Reference::of(&code), expires_at, recover: r.cell(2)? })
                };
                all(conn, sql, params![int(now.get()), i64::from(limit)], read)
            })
    }
    fn acts(&self, from: u64, limit: u32, clerk: Option<&ClerkKey>) -> Result<Vec<Act>, StoreDown> {
        self.with(|conn| {
            let of_all = "SELECT number, at_ms, name, deed, about, chain FROM act LEFT JOIN clerk USING (clerk)
                           WHERE number >= $1 ORDER BY number LIMIT $2";
            let hers = "SELECT number, at_ms, name, deed, about, chain FROM act JOIN clerk USING (clerk)
                            WHERE act.clerk = (SELECT clerk FROM clerk WHERE key = $3) AND number >= $1 ORDER BY number LIMIT $2";
            let (from, limit) = (int(from), i64::from(limit));
            match clerk {
                None => all(conn, of_all, params![from, limit], act_of),
                Some(key) => all(conn, hers, params![from, limit, by(&key.0)], act_of),
            }
        })
    }
}
