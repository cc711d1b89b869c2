//! The streams that serve what is followed: one task for each relay and lane on the network's thread, one lock between
//! the tasks and the caller, which waits on a condition until a task has brought something.

use super::follow::{Changes, Strand};
use super::lanes::Lanes;
use super::{Chance, Timeouts, channels, lock, refusal};
use core::pin::pin;
use core::time::Duration;
use lacre_core::network::{Delivery, Following, Lane, NetError, Refusal};
use lacre_ground::address::Authority;
use lacre_ground::ids::ChannelId;
use lacre_ground::random;
use lacre_proto::relay::v1 as wire;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};
use tokio_stream::wrappers::ReceiverStream;

/// Requests on their way to the stream.
const OUTGOING: usize = 8;
/// A relay's heartbeat outside this is not believed.
const HEARTBEAT_MS: core::ops::RangeInclusive<u64> = 50..=600_000;
/// Longest delay that a relay's "retry after" can cause here.
const MAX_PAUSE: Duration = Duration::from_secs(300);

struct Slot {
    id: u64,
    authority: Authority,
    lane: Lane,
    strand: Strand,
    wake: Arc<Notify>,
}

#[derive(Default)]
struct Board {
    slots: Mutex<Slots>,
    arrived: Condvar,
}

#[derive(Default)]
struct Slots {
    open: Vec<Slot>,
    last_id: u64,
}

/// The caller's side.
pub(super) struct Followed {
    handle: Handle,
    lanes: Arc<Lanes>,
    timeouts: Timeouts,
    chance: Chance,
    board: Arc<Board>,
}

impl Followed {
    pub(super) fn new(handle: Handle, lanes: Arc<Lanes>, timeouts: Timeouts, chance: Chance) -> Self {
        Self { handle, lanes, timeouts, chance, board: Arc::default() }
    }

    /// [`lacre_core::network::Network::follow`].
    pub(super) fn follow(&self, set: &[Following], max_wait: Duration) -> Vec<Delivery> {
        let mut groups: BTreeMap<(&Authority, Lane), BTreeMap<ChannelId, &Following>> = BTreeMap::new();
        for f in set {
            groups.entry((&f.authority, f.lane)).or_default().insert(f.channel, f);
        }
        let mut slots = lock(&self.board.slots);
        slots.open.retain(|slot| {
            let stays = groups.contains_key(&(&slot.authority, slot.lane));
            if !stays {
                slot.wake.notify_one();
            }
            stays
        });
        for ((authority, lane), channels) in groups {
            let slots = &mut *slots;
            if let Some(slot) = slots.open.iter_mut().find(|s| s.lane == lane && s.authority == *authority) {
                if slot.strand.follow(&channels) {
                    slot.wake.notify_one();
                }
                continue;
            }
            slots.last_id += 1;
            let mut strand = Strand::new(authority.clone(), lane);
            strand.follow(&channels);
            let wake = Arc::new(Notify::new());
            let task = Task {
                id: slots.last_id,
                authority: authority.clone(),
                lane,
                wake: Arc::clone(&wake),
                board: Arc::clone(&self.board),
                lanes: Arc::clone(&self.lanes),
                timeouts: self.timeouts,
                chance: Arc::clone(&self.chance),
            };
            slots.open.push(Slot { id: slots.last_id, authority: authority.clone(), lane, strand, wake });
            self.handle.spawn(task.serve());
        }
        let quiet = |slots: &mut Slots| slots.open.iter().all(|s| s.strand.is_quiet());
        let (mut slots, _) =
            self.board.arrived.wait_timeout_while(slots, max_wait, quiet).unwrap_or_else(PoisonError::into_inner);
        let mut out = Vec::new();
        for slot in &mut slots.open {
            let was_full = !slot.strand.has_room();
            out.extend(slot.strand.hand_over());
            if was_full {
                slot.wake.notify_one();
            }
        }
        out
    }

    /// Ends all streams.
    pub(super) fn end(&self) {
        for slot in lock(&self.board.slots).open.drain(..) {
            slot.wake.notify_one();
        }
    }
}

/// Why a stream ended.
enum End {
    /// nobody follows it any more
    Unwanted,
    /// a fresh one is needed, now
    Restart,
    Failed(NetError),
}

/// Serves one relay and lane as long as it is followed.
struct Task {
    id: u64,
    authority: Authority,
    lane: Lane,
    wake: Arc<Notify>,
    board: Arc<Board>,
    lanes: Arc<Lanes>,
    timeouts: Timeouts,
    chance: Chance,
}

impl Task {
    async fn serve(self) {
        let mut failures = 0_u32;
        let mut silence = self.timeouts.silence;
        loop {
            let mut heard = false;
            match self.stream(&mut heard, &mut silence).await {
                End::Unwanted => return,
                End::Restart => {}
                End::Failed(error) => {
                    // a relay that answers and then breaks the protocol gets no fresh start
                    if heard && !matches!(error, NetError::Protocol(_)) {
                        failures = 0;
                    }
                    failures = failures.saturating_add(1);
                    let pause = self.pause(failures, &error);
                    if self.with(|strand| strand.lost(error)).is_none() || !self.rest(pause).await {
                        return;
                    }
                }
            }
        }
    }

    /// With the strand under its lock; none when it is no longer followed. Wakes the caller when there is something.
    fn with<R>(&self, f: impl FnOnce(&mut Strand) -> R) -> Option<R> {
        let mut slots = lock(&self.board.slots);
        let slot = slots.open.iter_mut().find(|slot| slot.id == self.id)?;
        let result = f(&mut slot.strand);
        if !slot.strand.is_quiet() {
            self.board.arrived.notify_all();
        }
        Some(result)
    }

    /// Growing, with jitter of a half, so that clients of a relay that comes back do not all come at once.
    fn pause(&self, failures: u32, error: &NetError) -> Duration {
        let doubled = self.timeouts.backoff_first.saturating_mul(1_u32.checked_shl(failures.min(16) - 1).unwrap_or(1));
        let most = doubled.min(self.timeouts.backoff_most);
        let [chance] = random::bytes::<1>(&mut **lock(&self.chance));
        let jittered = most / 2 + most.mul_f64(f64::from(chance) / 510.0);
        match error {
            NetError::Refused(Refusal { retry_after: Some(after), .. }) => jittered.max((*after).min(MAX_PAUSE)),
            _ => jittered,
        }
    }

    /// False when it is no longer followed.
    async fn rest(&self, pause: Duration) -> bool {
        let mut over = pin!(sleep(pause));
        loop {
            tokio::select! {
                () = &mut over => return self.with(|_| ()).is_some(),
                () = self.wake.notified() => if self.with(|_| ()).is_none() { return false },
            }
        }
    }

    /// One stream from its first message to its end.
    async fn stream(&self, heard: &mut bool, silence: &mut Duration) -> End {
        let line = match self.lanes.line(&self.authority, self.lane) {
            Ok(line) => line,
            Err(error) => return End::Failed(error),
        };
        let Some(first) = self.with(Strand::began) else { return End::Unwanted };
        let mut outgoing = VecDeque::from(first);
        let (send, receive) = mpsc::channel(OUTGOING);
        while let Ok(permit) = send.try_reserve() {
            let Some(request) = outgoing.pop_front() else { break };
            permit.send(request);
        }
        let mut client = channels(line.channel());
        let end = match timeout(self.timeouts.call, client.attach(ReceiverStream::new(receive))).await {
            Err(_) => End::Failed(NetError::Unreachable { why: "no answer to Attach".into() }),
            Ok(Err(status)) => End::Failed(refusal::error(&status)),
            Ok(Ok(response)) => {
                let mut info_client = channels(line.channel());
                let info = async move { info_client.get_info(wire::GetInfoRequest {}).await };
                self.talk(response.into_inner(), send, outgoing, info, heard, silence).await
            }
        };
        if let End::Failed(error) = &end {
            self.lanes.forget_after(&line, error);
        }
        end
    }

    async fn talk(
        &self,
        mut stream: tonic::Streaming<wire::AttachResponse>,
        send: mpsc::Sender<wire::AttachRequest>,
        mut outgoing: VecDeque<wire::AttachRequest>,
        info: impl Future<Output = Result<tonic::Response<wire::GetInfoResponse>, tonic::Status>>,
        heard: &mut bool,
        silence: &mut Duration,
    ) -> End {
        let mut info = pin!(info);
        let mut asked = true;
        let mut silent = pin!(sleep(*silence));
        let mut room = true;
        loop {
            tokio::select! {
                () = self.wake.notified() => {
                    match self.with(|strand| (strand.changes(), strand.has_room())) {
                        None => return End::Unwanted,
                        Some((Changes::Restart, _)) => return End::Restart,
                        Some((Changes::Requests(more), has_room)) => {
                            outgoing.extend(more);
                            if has_room && !room {
                                silent.set(sleep(*silence));
                            }
                            room = has_room;
                        }
                    }
                }
                permit = send.reserve(), if !outgoing.is_empty() => match (permit, outgoing.pop_front()) {
                    (Ok(permit), Some(request)) => permit.send(request),
                    // the stream is over: its end says why
                    (Err(_), _) => outgoing.clear(),
                    (Ok(_), None) => {}
                },
                message = stream.message(), if room => {
                    let message = match message {
                        Ok(Some(message)) => message,
                        Ok(None) => return End::Failed(NetError::Unreachable { why: "the relay ended the stream".into() }),
                        Err(status) => return End::Failed(refusal::error(&status)),
                    };
                    *heard = true;
                    silent.set(sleep(*silence));
                    match self.with(|strand| (strand.received(message), strand.has_room())) {
                        None => return End::Unwanted,
                        Some((Err(error), _)) => return End::Failed(error),
                        Some((Ok(()), has_room)) => room = has_room,
                    }
                }
                // nobody listens while there is no room: silence says nothing then
                () = &mut silent, if room => {
                    let why = format!("nothing came for {} ms, not even a heartbeat", silence.as_millis());
                    return End::Failed(NetError::Unreachable { why });
                }
                answer = &mut info, if asked => {
                    asked = false;
                    if let Some(ms) = answer.ok().and_then(|a| a.into_inner().limits).map(|l| u64::from(l.heartbeat_ms))
                        && HEARTBEAT_MS.contains(&ms)
                    {
                        *silence = Duration::from_millis(ms * 5 / 2);
                        silent.set(sleep(*silence));
                    }
                }
            }
        }
    }
}
