//! The registrar's counter in SQLite: clerks, and the record of what was done.

use super::rows::{id32, number};
use super::{SqliteReads, SqliteStore};
use crate::Down;
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
use rusqlite::{Connection, OptionalExtension as _, Row, params};

type Sql<T> = rusqlite::Result<T>;

/// Something in a column that no row of ours has.
fn strange(at: usize) -> rusqlite::Error {
    rusqlite::Error::IntegralValueOutOfRange(at, -1)
}

fn name_of(row: &Row<'_>, at: usize) -> Sql<Option<ClerkName>> {
    let text: Option<String> = row.get(at)?;
    text.map(|text| ClerkName::parse(&text).ok_or_else(|| strange(at))).transpose()
}

const CLERK: &str = "SELECT name, key, may_issue, may_reset, added_ms, revoked_ms, clerk FROM clerk";

fn clerk_of(row: &Row<'_>) -> Sql<Clerk> {
    Ok(Clerk {
        name: name_of(row, 0)?.ok_or_else(|| strange(0))?,
        key: ClerkKey(row.get(1)?),
        duties: Duties { issue: row.get(2)?, reset: row.get(3)? },
        added_at: Millis::new(row.get(4)?),
        revoked_at: row.get::<_, Option<u64>>(5)?.map(Millis::new),
    })
}

fn act_of(row: &Row<'_>) -> Sql<Act> {
    Ok(Act {
        number: row.get(0)?,
        at: Millis::new(row.get(1)?),
        by: name_of(row, 2)?,
        deed: Deed::from_code(row.get(3)?).ok_or_else(|| strange(3))?,
        about: row.get(4)?,
        chain: row.get(5)?,
    })
}

/// Who acts, as a number of this store: none for the operator.
pub(super) type Actor = Option<(i64, ClerkName)>;

/// Writes an act behind the last one.
pub(super) fn record(conn: &Connection, now: Millis, by: Actor, deed: Deed, about: String) -> Sql<()> {
    let last = "SELECT number, chain FROM act ORDER BY number DESC LIMIT 1";
    let before = conn.prepare_cached(last)?.query_row([], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    let (clerk, name) = by.unzip();
    let act = Act::next(before, now, name, deed, about);
    let sql = "INSERT INTO act (number, at_ms, clerk, deed, about, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let row = params![number(act.number), number(act.at.get()), clerk, act.deed.code(), act.about, act.chain];
    conn.prepare_cached(sql)?.execute(row).map(drop)
}

/// Who issues, if she may; what is not her duty is recorded.
pub(super) fn issuer(conn: &Connection, now: Millis, rules: &Rules, issue: &IssueCode) -> Sql<Result<Actor, IssueRefused>> {
    let By::Clerk(key) = issue.by else { return Ok(Ok(None)) };
    let sql = format!("{CLERK} WHERE key = ?1");
    let found = conn.prepare_cached(&sql)?.query_row([key.0], |r| Ok((clerk_of(r)?, r.get::<_, i64>(6)?))).optional()?;
    let (clerk, at) = found.unzip();
    let count = "SELECT count(*) FILTER (WHERE at_ms > ?2), count(*), count(*) FILTER (WHERE deed = ?4),
                        count(*) FILTER (WHERE deed IN (?5, ?6, ?7))
                 FROM act WHERE clerk = ?1 AND at_ms > ?3";
    let since = |window: u64| number(now.get().saturating_sub(window));
    let [reset, has, none, duty] = [Deed::IssuedReset, Deed::HasAccount, Deed::NoAccount, Deed::NotHerDuty].map(Deed::code);
    let row = params![at, since(HOUR), since(DAY), reset, has, none, duty];
    let tally = conn
        .prepare_cached(count)?
        .query_row(row, |r| Ok(Tally { hour: r.get(0)?, day: r.get(1)?, resets: r.get(2)?, refusals: r.get(3)? }))?;
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

impl CounterStore for SqliteStore {
    fn add_clerk(&mut self, now: Millis, rules: &Rules, add: &AddClerk) -> Result<Result<(), AddClerkRefused>, StoreDown> {
        let work = || -> Result<Result<(), AddClerkRefused>, Down> {
            let sql = "SELECT count(*), count(*) FILTER (WHERE name = ?1), count(*) FILTER (WHERE key = ?2) FROM clerk";
            let read = |r: &Row<'_>| Ok((r.get::<_, u32>(0)?, r.get::<_, bool>(1)?, r.get::<_, bool>(2)?));
            let (all, name, key) = self.conn.prepare_cached(sql)?.query_row(params![add.name.as_str(), add.key.0], read)?;
            if name {
                return Ok(Err(AddClerkRefused::Name));
            }
            if key {
                return Ok(Err(AddClerkRefused::Key));
            }
            if all >= rules.max_clerks {
                return Ok(Err(AddClerkRefused::Limit(Limited::beyond(Limit::MaxClerks, rules.max_clerks.into()))));
            }
            let sql = "INSERT INTO clerk (name, key, may_issue, may_reset, added_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
            let Duties { issue, reset } = add.duties;
            let row = params![add.name.as_str(), add.key.0, issue, reset, number(now.get())];
            self.conn.prepare_cached(sql)?.execute(row)?;
            record(&self.conn, now, None, Deed::ClerkAdded, add.about())?;
            Ok(Ok(()))
        };
        Ok(work()?)
    }

    fn revoke_clerk(&mut self, now: Millis, name: &ClerkName) -> Result<Result<(), NoClerk>, StoreDown> {
        let work = || -> Result<Result<(), NoClerk>, Down> {
            let sql = "UPDATE clerk SET revoked_ms = ?2 WHERE name = ?1 AND revoked_ms IS NULL";
            if self.conn.prepare_cached(sql)?.execute(params![name.as_str(), number(now.get())])? == 0 {
                return Ok(Err(NoClerk));
            }
            record(&self.conn, now, None, Deed::ClerkRevoked, name.as_str().to_owned())?;
            Ok(Ok(()))
        };
        Ok(work()?)
    }

    fn revoke_code(&mut self, now: Millis, code: Reference) -> Result<Result<(), NoCode>, StoreDown> {
        let work = || -> Result<Result<(), NoCode>, Down> {
            let held = "substr(code_hash, 1, 8) = ?1 AND code_ends_ms > ?2";
            let stranger = format!("DELETE FROM person WHERE account IS NULL AND {held}");
            let known = format!(
                "UPDATE person SET code_hash = NULL, code_ends_ms = NULL, replaces = NULL WHERE account = replaces AND {held}"
            );
            let mut revoked = 0;
            for sql in [&stranger, &known] {
                revoked += self.conn.prepare_cached(sql)?.execute(params![code.0, number(now.get())])?;
            }
            if revoked == 0 {
                return Ok(Err(NoCode));
            }
            record(&self.conn, now, None, Deed::CodeRevoked, code.to_string())?;
            Ok(Ok(()))
        };
        Ok(work()?)
    }
}

impl CounterReads for SqliteReads {
    fn clerks(&self) -> Result<Vec<Clerk>, StoreDown> {
        let work = || -> Result<Vec<Clerk>, Down> {
            self.with(|conn| conn.prepare_cached(&format!("{CLERK} ORDER BY clerk"))?.query_map([], clerk_of)?.collect())
        };
        Ok(work()?)
    }
    fn clerk(&self, key: &ClerkKey) -> Result<Option<Clerk>, StoreDown> {
        let work = || -> Result<Option<Clerk>, Down> {
            self.with(|conn| conn.prepare_cached(&format!("{CLERK} WHERE key = ?1"))?.query_row([key.0], clerk_of).optional())
        };
        Ok(work()?)
    }
    fn live_codes(&self, now: Millis, limit: u32) -> Result<Vec<LiveCode>, StoreDown> {
        let work = || -> Result<Vec<LiveCode>, Down> {
            self.with(|conn| {
                let sql = "SELECT code_hash, code_ends_ms, replaces IS NOT NULL FROM person
                           WHERE code_ends_ms > ?1 AND account IS replaces ORDER BY code_ends_ms, code_hash LIMIT ?2";
                let read = |r: &Row<'_>| {
                    let code: TokenHash = id32(r, 0)?;
                    let expires_at = Millis::new(r.get(1)?);
                    Ok(LiveCode { reference: Reference::of(&code), expires_at, recover: r.get(2)? })
                };
                conn.prepare_cached(sql)?.query_map(params![number(now.get()), limit], read)?.collect()
            })
        };
        Ok(work()?)
    }
    fn acts(&self, from: u64, limit: u32, by: Option<&ClerkKey>) -> Result<Vec<Act>, StoreDown> {
        let work = || -> Result<Vec<Act>, Down> {
            self.with(|conn| {
                let all = "SELECT number, at_ms, name, deed, about, chain FROM act LEFT JOIN clerk USING (clerk)
                           WHERE number >= ?1 ORDER BY number LIMIT ?2";
                let hers = "SELECT number, at_ms, name, deed, about, chain FROM act JOIN clerk USING (clerk)
                            WHERE act.clerk = (SELECT clerk FROM clerk WHERE key = ?3) AND number >= ?1 ORDER BY number LIMIT ?2";
                match by {
                    None => conn.prepare_cached(all)?.query_map(params![number(from), limit], act_of)?.collect(),
                    Some(key) => conn.prepare_cached(hers)?.query_map(params![number(from), limit, key.0], act_of)?.collect(),
                }
            })
        };
        Ok(work()?)
    }
}
