//! The relay's receipt: a note that one entry is stored. It knows no more than what the relay knows.

use crate::ids::{ChannelId, EntryId, Generation, Seq};
use crate::note::{self, Lines, NoteError, NoteKey, NoteSigner, UnverifiedNote};
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

impl Receipt {
    /// The signed note.
    pub fn sign(&self, relay: &NoteSigner) -> Result<String, NoteError> {
        let text = format!(
            "lacre receipt v1\ngeneration {}\nchannel {}\nseq {}\nentry {}\nkind {}\nsha256 {}\naccepted {}\n",
            self.generation,
            self.channel,
            self.seq,
            self.entry_id,
            if self.seal { "seal" } else { "entry" },
            HEXLOWER.encode(&self.sha256),
            self.accepted_at,
        );
        note::sign(&text, &[relay])
    }
    /// Verifies and reads it.
    pub fn verify(raw: &str, relay: &NoteKey) -> Result<Self, NoteError> {
        let note = UnverifiedNote::parse(raw)?.verify(std::slice::from_ref(relay))?;
        let mut lines = Lines::new(note.text());
        lines.exactly("lacre receipt v1")?;
        let receipt = Self {
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
        };
        lines.end()?;
        Ok(receipt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(Receipt::verify(&raw, &relay.public()).unwrap(), receipt);
    }
}
