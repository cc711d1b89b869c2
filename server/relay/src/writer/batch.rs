//! One batch, one transaction: done in the store, and everybody told.

use crate::counters::{WriterMetrics, moment};
use crate::hub::Hub;
use lacre_ground::ids::ChannelId;
use lacre_ground::time::Millis;
use lacre_store::ask::Name;
use lacre_store::channels::{Append, AppendAll, Appended};
use lacre_store::rules::Rules;
use lacre_store::{Answer, Ask, Outcome, Store, StoreDown, Watch};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

/// Requests in one transaction, each entry of a batch counted: bounds how long an answer can take and what a rollback can
/// undo.
pub const BATCH: usize = 1_024;

/// Who waits for an answer.
pub trait Reply {
    /// After the commit, or after the end of the whole batch without one. Nothing is acknowledged before.
    fn told(self, answer: Result<Answer, StoreDown>);
}

impl Reply for oneshot::Sender<Result<Answer, StoreDown>> {
    fn told(self, answer: Result<Answer, StoreDown>) {
        // whoever asked may be gone: what is stored is stored
        let _ = self.send(answer);
    }
}

/// Something that wants to be written, and who waits for it.
pub struct Job<R> {
    /// what
    pub ask: Ask,
    /// who
    pub reply: R,
}

/// What happens when something is stored, before whoever asked is told: also when he has gone away.
#[derive(Default)]
pub struct Effects {
    /// wakes who follows the channel
    pub hub: Arc<Hub>,
    /// counts
    pub metrics: WriterMetrics,
}

impl Effects {
    fn of(&self, ask: &Ask, answer: &Answer) {
        match (ask, answer) {
            (Ask::Append(append), Answer::Append(Ok(appended))) => self.stored(append, appended),
            (Ask::AppendAll(AppendAll(appends)), Answer::AppendAll(all)) => {
                appends.iter().zip(&all.stored).for_each(|(append, appended)| self.stored(append, appended));
            }
            (Ask::Deliver(deliver), Answer::Deliver(Ok(done))) if !done.again => {
                self.came(&deliver.channel, deliver.ciphertext.len());
            }
            _ => {}
        }
    }
    fn stored(&self, append: &Append, appended: &Appended) {
        if !appended.again {
            self.came(&append.channel, append.ciphertext.len());
        }
    }
    fn came(&self, channel: &ChannelId, bytes: usize) {
        self.hub.wake(channel);
        self.metrics.entries.inc();
        self.metrics.entry_bytes.inc_by(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}

/// Does all of it in one transaction and tells everybody the outcome.
///
/// One `StoreDown` undoes all: nobody is told yes about something that is not stored. When it is damage that one job met, the
/// jobs are parted where it was met, and each part goes again by itself, down to the one job whose trouble it is. A commit of
/// which nobody knows whether it is there is told as one that is not: who asks again is answered right in either case (I3).
pub fn commit_batch<R: Reply>(
    store: &mut dyn Store,
    now: Millis,
    rules: &Rules,
    jobs: Vec<Job<R>>,
    effects: &Effects,
) -> Committed {
    let mut committed = Committed::default();
    let mut parts = vec![jobs];
    while let Some(jobs) = parts.pop() {
        match commit_part(store, now, rules, jobs, effects) {
            Part::Told(Ok(())) => committed.stored = true,
            Part::Told(Err(down)) => {
                committed.damaged |= down.damaged;
                committed.down = Some(down);
            }
            Part::Again(first, rest) => parts.extend([rest, first]),
        }
    }
    committed
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Committed {
    /// something of it is stored
    pub stored: bool,
    /// something of it met damage
    pub damaged: bool,
    /// the newest error
    pub down: Option<StoreDown>,
}

/// What became of a part of a batch.
enum Part<R> {
    /// everybody was told
    Told(Result<(), StoreDown>),
    /// nobody was told: these first, and then those
    Again(Vec<Job<R>>, Vec<Job<R>>),
}

fn commit_part<R: Reply>(store: &mut dyn Store, now: Millis, rules: &Rules, jobs: Vec<Job<R>>, effects: &Effects) -> Part<R> {
    let (asks, mut replies): (Vec<Ask>, Vec<R>) = jobs.into_iter().map(|job| (job.ask, job.reply)).unzip();
    let mut watch = Stopwatch::start(&effects.metrics);
    let outcome = store.run_watched(now, rules, &asks, &mut watch);
    let done = watch.done;
    watch.stop(asks.iter().map(Ask::requests).sum());
    let down = match outcome {
        Outcome::Committed(answers) => {
            let mut answers = answers.into_iter();
            for (ask, reply) in asks.iter().zip(replies) {
                let answer = answers.next().ok_or_else(|| StoreDown::new("the request was not run"));
                if let Ok(answer) = &answer {
                    effects.of(ask, answer);
                }
                reply.told(answer);
            }
            return Part::Told(Ok(()));
        }
        Outcome::RolledBack(down) if down.damaged && asks.len() > 1 => {
            // the job that met it is the one behind those that were done
            let mut asks = asks;
            let at = done.clamp(1, asks.len() - 1);
            let (rest, behind) = (asks.split_off(at), replies.split_off(at));
            let jobs =
                |asks: Vec<Ask>, replies: Vec<R>| asks.into_iter().zip(replies).map(|(ask, reply)| Job { ask, reply }).collect();
            return Part::Again(jobs(asks, replies), jobs(rest, behind));
        }
        Outcome::RolledBack(down) => {
            tracing::error!(cause = %down.cause, requests = asks.len(), "a batch was rolled back");
            down
        }
        Outcome::Unknown(down) => {
            tracing::error!(cause = %down.cause, requests = asks.len(), "nobody knows whether a batch was committed");
            down
        }
    };
    effects.metrics.rolled_back.inc();
    for reply in replies {
        reply.told(Err(down.clone()));
    }
    Part::Told(Err(down))
}

/// Measures a transaction, each verb in it, and its commit.
struct Stopwatch<'a> {
    metrics: &'a WriterMetrics,
    begun: Instant,
    last: Instant,
    committing: Option<Instant>,
    /// asks so far
    done: usize,
}

impl<'a> Stopwatch<'a> {
    fn start(metrics: &'a WriterMetrics) -> Self {
        let begun = moment();
        Self { metrics, begun, last: begun, committing: None, done: 0 }
    }
    fn stop(self, requests: usize) {
        let end = moment();
        self.metrics.batch.observe(f64::from(u32::try_from(requests).unwrap_or(u32::MAX)));
        self.metrics.transaction.observe(end.duration_since(self.begun).as_secs_f64());
        if let Some(committing) = self.committing {
            self.metrics.commit.observe(end.duration_since(committing).as_secs_f64());
        }
    }
}

impl Watch for Stopwatch<'_> {
    fn done(&mut self, verb: Name) {
        let now = moment();
        self.metrics.took(verb, now.duration_since(self.last).as_secs_f64());
        self.last = now;
        self.done += 1;
    }
    fn committing(&mut self) {
        self.committing = Some(moment());
    }
}

/// The first of these that go into one transaction: at least one, and no more requests than [`BATCH`].
pub(super) fn next_batch<R>(jobs: &mut VecDeque<Job<R>>) -> Vec<Job<R>> {
    let mut room = BATCH;
    let fits = jobs.iter().take_while(|job| {
        let requests = job.ask.requests();
        let taken = requests <= room;
        room = room.saturating_sub(requests);
        taken
    });
    let count = fits.count().max(1).min(jobs.len());
    jobs.drain(..count).collect()
}
