//! The relay's time: the machine's clock, bounded by a clock that never jumps.
//!
//! The relay remembers when it last saw the machine's clock (a file in the data folder, so also over restarts), and how long it
//! has run since. Everything in it goes by the time that comes out: rules, accept times, sessions. A clock that leapt is
//! believed when the relay has *run* for [`HOLD_MS`]: until then there is time for the operator, who is told by the log and by
//! `status`, to set a wrong clock.
//!
//! | clock, seen from where it should be | the relay's time | removal |
//! |---|---|---|
//! | up to a day ahead or behind | follows | goes on |
//! | more, up to a week ahead (the machine was off, or asleep) | follows | held for a day of running |
//! | more than a week ahead | runs on from where it was, for a day of running | held |
//! | more than a day behind | the same | held |
//! | back to at most a day from where it was before | follows | goes on |
//!
//! So it never stands still, and a wrong clock takes it a week ahead at most. Only accept times never go back (I2).

use lacre_ground::time::{Clock, Millis};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The file in the data folder.
pub const CLOCK_FILE: &str = "clock";
/// Between two times that it is written down.
pub const LOOK_EVERY: Duration = Duration::from_secs(60);
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// A clock may be so much off from where it should be.
pub const LEAP_MS: u64 = DAY_MS;
/// The relay's time goes so far ahead with a clock that leapt.
pub const OUTAGE_MS: u64 = 7 * DAY_MS;
/// How long the relay runs before it believes a clock that leapt.
pub const HOLD_MS: u64 = DAY_MS;

/// A clock that leapt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    /// where it would be if it had not
    before: Millis,
    /// how long the relay must still run
    left: u64,
}

/// What is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    /// the machine's clock when it was last looked at
    wall: Millis,
    held: Option<Held>,
}

/// Whether a clock is further from where it should be than it may.
const fn leapt(wall: Millis, expected: Millis) -> bool {
    wall.get().abs_diff(expected.get()) > LEAP_MS
}

impl Seen {
    /// Looks at the clock, after the relay has run for so long since the last look.
    fn look(&mut self, wall: Millis, ran_ms: u64) {
        let held = self.held.map(|Held { before, left }| Held { before: before.plus(ran_ms), left: left.saturating_sub(ran_ms) });
        let expected = self.wall.plus(ran_ms);
        self.held = match held {
            Some(held) if !leapt(wall, held.before) => None,
            // it leapt once more
            Some(held) if leapt(wall, expected) => Some(Held { left: HOLD_MS, ..held }),
            Some(Held { left: 0, .. }) => None,
            Some(held) => Some(held),
            None if leapt(wall, expected) => Some(Held { before: expected, left: HOLD_MS }),
            None => None,
        };
        self.wall = wall;
    }

    /// The relay's time.
    fn now(&self) -> Millis {
        match self.held {
            Some(Held { before, .. }) if self.wall < before || self.wall.since(before) > OUTAGE_MS => before,
            _ => self.wall,
        }
    }

    fn text(&self) -> String {
        let held = self.held.map_or(String::new(), |Held { before, left }| format!("held {left} since {before}\n"));
        format!("seen {}\n{held}", self.wall)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let wall = Millis::parse(lines.next()?.strip_prefix("seen ")?).ok()?;
        let held = lines.next().and_then(|line| {
            let (left, before) = line.strip_prefix("held ")?.split_once(" since ")?;
            Some(Held { before: Millis::parse(before).ok()?, left: left.parse().ok()? })
        });
        Some(Self { wall, held })
    }
}

/// How the machine's clock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// the relay's time
    pub now: Millis,
    /// it leapt: nothing is removed until then, if the relay runs on
    pub held_until: Option<Millis>,
    /// what the machine's clock says when the relay's time does not follow it
    pub not_followed: Option<Millis>,
}

/// The relay's clock.
pub struct ClockGuard {
    file: PathBuf,
    wall: Arc<dyn Clock>,
    /// and when it was last looked at, by the clock that never jumps
    seen: Mutex<(Seen, u64)>,
}

impl ClockGuard {
    /// For a data folder. Without a file of an earlier run, `newest` is asked when the newest entry was accepted; none in
    /// a fresh one.
    pub fn open<E>(data: &Path, wall: Arc<dyn Clock>, newest: impl FnOnce() -> Result<Option<Millis>, E>) -> Result<Self, E> {
        let file = data.join(CLOCK_FILE);
        let stored = std::fs::read_to_string(&file).ok().and_then(|text| Seen::parse(&text));
        let seen = match stored {
            Some(seen) => seen,
            None => Seen { wall: newest()?.unwrap_or_else(|| wall.now()), held: None },
        };
        let ran = wall.ran_ms();
        let guard = Self { file, wall, seen: Mutex::new((seen, ran)) };
        guard.look();
        Ok(guard)
    }

    fn seen(&self) -> MutexGuard<'_, (Seen, u64)> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) -> Seen {
        let mut guarded = self.seen();
        let (seen, last) = &mut *guarded;
        let (wall, ran, before) = (self.wall.now(), self.wall.ran_ms(), *seen);
        seen.look(wall, ran.saturating_sub(*last));
        *last = ran;
        match (before.held, seen.held) {
            (None, Some(held)) => tracing::error!(
                clock = %wall, expected = %held.before, relay = %seen.now(),
                "the clock leapt by days: nothing is removed until the relay has run for a day, and beyond a week ahead or a day \
                 back its time does not follow; if the clock is wrong, set it, and if it is right, there is nothing to do"
            ),
            (Some(_), None) => tracing::info!("the clock is believed again, and what is past its time is removed"),
            _ => {}
        }
        *seen
    }

    /// First line of everything that removes.
    #[must_use]
    pub fn may_remove(&self) -> bool {
        self.look().held.is_none()
    }

    /// Writes down when the clock was last seen: each [`LOOK_EVERY`], at the start and at the end.
    pub fn remember(&self) {
        let seen = self.look();
        // without it the newest entry tells when the clock was last seen
        if let Err(e) = crate::secret_file::replace(&self.file, seen.text().as_bytes()) {
            tracing::warn!(cause = %e, "the time of day was not written down");
        }
    }

    /// How the clock is.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let seen = self.look();
        let now = seen.now();
        let held_until = seen.held.map(|held| now.plus(held.left));
        Standing { now, held_until, not_followed: (now != seen.wall).then_some(seen.wall) }
    }

    /// The machine's clock, whatever it says.
    #[must_use]
    pub fn wall(&self) -> Millis {
        self.wall.now()
    }
}

impl Clock for ClockGuard {
    fn now(&self) -> Millis {
        self.look().now()
    }
    fn ran_ms(&self) -> u64 {
        self.wall.ran_ms()
    }
}

/// Writes into a data folder that the clock is right now, so that nothing waits: a backup of last week was put there.
pub fn believe(data: &Path, now: Millis) -> std::io::Result<()> {
    crate::secret_file::replace(&data.join(CLOCK_FILE), Seen { wall: now, held: None }.text().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    const HOUR: u64 = 60 * 60 * 1000;
    const DAY: u64 = 24 * HOUR;
    const WEEK: u64 = 7 * DAY;

    fn at(ms: u64) -> Millis {
        Millis::new(1_700_000_000_000 + ms)
    }
    fn seen() -> Seen {
        Seen { wall: at(0), held: None }
    }
    /// After one look: the relay's time, and whether it removes.
    fn after(wall: Millis, ran: u64) -> (Millis, bool) {
        let mut clock = seen();
        clock.look(wall, ran);
        (clock.now(), clock.held.is_none())
    }
    fn back(ms: u64) -> Millis {
        Millis::new(at(0).get() - ms)
    }

    #[test]
    fn at_each_bound_the_relays_time_follows_and_beyond_it_runs_on() {
        assert_eq!(after(at(DAY), 0), (at(DAY), true), "a day off is no leap");
        assert_eq!(after(at(DAY + HOUR), HOUR), (at(DAY + HOUR), true), "nor is a day off after an hour's run");
        assert_eq!(after(at(DAY + 1), 0), (at(DAY + 1), false), "off over the weekend");
        assert_eq!(after(at(WEEK), 0), (at(WEEK), false));
        assert_eq!(after(at(WEEK + 1), 0), (at(0), false));
        assert_eq!(after(at(WEEK + HOUR + 1), HOUR), (at(HOUR), false), "it does not stand still");
        assert_eq!(after(back(DAY), 0), (back(DAY), true));
        assert_eq!(after(back(DAY + 1), 0), (at(0), false));
        assert_eq!(after(Millis::new(0), HOUR), (at(HOUR), false));
    }

    #[test]
    fn a_leap_holds_for_a_day_of_running_however_often_it_is_looked_at_and_is_then_believed() {
        for leap in [Millis::new(5), at(2 * DAY), at(40 * DAY)] {
            let mut clock = seen();
            clock.look(leap, 0);
            let mut ran = 0;
            while clock.held.is_some() {
                let before = clock.now();
                ran += HOUR / 4;
                clock.look(leap.plus(ran), HOUR / 4);
                clock.look(leap.plus(ran), 0);
                assert!(clock.held.is_none() || clock.now() == before.plus(HOUR / 4), "{leap}");
            }
            assert_eq!((ran, clock.now()), (HOLD_MS, leap.plus(HOLD_MS)));
        }
    }

    #[test]
    fn a_clock_that_is_put_back_where_it_was_ends_the_hold_and_one_that_leaps_again_begins_anew() {
        let mut clock = seen();
        clock.look(at(40 * DAY), 0);
        clock.look(at(40 * DAY + HOUR), HOUR);
        let mut back = clock;
        back.look(at(2 * HOUR), HOUR);
        assert_eq!(back, Seen { wall: at(2 * HOUR), held: None });
        let mut again = clock;
        again.look(at(400 * DAY), HOUR);
        assert_eq!(again.held, Some(Held { before: at(2 * HOUR), left: HOLD_MS }));
    }

    /// A hand that turns, and a clock that runs.
    #[derive(Default)]
    struct Hand {
        wall: AtomicU64,
        ran: AtomicU64,
    }
    impl Clock for Hand {
        fn now(&self) -> Millis {
            at(self.wall.load(Ordering::SeqCst))
        }
        fn ran_ms(&self) -> u64 {
            self.ran.load(Ordering::SeqCst)
        }
    }

    #[test]
    fn a_hold_outlives_restarts_and_a_lost_file_is_judged_by_the_newest_entry() {
        let (folder, hand) = (tempfile::tempdir().unwrap(), Arc::new(Hand::default()));
        let open = |wall, newest| {
            hand.wall.store(wall, Ordering::SeqCst);
            ClockGuard::open(folder.path(), Arc::<Hand>::clone(&hand), || Ok::<_, ()>(newest)).unwrap()
        };
        let guard = open(0, None);
        assert!(guard.may_remove(), "a fresh relay");
        guard.remember();
        let guard = open(40 * DAY, None);
        assert!(!guard.may_remove());
        hand.ran.fetch_add(HOUR, Ordering::SeqCst);
        let held = Standing { now: at(HOUR), held_until: Some(at(HOUR + HOLD_MS - HOUR)), not_followed: Some(at(40 * DAY)) };
        assert_eq!(guard.standing(), held);
        guard.remember();
        let guard = open(40 * DAY + HOUR, None);
        assert_eq!(guard.standing(), Standing { not_followed: Some(at(40 * DAY + HOUR)), ..held });
        std::fs::write(folder.path().join(CLOCK_FILE), "cut").unwrap();
        assert!(!open(40 * DAY, Some(at(0))).may_remove());
        assert!(open(39 * DAY + HOUR, Some(at(39 * DAY))).may_remove());
        // as after a backup of last week
        assert!(!open(48 * DAY, Some(at(40 * DAY))).may_remove());
        believe(folder.path(), at(48 * DAY)).unwrap();
        assert_eq!(
            open(48 * DAY, Some(at(40 * DAY))).standing(),
            Standing { now: at(48 * DAY), held_until: None, not_followed: None }
        );
    }
}
