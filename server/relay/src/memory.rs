//! What calls hold of the relay's memory, connection by connection, and what happens when it is too much.
//!
//! Counted are, for the connection that they came on: each call, until its answer is on its way; the bytes of a request,
//! from their arrival until it is answered (of a stream, until its next message is asked for); the bytes of an answer, until
//! TLS has taken them; each channel that is followed. A peer that writes slowly, does not read its answers, or opens call
//! after call holds much; one that behaves holds a few kilobytes for a moment.
//!
//! When all together pass the bound, **the connection that holds the most is closed**. Its peer meets a broken connection
//! and sends the same bytes again, as after any other. So no number of peers makes the relay grow beyond the formula of
//! RUNNING.md, and whoever holds little is served all along.

use prometheus_client::metrics::counter::Counter;
use prost::bytes::Bytes;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

/// What a call counts for beside its bytes: HTTP/2's state, its headers, a task.
pub const CALL: usize = 8 * 1024;
/// A relay before anybody calls (some 20 MiB), what its readers and its allocator need at most, handshakes under way.
pub const BASE: usize = 64 * 1024 * 1024;
/// What an open connection costs beside what is counted (measured: bench `memory`).
pub const CONNECTION: usize = 40 * 1024;
/// What a followed channel counts for: its rows in the hub and in its stream (measured: bench `memory`).
pub const FOLLOWED: usize = 640;

/// The formula of RUNNING.md: bytes that a relay takes at most, with so many connections of which so many have sent what
/// nobody reads yet, and this bound for what is counted.
#[must_use]
pub const fn formula(connections: usize, unread: usize, held: usize) -> usize {
    BASE + CONNECTION * connections + crate::limits::CONNECTION_WINDOW as usize * unread + held
}

/// All connections.
pub struct Memory {
    most: usize,
    shares: Mutex<Shares>,
    closed: Counter,
}

#[derive(Default)]
struct Shares {
    /// by all connections that are not being closed
    held: usize,
    next: u64,
    of: HashMap<u64, Share>,
}

struct Share {
    held: usize,
    end: Arc<End>,
}

/// Tells a connection that it is over.
#[derive(Default)]
struct End {
    over: AtomicBool,
    reader: Mutex<Option<Waker>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    /// With this bound in bytes.
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, shares: Mutex::default(), closed: Counter::default() })
    }

    /// Bytes held by all.
    #[must_use]
    pub fn held(&self) -> usize {
        lock(&self.shares).held
    }

    /// Connections that were closed because they held the most.
    #[must_use]
    pub fn closed(&self) -> &Counter {
        &self.closed
    }

    /// A new connection, which holds nothing yet.
    #[must_use]
    pub fn connection(self: &Arc<Self>) -> Connection {
        let end = Arc::new(End::default());
        let mut shares = lock(&self.shares);
        let id = shares.next;
        shares.next += 1;
        shares.of.insert(id, Share { held: 0, end: Arc::clone(&end) });
        Connection { holder: Holder { memory: Arc::clone(self), id }, end }
    }

    fn add(&self, id: u64, bytes: usize) {
        let mut shares = lock(&self.shares);
        // a connection that is being closed is counted no more
        let Some(share) = shares.of.get_mut(&id) else { return };
        share.held += bytes;
        shares.held += bytes;
        while shares.held > self.most {
            let Some(greatest) = shares.of.iter().max_by_key(|(_, share)| share.held).map(|(id, _)| *id) else { return };
            if let Some(share) = shares.remove(greatest) {
                self.closed.inc();
                share.end.tell();
            }
        }
    }

    fn take(&self, id: u64, bytes: usize) {
        let mut shares = lock(&self.shares);
        if let Some(share) = shares.of.get_mut(&id) {
            share.held -= bytes;
            shares.held -= bytes;
        }
    }
}

impl Shares {
    fn remove(&mut self, id: u64) -> Option<Share> {
        let share = self.of.remove(&id)?;
        self.held -= share.held;
        Some(share)
    }
}

impl End {
    fn tell(&self) {
        self.over.store(true, Ordering::Release);
        if let Some(reader) = lock(&self.reader).take() {
            reader.wake();
        }
    }
}

/// A connection's place. What it holds counts until this is dropped.
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

    /// Whether it must end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.end.over.load(Ordering::Acquire)
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
        lock(&self.holder.memory.shares).remove(self.holder.id);
    }
}

/// Counts for one connection. It names nobody.
#[derive(Clone)]
pub struct Holder {
    memory: Arc<Memory>,
    id: u64,
}

impl Holder {
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
        let hold = self.hold(bytes.len());
        Bytes::from_owner(Held { bytes, _hold: hold })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_bound_nobody_is_closed_and_above_it_who_holds_most() {
        let memory = Memory::new(100);
        let (small, big, late) = (memory.connection(), memory.connection(), memory.connection());

        let one = small.holder().hold(40);
        let two = big.holder().hold(50);
        let three = late.holder().hold(10);
        assert_eq!((memory.held(), memory.closed().get()), (100, 0));
        let four = late.holder().hold(1);

        assert_eq!([small.is_over(), big.is_over(), late.is_over()], [false, true, false]);
        assert_eq!((memory.held(), memory.closed().get()), (51, 1));
        drop((one, two, three, four));
        assert_eq!(memory.held(), 0, "what the closed one held was taken off once");
    }

    #[test]
    fn who_asks_for_more_than_everything_is_closed_itself_when_it_holds_the_most() {
        let memory = Memory::new(100);
        let (small, big) = (memory.connection(), memory.connection());
        let _small = small.holder().hold(60);

        let mut hold = big.holder().hold(10);
        hold.set(30);
        hold.set(101);

        assert_eq!([small.is_over(), big.is_over()], [false, true]);
        let _more = big.holder().hold(1_000);
        assert_eq!((memory.held(), memory.closed().get()), (60, 1), "a closed one is counted no more");
    }

    #[test]
    fn what_is_held_counts_until_it_is_dropped_and_bytes_until_their_last_part_is() {
        let memory = Memory::new(100);
        let connection = memory.connection();
        let mut hold = connection.holder().hold(10);
        let mut bytes = connection.holder().hold_bytes(Bytes::from(vec![7; 20]));

        let part = bytes.split_off(5);
        hold.set(15);
        assert_eq!((memory.held(), &part[..]), (35, &[7; 15][..]));
        drop(bytes);
        hold.set(4);
        assert_eq!(memory.held(), 24);
        drop((part, hold));
        assert_eq!(memory.held(), 0);

        let left = connection.holder().hold(30);
        drop(connection);
        assert_eq!(memory.held(), 0, "a connection that has ended holds nothing");
        drop(left);
        assert_eq!(memory.held(), 0);
    }
}
