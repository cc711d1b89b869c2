//! Room on the disk. While there is too little of it, entries and blobs are refused; what is there is served, and what
//! removes goes on: it too needs room, and that is what the kept part is for. Looked at every few seconds, so that a
//! relay whose disk was full serves again by itself.

use lacre_store::StoreDown;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Pause between two looks.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Never less is kept free: one batch of the writer.
const LEAST: u64 = 1024 * 1024;

/// Bytes of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// that this user may still take
    pub free: u64,
    /// in all
    pub total: u64,
}

/// The file system that a folder lies on.
pub fn disk(folder: &Path) -> io::Result<Disk> {
    let found = rustix::fs::statvfs(folder)?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Ok(Disk { free: bytes(found.f_bavail), total: bytes(found.f_blocks) })
}

/// Whether there is room.
pub struct Room {
    folder: PathBuf,
    keep: AtomicU64,
    full: AtomicBool,
}

impl Room {
    /// On the file system of this folder, of which so many bytes stay free.
    #[must_use]
    pub fn new(folder: &Path, keep: u64) -> Self {
        let room = Self { folder: folder.to_owned(), keep: AtomicU64::new(keep), full: AtomicBool::new(false) };
        room.look();
        room
    }
    /// Bytes that stay free.
    #[must_use]
    pub fn kept(&self) -> u64 {
        self.keep.load(Ordering::Acquire).max(LEAST)
    }
    /// From now on so many bytes stay free.
    pub fn keep(&self, bytes: u64) {
        self.keep.store(bytes, Ordering::Release);
        self.look();
    }
    /// Looks at the disk. A tenth more than what is kept must be free before a full one counts as having room again.
    pub fn look(&self) {
        let disk = match disk(&self.folder) {
            Ok(disk) => disk,
            Err(e) => return tracing::error!(cause = %e, "the disk cannot be asked for its room"),
        };
        let (was, kept) = (self.full.load(Ordering::Acquire), self.kept());
        let full = disk.free < if was { kept.saturating_add(kept / 10) } else { kept };
        self.full.store(full, Ordering::Release);
        if full && !was {
            tracing::error!(free_bytes = disk.free, kept, "the disk is full: entries and blobs are refused until there is room");
        } else if was && !full {
            tracing::info!(free_bytes = disk.free, "there is room again: entries and blobs are taken");
        }
    }
    /// Whether entries and blobs are refused.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Acquire)
    }
    /// First line of every call that stores something at a stranger's wish.
    pub fn enough(&self) -> Result<(), StoreDown> {
        if self.is_full() { Err(StoreDown::full("the disk is nearly full")) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_until_more_is_kept_free_than_there_is_and_again_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let found = disk(folder.path()).unwrap();
        let room = Room::new(folder.path(), 0);
        assert!(found.free > LEAST && found.free <= found.total && room.enough().is_ok());
        room.keep(u64::MAX);
        assert!(room.enough().unwrap_err().full);
        room.keep(0);
        assert!(room.enough().is_ok());
    }
}
