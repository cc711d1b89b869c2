//! HPKE (RFC 9180) in base mode with X-Wing, whose randomness can come from a seed: whoever has the seed seals again
//! and compares (audit/FORMAT.md, 5).
//!
//! Sealed bytes: two bytes suite, encapsulated key, ciphertext with tag. One suite today: 0x0001 is X-Wing
//! (KEM 0x647A), HKDF-SHA-256, ChaCha20-Poly1305.

use crate::label::{self, Label};
use crate::random::{Rng, SeedRng};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::XWing};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The suite that is written.
pub const SUITE: u16 = 0x0001;
/// Bytes of a public key.
pub const PUBLIC_LEN: usize = 1216;
/// Bytes that sealing adds: suite, encapsulated key, tag.
pub const OVERHEAD: usize = 2 + 1120 + 16;

/// Why sealing or opening failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// A suite this version does not know: a newer program wrote it.
    #[error("unknown sealing suite {0:#06x}")]
    Suite(u16),
    /// Not a public key of the suite.
    #[error("not an X-Wing public key")]
    Key,
    /// Sealed to another key, in another context, or changed on the way.
    #[error("does not open")]
    Open,
}

/// Whom one seals to.
#[derive(Clone, PartialEq, Eq)]
pub struct SealPublic(Box<[u8; PUBLIC_LEN]>);

impl SealPublic {
    /// Checks that the bytes are a key.
    pub fn new(bytes: &[u8]) -> Result<Self, SealError> {
        <XWing as Kem>::PublicKey::from_bytes(bytes).map_err(|_| SealError::Key)?;
        Ok(Self(Box::new(bytes.try_into().map_err(|_| SealError::Key)?)))
    }
    /// The encoding of X-Wing: ML-KEM-768 key, then X25519 key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; PUBLIC_LEN] {
        &self.0
    }
}

/// The secret half: 32 bytes from which X-Wing derives both keys.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SealSecret([u8; 32]);

impl SealSecret {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// A fresh one.
    pub fn random(rng: &mut dyn Rng) -> Self {
        Self(crate::random::bytes(rng))
    }
    /// Its bytes.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
    /// The public half.
    pub fn public(&self) -> Result<SealPublic, SealError> {
        let secret = <XWing as Kem>::PrivateKey::from_bytes(&self.0).map_err(|_| SealError::Key)?;
        SealPublic::new(&XWing::sk_to_pk(&secret).to_bytes())
    }
}

/// Seals with fresh randomness. `context` is the label of the purpose, part of HPKE's info.
pub fn seal(to: &SealPublic, context: Label, aad: &[u8], plaintext: &[u8], rng: &mut dyn Rng) -> Result<Vec<u8>, SealError> {
    let seed = Zeroizing::new(crate::random::bytes(rng));
    seal_again(to, context, aad, plaintext, &seed)
}

/// Seals with the randomness of a seed: the same arguments give the same bytes for ever.
pub fn seal_again(to: &SealPublic, context: Label, aad: &[u8], plaintext: &[u8], seed: &[u8; 32]) -> Result<Vec<u8>, SealError> {
    seal_with(to, context, aad, plaintext, &mut SeedRng::new(seed))
}

fn seal_with(
    to: &SealPublic,
    context: Label,
    aad: &[u8],
    plaintext: &[u8],
    mut rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, SealError> {
    let key = <XWing as Kem>::PublicKey::from_bytes(to.as_bytes()).map_err(|_| SealError::Key)?;
    let info = label::message(context, &[&SUITE.to_be_bytes()]);
    let (enc, ciphertext) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeS::Base,
        &key,
        &info,
        plaintext,
        aad,
        &mut rng,
    )
    .map_err(|_| SealError::Key)?;
    let mut out = Vec::with_capacity(OVERHEAD + plaintext.len());
    out.extend_from_slice(&SUITE.to_be_bytes());
    out.extend_from_slice(&enc.to_bytes());
    out.extend_from_slice(&ciphertext);
    Ok(out)
}

/// Opens what [`seal`] or [`seal_again`] made.
pub fn open(with: &SealSecret, context: Label, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (suite, rest) = sealed.split_first_chunk::<2>().ok_or(SealError::Open)?;
    let suite = u16::from_be_bytes(*suite);
    if suite != SUITE {
        return Err(SealError::Suite(suite));
    }
    let (enc, ciphertext) = rest.split_at_checked(1120).ok_or(SealError::Open)?;
    let enc = <XWing as Kem>::EncappedKey::from_bytes(enc).map_err(|_| SealError::Open)?;
    let secret = <XWing as Kem>::PrivateKey::from_bytes(&with.0).map_err(|_| SealError::Key)?;
    let info = label::message(context, &[&SUITE.to_be_bytes()]);
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(&OpModeR::Base, &secret, &enc, &info, ciphertext, aad)
        .map(Zeroizing::new)
        .map_err(|_| SealError::Open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_seals_to_the_same_bytes_and_another_does_not() {
        let secret = SealSecret::new([3; 32]);
        let to = secret.public().unwrap();
        let a = seal_again(&to, Label::NoticeSeal, b"aad", b"text", &[1; 32]).unwrap();
        assert_eq!(a, seal_again(&to, Label::NoticeSeal, b"aad", b"text", &[1; 32]).unwrap());
        assert_ne!(a, seal_again(&to, Label::NoticeSeal, b"aad", b"text", &[2; 32]).unwrap());
        assert_eq!(a.len(), OVERHEAD + 4);
        assert_eq!(*open(&secret, Label::NoticeSeal, b"aad", &a).unwrap(), b"text");
    }

    #[test]
    fn nothing_opens_in_another_context_or_changed() {
        let secret = SealSecret::new([3; 32]);
        let sealed = seal_again(&secret.public().unwrap(), Label::NoticeSeal, b"aad", b"text", &[1; 32]).unwrap();
        assert!(matches!(open(&secret, Label::EnvelopeSeal, b"aad", &sealed), Err(SealError::Open)));
        assert!(matches!(open(&secret, Label::NoticeSeal, b"other", &sealed), Err(SealError::Open)));
        assert!(matches!(open(&SealSecret::new([4; 32]), Label::NoticeSeal, b"aad", &sealed), Err(SealError::Open)));
        for at in [0, 1, 2, 600, 1121, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&secret, Label::NoticeSeal, b"aad", &changed).is_err(), "byte {at}");
        }
        for cut in 0..sealed.len() {
            assert!(open(&secret, Label::NoticeSeal, b"aad", &sealed[..cut]).is_err(), "cut {cut}");
        }
    }
}
