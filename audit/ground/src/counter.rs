//! What a clerk of the registrar's counter signs when she asks a relay for something (PROTOCOL.md, "The counter").
//!
//! There is no session: each ask is signed by itself, over the relay, the key, the relay's challenge and everything that is
//! asked. Whoever carries the ask can change nothing of it, and show it to no other relay.

use crate::ids::Identity;
use crate::label::{self, Label};
use crate::random::{self, Rng};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

/// What is asked.
#[derive(Clone, Copy)]
pub enum Ask<'a> {
    /// a code for the person with this RUN
    Issue {
        /// as [`crate::run::Run::canonical`] spells it
        run: &'a str,
        /// for a person who has an account and lost it
        recover: bool,
    },
    /// her own acts in the record, from this number on
    Acts {
        /// the first number wanted
        from: u64,
    },
}

/// What is signed.
fn message(identity: &Identity, key: &[u8; 32], challenge: &[u8; 32], ask: Ask<'_>) -> Vec<u8> {
    let before: [&[u8]; 3] = [identity.as_bytes(), key, challenge];
    let of = |ask: &[&[u8]]| label::message(Label::CounterAsk, &[&before, ask].concat());
    match ask {
        Ask::Issue { run, recover } => of(&[b"issue", run.as_bytes(), &[u8::from(recover)]]),
        Ask::Acts { from } => of(&[b"acts", &from.to_be_bytes()]),
    }
}

/// A clerk's secret key. No `Debug`, zeroed when dropped.
pub struct ClerkSecret(Zeroizing<[u8; 32]>);

impl ClerkSecret {
    /// A fresh one.
    pub fn random(rng: &mut dyn Rng) -> Self {
        Self(Zeroizing::new(random::bytes(rng)))
    }
    /// From its seed.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(Zeroizing::new(seed))
    }
    /// The seed, to be kept where only the clerk reads it.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
    /// The key that the operator is given.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        SigningKey::from_bytes(&self.0).verifying_key().to_bytes()
    }
    /// Asks a relay.
    #[must_use]
    pub fn sign(&self, identity: &Identity, challenge: &[u8; 32], ask: Ask<'_>) -> [u8; 64] {
        SigningKey::from_bytes(&self.0).sign(&message(identity, &self.public(), challenge, ask)).to_bytes()
    }
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
    use crate::random::SystemRng;

    #[test]
    fn a_signature_is_for_this_relay_this_moment_and_exactly_this_ask() {
        let (clerk, other) = (ClerkSecret::random(&mut SystemRng), ClerkSecret::random(&mut SystemRng));
        let (relay, moment) = (Identity::new([1; 32]), [2; 32]);
        let ask = Ask::Issue { run: "40123456-K", recover: false };
        let signature = clerk.sign(&relay, &moment, ask);
        let holds = |relay: &Identity, key, moment, ask| signed(relay, &key, &moment, ask, &signature);

        assert!(holds(&relay, clerk.public(), moment, ask));
        assert!(!holds(&relay, other.public(), moment, ask));
        assert!(!holds(&Identity::new([3; 32]), clerk.public(), moment, ask));
        assert!(!holds(&relay, clerk.public(), [4; 32], ask));
        assert!(!holds(&relay, [0xff; 32], moment, ask), "no key at all");
        for other in [
            Ask::Issue { run: "40123456-K", recover: true },
            Ask::Issue { run: "41000001-6", recover: false },
            Ask::Acts { from: 1 },
        ] {
            assert!(!holds(&relay, clerk.public(), moment, other));
        }
        let acts = clerk.sign(&relay, &moment, Ask::Acts { from: 1 });
        assert!(!signed(&relay, &clerk.public(), &moment, Ask::Acts { from: 2 }, &acts));
    }
}
