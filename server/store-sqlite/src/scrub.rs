//! Overwrites what SQLite leaves of rows that it has moved.
//!
//! `secure_delete` overwrites a row where it is when it is deleted. A page of a tree that was built anew before, because rows
//! were moved to or from its neighbours, may hold older copies of rows in its unused middle, between the pointers to its rows
//! and the first of them (`rebuildPage` in SQLite's `btree.c`): nothing reads them, and nothing overwrites them. So this does,
//! in the file, when the log is empty and nobody writes:
//!
//! | pages | when |
//! |---|---|
//! | that the log held | each time that it was emptied |
//! | all of them, [`AT_A_TIME`] each time | after a start, and when the log may have begun again in between, so that nobody knows what it held |

use super::{CHECKPOINT_PAGES, Down};
use lacre_store::StoreDown;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Pages of a look at all of them: 8 MiB.
const AT_A_TIME: u32 = 1_024;
/// From so many pages on an overflow page, which begins with the number of the next one, could look like one of a tree.
const TOO_MANY: u32 = 1 << 25;
const LOG_HEAD: u64 = 32;
const FRAME_HEAD: u64 = 24;
/// A frame's page number, the pages then, and the salts of the log that it belongs to.
type FrameHead = [u8; 24];

/// What is still to be looked at.
pub(super) struct Scrub {
    /// Open as long as the store: to close any handle of a file gives away SQLite's locks on it in this process.
    file: File,
    page: u64,
    /// pages that were written
    written: BTreeSet<u32>,
    /// the next of all pages, as long as not all were looked at
    next: Option<u32>,
    /// once more from the first
    again: bool,
}

impl Scrub {
    /// Of the store's file, which is there.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().read(true).write(true).open(path)?;
        let mut size = [0; 2];
        file.read_exact_at(&mut size, 16)?;
        Ok(Self { file, page: u16::from_be_bytes(size).into(), written: BTreeSet::new(), next: Some(1), again: false })
    }

    /// Before the log is emptied: which pages it holds.
    pub(super) fn notice(&mut self, log: &Path) -> io::Result<()> {
        let log = match File::open(log) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            log => log?,
        };
        let (length, frame) = (log.metadata()?.len(), FRAME_HEAD + self.page);
        let mut salts = [0; 8];
        if length < LOG_HEAD {
            return Ok(());
        }
        log.read_exact_at(&mut salts, 16)?;
        if length - LOG_HEAD >= u64::from(CHECKPOINT_PAGES) * frame {
            self.again = true;
        }
        let mut at = LOG_HEAD;
        while at + frame <= length {
            let mut head: FrameHead = [0; 24];
            log.read_exact_at(&mut head, at)?;
            // what lies behind is of before the log began again
            if head.get(8..16) != Some(salts.as_slice()) {
                break;
            }
            self.written.extend(head.first_chunk().map(|number| u32::from_be_bytes(*number)));
            at += frame;
        }
        Ok(())
    }

    /// After it was emptied. Does nothing when somebody has written since.
    pub(super) fn overwrite(&mut self, conn: &Connection, log: &Path) -> Result<(), StoreDown> {
        if self.written.is_empty() && self.next.is_none() && !self.again {
            return Ok(());
        }
        let alone = |sql: &str| -> Result<(), Down> { Ok(conn.execute_batch(sql)?) };
        alone("BEGIN IMMEDIATE")?;
        let done = if log.metadata().is_ok_and(|log| log.len() > 0) { Ok(()) } else { self.pages() };
        alone("ROLLBACK")?;
        done.map_err(StoreDown::new)
    }

    fn pages(&mut self) -> io::Result<()> {
        let pages = u32::try_from(self.file.metadata()?.len() / self.page.max(512)).unwrap_or(u32::MAX);
        if pages >= TOO_MANY {
            return Ok(());
        }
        if self.next.is_none() && std::mem::take(&mut self.again) {
            self.next = Some(1);
        }
        let look = self.next.map_or(0..0, |next| next..next.saturating_add(AT_A_TIME).min(pages + 1));
        let mut changed = false;
        for number in look.clone().chain(self.written.iter().copied().filter(|number| (1..=pages).contains(number))) {
            changed |= self.one(number)?;
        }
        if changed {
            self.file.sync_data()?;
        }
        self.written.clear();
        self.next = self.next.and((look.end <= pages).then_some(look.end));
        Ok(())
    }

    /// Whether there was something.
    fn one(&self, number: u32) -> io::Result<bool> {
        let at = u64::from(number - 1) * self.page;
        let mut page = vec![0; usize::try_from(self.page).unwrap_or(0)];
        self.file.read_exact_at(&mut page, at)?;
        let Some(middle) = middle(&page, number == 1) else { return Ok(false) };
        let Some(left) = page.get(middle.clone()).filter(|left| left.iter().any(|byte| *byte != 0)) else { return Ok(false) };
        let start = at + u64::try_from(middle.start).unwrap_or(0);
        self.file.write_all_at(&vec![0; left.len()], start)?;
        Ok(true)
    }
}

/// The unused middle of a page of a tree (SQLite's file format, 1.6); none of any other page.
fn middle(page: &[u8], first: bool) -> Option<Range<usize>> {
    let head = if first { 100 } else { 0 };
    let pointers = match page.get(head)? {
        2 | 5 => 12,
        10 | 13 => 8,
        _ => return None,
    };
    let number = |at: usize| page.get(at..)?.first_chunk().map(|two| usize::from(u16::from_be_bytes(*two)));
    let start = head + pointers + 2 * number(head + 3)?;
    let end = number(head + 5)?;
    (start < end && end <= page.len()).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_page_lies_between_its_pointers_and_its_rows_and_other_pages_have_none() {
        let page = |kind: u8, cells: u16, content: u16| {
            let mut page = vec![7; 512];
            page[0] = kind;
            page[3..5].copy_from_slice(&cells.to_be_bytes());
            page[5..7].copy_from_slice(&content.to_be_bytes());
            page
        };
        assert_eq!(middle(&page(13, 3, 400), false), Some(14..400));
        assert_eq!(middle(&page(10, 0, 512), false), Some(8..512), "an empty leaf");
        assert_eq!(middle(&page(5, 3, 400), false), Some(18..400));
        assert_eq!(middle(&page(2, 3, 400), true), None, "the first page has its head behind the file's");
        for other in [page(0, 3, 400), page(13, 3, 513), page(13, 300, 400), page(13, 3, 0)] {
            assert_eq!(middle(&other, false), None);
        }
        assert_eq!(middle(&[13, 0], false), None);
    }
}
