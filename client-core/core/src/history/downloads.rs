//! Files that are being fetched, and how they are forgotten.

use super::lines::Stored;
use crate::shelf::{Cx, LocalBlob};
use crate::words::StepError;
use lacre_ground::ids::BlobId;
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use prost::Message as _;

pub(crate) fn chunk_key(blob: BlobId, index: u64) -> Vec<u8> {
    [blob.as_bytes().as_slice(), &index.to_be_bytes()].concat()
}

/// What a fetch that was not finished has left of a message's file.
pub(crate) fn drop_download(cx: &Cx<'_, '_>, stored: &Stored) -> Result<(), StepError> {
    if let Some(raw) = &stored.blob
        && let Ok(reference) = content::BlobRef::decode(raw.as_slice())
        && let Ok(blob) = BlobId::try_from(reference.blob.as_slice())
        && cx.s.get::<LocalBlob>(Table::Blob, blob.as_bytes())?.is_none()
    {
        cx.s.delete_scope(Table::BlobChunk, blob.as_bytes())?;
    }
    Ok(())
}
