//! What readers ask of accounts.

use super::super::ModelReads;
use super::Person;
use crate::accounts::{NewestState, Recovering, ResetsPage};
use crate::{AccountReads, StoreDown};
use lacre_ground::ids::{AccountId, TokenHash};
use lacre_ground::time::Millis;

impl AccountReads for ModelReads {
    fn has_run_key(&self) -> Result<bool, StoreDown> {
        self.with(|s| Ok(s.accounts.run_key.is_some()))
    }
    fn newest_state(&self, account: &AccountId) -> Result<Option<NewestState>, StoreDown> {
        self.with(|s| {
            let Some(account) = s.accounts.accounts.iter().find(|a| a.id == *account) else { return Ok(None) };
            let Some((state, before)) = account.states.split_last() else { return Ok(None) };
            Ok(Some(NewestState { number: u64::try_from(before.len()).unwrap_or(u64::MAX), state: state.clone() }))
        })
    }
    fn code_lives(&self, now: Millis, code: &TokenHash) -> Result<bool, StoreDown> {
        self.with(|s| Ok(s.accounts.people.iter().any(|p| p.code.is_some_and(|(c, ends)| c == *code && ends > now))))
    }
    fn recovering(&self, now: Millis, code: &TokenHash) -> Result<Option<Recovering>, StoreDown> {
        self.with(|s| {
            let holds = |p: &&Person| p.code.is_some_and(|(c, ends)| c == *code && ends > now) && p.replaces.is_some();
            let person = s.accounts.people.iter().find(holds);
            let account = person.and_then(|p| s.accounts.accounts.iter().find(|a| Some(a.id) == p.account));
            Ok(account.map(|a| Recovering { handle: a.handle.clone(), account: a.id }))
        })
    }
    fn state(&self, account: &AccountId, number: u64) -> Result<Option<String>, StoreDown> {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        self.with(|s| {
            let account = s.accounts.accounts.iter().find(|a| a.id == *account);
            Ok(account.and_then(|a| a.states.get(number).cloned()))
        })
    }
    fn resets(&self, from: u64, limit: u32) -> Result<ResetsPage, StoreDown> {
        let skip = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
        self.with(|s| {
            let all = &s.accounts.resets;
            let notes = all.iter().skip(skip).take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect();
            Ok(ResetsPage { notes, head: all.len() as u64 })
        })
    }
    fn stamp_known(&self, stamp: &TokenHash) -> Result<bool, StoreDown> {
        self.with(|s| Ok(s.accounts.stamps.contains_key(stamp)))
    }
}
