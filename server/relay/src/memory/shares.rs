//! What each connection holds, and who is closed when it is too much.

use super::end::{End, lock};
use super::weights::{NETWORK_PART, PAGE_WORST, READING_PART, READINGS};
use crate::network::Network;
use prometheus_client::metrics::counter::Counter;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::{Notify, Semaphore};

/// All connections.
pub struct Memory {
    pub(super) most: usize,
    pub(super) shares: Mutex<Shares>,
    closed: Counter,
    pub(super) readings: Arc<Semaphore>,
    pub(super) of_network: usize,
    /// something was let go, or somebody was closed, while a reading waits for that
    freed: Notify,
}

#[derive(Default)]
pub(super) struct Shares {
    /// by all connections
    held: usize,
    /// of that, by those that are being closed
    ending: usize,
    /// readings that wait until what is being closed is gone
    pub(super) waiting: usize,
    pub(super) next: u64,
    pub(super) of: HashMap<u64, Share>,
    /// turns of the networks that connections come from, and how many come
    pub(super) networks: HashMap<Network, (usize, Arc<Semaphore>)>,
}

pub(super) struct Share {
    pub(super) held: usize,
    /// it is being closed; when it holds nothing more, its share goes
    pub(super) ending: bool,
    pub(super) end: Arc<End>,
}

impl Memory {
    /// With this bound in bytes.
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        let readings = (most / (READING_PART * PAGE_WORST)).clamp(1, READINGS);
        let (of_network, readings) = ((readings / NETWORK_PART).max(1), Arc::new(Semaphore::new(readings)));
        let (shares, closed, freed) = (Mutex::default(), Counter::default(), Notify::new());
        Arc::new(Self { most, shares, closed, readings, of_network, freed })
    }

    /// Bytes held by all, those that are being closed included.
    #[must_use]
    pub fn held(&self) -> usize {
        lock(&self.shares).held
    }

    /// Connections that were closed because they held the most.
    #[must_use]
    pub fn closed(&self) -> &Counter {
        &self.closed
    }

    pub(super) fn add(&self, id: u64, bytes: usize) {
        let mut shares = lock(&self.shares);
        // a connection that is gone, and holds nothing, has no share
        let Some(share) = shares.of.get_mut(&id) else { return };
        share.held += bytes;
        let ending = if share.ending { bytes } else { 0 };
        shares.held += bytes;
        shares.ending += ending;
        while shares.held - shares.ending > self.most {
            let living = shares.of.iter().filter(|(_, share)| !share.ending);
            let Some(greatest) = living.max_by_key(|(_, share)| share.held).map(|(id, _)| *id) else { return };
            self.closed.inc();
            self.end(&mut shares, greatest);
        }
    }

    pub(super) fn take(&self, id: u64, bytes: usize) {
        let mut shares = lock(&self.shares);
        let Some(share) = shares.of.get_mut(&id) else { return };
        share.held -= bytes;
        let (ending, held) = (share.ending, share.held);
        shares.held -= bytes;
        if ending {
            shares.ending -= bytes;
            if held == 0 {
                shares.of.remove(&id);
            }
        }
        self.wake(&shares);
    }

    /// The connection is over: it is told, and counts for nobody's fault any more.
    pub(super) fn end(&self, shares: &mut Shares, id: u64) {
        let Some(share) = shares.of.get_mut(&id).filter(|share| !share.ending) else { return };
        share.ending = true;
        share.end.tell();
        let held = share.held;
        shares.ending += held;
        if held == 0 {
            shares.of.remove(&id);
        }
        self.wake(shares);
    }

    fn wake(&self, shares: &Shares) {
        if shares.waiting > 0 {
            self.freed.notify_waiters();
        }
    }

    /// Waits until all together hold no more than the bound: what is being closed has to go first. False when this
    /// connection is over itself.
    pub(super) async fn room(&self, end: &End) -> bool {
        let mut freed = std::pin::pin!(self.freed.notified());
        loop {
            freed.as_mut().enable();
            let full = {
                let mut shares = lock(&self.shares);
                let full = shares.held > self.most;
                shares.waiting += usize::from(full);
                full
            };
            if !full || end.is_over() {
                if full {
                    lock(&self.shares).waiting -= 1;
                }
                return !end.is_over();
            }
            let _waits = Waits(self);
            freed.as_mut().await;
            freed.set(self.freed.notified());
        }
    }
}

/// A reading that waits for room, also when its caller goes away meanwhile.
struct Waits<'a>(&'a Memory);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        lock(&self.0.shares).waiting -= 1;
    }
}
