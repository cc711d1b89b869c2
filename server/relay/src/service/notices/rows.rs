//! Streams that begin with a proof: one answer for each row behind it, in order.

use crate::border::{Reason, bad_value, refused};
use crate::service::{Context, stopped};
use futures_util::StreamExt as _;
use lacre_store::bodies::BodyKey;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

/// What the peer is sent.
pub(super) type Answers<A> = ReceiverStream<Result<A, Status>>;

/// Rows of one stream that are under way at once: so many share a transaction.
const AT_ONCE: usize = 64;
/// Answers that wait for the connection to take them.
const WAITING: usize = 1;
/// When a relay stops, nobody needs to come back sooner.
const BACK: Duration = Duration::from_secs(1);

/// A message of the stream that is neither its proof nor a row.
pub(super) fn not_a_row() -> Status {
    bad_value("part", "the proof first, then rows", "another")
}

/// Answers row after row. `answer` refuses a row in its answer; its error ends the stream.
pub(super) fn serve<Q, A, O, F, G>(
    context: &Arc<Context>,
    mut requests: Streaming<Q>,
    open: O,
    answer: impl Fn(BodyKey, Q) -> G + Send + 'static,
) -> Answers<A>
where
    Q: Send + 'static,
    A: Send + 'static,
    O: FnOnce(Q) -> F + Send + 'static,
    F: Future<Output = Result<BodyKey, Status>> + Send,
    G: Future<Output = Result<A, Status>> + Send + 'static,
{
    let (out, answers) = mpsc::channel(WAITING);
    let mut stopping = context.stopping.clone();
    tokio::spawn(async move {
        let opened = match requests.next().await {
            Some(Ok(first)) => open(first).await,
            Some(Err(status)) => Err(status),
            None => return,
        };
        let key = match opened {
            Ok(key) => key,
            // nobody may be there to hear it
            Err(status) => return drop(out.send(Err(status)).await),
        };
        let rows = requests.map(move |row| {
            let answered = row.map(|row| answer(key, row));
            async move {
                match answered {
                    Ok(answered) => answered.await,
                    Err(status) => Err(status),
                }
            }
        });
        let mut rows = std::pin::pin!(rows.buffered(AT_ONCE));
        loop {
            let answer = tokio::select! {
                biased;
                () = stopped(&mut stopping) => Some(Err(refused(Reason::Stopping, &[], Some(BACK)))),
                () = out.closed() => None,
                answer = rows.next() => answer,
            };
            let Some(answer) = answer else { return };
            let last = answer.is_err();
            if out.send(answer).await.is_err() || last {
                return;
            }
        }
    });
    ReceiverStream::new(answers)
}
