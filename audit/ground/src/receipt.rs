//! The relay's receipt: a note that one entry is stored. It knows no more than what the relay knows.

use crate::ids::{ChannelId, EntryId, Generation, Seq};
use crate::note::{Lines, NoteError, NoteKey};
use crate::signed::{NoteText, Signed};
use crate::time::Millis;
use data_encoding::HEXLOWER;

/// Name before the relay's signatures.
pub const RELAY: &str = "lacre-relay";

/// One entry, as its relay accepted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// the store's generation at the time
    pub generation: Generation,
    /// the channel
    pub channel: ChannelId,
    /// its place
    pub seq: Seq,
    /// its sender's id for it
    pub entry_id: EntryId,
    /// whether it is a seal
    pub seal: bool,
    /// SHA-256 of the ciphertext
    pub sha256: [u8; 32],
    /// accept time
    pub accepted_at: Millis,
}

impl NoteText for Receipt {
    type Error = NoteError;
    const KIND: &'static str = "lacre receipt v1";

    fn lines(&self) -> String {
        format!(
            "generation {}\nchannel {}\nseq {}\nentry {}\nkind {}\nsha256 {}\naccepted {}\n",
            self.generation,
            self.channel,
            self.seq,
            self.entry_id,
            if self.seal { "seal" } else { "entry" },
            HEXLOWER.encode(&self.sha256),
            self.accepted_at,
        )
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        Ok(Self {
            generation: lines.parsed("generation", |v| Generation::from_hex(v).ok())?,
            channel: lines.parsed("channel", |v| ChannelId::from_hex(v).ok())?,
            seq: lines.parsed("seq", |v| v.parse().ok().and_then(Seq::new).filter(|s| s.to_string() == v))?,
            entry_id: lines.parsed("entry", |v| EntryId::from_hex(v).ok())?,
            seal: lines.parsed("kind", |v| match v {
                "seal" => Some(true),
                "entry" => Some(false),
                _ => None,
            })?,
            sha256: lines.parsed("sha256", |v| HEXLOWER.decode(v.as_bytes()).ok()?.try_into().ok())?,
            accepted_at: lines.parsed("accepted", |v| Millis::parse(v).ok())?,
        })
    }
}

impl Receipt {
    /// Verifies and reads it; `relay` is the identity of the relay that gave it.
    pub fn verify(raw: &str, relay: &NoteKey) -> Result<Signed<Self>, NoteError> {
        Signed::verify(raw, core::slice::from_ref(relay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::NoteSigner;

    #[test]
    fn a_receipt_reads_back_what_was_signed() {
        let relay = NoteSigner::new(RELAY, &[1; 32]).unwrap();
        let receipt = Receipt {
            generation: Generation::new([1; 16]),
            channel: ChannelId::new([2; 32]),
            seq: Seq::FIRST,
            entry_id: EntryId::new([3; 16]),
            seal: true,
            sha256: [4; 32],
            accepted_at: Millis::new(1_783_346_400_000),
        };
        let raw = receipt.sign(&relay).unwrap();
        assert_eq!(*Receipt::verify(&raw, &relay.public()).unwrap(), receipt);
    }
}
