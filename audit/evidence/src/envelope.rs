//! The envelope that anyone can make again: header and files as the relay takes them, from a [`Header`] and the grant.
//!
//! - header: HPKE (X-Wing) to the grant's notice key of the padded `message(NoticeHeader, N, seed, certificate, lookup,
//!   designation, salt, return token)`, with the channel as AAD and all randomness from the seed.
//! - file i: ChaCha20-Poly1305 of the padded file under `derive(seed, NoticeFile, i)`, nonce zero (each key is used once),
//!   no AAD.
//! - padding: `0x80`, then zeros up to the Padmé size of at least 512 bytes.
//! - digest, which the relay's receipt names: `hash(NoticeDigest, SHA-256 of header, of file 0, of file 1 …)`.
//!
//! The recipient's device does the same on arrival ([`Envelope::open`]), has in the header all that it needs to check N before it
//! shows anything, and shows what does not match as invalid.

use super::grant::Grant;
use super::lookup::Salt;
use super::notice::FileEntry;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use lacre_ground::ids::{BlobId, ChannelId, EntryId, Token};
use lacre_ground::label::{self, Label};
use lacre_ground::random::Rng;
use lacre_ground::seal::{self, SealError, SealPublic, SealSecret};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Least bytes of a padded plaintext.
pub const PADDING_FLOOR: usize = 512;

/// From which everything random in an envelope comes: use a fresh one for each notice. Whoever has it can read.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; 32]);

impl Seed {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// A fresh one.
    pub fn random(rng: &mut dyn Rng) -> Self {
        Self(lacre_ground::random::bytes(rng))
    }
    /// Its bytes.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Why an envelope does not open or does not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Sealed to another key or channel, or changed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Opened, but not of its form.
    #[error("the header is not of its form")]
    Shape,
    /// Opened, but the seed inside does not make the same bytes: nobody could prove this notice.
    #[error("sealed again, the header has other bytes")]
    NotMadeFromSeed,
    /// A file does not decrypt.
    #[error("file {0} does not decrypt")]
    File(usize),
}

/// What is sealed to the notice key: N, and what proves it.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// N, the whole note
    pub notice: String,
    /// from which all randomness comes
    pub seed: Seed,
    /// the agency's certificate
    pub certificate: String,
    /// the registrar's answer
    pub lookup: String,
    /// the person's designation
    pub designation: String,
    /// opens the commitment in the answer
    pub salt: Salt,
    /// right to write to the return channel that N names
    pub return_token: Option<Token>,
}

impl Header {
    fn plain(&self) -> Zeroizing<Vec<u8>> {
        let back = self.return_token.as_ref().map_or([].as_slice(), |t| t.expose().as_slice());
        let parts = [
            self.notice.as_bytes(),
            self.seed.expose(),
            self.certificate.as_bytes(),
            self.lookup.as_bytes(),
            self.designation.as_bytes(),
            self.salt.expose(),
            back,
        ];
        Zeroizing::new(label::message(Label::NoticeHeader, &parts))
    }
    fn read(plain: &[u8]) -> Option<Self> {
        let parts = label::parts(Label::NoticeHeader, plain)?;
        let [notice, seed, certificate, lookup, designation, salt, back] = parts.as_slice() else { return None };
        let text = |bytes: &[u8]| core::str::from_utf8(bytes).ok().map(str::to_owned);
        Some(Self {
            notice: text(notice)?,
            seed: Seed::new((*seed).try_into().ok()?),
            certificate: text(certificate)?,
            lookup: text(lookup)?,
            designation: text(designation)?,
            salt: Salt::new((*salt).try_into().ok()?),
            return_token: if back.is_empty() { None } else { Some(Token::try_from(*back).ok()?) },
        })
    }
    /// Seals it; the same arguments give the same bytes.
    pub fn seal(&self, to: &SealPublic, channel: ChannelId) -> Result<Vec<u8>, SealError> {
        let mut plain = self.plain();
        pad(&mut plain);
        seal::seal_again(to, Label::NoticeSeal, channel.as_bytes(), &plain, self.seed.expose())
    }
    /// As this grant demands.
    pub fn seal_for(&self, grant: &Grant) -> Result<Vec<u8>, SealError> {
        self.seal(&grant.key, grant.casilla.channel)
    }
}

/// What the relay takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// the sealed header
    pub header: Vec<u8>,
    /// the sealed files, the body first
    pub files: Vec<Vec<u8>>,
}

impl Envelope {
    /// The hash that the relay's receipt names.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let files: Vec<[u8; 32]> = self.files.iter().map(|f| Sha256::digest(f).into()).collect();
        digest(&self.header, files.iter())
    }
    /// As the recipient's device opens it. What is in the header is still to be verified.
    pub fn open(&self, with: &SealSecret, channel: ChannelId) -> Result<Header, EnvelopeError> {
        let padded = Zeroizing::new(seal::open(with, Label::NoticeSeal, channel.as_bytes(), &self.header)?);
        let header = unpad(&padded).and_then(Header::read).ok_or(EnvelopeError::Shape)?;
        if header.seal(&with.public()?, channel)? != self.header {
            return Err(EnvelopeError::NotMadeFromSeed);
        }
        Ok(header)
    }
}

/// [`Envelope::digest`] from the header and the hashes of the sealed files.
pub fn digest<'a>(header: &[u8], files: impl Iterator<Item = &'a [u8; 32]>) -> [u8; 32] {
    let header: [u8; 32] = Sha256::digest(header).into();
    let files: Vec<[u8; 32]> = files.copied().collect();
    let parts: Vec<&[u8]> = core::iter::once(header.as_slice()).chain(files.iter().map(<[u8; 32]>::as_slice)).collect();
    label::hash(Label::NoticeDigest, &parts)
}

fn cipher(seed: &Seed, number: usize) -> ChaCha20Poly1305 {
    let i = u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    let key = Zeroizing::new(label::derive::<32>(seed.expose(), Label::NoticeFile, &[&i]));
    ChaCha20Poly1305::new((&*key).into())
}

/// Seals one file; the same arguments give the same bytes.
#[must_use]
pub fn seal_file(seed: &Seed, number: usize, file: &[u8]) -> Vec<u8> {
    let mut plain = Zeroizing::new(file.to_vec());
    pad(&mut plain);
    // cannot fail: the cipher takes 256 GiB, a file has at most 100 MiB
    cipher(seed, number).encrypt(&Nonce::default(), plain.as_slice()).unwrap_or_default()
}

/// Opens one file.
pub fn open_file(seed: &Seed, number: usize, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    let padded = cipher(seed, number).decrypt(&Nonce::default(), sealed).map_err(|_| EnvelopeError::File(number))?;
    let padded = Zeroizing::new(padded);
    unpad(&padded).map(|p| Zeroizing::new(p.to_vec())).ok_or(EnvelopeError::File(number))
}

/// Name and read token of the blob that carries a sealed file which does not travel in the entry.
#[must_use]
pub fn blob(seed: &Seed, number: usize) -> (BlobId, Token) {
    let i = u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes();
    let derive = |what: &[u8]| label::derive::<32>(seed.expose(), Label::NoticeBlob, &[what, &i]);
    (BlobId::new(derive(b"name")), Token::new(derive(b"read")))
}

/// The id of the notice's entry in the casilla.
#[must_use]
pub fn entry_id(seed: &Seed) -> EntryId {
    EntryId::new(label::derive::<16>(seed.expose(), Label::NoticeEntry, &[]))
}

/// A file's line in N.
#[must_use]
pub fn entry(seed: &Seed, number: usize, file: &[u8], media: &str, name: &str) -> FileEntry {
    FileEntry {
        sha256: Sha256::digest(file).into(),
        len: u64::try_from(file.len()).unwrap_or(u64::MAX),
        sealed_sha256: Sha256::digest(seal_file(seed, number, file)).into(),
        media: media.to_owned(),
        name: name.to_owned(),
    }
}

fn pad(plain: &mut Vec<u8>) {
    plain.push(0x80);
    plain.resize(padme(plain.len().max(PADDING_FLOOR)), 0);
}

pub(crate) fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let end = padded.iter().rposition(|b| *b != 0)?;
    (padded.get(end) == Some(&0x80)).then(|| padded.get(..end)).flatten()
}

/// Padmé (Nikitin and others, *Reducing metadata leakage from encrypted files*, 2019): the next size whose low bits are
/// zero, so that a length tells O(log log) bits.
pub(crate) fn padme(len: usize) -> usize {
    let Some(e) = len.checked_ilog2().filter(|e| *e > 0) else { return len };
    let s = e.ilog2() + 1;
    let mask = (1usize << e.saturating_sub(s)) - 1;
    len.saturating_add(mask) & !mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_comes_off_again_and_sizes_are_padme() {
        for len in (0..2000).chain([4096, 65_536, 100_001]) {
            let mut bytes = vec![0u8; len];
            pad(&mut bytes);
            assert_eq!(unpad(&bytes).unwrap().len(), len);
            assert!(bytes.len() >= PADDING_FLOOR && padme(bytes.len()) == bytes.len());
            assert!(len < 600 || bytes.len() * 100 <= (len + 1) * 112, "{len}: at most 12 % more");
        }
        assert_eq!([padme(512), padme(513), padme(1000), padme(4097)], [512, 544, 1024, 4352]);
    }

    #[test]
    fn the_device_opens_what_was_sealed_and_refuses_what_was_not_made_from_its_seed() {
        let secret = SealSecret::new([3; 32]);
        let to = secret.public().unwrap();
        let channel = ChannelId::new([1; 32]);
        let seed = Seed::new([9; 32]);
        let text = |t: &str| t.to_owned();
        let header = Header {
            notice: text("notice\n"),
            seed: seed.clone(),
            certificate: text("certificate\n"),
            lookup: text("lookup\n"),
            designation: text("designation\n"),
            salt: Salt::new([4; 32]),
            return_token: Some(Token::new([5; 32])),
        };
        let silent = Header { return_token: None, ..header.clone() };
        for sealed in [&header, &silent] {
            let envelope = Envelope { header: sealed.seal(&to, channel).unwrap(), files: vec![seal_file(&seed, 0, b"body")] };
            assert!(envelope.open(&secret, channel).unwrap() == *sealed);
            assert_eq!(*open_file(&seed, 0, &envelope.files[0]).unwrap(), b"body");
            assert!(open_file(&seed, 1, &envelope.files[0]).is_err());
            assert!(envelope.open(&secret, ChannelId::new([2; 32])).is_err());
        }
        // the same plaintext, sealed with other randomness than the seed inside
        let mut plain = header.plain();
        pad(&mut plain);
        let sealed = seal::seal_again(&to, Label::NoticeSeal, channel.as_bytes(), &plain, &[8; 32]).unwrap();
        let forged = Envelope { header: sealed, files: vec![] };
        assert!(matches!(forged.open(&secret, channel), Err(EnvelopeError::NotMadeFromSeed)));
        // something else than a header
        let mut plain = b"hello".to_vec();
        pad(&mut plain);
        let sealed = seal::seal_again(&to, Label::NoticeSeal, channel.as_bytes(), &plain, seed.expose()).unwrap();
        assert!(matches!(Envelope { header: sealed, files: vec![] }.open(&secret, channel), Err(EnvelopeError::Shape)));
    }
}
