//! Group commit: everything that waits goes into one transaction, then everybody gets their answer. No timer.
//!
//! [`commit_batch`] is a plain function; [`Writer`] is a thin thread around it. While one batch is on its way to the
//! disk the next one gathers.

use crate::store::{Store, StoreDown};
use std::thread::JoinHandle;
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
pub fn commit_batch(store: &mut dyn Store, mut jobs: Vec<Box<dyn Job>>) -> Result<(), StoreDown> {
    let outcome = run_all(store, &mut jobs);
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
    store.commit()
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

/// Hands work to the one thread that owns the store. Cheap to clone; the thread ends when the last clone is dropped.
#[derive(Clone)]
pub struct Writer {
    queue: mpsc::Sender<Box<dyn Job>>,
}

impl Writer {
    /// Starts the thread. Join the handle after the last clone was dropped: then the store is closed.
    pub fn start(mut store: Box<dyn Store>) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, mut waiting) = mpsc::channel::<Box<dyn Job>>(QUEUE);
        let thread = std::thread::Builder::new().name("writer".into()).spawn(move || {
            let mut jobs = Vec::with_capacity(BATCH);
            while waiting.blocking_recv_many(&mut jobs, BATCH) > 0 {
                // every waiter was told; the next batch finds out for itself whether the store is back
                let _ = commit_batch(store.as_mut(), std::mem::take(&mut jobs));
            }
        })?;
        Ok((Self { queue }, thread))
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
        self.queue.send(Box::new(task)).await.map_err(|_| StoreDown::new("the writer has stopped"))?;
        answer.await.map_err(|_| StoreDown::new("the writer has stopped"))?
    }
}
