//! One life of the relay's store, from opening to its end, under clients who send, retry, seal, trim and read.
//!
//! Requests go through the relay's own writer function, many in one transaction. Each client remembers in the folder's
//! `marks` file what it sends before it sends it, and what it is answered in the moment of the answer.

use super::marks::{self, Asked, CHANNELS, Mark, Reply};
use crate::history::Print;
use lacre_ground::ids::{AccountId, ChannelClass, ChannelId, DeviceId, EntryId, Handle, Seq, TokenHash};
use lacre_ground::time::Millis;
use lacre_relay::writer::{self, Effects, Job, Reply as _, commit_batch};
use lacre_store::accounts::{AddStamps, Enroll, IssueCode, RunHash, StateDevice};
use lacre_store::channels::{Append, AppendRefused, Open, PageLimits, Right, Trim};
use lacre_store::counter::By;
use lacre_store::engine::{Engine as _, perform};
use lacre_store::rules::Rules;
use lacre_store::{Answer, Ask, ChannelReads as _, StoreDown};
use lacre_store_sqlite::{SqliteOptions, SqliteReads, SqliteStore, Synchronous};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The store's file in the folder.
pub const STORE: &str = "relay.db";
/// The clients' memory in the folder.
pub const MARKS: &str = "marks";
const BEGINNING: u64 = 1_790_000_000_000;

/// How the relay keeps its promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Honesty {
    /// As it should.
    Honest,
    /// It waits for no sync (`synchronous=OFF`).
    NoSync,
    /// It answers before it commits.
    AnswersFirst,
}

/// What to do in one life.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// of everything random
    pub seed: u64,
    /// requests, besides those that set up the account
    pub operations: usize,
    /// whether the promise is kept
    pub honesty: Honesty,
}

/// Where the clients' memory is written.
type Scribe = Arc<Mutex<Vec<Mark>>>;

struct Life<'a> {
    store: SqliteStore,
    reads: SqliteReads,
    rules: Rules,
    rng: ChaCha8Rng,
    plan: &'a Plan,
    memory: Vec<Mark>,
    notebook: Notebook,
    now: u64,
    calls: u64,
}

/// The marks file, and what was written there in this life.
#[derive(Clone)]
struct Notebook {
    file: Arc<File>,
    written: Scribe,
}

impl Notebook {
    fn note(&self, mark: Mark) -> Result<(), String> {
        let line = marks::line(&mark)?;
        (&*self.file).write_all(&line).map_err(|e| format!("the marks file: {e}"))?;
        self.written.lock().unwrap_or_else(PoisonError::into_inner).push(mark);
        Ok(())
    }
}

/// Lives one life in the folder, after what earlier lives left in the clients' memory.
///
/// # Errors
/// With a sentence, when the store is down: nothing in this test gives it a reason.
pub fn live(root: &Path, memory: Vec<Mark>, plan: &Plan) -> Result<(), String> {
    let mut rng = ChaCha8Rng::seed_from_u64(plan.seed);
    let synchronous = if plan.honesty == Honesty::NoSync { Synchronous::Off } else { Synchronous::Full };
    let options = SqliteOptions::new(&root.join(STORE)).synchronous(synchronous);
    let store = SqliteStore::open(options, &mut rng).map_err(|e| format!("the store does not open: {e}"))?;
    let reads = store.reads(1).map_err(|e| format!("no readers: {e}"))?;
    let file = File::create(root.join(MARKS)).map_err(|e| format!("the marks file: {e}"))?;
    let notebook = Notebook { file: Arc::new(file), written: Scribe::default() };
    notebook.note(Mark::Life(*store.generation().as_bytes()))?;
    let calls = memory.len() as u64;
    // the machine's clock may be behind where it was before the cut
    let now = BEGINNING + calls * 2_000 - rng.next_u64() % 600_000;
    let mut life = Life { store, reads, rules: Rules::default(), rng, plan, memory, notebook, now, calls };
    life.batch(vec![Asked::Enroll, Asked::Stamps((0..8).map(|n| calls * 8 + n).collect())])?;
    life.open()?;
    let mut left = plan.operations;
    while left > 0 {
        let size = left.min(1 + life.below(6));
        let batch = (0..size).map(|_| life.request()).collect();
        life.batch(batch)?;
        left -= size;
        match life.below(5) {
            0 => life.checkpoint(root)?,
            1 | 2 => life.read()?,
            _ => {}
        }
    }
    Ok(())
}

impl Life<'_> {
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.rng.next_u64() % n.max(1) as u64).unwrap_or(0)
    }

    fn known(&self) -> Vec<Mark> {
        let written = self.notebook.written.lock().unwrap_or_else(PoisonError::into_inner);
        self.memory.iter().chain(written.iter()).cloned().collect()
    }

    /// Opens what is not known to be open, with the stamp that was tried before or a fresh one.
    fn open(&mut self) -> Result<(), String> {
        let known = self.known();
        let mut batch = Vec::new();
        let mut fresh: Vec<u64> = Vec::new();
        let mut tried: Vec<(u8, u64, bool)> = Vec::new();
        for ((_, sent), reply) in marks::calls(&known) {
            match (sent, reply) {
                (Mark::Sent { what: Asked::Stamps(numbers), .. }, Some((_, Reply::Done))) => fresh.extend(numbers),
                (Mark::Sent { what: Asked::Open(channel, stamp), .. }, reply) => {
                    tried.push((*channel, *stamp, matches!(reply, Some((_, Reply::Done)))));
                }
                _ => {}
            }
        }
        fresh.retain(|n| tried.iter().all(|(_, used, _)| used != n));
        for channel in CHANNELS {
            let before: Vec<_> = tried.iter().filter(|(c, ..)| *c == channel).collect();
            if !before.iter().any(|(_, _, done)| *done) {
                let stamp = before.last().map(|(_, stamp, _)| *stamp).or_else(|| fresh.pop()).ok_or("no stamp is left")?;
                batch.push(Asked::Open(channel, stamp));
            }
        }
        if batch.is_empty() { Ok(()) } else { self.batch(batch) }
    }

    /// Some request of some client.
    fn request(&mut self) -> Asked {
        let channel = [1, 1, 2, 3].get(self.below(4)).copied().unwrap_or(1);
        let known = self.known();
        let own = self.memory.len();
        let inbox = marks::class(channel) == ChannelClass::Inbox;
        let kind = self.below(20);
        // an inbox's writers cannot read: the relay knows their retries only within its own life
        let from = if inbox { own } else { 0 };
        let sent: Vec<_> = marks::calls(&known).filter(|((tick, _), _)| *tick >= from as u64).collect();
        let appends: Vec<_> = sent
            .iter()
            .filter_map(|((_, sent), reply)| match sent {
                Mark::Sent { what: what @ Asked::Append { channel: c, .. }, .. } if *c == channel => Some((what.clone(), reply)),
                _ => None,
            })
            .collect();
        let again = match kind {
            0..4 => appends.iter().rev().find(|(_, reply)| reply.is_none()),
            4 | 5 => appends.get(self.below(appends.len())),
            _ => None,
        };
        if let Some((Asked::Append { channel, id, read_to, seal, variant }, _)) = again {
            let variant = if kind == 5 { variant + 1 } else { *variant };
            return Asked::Append { channel: *channel, id: *id, read_to: *read_to, seal: *seal, variant };
        }
        let head = heads(&known, channel);
        if inbox && kind == 6 && head > 0 {
            return Asked::Trim(1 + self.rng.next_u64() % head);
        }
        // most know the newest, some are behind, a few are wrong
        let read_to = match kind {
            7 => head + 1 + self.rng.next_u64() % 5,
            8..12 => head.saturating_sub(self.rng.next_u64() % 4),
            _ => head,
        };
        let mut id = [0; 16];
        self.rng.fill_bytes(&mut id);
        let seal = !inbox && matches!(kind, 10..13);
        Asked::Append { channel, id, read_to: if inbox { 0 } else { read_to }, seal, variant: 0 }
    }

    fn batch(&mut self, batch: Vec<Asked>) -> Result<(), String> {
        let mut jobs: Vec<Job<Note>> = Vec::new();
        for what in batch {
            self.calls += 1;
            self.now += 1 + self.rng.next_u64() % 1_500;
            let call = self.calls;
            self.notebook.note(Mark::Sent { call, what: what.clone() })?;
            let asks = asks(&what).map_err(|e| e.to_string())?;
            let last = asks.len() - 1;
            // the client hears the last answer only
            jobs.extend(asks.into_iter().enumerate().map(|(n, ask)| {
                let told = (n == last).then(|| (call, self.notebook.clone()));
                Job { ask, reply: Note(told) }
            }));
        }
        let now = Millis::new(self.now);
        let done = match self.plan.honesty {
            Honesty::Honest | Honesty::NoSync => {
                commit_batch(&mut self.store, now, &self.rules, jobs, &Effects::default()).down.map_or(Ok(()), Err)
            }
            Honesty::AnswersFirst => answer_first(&mut self.store, now, &self.rules, jobs),
        };
        done.map_err(|e| e.to_string())
    }

    /// The store's log is moved into its main file: as the store does it by itself, but after fewer pages.
    fn checkpoint(&mut self, root: &Path) -> Result<(), String> {
        let mode = ["PASSIVE", "FULL", "RESTART", "TRUNCATE"].get(self.below(4)).copied().unwrap_or("PASSIVE");
        let level = if self.plan.honesty == Honesty::NoSync { "OFF" } else { "FULL" };
        let run = || -> rusqlite::Result<()> {
            let other = rusqlite::Connection::open(root.join(STORE))?;
            other.pragma_update(None, "synchronous", level)?;
            other.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
        };
        run().map_err(|e| format!("no checkpoint: {e}"))
    }

    fn read(&mut self) -> Result<(), String> {
        let channel = CHANNELS.get(self.below(CHANNELS.len())).copied().unwrap_or(1);
        let from = 1 + self.rng.next_u64() % (heads(&self.known(), channel) + 1);
        self.calls += 1;
        let call = self.calls;
        self.notebook.note(Mark::Sent { call, what: Asked::Read(channel, from) })?;
        let reply = page(&self.reads, &self.rules, channel, from).map_err(|e| e.to_string())?;
        self.notebook.note(Mark::Got { call, reply: reply.unwrap_or_else(|| Reply::Refused("not permitted".to_owned())) })
    }
}

/// The greatest seq of a channel that any client knows.
fn heads(known: &[Mark], channel: u8) -> u64 {
    let told = marks::calls(known).filter_map(|((_, sent), reply)| match (sent, reply) {
        (Mark::Sent { what: Asked::Append { channel: c, .. }, .. }, Some((_, Reply::Stored(seq, _)))) if *c == channel => {
            Some(*seq)
        }
        (Mark::Sent { what: Asked::Read(c, _), .. }, Some((_, Reply::Page { head, .. }))) if *c == channel => Some(*head),
        _ => None,
    });
    told.max().unwrap_or(0)
}

/// A page of a channel, from a place to its head; none when the relay does not know the channel.
///
/// # Errors
/// When the store is down.
pub fn page(reads: &SqliteReads, rules: &Rules, channel: u8, from: u64) -> Result<Option<Reply>, StoreDown> {
    let (name, token) = (marks::name(channel), marks::read_token(channel).hash());
    let Ok(admitted) = reads.admit(Millis::new(BEGINNING), rules, &name, &token)? else { return Ok(None) };
    let (mut entries, mut gone) = (Vec::new(), 0);
    let mut next = Seq::new(from).unwrap_or(Seq::FIRST);
    loop {
        let page = reads.page(admitted.key, next, PageLimits { entries: 64, bytes: 256 * 1024 })?;
        gone = page.gone_through.max(gone);
        let last = page.entries.last().map(|e| e.seq);
        for e in page.entries {
            entries.push((e.seq.get(), *e.entry_id.as_bytes(), e.seal, e.accepted_at.get(), Print::of(&e.ciphertext)));
        }
        match last.filter(|l| l.get() < page.head).and_then(Seq::next) {
            Some(more) => next = more,
            None => return Ok(Some(Reply::Page { entries, head: page.head, gone })),
        }
    }
}

fn answer_first(store: &mut SqliteStore, now: Millis, rules: &Rules, jobs: Vec<Job<Note>>) -> Result<(), StoreDown> {
    store.begin()?;
    let mut answers = Vec::new();
    for Job { ask, reply } in jobs {
        answers.push((perform(store, now, rules, &ask)?, reply));
    }
    answers.into_iter().for_each(|(answer, reply)| reply.told(Ok(answer)));
    store.commit()
}

/// A client who notes what he is told; none for an answer that nobody waits for.
struct Note(Option<(u64, Notebook)>);

impl writer::Reply for Note {
    #[expect(clippy::expect_used, reason = "a memory that cannot be written is no memory: stop at once")]
    fn told(self, answer: Result<Answer, StoreDown>) {
        if let (Ok(answer), Some((call, notebook))) = (answer, self.0) {
            notebook.note(Mark::Got { call, reply: reply(&answer) }).expect("the marks file is written");
        }
    }
}

/// The account of the workload: an example.
#[must_use]
pub fn account() -> AccountId {
    AccountId::new(marks::derived("account", 0))
}

fn done<T, E: std::fmt::Debug>(answer: &Result<T, E>) -> Reply {
    answer.as_ref().map_or_else(|e| Reply::Refused(format!("{e:?}")), |_| Reply::Done)
}

/// What one request of a client asks of the store, the last of it what he is answered.
///
/// # Errors
/// When an example is not well-formed.
pub fn asks(what: &Asked) -> Result<Vec<Ask>, StoreDown> {
    Ok(match what {
        Asked::Enroll => {
            let code = TokenHash::new(marks::derived("code", 0));
            // refused once the person has an account: then the enrolment is repeated with the first code
            let issue = IssueCode { by: By::Operator, run: RunHash::new(marks::derived("run", 0)), code, recover: false };
            let devices = vec![StateDevice { id: DeviceId::new([1; 16]), inbox: ChannelId::new([1; 32]) }];
            let handle = Handle::parse("ejemplo").map_err(StoreDown::new)?;
            let (state, binding) = ("state 0 of an example".to_owned(), "binding of an example".to_owned());
            vec![Ask::IssueCode(issue), Ask::Enroll(Enroll { code, handle, account: account(), state, devices, binding })]
        }
        Asked::Stamps(numbers) => {
            let hashes = numbers.iter().map(|n| marks::stamp(*n).hash()).collect();
            vec![Ask::AddStamps(AddStamps(hashes))]
        }
        Asked::Open(channel, stamp) => {
            let (name, read) = (marks::name(*channel), marks::read_token(*channel).hash());
            let (append, stamp) = (marks::append_token(*channel).hash(), Some(marks::stamp(*stamp).hash()));
            let open = match marks::class(*channel) {
                ChannelClass::Log => Open::log(name, append, read, stamp),
                _ => Open::inbox(name, &[Right { token: append, stamped: false, once: false }], read, stamp),
            };
            vec![Ask::Open(open.map_err(StoreDown::new)?)]
        }
        Asked::Append { channel, id, read_to, seal, variant } => vec![Ask::Append(Append {
            channel: marks::name(*channel),
            token: marks::append_token(*channel).hash(),
            entry_id: EntryId::new(*id),
            read_to: *read_to,
            ciphertext: marks::content(*id, *variant).into(),
            seal: *seal,
            stamp: None,
        })],
        Asked::Trim(through) => {
            let through = Seq::new(*through).unwrap_or(Seq::FIRST);
            vec![Ask::Trim(Trim { channel: marks::name(3), token: marks::read_token(3).hash(), through })]
        }
        Asked::Read(..) | Asked::Blob { .. } => return Err(StoreDown::new("not asked of the writer here")),
    })
}

/// An answer as the client notes it.
#[must_use]
pub fn reply(answer: &Answer) -> Reply {
    match answer {
        Answer::Append(Ok(stored)) => Reply::Stored(stored.seq.get(), stored.accepted_at.get()),
        Answer::Append(Err(AppendRefused::Sealed { seq })) => Reply::Sealed(seq.get()),
        Answer::Append(Err(AppendRefused::Conflict)) => Reply::Conflict,
        Answer::Append(Err(AppendRefused::Ahead { head })) => Reply::Ahead(*head),
        Answer::Append(Err(other)) => Reply::Refused(format!("{other:?}")),
        Answer::Enroll(answer) => done(answer),
        Answer::AddStamps(()) => Reply::Done,
        Answer::Open(answer) => done(answer),
        Answer::Trim(answer) => done(answer),
        other => Reply::Refused(format!("not asked here: {other:?}")),
    }
}
