//! Room on the disk. While there is too little of it, entries and blobs are refused; what is there is served, and what
//! removes goes on: it too needs room, and that is what the kept part and the ballast are for. Looked at every few seconds,
//! so that a relay whose disk was full serves again by itself.
//!
//! Between two looks nothing is taken on trust: an append takes what it may need from what was free then, an upload is
//! promised its size before its first byte, and asks again before each chunk.
//!
//! | free | entries, blobs | ballast |
//! |---|---|---|
//! | what is kept, what is promised and what the ballast lacks, or more | taken | made, when it is not there and a tenth more is free |
//! | less | refused | stays |
//! | nothing: removal found no room | refused | spent, and not before: what is free is everybody's on this disk |

use crate::ballast::Ballast;
use lacre_store::StoreDown;
#[cfg(doc)]
use lacre_store::rules::Rules;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Pause between two looks.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Never less is kept free: one batch of the writer.
const LEAST: u64 = 1024 * 1024;
/// What an entry takes of the store beside its bytes.
const ROW: u64 = 128;
/// What an entry can take of the disk beside its bytes: pages of the log for it, its indexes and its channel.
const ENTRY: u64 = 32 * 1024;
/// An entry's bytes go into SQLite's log, and then into its file; pages are not full.
const TIMES: u64 = 3;

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

/// The disk that a data folder lies on, or would, and what must be free there before a relay that keeps so many bytes free takes
/// anything. Nothing is changed: for whoever looks before a start.
pub fn asked(data: &Path, keep: u64) -> io::Result<(Disk, u64)> {
    let there = data.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let found = disk(there)?;
    Ok((found, needed(keep.max(LEAST), &Ballast::new(data), found).0))
}

/// What must be free beside promises, before anything is taken; and what the ballast lacks of it.
fn needed(kept: u64, ballast: &Ballast, disk: Disk) -> (u64, u64) {
    let wanted = Ballast::wanted(disk.total);
    let missing = wanted.saturating_sub(ballast.taken());
    (kept.max(wanted).saturating_add(missing), missing)
}

/// Whether there is room.
pub struct Room {
    folder: PathBuf,
    keep: AtomicU64,
    full: AtomicBool,
    /// what entries may still take before the disk is looked at again
    left: AtomicU64,
    /// what uploads under way were promised and have not written
    promised: AtomicU64,
    /// what entries may still take of [`Rules::max_store_bytes`], and that
    store_left: AtomicU64,
    store_most: AtomicU64,
    ballast: Option<Ballast>,
}

/// Why nothing is taken.
#[derive(Debug, PartialEq, Eq)]
pub enum NoRoom {
    /// The disk is nearly full.
    Disk(StoreDown),
    /// The store keeps as much as it may.
    Store {
        /// [`Rules::max_store_bytes`]
        most: u64,
    },
}

impl Room {
    /// On the file system of this folder, of which so many bytes stay free.
    #[must_use]
    pub fn new(folder: &Path, keep: u64) -> Self {
        Self::of(folder, keep, None)
    }
    /// The same, of a relay's data folder: with a ballast in it.
    #[must_use]
    pub fn with_ballast(data: &Path, keep: u64) -> Self {
        Self::of(data, keep, Some(Ballast::new(data)))
    }
    fn of(folder: &Path, keep: u64, ballast: Option<Ballast>) -> Self {
        let (full, left, promised) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
        let (store_left, store_most) = (AtomicU64::new(u64::MAX), AtomicU64::new(u64::MAX));
        let (folder, keep) = (folder.to_owned(), AtomicU64::new(keep));
        let room = Self { folder, keep, full, left, promised, store_left, store_most, ballast };
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
    fn needed(&self, disk: Disk) -> (u64, u64) {
        self.ballast.as_ref().map_or((self.kept(), 0), |ballast| needed(self.kept(), ballast, disk))
    }
    /// Looks at the disk. A tenth more than what is kept must be free before a full one counts as having room again.
    pub fn look(&self) {
        if let Err(e) = self.look_again() {
            tracing::error!(cause = %e, "the disk cannot be asked for its room");
        }
    }
    fn look_again(&self) -> io::Result<()> {
        let mut found = disk(&self.folder)?;
        let was = self.full.load(Ordering::Acquire);
        let (needed, missing) = self.needed(found);
        let tenth = self.kept() / 10;
        if missing > 0 && found.free >= needed.saturating_add(tenth) {
            self.take_ballast(missing);
            found = disk(&self.folder)?;
        }
        let (needed, _) = self.needed(found);
        let full = found.free < if was { needed.saturating_add(tenth) } else { needed };
        let promised = self.promised.load(Ordering::Acquire);
        self.left.store(found.free.saturating_sub(needed).saturating_sub(promised), Ordering::Release);
        self.full.store(full, Ordering::Release);
        if full && !was {
            tracing::error!(
                free_bytes = found.free,
                needed,
                "the disk is full: entries and blobs are refused until there is room"
            );
        } else if was && !full {
            tracing::info!(free_bytes = found.free, "there is room again: entries and blobs are taken");
        }
        Ok(())
    }
    fn take_ballast(&self, missing: u64) {
        let Some(ballast) = &self.ballast else { return };
        let wanted = missing.saturating_add(ballast.taken());
        if let Err(e) = ballast.take(wanted) {
            tracing::warn!(cause = %e, "no ballast: when others fill the disk, removal may have no room");
        }
    }
    /// Whether entries and blobs are refused.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Acquire)
    }
    /// First line of every call that stores entries at a stranger's wish: takes what so many of so many bytes may need.
    pub fn take(&self, entries: usize, bytes: usize) -> Result<(), NoRoom> {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let kept = count(entries).saturating_mul(ROW).saturating_add(count(bytes));
        let left = |left: u64| left.checked_sub(kept);
        if self.store_left.fetch_update(Ordering::AcqRel, Ordering::Acquire, left).is_err() {
            return Err(NoRoom::Store { most: self.store_most.load(Ordering::Acquire) });
        }
        let needs = count(entries).saturating_mul(ENTRY).saturating_add(count(bytes).saturating_mul(TIMES));
        let taken = || {
            let left = |left: u64| left.checked_sub(needs);
            !self.is_full() && self.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, left).is_ok()
        };
        if taken() {
            return Ok(());
        }
        self.look();
        if taken() { Ok(()) } else { Err(NoRoom::Disk(full())) }
    }
    /// What removes was told this: that it had no room gives it the ballast, for its next try.
    pub fn removal_was_told(&self, down: &StoreDown) {
        if let Some(ballast) = self.ballast.as_ref().filter(|ballast| down.full && ballast.taken() > 0) {
            tracing::error!("removal had no room: the ballast is given up");
            if let Err(e) = ballast.spend() {
                tracing::error!(cause = %e, "the ballast was not given up");
            }
            self.look();
        }
    }
    /// The store keeps so many bytes, of so many at most.
    pub fn store_keeps(&self, bytes: u64, most: u64) {
        self.store_most.store(most, Ordering::Release);
        self.store_left.store(most.saturating_sub(bytes), Ordering::Release);
    }
    /// Sets room aside for an upload.
    pub fn promise(self: &Arc<Self>, bytes: u64) -> Result<Promised, StoreDown> {
        self.look();
        if self.is_full() {
            return Err(full());
        }
        let found = disk(&self.folder).map_err(StoreDown::new)?;
        let free = found.free.saturating_sub(self.needed(found).0);
        let more = |promised: u64| promised.checked_add(bytes).filter(|all| *all <= free);
        self.promised.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).map_err(|_| full())?;
        Ok(Promised { room: Arc::clone(self), left: bytes })
    }
}

fn full() -> StoreDown {
    StoreDown::full("the disk is nearly full")
}

/// Room that is set aside for an upload, less what it has written. It is free again when this is dropped.
pub struct Promised {
    room: Arc<Room>,
    left: u64,
}

impl Promised {
    /// Before each chunk: others may have taken the disk meanwhile. So many bytes are written next.
    pub fn write(&mut self, bytes: usize) -> Result<(), StoreDown> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let found = disk(&self.room.folder).map_err(StoreDown::new)?;
        if found.free < self.room.needed(found).0.saturating_add(bytes) {
            self.room.look();
            return Err(full());
        }
        let written = bytes.min(self.left);
        self.left -= written;
        self.room.promised.fetch_sub(written, Ordering::AcqRel);
        Ok(())
    }
}

impl Drop for Promised {
    fn drop(&mut self) {
        self.room.promised.fetch_sub(self.left, Ordering::AcqRel);
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
        assert!(found.free > LEAST && found.free <= found.total && room.take(1, 1).is_ok());
        room.keep(u64::MAX);
        assert_eq!(room.take(1, 1), Err(NoRoom::Disk(full())));
        room.keep(0);
        assert!(room.take(1, 1).is_ok());
    }

    #[test]
    fn the_store_takes_what_it_may_keep_to_the_last_byte_and_again_when_something_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let room = Room::new(folder.path(), 0);
        room.store_keeps(1_000, 1_000 + 2 * ROW + 50);

        assert!(room.take(1, 50).is_ok());
        assert_eq!(room.take(1, 1), Err(NoRoom::Store { most: 1_050 + 2 * ROW }));
        assert!(room.take(1, 0).is_ok());
        room.store_keeps(900, 1_050 + 2 * ROW);
        assert!(room.take(1, 1).is_ok());
    }

    #[test]
    fn entries_that_come_between_two_looks_do_not_take_what_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let room = Room::new(folder.path(), 0);
        let left = usize::try_from(room.left.load(Ordering::Acquire)).unwrap();

        assert_eq!(room.take(0, left), Err(NoRoom::Disk(full())), "three times its bytes");
        room.look();
        assert!(room.take(0, left / 4).is_ok());
        assert!(room.left.load(Ordering::Acquire) < u64::try_from(left / 2).unwrap());
    }

    #[test]
    fn what_is_promised_to_one_upload_is_not_promised_to_another_and_is_free_again_when_it_ends() {
        const MARGIN: u64 = 512 * 1024 * 1024;
        let folder = tempfile::tempdir().unwrap();
        let room = Arc::new(Room::new(folder.path(), 0));
        let free = disk(folder.path()).unwrap().free;
        let most = free.saturating_sub(MARGIN);

        let first = room.promise(most).unwrap();
        assert!(room.promise(MARGIN * 2).is_err_and(|down| down.full));
        drop(first);
        let mut second = room.promise(most).unwrap();
        second.write(1_000).unwrap();
        assert_eq!(room.promised.load(Ordering::Acquire), most - 1_000, "what is written is on the disk");
        room.keep(u64::MAX);
        assert!(second.write(1_000).is_err_and(|down| down.full), "asked while writing");
        drop(second);
        assert_eq!(room.promised.load(Ordering::Acquire), 0);
    }

    #[test]
    fn the_ballast_takes_room_without_being_long_and_is_made_once_there_is_room_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let (path, found) = (folder.path().join("ballast"), disk(folder.path()).unwrap());
        let room = Room::with_ballast(folder.path(), u64::MAX);
        assert!(!path.exists() && room.is_full());

        room.keep(0);

        let ballast = room.ballast.as_ref().unwrap();
        let (taken, wanted) = (ballast.taken(), Ballast::wanted(found.total));
        assert!((wanted..wanted + LEAST).contains(&taken), "{taken} of {wanted}");
        assert_eq!(path.metadata().unwrap().len(), 0);
        assert!(room.take(1, 1).is_ok());
        ballast.spend().unwrap();
        ballast.spend().unwrap();
        assert_eq!(ballast.taken(), 0);
    }
}
