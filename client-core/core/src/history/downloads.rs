//! Files that are being fetched, and how they are forgotten.

use super::row::Stored;
use crate::shelf::Cx;
use crate::words::StepError;
use lacre_ground::ids::BlobId;
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use prost::Message as _;

pub(crate) fn chunk_key(blob: BlobId, index: u64) -> Vec<u8> {
    [blob.as_bytes().as_slice(), &index.to_be_bytes()].concat()
}

/// What a message's file has left here: of a fetch that was not finished, or kept for a relay that may forget it.
pub(crate) fn drop_download(cx: &Cx<'_, '_>, stored: &Stored) -> Result<(), StepError> {
    if let Some(raw) = &stored.blob
        && let Ok(reference) = content::BlobRef::decode(raw.as_slice())
        && let Ok(blob) = BlobId::try_from(reference.blob.as_slice())
    {
        drop_blob(cx, blob)?;
    }
    Ok(())
}

/// A blob's rows.
pub(crate) fn drop_blob(cx: &Cx<'_, '_>, blob: BlobId) -> Result<(), StepError> {
    cx.s.delete(Table::Blob, blob.as_bytes())?;
    cx.s.delete_scope(Table::BlobChunk, blob.as_bytes())?;
    Ok(())
}
