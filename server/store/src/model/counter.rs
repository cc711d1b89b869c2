//! The counter in the model: two lists.

use super::{ModelReads, ModelStore};
use crate::accounts::{IssueCode, IssueRefused};
use crate::channels::Limited;
use crate::counter::{
    Act, AddClerk, AddClerkRefused, By, Clerk, ClerkKey, ClerkName, DAY, Deed, Denied, HOUR, LiveCode, NoClerk, NoCode,
    Reference, Tally, admit,
};
use crate::rules::{Limit, Rules};
use crate::{CounterReads, CounterStore, StoreDown};
use lacre_ground::time::Millis;

#[derive(Clone, Default)]
pub(super) struct Counter {
    clerks: Vec<Clerk>,
    acts: Vec<Act>,
}

impl Counter {
    pub(super) fn record(&mut self, now: Millis, by: Option<ClerkName>, deed: Deed, about: String) {
        let before = self.acts.last().map(|act| (act.number, act.chain));
        self.acts.push(Act::next(before, now, by, deed, about));
    }
    /// Who issues, if she may; what is not her duty is recorded.
    pub(super) fn admit(&mut self, now: Millis, rules: &Rules, issue: &IssueCode) -> Result<Option<ClerkName>, IssueRefused> {
        let By::Clerk(key) = issue.by else { return Ok(None) };
        let clerk = self.clerks.iter().find(|clerk| clerk.key == key);
        let name = clerk.map(|clerk| clerk.name.clone());
        let since = |window: u64| now.get().saturating_sub(window);
        let mine = |act: &&Act| act.by == name && act.at.get() > since(DAY);
        let count = |which: &dyn Fn(&Act) -> bool| {
            u32::try_from(self.acts.iter().filter(mine).filter(|act| which(act)).count()).unwrap_or(u32::MAX)
        };
        let tally = Tally {
            hour: count(&|act| act.at.get() > since(HOUR)),
            day: count(&|_| true),
            resets: count(&|act| act.deed == Deed::IssuedReset),
            refusals: count(&|act| act.deed.refused()),
        };
        match admit(clerk, tally, issue.recover, rules) {
            Ok(()) => Ok(name),
            Err(denied) => {
                if denied == Denied::Duty {
                    self.record(now, name, Deed::NotHerDuty, String::new());
                }
                Err(denied.into())
            }
        }
    }
}

impl CounterStore for ModelStore {
    fn add_clerk(&mut self, now: Millis, rules: &Rules, add: &AddClerk) -> Result<Result<(), AddClerkRefused>, StoreDown> {
        let counter = &mut self.work.counter;
        if counter.clerks.iter().any(|clerk| clerk.name == add.name) {
            return Ok(Err(AddClerkRefused::Name));
        }
        if counter.clerks.iter().any(|clerk| clerk.key == add.key) {
            return Ok(Err(AddClerkRefused::Key));
        }
        if counter.clerks.len() >= usize::try_from(rules.max_clerks).unwrap_or(usize::MAX) {
            return Ok(Err(AddClerkRefused::Limit(Limited::beyond(Limit::MaxClerks, rules.max_clerks.into()))));
        }
        let AddClerk { name, key, duties } = add.clone();
        counter.clerks.push(Clerk { name, key, duties, added_at: now, revoked_at: None });
        counter.record(now, None, Deed::ClerkAdded, add.about());
        Ok(Ok(()))
    }
    fn revoke_clerk(&mut self, now: Millis, name: &ClerkName) -> Result<Result<(), NoClerk>, StoreDown> {
        let counter = &mut self.work.counter;
        let Some(clerk) = counter.clerks.iter_mut().find(|clerk| clerk.name == *name && clerk.revoked_at.is_none()) else {
            return Ok(Err(NoClerk));
        };
        clerk.revoked_at = Some(now);
        counter.record(now, None, Deed::ClerkRevoked, name.as_str().to_owned());
        Ok(Ok(()))
    }
    fn revoke_code(&mut self, now: Millis, code: Reference) -> Result<Result<(), NoCode>, StoreDown> {
        if !self.work.accounts.live(now).iter().any(|live| live.reference == code) {
            return Ok(Err(NoCode));
        }
        self.work.accounts.revoke(code);
        self.work.counter.record(now, None, Deed::CodeRevoked, code.to_string());
        Ok(Ok(()))
    }
}

impl CounterReads for ModelReads {
    fn clerks(&self) -> Result<Vec<Clerk>, StoreDown> {
        Ok(self.with(|state| state.counter.clerks.clone()))
    }
    fn clerk(&self, key: &ClerkKey) -> Result<Option<Clerk>, StoreDown> {
        Ok(self.with(|state| state.counter.clerks.iter().find(|clerk| clerk.key == *key).cloned()))
    }
    fn live_codes(&self, now: Millis, limit: u32) -> Result<Vec<LiveCode>, StoreDown> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.with(|state| state.accounts.live(now).into_iter().take(most).collect()))
    }
    fn acts(&self, from: u64, limit: u32, by: Option<&ClerkKey>) -> Result<Vec<Act>, StoreDown> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.with(|state| {
            let Counter { clerks, acts } = &state.counter;
            let name = by.map(|key| clerks.iter().find(|clerk| clerk.key == *key).map(|clerk| &clerk.name));
            let asked = |act: &&Act| act.number >= from && name.is_none_or(|name| name.is_some() && act.by.as_ref() == name);
            acts.iter().filter(asked).take(most).cloned().collect()
        }))
    }
}
