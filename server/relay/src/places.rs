//! Who goes when places are short: idle ones first, and fair between networks.
//!
//! The *crowded* network ([`crate::network`]) is the one that has the most places.
//!
//! | places | a newcomer of | takes the place of |
//! |---|---|---|
//! | there are some | anywhere | nobody |
//! | none | a network with at least two places fewer than the crowded one | the crowded one's oldest idle, else its newest |
//! | none | any other network | the oldest idle one of its own network, else of a network as crowded; with none it is refused |
//! | none, of those that are left soon (handshakes) | any | as above, where idle is whoever is there for long; with none the newcomer waits |
//!
//! So one network can fill every place, and keeps them only as long as nobody else wants one.

use crate::counters::moment;
use crate::memory::Leave;
use crate::network::Network;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// For so long after somebody had to go `status` says that places are short.
const SHORT_FOR: Duration = Duration::from_secs(10 * 60);

/// How often whoever waits for a place looks again.
const LOOKS: Duration = Duration::from_millis(100);

/// Places of one kind.
pub(crate) struct Places {
    most: usize,
    /// whoever is there for so long may go, also when it is not idle: nobody needs a place of this kind for longer
    long: Option<Duration>,
    /// one of them was left
    freed: Notify,
    seats: Mutex<Seats>,
}

#[derive(Default)]
struct Seats {
    next: u64,
    taken: usize,
    /// in the order in which they came
    of: HashMap<Network, BTreeMap<u64, (Leave, Instant)>>,
    last_short: Option<Instant>,
}

impl Places {
    /// So many, kept as long as one likes.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Self::of_kind(most, None)
    }
    /// So many, for no longer than this when others want them.
    pub(crate) fn passing(most: usize, long: Duration) -> Arc<Self> {
        Self::of_kind(most, Some(long))
    }

    fn of_kind(most: usize, long: Option<Duration>) -> Arc<Self> {
        Arc::new(Self { most: most.max(1), long, freed: Notify::new(), seats: Mutex::default() })
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place, if need be somebody else's, who is told to leave. None when nobody has to go for this one.
    pub(crate) fn take(self: &Arc<Self>, network: Network, leave: Leave) -> Option<Place> {
        let (mut seats, now) = (self.seats(), moment());
        if seats.taken >= self.most {
            let goes = seats.who_goes(network, now, self.long);
            // who may wait a moment is not short of a place yet
            if goes.is_some() || self.long.is_none() {
                seats.last_short = Some(now);
            }
            let (of, number) = goes?;
            if let Some(leave) = seats.remove(of, number) {
                leave.tell();
            }
        }
        let number = seats.next;
        (seats.next, seats.taken) = (number + 1, seats.taken + 1);
        seats.of.entry(network).or_default().insert(number, (leave, now));
        Some(Place { places: Arc::clone(self), network, number })
    }

    /// A place, waited for: places of this kind are left soon. Whoever waits for longer than `most` gets none.
    pub(crate) async fn wait(self: &Arc<Self>, network: Network, leave: Leave, most: Duration) -> Option<Place> {
        let began = moment();
        loop {
            if let Some(place) = self.take(network, leave.clone()) {
                return Some(place);
            }
            if began.elapsed() >= most {
                self.seats().last_short = Some(moment());
                return None;
            }
            // looked at again by itself: that somebody is there for long is told by nobody
            let _ = tokio::time::timeout(LOOKS, self.freed.notified()).await;
        }
    }

    /// Somebody had to go, or was refused, not long ago.
    pub(crate) fn are_short(&self) -> bool {
        self.seats().last_short.is_some_and(|last| last.elapsed() < SHORT_FOR)
    }
}

impl Seats {
    fn remove(&mut self, network: Network, number: u64) -> Option<Leave> {
        let seats = self.of.get_mut(&network)?;
        let (leave, _) = seats.remove(&number)?;
        if seats.is_empty() {
            self.of.remove(&network);
        }
        self.taken -= 1;
        Some(leave)
    }

    fn who_goes(&self, newcomer: Network, now: Instant, long: Option<Duration>) -> Option<(Network, u64)> {
        let own = self.of.get(&newcomer).map_or(0, BTreeMap::len);
        let (crowd, crowded) = self.of.iter().map(|(network, seats)| (seats.len(), *network)).max()?;
        let idle = |network: &Network| {
            let seats = self.of.get(network)?;
            let may_go = |leave: &Leave, since: Instant| match long {
                Some(long) => now.saturating_duration_since(since) >= long,
                None => leave.is_idle(),
            };
            let mut seats = seats.iter().filter(|(_, (leave, since))| may_go(leave, *since));
            seats.next().map(|(number, _)| (*network, *number))
        };
        if crowd >= own + 2 {
            let newest = || self.of.get(&crowded)?.keys().next_back().map(|number| (crowded, *number));
            return idle(&crowded).or_else(newest);
        }
        let others = self.of.iter().filter(|(_, seats)| seats.len() == crowd);
        idle(&newcomer).or_else(|| others.filter_map(|(network, _)| idle(network)).min_by_key(|(_, number)| *number))
    }
}

/// A place, until it is dropped.
pub(crate) struct Place {
    places: Arc<Places>,
    network: Network,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        // who was told to leave has none any more
        self.places.seats().remove(self.network, self.number);
        self.places.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Connection, Memory};

    struct World {
        memory: Arc<Memory>,
        places: Arc<Places>,
    }

    type Guest = (Connection, Option<Place>);

    impl World {
        fn new(places: Arc<Places>) -> Self {
            Self { memory: Memory::new(1 << 30), places }
        }
        fn come(&self, network: u64) -> Guest {
            let connection = self.memory.connection(Network(network));
            let place = self.places.take(Network(network), connection.leave());
            (connection, place)
        }
        fn all(&self, networks: &[u64]) -> Vec<Guest> {
            networks.iter().map(|network| self.come(*network)).collect()
        }
    }

    fn over(guests: &[Guest]) -> Vec<bool> {
        guests.iter().map(|(connection, _)| connection.is_over()).collect()
    }

    #[test]
    fn while_there_are_places_nobody_goes_and_then_the_crowded_networks_oldest_idle_one_does() {
        let w = World::new(Places::new(4));
        let guests = w.all(&[1, 1, 1, 2]);
        assert!(!w.places.are_short());
        let call = guests[0].0.holder().call();

        let (_other, place) = w.come(3);

        assert!(place.is_some() && w.places.are_short());
        assert_eq!(over(&guests), [false, true, false, false], "the first is at work");
        drop(call);
    }

    #[test]
    fn of_a_crowded_network_at_work_the_newest_goes_and_only_for_another_network() {
        let w = World::new(Places::new(3));
        let guests = w.all(&[1, 1, 1]);
        let calls: Vec<_> = guests.iter().map(|(connection, _)| connection.holder().call()).collect();

        assert!(w.come(1).1.is_none(), "of its own network nobody has to go");
        let second = w.come(2);
        assert_eq!((over(&guests), second.1.is_some()), (vec![false, false, true], true));
        assert!(w.come(2).1.is_some(), "two and one are fair, and it is idle");
        assert!(second.0.is_over());
        drop(calls);
    }

    #[test]
    fn where_all_are_alike_the_oldest_idle_one_goes_and_with_none_the_newcomer() {
        let w = World::new(Places::new(2));
        let guests = w.all(&[1, 2]);
        let first = w.come(3);
        assert_eq!((over(&guests), first.1.is_some()), (vec![true, false], true));
        let calls = [guests[1].0.holder().call(), first.0.holder().call()];

        assert!(w.come(4).1.is_none());
        drop(calls);
        assert!(w.come(4).1.is_some());
    }

    #[test]
    fn where_nobody_stays_long_the_oldest_of_the_crowded_network_goes_for_anybody() {
        let w = World::new(Places::passing(3, Duration::ZERO));
        let guests = w.all(&[1, 1, 2]);
        let calls: Vec<_> = guests.iter().map(|(connection, _)| connection.holder().call()).collect();

        assert!(w.come(1).1.is_some() && over(&guests) == [true, false, false]);
        drop(calls);
    }

    /// Seen red where whoever has no call may go, as in a handshake nobody has: of 2,000 clients that came back at once most were cut off.
    #[tokio::test]
    async fn where_nobody_is_there_for_long_whoever_comes_waits_for_a_place_and_takes_none_away() {
        let w = World::new(Places::passing(2, Duration::from_secs(3600)));
        let mut guests = w.all(&[1, 1]);
        let newcomer = w.memory.connection(Network(1));
        let wait = |most| w.places.wait(Network(1), newcomer.leave(), most);

        assert!(wait(Duration::ZERO).await.is_none() && w.places.are_short());
        let (place, ()) = tokio::join!(wait(Duration::from_secs(60)), async { drop(guests.pop()) });

        assert!(place.is_some() && over(&guests) == [false]);
    }

    #[test]
    fn a_place_is_free_again_when_it_is_dropped_and_nothing_stays_of_who_had_it() {
        let w = World::new(Places::new(2));
        drop(w.all(&[1, 1, 1, 2, 2]));
        let seats = w.places.seats();
        assert_eq!((seats.taken, seats.of.len()), (0, 0));
    }
}
