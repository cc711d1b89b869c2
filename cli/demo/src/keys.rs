//! Tries everything that a device ever held as a key to what the relay stores.
//!
//! All entries of a channel are encrypted under one key of 32 bytes. So every 32 bytes that follow each other anywhere in
//! what a profile held are tried on one entry. That this finds keys is shown with the profile of somebody who has one.

use lacre_core::crypt::entry::open_entry;
use lacre_core::network::Entry;
use lacre_ground::ids::ChannelId;
use std::collections::BTreeSet;

/// Everything that a profile held, at any of the times when somebody looked.
#[derive(Default)]
pub(crate) struct Held(BTreeSet<Vec<u8>>);

impl Held {
    /// Adds what it holds now.
    pub(crate) fn add(&mut self, contents: impl IntoIterator<Item = Vec<u8>>) {
        self.0.extend(contents);
    }
}

/// What a search for keys gave.
pub(crate) struct Tried {
    /// different keys that were tried
    pub(crate) keys: usize,
    /// entries that one of them opened
    pub(crate) opened: usize,
}

/// Tries all of it on the shortest entry; with what opens that, on all others.
pub(crate) fn try_all(held: &Held, channel: ChannelId, entries: &[Entry]) -> Tried {
    let windows = held.0.iter().flat_map(|content| content.windows(32)).filter_map(|w| <&[u8; 32]>::try_from(w).ok());
    let keys: BTreeSet<&[u8; 32]> = windows.filter(|w| could_be_a_key(w)).collect();
    let opens = |key: &[u8; 32], e: &Entry| open_entry(key, channel, e.id, e.seal, &e.ciphertext).is_ok();
    let shortest = entries.iter().min_by_key(|e| e.ciphertext.len());
    let found = shortest.and_then(|e| keys.iter().find(|key| opens(key, e)));
    let opened = found.map_or(0, |key| entries.iter().filter(|e| opens(key, e)).count());
    Tried { keys: keys.len(), opened }
}

/// Random bytes repeat themselves little: fewer than 12 different ones of 32 come once in more than 10^20 keys.
fn could_be_a_key(window: &[u8; 32]) -> bool {
    let mut seen = [false; 256];
    window.iter().for_each(|b| seen.iter_mut().skip(usize::from(*b)).take(1).for_each(|s| *s = true));
    seen.iter().filter(|s| **s).count() >= 12
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_core::crypt::entry::seal_entry;
    use lacre_ground::ids::{EntryId, Seq};
    use lacre_ground::time::Millis;

    fn entries(key: &[u8; 32], channel: ChannelId) -> Vec<Entry> {
        let mut rng = lacre_core::Environment::system().rng;
        let entry = |n: u8| {
            let id = EntryId::new([n; 16]);
            let ciphertext = seal_entry(key, channel, id, false, &[n; 40], rng.as_mut());
            Entry { seq: Seq::FIRST, id, seal: false, accepted_at: Millis::new(1), ciphertext: ciphertext.into() }
        };
        (1..4).map(entry).collect()
    }

    #[test]
    fn a_key_anywhere_in_what_was_held_opens_all_entries_and_nothing_else_does() {
        let key: [u8; 32] = core::array::from_fn(|i| u8::try_from(i * 7).unwrap());
        let channel = ChannelId::new([3; 32]);
        let entries = entries(&key, channel);
        let mut held = Held::default();
        held.add([(0..=255).collect::<Vec<u8>>()]);
        assert_eq!(try_all(&held, channel, &entries).opened, 0);
        held.add([[b"before".as_slice(), &key, b"behind"].concat()]);
        let tried = try_all(&held, channel, &entries);
        assert_eq!(tried.opened, 3);
        assert!(tried.keys > 200);
    }
}
