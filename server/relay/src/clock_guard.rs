//! A clock that jumps ahead must not make the relay remove everything at once.
//!
//! The relay remembers when it last saw the clock (a file in the data folder, so also over restarts). Past a leap of more
//! than [`LEAP_MS`] nothing is removed until the relay has *run* for [`HOLD_MS`]: time for the operator, who is told by
//! the log and by `status`, to set a wrong clock. If it was right (the relay was off for days), nothing is to be done, and
//! what is due goes a day later. A clock that is put back to where it was ends the hold.
//!
//! | clock, seen from when it was last seen | removal |
//! |---|---|
//! | up to a day ahead, or behind | goes on (accept times never go back by themselves: I2) |
//! | more than a day ahead | held for a day of running |
//! | held, then back to at most a day ahead of where it was before | goes on |

use lacre_ground::time::Millis;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The file in the data folder.
pub const CLOCK_FILE: &str = "clock";
/// Between two looks; what is counted as having run.
pub const LOOK_EVERY: Duration = Duration::from_secs(60);
/// A clock may be so much further than when it was last seen.
pub const LEAP_MS: u64 = 24 * 60 * 60 * 1000;
/// How long the relay runs before it believes a clock that leapt.
pub const HOLD_MS: u64 = 24 * 60 * 60 * 1000;

/// What is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    /// the clock when it was last looked at
    at: Millis,
    /// after a leap: where the clock was before it, and how long the relay must still run
    held: Option<(Millis, u64)>,
}

impl Seen {
    /// Looks at the clock, after the relay has run for so long since the last look.
    fn look(&mut self, now: Millis, ran_ms: u64) {
        let leapt = |from: Millis| now > from.plus(ran_ms).plus(LEAP_MS);
        self.held = match self.held {
            _ if leapt(self.at) => Some((self.held.map_or(self.at, |(before, _)| before), HOLD_MS)),
            Some((before, _)) if !leapt(before) => None,
            Some((_, left)) if left <= ran_ms => None,
            Some((before, left)) => Some((before.plus(ran_ms), left - ran_ms)),
            None => None,
        };
        self.at = now;
    }

    fn text(&self) -> String {
        let held = self.held.map_or(String::new(), |(before, left)| format!("held {left} since {before}\n"));
        format!("seen {}\n{held}", self.at)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let at = Millis::parse(lines.next()?.strip_prefix("seen ")?).ok()?;
        let held = lines.next().and_then(|line| {
            let (left, before) = line.strip_prefix("held ")?.split_once(" since ")?;
            Some((Millis::parse(before).ok()?, left.parse().ok()?))
        });
        Some(Self { at, held })
    }
}

/// Whether anything may be removed now.
pub struct ClockGuard {
    file: PathBuf,
    seen: Mutex<Seen>,
}

impl ClockGuard {
    /// For a data folder. Without a file of an earlier run, `newest` is asked when the newest entry was accepted; none in
    /// a fresh one.
    pub fn open<E>(data: &Path, now: Millis, newest: impl FnOnce() -> Result<Option<Millis>, E>) -> Result<Self, E> {
        let file = data.join(CLOCK_FILE);
        let stored = std::fs::read_to_string(&file).ok().and_then(|text| Seen::parse(&text));
        let seen = match stored {
            Some(seen) => seen,
            None => Seen { at: newest()?.unwrap_or(now), held: None },
        };
        let guard = Self { file, seen: Mutex::new(seen) };
        guard.look(now, 0);
        Ok(guard)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, now: Millis, ran_ms: u64) -> Seen {
        let mut seen = self.seen();
        let before = *seen;
        seen.look(now, ran_ms);
        match (before.held, seen.held) {
            (None, Some(_)) => tracing::error!(
                clock = %now, last_seen = %before.at,
                "the clock is days ahead of when it was last seen: nothing is removed until the relay has run for a day; \
                 if the clock is wrong, set it, and if it is right, there is nothing to do"
            ),
            (Some(_), None) => tracing::info!("the clock is believed again, and what is past its time is removed"),
            _ => {}
        }
        *seen
    }

    /// First line of everything that removes.
    #[must_use]
    pub fn may_remove(&self, now: Millis) -> bool {
        self.look(now, 0).held.is_none()
    }

    /// Each [`LOOK_EVERY`] that the relay runs: remembered over restarts.
    pub fn tick(&self, now: Millis) {
        let ran = u64::try_from(LOOK_EVERY.as_millis()).unwrap_or(u64::MAX);
        let seen = self.look(now, ran);
        self.keep(seen);
    }

    /// Writes it down, at the start and the end too.
    pub fn remember(&self) {
        let seen = *self.seen();
        self.keep(seen);
    }

    fn keep(&self, seen: Seen) {
        // without it the newest entry tells when the clock was last seen
        if let Err(e) = lacre_words::output::replace(&self.file, seen.text().as_bytes()) {
            tracing::warn!(cause = %e, "the time of day was not written down");
        }
    }

    /// Until when nothing is removed, if the relay runs on.
    #[must_use]
    pub fn held_until(&self) -> Option<Millis> {
        let seen = self.seen();
        seen.held.map(|(_, left)| seen.at.plus(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 60 * 60 * 1000;
    const DAY: u64 = 24 * HOUR;

    fn at(ms: u64) -> Millis {
        Millis::new(1_700_000_000_000 + ms)
    }
    fn seen() -> Seen {
        Seen { at: at(0), held: None }
    }

    #[test]
    fn a_leap_of_more_than_a_day_holds_removal_for_a_day_of_running() {
        let mut clock = seen();
        clock.look(at(DAY), 0);
        assert_eq!(clock.held, None, "a day off is no leap");
        clock.look(at(2 * DAY + HOUR), HOUR);
        assert_eq!(clock.held, None, "nor is a day off after an hour's run");
        clock.look(at(40 * DAY), 0);
        assert!(clock.held.is_some());
        let mut rounds = 0;
        while clock.held.is_some() {
            rounds += 1;
            clock.look(at(40 * DAY + rounds * HOUR), HOUR);
        }
        assert_eq!(rounds, 24);
    }

    #[test]
    fn looking_often_neither_shortens_nor_ends_a_hold() {
        let mut clock = seen();
        for n in 0..10_000 {
            clock.look(at(40 * DAY + n), 0);
        }
        assert_eq!(clock.held, Some((at(0), HOLD_MS)));
    }

    #[test]
    fn a_clock_that_is_put_back_where_it_was_ends_the_hold_and_one_that_leaps_again_begins_anew() {
        let mut clock = seen();
        clock.look(at(40 * DAY), 0);
        clock.look(at(40 * DAY + HOUR), HOUR);
        let mut back = clock;
        back.look(at(2 * HOUR), HOUR);
        assert_eq!(back, Seen { at: at(2 * HOUR), held: None });
        let mut again = clock;
        again.look(at(400 * DAY), HOUR);
        assert_eq!(again.held.map(|(_, left)| left), Some(HOLD_MS));
    }

    #[test]
    fn a_hold_outlives_restarts_and_a_lost_file_is_judged_by_the_newest_entry() {
        let folder = tempfile::tempdir().unwrap();
        let open = |now, newest| ClockGuard::open(folder.path(), now, || Ok::<_, ()>(newest)).unwrap();
        let guard = open(at(0), None);
        assert!(guard.may_remove(at(0)), "a fresh relay");
        guard.remember();
        let guard = open(at(40 * DAY), Some(at(0)));
        assert!(!guard.may_remove(at(40 * DAY)));
        guard.tick(at(40 * DAY + 60_000));
        let left = HOLD_MS - 60_000;
        assert_eq!(guard.held_until(), Some(at(40 * DAY + 60_000 + left)));
        let guard = open(at(41 * DAY), Some(at(0)));
        assert_eq!(guard.held_until(), Some(at(41 * DAY + left)), "a day off does not count as having run");
        std::fs::write(folder.path().join(CLOCK_FILE), "cut").unwrap();
        assert!(!open(at(40 * DAY), Some(at(0))).may_remove(at(40 * DAY)));
        assert!(open(at(39 * DAY + HOUR), Some(at(39 * DAY))).may_remove(at(39 * DAY + HOUR)));
    }
}
