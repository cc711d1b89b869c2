//! What a public body is called, and what it signs when it asks a relay for something (PROTOCOL.md, "Notices").
//!
//! As at the registrar's counter ([`crate::counter`]) there is no session: a call or a stream begins with a proof of its own, over
//! the relay, the body's key, the relay's challenge and what it is for.

use crate::ids::{Code, Identity};
use crate::label::{self, Label};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use std::fmt;

/// The code of a public body (Decreto 8 art. 13 no. 1): 2 to 16 characters from A-Z, 0-9 and hyphen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgencyCode(String);

impl AgencyCode {
    /// None if it is not of that form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let good = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
        ((2..=16).contains(&text.len()) && text.bytes().all(good)).then(|| Self(text.to_owned()))
    }
    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AgencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is asked.
#[derive(Clone, Copy)]
pub enum Ask<'a> {
    /// a certificate for this key, by a one-time code of the registrar
    Enroll(&'a Code),
    /// the newest certificate
    Certificate,
    /// so many stamps
    Stamps(u32),
    /// a stream of routes
    Routes,
    /// a stream of lookups
    Lookup,
    /// a stream of deliveries
    Deliver,
}

fn message(identity: &Identity, key: &[u8; 32], challenge: &[u8; 32], ask: Ask<'_>) -> Vec<u8> {
    let of = |ask: &[u8], what: &[u8]| label::message(Label::AgencyAsk, &[identity.as_bytes(), key, challenge, ask, what]);
    match ask {
        Ask::Enroll(code) => of(b"enroll", code.expose()),
        Ask::Certificate => of(b"certificate", b""),
        Ask::Stamps(count) => of(b"stamps", &count.to_be_bytes()),
        Ask::Routes => of(b"routes", b""),
        Ask::Lookup => of(b"lookup", b""),
        Ask::Deliver => of(b"deliver", b""),
    }
}

/// The proof, by the body's secret key (the seed of its Ed25519 key, which signs its notices too: the labels differ).
#[must_use]
pub fn sign(seed: &[u8; 32], identity: &Identity, challenge: &[u8; 32], ask: Ask<'_>) -> [u8; 64] {
    let key = SigningKey::from_bytes(seed);
    key.sign(&message(identity, &key.verifying_key().to_bytes(), challenge, ask)).to_bytes()
}

/// Whether this key signed this.
#[must_use]
pub fn signed(identity: &Identity, key: &[u8; 32], challenge: &[u8; 32], ask: Ask<'_>, signature: &[u8; 64]) -> bool {
    let message = message(identity, key, challenge, ask);
    VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify_strict(&message, &Signature::from_bytes(signature)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_for_this_relay_this_moment_this_key_and_exactly_this_ask() {
        let (relay, moment, seed) = (Identity::new([1; 32]), [2; 32], [3; 32]);
        let key = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        let (code, other) = (Code::new([4; 16]), Code::new([5; 16]));
        let asks = [
            Ask::Enroll(&code),
            Ask::Enroll(&other),
            Ask::Certificate,
            Ask::Stamps(1),
            Ask::Stamps(2),
            Ask::Routes,
            Ask::Lookup,
            Ask::Deliver,
        ];
        for (i, ask) in asks.iter().enumerate() {
            let proof = sign(&seed, &relay, &moment, *ask);
            assert!(signed(&relay, &key, &moment, *ask, &proof));
            assert!(!signed(&Identity::new([9; 32]), &key, &moment, *ask, &proof), "another relay");
            assert!(!signed(&relay, &key, &[9; 32], *ask, &proof), "another moment");
            assert!(!signed(&relay, &[0xff; 32], &moment, *ask, &proof), "no key");
            for (j, other) in asks.iter().enumerate() {
                assert_eq!(signed(&relay, &key, &moment, *other, &proof), i == j, "{i} {j}");
            }
        }
    }
}
