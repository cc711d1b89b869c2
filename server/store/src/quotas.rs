//! What is counted in the writer's memory alone, and forgotten at each start: a stolen store tells nothing of it.

use super::bodies::BodyKey;
use super::channels::Limited;
use super::directory::AskRefused;
use crate::rules::{Limit, Rules};
use lacre_ground::ids::{AccountId, ChannelId};
use lacre_ground::time::Millis;
use std::collections::HashMap;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// The day that an instant is in (UTC), and how many milliseconds are left of it.
pub fn day(now: Millis) -> (u64, u64) {
    (now.get() / DAY, DAY - now.get() % DAY)
}

/// Whether an account that was asked for so often in this hour may be asked for once more.
pub fn ask(asked: u32, now: Millis, rules: &Rules, what: Question) -> Result<(), AskRefused> {
    let (limit, most) = match what {
        Question::Lookup => (Limit::LookupsPerHour, rules.lookups_per_hour),
        Question::Claim => (Limit::ClaimsPerHour, rules.claims_per_hour),
    };
    let retry_after_ms = Some(HOUR - now.get() % HOUR);
    if asked < most { Ok(()) } else { Err(AskRefused::Limit(Limited { limit, value: most.into(), retry_after_ms })) }
}

/// More stamps for an account that took so many on this day (UTC).
pub fn stamps(taken: u32, now: Millis, more: u32, rules: &Rules) -> Result<(), Limited> {
    let most = rules.stamps_per_day;
    if taken.saturating_add(more) <= most {
        return Ok(());
    }
    Err(Limited { limit: Limit::StampsPerDay, value: most.into(), retry_after_ms: Some(day(now).1) })
}

/// Counts in a window of time. It lives in the writer's memory and is forgotten with each window and at each start.
#[derive(Clone)]
struct Counts<K> {
    window: u64,
    counts: HashMap<K, u32>,
    /// counted in the open transaction
    open: Vec<(K, u32)>,
}

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Self { window: 0, counts: HashMap::new(), open: Vec::new() }
    }
}

impl<K: Copy + Eq + std::hash::Hash> Counts<K> {
    fn so_far(&mut self, window: u64, key: &K) -> u32 {
        if window != self.window {
            self.window = window;
            self.counts = HashMap::new();
        }
        self.counts.get(key).copied().unwrap_or(0)
    }
    fn count(&mut self, key: K, more: u32) {
        let count = self.counts.entry(key).or_insert(0);
        *count = count.saturating_add(more);
        self.open.push((key, more));
    }
    fn rolled_back(&mut self) {
        for (key, more) in std::mem::take(&mut self.open) {
            if let Some(count) = self.counts.get_mut(&key) {
                *count = count.saturating_sub(more);
            }
        }
    }
}

/// What is counted apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Question {
    /// directory entries
    Lookup,
    /// key packages
    Claim,
}

/// How often each account was asked for in this hour, and how many stamps each took on this day: in memory alone, so that a
/// stolen store says neither who was looked up nor who took stamps, and when.
#[derive(Clone, Default)]
pub struct Quotas {
    asked: Counts<(AccountId, Question)>,
    stamps: Counts<AccountId>,
    bodies: Counts<(BodyKey, Kind)>,
    last_resort: Counts<(BodyKey, ChannelId)>,
}

/// What is counted of a public body, on its day.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// whether persons can be notified
    Route,
    /// the registrar's answers
    Answer,
    /// notices
    Delivery,
    /// stamps
    Stamps,
}

impl Quotas {
    /// Refuses when the hour is full; counts nothing.
    pub fn check(&mut self, now: Millis, rules: &Rules, target: &AccountId, what: Question) -> Result<(), AskRefused> {
        ask(self.asked.so_far(now.get() / HOUR, &(*target, what)), now, rules, what)
    }
    /// Counts one that was answered.
    pub fn count(&mut self, target: &AccountId, what: Question) {
        self.asked.count((*target, what), 1);
    }
    /// Counts stamps that an account takes, when its day has room for all.
    pub fn take_stamps(&mut self, now: Millis, rules: &Rules, account: &AccountId, count: u32) -> Result<(), Limited> {
        stamps(self.stamps.so_far(day(now).0, account), now, count, rules)?;
        self.stamps.count(*account, count);
        Ok(())
    }
    /// How much of this a body had on this day.
    pub fn of_body(&mut self, now: Millis, body: BodyKey, kind: Kind) -> u32 {
        self.bodies.so_far(day(now).0, &(body, kind))
    }
    /// It has so much more, of the day that was looked at last.
    pub fn count_of_body(&mut self, body: BodyKey, kind: Kind, more: u32) {
        self.bodies.count((body, kind), more);
    }
    /// How many entries a body made by the last-resort right of this casilla on this day.
    pub fn last_resort(&mut self, now: Millis, body: BodyKey, casilla: ChannelId) -> u32 {
        self.last_resort.so_far(day(now).0, &(body, casilla))
    }
    /// It made one more, on the day that was looked at last.
    pub fn count_last_resort(&mut self, body: BodyKey, casilla: ChannelId) {
        self.last_resort.count((body, casilla), 1);
    }
    /// What was counted since counts.
    pub fn committed(&mut self) {
        self.asked.open.clear();
        self.stamps.open.clear();
        self.bodies.open.clear();
        self.last_resort.open.clear();
    }
    /// What was counted since was answered to nobody.
    pub fn rolled_back(&mut self) {
        self.asked.rolled_back();
        self.stamps.rolled_back();
        self.bodies.rolled_back();
        self.last_resort.rolled_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_limit_of_a_day_stamps_are_taken_and_above_refused() {
        let rules = Rules { stamps_per_day: 5, ..Rules::default() };
        let noon = Millis::new(100 * DAY + DAY / 2);
        assert_eq!(stamps(4, noon, 1, &rules), Ok(()));
        let refused = Limited { limit: Limit::StampsPerDay, value: 5, retry_after_ms: Some(DAY / 2) };
        assert_eq!(stamps(4, noon, 2, &rules), Err(refused));
        assert_eq!(stamps(u32::MAX, noon, 2, &rules), Err(refused));
    }
}
