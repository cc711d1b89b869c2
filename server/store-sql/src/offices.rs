//! Offices.

use crate::accounts::{delete_account, retire_handle};
use crate::notices::close;
use crate::rights::Rights;
use crate::rows::{Cells as _, Row};
use crate::{Db, Sql, Writes, counter, inboxes, values};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, Handle};
use lacre_ground::time::Millis;
use lacre_store::StoreDown;
use lacre_store::accounts::RunHash;
use lacre_store::closing::Closing;
use lacre_store::counter::Deed;
use lacre_store::offices::{NoOffice, Office, OfficeAccount, OfficeEnded};

/// Stamps [`lacre_store::OfficeStore`] and [`lacre_store::OfficeReads`] out for an engine's two sides.
#[macro_export]
macro_rules! offices {
    ($store:ty, $reads:ty) => {
        const _: () = {
            use ::lacre_ground::ids::AccountId;
            use ::lacre_ground::time::Millis;
            use ::lacre_store::accounts::RunHash;
            use ::lacre_store::offices::*;
            use ::lacre_store::{OfficeReads, OfficeStore};
            use $crate::offices;
            $crate::stamp! { verbs of OfficeStore for $store = offices {
                fn keep_office(now: Millis, run: &RunHash, office: &Office) -> ();
                fn end_office(now: Millis, run: &RunHash) -> Result<OfficeEnded, NoOffice>;
            }}
            $crate::stamp! { reads of OfficeReads for $reads = offices {
                fn office(account: &AccountId) -> Option<OfficeAccount>;
            }}
        };
    };
}

/// [`lacre_store::OfficeStore::keep_office`]
pub fn keep_office<S: Writes>(store: &S, now: Millis, run_hash: &RunHash, office: &Office) -> Sql<(), S::Db> {
    let db = store.db();
    counter::record(db, now, None, Deed::OfficeGiven, office.agency.to_string())?;
    let sql = "INSERT INTO office (run_hash, agency, administrator) VALUES (?1, ?2, ?3) ON CONFLICT (run_hash) DO UPDATE
               SET agency = excluded.agency, administrator = excluded.administrator";
    db.run(sql, values![run_hash.as_bytes(), office.agency.as_str(), office.administrator]).map(drop)
}

/// [`lacre_store::OfficeStore::end_office`]
pub fn end_office<S: Rights>(store: &mut S, now: Millis, run_hash: &RunHash) -> Sql<Result<OfficeEnded, NoOffice>, S::Db> {
    let db = store.db();
    let sql = "SELECT agency, account, id FROM office JOIN person USING (run_hash) LEFT JOIN account USING (account)
               WHERE run_hash = ?1";
    let read = |r: &dyn Row| Ok((r.text(0)?, r.integer(1)?, r.maybe_id::<AccountId>(2)?));
    let found = db.one(sql, values![run_hash.as_bytes()], read)?;
    db.run("DELETE FROM office WHERE run_hash = ?1", values![run_hash.as_bytes()])?;
    let Some((agency, account, id)) = found else { return Ok(Err(NoOffice)) };
    db.run("DELETE FROM person WHERE run_hash = ?1", values![run_hash.as_bytes()])?;
    if let Some(account) = account {
        let closed = close(store, account, &Closing::default())?;
        closed.map_err(|_| StoreDown::damaged("an office took grants"))?;
        retire_handle(store.db(), account)?;
        inboxes::give_up(store, account)?;
        delete_account(store.db(), account)?;
    }
    counter::record(store.db(), now, None, Deed::OfficeEnded, agency)?;
    Ok(Ok(OfficeEnded { account: id }))
}

/// [`lacre_store::OfficeReads::office`]
pub fn office<D: Db>(db: &D, account: &AccountId) -> Sql<Option<OfficeAccount>, D> {
    let sql = "SELECT handle, agency, administrator FROM account JOIN person USING (account) JOIN office USING (run_hash)
               WHERE id = ?1";
    let found = db.one(sql, values![account.as_bytes()], |r| Ok((r.text(0)?, r.text(1)?, r.flag(2)?)))?;
    // what is stored was a handle and a code when it came
    Ok(found.and_then(|(handle, agency, administrator)| {
        let office = Office { agency: AgencyCode::parse(&agency)?, administrator };
        Some(OfficeAccount { handle: Handle::parse(&handle).ok()?, office })
    }))
}
