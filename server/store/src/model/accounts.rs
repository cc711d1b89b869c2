//! Accounts in the model: lists that are searched from the front.

mod offices;
mod reads;

use super::{ModelStore, State};
use crate::accounts::{
    CodeIssued, Enroll, EnrollRefused, Enrolled, InboxRefused, IssueCode, IssueRefused, KeyPackage, PutKeyPackages,
    PutKeyPackagesRefused, PutState, PutStateRefused, Recover, RecoverRefused, Recovered, Remaining, RunHash, StateDevice,
    TakeStamps, TakeStampsRefused,
};
use crate::closing::{CloseRefused, Closing};
use crate::counter::{Deed, LiveCode, Reference};
use crate::directory::{AskRefused, Claim, ClaimAnswer, Claimed, DirectoryEntry, Lookup, LookupAnswer, Who};
use crate::judge::accounts as judge;
use crate::offices::Office;
use crate::quotas::{Question, Quotas};
use crate::rules::Rules;
use crate::speaker::{NoDevice, Speaker};
use crate::{AccountStore, StoreDown};
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, Handle, TokenHash};
use lacre_ground::time::Millis;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone)]
struct Person {
    run: RunHash,
    code: Option<(TokenHash, Millis)>,
    account: Option<AccountId>,
    /// the account that the code puts another in the place of
    replaces: Option<AccountId>,
}

#[derive(Clone)]
struct Package {
    device: DeviceId,
    last_resort: bool,
    package: KeyPackage,
}

#[derive(Clone)]
struct Account {
    id: AccountId,
    handle: Handle,
    binding: String,
    reset: Option<String>,
    paused: bool,
    states: Vec<String>,
    devices: BTreeSet<DeviceId>,
    packages: Vec<Package>,
}

/// Whose an inbox is; nobody's when the account is gone.
#[derive(Clone)]
struct Inbox {
    name: ChannelId,
    owner: Option<AccountId>,
    /// the owner's newest state has it
    named: bool,
}

#[derive(Clone, Default)]
pub(super) struct Accounts {
    run_key: Option<[u8; 32]>,
    people: Vec<Person>,
    offices: BTreeMap<RunHash, Office>,
    accounts: Vec<Account>,
    retired: BTreeSet<String>,
    /// notes of resets, in the order in which they came
    resets: Vec<String>,
    inboxes: Vec<Inbox>,
    /// each with its end
    stamps: BTreeMap<TokenHash, Millis>,
    pub(super) quotas: Quotas,
}

impl Accounts {
    pub(super) fn forget(&mut self) {
        self.quotas = Quotas::default();
    }
    pub(super) fn count(&self) -> u64 {
        self.accounts.len() as u64
    }
    /// An inbox that was an account's, and is in no newest state.
    pub(super) fn closed(&self, inbox: &ChannelId) -> bool {
        self.inboxes.iter().any(|i| i.name == *inbox && !i.named)
    }
    pub(super) fn has_stamp(&self, stamp: &TokenHash) -> bool {
        self.stamps.contains_key(stamp)
    }
    /// Codes that were neither used nor over, with their persons' places.
    pub(super) fn live(&self, now: Millis) -> Vec<LiveCode> {
        let unused = self.people.iter().filter(|p| p.account == p.replaces);
        let live = unused.filter_map(|p| {
            let (code, expires_at) = p.code.filter(|(_, ends)| *ends > now)?;
            Some(LiveCode { reference: Reference::of(&code), expires_at, recover: p.replaces.is_some() })
        });
        let mut live: Vec<LiveCode> = live.collect();
        live.sort_by_key(|code| (code.expires_at, code.reference));
        live
    }
    pub(super) fn revoke(&mut self, code: Reference) {
        self.people.retain_mut(|p| {
            if p.code.is_some_and(|(held, _)| Reference::of(&held) == code) {
                (p.code, p.replaces) = (None, None);
            }
            p.account.is_some() || p.code.is_some()
        });
    }
    fn free(&self, account: AccountId, devices: &[StateDevice]) -> Result<(), InboxRefused> {
        InboxRefused::twice(devices)?;
        let anothers = |i: &Inbox| i.owner != Some(account) && devices.iter().any(|d| d.inbox == i.name);
        if self.inboxes.iter().any(anothers) { Err(InboxRefused::Anothers) } else { Ok(()) }
    }
    /// These are the account's inboxes from now on. Those that it has no more.
    fn take_inboxes(&mut self, account: AccountId, devices: &[StateDevice]) -> Vec<ChannelId> {
        let mut closed = Vec::new();
        for inbox in self.inboxes.iter_mut().filter(|i| i.owner == Some(account)) {
            inbox.named = devices.iter().any(|d| d.inbox == inbox.name);
            closed.extend((!inbox.named).then_some(inbox.name));
        }
        for device in devices {
            if !self.inboxes.iter().any(|i| i.name == device.inbox) {
                self.inboxes.push(Inbox { name: device.inbox, owner: Some(account), named: true });
            }
        }
        closed
    }
    /// The account is gone. The inboxes that it had.
    fn give_up_inboxes(&mut self, account: AccountId) -> Vec<ChannelId> {
        let closed = self.take_inboxes(account, &[]);
        for inbox in self.inboxes.iter_mut().filter(|i| i.owner == Some(account)) {
            inbox.owner = None;
        }
        closed
    }
    /// Whose a RUN is.
    pub(super) fn account_of(&self, run: &RunHash) -> Option<AccountId> {
        self.people.iter().find(|p| p.run == *run).and_then(|p| p.account)
    }
    /// Whose account it is.
    pub(super) fn run_of(&self, account: &AccountId) -> Option<RunHash> {
        self.people.iter().find(|p| p.account == Some(*account)).map(|p| p.run)
    }
    /// All states of an account.
    pub(super) fn states(&self, account: &AccountId) -> Option<Vec<String>> {
        self.accounts.iter().find(|a| a.id == *account).map(|a| a.states.clone())
    }
    /// Whether a session goes on.
    pub(super) fn speaks(&mut self, by: &Speaker) -> Result<(), NoDevice> {
        self.of(by).map(drop)
    }
    /// The account of a session, if its device is still in it.
    fn of(&mut self, by: &Speaker) -> Result<&mut Account, NoDevice> {
        self.accounts.iter_mut().find(|a| a.id == by.account && a.devices.contains(&by.device)).ok_or(NoDevice)
    }
}

impl Account {
    fn remaining(&self, device: DeviceId) -> Vec<(u16, u32)> {
        let mut count: BTreeMap<u16, u32> = BTreeMap::new();
        for p in self.packages.iter().filter(|p| p.device == device && !p.last_resort) {
            *count.entry(p.package.suite).or_insert(0) += 1;
        }
        count.into_iter().collect()
    }
    fn take(&mut self, now: Millis, device: DeviceId, suite: u16) -> Option<Claimed> {
        let fits = |p: &Package, last| {
            p.device == device && p.package.suite == suite && p.package.expires_at > now && p.last_resort == last
        };
        if let Some(at) = self.packages.iter().position(|p| fits(p, false)) {
            let p = self.packages.remove(at);
            return Some(Claimed { device, key_package: p.package.bytes, last_resort: false });
        }
        let p = self.packages.iter().find(|p| fits(p, true))?;
        Some(Claimed { device, key_package: p.package.bytes.clone(), last_resort: true })
    }
    fn put(&mut self, now: Millis, put: &PutKeyPackages) {
        self.packages.retain(|p| p.device != put.by.device || (!put.replace_all && p.package.expires_at > now));
        for package in put.one_time.iter().filter(|p| p.expires_at > now) {
            let same = |p: &Package| {
                p.device == put.by.device
                    && !p.last_resort
                    && p.package.suite == package.suite
                    && p.package.bytes == package.bytes
            };
            if !self.packages.iter().any(same) {
                self.packages.push(Package { device: put.by.device, last_resort: false, package: package.clone() });
            }
        }
        for package in put.last_resort.iter().filter(|p| p.expires_at > now) {
            self.packages.retain(|p| p.device != put.by.device || !p.last_resort || p.package.suite != package.suite);
            self.packages.push(Package { device: put.by.device, last_resort: true, package: package.clone() });
        }
    }
}

impl AccountStore for ModelStore {
    fn know_run_key(&mut self, check: &[u8; 32]) -> Result<bool, StoreDown> {
        Ok(self.work.accounts.run_key.get_or_insert(*check) == check)
    }

    fn issue_code(
        &mut self,
        now: Millis,
        rules: &Rules,
        issue: &IssueCode,
    ) -> Result<Result<CodeIssued, IssueRefused>, StoreDown> {
        let State { accounts, counter, .. } = &mut self.work;
        let people = &mut accounts.people;
        let account = people.iter().find(|p| p.run == issue.run).and_then(|p| p.account);
        let by = match counter.admit(now, rules, issue) {
            Ok(by) => by,
            Err(refused) => return Ok(Err(refused)),
        };
        if let Err(refused) = judge::issue(account.is_some(), issue.recover) {
            let deed = if account.is_some() { Deed::HasAccount } else { Deed::NoAccount };
            counter.record(now, by, deed, String::new());
            return Ok(Err(refused));
        }
        let deed = if issue.recover { Deed::IssuedReset } else { Deed::Issued };
        counter.record(now, by, deed, Reference::of(&issue.code).to_string());
        let expires_at = now.plus(rules.code_lifetime_ms);
        people.retain(|p| p.run != issue.run);
        people.push(Person { run: issue.run, code: Some((issue.code, expires_at)), account, replaces: account });
        Ok(Ok(CodeIssued { expires_at }))
    }

    fn enroll(&mut self, now: Millis, enroll: &Enroll) -> Result<Result<Enrolled, EnrollRefused>, StoreDown> {
        let Accounts { people, accounts, retired, .. } = &mut self.work.accounts;
        let holds = |p: &&mut Person| p.code.is_some_and(|(code, ends)| code == enroll.code && ends > now);
        let Some(person) = people.iter_mut().find(holds) else { return Ok(Err(EnrollRefused::Code)) };
        if let Some(used) = person.account {
            let before = accounts.iter().find(|a| {
                a.id == used && a.id == enroll.account && a.handle == enroll.handle && a.states.first() == Some(&enroll.state)
            });
            let Some(before) = before else { return Ok(Err(EnrollRefused::Code)) };
            if person.replaces == Some(used) {
                person.replaces = None;
            }
            return Ok(Ok(Enrolled { binding: before.binding.clone() }));
        }
        if accounts.iter().any(|a| a.id == enroll.account) {
            return Ok(Err(EnrollRefused::AccountTaken));
        }
        if accounts.iter().any(|a| a.handle == enroll.handle) || retired.contains(enroll.handle.as_str()) {
            return Ok(Err(EnrollRefused::HandleTaken));
        }
        if let Err(refused) = self.work.accounts.free(enroll.account, &enroll.devices) {
            return Ok(Err(refused.into()));
        }
        self.work.accounts.take_inboxes(enroll.account, &enroll.devices);
        let Accounts { people, accounts, .. } = &mut self.work.accounts;
        for person in people.iter_mut().filter(|p| p.code.is_some_and(|(code, _)| code == enroll.code)) {
            person.account = Some(enroll.account);
        }
        accounts.push(Account {
            id: enroll.account,
            handle: enroll.handle.clone(),
            binding: enroll.binding.clone(),
            reset: None,
            paused: false,
            states: vec![enroll.state.clone()],
            devices: enroll.devices.iter().map(|d| d.id).collect(),
            packages: Vec::new(),
        });
        Ok(Ok(Enrolled { binding: enroll.binding.clone() }))
    }

    fn recover(&mut self, now: Millis, recover: &Recover) -> Result<Result<Recovered, RecoverRefused>, StoreDown> {
        let Accounts { people, accounts, .. } = &mut self.work.accounts;
        let holds = |p: &&mut Person| p.code.is_some_and(|(code, ends)| code == recover.code && ends > now);
        let Some(person) = people.iter_mut().find(holds) else { return Ok(Err(RecoverRefused::Code)) };
        let (Some(there), Some(replaces)) = (person.account, person.replaces) else { return Ok(Err(RecoverRefused::Code)) };
        if there != replaces {
            let same = |a: &&Account| a.id == there && a.id == recover.account && a.states.first() == Some(&recover.state);
            let first = accounts
                .iter()
                .find(same)
                .and_then(|a| a.reset.clone().map(|reset| Recovered { binding: a.binding.clone(), reset }));
            return Ok(first.ok_or(RecoverRefused::Code));
        }
        if !accounts.iter().any(|a| a.id == there && a.id == recover.before && a.handle == recover.handle) {
            return Ok(Err(RecoverRefused::Code));
        }
        if accounts.iter().any(|a| a.id == recover.account) {
            return Ok(Err(RecoverRefused::AccountTaken));
        }
        if let Err(refused) = self.work.accounts.free(recover.account, &recover.devices) {
            return Ok(Err(refused.into()));
        }
        if let Err(stale) = self.close(there, &recover.closing) {
            return Ok(Err(stale.into()));
        }
        self.work.notices.forget(&there);
        let closed = self.work.accounts.give_up_inboxes(there);
        closed.iter().for_each(|inbox| self.work.channels.close(inbox));
        self.work.accounts.take_inboxes(recover.account, &recover.devices);
        let Accounts { people, accounts, resets, .. } = &mut self.work.accounts;
        resets.push(recover.reset.clone());
        for person in people.iter_mut().filter(|p| p.account == Some(there)) {
            person.account = Some(recover.account);
        }
        accounts.retain(|a| a.id != there);
        accounts.push(Account {
            id: recover.account,
            handle: recover.handle.clone(),
            binding: recover.binding.clone(),
            reset: Some(recover.reset.clone()),
            paused: false,
            states: vec![recover.state.clone()],
            devices: recover.devices.iter().map(|d| d.id).collect(),
            packages: Vec::new(),
        });
        Ok(Ok(Recovered { binding: recover.binding.clone(), reset: recover.reset.clone() }))
    }

    fn pause_account(&mut self, by: &Speaker, paused: bool) -> Result<Result<(), NoDevice>, StoreDown> {
        Ok(self.work.accounts.of(by).map(|account| account.paused = paused))
    }

    fn remove_account(&mut self, by: &Speaker, closing: &Closing) -> Result<Result<(), CloseRefused>, StoreDown> {
        let handle = match self.work.accounts.of(by) {
            Ok(account) => account.handle.as_str().to_owned(),
            Err(over) => return Ok(Err(over.into())),
        };
        if let Err(stale) = self.close(by.account, closing) {
            return Ok(Err(stale.into()));
        }
        self.work.notices.forget(&by.account);
        let Accounts { people, accounts, retired, .. } = &mut self.work.accounts;
        retired.insert(handle);
        accounts.retain(|a| a.id != by.account);
        people.retain(|p| p.account != Some(by.account));
        let closed = self.work.accounts.give_up_inboxes(by.account);
        closed.iter().for_each(|inbox| self.work.channels.close(inbox));
        Ok(Ok(()))
    }

    fn put_state(&mut self, rules: &Rules, put: &PutState) -> Result<Result<(), PutStateRefused>, StoreDown> {
        let free = self.work.accounts.free(put.by.account, &put.devices);
        let account = match self.work.accounts.of(&put.by) {
            Ok(account) => account,
            Err(over) => return Ok(Err(over.into())),
        };
        let number = usize::try_from(put.number).unwrap_or(usize::MAX);
        if account.states.get(number) == Some(&put.state) {
            return Ok(Ok(()));
        }
        if let Err(refused) = judge::follows((account.states.len() as u64).checked_sub(1), put.number) {
            return Ok(Err(refused));
        }
        if let Err(refused) = free {
            return Ok(Err(refused.into()));
        }
        if let Err(refused) = judge::chain(account.states.iter().map(|s| judge::size(s)).sum(), &put.state, rules) {
            return Ok(Err(refused));
        }
        let devices: BTreeSet<DeviceId> = put.devices.iter().map(|d| d.id).collect();
        let drops = account.devices.iter().any(|device| !devices.contains(device));
        if (drops || put.closing.is_some())
            && let Err(stale) = self.close(put.by.account, &put.closing.clone().unwrap_or_default())
        {
            return Ok(Err(stale.into()));
        }
        let Ok(account) = self.work.accounts.of(&put.by) else { return Err(StoreDown::new("spoke and gone")) };
        account.states.push(put.state.clone());
        account.devices = devices;
        account.packages.retain(|p| account.devices.contains(&p.device));
        let closed = self.work.accounts.take_inboxes(put.by.account, &put.devices);
        closed.iter().for_each(|inbox| self.work.channels.close(inbox));
        Ok(Ok(()))
    }

    fn put_key_packages(
        &mut self,
        now: Millis,
        rules: &Rules,
        put: &PutKeyPackages,
    ) -> Result<Result<Remaining, PutKeyPackagesRefused>, StoreDown> {
        let account = match self.work.accounts.of(&put.by) {
            Ok(account) => account,
            Err(over) => return Ok(Err(over.into())),
        };
        let mut after = account.clone();
        after.put(now, put);
        let remaining = after.remaining(put.by.device);
        let suites: BTreeSet<u16> =
            after.packages.iter().filter(|p| p.device == put.by.device).map(|p| p.package.suite).collect();
        if let Err(limited) = judge::key_packages(&remaining, suites.len(), rules) {
            return Ok(Err(PutKeyPackagesRefused::Limit(limited)));
        }
        *account = after;
        Ok(Ok(Remaining(remaining)))
    }

    fn take_stamps(&mut self, now: Millis, rules: &Rules, take: &TakeStamps) -> Result<Result<(), TakeStampsRefused>, StoreDown> {
        if let Err(over) = self.work.accounts.of(&take.by) {
            return Ok(Err(over.into()));
        }
        let taken = self.work.accounts.quotas.take_stamps(now, rules, &take.by.account, take.count);
        Ok(taken.map_err(TakeStampsRefused::Limit))
    }

    fn add_stamps(&mut self, now: Millis, rules: &Rules, hashes: &[TokenHash]) -> Result<(), StoreDown> {
        for hash in hashes {
            self.work.accounts.stamps.entry(*hash).or_insert(rules.stamps_end(now));
        }
        Ok(())
    }

    fn spend_stamp(&mut self, stamp: &TokenHash) -> Result<bool, StoreDown> {
        Ok(self.work.accounts.stamps.remove(stamp).is_some())
    }

    fn lookup(&mut self, now: Millis, rules: &Rules, lookup: &Lookup) -> Result<Result<LookupAnswer, AskRefused>, StoreDown> {
        let Accounts { accounts, stamps, quotas, .. } = &mut self.work.accounts;
        if !stamps.contains_key(&lookup.stamp) {
            return Ok(Err(AskRefused::Stamp));
        }
        let found = accounts.iter().find(|a| match &lookup.who {
            Who::Handle(h) => a.handle == *h,
            Who::Account(id) => a.id == *id,
        });
        if let Some(account) = found {
            if let Err(refused) = quotas.check(now, rules, &account.id, Question::Lookup) {
                return Ok(Err(refused));
            }
            quotas.count(&account.id, Question::Lookup);
        }
        stamps.remove(&lookup.stamp);
        Ok(Ok(match found {
            None => LookupAnswer::NoAccount,
            Some(a) if a.paused => LookupAnswer::Paused,
            Some(a) => LookupAnswer::Entry(DirectoryEntry {
                states: a.states.clone(),
                binding: a.binding.clone(),
                reset: a.reset.clone(),
            }),
        }))
    }

    fn claim(&mut self, now: Millis, rules: &Rules, claim: &Claim) -> Result<Result<ClaimAnswer, AskRefused>, StoreDown> {
        let Accounts { accounts, stamps, quotas, .. } = &mut self.work.accounts;
        if !stamps.contains_key(&claim.stamp) {
            return Ok(Err(AskRefused::Stamp));
        }
        let Some(account) = accounts.iter_mut().find(|a| a.id == claim.account) else {
            stamps.remove(&claim.stamp);
            return Ok(Ok(ClaimAnswer::NoAccount));
        };
        if let Err(refused) = quotas.check(now, rules, &account.id, Question::Claim) {
            return Ok(Err(refused));
        }
        quotas.count(&account.id, Question::Claim);
        stamps.remove(&claim.stamp);
        if account.paused {
            return Ok(Ok(ClaimAnswer::Paused));
        }
        let packages: Vec<Claimed> =
            account.devices.clone().into_iter().filter_map(|d| account.take(now, d, claim.suite)).collect();
        Ok(Ok(if packages.is_empty() { ClaimAnswer::NoKeyPackage } else { ClaimAnswer::Packages(packages) }))
    }

    fn sweep_accounts(&mut self, now: Millis, limit: u32) -> Result<bool, StoreDown> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let Accounts { people, accounts, stamps, .. } = &mut self.work.accounts;
        // the codes that end first go first, in the order of the hashes
        let mut ended: Vec<(Millis, RunHash)> =
            people.iter().filter_map(|p| p.code.filter(|(_, ends)| *ends <= now).map(|(_, ends)| (ends, p.run))).collect();
        ended.sort_by_key(|(ends, run)| (*ends, *run.as_bytes()));
        ended.truncate(limit);
        let over = |p: &Person| ended.iter().any(|(_, run)| *run == p.run);
        people.retain(|p| p.account.is_some() || !over(p));
        for p in people.iter_mut().filter(|p| ended.iter().any(|(_, run)| *run == p.run)) {
            (p.code, p.replaces) = (None, None);
        }
        let mut packages = 0;
        for account in accounts {
            account.packages.retain(|p| {
                let gone = p.package.expires_at <= now && packages < limit;
                packages += usize::from(gone);
                !gone
            });
        }
        let mut over: Vec<(Millis, TokenHash)> = stamps.iter().map(|(hash, end)| (*end, *hash)).collect();
        over.retain(|(end, _)| *end <= now);
        over.sort_by_key(|(end, hash)| (*end, *hash.as_bytes()));
        over.truncate(limit);
        stamps.retain(|hash, _| !over.iter().any(|(_, gone)| gone == hash));
        let grants = self.work.notices.sweep(now, limit);
        Ok(ended.len() >= limit || packages >= limit || over.len() >= limit || grants >= limit)
    }
}
