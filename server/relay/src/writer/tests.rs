//! The writer over models that fail, and over one that waits for the test.

use super::batch::{BATCH, Committed, Effects, Job, Reply, commit_batch, next_batch};
use super::health::{Health, SPOILED};
use super::{QUEUE, Writer};
use crate::hub::Hub;
use lacre_ground::ids::{Generation, TokenHash};
use lacre_ground::time::{Millis, SystemClock};
use lacre_store::accounts::{AddStamps, IssueCode, KnowRunKey, SpendStamp};
use lacre_store::ask::Name;
use lacre_store::channels::{AppendAll, Open};
use lacre_store::contract::channels::{entry, hash, log_channel};
use lacre_store::counter::By;
use lacre_store::model::ModelStore;
use lacre_store::rules::Rules;
use lacre_store::{Answer, Ask, Outcome, Store, StoreDown, Watch, run_one};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

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
    health.saw_behind(&Committed { stored: true, ..Committed::default() });
    assert!(health.is_failing(), "a round that removed nothing wrote nothing");
    health.saw(&Committed { stored: true, ..Committed::default() });
    health.saw_behind(&met(false, false));
    assert!(health.is_failing(), "one that cannot remove says so");
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
async fn first_poll<T>(mut waiting: std::pin::Pin<Box<impl Future<Output = T>>>) -> std::pin::Pin<Box<impl Future<Output = T>>> {
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
