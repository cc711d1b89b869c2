//! The registrar's counter: clerks, and the record of what was done.

use crate::rows::{Cells as _, Row, strange};
use crate::{Db, Sql, Writes, values};
use lacre_ground::time::Millis;
use lacre_store::StoreDown;
use lacre_store::accounts::{IssueCode, IssueRefused};
use lacre_store::channels::Limited;
use lacre_store::counter::{
    Act, AddClerk, AddClerkRefused, By, Clerk, ClerkKey, ClerkName, DAY, Deed, Denied, Duties, HOUR, LiveCode, NoClerk, NoCode,
    Reference, Tally, admit,
};
use lacre_store::rules::{Limit, Rules};

/// Stamps [`lacre_store::CounterStore`] and [`lacre_store::CounterReads`] out for an engine's two sides.
#[macro_export]
macro_rules! counter {
    ($store:ty, $reads:ty) => {
        const _: () = {
            use ::lacre_ground::time::Millis;
            use ::lacre_store::counter::*;
            use ::lacre_store::rules::Rules;
            use ::lacre_store::{CounterReads, CounterStore};
            use $crate::counter;
            $crate::stamp! { verbs of CounterStore for $store = counter {
                fn add_clerk(now: Millis, rules: &Rules, add: &AddClerk) -> Result<(), AddClerkRefused>;
                fn revoke_clerk(now: Millis, name: &ClerkName) -> Result<(), NoClerk>;
                fn revoke_code(now: Millis, code: Reference) -> Result<(), NoCode>;
            }}
            $crate::stamp! { reads of CounterReads for $reads = counter {
                fn clerks() -> Vec<Clerk>;
                fn clerk(key: &ClerkKey) -> Option<Clerk>;
                fn live_codes(now: Millis, limit: u32) -> Vec<LiveCode>;
                fn acts(from: u64, limit: u32, by: Option<&ClerkKey>) -> Vec<Act>;
            }}
        };
    };
}

fn name_of(row: &dyn Row, at: usize) -> Result<Option<ClerkName>, StoreDown> {
    row.string(at)?.map(|text| ClerkName::parse(text).ok_or_else(|| strange("name"))).transpose()
}

const CLERK: &str = "SELECT name, key, may_issue, may_reset, added_ms, revoked_ms, clerk FROM clerk";

fn clerk_of(row: &dyn Row) -> Result<Clerk, StoreDown> {
    Ok(Clerk {
        name: name_of(row, 0)?.ok_or_else(|| strange("name"))?,
        key: ClerkKey(row.id(1)?),
        duties: Duties { issue: row.flag(2)?, reset: row.flag(3)? },
        added_at: row.time(4)?,
        revoked_at: row.maybe_number(5)?.map(Millis::new),
    })
}

fn act_of(row: &dyn Row) -> Result<Act, StoreDown> {
    Ok(Act {
        number: row.number(0)?,
        at: row.time(1)?,
        by: name_of(row, 2)?,
        deed: Deed::from_code(row.small(3)?).ok_or_else(|| strange("deed"))?,
        about: row.text(4)?,
        chain: row.id(5)?,
    })
}

/// Who acts, as a number of this store: none for the operator.
pub type Actor = Option<(i64, ClerkName)>;

/// Writes an act behind the last one.
pub fn record<D: Db>(db: &D, now: Millis, actor: Actor, deed: Deed, about: String) -> Sql<(), D> {
    let last = "SELECT number, chain FROM act ORDER BY number DESC LIMIT 1";
    let before = db.one(last, &[], |r| Ok((r.number(0)?, r.id(1)?)))?;
    let (clerk, name) = actor.unzip();
    let act = Act::next(before, now, name, deed, about);
    let sql = "INSERT INTO act (number, at_ms, clerk, deed, about, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    db.run(sql, values![act.number, act.at, clerk, act.deed.code(), &act.about, &act.chain]).map(drop)
}

/// Who issues, if she may; what is not her duty is recorded.
pub fn issuer<D: Db>(db: &D, now: Millis, rules: &Rules, issue: &IssueCode) -> Sql<Result<Actor, IssueRefused>, D> {
    let By::Clerk(key) = issue.by else { return Ok(Ok(None)) };
    let found = db.one(&format!("{CLERK} WHERE key = ?1"), values![&key.0], |r| Ok((clerk_of(r)?, r.key(6)?)))?;
    let (clerk, at) = found.unzip();
    let count = "SELECT count(*) FILTER (WHERE at_ms > ?2), count(*), count(*) FILTER (WHERE deed = ?4),
                        count(*) FILTER (WHERE deed IN (?5, ?6, ?7))
                 FROM act WHERE clerk = ?1 AND at_ms > ?3";
    let since = |window: u64| now.get().saturating_sub(window);
    let [reset, has, none, duty] = [Deed::IssuedReset, Deed::HasAccount, Deed::NoAccount, Deed::NotHerDuty].map(Deed::code);
    let tally = db.only(count, values![at, since(HOUR), since(DAY), reset, has, none, duty], |r| {
        Ok(Tally { hour: r.small(0)?, day: r.small(1)?, resets: r.small(2)?, refusals: r.small(3)? })
    })?;
    let actor = at.zip(clerk.as_ref().map(|clerk| clerk.name.clone()));
    Ok(match admit(clerk.as_ref(), tally, issue.recover, rules) {
        Ok(()) => Ok(actor),
        Err(denied) => {
            if denied == Denied::Duty {
                record(db, now, actor, Deed::NotHerDuty, String::new())?;
            }
            Err(denied.into())
        }
    })
}

/// [`lacre_store::CounterStore::add_clerk`]
pub fn add_clerk<S: Writes>(store: &S, now: Millis, rules: &Rules, add: &AddClerk) -> Sql<Result<(), AddClerkRefused>, S::Db> {
    let db = store.db();
    let sql = "SELECT count(*), count(*) FILTER (WHERE name = ?1), count(*) FILTER (WHERE key = ?2) FROM clerk";
    let read = |r: &dyn Row| Ok((r.small::<u32>(0)?, r.number(1)? > 0, r.number(2)? > 0));
    let (all, name, key) = db.only(sql, values![add.name.as_str(), &add.key.0], read)?;
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
    db.run(sql, values![add.name.as_str(), &add.key.0, issue, reset, now])?;
    record(db, now, None, Deed::ClerkAdded, add.about())?;
    Ok(Ok(()))
}

/// [`lacre_store::CounterStore::revoke_clerk`]
pub fn revoke_clerk<S: Writes>(store: &S, now: Millis, name: &ClerkName) -> Sql<Result<(), NoClerk>, S::Db> {
    let db = store.db();
    let sql = "UPDATE clerk SET revoked_ms = ?2 WHERE name = ?1 AND revoked_ms IS NULL";
    if db.run(sql, values![name.as_str(), now])? == 0 {
        return Ok(Err(NoClerk));
    }
    record(db, now, None, Deed::ClerkRevoked, name.as_str().to_owned())?;
    Ok(Ok(()))
}

/// [`lacre_store::CounterStore::revoke_code`]
pub fn revoke_code<S: Writes>(store: &S, now: Millis, code: Reference) -> Sql<Result<(), NoCode>, S::Db> {
    let db = store.db();
    let held = "substr(code_hash, 1, 8) = ?1 AND code_ends_ms > ?2";
    let stranger = format!("DELETE FROM person WHERE account IS NULL AND {held}");
    let known =
        format!("UPDATE person SET code_hash = NULL, code_ends_ms = NULL, replaces = NULL WHERE account = replaces AND {held}");
    let mut revoked = 0;
    for sql in [&stranger, &known] {
        revoked += db.run(sql, values![&code.0, now])?;
    }
    if revoked == 0 {
        return Ok(Err(NoCode));
    }
    record(db, now, None, Deed::CodeRevoked, code.to_string())?;
    Ok(Ok(()))
}

/// [`lacre_store::CounterReads::clerks`]
pub fn clerks<D: Db>(db: &D) -> Sql<Vec<Clerk>, D> {
    db.all(&format!("{CLERK} ORDER BY clerk"), &[], clerk_of)
}

/// [`lacre_store::CounterReads::clerk`]
pub fn clerk<D: Db>(db: &D, key: &ClerkKey) -> Sql<Option<Clerk>, D> {
    db.one(&format!("{CLERK} WHERE key = ?1"), values![&key.0], clerk_of)
}

/// [`lacre_store::CounterReads::live_codes`]
pub fn live_codes<D: Db>(db: &D, now: Millis, limit: u32) -> Sql<Vec<LiveCode>, D> {
    let sql = "SELECT code_hash, code_ends_ms, replaces IS NOT NULL FROM person
               WHERE code_ends_ms > ?1 AND account IS NOT DISTINCT FROM replaces ORDER BY code_ends_ms, code_hash LIMIT ?2";
    db.all(sql, values![now, limit], |r| {
        Ok(LiveCode { reference: Reference::of(&r.id(0)?), expires_at: r.time(1)?, recover: r.flag(2)? })
    })
}

/// [`lacre_store::CounterReads::acts`]
pub fn acts<D: Db>(db: &D, from: u64, limit: u32, by: Option<&ClerkKey>) -> Sql<Vec<Act>, D> {
    let all = "SELECT number, at_ms, name, deed, about, chain FROM act LEFT JOIN clerk USING (clerk)
               WHERE number >= ?1 ORDER BY number LIMIT ?2";
    let hers = "SELECT number, at_ms, name, deed, about, chain FROM act JOIN clerk USING (clerk)
                WHERE act.clerk = (SELECT clerk FROM clerk WHERE key = ?3) AND number >= ?1 ORDER BY number LIMIT ?2";
    match by {
        None => db.all(all, values![from, limit], act_of),
        Some(key) => db.all(hers, values![from, limit, &key.0], act_of),
    }
}
