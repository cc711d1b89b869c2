//! A store that went back is noticed: its log was lost, a snapshot of it was put there, or another one stands in its place.
//!
//! What the store was at last is remembered beside it, each minute and at the end. At the start it is compared:
//!
//! | the store | then |
//! |---|---|
//! | is where it was, or further | it is served |
//! | is behind, in accept times or in how many channels, accounts, key packages, resets there ever were | it went back |
//! | has another generation | it went back: another one was put there |
//! | was in use when the process ended, and its log is not there | it went back: the log held what was promised last |
//! | is not there, or a file of 0 bytes, and it was not empty | it is not served: an empty one would forget every account at once, and each client that asks would go by that. Whoever means it takes the file `newest` away |
//! | is empty, and there is an identity key, or it was not empty | it went back: a first start makes that key |
//!
//! A store that went back gets a new generation, so that clients put back what it has forgotten (I7); the log says so, and
//! `status` as long as the process runs. A snapshot of the whole folder cannot be told from a relay that was off.

use data_encoding::HEXLOWER;
use lacre_ground::ids::Generation;
use lacre_ground::random::Rng;
use lacre_store::{Marks, StoreDown};
use lacre_store_sqlite::SqliteStore;
use std::io;
use std::path::{Path, PathBuf};

/// The file in the data folder.
pub const NEWEST_FILE: &str = "newest";

/// What a store was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Was {
    generation: Generation,
    marks: Marks,
    /// a process had it open
    open: bool,
}

impl Was {
    fn text(&self) -> String {
        let Marks { accepted_ms, channels, accounts, key_packages, resets } = self.marks;
        let generation = HEXLOWER.encode(self.generation.as_bytes());
        let open = if self.open { "open" } else { "closed" };
        format!("{generation} {accepted_ms} {channels} {accounts} {key_packages} {resets} {open}\n")
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let generation = Generation::try_from(HEXLOWER.decode(words.next()?.as_bytes()).ok()?.as_slice()).ok()?;
        let mut number = || words.next()?.parse().ok();
        let marks = Marks {
            accepted_ms: number()?,
            channels: number()?,
            accounts: number()?,
            key_packages: number()?,
            resets: number()?,
        };
        Some(Self { generation, marks, open: words.next()? == "open" })
    }
}

/// How it was seen that a store went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WentBack {
    /// it is behind what it was
    Behind,
    /// another one was put in its place
    Another,
    /// what it was doing when the process ended is lost
    LogLost,
    /// there was a relay, and the store has nothing
    Empty,
}

/// What is found before a store is opened.
#[derive(Clone, Copy, Debug)]
pub struct Before {
    log: bool,
    identity: bool,
}

impl Before {
    /// Of a store's file and an identity key's.
    #[must_use]
    pub fn look(store: &Path, identity: &Path) -> Self {
        Self { log: store.with_extension("sqlite-wal").exists(), identity: identity.exists() }
    }

    fn judge(self, was: Option<Was>, generation: Generation, marks: &Marks, fresh: bool) -> Option<WentBack> {
        let had_something = was.is_some_and(|was| was.marks != Marks::default());
        match was {
            _ if fresh && (self.identity || had_something) => Some(WentBack::Empty),
            _ if fresh => None,
            Some(was) if was.generation != generation => Some(WentBack::Another),
            Some(was) if marks.is_behind(&was.marks) => Some(WentBack::Behind),
            Some(was) if was.open && !self.log => Some(WentBack::LogLost),
            _ => None,
        }
    }
}

/// Whether the store that was in this folder is gone: there is no file of it, or one of 0 bytes, and it was not empty.
#[must_use]
pub fn is_gone(data: &Path, store: &Path) -> bool {
    let gone = store.metadata().map_or_else(|e| e.kind() == io::ErrorKind::NotFound, |file| file.len() == 0);
    gone && was(&data.join(NEWEST_FILE)).is_some_and(|was| was.marks != Marks::default())
}

fn was(file: &Path) -> Option<Was> {
    std::fs::read_to_string(file).ok().and_then(|text| Was::parse(&text))
}

/// What is remembered of the store that is open.
pub struct Newest {
    file: PathBuf,
    went_back: Option<WentBack>,
}

impl Newest {
    /// Compares a store with what it was, and gives it a new generation when it went back. Whoever goes on to write for a while
    /// says so ([`Newest::remember`]).
    pub fn notice(data: &Path, before: Before, store: &mut SqliteStore, rng: &mut dyn Rng) -> Result<Self, StoreDown> {
        let file = data.join(NEWEST_FILE);
        let was = was(&file);
        let marks = store.marks()?;
        let fresh = marks == Marks::default() && !store.has_served()?;
        let went_back = before.judge(was, store.generation(), &marks, fresh);
        if let Some(why) = went_back {
            let generation = store.renew_generation(rng)?;
            tracing::error!(
                ?why, %generation,
                "THE STORE WENT BACK: it is not what it was when it was last seen. It has a new generation, so that clients put \
                 back what they hold; if it was a mistake, stop the relay and put the right store there"
            );
        }
        let newest = Self { file, went_back };
        newest.remember(store.generation(), marks, false);
        Ok(newest)
    }

    /// Of a store that has no file.
    #[must_use]
    pub fn of_none(data: &Path) -> Self {
        Self { file: data.join(NEWEST_FILE), went_back: None }
    }

    /// Writes down what the store is; `open` until it is closed for good.
    pub fn remember(&self, generation: Generation, marks: Marks, open: bool) {
        let text = Was { generation, marks, open }.text();
        if let Err(e) = crate::secret_file::replace(&self.file, text.as_bytes()) {
            tracing::warn!(cause = %e, "what the store is was not written down");
        }
    }

    /// Until [`NotServed::serves`], an end of this process is no loss of anything: nobody was served.
    #[must_use]
    pub fn not_served(&self, generation: Generation, marks: Marks) -> NotServed {
        NotServed(Some((Self { file: self.file.clone(), went_back: self.went_back }, generation, marks)))
    }

    /// Whether the store went back before this process served it.
    #[must_use]
    pub fn went_back(&self) -> Option<WentBack> {
        self.went_back
    }
}

/// A start that is under way: when it fails, the store is remembered as one that was closed, so that the next start does not take
/// the log that went with it for lost.
pub struct NotServed(Option<(Newest, Generation, Marks)>);

impl NotServed {
    /// From now on it is served.
    pub fn serves(mut self) {
        self.0 = None;
    }
}

impl Drop for NotServed {
    fn drop(&mut self) {
        if let Some((newest, generation, marks)) = self.0.take() {
            newest.remember(generation, marks, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_store_was_reads_back_and_each_row_of_the_table_holds() {
        let marks = Marks { accepted_ms: 9, channels: 8, accounts: 7, key_packages: 6, resets: 5 };
        let (one, other) = (Generation::new([1; 16]), Generation::new([2; 16]));
        let was = Was { generation: one, marks, open: false };
        for was in [was, Was { open: true, ..was }] {
            assert_eq!(Was::parse(&was.text()), Some(was));
        }
        assert_eq!([Was::parse(""), Was::parse("00 1")], [None; 2]);

        let found = |log, identity| Before { log, identity };
        let judged = |was, marks: Marks| found(true, true).judge(was, one, &marks, false);
        assert_eq!(judged(Some(was), marks), None);
        assert_eq!(judged(Some(was), Marks { channels: 9, ..marks }), None);
        assert_eq!(judged(None, marks), None, "of a version that did not remember");
        let less = [
            Marks { accepted_ms: 8, ..marks },
            Marks { channels: 7, ..marks },
            Marks { accounts: 6, ..marks },
            Marks { key_packages: 5, ..marks },
            Marks { resets: 4, ..marks },
        ];
        for less in less {
            assert_eq!(judged(Some(was), less), Some(WentBack::Behind), "{less:?}");
        }
        assert_eq!(judged(Some(Was { generation: other, ..was }), marks), Some(WentBack::Another));
        let open = Some(Was { open: true, ..was });
        assert_eq!(found(false, true).judge(open, one, &marks, false), Some(WentBack::LogLost));
        assert_eq!(found(false, true).judge(Some(was), one, &marks, false), None, "closed: its log is in the file");
        let nothing = Marks::default();
        assert_eq!(found(false, true).judge(None, one, &nothing, true), Some(WentBack::Empty));
        assert_eq!(found(false, false).judge(Some(was), one, &nothing, true), Some(WentBack::Empty));
        assert_eq!(found(false, false).judge(None, one, &nothing, true), None, "a first start");
    }
}
