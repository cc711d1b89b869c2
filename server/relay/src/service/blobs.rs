//! Blobs: files that their sender encrypted, streamed in and out. What came of a large one stays when its upload breaks off,
//! for a day, and is gone on with.

use super::Context;
use super::under_way::{By, UnderWay};
use super::uploads::{Uploading, Uploads};
use crate::blob_files::{BlobFiles, Upload, UploadError, read_chunk};
use crate::border::{IntoStatus as _, Reason, bad_value, checked, limited, refused, store_down};
use crate::memory::{Hold, Holder, weight};
use crate::room::Promised;
use lacre_ground::ids::{BlobId, Stamp, Token, TokenHash};
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::blobs_server::Blobs;
use lacre_proto::relay::v1::put_request::Part;
use lacre_store::blobs::{
    BeginBlob, BlobHeader, BlobKept, ExpireBlobs, FileName, FinishBlob, ForgetBlob, KeepBlob, KeepBlobRefused, StoredBlob,
};
use lacre_store::channels::Limited;
use lacre_store::rules::Limit;
use lacre_store::{Reads, StoreDown};
use prost::bytes::Bytes;
use std::fs::File;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedMutexGuard;
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
    uploads: Arc<Uploads>,
    under_way: Arc<UnderWay>,
}

/// A file that is being written, by whose turn it is. It moves to where a wait for the disk is allowed, so that the turn
/// ends when the writing has, also when the caller has gone away.
struct Receiving {
    upload: Upload,
    /// its row is there already
    row: Option<FileName>,
    /// the same, of a blob that was whole and whose file was lost
    lost: bool,
    /// what is set aside for it
    room: Promised,
    _turn: OwnedMutexGuard<()>,
}

impl BlobsService {
    /// Over the relay's store and its folder of files.
    #[must_use]
    pub fn new(context: Arc<Context>, files: BlobFiles) -> Self {
        let uploads = Uploads::new(&context.rules);
        Self { context, files, uploads, under_way: Arc::default() }
    }

    fn generation(&self) -> Vec<u8> {
        self.context.reads.generation().as_bytes().to_vec()
    }

    fn stored(&self, expires_at: Millis) -> Response<wire::PutResponse> {
        Response::new(wire::PutResponse { generation: self.generation(), expires_at_ms: expires_at.get() })
    }

    /// Nobody can read a blob whose file is not as its row says: its reader asks its sender for it again, as for one whose time
    /// is over. The operator hears of it, unless its time was over meanwhile.
    async fn lost(&self, blob: BlobId) -> Status {
        let files = self.files.clone();
        if let Err(away) = blocking(move || files.are_here().map_err(UploadError::from)).await {
            // no file is missing where its folder is
            return away;
        }
        if let Ok(Some(_)) = self.context.read(move |r| r.blob(&blob)).await {
            tracing::error!("a blob's file is missing or cut short: run lacre-relay check, and look for it in the last backup");
            self.context.writer.health().met_damage();
        }
        refused(Reason::NotPermitted, &[], None)
    }

    /// The next message, or that the sender has fallen silent.
    async fn next(&self, stream: &mut Streaming<wire::PutRequest>) -> Result<Option<Part>, Status> {
        let idle = self.context.rules.upload_idle_ms;
        let message = tokio::time::timeout(Duration::from_millis(idle), stream.message()).await;
        let silent = |_| limited(Limited { limit: Limit::UploadIdleMs, value: idle, retry_after_ms: Some(0) });
        match message.map_err(silent)?? {
            Some(message) => Ok(checked(message)?.part),
            None => Ok(None),
        }
    }

    async fn receive(
        &self,
        stream: &mut Streaming<wire::PutRequest>,
        header: BlobHeader,
        uploading: &Uploading,
        mut to: Receiving,
    ) -> Result<Receiving, Status> {
        loop {
            let next = tokio::time::timeout(uploading.left(), self.next(stream)).await;
            let Some(part) = next.map_err(|_| uploading.too_slow())?? else { break };
            let Part::Chunk(chunk) = part else { return Err(bad_value("part", "a chunk after the header", "a header")) };
            uploading.came(chunk.len())?;
            let fits;
            (to, fits) = blocking(move || {
                to.room.write(chunk.len())?;
                let fits = to.upload.write(&chunk, &header)?;
                Ok((to, fits))
            })
            .await?;
            if !fits {
                break;
            }
        }
        Ok(to)
    }

    /// A large blob's row, and its file as far as it goes. None when too much is unfinished: then nothing of it is kept.
    async fn begin_large(
        &self,
        known: Option<StoredBlob>,
        keep: KeepBlob,
        offset: u64,
    ) -> Result<Option<(Upload, FileName)>, Status> {
        let blob = keep.header.blob;
        let file = match known {
            Some(known) => known.file,
            None if self.has_row(&keep).await? => keep.file,
            None => return Ok(None),
        };
        let files = self.files.clone();
        // the same blob at another relay, which writes it or has just made it whole: whoever comes again hears which
        let elsewhere = || limited(Limited { limit: Limit::UploadsPerStamp, value: 1, retry_after_ms: Some(1_000) });
        let turn = blocking(move || files.turn(file).map_err(UploadError::from)).await?.ok_or_else(elsewhere)?;
        // behind whatever another relay is still committing: a read alone would not wait for it, and a file that is whole be cut
        let has_row = self.has_row(&keep).await?;
        let now = self.context.read(move |r| r.blob(&blob)).await.map_err(store_down)?.filter(|now| now.file == file);
        let files = self.files.clone();
        if now.is_none() {
            // its turn made it, and no row wants it
            blocking(move || files.remove(file).map_err(UploadError::from)).await?;
            return Err(elsewhere());
        }
        now.filter(|now| has_row && !now.whole).ok_or_else(elsewhere)?;
        match blocking(move || files.go_on(turn, offset).map_err(UploadError::from)).await? {
            Ok(upload) => Ok(Some((upload, file))),
            Err(there) => Err(bad_offset(there, offset)),
        }
    }

    /// A large blob's row, made or there. False when too much is unfinished.
    async fn has_row(&self, keep: &KeepBlob) -> Result<bool, Status> {
        let begun = self.context.writer.submit(BeginBlob(keep.clone())).await;
        match begun.map_err(store_down)? {
            Ok(_) => Ok(true),
            Err(KeepBlobRefused::Limit(Limited {
                limit: limit @ (Limit::MaxUnfinishedUploads | Limit::MaxUnfinishedBytes),
                ..
            })) => {
                self.context.refusals.reached(limit);
                Ok(false)
            }
            Err(refused) => Err(refused.into_status()),
        }
    }

    /// The file that the chunks go to, and how many bytes they may be.
    async fn file(&self, known: Option<StoredBlob>, keep: KeepBlob, offset: u64) -> Result<(Upload, Option<FileName>), Status> {
        let lost = known.filter(|known| known.whole);
        let name = lost.map_or(keep.file, |known| known.file);
        if lost.is_none()
            && keep.header.size >= self.context.rules.unfinished_from_bytes
            && let Some((upload, row)) = self.begin_large(known, keep, offset).await?
        {
            return Ok((upload, Some(row)));
        }
        if offset > 0 {
            return Err(bad_offset(0, offset));
        }
        let files = self.files.clone();
        Ok((blocking(move || files.begin(name).map_err(UploadError::from)).await?, None))
    }
}

fn bad_offset(there: u64, offset: u64) -> Status {
    bad_value("offset", &format!("0 to {there}"), &offset.to_string())
}

/// Where a wait for the disk is allowed.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, UploadError> + Send + 'static) -> Result<T, Status> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(UploadError::WrongDigest)) => Err(refused(Reason::WrongDigest, &[], None)),
        Ok(Err(UploadError::Room(down))) => Err(store_down(down)),
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

fn bytes<T>(field: &'static str, raw: &[u8]) -> Result<T, Status>
where
    T: for<'a> TryFrom<&'a [u8], Error: std::fmt::Display>,
{
    T::try_from(raw).map_err(|e| bad_value(field, "32 bytes", &e.to_string()))
}

/// What the bounds promised, as our types.
fn header(blob: &[u8], read_token_hash: &[u8], size: u64, sha256: &[u8]) -> Result<BlobHeader, Status> {
    let (blob, read) = (bytes("blob", blob)?, bytes("read_token_hash", read_token_hash)?);
    Ok(BlobHeader { blob, read, size, sha256: bytes("sha256", sha256)? })
}

/// What is known before a byte of content comes. The store decides again in its transaction.
struct Before {
    blob: Option<StoredBlob>,
    /// its file, when it is whole
    there: bool,
    stamp_known: bool,
    bytes: u64,
}

fn before(reads: &dyn Reads, files: &BlobFiles, blob: &BlobId, stamp: Option<&TokenHash>) -> Result<Before, StoreDown> {
    let stamp_known = match stamp {
        Some(stamp) => reads.stamp_known(stamp)?,
        None => false,
    };
    let blob = reads.blob(blob)?;
    let there = blob.is_some_and(|known| files.is_there(known.file, known.header.size));
    Ok(Before { blob, there, stamp_known, bytes: reads.blob_bytes()? })
}

/// What is known means for an upload: what is whole already is answered, what is unfinished is gone on with, what was whole
/// and has lost its file is taken again.
enum Known {
    Whole(Millis),
    Lost(StoredBlob),
    Unfinished(StoredBlob),
    New,
}

fn judge(before: &Before, header: &BlobHeader) -> Result<Known, KeepBlobRefused> {
    match before.blob {
        Some(known) if known.header != *header => Err(KeepBlobRefused::Conflict),
        Some(known) if known.whole && before.there => Ok(Known::Whole(known.expires_at)),
        Some(known) if known.whole => Ok(Known::Lost(known)),
        Some(known) => Ok(Known::Unfinished(known)),
        None if before.stamp_known => Ok(Known::New),
        None => Err(KeepBlobRefused::Stamp),
    }
}

/// A finished file becomes a blob, or goes. Runs to its end also when the caller has gone away: a file whose row is being
/// written must not be removed.
async fn keep(
    context: Arc<Context>,
    files: BlobFiles,
    received: Receiving,
    keep: BlobHeader,
    stamp: Option<TokenHash>,
) -> Result<Millis, Status> {
    let Receiving { upload, row, lost, room: _room, _turn } = received;
    if row.is_some() && upload.is_short(&keep) {
        // its sender ended it, and may have more of it: what came is kept as after any other break
        return Err(refused(Reason::WrongDigest, &[], None));
    }
    let finished = blocking(move || match upload.finish(&keep) {
        Err(UploadError::WrongDigest) => Ok(None),
        other => other.map(Some),
    });
    let whole = finished.await?;
    let name = whole.as_ref().map(|whole| whole.name);
    // when the store is down the row may be there all the same: the file stays, the next start knows
    let (kept, file) = match (name, row) {
        (None, None) => return Err(refused(Reason::WrongDigest, &[], None)),
        (None, Some(file)) => {
            context.writer.submit(ForgetBlob(file)).await.map_err(store_down)?;
            (Err(refused(Reason::WrongDigest, &[], None)), file)
        }
        (Some(file), Some(_)) => {
            let finished = context.writer.submit(FinishBlob(file)).await;
            match finished.map_err(store_down)? {
                Some(expires_at) => return Ok(expires_at),
                // its day was over meanwhile; a file that is a blob's is nobody's to remove
                None => match context.read(move |r| r.blob(&keep.blob)).await.map_err(store_down)? {
                    Some(known) if known.file == file => return Ok(known.expires_at),
                    _ => (Err(KeepBlobRefused::Stamp.into_status()), file),
                },
            }
        }
        // its row was there before it, and is unless its time was over meanwhile
        (Some(file), None) if lost => {
            let known = context.read(move |r| r.blob(&keep.blob)).await.map_err(store_down)?;
            match known.filter(|known| known.file == file) {
                Some(known) => return Ok(known.expires_at),
                None => (Err(KeepBlobRefused::Stamp.into_status()), file),
            }
        }
        (Some(file), None) => {
            let row = KeepBlob { header: keep, file, stamp };
            match context.writer.submit(row).await.map_err(store_down)? {
                Ok(BlobKept::New { expires_at }) => return Ok(expires_at),
                Ok(BlobKept::Again { expires_at }) => (Ok(expires_at), file),
                Err(refused) => (Err(refused.into_status()), file),
            }
        }
    };
    blocking(move || files.remove(file).map_err(UploadError::from)).await?;
    // until here nobody else had the turn to write it
    drop(whole);
    kept
}

/// Removes blobs whose time is over: rows first, then files.
pub async fn expire(context: &Context, files: &BlobFiles) -> Result<u64, StoreDown> {
    let mut removed = 0;
    loop {
        let ended = context.writer.submit(ExpireBlobs { over_at: context.clock.now(), limit: SWEEP }).await?;
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
    holder: Option<Holder>,
    /// for the chunk before: when the next one is asked for, it is encoded
    hold: Option<Hold>,
}

impl Sending {
    /// One message; one without content when there is none, so that the size is told.
    async fn next(mut self) -> Option<(Result<wire::GetResponse, Status>, Option<Self>)> {
        if self.begun && self.left == 0 {
            return None;
        }
        let most = self.left.min(CHUNK);
        self.hold = None;
        let worst = weight(usize::try_from(most).unwrap_or(usize::MAX), 1);
        let reserved = match &self.holder {
            None => None,
            // nobody is there to hear it
            Some(holder) => Some(holder.reserve(worst).await?),
        };
        let read = tokio::task::spawn_blocking(move || {
            let chunk = read_chunk(&mut self.file, most)?;
            self.hold = reserved.map(|reserved| reserved.read(worst));
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
        let holder = request.extensions().get::<Holder>().cloned();
        let mut stream = request.into_inner();
        let Some(Part::Header(first)) = self.next(&mut stream).await? else {
            return Err(bad_value("part", "a header first", "something else"));
        };
        let header = header(&first.blob, &first.read_token_hash, first.size, &first.sha256)?;
        let stamp = match first.stamp.as_slice() {
            [] => None,
            raw => Some(bytes::<Stamp>("stamp", raw)?.hash()),
        };
        let look = || {
            let files = self.files.clone();
            self.context.read(move |r| before(r, &files, &header.blob, stamp.as_ref()))
        };
        let first_look = judge(&look().await.map_err(store_down)?, &header).map_err(|e| e.into_status())?;
        if let Known::Whole(expires_at) = first_look {
            return Ok(self.stored(expires_at));
        }
        let rules = &self.context.rules;
        let by_blob = header.size >= rules.unfinished_from_bytes || matches!(first_look, Known::Lost(_));
        let mut place = self.under_way.begin(stamp.filter(|_| !by_blob).map_or(By::Blob(header.blob), By::Stamp));
        let waiting = Arc::clone(&place.turn).lock_owned();
        let turn = place.unless_replaced(async { Ok(waiting.await) }).await?;
        // whoever had the turn before may have finished it
        let now = look().await.map_err(store_down)?;
        let (known, lost) = match judge(&now, &header).map_err(|e| e.into_status())? {
            Known::Whole(expires_at) => return Ok(self.stored(expires_at)),
            Known::Lost(known) => (Some(known), true),
            Known::Unfinished(known) => (Some(known), false),
            Known::New => (None, false),
        };
        let full = |limit, value| limited(Limited { limit, value, retry_after_ms: Some(1_000) });
        let uploading = self.uploads.begin(holder.as_ref())?;
        // what has a row is counted with its whole size
        let promised = if known.is_some() { 0 } else { header.size };
        let promise = self.files.promise(promised, now.bytes, rules.max_blob_disk_bytes);
        let promise = promise.ok_or_else(|| full(Limit::MaxBlobDiskBytes, rules.max_blob_disk_bytes))?;
        let room = self.context.room.promise(header.size.saturating_sub(first.offset)).map_err(store_down)?;
        let keep_it = KeepBlob { header, file: FileName::new(self.context.random()), stamp };
        let (upload, row) = self.file(known, keep_it, first.offset).await?;
        let _promise = Some(promise).filter(|_| row.is_none());
        let to = Receiving { upload, row, lost, room, _turn: turn };
        let receiving = uploading.unless_slowest(self.receive(&mut stream, header, &uploading, to));
        let received = place.unless_replaced(receiving).await?;
        let kept = tokio::spawn(keep(Arc::clone(&self.context), self.files.clone(), received, header, stamp));
        Ok(self.stored(kept.await.map_err(|e| disk(&e))??))
    }

    async fn kept(&self, request: Request<wire::KeptRequest>) -> Result<Response<wire::KeptResponse>, Status> {
        let asked = checked(request.into_inner())?;
        let header = header(&asked.blob, &asked.read_token_hash, asked.size, &asked.sha256)?;
        let known = self.context.read(move |r| r.blob(&header.blob)).await.map_err(store_down)?;
        let bytes = match known {
            Some(known) if known.header != header => return Err(KeepBlobRefused::Conflict.into_status()),
            // of a whole one whose file was lost nothing is there
            Some(known) => {
                let files = self.files.clone();
                let kept = move || match files.is_there(known.file, header.size) {
                    there if known.whole => Ok(if there { header.size } else { 0 }),
                    _ => files.kept(known.file).map_err(UploadError::from),
                };
                blocking(kept).await?
            }
            None => 0,
        };
        Ok(Response::new(wire::KeptResponse { generation: self.generation(), bytes }))
    }

    type GetStream = Pin<Box<dyn Stream<Item = Result<wire::GetResponse, Status>> + Send>>;

    async fn get(&self, request: Request<wire::GetRequest>) -> Result<Response<Self::GetStream>, Status> {
        let holder = request.extensions().get::<Holder>().cloned();
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
        let open = move || if files.is_there(file, size) { files.read(file, offset).map(Some) } else { Ok(None) };
        let Some(file) = blocking(move || open().map_err(UploadError::from)).await? else {
            return Err(self.lost(blob).await);
        };
        let sending = Sending { file, left, size, generation: self.generation(), begun: false, holder, hold: None };
        let next = |sending: Option<Sending>| async move { sending?.next().await };
        Ok(Response::new(Box::pin(futures_util::stream::unfold(Some(sending), next))))
    }
}

/// The whole blob that this token reads now. One comparison in constant time, whether there is a blob or not.
fn permitted(now: Millis, found: Option<StoredBlob>, token: &TokenHash) -> Option<StoredBlob> {
    let nobody = TokenHash::new([0; 32]);
    let right = found.as_ref().map_or(&nobody, |b| &b.header.read).ct_matches(token);
    found.filter(|b| right && b.whole && b.expires_at > now)
}
