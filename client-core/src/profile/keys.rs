//! The keys of a profile.
//!
//! ```text
//! passphrase --Argon2id--> wrapping key --unwraps--+
//! key file (32 bytes) --HKDF--> wrapping key ------+--> profile key --HKDF--> lookup key, nonce key, row key, check
//! ```
//! The profile key is random and never changes; what wraps it can. Wrapped: a nonce of 24 bytes, then
//! XChaCha20-Poly1305 of the key; its AAD names kind, salt and cost, so that none of them can be exchanged.
//! Argon2id is RFC 9106.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use lacre_audit::label::{self, Label};
use lacre_audit::random::{self, Rng};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

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
    /// What the header keeps to tell a wrong key from a broken file.
    pub(crate) fn check(&self) -> [u8; 32] {
        *self.subkey(b"check")
    }
}

impl PartialEq for ProfileKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}
impl Eq for ProfileKey {}

/// What a person or a script has to open a profile.
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

    fn bytes(self) -> [u8; 12] {
        let mut out = [0; 12];
        let words = [self.memory_kib, self.passes, self.lanes];
        for (to, from) in out.chunks_exact_mut(4).zip(words) {
            to.copy_from_slice(&from.to_be_bytes());
        }
        out
    }
}

impl Default for PassphraseCost {
    fn default() -> Self {
        Self::RFC_9106
    }
}

/// Which kind of secret unwraps the profile key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockKind {
    Passphrase,
    KeyFile,
}

impl LockKind {
    pub(crate) const fn code(self) -> u8 {
        match self {
            LockKind::Passphrase => 1,
            LockKind::KeyFile => 2,
        }
    }
}

/// The profile key, wrapped: what the header keeps in clear.
pub(crate) struct Lock {
    pub(crate) kind: LockKind,
    pub(crate) salt: [u8; 16],
    pub(crate) cost: PassphraseCost,
    pub(crate) wrapped: Vec<u8>,
}

/// Why a lock does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockError {
    /// another secret
    Wrong,
    /// numbers that Argon2id does not take, or that nobody should wait for
    Cost,
}

impl Lock {
    /// Wraps the key.
    pub(crate) fn close(
        kind: LockKind,
        secret: &[u8],
        cost: PassphraseCost,
        key: &ProfileKey,
        rng: &mut dyn Rng,
    ) -> Result<Self, LockError> {
        let salt = random::bytes(rng);
        let wrapping = wrapping_key(kind, secret, &salt, cost)?;
        let nonce: [u8; 24] = random::bytes(rng);
        let aad = aad(kind, &salt, cost);
        let sealed = XChaCha20Poly1305::new((&*wrapping).into())
            .encrypt((&nonce).into(), Payload { msg: key.expose(), aad: &aad })
            .map_err(|_| LockError::Cost)?;
        Ok(Self { kind, salt, cost, wrapped: [nonce.as_slice(), &sealed].concat() })
    }

    /// Unwraps the key.
    pub(crate) fn open(&self, secret: &[u8]) -> Result<ProfileKey, LockError> {
        let wrapping = wrapping_key(self.kind, secret, &self.salt, self.cost)?;
        let (nonce, sealed) = self.wrapped.split_first_chunk::<24>().ok_or(LockError::Wrong)?;
        let aad = aad(self.kind, &self.salt, self.cost);
        let opened = XChaCha20Poly1305::new((&*wrapping).into())
            .decrypt(nonce.into(), Payload { msg: sealed, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| LockError::Wrong)?;
        let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(opened.as_slice().try_into().map_err(|_| LockError::Wrong)?);
        Ok(ProfileKey::new(*bytes))
    }
}

fn aad(kind: LockKind, salt: &[u8; 16], cost: PassphraseCost) -> Vec<u8> {
    label::message(Label::ProfileWrap, &[&[kind.code()], salt, &cost.bytes()])
}

fn wrapping_key(kind: LockKind, secret: &[u8], salt: &[u8; 16], cost: PassphraseCost) -> Result<Zeroizing<[u8; 32]>, LockError> {
    let mut out = Zeroizing::new([0u8; 32]);
    match kind {
        LockKind::KeyFile => {
            let file: Zeroizing<[u8; 32]> = Zeroizing::new(secret.try_into().map_err(|_| LockError::Wrong)?);
            *out = label::derive(&file, Label::ProfileKeys, &[b"key file", salt]);
        }
        LockKind::Passphrase => {
            let most = PassphraseCost::MOST;
            if cost.memory_kib > most.memory_kib || cost.passes > most.passes || cost.lanes > most.lanes {
                return Err(LockError::Cost);
            }
            let params = argon2::Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(|_| LockError::Cost)?;
            argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
                .hash_password_into(secret, salt, out.as_mut_slice())
                .map_err(|_| LockError::Cost)?;
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    #[test]
    fn only_the_same_secret_and_the_same_numbers_unwrap_the_key() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let key = ProfileKey::random(&mut rng);
        let mut lock = Lock::close(LockKind::Passphrase, "cañón".as_bytes(), PassphraseCost::LEAST, &key, &mut rng).unwrap();

        assert!(lock.open("cañón".as_bytes()).unwrap() == key);
        assert_eq!(lock.open(b"canon").err(), Some(LockError::Wrong));
        lock.cost.passes += 1;
        assert_eq!(lock.open("cañón".as_bytes()).err(), Some(LockError::Wrong));
        lock.cost.memory_kib = u32::MAX;
        assert_eq!(lock.open("cañón".as_bytes()).err(), Some(LockError::Cost));
    }

    #[test]
    fn a_key_file_is_no_passphrase() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let key = ProfileKey::random(&mut rng);
        let mut lock = Lock::close(LockKind::KeyFile, &[7; 32], PassphraseCost::LEAST, &key, &mut rng).unwrap();

        assert!(lock.open(&[7; 32]).unwrap() == key);
        assert_eq!(lock.open(&[8; 32]).err(), Some(LockError::Wrong));
        assert_eq!(lock.open(&[7; 31]).err(), Some(LockError::Wrong));
        lock.kind = LockKind::Passphrase;
        assert_eq!(lock.open(&[7; 32]).err(), Some(LockError::Wrong));
    }
}
