//! Append, alone and in batches: one way into the store for both.
//!
//! A batch is one request to the writer. It is judged entry by entry, in the order in which it was sent, and stops at the
//! first refusal; what was stored before is committed with everything else that waited.

use super::Context;
use super::fields::{id, stamp, token};
use crate::border::{IntoStatus, Reason, bad_value, checked, crossed, refused, store_down};
use lacre_proto::relay::v1 as wire;
use lacre_store::channels::{Append, AppendAll, Appended, AppendedAll, StoredEntry};
use lacre_store::rules::Rules;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::Status;

/// What the peer is sent.
pub type BatchAnswers = ReceiverStream<Result<wire::AppendBatchResponse, Status>>;

/// Answers that wait for the connection to take them; the next batch is not begun before there is a place for its own.
const WAITING: usize = 1;
/// When a relay stops, nobody needs to come back sooner.
const BACK: Duration = Duration::from_secs(1);

/// One entry that somebody asks to store.
struct Asked {
    append: Append,
    /// with the relay's word for it
    receipt: bool,
}

impl Asked {
    fn of(r: wire::AppendRequest, rules: &Rules) -> Result<Self, Status> {
        let most = rules.max_entry_bytes;
        if r.ciphertext.len() > usize::try_from(most).unwrap_or(usize::MAX) {
            return Err(bad_value("ciphertext", &format!("1 to {most} bytes"), &format!("{} bytes", r.ciphertext.len())));
        }
        let append = Append {
            channel: id("channel", &r.channel)?,
            token: token("append_token", &r.append_token)?,
            entry_id: id("entry_id", &r.entry_id)?,
            read_to: r.read_to,
            seal: r.seal,
            stamp: stamp(&r.stamp)?,
            ciphertext: r.ciphertext,
        };
        Ok(Self { append, receipt: r.receipt })
    }
    /// What the receipt is made of, when it is stored. Its bytes are shared, not copied.
    fn for_receipt(&self) -> Option<Append> {
        self.receipt.then(|| self.append.clone())
    }
}

/// The answers to what was stored, and why it ended there if it did.
type Outcome = (Vec<wire::Appended>, Option<Status>);

impl Context {
    /// Stores these in this order until one is refused. Whatever is answered is durable.
    async fn append(&self, asked: Vec<Asked>) -> Outcome {
        let receipts: Vec<Option<Append>> =
            if asked.iter().any(|one| one.receipt) { asked.iter().map(Asked::for_receipt).collect() } else { Vec::new() };
        let all = AppendAll(asked.into_iter().map(|one| one.append).collect());
        let bytes = all.0.iter().map(|append| append.ciphertext.len()).sum();
        if let Err(no_room) = self.room.take(all.0.len(), bytes) {
            return (Vec::new(), Some(no_room.into_status()));
        }
        let AppendedAll { stored, refused } = match self.writer.submit(all).await {
            Ok(done) => done,
            Err(down) => return (Vec::new(), Some(store_down(down))),
        };
        let mut answers = Vec::with_capacity(stored.len());
        let mut receipts = receipts.into_iter();
        for appended in stored {
            match self.answer(appended, receipts.next().flatten()) {
                Ok(answer) => answers.push(answer),
                Err(status) => return (answers, Some(status)),
            }
        }
        (answers, refused.map(IntoStatus::into_status))
    }

    fn answer(&self, appended: Appended, receipt_for: Option<Append>) -> Result<wire::Appended, Status> {
        let Appended { seq, accepted_at, again: _ } = appended;
        let receipt = match receipt_for {
            Some(Append { channel, entry_id, seal, ciphertext, .. }) => {
                self.receipt(channel, &StoredEntry { seq, entry_id, seal, accepted_at, ciphertext })?
            }
            None => String::new(),
        };
        Ok(wire::Appended { seq: seq.get(), accepted_at_ms: accepted_at.get(), receipt })
    }
}

/// One entry.
pub(super) async fn one(context: &Context, request: wire::AppendRequest) -> Result<wire::Appended, Status> {
    let asked = Asked::of(checked(request)?, &context.rules)?;
    context.room.take(1, asked.append.ciphertext.len()).map_err(IntoStatus::into_status)?;
    let receipt_for = asked.for_receipt();
    context.answer(crossed(context.writer.submit(asked.append).await)?, receipt_for)
}

/// Begins a stream of batches.
pub(super) fn batches<R>(context: Arc<Context>, requests: R) -> BatchAnswers
where
    R: Stream<Item = Result<wire::AppendBatchRequest, Status>> + Send + Unpin + 'static,
{
    let (out, answers) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        let end = follow(&context, requests, &out).await;
        if let Some(status) = end {
            // nobody may be there to hear it
            let _ = out.send(Err(status)).await;
        }
    });
    ReceiverStream::new(answers)
}

/// Takes batch after batch, each when the one before is answered. The status that ends the stream, if it is not its peer
/// that ends it.
async fn follow(
    context: &Arc<Context>,
    mut requests: impl Stream<Item = Result<wire::AppendBatchRequest, Status>> + Unpin,
    out: &mpsc::Sender<Result<wire::AppendBatchResponse, Status>>,
) -> Option<Status> {
    let generation = context.reads.generation().as_bytes().to_vec();
    let mut stopping = context.stopping.clone();
    loop {
        let request = tokio::select! {
            biased;
            () = super::stopped(&mut stopping) => return Some(refused(Reason::Stopping, &[], Some(BACK))),
            () = out.closed() => return None,
            request = requests.next() => request?,
        };
        let place = out.reserve().await.ok()?;
        // an error of the transport is its own end
        let asked = match request.and_then(checked).and_then(|batch| asked(batch, &context.rules)) {
            Ok(asked) => asked,
            Err(status) => return Some(status),
        };
        let (appended, end) = context.append(asked).await;
        if !appended.is_empty() {
            place.send(Ok(wire::AppendBatchResponse { generation: generation.clone(), appended }));
        }
        if end.is_some() {
            return end;
        }
    }
}

fn asked(batch: wire::AppendBatchRequest, rules: &Rules) -> Result<Vec<Asked>, Status> {
    batch.entries.into_iter().map(|entry| Asked::of(entry, rules)).collect()
}
