//! What accounts have of SQLite's own: counts in memory, stamps in the order of their ends.

use super::SqliteStore;
use crate::Down;
use lacre_ground::ids::{AccountId, TokenHash};
use lacre_ground::time::Millis;
use lacre_store::channels::Limited;
use lacre_store::directory::AskRefused;
use lacre_store::quotas::Question;
use lacre_store::rules::Rules;
use lacre_store_sql::accounts::Accounts;
use lacre_store_sql::who::stamp_there;
use lacre_store_sql::{Db as _, values};

impl Accounts for SqliteStore {
    fn asks(&mut self, now: Millis, rules: &Rules, target: &AccountId, what: Question) -> Result<Result<(), AskRefused>, Down> {
        Ok(self.quotas.check(now, rules, target, what))
    }

    fn asked(&mut self, _: Millis, target: &AccountId, what: Question) -> Result<(), Down> {
        self.quotas.count(target, what);
        Ok(())
    }

    fn count_stamps(&mut self, now: Millis, rules: &Rules, account: &AccountId, count: u32) -> Result<Result<(), Limited>, Down> {
        Ok(self.quotas.take_stamps(now, rules, account, count))
    }

    fn put_stamps(&mut self, ends: Millis, hashes: &[TokenHash]) -> Result<(), Down> {
        self.conn.run("INSERT INTO stamp_end (ends_ms) VALUES (?1) ON CONFLICT DO NOTHING", values![ends])?;
        for hash in hashes {
            if !stamp_there(&self.conn, hash)? {
                self.conn.run("INSERT INTO stamp (ends_ms, hash) VALUES (?1, ?2)", values![ends, hash.as_bytes()])?;
            }
        }
        Ok(())
    }

    fn sweep_stamps(&mut self, now: Millis, limit: u32) -> Result<u64, Down> {
        let over = "DELETE FROM stamp WHERE (ends_ms, hash) IN
                    (SELECT ends_ms, hash FROM stamp WHERE ends_ms <= ?1 ORDER BY ends_ms, hash LIMIT ?2)";
        let stamps = self.conn.run(over, values![now, limit])?;
        let emptied = "DELETE FROM stamp_end WHERE ends_ms <= ?1
                       AND NOT EXISTS (SELECT 1 FROM stamp WHERE stamp.ends_ms = stamp_end.ends_ms)";
        self.conn.run(emptied, values![now])?;
        Ok(stamps)
    }
}
