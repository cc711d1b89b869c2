//! Counting for one connection: calls, bytes, readings in their turn.

use super::end::End;
use super::shares::Memory;
use super::weights::{CALL, encoded};
use crate::network::Network;
use prost::bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::OwnedSemaphorePermit;

/// Counts for one connection. It names nobody.
#[derive(Clone)]
pub struct Holder {
    pub(super) memory: Arc<Memory>,
    pub(super) id: u64,
    pub(super) end: Arc<End>,
}

impl Holder {
    /// A call that has begun, until it is dropped.
    #[must_use]
    pub fn call(&self) -> Call {
        self.end.calls.fetch_add(1, Ordering::AcqRel);
        Call { hold: self.hold(CALL) }
    }

    /// Which connection it is, among those of this process.
    #[must_use]
    pub fn connection(&self) -> u64 {
        self.id
    }

    /// Whether something large may be set aside for it now: not when it is over, nor while what all may hold is held still,
    /// by those that are being closed too.
    #[must_use]
    pub fn has_room(&self) -> bool {
        !self.end.is_over() && self.memory.held() <= self.memory.most
    }

    /// The network that it comes from.
    #[must_use]
    pub fn network(&self) -> Network {
        self.end.network
    }

    /// Counts so many bytes until the answer is dropped.
    #[must_use]
    pub fn hold(&self, bytes: usize) -> Hold {
        self.memory.add(self.id, bytes);
        Hold { holder: self.clone(), bytes }
    }

    /// The same bytes, counted until the last part of them is dropped.
    #[must_use]
    pub fn hold_bytes(&self, bytes: Bytes) -> Bytes {
        struct Held {
            bytes: Bytes,
            _hold: Hold,
        }
        impl AsRef<[u8]> for Held {
            fn as_ref(&self) -> &[u8] {
                self.bytes.as_ref()
            }
        }
        let hold = self.hold(encoded(bytes.len()));
        Bytes::from_owner(Held { bytes, _hold: hold })
    }

    /// Whether the connection is over: nothing is done for it any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.end.is_over()
    }

    /// Sets so many bytes aside for a reading, and waits for its turn. None when the connection is over.
    pub async fn reserve(&self, worst: usize) -> Option<Reserved> {
        let waits = async {
            let own = Arc::clone(&self.end.readings).acquire_owned().await.ok()?;
            let network = Arc::clone(&self.end.of_network).acquire_owned().await.ok()?;
            let turn = Arc::clone(&self.memory.readings).acquire_owned().await.ok()?;
            let hold = self.set_aside(worst).await?;
            Some(Reserved { hold, _turn: [own, network, turn] })
        };
        tokio::select! {
            biased;
            () = self.end.is_told() => None,
            reserved = waits => reserved,
        }
    }

    /// Sets so many bytes aside for an answer that somebody else reads, and needs no turn.
    pub async fn set_aside(&self, worst: usize) -> Option<Hold> {
        let hold = self.hold(worst);
        self.memory.room(&self.end).await.then_some(hold)
    }
}

/// A call under way.
pub struct Call {
    hold: Hold,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.hold.holder.end.calls.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A reading's turn, and what is set aside for it.
pub struct Reserved {
    hold: Hold,
    /// of its connection, of its network, and of all
    _turn: [OwnedSemaphorePermit; 3],
}

impl Reserved {
    /// Whether nobody wants it any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.hold.holder.is_over()
    }
    /// It was read, and is so many bytes. The next may begin.
    #[must_use]
    pub fn read(self, bytes: usize) -> Hold {
        let Self { mut hold, _turn } = self;
        hold.set(bytes);
        hold
    }
}

/// Bytes that are counted.
pub struct Hold {
    holder: Holder,
    bytes: usize,
}

impl Hold {
    /// Counts so many from now on.
    pub fn set(&mut self, bytes: usize) {
        let before = std::mem::replace(&mut self.bytes, bytes);
        if bytes > before {
            self.holder.memory.add(self.holder.id, bytes - before);
        } else {
            self.holder.memory.take(self.holder.id, before - bytes);
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.holder.memory.take(self.holder.id, self.bytes);
    }
}
