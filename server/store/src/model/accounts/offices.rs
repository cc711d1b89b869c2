//! Offices in the model: beside the accounts that they are.

use super::super::{ModelReads, ModelStore};
use super::Accounts;
use crate::accounts::RunHash;
use crate::closing::Closing;
use crate::counter::Deed;
use crate::offices::{NoOffice, Office, OfficeAccount, OfficeEnded};
use crate::{OfficeReads, OfficeStore, StoreDown};
use lacre_ground::ids::AccountId;
use lacre_ground::time::Millis;

impl OfficeStore for ModelStore {
    fn keep_office(&mut self, now: Millis, run: &RunHash, office: &Office) -> Result<(), StoreDown> {
        self.work.counter.record(now, None, Deed::OfficeGiven, office.agency.to_string());
        self.work.accounts.offices.insert(*run, office.clone());
        Ok(())
    }

    fn end_office(&mut self, now: Millis, run: &RunHash) -> Result<Result<OfficeEnded, NoOffice>, StoreDown> {
        let Some(office) = self.work.accounts.offices.remove(run) else { return Ok(Err(NoOffice)) };
        let Some(person) = self.work.accounts.people.iter().find(|p| p.run == *run) else { return Ok(Err(NoOffice)) };
        let account = person.account;
        self.work.accounts.people.retain(|p| p.run != *run);
        if let Some(account) = account {
            self.close(account, &Closing::default()).map_err(|_| StoreDown::damaged("an office took grants"))?;
            self.work.notices.forget(&account);
            let Accounts { accounts, retired, .. } = &mut self.work.accounts;
            retired.extend(accounts.iter().filter(|a| a.id == account).map(|a| a.handle.as_str().to_owned()));
            accounts.retain(|a| a.id != account);
            let closed = self.work.accounts.give_up_inboxes(account);
            closed.iter().for_each(|inbox| self.work.channels.close(inbox));
        }
        self.work.counter.record(now, None, Deed::OfficeEnded, office.agency.to_string());
        Ok(Ok(OfficeEnded { account }))
    }
}

impl OfficeReads for ModelReads {
    fn office(&self, account: &AccountId) -> Result<Option<OfficeAccount>, StoreDown> {
        self.with(|s| {
            let person = s.accounts.people.iter().find(|p| p.account == Some(*account));
            let office = person.and_then(|p| s.accounts.offices.get(&p.run)).cloned();
            let found = s.accounts.accounts.iter().find(|a| a.id == *account).zip(office);
            Ok(found.map(|(a, office)| OfficeAccount { handle: a.handle.clone(), office }))
        })
    }
}
