//! Group commit: everything that waits goes into one transaction, then everybody gets their answer. No timer.
//!
//! [`commit_batch`] is a plain function; [`Writer`] is a thin thread around it. While one batch is on its way to the
//! disk the next one gathers.

use crate::metrics::{WriterMetrics, moment};
use crate::store::{Store, StoreDown};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

/// Requests that wait in front of the writer; further ones wait in their callers.
pub const QUEUE: usize = 4_096;
/// Requests in one transaction: bounds how long an answer can take and what a rollback can undo.
pub const BATCH: usize = 1_024;

/// Something that wants to be written.
pub trait Job: Send {
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
    let (requests, begun) = (u32::try_from(jobs.len()).unwrap_or(u32::MAX), moment());
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

struct Task<T, W, A> {
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

/// A job, or none: the last message.
type Message = Option<Box<dyn Job>>;

impl Writer {
    /// Starts the thread. When the handle is joined, the store is closed.
    pub fn start(mut store: Box<dyn Store>) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, mut waiting) = mpsc::channel::<Message>(QUEUE);
        let failing = Arc::new(AtomicBool::new(false));
        let outcome = Arc::clone(&failing);
        let metrics = WriterMetrics::default();
        let seen = metrics.clone();
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || {
            let mut messages = Vec::with_capacity(BATCH);
            loop {
                let received = waiting.blocking_recv_many(&mut messages, BATCH);
                let jobs: Vec<Box<dyn Job>> = messages.drain(..).map_while(|job| job).collect();
                let last = received == 0 || jobs.len() < received;
                if !jobs.is_empty() {
                    // every waiter was told; the next batch finds out for itself whether the store is back
                    outcome.store(measured(store.as_mut(), jobs, &seen).is_err(), Ordering::Release);
                }
                if last {
                    return;
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
        self.submit_then(work, |_| ()).await
    }

    /// As [`Writer::submit`]; `after` runs once it is durable, also when the caller has gone away. It must be short.
    pub async fn submit_then<T, W, A>(&self, work: W, after: A) -> Result<T, StoreDown>
    where
        T: Send + 'static,
        W: FnOnce(&mut dyn Store) -> Result<T, StoreDown> + Send + 'static,
        A: FnOnce(&T) + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let task = Task { work: Some(work), value: None, after, reply };
        self.queue.send(Some(Box::new(task))).await.map_err(|_| StoreDown::new("the writer has stopped"))?;
        answer.await.map_err(|_| StoreDown::new("the writer has stopped"))?
    }

    /// Finishes what was submitted before, and then closes the store. Later requests are told that it is down.
    pub async fn stop(&self) {
        // an error says that it has stopped already
        let _ = self.queue.send(None).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::model::ModelStore;
    use lacre_audit::ids::{Generation, TokenHash};
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
        let spent = crate::store::AccountStore::spend_stamp(store, &stamp(n)).unwrap();
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

    #[tokio::test]
    async fn a_stored_request_wakes_also_when_its_caller_has_gone() {
        let store = ModelStore::new(Generation::new([1; 16]));
        let (writer, thread) = Writer::start(Box::new(store)).unwrap();
        let (told, woken) = oneshot::channel();
        let (hold, held) = std::sync::mpsc::channel::<()>();

        let job = writer.submit_then(
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
