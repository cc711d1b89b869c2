//! A commit that was not answered: did it come to be?
//!
//! Each transaction locks its relay's row first and writes its number there last. So on a new connection that lock waits for a
//! server process that is still at work for the old one; once it is held nothing more comes of the old one, and the number
//! decides. COMMIT is sent only after the row was written, so a transaction whose COMMIT is on the way holds the lock.

use crate::sql::{Cells as _, only, params};
use crate::{Down, PgStore, batch};

/// How often it is asked before the callers are told to come back.
const TRIES: usize = 3;

impl PgStore {
    /// Whether the batch of this number was committed.
    pub(crate) fn came_to_be(&mut self, number: u64) -> Result<bool, Down> {
        let mut last = None;
        for _ in 0..TRIES {
            match self.ask(number) {
                Ok(done) => {
                    tracing::warn!(number, done, "a commit was not answered: it was looked up");
                    return Ok(done);
                }
                Err(down) => last = Some(down),
            }
        }
        let down = last.unwrap_or_else(|| Down::lost("no answer"));
        tracing::error!(number, cause = %down.down, "a commit was not answered, and could not be looked up");
        Err(down)
    }

    fn ask(&mut self, number: u64) -> Result<bool, Down> {
        self.reconnect()?;
        let conn = &self.work.conn;
        let sql = "SELECT batch FROM relay WHERE relay = $1 FOR UPDATE";
        let found = only(conn, sql, params![batch::name(&self.relay)], |r| r.number(0))?;
        let done = found >= number;
        if done {
            self.work.acked = number;
        }
        Ok(done)
    }
}
