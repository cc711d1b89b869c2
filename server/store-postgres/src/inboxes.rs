//! Whose an inbox is, in PostgreSQL.

use crate::Down;
use crate::batch::Work;
use crate::sql::{Cells as _, Conn, Sql, all, by, one, params, run};
use lacre_ground::ids::{ChannelClass, ChannelId};
use lacre_store::accounts::{InboxRefused, StateDevice};

/// Whether a state with these devices may be this account's; none is an account that is yet to come.
pub(crate) fn free(conn: &Conn, account: Option<i64>, devices: &[StateDevice]) -> Sql<Result<(), InboxRefused>> {
    if let Err(twice) = InboxRefused::twice(devices) {
        return Ok(Err(twice));
    }
    let sql = "SELECT owner FROM inbox WHERE name = $1";
    for device in devices {
        let owner: Option<Option<i64>> = one(conn, sql, params![by(device.inbox.as_bytes())], |r| r.cell(0))?;
        // a row without an owner is that of an account that is gone
        if owner.is_some_and(|owner| owner.is_none() || owner != account) {
            return Ok(Err(InboxRefused::Anothers));
        }
    }
    Ok(Ok(()))
}

/// What an account's state names. Only what is nobody's yet, or its own, becomes its own.
fn name(conn: &Conn, account: i64, inbox: &ChannelId) -> Sql<()> {
    let sql = "INSERT INTO inbox (name, owner, named) VALUES ($1, $2, true)
               ON CONFLICT (name) DO UPDATE SET named = true WHERE inbox.owner = excluded.owner";
    run(conn, sql, params![by(inbox.as_bytes()), account]).map(drop)
}

impl Work {
    /// These are the account's inboxes from now on, which [`free`] has said they may be. What it had and has no more is closed.
    pub(crate) fn take_inboxes(&mut self, account: i64, devices: &[StateDevice]) -> Result<(), Down> {
        let sql = "SELECT name FROM inbox WHERE owner = $1 AND named";
        let mut had: Vec<ChannelId> = all(&self.conn, sql, params![account], |r| r.id(0))?;
        had.retain(|inbox| !devices.iter().any(|d| d.inbox == *inbox));
        // first the channels, as whoever changes their rights: then nobody waits in a circle
        self.lock_more(&had)?;
        let names: Vec<&[u8]> = had.iter().map(|inbox| by(inbox.as_bytes())).collect();
        run(&self.conn, "UPDATE inbox SET named = false WHERE name = ANY($1)", params![names])?;
        self.withdraw(&had, ChannelClass::Inbox)?;
        for device in devices {
            name(&self.conn, account, &device.inbox)?;
        }
        Ok(())
    }

    /// The account is gone: its inboxes are closed, and nobody's.
    pub(crate) fn give_up_inboxes(&mut self, account: i64) -> Result<(), Down> {
        self.take_inboxes(account, &[])?;
        run(&self.conn, "UPDATE inbox SET owner = NULL WHERE owner = $1", params![account])?;
        Ok(())
    }
}
