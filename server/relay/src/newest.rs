//! A store that went back is noticed: its log was lost, a snapshot of it was put there, or another one stands in its place.
//!
//! What the store was at last is remembered beside it, each minute and at the end. At the start it is compared:
//!
//! | the store | then |
//! |---|---|
//! | is where it was, or further | it is served |
//! | is behind, in accept times or in how many channels, accounts, key packages, resets there ever were | it went back |
//! | has another generation | it went back: another one was put there, or this one again after it was moved into a database. Of a database: one of its relays noticed before us |
//! | was in use when the process ended, and its log is not there | it went back: the log held what was promised last |
//! | is not there, or a file of 0 bytes, and it was not empty | it is not served: an empty one would forget every account at once, and each client that asks would go by that. Whoever means it takes the file `newest` away |
//! | is empty, and there is an identity key, or it was not empty | it went back: a first start makes that key |
//!
//! A store that went back gets a new generation, so that clients put back what it has forgotten (I7); the log says so, and
//! `status` as long as the process runs. A database is compared in the same way by each relay, with what that one remembers. A snapshot of the whole folder cannot be told from a relay that was off.

use data_encoding::HEXLOWER;
use lacre_ground::ids::Generation;
use lacre_store::{Marks, StoreDown};
use std::io;
use std::path::{Path, PathBuf};

/// The file in the data folder.
pub const NEWEST_FILE: &str = "newest";
/// The same of a database, each relay of which remembers it in its own data folder.
const DATABASE_FILE: &str = "newest-database";

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
    /// of several relays: who notices that it went back gives the new generation for all
    shared: bool,
}

impl Before {
    /// Of a store's file and an identity key's.
    #[must_use]
    pub fn look(store: &Path, identity: &Path) -> Self {
        Self { log: store.with_extension("sqlite-wal").exists(), identity: identity.exists(), shared: false }
    }

    /// Of a database, which keeps its own log: `served` says whether a relay of this folder has served from it.
    #[must_use]
    pub const fn of_database(served: bool) -> Self {
        Self { log: true, identity: served, shared: true }
    }

    const fn file(self) -> &'static str {
        if self.shared { DATABASE_FILE } else { NEWEST_FILE }
    }

    fn judge(self, was: Option<Was>, found: &Found) -> Option<WentBack> {
        let Found { generation, marks, .. } = *found;
        let (fresh, had_something) = (found.is_fresh(), was.is_some_and(|was| was.marks != Marks::default()));
        match was {
            _ if fresh && (self.identity || had_something) => Some(WentBack::Empty),
            _ if fresh => None,
            // by its numbers, whatever generation it has: it may be one of before the last time
            _ if found.behind => Some(WentBack::Behind),
            // another relay noticed, or its operator wanted it
            Some(was) if was.generation != generation && self.shared => None,
            Some(was) if was.generation != generation => Some(WentBack::Another),
            Some(was) if marks.is_behind(&was.marks) => Some(WentBack::Behind),
            Some(was) if was.open && !self.log => Some(WentBack::LogLost),
            _ => None,
        }
    }
}

/// What a store is that was just opened.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// its generation
    pub generation: Generation,
    /// its numbers that never go back
    pub marks: Marks,
    /// a relay has served from it
    pub served: bool,
    /// it is known to lack what was acknowledged
    pub behind: bool,
}

impl Found {
    /// Nobody was ever here.
    fn is_fresh(&self) -> bool {
        self.marks == Marks::default() && !self.served
    }
}

/// Whether a database that was found empty is not the one that this folder's relay had.
#[must_use]
pub fn is_emptied(data: &Path, found: &Found) -> bool {
    found.is_fresh() && was(&data.join(DATABASE_FILE)).is_some_and(|was| was.marks != Marks::default())
}

/// Whether the store that was in this folder is gone: there is no file of it, or one of 0 bytes, and it was not empty.
#[must_use]
pub fn is_gone(data: &Path, store: &Path) -> bool {
    let gone = store.metadata().map_or_else(|e| e.kind() == io::ErrorKind::NotFound, |file| file.len() == 0);
    gone && was(&data.join(NEWEST_FILE)).is_some_and(|was| was.marks != Marks::default())
}

/// What a start would find of a store that is there: whether it went back.
#[must_use]
pub fn judged(data: &Path, before: Before, found: &Found) -> Option<WentBack> {
    before.judge(was(&data.join(before.file())), found)
}

fn was(file: &Path) -> Option<Was> {
    std::fs::read_to_string(file).ok().and_then(|text| Was::parse(&text))
}

/// The store of a folder was moved into a database, which goes on from here, also by relays of other folders: whoever goes back to it
/// one day goes back, whatever it looks like.
pub fn leaves(data: &Path, generation: Generation, marks: Marks) -> io::Result<()> {
    // no store has this one
    let nobodys = Generation::new([0; 16]);
    [(DATABASE_FILE, generation), (NEWEST_FILE, nobodys)].into_iter().try_for_each(|(file, generation)| {
        crate::secret_file::replace(&data.join(file), Was { generation, marks, open: false }.text().as_bytes())
    })
}

/// What is remembered of the store that is open.
pub struct Newest {
    file: PathBuf,
    went_back: Option<WentBack>,
}

impl Newest {
    /// Compares a store with what it was, and gives it a new generation when it went back. Whoever goes on to write for a while
    /// says so ([`Newest::remember`]).
    pub fn notice(
        data: &Path,
        before: Before,
        found: &Found,
        renew: impl FnOnce() -> Result<Generation, StoreDown>,
    ) -> Result<Self, StoreDown> {
        let file = data.join(before.file());
        let went_back = before.judge(was(&file), found);
        let mut generation = found.generation;
        if let Some(why) = went_back {
            generation = renew()?;
            tracing::error!(
                ?why, %generation,
                "THE STORE WENT BACK: it is not what it was when it was last seen. It has a new generation, so that clients put \
                 back what they hold; if it was a mistake, stop the relay and put the right store there"
            );
        }
        let newest = Self { file, went_back };
        newest.remember(generation, found.marks, false);
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

        let found = |log, identity| Before { log, identity, shared: false };
        let here = |marks| Found { generation: one, marks, served: true, behind: false };
        let judged = |was, marks: Marks| found(true, true).judge(was, &here(marks));
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
        let of_database = |was, marks: Marks| Before::of_database(true).judge(Some(was), &here(marks));
        assert_eq!(of_database(Was { generation: other, ..was }, less[0]), None, "another relay gave the new generation");
        assert_eq!(of_database(was, less[0]), Some(WentBack::Behind));
        let behind = Found { behind: true, ..here(marks) };
        assert_eq!(Before::of_database(true).judge(Some(was), &behind), Some(WentBack::Behind), "a batch is not there");
        assert_eq!(of_database(Was { open: true, ..was }, marks), None, "its log is its own");
        let open = Some(Was { open: true, ..was });
        assert_eq!(found(false, true).judge(open, &here(marks)), Some(WentBack::LogLost));
        assert_eq!(found(false, true).judge(Some(was), &here(marks)), None, "closed: its log is in the file");
        let nothing = Found { served: false, ..here(Marks::default()) };
        assert_eq!(found(false, true).judge(None, &nothing), Some(WentBack::Empty));
        assert_eq!(found(false, false).judge(Some(was), &nothing), Some(WentBack::Empty));
        assert_eq!(found(false, false).judge(None, &nothing), None, "a first start");
    }
}
