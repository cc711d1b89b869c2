//! Bodies, addresses, grants, casillas as rows.

use crate::rows::{Cells as _, Row, strange};
use crate::{Db, Sql, values};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::StoreDown;
use lacre_store::accounts::RunHash;
use lacre_store::bodies::{Body, BodyKey, Enrolled};
use lacre_store::judge::notices as judge;
use lacre_store::notices::{Exempt, KeptGrant, PutGrants, PutGrantsRefused, SealedCasillas};
use lacre_store::rules::Rules;

pub(crate) const BODY: &str = "SELECT code, name, place, key, certificate, until_ms, revoked, per_day FROM agency";

pub(crate) fn body_of(row: &dyn Row) -> Result<Body, StoreDown> {
    let enrolled = match row.maybe_id(3)? {
        None => None,
        Some(key) => Some(Enrolled { key: BodyKey(key), certificate: row.text(4)?, until: row.time(5)? }),
    };
    Ok(Body {
        code: row.string(0)?.and_then(AgencyCode::parse).ok_or_else(|| strange("body"))?,
        name: row.text(1)?,
        place: row.text(2)?,
        enrolled,
        revoked: row.flag(6)?,
        per_day: row.small(7)?,
    })
}

/// Whose key this is.
pub fn body<D: Db>(db: &D, key: &BodyKey) -> Sql<Option<Body>, D> {
    db.one(&format!("{BODY} WHERE key = ?1"), values![&key.0], body_of)
}

/// Whose code this is.
pub fn body_named<D: Db>(db: &D, code: &AgencyCode) -> Sql<Option<Body>, D> {
    db.one(&format!("{BODY} WHERE code = ?1"), values![code.as_str()], body_of)
}

/// Whom this code was given to, while it works.
pub fn body_invited<D: Db>(db: &D, now: Millis, invitation: &TokenHash) -> Sql<Option<Body>, D> {
    db.one(&format!("{BODY} WHERE invitation = ?1 AND code_ends_ms > ?2"), values![invitation.as_bytes(), now], body_of)
}

fn exempt_of(row: &dyn Row) -> Result<Exempt, StoreDown> {
    Exempt::from_code(row.small(0)?).ok_or_else(|| strange("reason"))
}

/// Why electronic notices take no effect for a person, if so.
pub fn exempt<D: Db>(db: &D, run: &RunHash) -> Sql<Option<Exempt>, D> {
    db.one("SELECT reason FROM exempt WHERE run_hash = ?1", values![run.as_bytes()], exempt_of)
}

/// The same of whoever has this account.
pub(crate) fn exempt_account<D: Db>(db: &D, account: i64) -> Sql<Option<Exempt>, D> {
    let sql = "SELECT exempt.reason FROM person JOIN exempt USING (run_hash) WHERE person.account = ?1";
    db.one(sql, values![account], exempt_of)
}

/// The account of a person, as a number of this store and as everybody knows it.
pub(crate) fn person<D: Db>(db: &D, run: &RunHash) -> Sql<Option<(i64, AccountId)>, D> {
    let sql = "SELECT account.account, account.id FROM person JOIN account USING (account) WHERE run_hash = ?1";
    db.one(sql, values![run.as_bytes()], |r| Ok((r.key(0)?, r.id(1)?)))
}

/// The note of an account that is an address.
pub(crate) fn designation<D: Db>(db: &D, account: i64) -> Sql<Option<String>, D> {
    let sql = "SELECT designation FROM account WHERE account = ?1 AND designation IS NOT NULL AND NOT notices_paused";
    db.one(sql, values![account], |r| r.text(0))
}

/// A grant that can be handed out.
pub(crate) struct Grant {
    pub(crate) arrival: i64,
    pub(crate) last_resort: bool,
    pub(crate) sealed: Vec<u8>,
}

/// The grant that is handed out now: the oldest once one that holds, else the last resort.
pub(crate) fn next_grant<D: Db>(db: &D, account: i64, now: Millis, rules: &Rules) -> Sql<Option<Grant>, D> {
    let sql = "SELECT arrival, last_resort, sealed FROM kept_grant
               WHERE account = ?1 AND sealed IS NOT NULL AND from_ms <= ?2 AND until_ms >= ?3
               ORDER BY last_resort, arrival LIMIT 1";
    db.one(sql, values![account, now, now.plus(rules.grant_rest_ms)], |r| {
        Ok(Grant { arrival: r.key(0)?, last_resort: r.flag(1)?, sealed: r.bytes(2)? })
    })
}

/// Once grants that are left.
pub(crate) fn once_left<D: Db>(db: &D, account: i64, now: Millis, rules: &Rules) -> Sql<u32, D> {
    let sql = "SELECT count(*) FROM kept_grant
               WHERE account = ?1 AND NOT last_resort AND sealed IS NOT NULL AND until_ms >= ?2";
    db.only(sql, values![account, now.plus(rules.grant_rest_ms)], |r| r.small(0))
}

/// Grants, the casillas that they name, and how many once ones are left then.
pub(crate) fn add_grants<D: Db>(
    db: &D,
    now: Millis,
    rules: &Rules,
    account: i64,
    put: &PutGrants,
) -> Sql<Result<u32, PutGrantsRefused>, D> {
    if put.replace_all {
        db.run("DELETE FROM kept_grant WHERE account = ?1 AND sealed IS NOT NULL", values![account])?;
    }
    let kept = |grant: &&KeptGrant| judge::is_kept(grant, now, rules);
    for grant in put.grants.iter().filter(kept) {
        if grant.last_resort {
            db.run("DELETE FROM kept_grant WHERE account = ?1 AND last_resort", values![account])?;
        }
        let sql = "INSERT INTO kept_grant (account, tag, last_resort, from_ms, until_ms, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT (account, tag) DO NOTHING";
        db.run(sql, values![account, &grant.tag, grant.last_resort, grant.from, grant.until, &grant.sealed])?;
    }
    for casilla in &put.casillas {
        let sql = "INSERT INTO kept_casilla (tag, account, until_ms, sealed) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (tag) DO UPDATE SET until_ms =
                   CASE WHEN kept_casilla.until_ms < excluded.until_ms THEN excluded.until_ms ELSE kept_casilla.until_ms END";
        db.run(sql, values![&casilla.tag, account, casilla.until, &casilla.sealed])?;
    }
    db.run("UPDATE account SET grants_version = grants_version + 1 WHERE account = ?1", values![account])?;
    let left = once_left(db, account, now, rules)?;
    Ok(judge::grants(left, rules).map(|()| left))
}

/// What an account leaves behind when it goes.
pub(crate) fn forget<D: Db>(db: &D, account: i64) -> Sql<(), D> {
    db.run("DELETE FROM kept_grant WHERE account = ?1", values![account])?;
    db.run("UPDATE kept_casilla SET account = NULL WHERE account = ?1", values![account])?;
    db.run("DELETE FROM answer_count WHERE account = ?1", values![account]).map(drop)
}

/// Removes grants and casillas whose time is over; how many of the more.
pub(crate) fn sweep<D: Db>(db: &D, now: Millis, limit: u32) -> Sql<u64, D> {
    let grants = "DELETE FROM kept_grant WHERE arrival IN
                  (SELECT arrival FROM kept_grant WHERE until_ms <= ?1 ORDER BY until_ms LIMIT ?2)";
    let casillas = "DELETE FROM kept_casilla WHERE tag IN
                    (SELECT tag FROM kept_casilla WHERE until_ms <= ?1 ORDER BY until_ms LIMIT ?2)";
    Ok(db.run(grants, values![now, limit])?.max(db.run(casillas, values![now, limit])?))
}

/// Sealed casillas of an account, and how often grants were put.
pub fn sealed_casillas<D: Db>(db: &D, account: i64) -> Sql<SealedCasillas, D> {
    let version = db.one("SELECT grants_version FROM account WHERE account = ?1", values![account], |r| r.number(0))?;
    let casillas = db.all("SELECT sealed FROM kept_casilla WHERE account = ?1 ORDER BY tag", values![account], |r| r.bytes(0))?;
    Ok(SealedCasillas { version: version.unwrap_or(0), casillas })
}
