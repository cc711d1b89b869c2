//! Wake-ups: who follows which channel. A wake-up is a hint, the follower's cursor is the truth (I6): a lost one delays
//! by at most a heartbeat, a repeated one costs one read.
//!
//! Nothing is buffered here: a mailbox holds the names of channels in which something may be new, each at most once. So an
//! attached channel costs its row in the hub's map (about 100 bytes) and in its stream's, whatever is appended.

use lacre_ground::ids::ChannelId;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// All followers of all channels.
#[derive(Default)]
pub struct Hub {
    followers: Mutex<HashMap<ChannelId, Followers>>,
    streams: AtomicUsize,
    /// channels whose many followers are to be woken: by [`Hub::wake_many`], not by whoever stores
    many: Mutex<HashSet<ChannelId>>,
    waits: Notify,
}

/// So many followers are woken by whoever stores an entry; more of them have it done for them.
const FEW: usize = 16;

/// Nearly every channel has one follower per device: no list for the first.
enum Followers {
    One(Arc<Mailbox>),
    Many(Vec<Arc<Mailbox>>),
}

#[derive(Default)]
struct Mailbox {
    woken: Mutex<HashSet<ChannelId>>,
    something: Notify,
}

impl Mailbox {
    fn wake(&self, channel: &ChannelId) {
        lock(&self.woken).insert(*channel);
        self.something.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// A follower of nothing yet.
    #[must_use]
    pub fn subscribe<F>(self: &Arc<Self>) -> Subscription<F> {
        self.streams.fetch_add(1, Ordering::Relaxed);
        Subscription { hub: Arc::clone(self), mailbox: Arc::default(), following: HashMap::new() }
    }

    /// Something may be new in a channel.
    pub fn wake(&self, channel: &ChannelId) {
        match lock(&self.followers).get(channel) {
            None => {}
            Some(Followers::One(mailbox)) => mailbox.wake(channel),
            Some(Followers::Many(mailboxes)) if mailboxes.len() <= FEW => mailboxes.iter().for_each(|m| m.wake(channel)),
            Some(Followers::Many(_)) => {
                lock(&self.many).insert(*channel);
                self.waits.notify_one();
            }
        }
    }

    /// Something may be new in any channel: each follower looks at all of its own.
    pub fn wake_all(&self) {
        for (channel, followers) in lock(&self.followers).iter() {
            match followers {
                Followers::One(mailbox) => mailbox.wake(channel),
                Followers::Many(mailboxes) => mailboxes.iter().for_each(|mailbox| mailbox.wake(channel)),
            }
        }
    }

    /// Wakes the followers of channels that have many, for as long as it is asked to: however many follow a channel, whoever
    /// writes is not kept waiting for them, and entries that come close together wake them once.
    pub async fn wake_many(&self) {
        loop {
            self.waits.notified().await;
            for channel in std::mem::take(&mut *lock(&self.many)) {
                let mailboxes = match lock(&self.followers).get(&channel) {
                    Some(Followers::Many(mailboxes)) => mailboxes.clone(),
                    Some(Followers::One(mailbox)) => vec![Arc::clone(mailbox)],
                    None => Vec::new(),
                };
                mailboxes.iter().for_each(|mailbox| mailbox.wake(&channel));
            }
        }
    }

    /// Channels that somebody follows.
    #[must_use]
    pub fn followed(&self) -> usize {
        lock(&self.followers).len()
    }

    /// Streams that are open.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }

    fn add(&self, channel: ChannelId, mailbox: &Arc<Mailbox>) {
        let mut map = lock(&self.followers);
        let new = match map.remove(&channel) {
            None => Followers::One(Arc::clone(mailbox)),
            Some(Followers::One(first)) => Followers::Many(vec![first, Arc::clone(mailbox)]),
            Some(Followers::Many(mut all)) => {
                all.push(Arc::clone(mailbox));
                Followers::Many(all)
            }
        };
        map.insert(channel, new);
    }

    fn remove(&self, channel: &ChannelId, mailbox: &Arc<Mailbox>) {
        let mut map = lock(&self.followers);
        let empty = match map.get_mut(channel) {
            None => false,
            Some(Followers::One(one)) => Arc::ptr_eq(one, mailbox),
            Some(Followers::Many(all)) => {
                all.retain(|m| !Arc::ptr_eq(m, mailbox));
                all.is_empty()
            }
        };
        if empty {
            map.remove(channel);
        }
        if map.len() < map.capacity() / 4 {
            map.shrink_to_fit();
        }
    }
}

/// One stream's place in the hub, with what the stream knows of each channel. Dropping it unfollows everything.
pub struct Subscription<F> {
    hub: Arc<Hub>,
    mailbox: Arc<Mailbox>,
    following: HashMap<ChannelId, F>,
}

impl<F> Subscription<F> {
    /// Follows a channel; what is appended from now on wakes. Twice is once, with the newer state.
    pub fn follow(&mut self, channel: ChannelId, state: F) {
        if self.following.insert(channel, state).is_none() {
            self.hub.add(channel, &self.mailbox);
        }
    }

    /// Follows it no longer.
    pub fn unfollow(&mut self, channel: &ChannelId) {
        if self.following.remove(channel).is_some() {
            self.hub.remove(channel, &self.mailbox);
            lock(&self.mailbox.woken).remove(channel);
        }
    }

    /// What the stream knows of a channel that it follows.
    pub fn state(&mut self, channel: &ChannelId) -> Option<&mut F> {
        self.following.get_mut(channel)
    }

    /// All that it follows.
    pub fn all(&mut self) -> impl Iterator<Item = (&ChannelId, &mut F)> {
        self.following.iter_mut()
    }

    /// How many.
    #[must_use]
    pub fn followed(&self) -> usize {
        self.following.len()
    }

    /// Waits until something may be new. Wake-ups since the last [`Subscription::woken`] are not lost.
    pub async fn something(&self) {
        self.mailbox.something.notified().await;
    }

    /// In which channels; asks for each wake-up once.
    #[must_use]
    pub fn woken(&self) -> HashSet<ChannelId> {
        std::mem::take(&mut *lock(&self.mailbox.woken))
    }
}

impl<F> Drop for Subscription<F> {
    fn drop(&mut self) {
        self.hub.streams.fetch_sub(1, Ordering::Relaxed);
        for channel in self.following.keys() {
            self.hub.remove(channel, &self.mailbox);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(n: u8) -> ChannelId {
        ChannelId::new([n; 32])
    }

    #[test]
    fn a_wake_up_reaches_every_follower_once_and_nobody_else() {
        let hub = Arc::new(Hub::default());
        let (mut a, mut b, mut c) = (hub.subscribe::<()>(), hub.subscribe::<()>(), hub.subscribe::<()>());
        a.follow(channel(1), ());
        a.follow(channel(1), ());
        b.follow(channel(1), ());
        c.follow(channel(2), ());
        for _ in 0..1_000 {
            hub.wake(&channel(1));
        }
        assert_eq!(a.woken(), HashSet::from([channel(1)]));
        assert_eq!(b.woken(), HashSet::from([channel(1)]));
        assert_eq!(c.woken(), HashSet::new());
        assert_eq!(a.woken(), HashSet::new());
    }

    #[tokio::test]
    async fn whoever_stores_wakes_few_himself_and_many_are_woken_for_him_once_for_all_that_came() {
        let hub = Arc::new(Hub::default());
        let mut all: Vec<Subscription<()>> = (0..=FEW).map(|_| hub.subscribe()).collect();
        for one in all.iter_mut().take(FEW) {
            one.follow(channel(1), ());
        }
        hub.wake(&channel(1));
        assert!(all.iter().take(FEW).all(|one| one.woken() == HashSet::from([channel(1)])));
        all[FEW].follow(channel(1), ());

        for _ in 0..1_000 {
            hub.wake(&channel(1));
        }
        assert!(all.iter().all(|one| one.woken().is_empty()), "not by the writer");
        let waking = tokio::spawn({
            let hub = Arc::clone(&hub);
            async move { hub.wake_many().await }
        });
        for one in &all {
            let mut woken = one.woken();
            while woken.is_empty() {
                one.something().await;
                woken = one.woken();
            }
            assert_eq!(woken, HashSet::from([channel(1)]));
        }
        waking.abort();
    }

    #[test]
    fn a_dropped_stream_leaves_nothing_behind() {
        let hub = Arc::new(Hub::default());
        let (mut a, mut b) = (hub.subscribe::<()>(), hub.subscribe::<()>());
        for n in 0..100 {
            a.follow(channel(n), ());
            b.follow(channel(n), ());
        }
        drop(a);
        assert_eq!((hub.followed(), hub.streams()), (100, 1));
        b.unfollow(&channel(1));
        assert_eq!(hub.followed(), 99);
        drop(b);
        assert_eq!((hub.followed(), hub.streams()), (0, 0));
    }
}
