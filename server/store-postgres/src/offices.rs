//! Offices in PostgreSQL.

use crate::accounts::{delete_account, retire_handle};
use crate::batch::Work;
use crate::sql::{Cells as _, by, one, params, run};
use crate::{Down, PgReads};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::{AccountId, Handle};
use lacre_ground::time::Millis;
use lacre_store::accounts::RunHash;
use lacre_store::closing::Closing;
use lacre_store::counter::Deed;
use lacre_store::offices::{NoOffice, Office, OfficeAccount, OfficeEnded};
use lacre_store::{OfficeReads, OfficeStore, StoreDown};
use lacre_store_sql::counter;
use tokio_postgres::Row;

impl OfficeStore for Work {
    fn keep_office(&mut self, now: Millis, run_hash: &RunHash, office: &Office) -> Result<(), StoreDown> {
        let work = || -> Result<(), Down> {
            counter::record(&self.conn, now, None, Deed::OfficeGiven, office.agency.to_string())?;
            let sql = "INSERT INTO office (run_hash, agency, administrator) VALUES ($1, $2, $3) ON CONFLICT (run_hash) DO UPDATE
                       SET agency = excluded.agency, administrator = excluded.administrator";
            run(&self.conn, sql, params![by(run_hash.as_bytes()), office.agency.as_str(), office.administrator])?;
            Ok(())
        };
        let done = work();
        self.batch.tell(done)
    }

    fn end_office(&mut self, now: Millis, run_hash: &RunHash) -> Result<Result<OfficeEnded, NoOffice>, StoreDown> {
        let mut work = || -> Result<Result<OfficeEnded, NoOffice>, Down> {
            let sql = "SELECT agency, account, id FROM office JOIN person USING (run_hash) LEFT JOIN account USING (account)
                       WHERE run_hash = $1";
            let read = |r: &Row| Ok((r.cell::<String>(0)?, r.cell::<Option<i64>>(1)?, r.cell::<Option<Vec<u8>>>(2)?));
            let found = one(&self.conn, sql, params![by(run_hash.as_bytes())], read)?;
            run(&self.conn, "DELETE FROM office WHERE run_hash = $1", params![by(run_hash.as_bytes())])?;
            let Some((agency, account, id)) = found else { return Ok(Err(NoOffice)) };
            run(&self.conn, "DELETE FROM person WHERE run_hash = $1", params![by(run_hash.as_bytes())])?;
            if let Some(account) = account {
                let closed = self.close(account, &Closing::default())?;
                closed.map_err(|_| StoreDown::damaged("an office took grants"))?;
                retire_handle(&self.conn, account)?;
                self.give_up_inboxes(account)?;
                delete_account(&self.conn, account)?;
            }
            counter::record(&self.conn, now, None, Deed::OfficeEnded, agency)?;
            let account = id.as_deref().map(AccountId::try_from).transpose();
            Ok(Ok(OfficeEnded { account: account.map_err(|_| StoreDown::damaged("an account's id"))? }))
        };
        let done = work();
        self.batch.tell(done)
    }
}

impl OfficeReads for PgReads {
    fn office(&self, account: &AccountId) -> Result<Option<OfficeAccount>, StoreDown> {
        self.with(|conn| {
            let sql = "SELECT handle, agency, administrator FROM account JOIN person USING (account) JOIN office USING (run_hash)
                       WHERE id = $1";
            let read = |r: &Row| Ok((r.cell::<String>(0)?, r.cell::<String>(1)?, r.cell::<bool>(2)?));
            // what is stored was a handle and a code when it came
            Ok(one(conn, sql, params![by(account.as_bytes())], read)?.and_then(|(handle, agency, administrator)| {
                let office = Office { agency: AgencyCode::parse(&agency)?, administrator };
                Some(OfficeAccount { handle: Handle::parse(&handle).ok()?, office })
            }))
        })
    }
}
