//! Blobs: files that their sender encrypted, streamed in and out.

use super::Context;
use crate::blob_files::{BlobFiles, Upload, UploadError, read_chunk};
use crate::border::{IntoStatus as _, Reason, bad_value, checked, limited, refused, store_down};
use crate::store::blobs::{BlobHeader, BlobKept, FileName, KeepBlob, KeepBlobRefused, StoredBlob};
use crate::store::channels::Limited;
use crate::store::{Reads, StoreDown};
use lacre_audit::ids::{BlobId, Stamp, Token, TokenHash};
use lacre_audit::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::blobs_server::Blobs;
use lacre_proto::relay::v1::put_request::Part;
use prost::bytes::Bytes;
use std::collections::HashMap;
use std::fs::File;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

/// Bytes of one message of Get.
const CHUNK: u64 = 128 * 1024;
/// Rows of one sweep.
const SWEEP: u32 = 256;

/// `lacre.relay.v1.Blobs`.
pub struct BlobsService {
    context: Arc<Context>,
    files: BlobFiles,
    uploads: Arc<Semaphore>,
    paying: Arc<Paying>,
}

/// The stamps of uploads under way: each pays for one at a time. Of two with the same stamp the newer goes on, for the older
/// is the same client before its connection broke, or somebody who wants many places for one stamp.
#[derive(Default)]
struct Paying {
    newest: Mutex<Newest>,
}

#[derive(Default)]
struct Newest {
    begun: u64,
    of: HashMap<TokenHash, (u64, oneshot::Sender<()>)>,
}

/// An upload's place among those that pay.
struct Place {
    paying: Arc<Paying>,
    stamp: TokenHash,
    number: u64,
    replaced: oneshot::Receiver<()>,
}

impl Paying {
    fn begin(self: &Arc<Self>, stamp: TokenHash) -> Place {
        let (tell, replaced) = oneshot::channel();
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.begun += 1;
        let number = newest.begun;
        // the older one hears it by the end of its sender
        newest.of.insert(stamp, (number, tell));
        Place { paying: Arc::clone(self), stamp, number, replaced }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut newest = self.paying.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.of.get(&self.stamp).is_some_and(|(number, _)| *number == self.number) {
            newest.of.remove(&self.stamp);
        }
    }
}

impl BlobsService {
    /// Over the relay's store and its folder of files.
    #[must_use]
    pub fn new(context: Arc<Context>, files: BlobFiles) -> Self {
        let uploads = usize::try_from(context.rules.max_uploads).unwrap_or(Semaphore::MAX_PERMITS);
        let uploads = Arc::new(Semaphore::new(uploads.min(Semaphore::MAX_PERMITS)));
        Self { context, files, uploads, paying: Arc::default() }
    }

    fn generation(&self) -> Vec<u8> {
        self.context.reads.generation().as_bytes().to_vec()
    }

    fn stored(&self, expires_at: Millis) -> Response<wire::PutResponse> {
        Response::new(wire::PutResponse { generation: self.generation(), expires_at_ms: expires_at.get() })
    }

    /// The next message, or that the sender has fallen silent.
    async fn next(&self, stream: &mut Streaming<wire::PutRequest>) -> Result<Option<Part>, Status> {
        let idle = self.context.rules.upload_idle_ms;
        let message = tokio::time::timeout(Duration::from_millis(idle), stream.message()).await;
        let silent = |_| limited(Limited { limit: "upload_idle_ms", value: idle, retry_after_ms: Some(0) });
        match message.map_err(silent)?? {
            Some(message) => Ok(checked(message)?.part),
            None => Ok(None),
        }
    }

    async fn receive(&self, stream: &mut Streaming<wire::PutRequest>, header: BlobHeader) -> Result<Upload, Status> {
        let files = self.files.clone();
        let name = FileName::new(self.context.random());
        let mut upload = blocking(move || files.begin(name).map_err(UploadError::from)).await?;
        while let Some(part) = self.next(stream).await? {
            let Part::Chunk(chunk) = part else { return Err(bad_value("part", "a chunk after the header", "a header")) };
            upload = blocking(move || upload.write(&chunk, &header).map(|()| upload)).await?;
        }
        Ok(upload)
    }
}

/// Where a wait for the disk is allowed.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, UploadError> + Send + 'static) -> Result<T, Status> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(UploadError::WrongDigest)) => Err(refused(Reason::WrongDigest, &[], None)),
        Ok(Err(UploadError::Io(e))) if e.kind() == std::io::ErrorKind::StorageFull => {
            tracing::error!(cause = %e, "a blob's file failed");
            Err(store_down(StoreDown::full("no room for a blob's file")))
        }
        Ok(Err(UploadError::Io(e))) => Err(disk(&e)),
        Err(e) => Err(disk(&e)),
    }
}

fn disk(cause: &dyn std::fmt::Display) -> Status {
    tracing::error!(%cause, "a blob's file failed");
    store_down(StoreDown::new("a blob's file failed"))
}

/// What the bounds promised, as our types.
fn header(wire: &wire::PutHeader) -> Result<(BlobHeader, Option<TokenHash>), Status> {
    let bytes32 = |field, e: &dyn std::fmt::Display| bad_value(field, "32 bytes", &e.to_string());
    let blob = BlobId::try_from(wire.blob.as_slice()).map_err(|e| bytes32("blob", &e))?;
    let read = TokenHash::try_from(wire.read_token_hash.as_slice()).map_err(|e| bytes32("read_token_hash", &e))?;
    let sha256 = wire.sha256.as_slice().try_into().map_err(|e| bytes32("sha256", &e))?;
    let stamp = match wire.stamp.as_slice() {
        [] => None,
        bytes => Some(Stamp::try_from(bytes).map_err(|e| bytes32("stamp", &e))?.hash()),
    };
    Ok((BlobHeader { blob, read, size: wire.size, sha256 }, stamp))
}

/// What is known before a byte of content comes. The store decides again in its transaction.
struct Before {
    stored: Option<StoredBlob>,
    stamp_known: bool,
    bytes: u64,
}

fn before(reads: &dyn Reads, blob: &BlobId, stamp: Option<&TokenHash>) -> Result<Before, StoreDown> {
    let stamp_known = match stamp {
        Some(stamp) => reads.stamp_known(stamp)?,
        None => false,
    };
    Ok(Before { stored: reads.blob(blob)?, stamp_known, bytes: reads.blob_bytes()? })
}

/// A finished file becomes a blob, or goes. Runs to its end also when the caller has gone away: a file whose row is being
/// written must not be removed.
async fn keep(
    context: Arc<Context>,
    files: BlobFiles,
    upload: Upload,
    keep: BlobHeader,
    stamp: Option<TokenHash>,
) -> Result<Millis, Status> {
    let file = blocking(move || upload.finish(&keep)).await?;
    let (now, rules) = (context.clock.now(), context.rules.clone());
    let row = KeepBlob { header: keep, file, stamp };
    // when the store is down the row may be there all the same: the file stays, the next start knows
    let kept = context.writer.submit(move |store| store.keep_blob(now, &rules, &row)).await.map_err(store_down)?;
    if !matches!(kept, Ok(BlobKept::New { .. })) {
        blocking(move || files.remove(file).map_err(UploadError::from)).await?;
    }
    match kept {
        Ok(BlobKept::New { expires_at } | BlobKept::Again { expires_at }) => Ok(expires_at),
        Err(refused) => Err(refused.into_status()),
    }
}

/// Removes blobs whose time is over: rows first, then files.
pub async fn expire(context: &Context, files: &BlobFiles) -> Result<u64, StoreDown> {
    let mut removed = 0;
    loop {
        let now = context.clock.now();
        let ended = context.writer.submit(move |store| store.expire_blobs(now, SWEEP)).await?;
        let count = u64::try_from(ended.len()).unwrap_or(u64::MAX);
        removed += count;
        let files = files.clone();
        let unlink = move || ended.into_iter().try_for_each(|file| files.remove(file));
        tokio::task::spawn_blocking(unlink).await.map_err(StoreDown::new)?.map_err(StoreDown::new)?;
        if count < u64::from(SWEEP) {
            return Ok(removed);
        }
    }
}

/// What is left to send of a blob.
struct Sending {
    file: File,
    left: u64,
    size: u64,
    generation: Vec<u8>,
    begun: bool,
}

impl Sending {
    /// One message; one without content when there is none, so that the size is told.
    async fn next(mut self) -> Option<(Result<wire::GetResponse, Status>, Option<Self>)> {
        if self.begun && self.left == 0 {
            return None;
        }
        let most = self.left.min(CHUNK);
        let read = tokio::task::spawn_blocking(move || {
            let chunk = read_chunk(&mut self.file, most)?;
            Ok::<_, std::io::Error>((self, chunk))
        });
        let (mut this, chunk) = match read.await {
            Ok(Ok(read)) => read,
            Ok(Err(e)) => return Some((Err(disk(&e)), None)),
            Err(e) => return Some((Err(disk(&e)), None)),
        };
        let got = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if got != most {
            return Some((Err(disk(&"a blob's file is too short")), None));
        }
        this.left -= got;
        this.begun = true;
        let message = wire::GetResponse { generation: this.generation.clone(), size: this.size, chunk: Bytes::from(chunk) };
        Some((Ok(message), Some(this)))
    }
}

#[tonic::async_trait]
impl Blobs for BlobsService {
    async fn put(&self, request: Request<Streaming<wire::PutRequest>>) -> Result<Response<wire::PutResponse>, Status> {
        let mut stream = request.into_inner();
        let Some(Part::Header(first)) = self.next(&mut stream).await? else {
            return Err(bad_value("part", "a header first", "something else"));
        };
        let (header, stamp) = header(&first)?;
        let Before { stored, stamp_known, bytes } =
            self.context.read(move |r| before(r, &header.blob, stamp.as_ref())).await.map_err(store_down)?;
        match stored {
            Some(stored) if stored.header == header => return Ok(self.stored(stored.expires_at)),
            Some(_) => return Err(KeepBlobRefused::Conflict.into_status()),
            None if !stamp_known => return Err(KeepBlobRefused::Stamp.into_status()),
            None => {}
        }
        let mut place = stamp.map(|stamp| self.paying.begin(stamp));
        self.context.room.enough().map_err(store_down)?;
        let rules = &self.context.rules;
        let full = |limit, value| limited(Limited { limit, value, retry_after_ms: Some(1_000) });
        let _slot = self.uploads.try_acquire().map_err(|_| full("max_uploads", rules.max_uploads.into()))?;
        let promise = self.files.promise(header.size, bytes, rules.max_blob_disk_bytes);
        let _promise = promise.ok_or_else(|| full("max_blob_disk_bytes", rules.max_blob_disk_bytes))?;
        let replaced = async {
            match &mut place {
                Some(place) => drop((&mut place.replaced).await),
                None => std::future::pending().await,
            }
        };
        let upload = tokio::select! {
            upload = self.receive(&mut stream, header) => upload?,
            () = replaced => return Err(limited(Limited { limit: "uploads_per_stamp", value: 1, retry_after_ms: Some(1_000) })),
        };
        let kept = tokio::spawn(keep(Arc::clone(&self.context), self.files.clone(), upload, header, stamp));
        Ok(self.stored(kept.await.map_err(|e| disk(&e))??))
    }

    type GetStream = Pin<Box<dyn Stream<Item = Result<wire::GetResponse, Status>> + Send>>;

    async fn get(&self, request: Request<wire::GetRequest>) -> Result<Response<Self::GetStream>, Status> {
        let request = checked(request.into_inner())?;
        let blob = BlobId::try_from(request.blob.as_slice()).map_err(|e| bad_value("blob", "32 bytes", &e.to_string()))?;
        let token = Token::try_from(request.read_token.as_slice());
        let token = token.map_err(|e| bad_value("read_token", "32 bytes", &e.to_string()))?.hash();
        let now = self.context.clock.now();
        let found = self.context.read(move |r| r.blob(&blob)).await.map_err(store_down)?;
        let found = permitted(now, found, &token).ok_or_else(|| refused(Reason::NotPermitted, &[], None))?;
        let (size, offset, file) = (found.header.size, request.offset, found.file);
        let left = size.checked_sub(offset);
        let left = left.ok_or_else(|| bad_value("offset", &format!("0 to {size}"), &offset.to_string()))?;
        let files = self.files.clone();
        let file = blocking(move || files.read(file, offset).map_err(UploadError::from)).await?;
        let sending = Sending { file, left, size, generation: self.generation(), begun: false };
        let next = |sending: Option<Sending>| async move { sending?.next().await };
        Ok(Response::new(Box::pin(futures_util::stream::unfold(Some(sending), next))))
    }
}

/// The blob that this token reads now. One comparison in constant time, whether there is a blob or not.
fn permitted(now: Millis, found: Option<StoredBlob>, token: &TokenHash) -> Option<StoredBlob> {
    let nobody = TokenHash::new([0; 32]);
    let right = found.as_ref().map_or(&nobody, |b| &b.header.read).ct_matches(token);
    found.filter(|b| right && b.expires_at > now)
}
