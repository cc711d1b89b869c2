//! What a database that went back holds again, and must not: it is deleted again in the transaction that gives it another
//! generation. So no relay ever serves the one without the other.

use crate::Down;
use crate::batch::{Batch, Work};
use crate::reads;
use crate::sql::{Cells as _, by, only, params, run};
use lacre_store_sql::again::{close_addresses, delete_again};

/// From the database, whose chance it is.
const RENEW: &str =
    "UPDATE meta SET generation = uuid_send(gen_random_uuid()) WHERE id = 1 AND generation = $1 RETURNING generation";

impl Work {
    /// Gives the database another generation, in a transaction, and deletes again what was deleted. False when another relay was
    /// first, and did both: it has one that this process does not know, and that is none of before.
    pub(crate) fn begin_anew(&mut self) -> Result<bool, Down> {
        let since = self.deleted.as_ref().map(|list| list.since()).transpose()?;
        self.batch = Batch::default();
        run(&self.conn, "SELECT id FROM gate FOR NO KEY UPDATE", params![])?;
        let now = reads::generation(&self.conn)?;
        if now != self.generation && !since.as_ref().is_some_and(|since| since.older.contains(&now)) {
            return Ok(false);
        }
        let new = only(&self.conn, RENEW, params![by(now.as_bytes())], |r| r.id(0))?;
        if let Some(list) = &self.deleted {
            list.renews(&now, &new)?;
        }
        if let Some(since) = since {
            close_addresses(&self.conn, &since)?;
            let deleted = delete_again(self, &since)?;
            tracing::warn!(deleted, resets = since.resets.len(), "accounts that came back were deleted again");
        }
        Ok(true)
    }
}
