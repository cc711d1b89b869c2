//! Places for uploads: so many, of one connection so many, and each for who brings its bytes.
//!
//! An upload must bring [`Rules::upload_least_rate`] bytes a second on the average, once it had its first
//! [`Rules::upload_idle_ms`]. When all places are taken, the slowest upload of the most crowded network ([`crate::places`])
//! makes room for one of a network that has at least two fewer, and for one of any network when it has had its first time.

use crate::border::limited;
use crate::counters::moment;
use crate::memory::Holder;
use crate::network::Network;
use lacre_store::channels::Limited;
use lacre_store::rules::{Limit, Rules};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tonic::Status;

/// When a place may be free again, or the network less crowded.
const SOON_MS: u64 = 1_000;

/// All of them.
pub(super) struct Uploads {
    most: usize,
    of_one: usize,
    first: Duration,
    /// bytes a second
    least: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    next: u64,
    under_way: BTreeMap<u64, Arc<Progress>>,
}

struct Progress {
    network: Network,
    /// none when its connection is not counted
    connection: Option<u64>,
    begun: Instant,
    bytes: AtomicU64,
    away: Notify,
}

impl Progress {
    /// Bytes in a second, so far.
    fn rate(&self, now: Instant) -> u128 {
        let took = now.saturating_duration_since(self.begun).as_millis().max(1);
        u128::from(self.bytes.load(Ordering::Acquire)) * 1_000 / took
    }
}

impl Uploads {
    pub(super) fn new(rules: &Rules) -> Arc<Self> {
        let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        Arc::new(Self {
            most: count(rules.max_uploads),
            of_one: count(rules.uploads_per_connection),
            first: Duration::from_millis(rules.upload_idle_ms),
            least: rules.upload_least_rate,
            state: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for an upload on this connection.
    pub(super) fn begin(self: &Arc<Self>, holder: Option<&Holder>) -> Result<Uploading, Status> {
        let (now, connection) = (moment(), holder.map(Holder::connection));
        let network = holder.map_or(Network::NONE, Holder::network);
        let mut state = self.state();
        let mine = state.under_way.values().filter(|one| connection.is_some() && one.connection == connection).count();
        if mine >= self.of_one {
            return Err(refusal(Limit::UploadsPerConnection, self.of_one));
        }
        if state.under_way.len() >= self.most {
            let slowest = state.slowest(network, now, self.first).ok_or_else(|| refusal(Limit::MaxUploads, self.most))?;
            if let Some(slowest) = state.under_way.remove(&slowest) {
                slowest.away.notify_one();
            }
        }
        let number = state.next;
        state.next += 1;
        let (bytes, away) = (AtomicU64::new(0), Notify::new());
        let progress = Arc::new(Progress { network, connection, begun: now, bytes, away });
        state.under_way.insert(number, Arc::clone(&progress));
        Ok(Uploading { all: Arc::clone(self), number, progress })
    }
}

impl State {
    /// Who goes for a newcomer of this network.
    fn slowest(&self, newcomer: Network, now: Instant, first: Duration) -> Option<u64> {
        let mut networks: HashMap<Network, usize> = HashMap::new();
        for one in self.under_way.values() {
            *networks.entry(one.network).or_default() += 1;
        }
        let own = networks.get(&newcomer).copied().unwrap_or(0);
        let (crowd, crowded) = networks.into_iter().map(|(network, count)| (count, network)).max()?;
        let unfair = crowd >= own + 2;
        let may_go =
            |one: &Progress| (one.network == crowded || !unfair) && (unfair || now.saturating_duration_since(one.begun) >= first);
        let slow = self.under_way.iter().filter(|(_, one)| may_go(one)).min_by_key(|(_, one)| one.rate(now));
        slow.map(|(number, _)| *number)
    }
}

fn refusal(limit: Limit, most: usize) -> Status {
    let value = u64::try_from(most).unwrap_or(u64::MAX);
    limited(Limited { limit, value, retry_after_ms: Some(SOON_MS) })
}

/// An upload's place, until it is dropped.
pub(super) struct Uploading {
    all: Arc<Uploads>,
    number: u64,
    progress: Arc<Progress>,
}

impl Uploading {
    /// So many further bytes came. Whether that is fast enough.
    pub(super) fn came(&self, bytes: usize) -> Result<(), Status> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.progress.bytes.fetch_add(bytes, Ordering::AcqRel);
        if self.left().is_zero() { Err(self.too_slow()) } else { Ok(()) }
    }

    /// For how long it may bring nothing more.
    pub(super) fn left(&self) -> Duration {
        if self.all.least == 0 {
            return Duration::MAX;
        }
        let paid = self.progress.bytes.load(Ordering::Acquire).saturating_mul(1_000) / self.all.least;
        let until = self.all.first.saturating_add(Duration::from_millis(paid));
        until.saturating_sub(moment().saturating_duration_since(self.progress.begun))
    }

    pub(super) fn too_slow(&self) -> Status {
        limited(Limited { limit: Limit::UploadLeastRate, value: self.all.least, retry_after_ms: Some(0) })
    }

    /// Does this unless the place is given to another upload.
    pub(super) async fn unless_slowest<T>(&self, work: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
        tokio::select! {
            done = work => done,
            () = self.progress.away.notified() => Err(refusal(Limit::MaxUploads, self.all.most)),
        }
    }
}

impl Drop for Uploading {
    fn drop(&mut self) {
        self.all.state().under_way.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Connection, Memory};
    use tonic_types::StatusExt as _;

    fn uploads(first_ms: u64) -> Arc<Uploads> {
        let rules = Rules {
            max_uploads: 4,
            uploads_per_connection: 3,
            upload_idle_ms: first_ms,
            upload_least_rate: 1_000,
            ..Rules::default()
        };
        Uploads::new(&rules)
    }

    fn limit(status: &Status) -> String {
        status.get_error_details().error_info().unwrap().metadata["limit"].clone()
    }

    /// Told to go.
    fn away(upload: &Uploading) -> bool {
        let told = std::pin::pin!(upload.progress.away.notified());
        told.enable()
    }

    fn connection(memory: &Arc<Memory>, network: Network) -> Connection {
        memory.connection(network)
    }

    #[tokio::test]
    async fn one_connection_has_so_many_places_and_another_gets_the_rest() {
        let (uploads, memory) = (uploads(60_000), Memory::new(1 << 30));
        let (one, two) = (connection(&memory, Network::NONE), connection(&memory, Network::NONE));
        let mine: Vec<_> = (0..3).map(|_| uploads.begin(Some(&one.holder())).ok().unwrap()).collect();

        assert_eq!(limit(&uploads.begin(Some(&one.holder())).err().unwrap()), "uploads_per_connection");
        let other = uploads.begin(Some(&two.holder())).ok().unwrap();
        assert_eq!(limit(&uploads.begin(Some(&two.holder())).err().unwrap()), "max_uploads", "all are new, of one network");

        drop((mine, other));
        assert!(uploads.begin(Some(&one.holder())).is_ok());
        assert!(uploads.state().under_way.is_empty());
    }

    #[tokio::test]
    async fn the_slowest_of_the_crowded_network_makes_room_for_another_networks() {
        let (uploads, memory) = (uploads(60_000), Memory::new(1 << 30));
        let networks = crate::network::Networks::default();
        let (crowd, few) = (networks.of("192.0.2.1".parse().unwrap()), networks.of("198.51.100.1".parse().unwrap()));
        let crowded: Vec<_> = (0..4).map(|_| connection(&memory, crowd)).collect();
        let theirs: Vec<_> = crowded.iter().map(|c| uploads.begin(Some(&c.holder())).ok().unwrap()).collect();
        for (n, upload) in theirs.iter().enumerate() {
            upload.came(if n == 2 { 10 } else { 100_000 }).unwrap();
        }
        let others = [connection(&memory, few), connection(&memory, few)];

        let one = uploads.begin(Some(&others[0].holder())).ok().unwrap();
        let gone = [away(&theirs[0]), away(&theirs[1]), away(&theirs[2]), away(&theirs[3])];
        let two = uploads.begin(Some(&others[1].holder()));

        assert_eq!(gone, [false, false, true, false]);
        assert!(two.is_ok() && !away(&one), "three and one");
        assert_eq!(limit(&uploads.begin(Some(&others[1].holder())).err().unwrap()), "max_uploads", "two and two are fair");
    }

    #[tokio::test]
    async fn an_upload_has_its_first_time_and_then_as_long_as_its_bytes_pay_for() {
        let uploads_now = uploads(60_000);
        let upload = uploads_now.begin(None).ok().unwrap();
        assert!(upload.left() <= Duration::from_secs(60) && upload.left() > Duration::from_secs(50));
        upload.came(100_000).unwrap();
        assert!(upload.left() > Duration::from_secs(150), "a second for a thousand bytes");

        let none = uploads(0);
        let upload = none.begin(None).ok().unwrap();
        assert_eq!(limit(&upload.came(0).unwrap_err()), "upload_least_rate");
        upload.came(100_000).unwrap();
    }
}
