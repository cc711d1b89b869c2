//! Group commit: everything that waits goes into one transaction, then everybody gets their answer. No timer.
//!
//! What is asked is data ([`lacre_store::ask`]); the store does it ([`Store::run`]), at the writer's instant and under the
//! relay's rules. [`commit_batch`] is a plain function; [`Writer`] is a thin thread around it. While one batch is on its way to
//! the disk the next one gathers. Work that nobody waits for ([`Writer::submit_behind`]) has transactions of its own, and
//! between two of them goes what has gathered.

use crate::counters::{WriterMetrics, moment};
use crate::hub::Hub;
use lacre_ground::ids::ChannelId;
use lacre_ground::time::{Clock, Millis};
use lacre_store::ask::{Name, answer_to};
use lacre_store::channels::{Append, AppendAll, Appended};
use lacre_store::rules::Rules;
use lacre_store::{Answer, Ask, Outcome, Store, StoreDown, Verb, Watch};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

/// Requests that wait in front of the writer; further ones wait in their callers.
pub const QUEUE: usize = 4_096;
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

type Waiter = Job<oneshot::Sender<Result<Answer, StoreDown>>>;

/// The first of these that go into one transaction: at least one, and no more requests than [`BATCH`].
fn next_batch<R>(jobs: &mut VecDeque<Job<R>>) -> Vec<Job<R>> {
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

/// How the store is, as far as its newest transactions tell.
#[derive(Default)]
pub struct Health {
    failing: AtomicBool,
    damaged: AtomicBool,
    /// transactions since something was stored that met damage and nothing else
    spoiled: AtomicU32,
}

/// After so many transactions in a row that met damage, and nothing stored between them, it is not one channel's trouble.
pub const SPOILED: u32 = 16;

impl Health {
    fn saw(&self, committed: &Committed) {
        let down = committed.down.as_ref().filter(|_| !committed.stored);
        if committed.stored {
            self.spoiled.store(0, Ordering::Release);
        } else if down.is_some_and(|down| down.damaged) {
            self.spoiled.fetch_add(1, Ordering::AcqRel);
        }
        let spoiled = self.spoiled.load(Ordering::Acquire) >= SPOILED;
        self.failing.store(down.is_some_and(|down| !down.damaged) || spoiled, Ordering::Release);
        if committed.damaged {
            self.met_damage();
        }
    }
    /// Somebody who read or wrote met damage.
    pub fn met_damage(&self) {
        self.damaged.store(true, Ordering::Release);
    }
    /// Whether the newest transaction failed, and it was not one channel's trouble.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Acquire)
    }
    /// Whether damage was met since the process began.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Acquire)
    }
}

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
            let write = |store: &mut dyn Store, jobs| {
                seen.saw(&commit_batch(store, clock.now(), &rules, jobs, &effects));
            };
            while !waiting.last {
                waiting.last = received.blocking_recv_many(&mut messages, BATCH) == 0;
                waiting.take(&mut messages);
                waiting.each_batch(&mut |jobs| write(store.as_mut(), jobs));
                while let Some(job) = waiting.behind.pop_front() {
                    // first what has come meanwhile
                    messages.extend((0..BATCH).map_while(|_| received.try_recv().ok()));
                    waiting.take(&mut messages);
                    waiting.each_batch(&mut |jobs| write(store.as_mut(), jobs));
                    write(store.as_mut(), vec![job]);
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

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_ground::ids::{Generation, TokenHash};
    use lacre_ground::time::SystemClock;
    use lacre_store::accounts::{AddStamps, IssueCode, KnowRunKey, SpendStamp};
    use lacre_store::channels::Open;
    use lacre_store::contract::channels::{entry, hash, log_channel};
    use lacre_store::counter::By;
    use lacre_store::model::ModelStore;
    use lacre_store::run_one;
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, channel};

    fn stamp(n: u8) -> TokenHash {
        TokenHash::new([n; 32])
    }

    fn model() -> ModelStore {
        ModelStore::new(Generation::new([1; 16]))
    }

    fn start(store: impl Store + 'static) -> (Writer, JoinHandle<()>) {
        Writer::start(Box::new(store), Arc::new(SystemClock), Rules::default(), Arc::default()).unwrap()
    }

    type Told = Arc<Mutex<Vec<Result<Answer, StoreDown>>>>;

    impl Reply for Told {
        fn told(self, answer: Result<Answer, StoreDown>) {
            self.lock().unwrap().push(answer);
        }
    }

    /// A model whose transactions fail where they ask for [`broken`], and of whose commits nobody knows when `silent`.
    struct Failing {
        model: ModelStore,
        silent: bool,
        damaged: bool,
    }

    fn broken() -> Ask {
        Ask::KnowRunKey(KnowRunKey([0; 32]))
    }

    impl Store for Failing {
        fn run_watched(&mut self, now: Millis, rules: &Rules, asks: &[Ask], watch: &mut dyn Watch) -> Outcome {
            if asks.iter().any(|ask| ask.name() == Name::KnowRunKey) {
                let down = if self.damaged { StoreDown::damaged("as asked") } else { StoreDown::new("as asked") };
                return Outcome::RolledBack(down);
            }
            let outcome = self.model.run_watched(now, rules, asks, watch);
            if self.silent { Outcome::Unknown(StoreDown::new("gone silent")) } else { outcome }
        }
    }

    fn batch(store: &mut dyn Store, asks: Vec<Ask>) -> Vec<Result<Answer, StoreDown>> {
        let told = Told::default();
        let jobs = asks.into_iter().map(|ask| Job { ask, reply: Arc::clone(&told) }).collect();
        let _ = commit_batch(store, Millis::new(1), &Rules::default(), jobs, &Effects::default());
        let told = told.lock().unwrap();
        told.clone()
    }

    fn add(n: u8) -> Ask {
        Ask::AddStamps(AddStamps(vec![stamp(n)]))
    }

    fn spend(store: &mut dyn Store, n: u8) -> bool {
        run_one(store, Millis::new(1), &Rules::default(), SpendStamp(stamp(n))).unwrap()
    }

    #[test]
    fn when_one_request_of_a_batch_finds_the_store_down_nobody_is_told_yes_and_nothing_is_stored() {
        let mut store = Failing { model: model(), silent: false, damaged: false };

        let told = batch(&mut store, vec![add(1), broken(), add(2)]);

        assert_eq!(told, vec![Err(StoreDown::new("as asked")); 3]);
        assert!(!spend(&mut store, 1) && !spend(&mut store, 2));
        assert_eq!(batch(&mut store, vec![add(1), add(2)]), vec![Ok(Answer::AddStamps(())); 2]);
        assert!(spend(&mut store, 1) && spend(&mut store, 2));
    }

    /// Seen red with batches that fail whole.
    #[test]
    fn damage_that_some_requests_of_a_batch_meet_is_theirs_and_all_others_are_stored() {
        for bad in [vec![0], vec![9], vec![4, 5], vec![0, 3, 6, 9], (0..10).collect()] {
            let mut store = Failing { model: model(), silent: false, damaged: true };
            let asks = (0..10).map(|n| if bad.contains(&n) { broken() } else { add(n) }).collect();

            let told = batch(&mut store, asks);

            for (n, told) in (0..10).zip(told) {
                let expected = if bad.contains(&n) { Err(StoreDown::damaged("as asked")) } else { Ok(Answer::AddStamps(())) };
                assert_eq!((told, spend(&mut store, n)), (expected, !bad.contains(&n)), "{n} of {bad:?}");
            }
        }
    }

    #[test]
    fn damage_is_one_channels_trouble_until_nothing_else_is_stored_any_more() {
        let met = |stored, damaged| Committed {
            stored,
            damaged,
            down: Some(if damaged { StoreDown::damaged("") } else { StoreDown::new("") }),
        };
        let health = Health::default();
        health.saw(&met(true, true));
        assert!(health.is_damaged() && !health.is_failing());
        (1..SPOILED).for_each(|_| health.saw(&met(false, true)));
        assert!(!health.is_failing());
        health.saw(&met(false, true));
        assert!(health.is_failing(), "{SPOILED} in a row");
        health.saw(&Committed { stored: true, ..Committed::default() });
        assert!(!health.is_failing() && health.is_damaged());
        health.saw(&met(false, false));
        assert!(health.is_failing(), "what is not damage is everybody's");
    }

    #[test]
    fn of_a_commit_of_which_nobody_knows_nobody_is_told_yes() {
        let mut store = Failing { model: model(), silent: true, damaged: false };

        let told = batch(&mut store, vec![add(1), add(2)]);

        assert_eq!(told, vec![Err(StoreDown::new("gone silent")); 2]);
    }

    #[tokio::test]
    async fn what_was_submitted_before_the_stop_is_stored_and_what_comes_later_is_told() {
        let (writer, thread) = start(model());

        let before = writer.submit(AddStamps(vec![stamp(1)])).await;
        let spent = writer.submit(SpendStamp(stamp(1))).await;
        writer.stop().await;
        thread.join().unwrap();
        let after = writer.submit(SpendStamp(stamp(1))).await;

        assert_eq!((before, spent), (Ok(()), Ok(true)));
        assert_eq!(after, Err(StoreDown::new("the writer has stopped")));
    }

    /// A model that notes what it is asked, tells when it begins, and goes on when it may.
    struct Held {
        model: ModelStore,
        begin: std::sync::mpsc::Sender<()>,
        go_on: Receiver<()>,
        ran: Arc<Mutex<Vec<Name>>>,
    }

    impl Store for Held {
        fn run_watched(&mut self, now: Millis, rules: &Rules, asks: &[Ask], watch: &mut dyn Watch) -> Outcome {
            self.begin.send(()).unwrap_or_default();
            if let Err(e) = self.go_on.recv() {
                return Outcome::RolledBack(StoreDown::new(e));
            }
            self.ran.lock().unwrap().extend(asks.iter().map(Ask::name));
            self.model.run_watched(now, rules, asks, watch)
        }
    }

    /// A writer whose transactions wait for the test: it hears when one begins, and lets it go on.
    #[expect(clippy::type_complexity, reason = "two ends and what was done between them")]
    fn held() -> (Writer, JoinHandle<()>, Receiver<()>, std::sync::mpsc::Sender<()>, Arc<Mutex<Vec<Name>>>) {
        let ((begin, begun), (go, go_on), ran) = (channel(), channel(), Arc::default());
        let (writer, thread) = start(Held { model: model(), begin, go_on, ran: Arc::clone(&ran) });
        (writer, thread, begun, go, ran)
    }

    /// Begins to wait in front of the writer.
    async fn first_poll<T>(
        mut waiting: std::pin::Pin<Box<impl Future<Output = T>>>,
    ) -> std::pin::Pin<Box<impl Future<Output = T>>> {
        let pending = std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx).is_pending())).await;
        assert!(pending, "answered before it was let go");
        waiting
    }

    /// Seen red with work behind that goes on while requests wait.
    #[tokio::test]
    async fn between_two_pieces_of_work_behind_goes_all_that_has_gathered() {
        let (writer, thread, begun, go, ran) = held();
        let sweep =
            || IssueCode { by: By::Operator, run: lacre_store::accounts::RunHash::new([1; 32]), code: stamp(9), recover: false };
        let request = first_poll(Box::pin(writer.submit(AddStamps(vec![stamp(1)])))).await;
        begun.recv().unwrap();
        // both wait when the writer comes to them
        let first_sweep = first_poll(Box::pin(writer.submit_behind(sweep()))).await;
        let second_sweep = first_poll(Box::pin(writer.submit_behind(sweep()))).await;
        go.send(()).unwrap();
        begun.recv().unwrap();
        let while_it_sweeps = first_poll(Box::pin(writer.submit(SpendStamp(stamp(1))))).await;

        for _ in 0..3 {
            go.send(()).unwrap();
        }
        let done = tokio::join!(request, first_sweep, second_sweep, while_it_sweeps);
        writer.stop().await;
        thread.join().unwrap();

        assert!(done.0.is_ok() && done.1.is_ok() && done.2.is_ok() && done.3 == Ok(true));
        assert_eq!(*ran.lock().unwrap(), [Name::AddStamps, Name::IssueCode, Name::SpendStamp, Name::IssueCode]);
    }

    #[tokio::test]
    async fn when_the_queue_is_full_further_requests_wait_in_their_callers_and_none_is_refused() {
        const MORE: usize = 100;
        let (writer, thread, begun, go, _) = held();
        let first = first_poll(Box::pin(writer.submit(AddStamps(vec![stamp(1)])))).await;
        begun.recv().unwrap();
        let asked = |writer: &Writer| {
            let writer = writer.clone();
            async move { writer.submit(AddStamps(Vec::new())).await }
        };

        let mut callers: Vec<_> = (0..QUEUE + MORE).map(|_| Box::pin(asked(&writer))).collect();
        let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
        for caller in &mut callers {
            assert!(caller.as_mut().poll(&mut nobody).is_pending());
        }
        let full = writer.queue();
        for _ in 0..=QUEUE + MORE {
            go.send(()).unwrap();
        }
        let answers = futures_util::future::join_all(callers).await;

        assert_eq!(full, (QUEUE, QUEUE), "the rest waits outside");
        assert!(first.await.is_ok() && answers.iter().all(Result::is_ok));
        writer.stop().await;
        thread.join().unwrap();
    }

    #[test]
    fn a_transaction_takes_no_more_requests_than_its_bound_and_always_one() {
        let one = entry(log_channel(1), 1, 0);
        let job = |requests| Job { ask: Ask::AppendAll(AppendAll(vec![one.clone(); requests])), reply: () };
        let sizes = |requests: &[usize]| {
            let mut jobs: VecDeque<_> = requests.iter().map(|r| job(*r)).collect();
            let mut sizes = Vec::new();
            while !jobs.is_empty() {
                sizes.push(next_batch(&mut jobs).iter().map(|j| j.ask.requests()).collect::<Vec<_>>());
            }
            sizes
        };

        assert_eq!(sizes(&[BATCH - 1, 1, 1]), [vec![BATCH - 1, 1], vec![1]]);
        assert_eq!(sizes(&[BATCH, 1]), [vec![BATCH], vec![1]]);
        assert_eq!(sizes(&[BATCH - 1, 2, 1]), [vec![BATCH - 1], vec![2, 1]]);
        assert_eq!(sizes(&[BATCH + 1, BATCH + 1]), [[BATCH + 1], [BATCH + 1]]);
        assert_eq!((Ask::Append(one.clone()).requests(), add(1).requests()), (1, 1));
    }

    #[tokio::test]
    async fn a_stored_request_wakes_also_when_its_caller_has_gone_and_one_that_is_repeated_or_refused_does_not() {
        let mut store = model();
        let c = log_channel(1);
        let open = Open::log(c.id, c.append, c.read, Some(hash("stamp", 1))).unwrap();
        let rules = Rules::default();
        run_one(&mut store, Millis::new(1), &rules, AddStamps(vec![hash("stamp", 1)])).unwrap();
        run_one(&mut store, Millis::new(1), &rules, open).unwrap().unwrap();
        let ((begin, begun), (go, go_on)) = (channel(), channel());
        let hub = Arc::new(Hub::default());
        let store = Box::new(Held { model: store, begin, go_on, ran: Arc::default() });
        let (writer, thread) = Writer::start(store, Arc::new(SystemClock), rules, Arc::clone(&hub)).unwrap();
        let mut follower = hub.subscribe::<()>();
        follower.follow(c.id, ());

        drop(first_poll(Box::pin(writer.submit(entry(c, 1, 0)))).await);
        begun.recv().unwrap();
        go.send(()).unwrap();
        follower.something().await;
        let woken = follower.woken();
        go.send(()).unwrap();
        let again = writer.submit(AppendAll(vec![entry(c, 1, 0), entry(c, 2, 9)])).await.unwrap();

        assert_eq!(woken.into_iter().collect::<Vec<_>>(), [c.id]);
        assert!(again.stored[0].again && again.refused.is_some());
        assert!(follower.woken().is_empty(), "nothing new");
        assert_eq!(writer.metrics().entries.get(), 1);
        writer.stop().await;
        thread.join().unwrap();
    }
}
