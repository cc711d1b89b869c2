//! What a database that went back holds again, and must not: it is deleted again in the transaction that gives it another
//! generation. So no relay ever serves the one without the other.

use crate::Down;
use crate::batch::{Batch, Work};
use crate::sql::{Cells as _, Sql, all, by, one, params, run};
use lacre_ground::ids::{AccountId, ChannelClass, ChannelId};
use lacre_store::again::Since;
use lacre_store_sql::accounts::{delete_account, retire_handle};
use lacre_store_sql::inboxes;
use lacre_store_sql::notices::sealed_casillas;
use lacre_store_sql::rights::Rights as _;
use lacre_store_sql::who::account_number;
use std::time::Duration;

/// Rights of many casillas go in one statement.
const LONG: Duration = Duration::from_secs(600);

/// From the database, whose chance it is.
const RENEW: &str = "UPDATE meta SET generation = uuid_send(gen_random_uuid()) WHERE id = 1 AND generation = $1";

impl Work {
    /// Gives the database that this process knows another generation, in a transaction, and deletes again what was deleted. False
    /// when another relay was first, and did both.
    pub(crate) fn begin_anew(&mut self) -> Result<bool, Down> {
        let since = self.deleted.as_ref().map(|read| read()).transpose()?;
        self.batch = Batch::default();
        run(&self.conn, "SELECT id FROM gate FOR NO KEY UPDATE", params![])?;
        if run(&self.conn, RENEW, params![by(self.generation.as_bytes())])? == 0 {
            return Ok(false);
        }
        if let Some(since) = since {
            self.close_addresses(&since)?;
            let deleted = self.delete_again(&since)?;
            tracing::warn!(deleted, resets = since.resets.len(), "accounts that came back were deleted again");
        }
        Ok(true)
    }

    /// Nobody is an address for official notices: all grants go, and all rights to append to casillas, until each account's device
    /// has been there again. What was noted of exemptions since is noted again, and bodies that were revoked are.
    fn close_addresses(&mut self, since: &Since) -> Result<(), Down> {
        let conn = &self.conn;
        conn.simple_within(
            LONG,
            "DELETE FROM kept_grant; UPDATE account SET grants_version = grants_version + 1;
             DELETE FROM append_right USING channel WHERE append_right.channel = channel.channel AND class = 3",
        )?;
        for (person, reason) in &since.exempt {
            match reason {
                Some(reason) => {
                    let sql = "INSERT INTO exempt (run_hash, reason) VALUES ($1, $2)
                               ON CONFLICT (run_hash) DO UPDATE SET reason = excluded.reason";
                    run(conn, sql, params![by(person.as_bytes()), i64::from(reason.code())])?
                }
                None => run(conn, "DELETE FROM exempt WHERE run_hash = $1", params![by(person.as_bytes())])?,
            };
        }
        for body in &since.revoked {
            run(conn, "UPDATE agency SET revoked = true WHERE key = $1", params![by(&body.0)])?;
        }
        Ok(())
    }

    /// Tells of these resets again, in their order and so under the numbers that they had, and deletes the accounts that they
    /// replaced, and all that were deleted. Their persons are strangers: the counter gives them first codes.
    fn delete_again(&mut self, since: &Since) -> Result<u64, Down> {
        let mut gone = Vec::new();
        for (note, replaced) in &since.resets {
            if self.conn.rows("SELECT 1 FROM reset WHERE note = $1", params![note])?.is_empty() {
                let sql = "INSERT INTO reset (number, note) SELECT coalesce(max(number), 0) + 1, $1 FROM reset";
                run(&self.conn, sql, params![note])?;
                gone.extend(account_number(&self.conn, replaced)?);
            }
        }
        // its name waits for whoever it belongs to; that of a deleted one for nobody
        let replaced = gone.len();
        let everybody: Vec<(i64, AccountId)> = self.everybody()?;
        gone.extend(everybody.into_iter().filter(|(_, id)| (since.deleted)(id)).map(|(account, _)| account));
        for (n, account) in gone.iter().enumerate() {
            if n >= replaced {
                retire_handle(&self.conn, *account)?;
            }
            run(&self.conn, "DELETE FROM person WHERE account = $1", params![account])?;
            let id = one(&self.conn, "SELECT id FROM account WHERE account = $1", params![account], |r| r.id(0))?;
            let Some(id) = id else { continue };
            let sealed = sealed_casillas(&self.conn, *account)?.casillas;
            let casillas: Vec<ChannelId> = sealed.iter().filter_map(|sealed| (since.open)(&id, sealed)).collect();
            self.withdraw(&casillas, ChannelClass::Casilla)?;
            inboxes::give_up(self, *account)?;
            delete_account(&self.conn, *account)?;
        }
        Ok(gone.len() as u64)
    }

    /// Every account, page by page.
    fn everybody(&self) -> Sql<Vec<(i64, AccountId)>> {
        let sql = "SELECT account, id FROM account WHERE account > $1 ORDER BY account LIMIT 10000";
        let (mut everybody, mut last) = (Vec::new(), 0);
        loop {
            let page: Vec<(i64, AccountId)> = all(&self.conn, sql, params![last], |r| Ok((r.cell(0)?, r.id(1)?)))?;
            let Some((end, _)) = page.last() else { return Ok(everybody) };
            last = *end;
            everybody.extend(page);
        }
    }
}
