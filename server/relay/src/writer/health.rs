//! How the store is, as far as its newest transactions tell.

use super::batch::Committed;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// How the store is, as far as its newest transactions tell.
#[derive(Default)]
pub struct Health {
    failing: AtomicBool,
    damaged: AtomicBool,
    /// transactions since something was stored that met damage and nothing else
    spoiled: AtomicU32,
}

/// After so many transactions in a row that met damage, and nothing stored between them, it is not one channel's trouble.
pub const SPOILED: u32 = 16;

impl Health {
    pub(super) fn saw(&self, committed: &Committed) {
        let down = committed.down.as_ref().filter(|_| !committed.stored);
        if committed.stored {
            self.spoiled.store(0, Ordering::Release);
        } else if down.is_some_and(|down| down.damaged) {
            self.spoiled.fetch_add(1, Ordering::AcqRel);
        }
        let spoiled = self.spoiled.load(Ordering::Acquire) >= SPOILED;
        self.failing.store(down.is_some_and(|down| !down.damaged) || spoiled, Ordering::Release);
        if committed.damaged {
            self.met_damage();
        }
    }
    /// A round of removal. One that found nothing to do has written nothing, and says nothing of a disk that refuses.
    pub(super) fn saw_behind(&self, committed: &Committed) {
        if !(committed.stored && self.is_failing()) {
            self.saw(committed);
        }
    }
    /// Somebody who read or wrote met damage.
    pub fn met_damage(&self) {
        self.damaged.store(true, Ordering::Release);
    }
    /// Whether the newest transaction failed, and it was not one channel's trouble.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Acquire)
    }
    /// Whether damage was met since the process began.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Acquire)
    }
}
