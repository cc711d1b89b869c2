//! Blobs as streams of chunks, read from and written to what the caller holds; nothing is held whole.

use super::answers::Answer as _;
use super::{MAX_MESSAGE_BYTES, Timeouts, refusal};
use core::time::Duration;
use lacre_core::network::NetError;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::blobs_client::BlobsClient;
use lacre_proto::relay::v1::put_request::Part;
use std::io::{Read, Write};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;

/// Bytes of a chunk that is sent.
const CHUNK: usize = 64 * 1024;
/// Most bytes of a blob.
const MAX_BLOB: u64 = 109_051_904;

pub(super) fn client(channel: Channel) -> BlobsClient<Channel> {
    BlobsClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES)
}

fn stalled(limit: Duration) -> NetError {
    NetError::Unreachable { why: format!("the blob's stream stood still for {} ms", limit.as_millis()) }
}

/// How far a blob is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// to the relay, or from it
    pub up: bool,
    /// bytes of the blob that have gone or come, those of earlier tries included
    pub done: u64,
    /// its bytes
    pub size: u64,
}

/// Is told of each chunk.
pub type OnProgress = Box<dyn FnMut(Progress) + Send>;

/// Sends header and the chunks behind its offset; an answer that comes before the end (the relay has the blob, or refuses) stops the reading.
pub(super) async fn put(
    channel: Channel,
    header: wire::PutHeader,
    body: &mut dyn Read,
    timeouts: &Timeouts,
    told: &mut dyn FnMut(Progress),
) -> Result<wire::PutResponse, NetError> {
    let (offset, size) = (header.offset, header.size);
    let left = size.checked_sub(offset).ok_or_else(|| NetError::Body { why: "an offset behind the end".into() })?;
    let (send, receive) = mpsc::channel(4);
    let mut client = client(channel);
    // what fails here must not look to the relay like the end of the blob: the call is dropped before its last sender is
    let unended = send.clone();
    let call = client.put(ReceiverStream::new(receive));
    let feed = feed(send, header, left, body, timeouts.stall, told);
    tokio::pin!(call, feed);
    let answer = tokio::select! {
        answer = &mut call => answer,
        fed = &mut feed => {
            fed?;
            drop(unended);
            timeout(timeouts.stall, call).await.map_err(|_| stalled(timeouts.stall))?
        }
    };
    let answer = answer.map_err(|status| refusal::error(&status))?.into_inner();
    answer.bounded()?;
    Ok(answer)
}

async fn feed(
    send: mpsc::Sender<wire::PutRequest>,
    header: wire::PutHeader,
    mut left: u64,
    body: &mut dyn Read,
    stall: Duration,
    told: &mut dyn FnMut(Progress),
) -> Result<(), NetError> {
    let size = header.size;
    let mut part = Part::Header(header);
    loop {
        let message = wire::PutRequest { part: Some(part) };
        match timeout(stall, send.send(message)).await {
            Err(_) => return Err(stalled(stall)),
            // the call is over: its answer says why
            Ok(Err(_)) => return Ok(()),
            Ok(Ok(())) => {}
        }
        told(Progress { up: true, done: size - left, size });
        if left == 0 {
            return Ok(());
        }
        let want = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let mut chunk = vec![0; want];
        body.read_exact(&mut chunk).map_err(|e| NetError::Body { why: e.to_string() })?;
        left -= u64::try_from(want).unwrap_or(left);
        part = Part::Chunk(chunk.into());
    }
}

/// Writes what comes, from the offset to the size that the relay named first.
pub(super) async fn get(
    channel: Channel,
    request: wire::GetRequest,
    to: &mut dyn Write,
    timeouts: &Timeouts,
    told: &mut dyn FnMut(Progress),
) -> Result<u64, NetError> {
    let offset = request.offset;
    let call = timeout(timeouts.call, async { client(channel).get(request).await }).await;
    let mut stream = call.map_err(|_| stalled(timeouts.call))?.map_err(|status| refusal::error(&status))?.into_inner();
    let mut written = 0_u64;
    let mut size = None;
    loop {
        let message = timeout(timeouts.stall, stream.message()).await.map_err(|_| stalled(timeouts.stall))?;
        let Some(message) = message.map_err(|status| refusal::error(&status))? else { break };
        let size = *size.get_or_insert(message.size);
        let length = u64::try_from(message.chunk.len()).unwrap_or(u64::MAX);
        if message.size != size || size > MAX_BLOB || offset.saturating_add(written).saturating_add(length) > size {
            return Err(NetError::Protocol("a blob with more bytes than its size".into()));
        }
        to.write_all(&message.chunk).map_err(|e| NetError::Body { why: e.to_string() })?;
        written += length;
        told(Progress { up: false, done: offset + written, size });
    }
    match size {
        Some(size) if offset + written == size => Ok(written),
        Some(_) => Err(NetError::Unreachable { why: "the blob broke off before its end".into() }),
        None => Err(NetError::Protocol("a blob without a message".into())),
    }
}
