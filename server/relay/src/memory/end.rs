//! The end of a connection: who is told of it, and who may tell.

use crate::network::Network;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use tokio::sync::{Notify, Semaphore};

/// Tells a connection that it is over.
pub(super) struct End {
    pub(super) network: Network,
    /// under way
    pub(super) calls: AtomicUsize,
    pub(super) over: AtomicBool,
    pub(super) reader: Mutex<Option<Waker>>,
    pub(super) told: Notify,
    pub(super) readings: Arc<Semaphore>,
    pub(super) of_network: Arc<Semaphore>,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl End {
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
    pub(super) fn tell(&self) {
        self.over.store(true, Ordering::Release);
        self.told.notify_waiters();
        if let Some(reader) = lock(&self.reader).take() {
            reader.wake();
        }
    }
    /// Waits for the connection's end.
    pub(super) async fn is_told(&self) {
        let mut told = std::pin::pin!(self.told.notified());
        told.as_mut().enable();
        if !self.is_over() {
            told.await;
        }
    }
}

/// Tells a connection that its place is somebody else's.
#[derive(Clone)]
pub struct Leave(pub(super) Arc<End>);

impl Leave {
    /// It ends as soon as it looks.
    pub fn tell(&self) {
        self.0.tell();
    }
    /// Whether no call is under way on it.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.0.calls.load(Ordering::Acquire) == 0
    }
}
