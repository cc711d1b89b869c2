//! What a store that was put back, or a database that went back, holds again and must not. All of it stands in one transaction with
//! whatever makes it served again.

use crate::accounts::{delete_account, retire_handle};
use crate::notices::{note_exempt, sealed_casillas};
use crate::rights::Rights;
use crate::rows::Cells as _;
use crate::who::account_number;
use crate::{Db, Sql, inboxes, values};
use lacre_ground::ids::{AccountId, ChannelClass, ChannelId};
use lacre_store::again::Since;
use std::collections::HashSet;

/// Of accounts that are asked about at once.
const PAGE: usize = 10_000;

/// Nobody is an address for official notices: all grants go, and all rights to append to casillas, until each account's device
/// has been there again. What was noted of exemptions since is noted again, and bodies that were revoked are.
pub fn close_addresses<D: Db>(db: &D, since: &Since) -> Sql<(), D> {
    db.whole(
        "DELETE FROM kept_grant;
         UPDATE account SET grants_version = grants_version + 1;
         DELETE FROM append_right WHERE channel IN (SELECT channel FROM channel WHERE class = 3)",
    )?;
    for (person, reason) in &since.exempt {
        note_exempt(db, person, *reason)?;
    }
    for body in &since.revoked {
        db.run("UPDATE agency SET revoked = true WHERE key = ?1", values![&body.0])?;
    }
    Ok(())
}

/// Tells of these resets again, in their order and so under the numbers that they had, and deletes the accounts that they replaced,
/// and all that were deleted; their casillas close with them. Their persons are strangers: the counter gives them first codes. How
/// many accounts were deleted.
pub fn delete_again<S: Rights>(store: &mut S, since: &Since) -> Sql<u64, S::Db> {
    let mut gone = Vec::new();
    let known: HashSet<String> = store.db().all("SELECT note FROM reset", &[], |r| r.text(0))?.into_iter().collect();
    for (note, replaced) in &since.resets {
        if !known.contains(note) {
            let sql = "INSERT INTO reset (number, note) SELECT coalesce(max(number), 0) + 1, ?1 FROM reset";
            store.db().run(sql, values![note])?;
            gone.extend(account_number(store.db(), replaced)?);
        }
    }
    // its name waits for whoever it belongs to; that of a deleted one for nobody
    let replaced = gone.len();
    gone.extend(deleted(store.db(), since)?);
    for (n, account) in gone.iter().enumerate() {
        let db = store.db();
        if n >= replaced {
            retire_handle(db, *account)?;
        }
        db.run("DELETE FROM person WHERE account = ?1", values![*account])?;
        let id: Option<AccountId> = db.one("SELECT id FROM account WHERE account = ?1", values![*account], |r| r.id(0))?;
        // replaced and deleted since: it is gone already
        let Some(id) = id else { continue };
        let sealed = sealed_casillas(db, *account)?.casillas;
        let casillas: Vec<ChannelId> = sealed.iter().filter_map(|sealed| (since.open)(&id, sealed)).collect();
        store.withdraw(&casillas, ChannelClass::Casilla)?;
        inboxes::give_up(store, *account)?;
        delete_account(store.db(), *account)?;
    }
    Ok(gone.len() as u64)
}

/// Accounts that were deleted since, page by page through all.
fn deleted<D: Db>(db: &D, since: &Since) -> Sql<Vec<i64>, D> {
    let sql = format!("SELECT account, id FROM account WHERE account > ?1 ORDER BY account LIMIT {PAGE}");
    let (mut gone, mut last) = (Vec::new(), 0);
    loop {
        let page: Vec<(i64, AccountId)> = db.all(&sql, values![last], |r| Ok((r.key(0)?, r.id(1)?)))?;
        gone.extend(page.iter().filter(|(_, id)| (since.deleted)(id)).map(|(account, _)| *account));
        match page.last() {
            Some((end, _)) if page.len() == PAGE => last = *end,
            _ => return Ok(gone),
        }
    }
}
