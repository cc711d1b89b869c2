//! Bodies, grants, casillas as rows.

use crate::sql::{Cells as _, Conn, Sql, all, by, int, one, only, params, run, strange};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::accounts::RunHash;
use lacre_store::bodies::{Body, BodyKey, Enrolled};
use lacre_store::judge::notices as judge;
use lacre_store::notices::{Exempt, KeptGrant, PutGrants, PutGrantsRefused, SealedCasillas};
use lacre_store::rules::Rules;
use tokio_postgres::Row;

pub(super) const BODY: &str = "SELECT code, name, place, key, certificate, until_ms, revoked, per_day FROM agency";

pub(super) fn body_of(row: &Row) -> Sql<Body> {
    let code: String = row.cell(0)?;
    let key: Option<[u8; 32]> = row.maybe_id(3)?;
    let enrolled = match key {
        None => None,
        Some(key) => Some(Enrolled { key: BodyKey(key), certificate: row.cell(4)?, until: Millis::new(row.number(5)?) }),
    };
    Ok(Body {
        code: AgencyCode::parse(&code).ok_or_else(|| strange("body"))?,
        name: row.cell(1)?,
        place: row.cell(2)?,
        enrolled,
        revoked: row.cell(6)?,
        per_day: row.small(7)?,
    })
}

pub(super) fn by_key(conn: &Conn, key: &BodyKey) -> Sql<Option<Body>> {
    one(conn, &format!("{BODY} WHERE key = $1"), params![by(&key.0)], body_of)
}

pub(super) fn by_code(conn: &Conn, code: &AgencyCode) -> Sql<Option<Body>> {
    one(conn, &format!("{BODY} WHERE code = $1"), params![code.as_str()], body_of)
}

pub(super) fn by_invitation(conn: &Conn, now: Millis, invitation: &TokenHash) -> Sql<Option<Body>> {
    let sql = format!("{BODY} WHERE invitation = $1 AND code_ends_ms > $2");
    one(conn, &sql, params![by(invitation.as_bytes()), int(now.get())], body_of)
}

pub(super) fn exempt(conn: &Conn, run: &RunHash) -> Sql<Option<Exempt>> {
    let code = one(conn, "SELECT reason FROM exempt WHERE run_hash = $1", params![by(run.as_bytes())], |r| r.small::<u8>(0))?;
    code.map(|code| Exempt::from_code(code).ok_or_else(|| strange("reason"))).transpose()
}

/// The same of whoever has this account.
pub(super) fn exempt_account(conn: &Conn, account: i64) -> Sql<Option<Exempt>> {
    let sql = "SELECT exempt.reason FROM person JOIN exempt USING (run_hash) WHERE person.account = $1";
    let code = one(conn, sql, params![account], |r| r.small::<u8>(0))?;
    code.map(|code| Exempt::from_code(code).ok_or_else(|| strange("reason"))).transpose()
}

/// The account of a person, as a number of this store and as everybody knows it.
pub(super) fn account_of(conn: &Conn, run: &RunHash) -> Sql<Option<(i64, AccountId)>> {
    let sql = "SELECT account.account, account.id FROM person JOIN account USING (account) WHERE run_hash = $1";
    one(conn, sql, params![by(run.as_bytes())], |r| Ok((r.cell(0)?, r.id(1)?)))
}

/// The note of an account that is an address.
pub(super) fn designation(conn: &Conn, account: i64) -> Sql<Option<String>> {
    let sql = "SELECT designation FROM account WHERE account = $1 AND designation IS NOT NULL AND NOT notices_paused";
    one(conn, sql, params![account], |r| r.cell(0))
}

/// The grant that is handed out now: the oldest once one that holds, else the last resort.
pub(super) fn next_grant(conn: &Conn, account: i64, now: Millis, rules: &Rules) -> Sql<Option<(i64, bool, Vec<u8>)>> {
    let sql = "SELECT arrival, last_resort, sealed FROM kept_grant
               WHERE account = $1 AND sealed IS NOT NULL AND from_ms <= $2 AND until_ms >= $3
               ORDER BY last_resort, arrival LIMIT 1";
    let row = params![account, int(now.get()), int(now.plus(rules.grant_rest_ms).get())];
    one(conn, sql, row, |r| Ok((r.cell(0)?, r.cell(1)?, r.cell(2)?)))
}

/// Once grants that are left.
pub(super) fn once_left(conn: &Conn, account: i64, now: Millis, rules: &Rules) -> Sql<u32> {
    let sql = "SELECT count(*) FROM kept_grant
               WHERE account = $1 AND NOT last_resort AND sealed IS NOT NULL AND until_ms >= $2";
    let row = params![account, int(now.plus(rules.grant_rest_ms).get())];
    only(conn, sql, row, |r| r.small(0))
}

/// Grants, the casillas that they name, and how many once ones are left then.
pub(super) fn add_grants(
    conn: &Conn,
    now: Millis,
    rules: &Rules,
    account: i64,
    put: &PutGrants,
) -> Sql<Result<u32, PutGrantsRefused>> {
    if put.replace_all {
        run(conn, "DELETE FROM kept_grant WHERE account = $1 AND sealed IS NOT NULL", params![account])?;
    }
    let kept = |grant: &&KeptGrant| judge::is_kept(grant, now, rules);
    for grant in put.grants.iter().filter(kept) {
        if grant.last_resort {
            run(conn, "DELETE FROM kept_grant WHERE account = $1 AND last_resort", params![account])?;
        }
        let sql = "INSERT INTO kept_grant (account, tag, last_resort, from_ms, until_ms, sealed) VALUES ($1, $2, $3, $4, $5, $6)
                   ON CONFLICT (account, tag) DO NOTHING";
        let (from, until) = (int(grant.from.get()), int(grant.until.get()));
        run(conn, sql, params![account, by(&grant.tag), grant.last_resort, from, until, grant.sealed])?;
    }
    for casilla in &put.casillas {
        let sql = "INSERT INTO kept_casilla (tag, account, until_ms, sealed) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (tag) DO UPDATE SET until_ms = greatest(kept_casilla.until_ms, excluded.until_ms)";
        run(conn, sql, params![by(&casilla.tag), account, int(casilla.until.get()), casilla.sealed])?;
    }
    run(conn, "UPDATE account SET grants_version = grants_version + 1 WHERE account = $1", params![account])?;
    let left = once_left(conn, account, now, rules)?;
    Ok(judge::grants(left, rules).map(|()| left))
}

/// What an account leaves behind when it goes.
pub(crate) fn forget(conn: &Conn, account: i64) -> Sql<()> {
    run(conn, "DELETE FROM kept_grant WHERE account = $1", params![account])?;
    run(conn, "UPDATE kept_casilla SET account = NULL WHERE account = $1", params![account])?;
    run(conn, "DELETE FROM answer_count WHERE account = $1", params![account]).map(drop)
}

/// Removes grants and casillas whose time is over; how many of the more.
pub(crate) fn sweep(conn: &Conn, now: i64, limit: i64) -> Sql<u64> {
    let grants = "DELETE FROM kept_grant WHERE arrival IN
                  (SELECT arrival FROM kept_grant WHERE until_ms <= $1 ORDER BY until_ms LIMIT $2)";
    let casillas = "DELETE FROM kept_casilla WHERE tag IN
                    (SELECT tag FROM kept_casilla WHERE until_ms <= $1 ORDER BY until_ms LIMIT $2)";
    Ok(run(conn, grants, params![now, limit])?.max(run(conn, casillas, params![now, limit])?))
}

/// Sealed casillas of an account, and how often grants were put.
pub(crate) fn casillas(conn: &Conn, account: i64) -> Sql<SealedCasillas> {
    let sql = "SELECT grants_version FROM account WHERE account = $1";
    let version = one(conn, sql, params![account], |r| r.number(0))?;
    let sql = "SELECT sealed FROM kept_casilla WHERE account = $1 ORDER BY tag";
    let casillas = all(conn, sql, params![account], |r| r.cell(0))?;
    Ok(SealedCasillas { version: version.unwrap_or(0), casillas })
}
