//! What calls hold of the relay's memory, connection by connection, and what happens when it is too much.
//!
//! Counted are, for the connection that they came on: each call, until its answer is on its way; the bytes of a request,
//! from the announcement of their length until it is answered (of a stream, until its next message is asked for); the bytes
//! of an answer, until TLS has taken them; each channel that is followed. A peer that writes slowly, does not read its
//! answers, or opens call after call holds much; one that behaves holds a few kilobytes for a moment.
//!
//! **What is read for an answer is counted before it is read** ([`Holder::reserve`]), with the most that it can be; what it
//! was is known afterwards. So many such readings go on at a time ([`READINGS`]), and of one connection so many
//! ([`READINGS_OF_ONE`]), of one network half of them; the rest waits without anything. Nothing is read for a connection that is over.
//!
//! When all together pass the bound, **the connection that holds the most is closed**. Its peer meets a broken connection
//! and sends the same bytes again, as after any other. So no number of peers makes the relay grow beyond the formula of
//! RUNNING.md, and whoever holds little is served all along. What a closed connection held counts until it is dropped:
//! nobody else's reading begins in its place before.

use crate::limits::{PAGE_BYTES, PAGE_ENTRIES};
use crate::network::Network;
use prometheus_client::metrics::counter::Counter;
use prost::bytes::Bytes;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// What a call counts for beside its bytes: HTTP/2's state, its headers, a task, buffers for one message each way.
pub const CALL: usize = 8 * 1024;
/// A relay before anybody calls (some 20 MiB), what its readers and its allocator need at most, handshakes under way.
pub const BASE: usize = 64 * 1024 * 1024;
/// What an open connection costs beside what is counted (measured: bench `memory`).
pub const CONNECTION: usize = 40 * 1024;
/// What a followed channel counts for: its rows in the hub and in its stream (measured: bench `memory`).
pub const FOLLOWED: usize = 640;
/// An answer of this many bytes or more was written into a buffer that may be twice as large.
pub const LARGE: usize = 32 * 1024;
/// Readings that bring bytes at a time, of all connections; fewer where the bound is small ([`Memory::new`]).
pub const READINGS: usize = 16;
/// And of one connection.
pub const READINGS_OF_ONE: usize = 4;
/// One network has no more than this part of all turns: a thousand followers of one log wait for each other.
const NETWORK_PART: usize = 2;
/// Readings at a time, in the worst case, take no more than this part of the bound.
const READING_PART: usize = 4;
/// What an entry takes beside its ciphertext, while it is read and encoded.
const ENTRY: usize = 512;
/// A page that is full, before and while it is encoded: its last entry passes the bound.
pub const PAGE_WORST: usize = weight(2 * PAGE_BYTES as usize, PAGE_ENTRIES as usize);

/// What an answer takes with so many bytes in so many parts: as it was read, and the buffer that it is encoded into, which
/// may be twice as large.
pub(crate) const fn weight(bytes: usize, parts: usize) -> usize {
    3 * bytes + ENTRY * parts
}

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
    readings: Arc<Semaphore>,
    of_network: usize,
    /// something was let go, or somebody was closed, while a reading waits for that
    freed: Notify,
}

#[derive(Default)]
struct Shares {
    /// by all connections
    held: usize,
    /// of that, by those that are being closed
    ending: usize,
    /// readings that wait until what is being closed is gone
    waiting: usize,
    next: u64,
    of: HashMap<u64, Share>,
    /// turns of the networks that connections come from, and how many come
    networks: HashMap<Network, (usize, Arc<Semaphore>)>,
}

struct Share {
    held: usize,
    /// it is being closed; when it holds nothing more, its share goes
    ending: bool,
    end: Arc<End>,
}

/// Tells a connection that it is over.
struct End {
    network: Network,
    /// under way
    calls: AtomicUsize,
    over: AtomicBool,
    reader: Mutex<Option<Waker>>,
    told: Notify,
    readings: Arc<Semaphore>,
    of_network: Arc<Semaphore>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

    fn add(&self, id: u64, bytes: usize) {
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

    fn take(&self, id: u64, bytes: usize) {
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
    fn end(&self, shares: &mut Shares, id: u64) {
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
    async fn room(&self, end: &End) -> bool {
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

impl End {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
    fn tell(&self) {
        self.over.store(true, Ordering::Release);
        self.told.notify_waiters();
        if let Some(reader) = lock(&self.reader).take() {
            reader.wake();
        }
    }
    /// Waits for the connection's end.
    async fn is_told(&self) {
        let mut told = std::pin::pin!(self.told.notified());
        told.as_mut().enable();
        if !self.is_over() {
            told.await;
        }
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

/// Tells a connection that its place is somebody else's.
#[derive(Clone)]
pub struct Leave(Arc<End>);

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

/// A call under way.
pub struct Call {
    hold: Hold,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.hold.holder.end.calls.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Counts for one connection. It names nobody.
#[derive(Clone)]
pub struct Holder {
    memory: Arc<Memory>,
    id: u64,
    end: Arc<End>,
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

/// What an encoded answer of so many bytes takes.
fn encoded(bytes: usize) -> usize {
    if bytes < LARGE { bytes } else { 2 * bytes }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_gives_the_relay_what_the_formula_says_and_not_twice_as_much() {
        let unit = include_str!("../../systemd/lacre-relay.service");
        let most = unit.lines().find_map(|line| line.strip_prefix("MemoryMax=")?.strip_suffix('G')?.parse::<usize>().ok());
        let (most, formula) = (most.unwrap() << 30, formula(crate::limits::MAX_CONNECTIONS, 0, crate::limits::HELD));
        assert!(most >= formula && most < 2 * formula, "{most} and {formula}");
    }

    #[test]
    fn at_the_bound_nobody_is_closed_and_above_it_who_holds_most() {
        let memory = Memory::new(100);
        let (small, big, late) =
            (memory.connection(Network::NONE), memory.connection(Network::NONE), memory.connection(Network::NONE));

        let one = small.holder().hold(40);
        let two = big.holder().hold(50);
        let three = late.holder().hold(10);
        assert_eq!((memory.held(), memory.closed().get()), (100, 0));
        let four = late.holder().hold(1);

        assert_eq!([small.is_over(), big.is_over(), late.is_over()], [false, true, false]);
        assert_eq!((memory.held(), memory.closed().get()), (101, 1), "it counts until it is gone");
        drop(two);
        assert_eq!(memory.held(), 51);
        drop((one, three, four));
        assert_eq!(memory.held(), 0, "what the closed one held was taken off once");
    }

    #[test]
    fn who_asks_for_more_than_everything_is_closed_itself_when_it_holds_the_most() {
        let memory = Memory::new(100);
        let (small, big) = (memory.connection(Network::NONE), memory.connection(Network::NONE));
        let _small = small.holder().hold(60);

        let mut hold = big.holder().hold(10);
        hold.set(30);
        hold.set(101);

        assert_eq!([small.is_over(), big.is_over()], [false, true]);
        let _more = big.holder().hold(1_000);
        assert_eq!((memory.held(), memory.closed().get()), (1_161, 1), "a closed one closes nobody else");
        assert!(!small.is_over());
    }

    #[test]
    fn what_is_held_counts_until_it_is_dropped_and_bytes_until_their_last_part_is() {
        let memory = Memory::new(100);
        let connection = memory.connection(Network::NONE);
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
        let holder = connection.holder();
        drop(connection);
        assert_eq!((memory.held(), holder.is_over()), (30, true), "what outlives its connection counts");
        drop(left);
        assert_eq!(memory.held(), 0);
        assert!(lock(&memory.shares).of.is_empty(), "a connection that is gone leaves nothing behind");
    }

    /// Whether it is done at the first look.
    fn ready<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            std::task::Poll::Ready(done) => Some(done),
            std::task::Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn a_reading_is_counted_with_its_worst_case_before_it_begins_and_with_what_it_was_afterwards() {
        let memory = Memory::new(100);
        let connection = memory.connection(Network::NONE);

        let reserved = connection.holder().reserve(90).await.unwrap();
        assert_eq!(memory.held(), 90);
        let hold = reserved.read(7);
        assert_eq!(memory.held(), 7);
        drop(hold);
        assert!(connection.holder().reserve(101).await.is_none(), "who asks for more than everything is closed");
        assert!(connection.is_over() && memory.held() == 0);
    }

    #[tokio::test]
    async fn so_many_readings_go_on_at_a_time_of_all_and_of_one_and_the_rest_waits_with_nothing() {
        let memory = Memory::new(READING_PART * PAGE_WORST * READINGS);
        let (greedy, other) = (memory.connection(Network::NONE), memory.connection(Network::NONE));
        let mut turns = Vec::new();
        for _ in 0..READINGS_OF_ONE {
            turns.push(greedy.holder().reserve(10).await.unwrap());
        }
        let holder = greedy.holder();
        let mut further = std::pin::pin!(holder.reserve(10));
        assert!(ready(further.as_mut()).is_none() && memory.held() == 10 * READINGS_OF_ONE);
        drop(other.holder().reserve(10).await.unwrap());

        let mut others = Vec::new();
        for _ in READINGS_OF_ONE..READINGS / NETWORK_PART {
            let connection = memory.connection(Network::NONE);
            others.push((connection.holder().reserve(10).await.unwrap(), connection));
        }
        let holder = other.holder();
        let mut late = std::pin::pin!(holder.reserve(10));
        assert!(ready(late.as_mut()).is_none() && memory.held() == 10 * READINGS / NETWORK_PART, "its network has no more");
        let elsewhere = crate::network::Networks::default().of("192.0.2.1".parse().unwrap());
        for _ in READINGS / NETWORK_PART..READINGS {
            let connection = memory.connection(elsewhere);
            others.push((connection.holder().reserve(10).await.unwrap(), connection));
        }
        assert_eq!(memory.held(), 10 * READINGS);
        drop(turns.pop().unwrap().read(3));
        assert!(ready(late.as_mut()).is_some_and(|turn| turn.is_some()));
    }

    #[tokio::test]
    async fn nothing_begins_in_the_place_of_what_is_being_closed_before_that_is_gone() {
        let memory = Memory::new(100);
        let (big, small) = (memory.connection(Network::NONE), memory.connection(Network::NONE));
        let held = big.holder().hold(95);
        let holder = small.holder();
        let mut reading = std::pin::pin!(holder.set_aside(10));

        assert!(ready(reading.as_mut()).is_none());
        assert_eq!([big.is_over(), small.is_over()], [true, false]);
        drop(held);
        let hold = ready(reading.as_mut()).flatten().unwrap();
        assert_eq!((memory.held(), lock(&memory.shares).waiting), (10, 0));
        drop(hold);
    }

    #[tokio::test]
    async fn who_is_closed_while_it_waits_for_its_turn_is_told_and_lets_go() {
        let memory = Memory::new(100);
        let (other, closed) = (memory.connection(Network::NONE), memory.connection(Network::NONE));
        let turn = other.holder().reserve(1).await.unwrap();
        let holder = closed.holder();
        let mut waits = std::pin::pin!(holder.reserve(10));
        assert!(ready(waits.as_mut()).is_none(), "one turn is all there is under such a bound");

        drop(closed);

        assert!(ready(waits.as_mut()).is_some_and(|turn| turn.is_none()));
        assert_eq!(memory.held(), 1);
        drop(turn);
    }
}
