//! Blobs that wait to be uploaded, encrypted in the profile.

use super::outbox;
use crate::crypt::blob::{BlobKey, BlobSealer, sealed_size};
use crate::shelf::{Cargo, Cx, Engine, Item, Key32, LocalBlob, POST};
use crate::words::{ConversationId, FileTrouble, StepError, Trouble, WaitingKind};
use crate::{history, shelf};
use lacre_ground::ids::{BlobId, Token};
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use prost::Message as _;
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};
use std::io;
use std::io::Read;

/// Bytes of ciphertext in one row of the profile.
pub(crate) const ROW: usize = 256 * 1024;

/// The reference that others get of a file that waits here.
fn blob_ref(authority: &str, id: lacre_ground::ids::BlobId, blob: &LocalBlob) -> content::BlobRef {
    content::BlobRef {
        authority: authority.to_owned(),
        blob: id.as_bytes().to_vec(),
        read_token: blob.read_token.expose().to_vec(),
        key: blob.key.0.to_vec(),
        size: blob.size,
        sha256: blob.sha256.to_vec(),
    }
}

/// A file that cannot be stored leaves the queue, with the message that names it, and with a word.
pub(crate) fn give_up_upload(cx: &mut Cx<'_, '_>, item: &Item, why: &str) -> Result<(), StepError> {
    take_back(cx, item)?;
    shelf::unreadable(cx, item.conversation.as_ref(), format!("a file was given up: {why}"))
}

/// An item leaves the queue; a file with its bytes, and with the message that names it.
pub(crate) fn take_back(cx: &mut Cx<'_, '_>, item: &Item) -> Result<(), StepError> {
    shelf::drop_item(cx, item.number)?;
    let Cargo::Upload { blob, .. } = &item.cargo else { return Ok(()) };
    let queue = item.conversation.as_ref().map_or(POST, ConversationId::as_bytes);
    let behind: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, queue, item.number, usize::MAX)?;
    for (number, _) in behind.iter().filter(|(_, other)| names(other, *blob)) {
        shelf::drop_item(cx, *number)?;
    }
    history::drop_blob(cx, *blob)
}

/// Whether an item is the message with this file.
pub(crate) fn names(item: &Item, blob: BlobId) -> bool {
    let Cargo::Content { blob: Some(reference), .. } = &item.cargo else { return false };
    content::BlobRef::decode(reference.as_slice()).is_ok_and(|r| r.blob == blob.as_bytes())
}

/// The ciphertext rows of a blob, one step for each: the lock is never held while the network is slow.
pub(crate) struct Rows<'a> {
    engine: &'a mut Engine,
    blob: BlobId,
    next: u64,
    buffer: Vec<u8>,
    at: usize,
    /// bytes of the first row that are not wanted
    skip: usize,
}

impl<'a> Rows<'a> {
    pub(crate) fn behind(engine: &'a mut Engine, blob: BlobId, offset: u64) -> Self {
        let row = u64::try_from(ROW).unwrap_or(u64::MAX);
        let skip = usize::try_from(offset % row).unwrap_or(0);
        Self { engine, blob, next: offset / row, buffer: Vec::new(), at: 0, skip }
    }
}

impl Read for Rows<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.buffer.len() {
            let key = history::chunk_key(self.blob, self.next);
            let read = |cx: &mut Cx<'_, '_>| {
                cx.reached("blob: row read")?;
                Ok(cx.s.get(Table::BlobChunk, &key)?)
            };
            let row: Option<ByteBuf> = self.engine.run(read).map_err(|e| io::Error::other(e.to_string()))?;
            let Some(row) = row else { return Ok(0) };
            self.buffer = row.into_vec();
            self.at = std::mem::take(&mut self.skip);
            self.next += 1;
        }
        let rest = self.buffer.get(self.at..).unwrap_or_default();
        let n = rest.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        self.at += n;
        Ok(n)
    }
}

/// Encrypts bytes in memory into a blob of the post.
pub(crate) fn local_blob(cx: &mut Cx<'_, '_>, at: &str, bytes: &mut &[u8]) -> Result<content::BlobRef, StepError> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let reference = encrypt_blob(cx, at, bytes, size)?;
    let blob = BlobId::try_from(reference.blob.as_slice()).map_err(|e| StepError::Again(e.to_string()))?;
    let cargo = Cargo::Upload { authority: at.to_owned(), blob };
    outbox::enqueue(cx, None, WaitingKind::Invitation, cargo)?;
    Ok(reference)
}

pub(crate) fn encrypt_blob(
    cx: &mut Cx<'_, '_>,
    at: &str,
    content: &mut dyn Read,
    size: u64,
) -> Result<content::BlobRef, StepError> {
    let blob = BlobId::new(lacre_ground::random::bytes(cx.rng));
    let key: [u8; 32] = lacre_ground::random::bytes(cx.rng);
    let prefix: [u8; 16] = lacre_ground::random::bytes(cx.rng);
    let read_token = Token::random(cx.rng);
    let mut sealer = BlobSealer::new(&BlobKey::new(key), prefix, size, content);
    let mut digest = Sha256::new();
    let mut total = 0u64;
    let mut index = 0u64;
    loop {
        let mut row = Vec::with_capacity(ROW);
        let limit = u64::try_from(ROW).unwrap_or(u64::MAX);
        (&mut sealer)
            .take(limit)
            .read_to_end(&mut row)
            .map_err(|e| StepError::Trouble(Trouble::File(FileTrouble::Io(e.to_string()))))?;
        if row.is_empty() {
            break;
        }
        digest.update(&row);
        total += u64::try_from(row.len()).unwrap_or(0);
        cx.s.put(Table::BlobChunk, &history::chunk_key(blob, index), blob.as_bytes(), index, &ByteBuf::from(row))?;
        index += 1;
    }
    if total != sealed_size(size) {
        return Err(Trouble::File(FileTrouble::Io("the file changed while it was read".into())).into());
    }
    let local = LocalBlob { read_token, key: Key32(key), size: total, sha256: digest.finalize().into(), chunks: index };
    cx.s.put(Table::Blob, blob.as_bytes(), b"", 0, &local)?;
    Ok(blob_ref(at, blob, &local))
}
