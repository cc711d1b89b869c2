//! What accounts have of PostgreSQL's own: counts of all relays, stamps by arrays and in the order of their hashes.

use crate::Down;
use crate::batch::Work;
use crate::quota::{self, Counted};
use crate::sql::{by, int, params, run};
use lacre_ground::ids::{AccountId, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::channels::Limited;
use lacre_store::directory::AskRefused;
use lacre_store::quotas::{Question, ask, stamps};
use lacre_store::rules::Rules;
use lacre_store_sql::accounts::Accounts;

impl Accounts for Work {
    fn asks(&mut self, now: Millis, rules: &Rules, target: &AccountId, what: Question) -> Result<Result<(), AskRefused>, Down> {
        let asked = quota::so_far(&self.conn, self.quotas.window(now, Counted::Asked(*target, what)))?;
        Ok(ask(asked, now, rules, what))
    }

    fn asked(&mut self, now: Millis, target: &AccountId, what: Question) -> Result<(), Down> {
        quota::count(&self.conn, self.quotas.window(now, Counted::Asked(*target, what)), 1)
    }

    fn count_stamps(&mut self, now: Millis, rules: &Rules, account: &AccountId, count: u32) -> Result<Result<(), Limited>, Down> {
        let window = self.quotas.window(now, Counted::Stamps(*account));
        if let Err(limited) = stamps(quota::so_far(&self.conn, window)?, now, count, rules) {
            return Ok(Err(limited));
        }
        quota::count(&self.conn, window, count)?;
        Ok(Ok(()))
    }

    fn put_stamps(&mut self, ends: Millis, hashes: &[TokenHash]) -> Result<(), Down> {
        let hashes: Vec<&[u8]> = hashes.iter().map(|hash| by(hash.as_bytes())).collect();
        // in the order of hashes, as every lock on stamps
        let sql = "INSERT INTO stamp (hash, ends_ms) SELECT hash, $2 FROM unnest($1::bytea[]) AS s (hash) ORDER BY hash
                   ON CONFLICT (hash) DO NOTHING";
        run(&self.conn, sql, params![hashes, int(ends.get())]).map(drop)
    }

    fn sweep_stamps(&mut self, now: Millis, limit: u32) -> Result<u64, Down> {
        let sql = "DELETE FROM stamp WHERE hash IN
                   (SELECT hash FROM stamp WHERE ends_ms <= $1 ORDER BY ends_ms, hash LIMIT $2 FOR UPDATE)";
        run(&self.conn, sql, params![int(now.get()), i64::from(limit)])
    }
}
