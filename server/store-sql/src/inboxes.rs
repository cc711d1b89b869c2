//! Whose an inbox is.

use crate::rights::Rights;
use crate::rows::Cells as _;
use crate::{Db, Sql, values};
use lacre_ground::ids::{ChannelClass, ChannelId};
use lacre_store::accounts::{InboxRefused, StateDevice};

/// Whether a state with these devices may be this account's; none is an account that is yet to come.
pub fn free<D: Db>(db: &D, account: Option<i64>, devices: &[StateDevice]) -> Sql<Result<(), InboxRefused>, D> {
    if let Err(twice) = InboxRefused::twice(devices) {
        return Ok(Err(twice));
    }
    for device in devices {
        let owner = db.one("SELECT owner FROM inbox WHERE name = ?1", values![device.inbox.as_bytes()], |r| r.integer(0))?;
        // a row without an owner is that of an account that is gone
        if owner.is_some_and(|owner| owner.is_none() || owner != account) {
            return Ok(Err(InboxRefused::Anothers));
        }
    }
    Ok(Ok(()))
}

/// What an account's state names. Only what is nobody's yet, or its own, becomes its own.
fn name<D: Db>(db: &D, account: i64, inbox: &ChannelId) -> Sql<(), D> {
    let sql = "INSERT INTO inbox (name, owner, named) VALUES (?1, ?2, true)
               ON CONFLICT (name) DO UPDATE SET named = true WHERE inbox.owner = excluded.owner";
    db.run(sql, values![inbox.as_bytes(), account]).map(drop)
}

/// These are the account's inboxes from now on, which [`free`] has said they may be. What it had and has no more is closed.
pub fn take<S: Rights>(store: &mut S, account: i64, devices: &[StateDevice]) -> Sql<(), S::Db> {
    let sql = "SELECT name FROM inbox WHERE owner = ?1 AND named";
    let mut had: Vec<ChannelId> = store.db().all(sql, values![account], |r| r.id(0))?;
    had.retain(|inbox| !devices.iter().any(|d| d.inbox == *inbox));
    store.lock_channels(&had)?;
    for inbox in &had {
        store.db().run("UPDATE inbox SET named = false WHERE name = ?1", values![inbox.as_bytes()])?;
    }
    store.withdraw(&had, ChannelClass::Inbox)?;
    for device in devices {
        name(store.db(), account, &device.inbox)?;
    }
    Ok(())
}

/// The account is gone: its inboxes are closed, and nobody's.
pub fn give_up<S: Rights>(store: &mut S, account: i64) -> Sql<(), S::Db> {
    take(store, account, &[])?;
    store.db().run("UPDATE inbox SET owner = NULL WHERE owner = ?1", values![account]).map(drop)
}
