//! A head note: the relay's word for what a casilla holds. Beside a receipt of an entry that is not in it, it convicts a relay
//! that kept the entry back (FORMAT.md, 4a); for the person it is the proof that nothing was there.

use crate::address::Authority;
use crate::ids::{ChannelId, EntryId, Generation};
use crate::label::{self, Label};
use crate::note::{Lines, NoteError, NoteKey};
use crate::receipt::RELAY;
use crate::signed::{NoteText, Signed};
use crate::time::Millis;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// Bytes of an id.
const ID: u64 = 16;

/// How many entries, and which: the same however they came, and whether they are still kept or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ids {
    /// how many
    pub count: u64,
    /// hash of their ids in the order of their bytes, one behind the other
    pub hash: [u8; 32],
}

impl Ids {
    /// Of these, in whatever order; none twice.
    #[must_use]
    pub fn of(ids: impl IntoIterator<Item = EntryId>) -> Self {
        let mut sorted: Vec<EntryId> = ids.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let mut hashing = HashIds::of(u64::try_from(sorted.len()).unwrap_or(u64::MAX));
        sorted.iter().for_each(|id| hashing.push(id));
        hashing.finish()
    }
}

/// Hashes ids as they come, for who reads them in their order and keeps no list.
pub struct HashIds {
    count: u64,
    sha256: Sha256,
}

impl HashIds {
    /// So many will come, at most 2^28 − 1.
    #[must_use]
    pub fn of(count: u64) -> Self {
        let bytes = u32::try_from(count.saturating_mul(ID)).unwrap_or(u32::MAX);
        let sha256 = Sha256::new().chain_update(label::message(Label::HeadIds, &[])).chain_update(bytes.to_be_bytes());
        Self { count, sha256 }
    }
    /// The next, behind all before it in the order of their bytes.
    pub fn push(&mut self, id: &EntryId) {
        self.sha256.update(id.as_bytes());
    }
    /// All of them came.
    #[must_use]
    pub fn finish(self) -> Ids {
        Ids { count: self.count, hash: self.sha256.finalize().into() }
    }
}

/// What a casilla held at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadNote {
    /// the relay that says so
    pub relay: Authority,
    /// the casilla
    pub channel: ChannelId,
    /// the store's generation at the time
    pub generation: Generation,
    /// all entries that this store ever took for it, those that are gone included
    pub ids: Ids,
    /// nothing is accepted before this instant any more
    pub time: Millis,
}

impl NoteText for HeadNote {
    type Error = NoteError;
    const KIND: &'static str = "lacre head v1";

    fn lines(&self) -> String {
        format!(
            "relay {}\nchannel {}\ngeneration {}\ncount {}\nids {}\ntime {}\n",
            self.relay,
            self.channel,
            self.generation,
            self.ids.count,
            HEXLOWER.encode(&self.ids.hash),
            self.time,
        )
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        Ok(Self {
            relay: lines.parsed("relay", |v| Authority::parse(v).ok().filter(|a| a.to_string() == v))?,
            channel: lines.parsed("channel", |v| ChannelId::from_hex(v).ok())?,
            generation: lines.parsed("generation", |v| Generation::from_hex(v).ok())?,
            ids: Ids {
                count: lines.parsed("count", |v| v.parse().ok().filter(|n: &u64| n.to_string() == v))?,
                hash: lines.parsed("ids", |v| HEXLOWER.decode(v.as_bytes()).ok()?.try_into().ok())?,
            },
            time: lines.parsed("time", |v| Millis::parse(v).ok())?,
        })
    }
}

impl HeadNote {
    /// Verifies and reads it by the key that the address in it names; whether that relay is believed, the caller says.
    pub fn verify(raw: &str) -> Result<Signed<Self>, NoteError> {
        Signed::verify_claim(raw, |head: &Self| Ok(vec![NoteKey::new(RELAY, head.relay.identity().as_bytes())?]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Identity;
    use crate::note::NoteSigner;

    fn id(n: u8) -> EntryId {
        EntryId::new([n; 16])
    }

    fn head(relay: &NoteSigner) -> HeadNote {
        HeadNote {
            relay: Authority::new("relay.example", 4433, Identity::new(relay.public().key())).unwrap(),
            channel: ChannelId::new([2; 32]),
            generation: Generation::new([1; 16]),
            ids: Ids::of([id(9), id(1)]),
            time: Millis::new(1_783_346_400_000),
        }
    }

    #[test]
    fn a_head_reads_back_what_was_signed_and_nobody_signs_for_another_relay() {
        let (relay, other) = (NoteSigner::new(RELAY, &[1; 32]).unwrap(), NoteSigner::new(RELAY, &[2; 32]).unwrap());
        let head = head(&relay);

        assert_eq!(*HeadNote::verify(&head.sign(&relay).unwrap()).unwrap(), head);
        assert_eq!(HeadNote::verify(&head.sign(&other).unwrap()), Err(NoteError::NotSigned));
        // the same key under another name is no relay's
        let disguised = NoteSigner::new("lacre-registrar", &[1; 32]).unwrap();
        assert!(HeadNote::verify(&head.sign(&disguised).unwrap()).is_err());
    }

    #[test]
    fn ids_have_one_hash_in_whatever_order_they_came_and_another_when_one_is_missing() {
        let all = Ids::of([id(3), id(1), id(2)]);

        assert_eq!(all, Ids::of([id(1), id(2), id(3), id(2)]));
        assert_eq!(all.hash, label::hash(Label::HeadIds, &[&[[1; 16], [2; 16], [3; 16]].concat()]));
        assert_ne!(all, Ids::of([id(1), id(3)]));
        assert_eq!(Ids::of([]), Ids { count: 0, hash: label::hash(Label::HeadIds, &[b""]) });
    }
}
