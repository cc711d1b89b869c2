//! Group commit: everything that waits goes into one transaction, then everybody gets their answer. No timer.
//!
//! [`commit_batch`] is a plain function; [`Writer`] is a thin thread around it. While one batch is on its way to the
//! disk the next one gathers. Work that nobody waits for ([`Writer::submit_behind`]) has transactions of its own, and
//! between two of them goes what has gathered.

use crate::counters::{WriterMetrics, moment};
use lacre_store::{Store, StoreDown};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

/// Requests that wait in front of the writer; further ones wait in their callers.
pub const QUEUE: usize = 4_096;
/// Requests in one transaction, each entry of a batch counted: bounds how long an answer can take and what a rollback can
/// undo.
pub const BATCH: usize = 1_024;

/// Something that wants to be written.
pub trait Job: Send {
    /// How many requests it counts for.
    fn requests(&self) -> usize {
        1
    }
    /// Inside the transaction.
    fn run(&mut self, store: &mut dyn Store) -> Result<(), StoreDown>;
    /// After the commit, or after the rollback of the whole batch. Nothing is acknowledged before.
    fn done(self: Box<Self>, outcome: Result<(), StoreDown>);
}

/// Runs all jobs in one transaction and tells each of them the outcome.
///
/// One `StoreDown` rolls back all: nobody is told yes about something that is not stored.
pub fn commit_batch(store: &mut dyn Store, jobs: Vec<Box<dyn Job>>) -> Result<(), StoreDown> {
    commit_watched(store, jobs, || ())
}

/// `committing` is called when all have run and the commit is next.
fn commit_watched(store: &mut dyn Store, mut jobs: Vec<Box<dyn Job>>, committing: impl FnOnce()) -> Result<(), StoreDown> {
    let outcome = run_all(store, &mut jobs).and_then(|()| {
        committing();
        store.commit()
    });
    if let Err(down) = &outcome {
        tracing::error!(cause = %down.cause, requests = jobs.len(), "a batch was rolled back");
        store.rollback();
    }
    for job in jobs {
        job.done(outcome.clone());
    }
    outcome
}

fn run_all(store: &mut dyn Store, jobs: &mut [Box<dyn Job>]) -> Result<(), StoreDown> {
    store.begin()?;
    for job in jobs {
        job.run(store)?;
    }
    Ok(())
}

fn measured(store: &mut dyn Store, jobs: Vec<Box<dyn Job>>, metrics: &WriterMetrics) -> Result<(), StoreDown> {
    let requests = jobs.iter().map(|job| job.requests()).sum::<usize>();
    let (requests, begun) = (u32::try_from(requests).unwrap_or(u32::MAX), moment());
    let mut committing: Option<Instant> = None;
    let outcome = commit_watched(store, jobs, || committing = Some(moment()));
    let end = moment();
    metrics.batch.observe(f64::from(requests));
    metrics.transaction.observe(end.duration_since(begun).as_secs_f64());
    if let Some(committing) = committing {
        metrics.commit.observe(end.duration_since(committing).as_secs_f64());
    }
    if outcome.is_err() {
        metrics.rolled_back.inc();
    }
    outcome
}

/// The first of these jobs that go into one transaction: at least one, and no more requests than [`BATCH`].
fn next_batch(jobs: &mut VecDeque<Box<dyn Job>>) -> Vec<Box<dyn Job>> {
    let mut room = BATCH;
    let fits = jobs.iter().take_while(|job| {
        let taken = job.requests() <= room;
        room = room.saturating_sub(job.requests());
        taken
    });
    let count = fits.count().max(1).min(jobs.len());
    jobs.drain(..count).collect()
}

struct Task<T, W, A> {
    requests: usize,
    work: Option<W>,
    value: Option<T>,
    after: A,
    reply: oneshot::Sender<Result<T, StoreDown>>,
}

impl<T, W, A> Job for Task<T, W, A>
where
    T: Send,
    W: FnOnce(&mut dyn Store) -> Result<T, StoreDown> + Send,
    A: FnOnce(&T) + Send,
{
    fn requests(&self) -> usize {
        self.requests
    }
    fn run(&mut self, store: &mut dyn Store) -> Result<(), StoreDown> {
        if let Some(work) = self.work.take() {
            self.value = Some(work(store)?);
        }
        Ok(())
    }
    fn done(self: Box<Self>, outcome: Result<(), StoreDown>) {
        let Task { value, after, reply, .. } = *self;
        let answer = outcome.and_then(|()| value.ok_or_else(|| StoreDown::new("the request was not run")));
        if let Ok(value) = &answer {
            after(value);
        }
        // whoever asked may be gone: what is stored is stored
        let _ = reply.send(answer);
    }
}

/// Hands work to the one thread that owns the store. Cheap to clone; the thread ends with [`Writer::stop`], or when the
/// last clone is dropped.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Message>,
    failing: Arc<AtomicBool>,
    metrics: WriterMetrics,
}

enum Message {
    Job(Box<dyn Job>),
    /// after everything that waits
    Behind(Box<dyn Job>),
    /// the last message
    Stop,
}

/// What the thread has taken from the queue and not yet done.
#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Box<dyn Job>>,
    behind: VecDeque<Box<dyn Job>>,
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
                Message::Stop => self.last = true,
            }
        }
    }
    fn each_batch(&mut self, write: &mut impl FnMut(Vec<Box<dyn Job>>)) {
        while !self.jobs.is_empty() {
            write(next_batch(&mut self.jobs));
        }
    }
}

impl Writer {
    /// Starts the thread. When the handle is joined, the store is closed.
    pub fn start(mut store: Box<dyn Store>) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, mut received) = mpsc::channel::<Message>(QUEUE);
        let failing = Arc::new(AtomicBool::new(false));
        let outcome = Arc::clone(&failing);
        let metrics = WriterMetrics::default();
        let seen = metrics.clone();
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || {
            let (mut messages, mut waiting) = (Vec::with_capacity(BATCH), Waiting::default());
            // every waiter is told; the next transaction finds out for itself whether the store is back
            let mut write = |jobs| outcome.store(measured(store.as_mut(), jobs, &seen).is_err(), Ordering::Release);
            while !waiting.last {
                waiting.last = received.blocking_recv_many(&mut messages, BATCH) == 0;
                waiting.take(&mut messages);
                waiting.each_batch(&mut write);
                while let Some(job) = waiting.behind.pop_front() {
                    // first what has come meanwhile
                    messages.extend((0..BATCH).map_while(|_| received.try_recv().ok()));
                    waiting.take(&mut messages);
                    waiting.each_batch(&mut write);
                    write(vec![job]);
                }
            }
        })?;
        Ok((Self { queue, failing, metrics }, thread))
    }

    /// Whether the newest batch was rolled back.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Acquire)
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

    /// Runs `work` in a transaction and answers when it is durable.
    pub async fn submit<T, W>(&self, work: W) -> Result<T, StoreDown>
    where
        T: Send + 'static,
        W: FnOnce(&mut dyn Store) -> Result<T, StoreDown> + Send + 'static,
    {
        self.submit_then(1, work, |_| ()).await
    }

    /// As [`Writer::submit`], for work that counts for so many requests; `after` runs once it is durable, also when the
    /// caller has gone away. It must be short.
    pub async fn submit_then<T, W, A>(&self, requests: usize, work: W, after: A) -> Result<T, StoreDown>
    where
        T: Send + 'static,
        W: FnOnce(&mut dyn Store) -> Result<T, StoreDown> + Send + 'static,
        A: FnOnce(&T) + Send + 'static,
    {
        self.told(Message::Job, requests, work, after).await
    }

    /// As [`Writer::submit`], for work that nobody waits for: in a transaction of its own, behind everything that waits by
    /// then. It must be short, for what comes meanwhile waits for it.
    pub async fn submit_behind<T, W>(&self, work: W) -> Result<T, StoreDown>
    where
        T: Send + 'static,
        W: FnOnce(&mut dyn Store) -> Result<T, StoreDown> + Send + 'static,
    {
        self.told(Message::Behind, 1, work, |_| ()).await
    }

    async fn told<T, W, A>(
        &self,
        place: impl FnOnce(Box<dyn Job>) -> Message,
        requests: usize,
        work: W,
        after: A,
    ) -> Result<T, StoreDown>
    where
        T: Send + 'static,
        W: FnOnce(&mut dyn Store) -> Result<T, StoreDown> + Send + 'static,
        A: FnOnce(&T) + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task = Task { requests, work: Some(work), value: None, after, reply };
        self.queue.send(place(Box::new(task))).await.map_err(|_| StoreDown::new("the writer has stopped"))?;
        answer.await.map_err(|_| StoreDown::new("the writer has stopped"))?
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
    use lacre_store::model::ModelStore;
    use std::sync::Mutex;

    fn stamp(n: u8) -> TokenHash {
        TokenHash::new([n; 32])
    }

    /// Adds a stamp, or fails; keeps what it was told.
    struct AddStamp {
        stamp: Option<TokenHash>,
        told: Arc<Mutex<Vec<Result<(), StoreDown>>>>,
    }

    impl Job for AddStamp {
        fn run(&mut self, store: &mut dyn Store) -> Result<(), StoreDown> {
            match self.stamp {
                Some(stamp) => store.add_stamps(&[stamp]),
                None => Err(StoreDown::new("as asked")),
            }
        }
        fn done(self: Box<Self>, outcome: Result<(), StoreDown>) {
            self.told.lock().unwrap().push(outcome);
        }
    }

    fn batch(store: &mut ModelStore, stamps: &[Option<TokenHash>]) -> Vec<Result<(), StoreDown>> {
        let told = Arc::new(Mutex::new(Vec::new()));
        let job = |stamp: &Option<TokenHash>| Box::new(AddStamp { stamp: *stamp, told: Arc::clone(&told) }) as Box<dyn Job>;
        let _ = commit_batch(store, stamps.iter().map(job).collect());
        let told = told.lock().unwrap();
        told.clone()
    }

    fn spend(store: &mut ModelStore, n: u8) -> bool {
        store.begin().unwrap();
        let spent = lacre_store::AccountStore::spend_stamp(store, &stamp(n)).unwrap();
        store.commit().unwrap();
        spent
    }

    #[test]
    fn when_one_request_of_a_batch_finds_the_store_down_nobody_is_told_yes_and_nothing_is_stored() {
        let mut store = ModelStore::new(Generation::new([1; 16]));

        let told = batch(&mut store, &[Some(stamp(1)), None, Some(stamp(2))]);

        assert_eq!(told, vec![Err(StoreDown::new("as asked")); 3]);
        assert!(!spend(&mut store, 1) && !spend(&mut store, 2));
        assert_eq!(batch(&mut store, &[Some(stamp(1)), Some(stamp(2))]), vec![Ok(()); 2]);
        assert!(spend(&mut store, 1) && spend(&mut store, 2));
    }

    #[tokio::test]
    async fn what_was_submitted_before_the_stop_is_stored_and_what_comes_later_is_told() {
        let store = ModelStore::new(Generation::new([1; 16]));
        let (writer, thread) = Writer::start(Box::new(store)).unwrap();

        let before = writer.submit(|s| s.add_stamps(&[stamp(1)])).await;
        let spent = writer.submit(|s| s.spend_stamp(&stamp(1))).await;
        writer.stop().await;
        thread.join().unwrap();
        let after = writer.submit(|s| s.spend_stamp(&stamp(1))).await;

        assert_eq!((before, spent), (Ok(()), Ok(true)));
        assert_eq!(after, Err(StoreDown::new("the writer has stopped")));
    }

    fn noting(
        ran: &Arc<Mutex<Vec<&'static str>>>,
        name: &'static str,
    ) -> impl FnOnce(&mut dyn Store) -> Result<(), StoreDown> + Send + use<> {
        let ran = Arc::clone(ran);
        move |_| {
            ran.lock().unwrap().push(name);
            Ok(())
        }
    }

    /// Seen red with work behind that goes on while requests wait.
    #[tokio::test]
    async fn between_two_pieces_of_work_behind_goes_all_that_has_gathered() {
        let (writer, thread) = Writer::start(Box::new(ModelStore::new(Generation::new([1; 16])))).unwrap();
        let ran = Arc::new(Mutex::new(Vec::new()));
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let (pause, paused) = std::sync::mpsc::channel::<()>();
        let (begin, begun) = oneshot::channel::<()>();
        let note = noting(&ran, "first sweep");
        let first_sweep = move |store: &mut dyn Store| {
            begin.send(()).unwrap_or_default();
            paused.recv().map_err(StoreDown::new)?;
            note(store)
        };
        let while_it_sweeps = async {
            begun.await.unwrap();
            tokio::join!(writer.submit(noting(&ran, "request")), async { pause.send(()).unwrap() })
        };

        // in the order in which they are first polled: both sweeps wait when the writer comes to them
        let all = tokio::join!(
            writer.submit(move |_| held.recv().map_err(StoreDown::new)),
            writer.submit_behind(first_sweep),
            writer.submit_behind(noting(&ran, "second sweep")),
            async { hold.send(()).unwrap() },
            while_it_sweeps
        );
        writer.stop().await;
        thread.join().unwrap();

        assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok() && all.4.0.is_ok());
        assert_eq!(*ran.lock().unwrap(), ["first sweep", "request", "second sweep"]);
    }

    #[tokio::test]
    async fn when_the_queue_is_full_further_requests_wait_in_their_callers_and_none_is_refused() {
        const MORE: usize = 100;
        let (writer, thread) = Writer::start(Box::new(ModelStore::new(Generation::new([1; 16])))).unwrap();
        let (begin, begun) = oneshot::channel::<()>();
        let (hold, held) = std::sync::mpsc::channel::<()>();
        let first = tokio::spawn({
            let writer = writer.clone();
            async move {
                let work = move |_: &mut dyn Store| {
                    begin.send(()).unwrap_or_default();
                    held.recv().map_err(StoreDown::new)
                };
                writer.submit(work).await
            }
        });
        begun.await.unwrap();
        let asked = |writer: &Writer| {
            let writer = writer.clone();
            async move { writer.submit(|_| Ok(())).await }
        };

        let mut callers: Vec<_> = (0..QUEUE + MORE).map(|_| Box::pin(asked(&writer))).collect();
        let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
        for caller in &mut callers {
            assert!(caller.as_mut().poll(&mut nobody).is_pending());
        }
        let full = writer.queue();
        hold.send(()).unwrap();
        let answers = futures_util::future::join_all(callers).await;

        assert_eq!(full, (QUEUE, QUEUE), "the rest waits outside");
        assert!(first.await.unwrap().is_ok() && answers.iter().all(Result::is_ok));
        writer.stop().await;
        thread.join().unwrap();
    }

    #[test]
    fn a_transaction_takes_no_more_requests_than_its_bound_and_always_one() {
        let job = |requests| {
            let (reply, _) = oneshot::channel();
            let work = Some(|_: &mut dyn Store| Ok(()));
            Box::new(Task { requests, work, value: None, after: |_: &()| (), reply }) as Box<dyn Job>
        };
        let sizes = |requests: &[usize]| {
            let mut jobs: VecDeque<_> = requests.iter().map(|r| job(*r)).collect();
            let mut sizes = Vec::new();
            while !jobs.is_empty() {
                sizes.push(next_batch(&mut jobs).iter().map(|j| j.requests()).collect::<Vec<_>>());
            }
            sizes
        };

        assert_eq!(sizes(&[BATCH - 1, 1, 1]), [vec![BATCH - 1, 1], vec![1]]);
        assert_eq!(sizes(&[BATCH, 1]), [vec![BATCH], vec![1]]);
        assert_eq!(sizes(&[BATCH - 1, 2, 1]), [vec![BATCH - 1], vec![2, 1]]);
        assert_eq!(sizes(&[BATCH + 1, BATCH + 1]), [[BATCH + 1], [BATCH + 1]]);
    }

    #[tokio::test]
    async fn a_stored_request_wakes_also_when_its_caller_has_gone() {
        let store = ModelStore::new(Generation::new([1; 16]));
        let (writer, thread) = Writer::start(Box::new(store)).unwrap();
        let (told, woken) = oneshot::channel();
        let (hold, held) = std::sync::mpsc::channel::<()>();

        let job = writer.submit_then(
            1,
            move |s| {
                held.recv().map_err(StoreDown::new)?;
                s.add_stamps(&[stamp(1)])
            },
            move |()| told.send(()).unwrap_or_default(),
        );
        tokio::select! {
            biased;
            _ = job => panic!("answered before it was let go"),
            () = tokio::task::yield_now() => {}
        }
        hold.send(()).unwrap();
        woken.await.unwrap();

        writer.stop().await;
        thread.join().unwrap();
    }
}
