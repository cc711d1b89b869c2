//! Room on the disk for what is written in many steps: asked for before the first, and again before each.
//!
//! A row lies in the log until it is copied into the file, so it takes its room twice. A log that has filled the disk cannot be
//! copied, and while it is not, nothing can be written or removed: the profile stands still until somebody else makes room. One
//! step that finds no room leaves none taken; many that each found some would leave that log.

use super::rows::StoreError;
use std::path::Path;

/// Bytes that stay free for the steps of others: a text is written and sent in some tens of KiB.
const STEPS: u64 = 1024 * 1024;
/// Rows have pages of their own, which are not full: one in so many bytes.
const PAGES: u64 = 32;

/// [`StoreError::Full`] unless so many bytes more can be stored, what the log of this name holds be copied, and others go on. A disk that cannot be
/// asked says so when it is written to.
pub(crate) fn takes(dir: &Path, log: &str, bytes: u64) -> Result<(), StoreError> {
    let log = dir.join(log).metadata().map_or(0, |about| about.len());
    let needed = [log, bytes, bytes / PAGES, STEPS].into_iter().fold(0, u64::saturating_add);
    match free(dir) {
        Some(free) if free < needed => Err(StoreError::Full),
        Some(_) | None => Ok(()),
    }
}

/// That this user may still take.
#[cfg(unix)]
fn free(dir: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(dir).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}
#[cfg(not(unix))]
fn free(_dir: &Path) -> Option<u64> {
    None
}
