//! A connection's place among those that are counted.

use super::end::{End, Leave, lock};
use super::holder::Holder;
use super::shares::{Memory, Share};
use super::weights::READINGS_OF_ONE;
use crate::network::Network;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::task::Context;
use tokio::sync::{Notify, Semaphore};

impl Memory {
    /// A new connection from a network, which holds nothing yet.
    #[must_use]
    pub fn connection(self: &Arc<Self>, network: Network) -> Connection {
        let readings = Arc::new(Semaphore::new(READINGS_OF_ONE));
        let (over, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
        let mut shares = lock(&self.shares);
        let turns = || (0, Arc::new(Semaphore::new(self.of_network)));
        let (connections, of_network) = shares.networks.entry(network).or_insert_with(turns);
        *connections += 1;
        let (reader, told, of_network) = (Mutex::default(), Notify::new(), Arc::clone(of_network));
        let end = Arc::new(End { network, calls, over, reader, told, readings, of_network });
        let id = shares.next;
        shares.next += 1;
        shares.of.insert(id, Share { held: 0, ending: false, end: Arc::clone(&end) });
        Connection { holder: Holder { memory: Arc::clone(self), id, end: Arc::clone(&end) }, end }
    }
}

/// A connection's place. What it holds counts until that is dropped.
pub struct Connection {
    holder: Holder,
    end: Arc<End>,
}

impl Connection {
    /// To count with.
    #[must_use]
    pub fn holder(&self) -> Holder {
        self.holder.clone()
    }

    /// To tell it from outside that it must end.
    #[must_use]
    pub fn leave(&self) -> Leave {
        Leave(Arc::clone(&self.end))
    }

    /// Waits until it must end.
    pub async fn over(&self) {
        self.end.is_told().await;
    }

    /// Whether it must end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.end.is_over()
    }

    /// As [`Connection::is_over`]; if not, whoever reads is woken when it is.
    pub fn poll_over(&self, cx: &mut Context<'_>) -> bool {
        if self.is_over() {
            return true;
        }
        let mut reader = lock(&self.end.reader);
        match reader.as_mut() {
            Some(known) => known.clone_from(cx.waker()),
            None => *reader = Some(cx.waker().clone()),
        }
        drop(reader);
        self.is_over()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let (memory, network) = (&self.holder.memory, self.end.network);
        let mut shares = lock(&memory.shares);
        memory.end(&mut shares, self.holder.id);
        if let Some((connections, _)) = shares.networks.get_mut(&network) {
            *connections -= 1;
            if *connections == 0 {
                shares.networks.remove(&network);
            }
        }
    }
}
