//! Blobs' rows in the model.

use super::{ModelReads, ModelStore};
use crate::rules::Rules;
use crate::store::blobs::{BlobKept, FileName, KeepBlob, KeepBlobRefused, StoredBlob};
use crate::store::channels::Limited;
use crate::store::{AccountStore as _, BlobReads, BlobStore, StoreDown};
use lacre_audit::ids::BlobId;
use lacre_audit::time::Millis;

#[derive(Clone, Default)]
pub(super) struct Blobs(Vec<StoredBlob>);

impl Blobs {
    pub(super) fn count(&self) -> u64 {
        self.0.len() as u64
    }
    fn bytes(&self) -> u64 {
        self.0.iter().map(|b| b.header.size).sum()
    }
}

impl BlobStore for ModelStore {
    fn keep_blob(&mut self, now: Millis, rules: &Rules, keep: &KeepBlob) -> Result<Result<BlobKept, KeepBlobRefused>, StoreDown> {
        if let Some(before) = self.work.blobs.0.iter().find(|b| b.header.blob == keep.header.blob) {
            let again = BlobKept::Again { expires_at: before.expires_at };
            return Ok(if before.header == keep.header { Ok(again) } else { Err(KeepBlobRefused::Conflict) });
        }
        let value = rules.max_blob_disk_bytes;
        if self.work.blobs.bytes() + keep.header.size > value {
            return Ok(Err(KeepBlobRefused::Limit(Limited { limit: "max_blob_disk_bytes", value, retry_after_ms: None })));
        }
        let Some(stamp) = keep.stamp else { return Ok(Err(KeepBlobRefused::Stamp)) };
        if !self.spend_stamp(&stamp)? {
            return Ok(Err(KeepBlobRefused::Stamp));
        }
        let expires_at = now.plus(rules.blob_retention_ms);
        self.work.blobs.0.push(StoredBlob { header: keep.header, file: keep.file, expires_at });
        Ok(Ok(BlobKept::New { expires_at }))
    }

    fn expire_blobs(&mut self, now: Millis, limit: u32) -> Result<Vec<FileName>, StoreDown> {
        // stable: of those that end together the first that came
        self.work.blobs.0.sort_by_key(|b| b.expires_at);
        let ended = self.work.blobs.0.iter().take_while(|b| b.expires_at <= now).count();
        let ended = ended.min(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(self.work.blobs.0.drain(..ended).map(|b| b.file).collect())
    }
}

impl BlobReads for ModelReads {
    fn blob(&self, blob: &BlobId) -> Result<Option<StoredBlob>, StoreDown> {
        self.with(|s| Ok(s.blobs.0.iter().find(|b| b.header.blob == *blob).copied()))
    }
    fn blob_file_known(&self, file: &FileName) -> Result<bool, StoreDown> {
        self.with(|s| Ok(s.blobs.0.iter().any(|b| b.file == *file)))
    }
    fn blob_bytes(&self) -> Result<u64, StoreDown> {
        self.with(|s| Ok(s.blobs.bytes()))
    }
}
