//! Streams of batches to the real relay, which is killed with SIGKILL in the middle of them, again and again.
//!
//! 25 times, or as often as `LACRE_KILLS` says; `LACRE_SEED` runs another story.
use lacre_ground::address::Authority;
use lacre_proto::relay::v1 as wire;
use lacre_tests::powercut::marks::{append_token, name, read_token};
use lacre_tests::raw;
use lacre_tests::relay::{Client, Memory, RelayProcess, seed_stamps};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tonic_types::StatusExt as _;
use wire::channels_client::ChannelsClient;

const LOG: u8 = 1;
const WRITERS: u8 = 3;

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// One sender's queue: entries that are final, and how many of them were answered.
struct Queue {
    writer: u8,
    rng: ChaCha8Rng,
    entries: Vec<wire::AppendRequest>,
    answers: Vec<u64>,
    /// it was told to read on first
    behind: bool,
}

impl Queue {
    fn new(writer: u8, seed: u64) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(seed + u64::from(writer));
        Self { writer, rng, entries: Vec::new(), answers: Vec::new(), behind: false }
    }

    /// The next batch from this place on. What was sent before is sent again with the same bytes.
    fn batch(&mut self, from: usize) -> wire::AppendBatchRequest {
        let until = from + 1 + (self.rng.next_u32() % 40) as usize;
        let known = self.answers.last().copied().unwrap_or(0);
        while self.entries.len() < until {
            let n = self.entries.len();
            // one writer says the same for all, the others count their own entries before
            let own = if self.writer == 0 { 0 } else { (n - self.answers.len()) as u64 };
            let entry_id = [&[self.writer; 8][..], &(n as u64).to_be_bytes()].concat();
            self.entries.push(wire::AppendRequest {
                channel: name(LOG).as_bytes().to_vec(),
                append_token: append_token(LOG).expose().to_vec(),
                ciphertext: [entry_id.clone(), vec![self.writer; (n % 7) * 300]].concat().into(),
                entry_id,
                read_to: known + own,
                ..wire::AppendRequest::default()
            });
        }
        wire::AppendBatchRequest { entries: self.entries[from..until].to_vec() }
    }

    /// What a sender does who is too far behind: reads what is stored, and says for the rest that it has.
    async fn catch_up(&mut self, at: &Authority) {
        let Ok(stored) = read_back(at).await else { return };
        let own = stored.iter().filter(|(_, e)| e.entry_id[0] == self.writer);
        let own: Vec<u64> = own.map(|(seq, _)| *seq).collect();
        assert!(own.starts_with(&self.answers), "answered and not so stored");
        self.answers = own;
        let (known, answered) = (stored.len() as u64, self.answers.len());
        for (own, entry) in (0..).zip(&mut self.entries[answered..]) {
            entry.read_to = known + if self.writer == 0 { 0 } else { own };
        }
        self.behind = false;
    }

    /// Sends batches, some ahead of their answers, until the relay is gone.
    async fn send(mut self, at: Authority, answered: Arc<AtomicU64>) -> Self {
        if self.behind {
            self.catch_up(&at).await;
        }
        let Ok(channel) = raw::connect(&at).await else { return self };
        let (more, waiting) = tokio::sync::mpsc::channel(2);
        let requests = tokio_stream::wrappers::ReceiverStream::new(waiting);
        let Ok(answers) = ChannelsClient::new(channel).append_batch(requests).await else { return self };
        let mut answers = answers.into_inner();
        let mut sent = self.answers.len();
        loop {
            while let Ok(place) = more.try_reserve() {
                let batch = self.batch(sent);
                sent += batch.entries.len();
                place.send(batch);
            }
            match answers.message().await {
                Ok(answer) => self.answers.extend(answer.unwrap().appended.iter().map(|a| a.seq)),
                Err(status) => {
                    let reason = status.get_details_error_info().map(|info| info.reason);
                    assert!(reason.as_deref().is_none_or(|r| r == "CATCH_UP"), "{status:?}");
                    self.behind = reason.is_some();
                    return self;
                }
            }
            answered.fetch_add(1, Ordering::Release);
        }
    }
}

/// All entries of the log: seq, id.
async fn read_back(at: &Authority) -> Result<BTreeMap<u64, wire::Entry>, String> {
    let mut client = ChannelsClient::new(raw::connect(at).await?);
    let mut all = BTreeMap::new();
    loop {
        let request = wire::FetchRequest {
            channel: name(LOG).as_bytes().to_vec(),
            read_token: read_token(LOG).expose().to_vec(),
            from_seq: all.len() as u64 + 1,
            max_entries: 1_024,
        };
        let page = client.fetch(request).await.map_err(|e| e.to_string())?.into_inner();
        let none = page.entries.is_empty();
        all.extend(page.entries.into_iter().map(|e| (e.seq, e)));
        if none {
            assert_eq!(page.head, all.len() as u64, "seqs are not dense");
            return Ok(all);
        }
    }
}

// Seen red with answers that are sent before the commit.
#[test]
fn batches_under_a_relay_killed_again_and_again_are_stored_once_in_order_and_as_they_were_answered() {
    let (kills, seed) = (from_environment("LACRE_KILLS", 25), from_environment("LACRE_SEED", 20_261_127));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    seed_stamps(&data, 8).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let start = || RelayProcess::spawn(RelayProcess::command(&data, folder.path()).unwrap()).unwrap();
    let mut queues: Vec<Queue> = (0..WRITERS).map(|w| Queue::new(w, seed)).collect();
    let mut unanswered = 0;

    for kill in 0..kills {
        let mut relay = start();
        let at = relay.ready().unwrap();
        if kill == 0 {
            Client::new(&at, &Arc::new(Memory::new(Box::new(|_| {}))), 1).unwrap().open().unwrap();
        }
        let answered = Arc::new(AtomicU64::new(0));
        let running: Vec<_> = queues.drain(..).map(|q| runtime.spawn(q.send(at.clone(), Arc::clone(&answered)))).collect();
        let enough = 1 + u64::from(rng.next_u32() % 12);
        // who is too far behind waits for the next life, and the others go on
        while answered.load(Ordering::Acquire) < enough && !running.iter().all(tokio::task::JoinHandle::is_finished) {
            std::thread::yield_now();
        }
        for _ in 0..rng.next_u32() % 2_000 {
            std::thread::yield_now();
        }
        relay.kill().unwrap();
        queues = running.into_iter().map(|r| runtime.block_on(r).unwrap()).collect();
        unanswered += queues.iter().filter(|q| q.answers.len() < q.entries.len()).count();
    }
    let mut relay = start();
    let stored = runtime.block_on(read_back(&relay.ready().unwrap())).unwrap();

    let story = format!("LACRE_SEED={seed}, {kills} kills");
    let mut lost = 0;
    for queue in &queues {
        let own: Vec<(u64, &wire::Entry)> =
            stored.iter().filter(|(_, e)| e.entry_id[0] == queue.writer).map(|(s, e)| (*s, e)).collect();
        // what is stored is what was sent, from the first on, in its order, each once
        for ((_, stored), sent) in own.iter().zip(&queue.entries) {
            assert_eq!((&stored.entry_id, &stored.ciphertext), (&sent.entry_id, &sent.ciphertext), "{story}");
        }
        assert!(own.len() <= queue.entries.len(), "{story}: stored twice");
        let seqs: Vec<u64> = own.iter().map(|(s, _)| *s).collect();
        assert_eq!(seqs.get(..queue.answers.len()), Some(&queue.answers[..]), "{story}: answered and not so stored");
        lost += queue.entries.len() - own.len();
    }
    println!("{story}: {} stored, {unanswered} streams cut with batches under way, {lost} never arrived", stored.len());
    assert!(kills < 20 || (stored.len() > 500 && unanswered > 10), "{story}: too tame");
}
