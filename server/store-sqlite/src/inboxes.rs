//! Whose the inboxes of stores are that were written before anybody's was.

use lacre_ground::account::AccountState;
use rusqlite::{Connection, params};

/// Fills the table from the states that are stored, in the order in which they came: of two accounts that name one inbox the
/// one whose state did so first keeps it. Inboxes that left are closed. Part of a migration: runs inside its transaction.
pub(super) fn take_stored(conn: &Connection) -> rusqlite::Result<()> {
    let mut states = conn.prepare("SELECT account, number, note FROM account_state ORDER BY rowid")?;
    let mut rows = states.query([])?;
    let mut name = conn.prepare(
        "INSERT INTO inbox (name, owner, named) VALUES (?1, ?2, 1)
         ON CONFLICT (name) DO UPDATE SET named = 1 WHERE owner = excluded.owner",
    )?;
    let mut forget = conn.prepare("UPDATE inbox SET named = 0 WHERE owner = ?1")?;
    while let Some(row) = rows.next()? {
        let (account, number): (i64, u64) = (row.get(0)?, row.get(1)?);
        let Ok(state) = AccountState::stored(row.get_ref(2)?.as_str()?) else {
            // nobody can log in with it, and the others must not wait for that
            tracing::warn!(number, "a stored account state cannot be read: its inboxes are nobody's");
            continue;
        };
        forget.execute([account])?;
        for device in &state.devices {
            name.execute(params![device.inbox.channel.as_bytes(), account])?;
        }
    }
    conn.execute_batch(
        "DELETE FROM append_right WHERE channel IN
         (SELECT channel FROM channel JOIN inbox USING (name) WHERE class = 2 AND named = 0)",
    )
}
