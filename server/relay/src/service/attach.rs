//! The Attach stream: all of a client's channels, each from its own cursor.
//!
//! One task for each stream. It waits for the peer, for wake-ups and for the heartbeat, and reads from storage what is due,
//! round by round: at most [`PAGE_BYTES`] and one entry, and [`PAGE_ENTRIES`], at a time, and a round begins only when the one before was
//! taken. So a slow reader costs the relay two messages and the names of the channels where something waits.

use super::Context;
use super::fields::{id, seq, token, wire_entry};
use super::reading::page_weight;
use crate::border::{Reason, checked, refused, store_down};
use crate::hub::Subscription;
use crate::limits::{PAGE_BYTES, PAGE_ENTRIES};
use crate::memory::{FOLLOWED, Hold, Holder, PAGE_WORST, weight};
use lacre_ground::ids::{ChannelId, Seq, TokenHash};
use lacre_proto::limits::Limit;
use lacre_proto::relay::v1 as wire;
use lacre_store::StoreDown;
use lacre_store::channels::{ChannelKey, Page, PageLimits};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::{Stream, StreamExt as _};
use tonic::Status;
use wire::attach_response::Event;

type Answer = Result<wire::AttachResponse, Status>;

/// What the peer is sent. What a message holds is let go when the next one is asked for: then it is encoded, and its own
/// bytes count.
pub struct AttachEvents {
    events: mpsc::Receiver<(Answer, Option<Hold>)>,
    encoding: Option<Hold>,
}

impl Stream for AttachEvents {
    type Item = Answer;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> task::Poll<Option<Answer>> {
        self.encoding = None;
        let (answer, hold) = task::ready!(self.events.poll_recv(cx)).unzip();
        self.encoding = hold.flatten();
        task::Poll::Ready(answer)
    }
}

/// Messages that wait for the connection to take them.
const WAITING: usize = 2;
/// Channels looked at in one round of reading.
const ROUND: usize = 256;
/// Of so many woken channels each is read; of more it is asked first, in one question, where there is something new.
const FEW: usize = 16;

/// When a relay stops, nobody comes back sooner …
const FIRST_BACK_MS: u64 = 500;
/// … and the last so much later, plus a millisecond for each followed channel …
const LEAST_SPREAD_MS: u64 = 5_000;
/// … but no later than this.
const MOST_SPREAD_MS: u64 = 60_000;

/// What the stream knows of one channel.
struct Cursor {
    key: ChannelKey,
    /// the next seq to send: the truth, whatever the wake-ups say
    next: u64,
    told_caught_up: bool,
    /// stands in the queue of what to read
    due: bool,
}

struct Attached {
    context: Arc<Context>,
    /// with what a message holds until the connection takes it
    out: mpsc::Sender<(Answer, Option<Hold>)>,
    following: Subscription<Cursor>,
    due: VecDeque<ChannelId>,
    quiet: bool,
    holder: Option<Holder>,
    /// for what it follows
    held: Option<Hold>,
}

/// The stream is over: the peer is gone, or was told why.
struct Over;

/// Begins a stream.
pub(super) fn start<R>(context: Arc<Context>, holder: Option<Holder>, requests: R) -> AttachEvents
where
    R: Stream<Item = Result<wire::AttachRequest, Status>> + Send + Unpin + 'static,
{
    let (out, events) = mpsc::channel(WAITING);
    let following = context.hub.subscribe();
    let held = holder.as_ref().map(|holder| holder.hold(0));
    let attached = Attached { context, out, following, due: VecDeque::new(), quiet: true, holder, held };
    tokio::spawn(attached.run(requests));
    AttachEvents { events, encoding: None }
}

impl Attached {
    async fn run(mut self, requests: impl Stream<Item = Result<wire::AttachRequest, Status>> + Unpin) {
        // the reason was sent, or nobody is there to hear it
        let _ = self.follow(requests).await;
    }

    async fn follow(
        &mut self,
        mut requests: impl Stream<Item = Result<wire::AttachRequest, Status>> + Unpin,
    ) -> Result<(), Over> {
        let period = Duration::from_millis(self.context.rules.heartbeat_ms.max(1));
        let mut heartbeat = tokio::time::interval(period);
        heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        heartbeat.tick().await;
        let mut stopping = self.context.stopping.clone();
        let (mut asking, generation) = (true, self.context.reads.generation());
        loop {
            if self.context.reads.generation() != generation {
                // the store went back, and cursors may be ahead of it: who comes again begins where it is
                return self.end(refused(Reason::Stopping, &[], Some(Duration::from_millis(FIRST_BACK_MS)))).await;
            }
            let busy = !self.due.is_empty();
            tokio::select! {
                () = super::stopped(&mut stopping) => {
                    let pause = self.pause();
                    return self.end(refused(Reason::Stopping, &[], Some(pause))).await;
                }
                () = self.out.closed() => return Err(Over),
                request = requests.next(), if asking => match request {
                    Some(Ok(request)) => self.change(request).await?,
                    // it asks for no more, and hears on
                    None => asking = false,
                    Some(Err(_)) => return Err(Over),
                },
                () = self.following.something() => self.take_wake_ups().await,
                _ = heartbeat.tick() => self.beat().await?,
                () = std::future::ready(()), if busy => self.round().await?,
            }
        }
    }

    /// After which this peer comes back: each another one, and the longer the more there are, so that a relay that starts
    /// again is not met by all of them at once.
    fn pause(&self) -> Duration {
        let spread = MOST_SPREAD_MS.min(LEAST_SPREAD_MS + self.context.hub.followed() as u64);
        let chance = u64::from(u32::from_be_bytes(self.context.random()));
        Duration::from_millis(FIRST_BACK_MS + spread * chance / u64::from(u32::MAX))
    }

    async fn send(&mut self, event: Event) -> Result<(), Over> {
        self.quiet = false;
        let hold = match (&self.holder, &event) {
            (Some(holder), Event::Entries(e)) => {
                let bytes = e.entries.iter().map(|e| e.ciphertext.len()).sum();
                Some(holder.hold(weight(bytes, e.entries.len())))
            }
            _ => None,
        };
        let generation = self.context.reads.generation().as_bytes().to_vec();
        self.out.send((Ok(wire::AttachResponse { generation, event: Some(event) }), hold)).await.map_err(|_| Over)
    }

    /// What is followed counts for its connection.
    fn weigh(&mut self) {
        let followed = self.following.followed();
        if let Some(held) = &mut self.held {
            held.set(followed * FOLLOWED);
        }
    }

    async fn end(&mut self, status: Status) -> Result<(), Over> {
        let _ = self.out.send((Err(status), None)).await;
        Err(Over)
    }

    /// Adds and removes, in the order of the message.
    async fn change(&mut self, request: wire::AttachRequest) -> Result<(), Over> {
        let parsed = checked(request).and_then(|r| {
            let add = r
                .add
                .iter()
                .map(|a| Ok((id("channel", &a.channel)?, token("read_token", &a.read_token)?, seq("from_seq", a.from_seq)?)));
            let remove = r.remove.iter().map(|c| id("remove", c));
            Ok((add.collect::<Result<Vec<_>, Status>>()?, remove.collect::<Result<Vec<ChannelId>, Status>>()?))
        });
        let (add, remove) = match parsed {
            Ok(parsed) => parsed,
            Err(status) => return self.end(status).await,
        };
        for channel in &remove {
            self.following.unfollow(channel);
        }
        self.weigh();
        self.add(add).await
    }

    async fn add(&mut self, add: Vec<(ChannelId, TokenHash, Seq)>) -> Result<(), Over> {
        if add.is_empty() {
            return Ok(());
        }
        let (now, rules) = (self.context.clock.now(), self.context.rules.clone());
        let admitted = self
            .context
            .read(move |reads| {
                add.into_iter()
                    .map(|(channel, token, from)| Ok((channel, from, apart(reads.admit(now, &rules, &channel, &token))?)))
                    .collect::<Result<Vec<_>, StoreDown>>()
            })
            .await;
        let admitted = match admitted {
            Ok(admitted) => admitted,
            Err(down) => return self.end(ended(down)).await,
        };
        let most = usize::try_from(self.context.rules.max_attached).unwrap_or(usize::MAX);
        for (channel, from, answer) in admitted {
            let reason = match answer {
                None => Some(self.damaged()),
                Some(Err(_)) => Some(Reason::NotPermitted),
                Some(Ok(a)) if from.get() > a.head + 1 => Some(Reason::Ahead),
                Some(Ok(_)) if self.following.followed() >= most && self.following.state(&channel).is_none() => {
                    Some(Reason::Limit)
                }
                Some(Ok(a)) => {
                    self.context.touch(a);
                    // from here on every append wakes: nothing falls between this and the first reading
                    let due = self.following.state(&channel).is_some_and(|c| c.due);
                    self.following.follow(channel, Cursor { key: a.key, next: from.get(), told_caught_up: false, due });
                    self.is_due(channel);
                    self.weigh();
                    None
                }
            };
            if let Some(reason) = reason {
                self.refuse(channel, reason).await?;
            }
        }
        Ok(())
    }

    async fn refuse(&mut self, channel: ChannelId, reason: Reason) -> Result<(), Over> {
        self.context.refusals.refused(Some(reason), (reason == Reason::Limit).then_some(Limit::MaxAttached));
        let refused = wire::AttachRefused { channel: channel.as_bytes().to_vec(), reason: reason.as_str().into() };
        self.send(Event::Refused(refused)).await
    }

    /// A channel that cannot be read is refused; the others of the stream go on.
    fn damaged(&self) -> Reason {
        self.context.writer.health().met_damage();
        Reason::StoreDown
    }

    fn is_due(&mut self, channel: ChannelId) {
        if let Some(cursor) = self.following.state(&channel)
            && !std::mem::replace(&mut cursor.due, true)
        {
            self.due.push_back(channel);
        }
    }

    async fn take_wake_ups(&mut self) {
        let woken = self.following.woken();
        if woken.len() > FEW {
            return self.look_at(woken.into_iter().collect()).await;
        }
        for channel in woken {
            self.is_due(channel);
        }
    }

    /// Reads those of these in which there is more than was sent. What cannot be asked for is read: then it is found out why.
    async fn look_at(&mut self, channels: Vec<ChannelId>) {
        let cursors = channels.into_iter().filter_map(|channel| {
            let cursor = self.following.state(&channel).filter(|cursor| !cursor.due)?;
            Some((channel, cursor.key, if cursor.told_caught_up { cursor.next } else { 0 }))
        });
        let cursors: Vec<(ChannelId, ChannelKey, u64)> = cursors.collect();
        let keys: Vec<ChannelKey> = cursors.iter().map(|(_, key, _)| *key).collect();
        let heads = self.context.read(move |reads| reads.heads(&keys)).await.ok();
        for (n, (channel, _, next)) in cursors.into_iter().enumerate() {
            if heads.as_ref().and_then(|heads| heads.get(n)).is_none_or(|head| *head >= next) {
                self.is_due(channel);
            }
        }
    }

    /// Says that the stream is alive, and looks at every channel in case a wake-up was lost.
    async fn beat(&mut self) -> Result<(), Over> {
        let all = self.following.all().map(|(channel, _)| *channel).collect();
        self.look_at(all).await;
        if std::mem::replace(&mut self.quiet, true) {
            let now_ms = self.context.clock.now().get();
            self.send(Event::Heartbeat(wire::AttachHeartbeat { now_ms })).await?;
            self.quiet = true;
        }
        Ok(())
    }

    /// Reads what is due, as much as fits one message, and sends it.
    async fn round(&mut self) -> Result<(), Over> {
        let mut ask = Vec::new();
        while let Some(channel) = (ask.len() < ROUND).then(|| self.due.pop_front()).flatten() {
            // a channel that was removed while it waited is gone from the map
            if let Some(cursor) = self.following.state(&channel) {
                cursor.due = false;
                if let Some(next) = Seq::new(cursor.next) {
                    ask.push((channel, cursor.key, next));
                }
            }
        }
        if self.due.is_empty() {
            self.due.shrink_to(ROUND);
        }
        let asked: Vec<ChannelId> = ask.iter().map(|(channel, ..)| *channel).collect();
        let weigh =
            |pages: &Vec<(ChannelId, Option<Page>)>| pages.iter().filter_map(|(_, page)| page.as_ref()).map(page_weight).sum();
        let read = self.context.reading(self.holder.as_ref(), PAGE_WORST, weigh, move |reads| read_pages(reads, ask));
        let (pages, mut hold) = match read.await {
            Ok(read) => read,
            Err(down) => return self.end(ended(down)).await,
        };
        // what did not fit goes first in the next round
        for channel in asked.iter().skip(pages.len()).rev() {
            if let Some(cursor) = self.following.state(channel) {
                cursor.due = true;
                self.due.push_front(*channel);
            }
        }
        let mut left: usize = pages.iter().filter_map(|(_, page)| page.as_ref()).map(page_weight).sum();
        for (channel, page) in pages {
            // from here on the message counts
            left -= page.as_ref().map_or(0, page_weight);
            if let Some(hold) = &mut hold {
                hold.set(left);
            }
            match page {
                Some(page) => self.tell(channel, page).await?,
                None => {
                    self.following.unfollow(&channel);
                    self.weigh();
                    let reason = self.damaged();
                    self.refuse(channel, reason).await?;
                }
            }
        }
        Ok(())
    }

    /// gone?, entries…, caught-up once.
    async fn tell(&mut self, channel: ChannelId, page: Page) -> Result<(), Over> {
        let Some(cursor) = self.following.state(&channel) else { return Ok(()) };
        let name = channel.as_bytes().to_vec();
        let gone = (cursor.next <= page.gone_through).then_some(page.gone_through);
        if let Some(through) = gone {
            cursor.next = through + 1;
        }
        if let Some(last) = page.entries.last() {
            cursor.next = last.seq.get() + 1;
        }
        let caught_up = cursor.next > page.head;
        let say_caught_up = caught_up && !cursor.told_caught_up;
        cursor.told_caught_up |= caught_up;
        if let Some(through_seq) = gone {
            self.send(Event::Gone(wire::AttachGone { channel: name.clone(), through_seq })).await?;
        }
        if !page.entries.is_empty() {
            let entries = page.entries.into_iter().map(wire_entry).collect();
            self.send(Event::Entries(wire::AttachEntries { channel: name.clone(), entries })).await?;
        }
        if say_caught_up {
            self.send(Event::CaughtUp(wire::AttachCaughtUp { channel: name, head: page.head })).await?;
        } else if !caught_up {
            self.is_due(channel);
        }
        Ok(())
    }
}

/// What was read, none where it is damaged.
fn apart<T>(read: Result<T, StoreDown>) -> Result<Option<T>, StoreDown> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(down) if down.damaged => {
            tracing::error!(cause = %down.cause, "a channel cannot be read");
            Ok(None)
        }
        Err(down) => Err(down),
    }
}

/// Pages of these channels in order, until one message is full; none for a damaged one.
fn read_pages(
    reads: &dyn lacre_store::Reads,
    ask: Vec<(ChannelId, ChannelKey, Seq)>,
) -> Result<Vec<(ChannelId, Option<Page>)>, StoreDown> {
    let mut pages = Vec::with_capacity(ask.len());
    let mut room = PageLimits { entries: PAGE_ENTRIES, bytes: PAGE_BYTES };
    for (channel, key, next) in ask {
        let page = apart(reads.page(key, next, room))?;
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let entries = page.as_ref().map_or(&[][..], |page| &page.entries);
        room.bytes = room.bytes.saturating_sub(small(entries.iter().map(|e| e.ciphertext.len()).sum()));
        room.entries = room.entries.saturating_sub(small(entries.len()));
        pages.push((channel, page));
        if room.bytes == 0 || room.entries == 0 {
            break;
        }
    }
    Ok(pages)
}

/// The status of a stream that the store has ended.
fn ended(down: StoreDown) -> Status {
    store_down(down)
}

#[cfg(test)]
mod tests;
