//! Sessions of devices that have logged in: whose each is, and until when.
//!
//! They are no truth that must last: who loses one logs in again, and each verb looks in its own transaction whether its device is
//! in the newest state. A session is its device's, with the key that it logged in with. Only hashes of their tokens are kept.
//!
//! One relay keeps them in its memory ([`InMemory`]); relays on one database, in that: so that one is good at each of them, and
//! ends at all of them when its device is removed at one.

use crate::StoreDown;
use crate::channels::Limited;
use crate::rules::{Limit, Rules};
use crate::speaker::Speaker;
use lacre_ground::ids::{AccountId, DeviceId, TokenHash};
use lacre_ground::time::Millis;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A device and its signature key.
pub type Key = (DeviceId, [u8; 32]);

/// A session that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// whose
    pub who: Speaker,
    /// that the device logged in with
    pub key: [u8; 32],
    /// hash of its token
    pub token: TokenHash,
}

/// The sessions of all devices. Methods may block.
pub trait Sessions: Send + Sync {
    /// Opens one, and says when it ends; ends the device's oldest when it has too many.
    fn open(&self, now: Millis, rules: &Rules, opening: &Opening) -> Result<Result<Millis, Limited>, StoreDown>;
    /// Whose session this is.
    fn who(&self, now: Millis, token: &TokenHash) -> Result<Option<Speaker>, StoreDown>;
    /// Ends this one.
    fn close(&self, token: &TokenHash) -> Result<(), StoreDown>;
    /// Ends the sessions of an account's devices that left it, or have another key.
    fn keep_only(&self, account: &AccountId, devices: &[Key]) -> Result<(), StoreDown>;
}

#[derive(Default)]
struct Table {
    open: HashMap<TokenHash, (Speaker, Millis)>,
    /// sessions of each account, oldest first: at most devices × sessions of one device
    accounts: HashMap<AccountId, Vec<(Key, TokenHash)>>,
    /// in the order they end
    ends: VecDeque<(Millis, TokenHash)>,
}

impl Table {
    fn close(&mut self, token: &TokenHash) {
        let Some((who, _)) = self.open.remove(token) else { return };
        if let Some(of_account) = self.accounts.get_mut(&who.account) {
            of_account.retain(|(_, t)| t != token);
            if of_account.is_empty() {
                self.accounts.remove(&who.account);
            }
        }
    }
    fn close_ended(&mut self, now: Millis) {
        while let Some((_, token)) = self.ends.pop_front_if(|(ends, _)| *ends <= now) {
            self.close(&token);
        }
        // sessions that were closed early leave their end behind; forget them before they are the most
        if self.ends.len() > 2 * self.open.len() + 64 {
            self.ends.retain(|(_, token)| self.open.contains_key(token));
        }
    }
}

/// The sessions of one process.
#[derive(Default)]
pub struct InMemory(Mutex<Table>);

impl InMemory {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sessions for InMemory {
    fn open(&self, now: Millis, rules: &Rules, opening: &Opening) -> Result<Result<Millis, Limited>, StoreDown> {
        let Opening { who, key, token } = *opening;
        let mut table = self.table();
        table.close_ended(now);
        let mine: Vec<TokenHash> = table.accounts.get(&who.account).map_or(Vec::new(), |all| {
            all.iter().filter(|((device, _), _)| *device == who.device).map(|(_, token)| *token).collect()
        });
        let keep = usize::try_from(rules.sessions_per_device.saturating_sub(1)).unwrap_or(usize::MAX);
        for token in mine.iter().take(mine.len().saturating_sub(keep)) {
            table.close(token);
        }
        if table.open.len() >= usize::try_from(rules.max_sessions).unwrap_or(usize::MAX) {
            let retry_after_ms = table.ends.front().map(|(ends, _)| ends.since(now));
            return Ok(Err(Limited { limit: Limit::MaxSessions, value: rules.max_sessions.into(), retry_after_ms }));
        }
        let ends = now.plus(rules.session_lifetime_ms);
        table.open.insert(token, (who, ends));
        table.accounts.entry(who.account).or_default().push(((who.device, key), token));
        table.ends.push_back((ends, token));
        Ok(Ok(ends))
    }

    fn who(&self, now: Millis, token: &TokenHash) -> Result<Option<Speaker>, StoreDown> {
        Ok(self.table().open.get(token).filter(|(_, ends)| *ends > now).map(|(who, _)| *who))
    }

    fn close(&self, token: &TokenHash) -> Result<(), StoreDown> {
        self.table().close(token);
        Ok(())
    }

    fn keep_only(&self, account: &AccountId, devices: &[Key]) -> Result<(), StoreDown> {
        let mut table = self.table();
        let gone: Vec<TokenHash> = table.accounts.get(account).map_or(Vec::new(), |all| {
            all.iter().filter(|(device, _)| !devices.contains(device)).map(|(_, token)| *token).collect()
        });
        for token in &gone {
            table.close(token);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::sessions;

    #[test]
    fn a_session_ends_with_its_time_and_with_its_device() {
        let memory = InMemory::default();
        sessions::a_session_ends_with_its_time_and_with_its_device([&memory, &memory]);
    }

    #[test]
    fn sessions_are_bounded_by_device_and_in_all_and_leave_nothing_behind() {
        let memory = InMemory::default();
        sessions::sessions_are_bounded_by_device_and_in_all([&memory, &memory]);
        let table = memory.table();
        assert_eq!((table.open.len(), table.accounts.len(), table.ends.len()), (1, 1, 1));
    }
}
