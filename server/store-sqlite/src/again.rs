//! What a store that was put back holds again, and must not.

use super::SqliteStore;
use super::rows::{id32, run};
use crate::Down;
use lacre_ground::ids::{AccountId, ChannelClass, ChannelId};
use lacre_store::StoreDown;
use lacre_store::accounts::RunHash;
use lacre_store::bodies::BodyKey;
use lacre_store::engine::Engine as _;
use lacre_store::notices::Exempt;
use lacre_store_sql::accounts::{delete_account, retire_handle};
use lacre_store_sql::inboxes;
use lacre_store_sql::notices::sealed_casillas;
use lacre_store_sql::rights::Rights as _;
use lacre_store_sql::who::account_number;
use rusqlite::params;

impl SqliteStore {
    /// Tells of these resets again, in their order and so under the numbers that they had, and deletes the accounts that they
    /// replaced, and all that `deleted` names. `open` unseals the casillas of an account, which close with it. Their
    /// persons are strangers: the counter gives them first codes. How many accounts were deleted.
    pub fn delete_again(
        &mut self,
        resets: &[(String, AccountId)],
        deleted: &dyn Fn(&AccountId) -> bool,
        open: &dyn Fn(&AccountId, &[u8]) -> Option<ChannelId>,
    ) -> Result<u64, StoreDown> {
        self.at_once(|store| store.deleted_again(resets, deleted, open))
    }

    /// Nobody is an address for official notices: all grants go, and all rights to append to casillas, until each account's device
    /// has been there again. What was noted of exemptions since is noted again, and bodies that were revoked are.
    pub fn close_addresses(&mut self, exempt: &[(RunHash, Option<Exempt>)], revoked: &[BodyKey]) -> Result<(), StoreDown> {
        self.at_once(|store| {
            run(&store.conn, "DELETE FROM kept_grant", [])?;
            run(&store.conn, "UPDATE account SET grants_version = grants_version + 1", [])?;
            run(&store.conn, "DELETE FROM append_right WHERE channel IN (SELECT channel FROM channel WHERE class = 3)", [])?;
            for (person, reason) in exempt {
                match reason {
                    Some(reason) => {
                        let sql = "INSERT OR REPLACE INTO exempt (run_hash, reason) VALUES (?1, ?2)";
                        run(&store.conn, sql, params![person.as_bytes(), reason.code()])?
                    }
                    None => run(&store.conn, "DELETE FROM exempt WHERE run_hash = ?1", [person.as_bytes()])?,
                };
            }
            for body in revoked {
                run(&store.conn, "UPDATE agency SET revoked = 1 WHERE key = ?1", [body.0])?;
            }
            Ok(())
        })
    }

    /// All of it, or nothing.
    fn at_once<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Down>) -> Result<T, StoreDown> {
        self.begin()?;
        match work(self).map_err(StoreDown::from) {
            Ok(done) => self.commit().map(|()| done),
            Err(down) => {
                self.rollback();
                Err(down)
            }
        }
    }

    fn deleted_again(
        &mut self,
        resets: &[(String, AccountId)],
        deleted: &dyn Fn(&AccountId) -> bool,
        open: &dyn Fn(&AccountId, &[u8]) -> Option<ChannelId>,
    ) -> Result<u64, Down> {
        let mut gone = Vec::new();
        for (note, replaced) in resets {
            if !self.conn.prepare_cached("SELECT 1 FROM reset WHERE note = ?1")?.exists([note])? {
                self.conn.execute("INSERT INTO reset (note) VALUES (?1)", [note])?;
                gone.extend(account_number(&self.conn, replaced)?);
            }
        }
        // its name waits for whoever it belongs to; that of a deleted one for nobody
        let replaced = gone.len();
        let mut all = self.conn.prepare("SELECT account, id FROM account")?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            if deleted(&id32(row, 1)?) {
                gone.push(row.get(0)?);
            }
        }
        drop(rows);
        drop(all);
        for (n, account) in gone.iter().enumerate() {
            if n >= replaced {
                retire_handle(&self.conn, *account)?;
            }
            self.conn.execute("DELETE FROM person WHERE account = ?1", [account])?;
            let id: AccountId =
                self.conn.prepare_cached("SELECT id FROM account WHERE account = ?1")?.query_row([account], |r| id32(r, 0))?;
            let sealed = sealed_casillas(&self.conn, *account)?.casillas;
            let casillas: Vec<ChannelId> = sealed.iter().filter_map(|sealed| open(&id, sealed)).collect();
            self.withdraw(&casillas, ChannelClass::Casilla)?;
            inboxes::give_up(self, *account)?;
            delete_account(&self.conn, *account)?;
        }
        Ok(gone.len() as u64)
    }
}
