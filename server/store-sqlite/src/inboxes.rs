//! Whose an inbox is, in SQLite.

use super::SqliteStore;
use super::rows::id32;
use crate::Down;
use lacre_ground::account::AccountState;
use lacre_ground::ids::ChannelId;
use lacre_store::accounts::{InboxRefused, StateDevice};
use rusqlite::{Connection, OptionalExtension as _, params};

/// Whether a state with these devices may be this account's; none is an account that is yet to come.
pub(super) fn free(
    conn: &Connection,
    account: Option<i64>,
    devices: &[StateDevice],
) -> rusqlite::Result<Result<(), InboxRefused>> {
    if let Err(twice) = InboxRefused::twice(devices) {
        return Ok(Err(twice));
    }
    let mut find = conn.prepare_cached("SELECT owner FROM inbox WHERE name = ?1")?;
    for device in devices {
        let owner: Option<Option<i64>> = find.query_row([device.inbox.as_bytes()], |r| r.get(0)).optional()?;
        // a row without an owner is that of an account that is gone
        if owner.is_some_and(|owner| owner.is_none() || owner != account) {
            return Ok(Err(InboxRefused::Anothers));
        }
    }
    Ok(Ok(()))
}

/// What an account's state names. Only what is nobody's yet, or its own, becomes its own.
fn name(conn: &Connection, account: i64, inbox: &ChannelId) -> rusqlite::Result<()> {
    let sql = "INSERT INTO inbox (name, owner, named) VALUES (?1, ?2, 1)
               ON CONFLICT (name) DO UPDATE SET named = 1 WHERE owner = excluded.owner";
    conn.prepare_cached(sql)?.execute(params![inbox.as_bytes(), account]).map(drop)
}

impl SqliteStore {
    /// These are the account's inboxes from now on, which [`free`] has said they may be. What it had and has no more is closed.
    pub(super) fn take_inboxes(&mut self, account: i64, devices: &[StateDevice]) -> Result<(), Down> {
        let had: Vec<ChannelId> = self
            .conn
            .prepare_cached("SELECT name FROM inbox WHERE owner = ?1 AND named = 1")?
            .query_map([account], |r| id32(r, 0))?
            .collect::<rusqlite::Result<_>>()?;
        for inbox in had.iter().filter(|inbox| !devices.iter().any(|d| d.inbox == **inbox)) {
            self.conn.prepare_cached("UPDATE inbox SET named = 0 WHERE name = ?1")?.execute([inbox.as_bytes()])?;
            self.close_inbox(inbox)?;
        }
        for device in devices {
            name(&self.conn, account, &device.inbox)?;
        }
        Ok(())
    }

    /// The account is gone: its inboxes are closed, and nobody's.
    pub(super) fn give_up_inboxes(&mut self, account: i64) -> Result<(), Down> {
        self.take_inboxes(account, &[])?;
        self.conn.prepare_cached("UPDATE inbox SET owner = NULL WHERE owner = ?1")?.execute([account])?;
        Ok(())
    }
}

/// Fills the table from the states that are stored, in the order in which they came: of two accounts that name one inbox the
/// one whose state did so first keeps it. Inboxes that left are closed. Part of a migration: runs inside its transaction.
pub(super) fn take_stored(conn: &Connection) -> rusqlite::Result<()> {
    let mut states = conn.prepare("SELECT account, number, note FROM account_state ORDER BY rowid")?;
    let mut rows = states.query([])?;
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
            name(conn, account, &device.inbox.channel)?;
        }
    }
    conn.execute_batch(
        "DELETE FROM append_right WHERE channel IN
         (SELECT channel FROM channel JOIN inbox USING (name) WHERE class = 2 AND named = 0)",
    )
}
