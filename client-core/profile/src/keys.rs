//! The keys of a profile.
//!
//! ```text
//! passphrase --Argon2id--> wrapping key --unwraps--+
//! key file (32 bytes) --HKDF--> wrapping key ------+--> profile key --HKDF--> lookup key, nonce key, row key
//! ```
//! The profile key is random and never changes; what wraps it can ([`locks`](super::locks)). Argon2id is RFC 9106.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use lacre_ground::label::{self, Label};
use lacre_ground::random::{self, Rng};
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of a wrapped key: nonce 24, key 32, tag 16.
pub(crate) const WRAPPED: usize = 72;

/// The 32 bytes that open a profile; what the unlock agent keeps.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ProfileKey([u8; 32]);

impl ProfileKey {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// A fresh one.
    pub fn random(rng: &mut dyn Rng) -> Self {
        Self(random::bytes(rng))
    }
    /// Its bytes. They open everything: keep them out of logs.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
    /// One of the keys that come from it.
    pub(crate) fn subkey(&self, name: &[u8]) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(label::derive(&self.0, Label::ProfileKeys, &[name]))
    }
}

impl PartialEq for ProfileKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}
impl Eq for ProfileKey {}

/// What a person or a script has to open a profile.
#[derive(Clone, Copy)]
pub enum Secret<'a> {
    /// words that a person knows
    Passphrase(&'a str),
    /// the content of a key file
    KeyFile(&'a [u8; 32]),
    /// the profile key itself, from the unlock agent
    Raw(&'a ProfileKey),
}

/// How dear it is to try a passphrase (Argon2id).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassphraseCost {
    /// memory in KiB
    pub memory_kib: u32,
    /// passes over it
    pub passes: u32,
    /// lanes
    pub lanes: u32,
}

impl PassphraseCost {
    /// The second recommendation of RFC 9106: 64 MiB, 3 passes, 4 lanes.
    pub const RFC_9106: PassphraseCost = PassphraseCost { memory_kib: 64 * 1024, passes: 3, lanes: 4 };
    /// No protection of a weak passphrase: for tests and for passphrases that are random themselves.
    pub const LEAST: PassphraseCost = PassphraseCost { memory_kib: 8, passes: 1, lanes: 1 };
    /// What a stored header may ask for: it is read before anything is authenticated.
    const MOST: PassphraseCost = PassphraseCost { memory_kib: 2 * 1024 * 1024, passes: 64, lanes: 64 };
}

impl Default for PassphraseCost {
    fn default() -> Self {
        Self::RFC_9106
    }
}

/// What wraps a profile key: made of a secret, and of the salt and the cost in the file's header.
pub(crate) struct WrappingKey {
    kind: u8,
    key: Zeroizing<[u8; 32]>,
    /// passphrases only: of the same letters as other keyboards give them (decomposed, then as it was typed); only opens
    others: Vec<Zeroizing<[u8; 32]>>,
}

/// Numbers that Argon2id does not take, or that nobody should wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadCost;

impl WrappingKey {
    /// The slow part of opening a profile. None for the profile key itself, which needs none.
    pub(crate) fn of(secret: &Secret<'_>, salt: &[u8; 16], cost: PassphraseCost) -> Result<Option<Self>, BadCost> {
        match secret {
            Secret::Raw(_) => Ok(None),
            Secret::Passphrase(words) => {
                let mut keys = Vec::new();
                for spelling in spellings(words) {
                    keys.push(stretched(&spelling, salt, cost)?);
                }
                let mut keys = keys.into_iter();
                let key = keys.next().ok_or(BadCost)?;
                Ok(Some(Self { kind: 1, key, others: keys.collect() }))
            }
            Secret::KeyFile(bytes) => {
                let key = Zeroizing::new(label::derive(bytes, Label::ProfileKeys, &[b"key file", salt]));
                Ok(Some(Self { kind: 2, key, others: Vec::new() }))
            }
        }
    }

    /// Wraps the profile key for this place: a nonce of 24 bytes, then XChaCha20-Poly1305 of the key; its AAD names kind
    /// and place.
    pub(crate) fn wrap(&self, place: u8, key: &ProfileKey, rng: &mut dyn Rng) -> [u8; WRAPPED] {
        let mut out = [0; WRAPPED];
        let nonce: [u8; 24] = random::bytes(rng);
        let sealed = XChaCha20Poly1305::new((&*self.key).into())
            .encrypt((&nonce).into(), Payload { msg: key.expose(), aad: &self.aad(place) })
            .unwrap_or_else(|_| unreachable!("32 bytes are not too long"));
        out.iter_mut().zip(nonce.iter().chain(&sealed)).for_each(|(to, from)| *to = *from);
        out
    }

    /// Unwraps the profile key, if this place holds one for this secret.
    pub(crate) fn unwrap_key(&self, place: u8, wrapped: &[u8; WRAPPED]) -> Option<ProfileKey> {
        let (nonce, sealed) = wrapped.split_first_chunk::<24>()?;
        let aad = self.aad(place);
        let opens = |key: &Zeroizing<[u8; 32]>| {
            let cipher = XChaCha20Poly1305::new((&**key).into());
            let opened = cipher.decrypt(nonce.into(), Payload { msg: sealed, aad: &aad }).map(Zeroizing::new).ok()?;
            let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(opened.as_slice().try_into().ok()?);
            Some(ProfileKey::new(*bytes))
        };
        // all are tried, also behind the one that opens
        let found: Vec<Option<ProfileKey>> = std::iter::once(&self.key).chain(&self.others).map(opens).collect();
        found.into_iter().flatten().next()
    }

    fn aad(&self, place: u8) -> Vec<u8> {
        label::message(Label::ProfileWrap, &[&[self.kind], &[place]])
    }
}

/// The same passphrase as keyboards and systems give it: an ñ is one character on some, an n with a tilde on others. The
/// composed one (NFC) wraps; profiles were made with what was typed. How many there are is seen by nobody who sees the file:
/// all are tried whatever opens, so the time depends on what was typed alone. ASCII has one.
fn spellings(words: &str) -> Vec<Zeroizing<String>> {
    let mut all: Vec<Zeroizing<String>> = Vec::new();
    for spelling in [words.nfc().collect(), words.nfd().collect(), words.to_owned()].map(Zeroizing::new) {
        if !all.contains(&spelling) {
            all.push(spelling);
        }
    }
    all
}

/// The slow part.
fn stretched(words: &str, salt: &[u8; 16], cost: PassphraseCost) -> Result<Zeroizing<[u8; 32]>, BadCost> {
    let most = PassphraseCost::MOST;
    if cost.memory_kib > most.memory_kib || cost.passes > most.passes || cost.lanes > most.lanes {
        return Err(BadCost);
    }
    let mut key = Zeroizing::new([0u8; 32]);
    let params = argon2::Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(|_| BadCost)?;
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_into(words.as_bytes(), salt, key.as_mut_slice())
        .map_err(|_| BadCost)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    fn wrapping(words: &str, salt: u8, cost: PassphraseCost) -> Result<WrappingKey, BadCost> {
        WrappingKey::of(&Secret::Passphrase(words), &[salt; 16], cost).map(Option::unwrap)
    }

    #[test]
    fn only_the_same_secret_the_same_salt_and_the_same_numbers_unwrap_the_key() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (key, least) = (ProfileKey::random(&mut rng), PassphraseCost::LEAST);
        let wrapped = wrapping("cañón", 1, least).unwrap().wrap(5, &key, &mut rng);
        let opens = |with: WrappingKey, place| with.unwrap_key(place, &wrapped).is_some_and(|found| found == key);

        assert!(opens(wrapping("cañón", 1, least).unwrap(), 5));
        assert!(!opens(wrapping("cañón", 1, least).unwrap(), 6));
        assert!(!opens(wrapping("canon", 1, least).unwrap(), 5));
        assert!(!opens(wrapping("cañón", 2, least).unwrap(), 5));
        assert!(!opens(wrapping("cañón", 1, PassphraseCost { passes: 2, ..least }).unwrap(), 5));
        let endless = PassphraseCost { memory_kib: u32::MAX, ..least };
        assert_eq!(wrapping("cañón", 1, endless).err(), Some(BadCost));
    }

    #[test]
    fn a_passphrase_is_its_letters_and_not_what_a_keyboard_makes_of_them() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let (key, least) = (ProfileKey::random(&mut rng), PassphraseCost::LEAST);
        let (composed, decomposed, mixed) = ("ca\u{f1}\u{f3}n", "can\u{303}o\u{301}n", "can\u{303}\u{f3}n");
        let all = [composed, decomposed, mixed];
        for made in all {
            let wrapped = wrapping(made, 1, least).unwrap().wrap(5, &key, &mut rng);
            for typed in all {
                let opened = wrapping(typed, 1, least).unwrap().unwrap_key(5, &wrapped);
                assert!(opened.is_some_and(|found| found == key), "{made:?} by {typed:?}");
            }
        }
        // a profile of before: wrapped with the bytes that were typed
        for (made, opens) in [(composed, &all[..]), (decomposed, &all[..]), (mixed, &all[2..])] {
            let before = WrappingKey { kind: 1, key: stretched(made, &[1; 16], least).unwrap(), others: Vec::new() };
            let wrapped = before.wrap(5, &key, &mut rng);
            for typed in opens {
                assert!(wrapping(typed, 1, least).unwrap().unwrap_key(5, &wrapped).is_some(), "{made:?} by {typed:?}");
            }
        }
        assert_eq!((spellings("caballo").len(), spellings(composed).len(), spellings(mixed).len()), (1, 2, 3));
    }

    #[test]
    fn a_key_file_is_no_passphrase() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let key = ProfileKey::random(&mut rng);
        let of = |bytes: [u8; 32]| WrappingKey::of(&Secret::KeyFile(&bytes), &[1; 16], PassphraseCost::LEAST).unwrap().unwrap();
        let wrapped = of([7; 32]).wrap(0, &key, &mut rng);

        assert!(of([7; 32]).unwrap_key(0, &wrapped).unwrap() == key);
        assert!(of([8; 32]).unwrap_key(0, &wrapped).is_none());
        let as_words = WrappingKey { kind: 1, ..of([7; 32]) };
        assert!(as_words.unwrap_key(0, &wrapped).is_none());
    }
}
