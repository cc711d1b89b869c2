//! Group commit: everything that waits goes into one transaction, then everybody gets their answer. No timer.
//!
//! What is asked is data ([`lacre_store::ask`]); the store does it ([`Store::run`]), at the writer's instant and under the
//! relay's rules. [`commit_batch`] is a plain function; [`Writer`] is a thin thread around it. While one batch is on its way to
//! the disk the next one gathers. Work that nobody waits for ([`Writer::submit_behind`]) has transactions of its own, and
//! between two of them goes what has gathered.

mod batch;
mod health;
#[cfg(test)]
mod tests;

pub use batch::{BATCH, Committed, Effects, Job, Reply, commit_batch};
pub use health::{Health, SPOILED};

use crate::counters::WriterMetrics;
use crate::hub::Hub;
use batch::next_batch;
use lacre_ground::time::Clock;
use lacre_store::ask::answer_to;
use lacre_store::rules::Rules;
use lacre_store::{Answer, Store, StoreDown, Verb};
use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Requests that wait in front of the writer; further ones wait in their callers.
pub const QUEUE: usize = 4_096;

type Waiter = Job<oneshot::Sender<Result<Answer, StoreDown>>>;

/// Hands what is asked to the one thread that owns the store. Cheap to clone; the thread ends with [`Writer::stop`], or when
/// the last clone is dropped.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Message>,
    health: Arc<Health>,
    metrics: WriterMetrics,
}

enum Message {
    Job(Waiter),
    /// after everything that waits
    Behind(Waiter),
    /// the same, and no transaction
    Settle(oneshot::Sender<Result<bool, StoreDown>>),
    /// the last message
    Stop,
}

/// What the thread has taken from the queue and not yet done.
#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Waiter>,
    behind: VecDeque<Waiter>,
    settle: Vec<oneshot::Sender<Result<bool, StoreDown>>>,
    last: bool,
}

impl Waiting {
    /// What comes behind [`Message::Stop`] is dropped: whoever asked is told that the writer has stopped.
    fn take(&mut self, messages: &mut Vec<Message>) {
        for message in messages.drain(..) {
            match message {
                _ if self.last => {}
                Message::Job(job) => self.jobs.push_back(job),
                Message::Behind(job) => self.behind.push_back(job),
                Message::Settle(reply) => self.settle.push(reply),
                Message::Stop => self.last = true,
            }
        }
    }
    fn each_batch(&mut self, write: &mut impl FnMut(Vec<Waiter>)) {
        while !self.jobs.is_empty() {
            write(next_batch(&mut self.jobs));
        }
    }
}

impl Writer {
    /// Starts the thread. It reads the clock at the beginning of each transaction, and wakes who waits at the hub. When the
    /// handle is joined, the store is closed.
    pub fn start(
        mut store: Box<dyn Store>,
        clock: Arc<dyn Clock>,
        rules: Rules,
        hub: Arc<Hub>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, mut received) = mpsc::channel::<Message>(QUEUE);
        let health = Arc::new(Health::default());
        let seen = Arc::clone(&health);
        let effects = Effects { hub, metrics: WriterMetrics::default() };
        let metrics = effects.metrics.clone();
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || {
            let (mut messages, mut waiting) = (Vec::with_capacity(BATCH), Waiting::default());
            // every waiter is told; the next transaction finds out for itself whether the store is back
            let done = |store: &mut dyn Store, jobs| commit_batch(store, clock.now(), &rules, jobs, &effects);
            let write = |store: &mut dyn Store, jobs| seen.saw(&done(store, jobs));
            while !waiting.last {
                waiting.last = received.blocking_recv_many(&mut messages, BATCH) == 0;
                waiting.take(&mut messages);
                waiting.each_batch(&mut |jobs| write(store.as_mut(), jobs));
                while let Some(job) = waiting.behind.pop_front() {
                    // first what has come meanwhile
                    messages.extend((0..BATCH).map_while(|_| received.try_recv().ok()));
                    waiting.take(&mut messages);
                    waiting.each_batch(&mut |jobs| write(store.as_mut(), jobs));
                    seen.saw_behind(&done(store.as_mut(), vec![job]));
                }
                for reply in waiting.settle.drain(..) {
                    // whoever asked may be gone
                    let _ = reply.send(store.settle());
                }
            }
        })?;
        Ok((Self { queue, health, metrics }, thread))
    }

    /// How the store is.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Requests that wait, and how many can.
    #[must_use]
    pub fn queue(&self) -> (usize, usize) {
        (self.queue.max_capacity() - self.queue.capacity(), self.queue.max_capacity())
    }

    /// What it counts.
    #[must_use]
    pub fn metrics(&self) -> &WriterMetrics {
        &self.metrics
    }

    /// Asks, in a transaction with all that waits, and answers when it is durable.
    pub async fn submit<V: Verb>(&self, verb: V) -> Result<V::Answer, StoreDown> {
        self.told(Message::Job, verb).await
    }

    /// As [`Writer::submit`], for what nobody waits for: in a transaction of its own, behind everything that waits by then. It
    /// must be short, for what comes meanwhile waits for it.
    pub async fn submit_behind<V: Verb>(&self, verb: V) -> Result<V::Answer, StoreDown> {
        self.told(Message::Behind, verb).await
    }

    async fn told<V: Verb>(&self, place: impl FnOnce(Waiter) -> Message, verb: V) -> Result<V::Answer, StoreDown> {
        let (reply, answer) = oneshot::channel();
        let job = Job { ask: verb.into_ask(), reply };
        self.queue.send(place(job)).await.map_err(|_| StoreDown::new("the writer has stopped"))?;
        answer_to::<V>(Some(answer.await.map_err(|_| StoreDown::new("the writer has stopped"))??))
    }

    /// Empties the store's log of changes behind everything that waits ([`Store::settle`]).
    pub async fn settle(&self) -> Result<bool, StoreDown> {
        let (reply, answer) = oneshot::channel();
        let stopped = || StoreDown::new("the writer has stopped");
        self.queue.send(Message::Settle(reply)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Finishes what was submitted before, and then closes the store. Later requests are told that it is down.
    pub async fn stop(&self) {
        // an error says that it has stopped already
        let _ = self.queue.send(Message::Stop).await;
    }
}
