//! Blobs' rows in the model.

use super::{ModelReads, ModelStore};
use crate::blobs::{BlobBegun, BlobKept, FileName, KeepBlob, KeepBlobRefused, StoredBlob};
use crate::judge::blobs::{self as judge, Unfinished};
use crate::rules::Rules;
use crate::{BlobReads, BlobStore, StoreDown};
use lacre_ground::ids::BlobId;
use lacre_ground::time::Millis;

#[derive(Clone, Default)]
pub(super) struct Blobs(Vec<StoredBlob>);

impl Blobs {
    pub(super) fn count(&self) -> u64 {
        self.0.iter().filter(|b| b.whole).count() as u64
    }
    fn named(&self, blob: &BlobId) -> Option<&StoredBlob> {
        self.0.iter().find(|b| b.header.blob == *blob)
    }
    /// All are there, whole, with these digests.
    pub(super) fn has(&self, blobs: &[(BlobId, [u8; 32])]) -> bool {
        blobs.iter().all(|(blob, sha256)| self.named(blob).is_some_and(|b| b.whole && b.header.sha256 == *sha256))
    }
    /// They are kept until then, or longer.
    pub(super) fn keep(&mut self, blobs: &[(BlobId, [u8; 32])], until: Millis) {
        for blob in self.0.iter_mut().filter(|b| blobs.iter().any(|(name, _)| *name == b.header.blob)) {
            blob.expires_at = blob.expires_at.max(until);
        }
    }
    fn bytes(&self) -> u64 {
        self.0.iter().map(|b| b.header.size).sum()
    }
}

impl ModelStore {
    fn insert(
        &mut self,
        rules: &Rules,
        keep: &KeepBlob,
        expires_at: Millis,
        whole: bool,
    ) -> Result<Result<(), KeepBlobRefused>, StoreDown> {
        if let Err(full) = judge::disk(self.work.blobs.bytes(), keep.header.size, rules) {
            return Ok(Err(full));
        }
        if !self.pay(keep.stamp.as_ref())? {
            return Ok(Err(KeepBlobRefused::Stamp));
        }
        self.work.blobs.0.push(StoredBlob { header: keep.header, file: keep.file, expires_at, whole });
        Ok(Ok(()))
    }
}

impl BlobStore for ModelStore {
    fn keep_blob(&mut self, now: Millis, rules: &Rules, keep: &KeepBlob) -> Result<Result<BlobKept, KeepBlobRefused>, StoreDown> {
        if let Some(answer) = judge::keep(self.work.blobs.named(&keep.header.blob), &keep.header).transpose() {
            return Ok(answer);
        }
        let expires_at = now.plus(rules.blob_retention_ms);
        Ok(self.insert(rules, keep, expires_at, true)?.map(|()| BlobKept::New { expires_at }))
    }

    fn begin_blob(
        &mut self,
        now: Millis,
        rules: &Rules,
        keep: &KeepBlob,
    ) -> Result<Result<BlobBegun, KeepBlobRefused>, StoreDown> {
        if let Some(answer) = judge::begin(self.work.blobs.named(&keep.header.blob), &keep.header).transpose() {
            return Ok(answer);
        }
        let sizes: Vec<u64> = self.work.blobs.0.iter().filter(|b| !b.whole).map(|b| b.header.size).collect();
        let unfinished = Unfinished { count: sizes.len() as u64, bytes: sizes.iter().sum() };
        if let Err(full) = unfinished.room(keep.header.size, rules) {
            return Ok(Err(full));
        }
        let expires_at = now.plus(rules.unfinished_retention_ms);
        Ok(self.insert(rules, keep, expires_at, false)?.map(|()| BlobBegun::Unfinished))
    }

    fn finish_blob(&mut self, now: Millis, rules: &Rules, file: &FileName) -> Result<Option<Millis>, StoreDown> {
        let Some(blob) = self.work.blobs.0.iter_mut().find(|b| b.file == *file && !b.whole) else { return Ok(None) };
        (blob.whole, blob.expires_at) = (true, now.plus(rules.blob_retention_ms));
        Ok(Some(blob.expires_at))
    }

    fn forget_blob(&mut self, file: &FileName) -> Result<(), StoreDown> {
        self.work.blobs.0.retain(|b| b.file != *file || b.whole);
        Ok(())
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
        self.with(|s| Ok(s.blobs.named(blob).copied()))
    }
    fn blob_file_known(&self, file: &FileName) -> Result<bool, StoreDown> {
        self.with(|s| Ok(s.blobs.0.iter().any(|b| b.file == *file)))
    }
    fn blob_bytes(&self) -> Result<u64, StoreDown> {
        self.with(|s| Ok(s.blobs.bytes()))
    }
}
