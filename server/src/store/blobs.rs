//! Blobs, as the relay keeps them: a row here, a file in `data/blobs/`.
//!
//! The file is there, whole and synced, before its row is; the row is gone before its file is removed. So a crash
//! leaves at most a file without a row, which the next start removes.

use super::StoreDown;
use super::channels::Limited;
use crate::rules::Rules;
use data_encoding::HEXLOWER;
use lacre_audit::ids::{BlobId, TokenHash};
use lacre_audit::time::Millis;
use std::fmt;

/// The name of a blob's file: chosen by the relay, so that two uploads under one blob name never meet on disk.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName([u8; 16]);

impl FileName {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
    /// From the name in the folder.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// What its sender says about a blob; two of one name must say the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BlobHeader {
    /// random name
    pub blob: BlobId,
    /// hash of the right to fetch it
    pub read: TokenHash,
    /// bytes of ciphertext
    pub size: u64,
    /// SHA-256 of the ciphertext
    pub sha256: [u8; 32],
}

/// A blob whose file is complete and synced.
pub struct KeepBlob {
    /// what its sender said
    pub header: BlobHeader,
    /// its file
    pub file: FileName,
    /// hash of the stamp that pays for it
    pub stamp: Option<TokenHash>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobKept {
    /// Stored with the file.
    New {
        /// kept until this instant
        expires_at: Millis,
    },
    /// The same blob was there already, with another file: remove this one. Nothing was spent.
    Again {
        /// kept until this instant
        expires_at: Millis,
    },
}

/// Why a blob is refused: remove its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeepBlobRefused {
    /// The name is taken with another header.
    #[error("the blob's name is taken")]
    Conflict,
    /// Unknown or spent: take new ones.
    #[error("the stamp is not valid")]
    Stamp,
    /// All blobs together would have too many bytes.
    #[error("the disk's share for blobs is full")]
    Limit(Limited),
}

/// A stored blob.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StoredBlob {
    /// what its sender said
    pub header: BlobHeader,
    /// its file
    pub file: FileName,
    /// kept until this instant
    pub expires_at: Millis,
}

/// Writes, inside the open transaction.
pub trait BlobStore {
    /// Makes a file a blob, and spends the stamp.
    fn keep_blob(&mut self, now: Millis, rules: &Rules, keep: &KeepBlob) -> Result<Result<BlobKept, KeepBlobRefused>, StoreDown>;
    /// Deletes the rows of at most `limit` blobs whose time is over, first the oldest: their files are to be removed
    /// after the commit.
    fn expire_blobs(&mut self, now: Millis, limit: u32) -> Result<Vec<FileName>, StoreDown>;
}

/// Reads, beside the writer, of what is committed.
pub trait BlobReads {
    /// A blob, also one whose time is over but whose row is still there.
    fn blob(&self, blob: &BlobId) -> Result<Option<StoredBlob>, StoreDown>;
    /// Whether a file belongs to a blob.
    fn blob_file_known(&self, file: &FileName) -> Result<bool, StoreDown>;
    /// Bytes of all blobs.
    fn blob_bytes(&self) -> Result<u64, StoreDown>;
}
