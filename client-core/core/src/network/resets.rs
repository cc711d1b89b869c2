//! How a relay's list of resets is followed, a page at a time (PROTOCOL.md 8, "All resets"). What notes say is their reader's.
//!
//! | a page | what follows |
//! |---|---|
//! | of the store that was known, the last known note first | what is behind that note is new |
//! | of another store, with a smaller head, or with another note in that place | once: all is asked for again from the first |
//! | the same a second time, or nothing new before the head | the relay broke the protocol |

use super::NetError;
use lacre_ground::ids::Generation;
use lacre_proto::relay::v1 as wire;
use sha2::{Digest as _, Sha256};

/// How far a relay's list is known. Kept by its reader together with what the notes changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// the number of the last note that was read; 0 before the first
    pub through: u64,
    /// SHA-256 of that note
    pub last: Option<[u8; 32]>,
    /// the store that numbered it
    pub of: Option<Generation>,
}

/// What a page is to its reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The list is another one: ask again. What was known of the old one stays known.
    Anew,
    /// What is new, in order.
    News {
        /// notes as they came, not verified
        notes: Vec<String>,
        /// how far the list is known with them
        known: Known,
        /// nothing is behind them
        end: bool,
    },
}

/// One walk along a list.
#[derive(Clone, Debug)]
pub struct Walk {
    known: Known,
    from: u64,
    /// begun again already
    anew: bool,
}

impl Walk {
    /// On from what is known. The last one that is known comes again: it must be the same.
    #[must_use]
    pub fn from(known: Known) -> Self {
        Self { known, from: known.through.max(1), anew: false }
    }

    /// The next page to ask for.
    #[must_use]
    pub const fn request(&self) -> wire::ResetsRequest {
        wire::ResetsRequest { from: self.from }
    }

    /// Its answer. [`NetError::Protocol`] when the list has no end, or changes while it is read.
    pub fn read(&mut self, page: wire::ResetsResponse) -> Result<Told, NetError> {
        let of = Generation::try_from(page.generation.as_slice()).map_err(|e| NetError::Protocol(e.to_string()))?;
        let overlap = usize::from(self.from == self.known.through);
        let same = overlap == 0 || page.notes.first().map(|note| digest(note)) == self.known.last;
        if self.known.through > 0 && (self.known.of != Some(of) || page.head < self.known.through || !same) {
            if self.anew {
                return Err(NetError::Protocol("the list of resets changed while it was read".to_owned()));
            }
            *self = Self { known: Known::default(), from: 1, anew: true };
            return Ok(Told::Anew);
        }
        let last = page.notes.last().map(|note| digest(note)).or(self.known.last);
        let notes: Vec<String> = page.notes.into_iter().skip(overlap).collect();
        let through = self.known.through.saturating_add(u64::try_from(notes.len()).unwrap_or(u64::MAX));
        let end = through >= page.head;
        if notes.is_empty() && !end {
            return Err(NetError::Protocol("a page without resets before the list's end".to_owned()));
        }
        self.known = Known { through, last, of: Some(of) };
        self.from = through.saturating_add(1);
        Ok(Told::News { notes, known: self.known, end })
    }
}

fn digest(note: &str) -> [u8; 32] {
    Sha256::digest(note.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A relay's list in pages of two.
    struct List {
        of: u8,
        notes: Vec<&'static str>,
    }

    impl List {
        fn page(&self, r: wire::ResetsRequest) -> wire::ResetsResponse {
            let skip = usize::try_from(r.from).unwrap() - 1;
            let notes = self.notes.iter().skip(skip).take(2).map(|n| (*n).to_owned()).collect();
            wire::ResetsResponse { generation: vec![self.of; 16], notes, head: self.notes.len().try_into().unwrap() }
        }

        /// What a reader is told who knows so much, how far it knows the list then, and how many pages that took.
        fn follow(&self, known: Known) -> (Vec<String>, Known, usize) {
            let (mut walk, mut told, mut pages) = (Walk::from(known), Vec::new(), 0);
            loop {
                pages += 1;
                match walk.read(self.page(walk.request())).unwrap() {
                    Told::Anew => {}
                    Told::News { notes, known, end } => {
                        told.extend(notes);
                        if end {
                            return (told, known, pages);
                        }
                    }
                }
            }
        }
    }

    const ALL: [&str; 5] = ["a", "b", "c", "d", "e"];

    fn list(of: u8, n: usize) -> List {
        List { of, notes: ALL.iter().copied().take(n).collect() }
    }

    #[test]
    fn every_note_is_told_once_however_the_list_grows() {
        for first in 0..=ALL.len() {
            for then in first..=ALL.len() {
                let (told, known, _) = list(1, first).follow(Known::default());
                assert_eq!(told, ALL.get(..first).unwrap());
                assert_eq!(known.through, first as u64);
                let (told, known, pages) = list(1, then).follow(known);
                assert_eq!(told, ALL.get(first..then).unwrap(), "{first} to {then}");
                assert_eq!(known.through, then as u64);
                // one note of a page of two is the known one: who knows all asks once
                assert!(first < then || pages == 1);
            }
        }
    }

    #[test]
    fn another_store_a_shorter_list_and_another_note_are_read_from_the_first() {
        let (_, known, _) = list(1, 4).follow(Known::default());
        let other_note = List { of: 1, notes: vec!["a", "b", "c", "x", "e"] };
        for (other, why) in [(list(2, 5), "another store"), (list(1, 3), "shorter"), (other_note, "another note")] {
            let (told, now, _) = other.follow(known);
            assert_eq!(told, other.notes, "{why}");
            assert_eq!(now.of, Some(Generation::new([other.of; 16])));
            assert!(other.follow(now).0.is_empty(), "{why}");
        }
    }

    #[test]
    fn a_list_that_has_no_end_or_changes_under_the_reader_is_the_relays_fault() {
        let mut endless = Walk::from(Known::default());
        let page = wire::ResetsResponse { generation: vec![1; 16], notes: Vec::new(), head: 1 };
        assert!(matches!(endless.read(page), Err(NetError::Protocol(_))));

        let mut walk = Walk::from(list(1, 4).follow(Known::default()).1);
        assert_eq!(walk.read(list(2, 5).page(walk.request())), Ok(Told::Anew));
        assert!(matches!(walk.read(list(2, 5).page(walk.request())), Ok(Told::News { end: false, .. })));
        assert!(matches!(walk.read(list(3, 5).page(walk.request())), Err(NetError::Protocol(_))));
        // what was read of it is known: the next walk begins again
        let short = wire::ResetsResponse { generation: vec![1; 15], notes: Vec::new(), head: 0 };
        assert!(matches!(Walk::from(Known::default()).read(short), Err(NetError::Protocol(_))));
    }
}
