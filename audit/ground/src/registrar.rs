//! The registrar's key: its own, outside the relay's folder and backups, introduced by a note of the relay's identity. So whoever
//! pinned the relay knows it, and whoever steals the folder cannot say who is a public body or whose an account is.

use crate::account::REGISTRAR;
use crate::ids::Identity;
use crate::note::{Lines, NoteError, NoteKey};
use crate::receipt::RELAY;
use crate::signed::{NoteText, Signed};
use crate::time::Millis;
use data_encoding::HEXLOWER;

/// The introduction. A key that was introduced once stays good for what it signed; a later one stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrarKey {
    /// the Ed25519 key
    pub key: [u8; 32],
    /// from when on it signs
    pub from: Millis,
}

impl NoteText for RegistrarKey {
    type Error = NoteError;
    const KIND: &'static str = "lacre registrar v1";

    fn lines(&self) -> String {
        format!("key ed25519 {}\nfrom {}\n", HEXLOWER.encode(&self.key), self.from)
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        Ok(Self { key: lines.parsed("key", NoteKey::parse_key)?, from: lines.parsed("from", |v| Millis::parse(v).ok())? })
    }
}

impl RegistrarKey {
    /// Verifies and reads it; `relay` is the identity that the client has pinned.
    pub fn verify(raw: &str, relay: &Identity) -> Result<Signed<Self>, NoteError> {
        Signed::verify(raw, &[NoteKey::new(RELAY, relay.as_bytes())?])
    }
    /// The key that the registrar's notes are verified with.
    pub fn note_key(&self) -> Result<NoteKey, NoteError> {
        NoteKey::new(REGISTRAR, &self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::NoteSigner;

    #[test]
    fn only_the_pinned_relay_introduces_a_registrar() {
        let (relay, other) = (NoteSigner::new(RELAY, &[1; 32]).unwrap(), NoteSigner::new(RELAY, &[2; 32]).unwrap());
        let identity = |signer: &NoteSigner| Identity::new(signer.public().key());
        let registrar = NoteSigner::new(REGISTRAR, &[3; 32]).unwrap();
        let note = RegistrarKey { key: registrar.public().key(), from: Millis::new(1_783_346_400_000) };
        let raw = note.sign(&relay).unwrap();
        let read = RegistrarKey::verify(&raw, &identity(&relay)).unwrap();
        assert_eq!((&*read, read.note_key().unwrap()), (&note, registrar.public()));
        assert!(RegistrarKey::verify(&raw, &identity(&other)).is_err());
        assert!(RegistrarKey::verify(&note.sign(&other).unwrap(), &identity(&relay)).is_err());
        // the same key under another name introduces nobody
        let disguised = NoteSigner::new(REGISTRAR, &[1; 32]).unwrap();
        assert!(RegistrarKey::verify(&note.sign(&disguised).unwrap(), &identity(&relay)).is_err());
    }
}
