//! What was sealed, opened and sealed again: section 5 of audit/FORMAT.md.

use super::Wrong;
use super::address::Casilla;
use super::texts::File;
use crate::wire::{self, Key, msg, sha256};
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use hmac::{Hmac, Mac as _};
use rand::rand_core::{TryCryptoRng, TryRng};
use sha2::Sha256;
use std::convert::Infallible;

const LABEL: &str = "lacre notice header v2";

/// HKDF-Expand: enough for all that is made from a seed.
pub fn expand<const N: usize>(key: &Key, label: &str, parts: &[&[u8]]) -> [u8; N] {
    let (info, mut out, mut block) = (msg(label, parts), [0; N], Vec::new());
    for (i, chunk) in out.chunks_mut(32).enumerate() {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length (RFC 2104)");
        mac.update(&[block.as_slice(), &info, &[i as u8 + 1]].concat());
        block = mac.finalize().into_bytes().to_vec();
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
    out
}

fn pad(mut plain: Vec<u8>, least: usize) -> Vec<u8> {
    plain.push(0x80);
    plain.resize(wire::padme(plain.len().max(least)), 0);
    plain
}

/// The padded plaintext of an answer.
pub fn pad_answer(plain: Vec<u8>) -> Vec<u8> {
    pad(plain, 4096)
}

fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let end = padded.iter().rposition(|b| *b != 0)?;
    let plain = padded.get(..end)?;
    (padded.get(end) == Some(&0x80) && pad(plain.to_vec(), 512) == padded).then_some(plain)
}

/// What the header holds.
pub struct Header {
    pub notice: String,
    pub seed: Key,
    pub certificate: String,
    pub lookup: String,
    pub designation: String,
    pub salt: Key,
    /// the right to write to the return channel that N names
    pub back: Option<Key>,
}

impl Header {
    /// Opened, and sealed again with the seed inside: that must give the same bytes.
    pub fn open(casilla: &Casilla, sealed: &[u8]) -> Result<Self, Wrong> {
        let padded = casilla.open(sealed).ok_or(Wrong::new("envelope"))?;
        let header = unpad(&padded).and_then(Self::read).ok_or(Wrong::new("envelope"))?;
        let random = expand::<64>(&header.seed, "lacre seal randomness v1", &[&0_u32.to_be_bytes()]);
        let again = casilla.seal(&mut Given(random), &pad(header.plain(), 512));
        if again.as_deref() == Some(sealed) { Ok(header) } else { Err(Wrong::new("envelope")) }
    }

    fn read(plain: &[u8]) -> Option<Self> {
        let mut rest = plain.strip_prefix(&[LABEL.len() as u8])?.strip_prefix(LABEL.as_bytes())?;
        let mut part = || -> Option<&[u8]> {
            let (length, behind) = rest.split_first_chunk::<4>()?;
            let (part, behind) = behind.split_at_checked(u32::from_be_bytes(*length) as usize)?;
            rest = behind;
            Some(part)
        };
        let [notice, seed, certificate, lookup, designation, salt, back] =
            [part()?, part()?, part()?, part()?, part()?, part()?, part()?];
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        let header = Self {
            notice: text(notice)?,
            seed: seed.try_into().ok()?,
            certificate: text(certificate)?,
            lookup: text(lookup)?,
            designation: text(designation)?,
            salt: salt.try_into().ok()?,
            back: if back.is_empty() { None } else { Some(back.try_into().ok()?) },
        };
        rest.is_empty().then_some(header)
    }

    fn plain(&self) -> Vec<u8> {
        let [notice, certificate] = [&self.notice, &self.certificate].map(|t| t.as_bytes());
        let [lookup, designation] = [&self.lookup, &self.designation].map(|t| t.as_bytes());
        let back = self.back.as_ref().map_or(&[][..], |token| token);
        msg(LABEL, &[notice, &self.seed, certificate, lookup, designation, &self.salt, back])
    }
}

/// Chance that was given: the 64 bytes that one encapsulation takes, at once.
pub struct Given([u8; 64]);

impl TryRng for Given {
    type Error = Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("an encapsulation takes bytes")
    }
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("an encapsulation takes bytes")
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.copy_from_slice(&self.0);
        Ok(())
    }
}
impl TryCryptoRng for Given {}

fn number(i: usize) -> [u8; 4] {
    (i as u32).to_be_bytes()
}

/// The file, if it is the one that N names and was sealed from the seed.
pub fn file(seed: &Key, i: usize, sealed: &[u8], named: &File) -> Result<Vec<u8>, Wrong> {
    let wrong = Wrong::new("file");
    if sha256(sealed) != named.sealed {
        return Err(wrong);
    }
    let cipher = ChaCha20Poly1305::new(&expand::<32>(seed, "lacre notice file v1", &[&number(i)]).into());
    let shut = Wrong { said: "does-not-open", ..wrong };
    let padded = cipher.decrypt(&[0; 12].into(), sealed).map_err(|_| shut)?;
    let plain = unpad(&padded).ok_or(shut)?.to_vec();
    if sha256(&plain) == named.sha256 && plain.len() as u64 == named.length { Ok(plain) } else { Err(wrong) }
}

/// The id of the entry that has it.
pub fn entry_id(seed: &Key) -> [u8; 16] {
    expand(seed, "lacre notice entry v1", &[])
}

/// Name and read token of the blob that has the i-th sealed file, where it does not travel in the entry.
pub fn blob(seed: &Key, i: usize) -> (Key, Key) {
    let part = |what: &[u8]| expand(seed, "lacre notice blob v1", &[what, &number(i)]);
    (part(b"name"), part(b"read"))
}

/// What the relay's record names.
pub fn digest(header: &[u8], files: impl Iterator<Item = Key>) -> Key {
    let hashes: Vec<Key> = std::iter::once(sha256(header)).chain(files).collect();
    let parts: Vec<&[u8]> = hashes.iter().map(Key::as_slice).collect();
    wire::h("lacre notice digest v1", &parts)
}
