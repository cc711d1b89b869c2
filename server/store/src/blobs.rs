//! Blobs, as the relay keeps them: a row here, a file in `data/blobs/`.
//!
//! | a blob | its row | its file |
//! |---|---|---|
//! | small, or while too much is unfinished | comes when the file is whole and synced | `.part` until then |
//! | large | comes first, unfinished, and spends the stamp | grows; may be missing after a crash |
//! | large, whole | says so once the file is synced and its digest fits | does not change any more |
//! | expired, or found to be wrong | goes first | goes then |
//!
//! So a crash leaves at most a file without a row, which the next start removes.

use super::StoreDown;
use super::channels::Limited;
use crate::rules::{Limit, Rules};
use data_encoding::HEXLOWER;
use lacre_ground::ids::{BlobId, TokenHash};
use lacre_ground::time::Millis;
use std::fmt;

/// The name of a blob's file: chosen by the relay, so that two uploads under one blob name never meet on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

/// A blob whose file is complete and synced, or, to begin, will be made.
#[derive(Clone)]
pub struct KeepBlob {
    /// what its sender said
    pub header: BlobHeader,
    /// its file
    pub file: FileName,
    /// hash of the stamp that pays for it
    pub stamp: Option<TokenHash>,
}

/// A large blob that begins.
#[derive(Clone)]
pub struct BeginBlob(pub KeepBlob);

/// The file of an unfinished blob, which is whole.
#[derive(Clone)]
pub struct FinishBlob(pub FileName);

/// The file of an unfinished blob, which is not what its sender said.
#[derive(Clone)]
pub struct ForgetBlob(pub FileName);

/// One round of what removes blobs.
#[derive(Clone)]
pub struct ExpireBlobs {
    /// those whose time was over at this instant, which whoever asks believes
    pub over_at: Millis,
    /// at most so many
    pub limit: u32,
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

/// How a large blob begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobBegun {
    /// It has a row now, unfinished.
    Unfinished,
    /// It had one already, with this header.
    Again,
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

impl KeepBlobRefused {
    /// This limit is reached; nobody knows until when.
    pub const fn beyond(limit: Limit, value: u64) -> Self {
        Self::Limit(Limited::beyond(limit, value))
    }
}

/// A blob's row, for whoever looks after its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobRow {
    /// its file
    pub file: FileName,
    /// bytes of it
    pub size: u64,
    /// digest of it
    pub sha256: [u8; 32],
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
    /// false: what came of it so far
    pub whole: bool,
}

/// Writes, inside the open transaction ([`crate::engine`]).
pub trait BlobStore {
    /// Makes a file a blob, and spends the stamp.
    fn keep_blob(&mut self, now: Millis, rules: &Rules, keep: &KeepBlob) -> Result<Result<BlobKept, KeepBlobRefused>, StoreDown>;
    /// A large blob whose file is about to grow: counts its whole size, and spends the stamp. Refused with
    /// `max_unfinished_uploads` or `max_unfinished_bytes` when too much is unfinished.
    fn begin_blob(
        &mut self,
        now: Millis,
        rules: &Rules,
        keep: &KeepBlob,
    ) -> Result<Result<BlobBegun, KeepBlobRefused>, StoreDown>;
    /// An unfinished blob's file is whole and synced. None when its time was over meanwhile.
    fn finish_blob(&mut self, now: Millis, rules: &Rules, file: &FileName) -> Result<Option<Millis>, StoreDown>;
    /// An unfinished blob is not what its sender said: its row goes. One that is whole stays.
    fn forget_blob(&mut self, file: &FileName) -> Result<(), StoreDown>;
    /// Deletes the rows of at most `limit` blobs whose time is over, first the oldest: their files are to be removed
    /// after the commit.
    fn expire_blobs(&mut self, now: Millis, limit: u32) -> Result<Vec<FileName>, StoreDown>;
}

/// Reads, beside the writer, of what is committed.
pub trait BlobReads {
    /// A blob, also one that is unfinished, or whose time is over but whose row is still there.
    fn blob(&self, blob: &BlobId) -> Result<Option<StoredBlob>, StoreDown>;
    /// Whether a file belongs to a blob.
    fn blob_file_known(&self, file: &FileName) -> Result<bool, StoreDown>;
    /// Bytes of all blobs, and those that unfinished ones will have.
    fn blob_bytes(&self) -> Result<u64, StoreDown>;
}
