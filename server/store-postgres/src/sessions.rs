//! Sessions that are good at each relay, in a table that no log keeps: after a crash of the database, or at a replica that took over,
//! there are none, and devices log in again.

use crate::sql::{Cells as _, Conn, Sql, by, int, one, only, params, run};
use crate::{Down, PgReads};
use lacre_ground::ids::{AccountId, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::StoreDown;
use lacre_store::channels::Limited;
use lacre_store::rules::{Limit, Rules};
use lacre_store::sessions::{Key, Opening, Sessions};
use lacre_store::speaker::Speaker;

/// Those of all relays.
pub struct PgSessions(PgReads);

impl PgSessions {
    /// Over the readers' connections: to lose a session is to lose nothing.
    #[must_use]
    pub const fn new(reads: PgReads) -> Self {
        Self(reads)
    }
}

/// All but so many of the newest of a device.
const TOO_MANY: &str = "DELETE FROM session WHERE token IN
     (SELECT token FROM session WHERE account = $1 AND device = $2 ORDER BY opened DESC OFFSET $3)";

const OPEN: &str = "INSERT INTO session (token, account, device, signature_key, ends_ms) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (token) DO NOTHING";

/// Of the devices of an account all that are not, with their key, among these.
const KEEP: &str = "DELETE FROM session s WHERE account = $1 AND NOT EXISTS
     (SELECT 1 FROM unnest($2::bytea[], $3::bytea[]) AS k (device, key) WHERE k.device = s.device AND k.key = s.signature_key)";

fn open(conn: &Conn, now: Millis, rules: &Rules, opening: &Opening) -> Sql<Result<Millis, Limited>> {
    let Opening { who, key, token } = opening;
    run(conn, "DELETE FROM session WHERE ends_ms <= $1", params![int(now.get())])?;
    let keep = i64::from(rules.sessions_per_device.saturating_sub(1));
    run(conn, TOO_MANY, params![by(who.account.as_bytes()), by(who.device.as_bytes()), keep])?;
    let all = "SELECT count(*), coalesce(min(ends_ms), 0) FROM session";
    let (count, first) = only(conn, all, params![], |r| Ok((r.number(0)?, Millis::new(r.number(1)?))))?;
    if count >= u64::from(rules.max_sessions) {
        let retry_after_ms = (count > 0).then(|| first.since(now));
        return Ok(Err(Limited { limit: Limit::MaxSessions, value: rules.max_sessions.into(), retry_after_ms }));
    }
    let ends = now.plus(rules.session_lifetime_ms);
    let row = params![by(token.as_bytes()), by(who.account.as_bytes()), by(who.device.as_bytes()), by(key), int(ends.get())];
    run(conn, OPEN, row)?;
    Ok(Ok(ends))
}

impl Sessions for PgSessions {
    fn open(&self, now: Millis, rules: &Rules, opening: &Opening) -> Result<Result<Millis, Limited>, StoreDown> {
        self.0.with(|conn| open(conn, now, rules, opening))
    }
    fn who(&self, now: Millis, token: &TokenHash) -> Result<Option<Speaker>, StoreDown> {
        let sql = "SELECT account, device FROM session WHERE token = $1 AND ends_ms > $2";
        let row = params![by(token.as_bytes()), int(now.get())];
        self.0.with(|conn| one(conn, sql, row, |r| Ok::<_, Down>(Speaker { account: r.id(0)?, device: r.id(1)? })))
    }
    fn close(&self, token: &TokenHash) -> Result<(), StoreDown> {
        self.0.with(|conn| run(conn, "DELETE FROM session WHERE token = $1", params![by(token.as_bytes())]).map(drop))
    }
    fn keep_only(&self, account: &AccountId, devices: &[Key]) -> Result<(), StoreDown> {
        let (ids, keys): (Vec<&[u8]>, Vec<&[u8]>) = devices.iter().map(|(id, key)| (by(id.as_bytes()), by(key))).unzip();
        self.0.with(|conn| run(conn, KEEP, params![by(account.as_bytes()), ids, keys]).map(drop))
    }
}
