//! A cryptography that tells one lie at a chosen place, so that a member can make hostile commits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a panic is how a test says no"
)]

use openmls_libcrux_crypto::CryptoProvider;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::types::{
    AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig, HpkeKeyPair, KemOutput,
    SignatureScheme,
};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Which lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    /// The n-th path secret (from 0) is sealed wrongly: one part of the tree cannot follow.
    PathSecret(usize),
    /// The confirmation tag is wrong: nobody can follow.
    ConfirmationTag,
    /// Signatures are wrong.
    Signature,
    /// The n-th key that is derived (from 0) is none that anybody could encrypt to.
    PublicKey(usize),
    /// As [`Lie::PublicKey`] and [`Lie::PathSecret`] at once.
    PublicKeyAndPathSecret(usize, usize),
}

/// Libcrux, but for the lie.
pub struct Lying<'a> {
    honest: &'a CryptoProvider,
    lie: Lie,
    sealed: AtomicUsize,
    derived: AtomicUsize,
}

impl<'a> Lying<'a> {
    /// Around the honest one.
    #[must_use]
    pub fn new(honest: &'a CryptoProvider, lie: Lie) -> Self {
        Self { honest, lie, sealed: AtomicUsize::new(0), derived: AtomicUsize::new(0) }
    }
    /// Path secrets sealed so far.
    pub fn sealed(&self) -> usize {
        self.sealed.load(Ordering::SeqCst)
    }
}

fn spoil(bytes: &mut [u8]) {
    if let Some(byte) = bytes.first_mut() {
        *byte ^= 1;
    }
}

impl OpenMlsCrypto for Lying<'_> {
    fn supports(&self, suite: Ciphersuite) -> Result<(), CryptoError> {
        self.honest.supports(suite)
    }
    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        self.honest.supported_ciphersuites()
    }
    fn hkdf_extract(&self, h: HashType, salt: &[u8], ikm: &[u8]) -> Result<tls_codec::SecretVLBytes, CryptoError> {
        self.honest.hkdf_extract(h, salt, ikm)
    }
    fn hmac(&self, h: HashType, key: &[u8], message: &[u8]) -> Result<tls_codec::SecretVLBytes, CryptoError> {
        let tag = self.honest.hmac(h, key, message)?;
        if self.lie == Lie::ConfirmationTag {
            let mut bytes = tag.as_slice().to_vec();
            spoil(&mut bytes);
            return Ok(bytes.into());
        }
        Ok(tag)
    }
    fn hkdf_expand(&self, h: HashType, prk: &[u8], info: &[u8], len: usize) -> Result<tls_codec::SecretVLBytes, CryptoError> {
        self.honest.hkdf_expand(h, prk, info, len)
    }
    fn hash(&self, h: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.honest.hash(h, data)
    }
    fn aead_encrypt(&self, alg: AeadType, key: &[u8], data: &[u8], nonce: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.honest.aead_encrypt(alg, key, data, nonce, aad)
    }
    fn aead_decrypt(&self, alg: AeadType, key: &[u8], data: &[u8], nonce: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.honest.aead_decrypt(alg, key, data, nonce, aad)
    }
    fn signature_key_gen(&self, alg: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        self.honest.signature_key_gen(alg)
    }
    fn verify_signature(&self, alg: SignatureScheme, data: &[u8], pk: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        self.honest.verify_signature(alg, data, pk, signature)
    }
    fn sign(&self, alg: SignatureScheme, data: &[u8], key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.honest.sign(alg, data, key)
    }
    fn hpke_seal(&self, c: HpkeConfig, pk: &[u8], info: &[u8], aad: &[u8], text: &[u8]) -> Result<HpkeCiphertext, CryptoError> {
        let n = self.sealed.fetch_add(1, Ordering::SeqCst);
        if self.lie == Lie::PathSecret(n) || matches!(self.lie, Lie::PublicKeyAndPathSecret(_, at) if at == n) {
            let mut other = text.to_vec();
            spoil(&mut other);
            return self.honest.hpke_seal(c, pk, info, aad, &other);
        }
        self.honest.hpke_seal(c, pk, info, aad, text)
    }
    fn hpke_open(
        &self,
        c: HpkeConfig,
        input: &HpkeCiphertext,
        sk: &[u8],
        info: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.honest.hpke_open(c, input, sk, info, aad)
    }
    fn hpke_setup_sender_and_export(
        &self,
        c: HpkeConfig,
        pk: &[u8],
        info: &[u8],
        context: &[u8],
        len: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        self.honest.hpke_setup_sender_and_export(c, pk, info, context, len)
    }
    fn hpke_setup_receiver_and_export(
        &self,
        c: HpkeConfig,
        enc: &[u8],
        sk: &[u8],
        info: &[u8],
        context: &[u8],
        len: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        self.honest.hpke_setup_receiver_and_export(c, enc, sk, info, context, len)
    }
    fn derive_hpke_keypair(&self, c: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        let mut pair = self.honest.derive_hpke_keypair(c, ikm)?;
        let n = self.derived.fetch_add(1, Ordering::SeqCst);
        if matches!(self.lie, Lie::PublicKey(at) | Lie::PublicKeyAndPathSecret(at, _) if at == n) {
            pair.public = vec![7; 5];
        }
        Ok(pair)
    }
}

impl OpenMlsRand for Lying<'_> {
    type Error = <CryptoProvider as OpenMlsRand>::Error;
    fn random_array<const N: usize>(&self) -> Result<[u8; N], Self::Error> {
        self.honest.random_array()
    }
    fn random_vec(&self, len: usize) -> Result<Vec<u8>, Self::Error> {
        self.honest.random_vec(len)
    }
}
