//! The cryptography that OpenMLS is given: libcrux, with two things that it lacks.
//!
//! It remembers what of a message's content was signed, and under which key that was good: whoever signed a commit that
//! cannot be applied here, and what all members can judge of it. OpenMLS verifies that before lifetimes, path secret and
//! confirmation tag, and says only what failed. And it looks at the length of the public
//! keys that others chose before anything is encrypted to them: libcrux cuts them without looking, and panics.

use ed25519_dalek::SigningKey;
use lacre_profile::mls::DeviceSigner;
use openmls_libcrux_crypto::CryptoProvider;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::{
    AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig, HpkeKemType, HpkeKeyPair,
    KemOutput, SignatureScheme,
};
use std::sync::{Mutex, PoisonError};
use tls_codec::{Deserialize as _, SecretVLBytes, VLBytes};

/// The label of RFC 9420, 6.1, at the beginning of what is signed.
const FRAMED: &[u8] = b"MLS 1.0 FramedContentTBS";

/// This device's signature key.
pub struct OwnKey(SigningKey);

impl OwnKey {
    /// Of its seed.
    pub(crate) fn of_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }
}

impl Signer for OwnKey {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        DeviceSigner(&self.0).sign(payload)
    }
    fn signature_scheme(&self) -> SignatureScheme {
        DeviceSigner(&self.0).signature_scheme()
    }
}

/// What a message's sender signed.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) key: Vec<u8>,
    /// a FramedContentTBS
    pub(crate) content: Vec<u8>,
}

/// Libcrux with a memory of one message.
pub(crate) struct Noting {
    inner: CryptoProvider,
    signed: Mutex<Option<Signed>>,
}

/// Bytes of a public key to encrypt to: of X-Wing (draft-connolly-cfrg-xwing-kem, 5.1) and of X25519 (RFC 9180, 7.1).
pub(super) fn public_key_length(kem: HpkeKemType) -> Option<usize> {
    match kem {
        HpkeKemType::XWingKemDraft6 => Some(1_216),
        HpkeKemType::DhKem25519 => Some(32),
        _ => None,
    }
}

fn is_whole(config: &HpkeConfig, key: &[u8]) -> bool {
    public_key_length(config.0) == Some(key.len())
}

impl Noting {
    pub(crate) fn new(inner: CryptoProvider) -> Self {
        Self { inner, signed: Mutex::new(None) }
    }

    /// Libcrux itself.
    #[cfg(feature = "laboratory")]
    pub(crate) fn inner(&self) -> &CryptoProvider {
        &self.inner
    }

    /// Before a message is processed: who signed the one before is of no interest.
    pub(crate) fn forget(&self) {
        *self.signed.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The last message whose signature was good.
    pub(crate) fn signed(&self) -> Option<Signed> {
        self.signed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl OpenMlsCrypto for Noting {
    fn verify_signature(&self, alg: SignatureScheme, data: &[u8], pk: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        self.inner.verify_signature(alg, data, pk, signature)?;
        // SignContent: label and content, each behind its length
        let mut rest = data;
        if let (Ok(label), Ok(content)) = (VLBytes::tls_deserialize(&mut rest), VLBytes::tls_deserialize(&mut rest))
            && label.as_slice() == FRAMED
        {
            let signed = Signed { key: pk.to_vec(), content: content.into() };
            *self.signed.lock().unwrap_or_else(PoisonError::into_inner) = Some(signed);
        }
        Ok(())
    }
    fn supports(&self, suite: Ciphersuite) -> Result<(), CryptoError> {
        self.inner.supports(suite)
    }
    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        self.inner.supported_ciphersuites()
    }
    fn hkdf_extract(&self, h: HashType, salt: &[u8], ikm: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        self.inner.hkdf_extract(h, salt, ikm)
    }
    fn hmac(&self, h: HashType, key: &[u8], message: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        self.inner.hmac(h, key, message)
    }
    fn hkdf_expand(&self, h: HashType, prk: &[u8], info: &[u8], len: usize) -> Result<SecretVLBytes, CryptoError> {
        self.inner.hkdf_expand(h, prk, info, len)
    }
    fn hash(&self, h: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.inner.hash(h, data)
    }
    fn aead_encrypt(&self, alg: AeadType, key: &[u8], data: &[u8], nonce: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.inner.aead_encrypt(alg, key, data, nonce, aad)
    }
    fn aead_decrypt(&self, alg: AeadType, key: &[u8], data: &[u8], nonce: &[u8], aad: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.inner.aead_decrypt(alg, key, data, nonce, aad)
    }
    fn signature_key_gen(&self, alg: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        self.inner.signature_key_gen(alg)
    }
    fn sign(&self, alg: SignatureScheme, data: &[u8], key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.inner.sign(alg, data, key)
    }
    fn hpke_seal(&self, c: HpkeConfig, pk: &[u8], info: &[u8], aad: &[u8], text: &[u8]) -> Result<HpkeCiphertext, CryptoError> {
        if !is_whole(&c, pk) {
            return Err(CryptoError::InvalidPublicKey);
        }
        self.inner.hpke_seal(c, pk, info, aad, text)
    }
    fn hpke_open(
        &self,
        c: HpkeConfig,
        input: &HpkeCiphertext,
        sk: &[u8],
        info: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        self.inner.hpke_open(c, input, sk, info, aad)
    }
    fn hpke_setup_sender_and_export(
        &self,
        c: HpkeConfig,
        pk: &[u8],
        info: &[u8],
        context: &[u8],
        len: usize,
    ) -> Result<(KemOutput, ExporterSecret), CryptoError> {
        if !is_whole(&c, pk) {
            return Err(CryptoError::InvalidPublicKey);
        }
        self.inner.hpke_setup_sender_and_export(c, pk, info, context, len)
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
        self.inner.hpke_setup_receiver_and_export(c, enc, sk, info, context, len)
    }
    fn derive_hpke_keypair(&self, c: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        self.inner.derive_hpke_keypair(c, ikm)
    }
}

impl OpenMlsRand for Noting {
    type Error = <CryptoProvider as OpenMlsRand>::Error;
    fn random_array<const N: usize>(&self) -> Result<[u8; N], Self::Error> {
        self.inner.random_array()
    }
    fn random_vec(&self, len: usize) -> Result<Vec<u8>, Self::Error> {
        self.inner.random_vec(len)
    }
}
