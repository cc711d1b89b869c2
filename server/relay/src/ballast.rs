//! A file that takes room on the disk and holds nothing, so that there is room for removal when others have taken all the
//! rest: SQLite writes what it removes into its log first. Removal alone may have what it gives up: until the ballast is
//! there again, so much more must be free before entries and blobs are taken ([`crate::room`]).

use rustix::fs::FallocateFlags;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Bytes that one round of retention can need: 128 entries of 256 KiB, overwritten page by page, and the indexes …
const MOST: u64 = 48 * 1024 * 1024;
/// … but of a small disk no more than this part.
const PART: u64 = 16;
/// What `st_blocks` counts in.
const BLOCK: u64 = 512;

/// The file `ballast` in the data folder: its length is 0, its blocks are taken all the same.
pub(crate) struct Ballast {
    path: PathBuf,
}

impl Ballast {
    pub(crate) fn new(data: &Path) -> Self {
        Self { path: data.join("ballast") }
    }

    /// How large it is to be on a disk of so many bytes.
    pub(crate) const fn wanted(disk: u64) -> u64 {
        if disk / PART < MOST { disk / PART } else { MOST }
    }

    /// Bytes that it takes now.
    pub(crate) fn taken(&self) -> u64 {
        self.path.symlink_metadata().map_or(0, |found| found.blocks().saturating_mul(BLOCK))
    }

    /// Takes so many. On a file system that cannot set room aside there is none.
    pub(crate) fn take(&self, bytes: u64) -> io::Result<()> {
        let file: File = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&self.path)?;
        rustix::fs::fallocate(&file, FallocateFlags::KEEP_SIZE, 0, bytes)?;
        file.sync_all()
    }

    /// Gives it all up.
    pub(crate) fn spend(&self) -> io::Result<()> {
        match std::fs::remove_file(&self.path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }
}
