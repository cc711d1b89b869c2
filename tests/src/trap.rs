//! Where tests put crashes and storage errors, and the clock that they put forward: what a world gives its people.
#![expect(clippy::unwrap_used, reason = "a test's world stops when it cannot be built")]

use lacre_ground::time::{Clock, Millis, SystemClock};
use lacre_profile::observer::COMMITTED;
use lacre_profile::{Interrupted, Observer};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Where tests put crashes: the n-th named point or the n-th row write of a step fails; and it counts both.
#[derive(Default)]
pub struct Trap {
    points: AtomicI64,
    writes: AtomicI64,
    armed_point: AtomicI64,
    armed_write: AtomicI64,
    last: Mutex<&'static str>,
    between: Mutex<Option<Between>>,
}

/// What happens between two steps.
pub type Between = Arc<dyn Fn() + Send + Sync>;

impl Trap {
    /// The n-th point from now fails (0 is the next).
    pub fn arm_point(&self, n: i64) {
        self.armed_point.store(self.points.load(Ordering::SeqCst) + n + 1, Ordering::SeqCst);
    }
    /// The n-th write from now fails.
    pub fn arm_write(&self, n: i64) {
        self.armed_write.store(self.writes.load(Ordering::SeqCst) + n + 1, Ordering::SeqCst);
    }
    /// Nothing fails; false if the trap had not sprung.
    pub fn disarm(&self) -> bool {
        let p = self.armed_point.swap(0, Ordering::SeqCst);
        let w = self.armed_write.swap(0, Ordering::SeqCst);
        (p == 0 || self.points.load(Ordering::SeqCst) >= p) && (w == 0 || self.writes.load(Ordering::SeqCst) >= w)
    }
    /// Points passed and rows written so far.
    pub fn counts(&self) -> (i64, i64) {
        (self.points.load(Ordering::SeqCst), self.writes.load(Ordering::SeqCst))
    }
    /// Called after each step, when nothing is locked; or no more.
    pub fn between_steps(&self, call: Option<Between>) {
        *self.between.lock().unwrap() = call;
    }
    /// The point reached last.
    pub fn last(&self) -> &'static str {
        *self.last.lock().unwrap()
    }
}

impl Observer for Trap {
    fn reached(&self, point: &'static str) -> Result<(), Interrupted> {
        *self.last.lock().unwrap() = point;
        let n = self.points.fetch_add(1, Ordering::SeqCst) + 1;
        let between = if point == COMMITTED { self.between.lock().unwrap().clone() } else { None };
        if let Some(call) = between {
            call();
        }
        if n == self.armed_point.load(Ordering::SeqCst) { Err(Interrupted) } else { Ok(()) }
    }
    fn writing(&self) -> Result<(), Interrupted> {
        let n = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        if n == self.armed_write.load(Ordering::SeqCst) { Err(Interrupted) } else { Ok(()) }
    }
}

/// A clock that tests can put forward.
pub struct TestClock {
    forward: AtomicU64,
    back: u64,
}

impl TestClock {
    /// The machine's.
    pub(crate) fn of_the_machine() -> Arc<Self> {
        Self::at(SystemClock.now())
    }

    /// One that shows this moment now.
    pub(crate) fn at(moment: Millis) -> Arc<Self> {
        let now = SystemClock.now();
        Arc::new(Self { forward: AtomicU64::new(moment.since(now)), back: now.since(moment) })
    }

    /// Puts it forward.
    pub fn forward(&self, ms: u64) {
        self.forward.fetch_add(ms, Ordering::SeqCst);
    }

    /// Sets it right again, after it was put forward by at least so much.
    pub fn back(&self, ms: u64) {
        self.forward.fetch_sub(ms, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Millis {
        Millis::new(SystemClock.now().plus(self.forward.load(Ordering::SeqCst)).get() - self.back)
    }
}
