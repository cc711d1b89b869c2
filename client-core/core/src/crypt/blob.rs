//! The encryption of a file: in chunks, so that neither side ever holds more than one.
//!
//! ```text
//! plaintext = content length (8, big-endian) | content | zeros up to padme(8 + content length)
//! blob      = 0x01 | nonce prefix (16) | chunk 0 | chunk 1 | … | last chunk
//! chunk i   = XChaCha20-Poly1305 of plaintext bytes [65,536 i, 65,536 (i + 1)), with tag;
//!             nonce = prefix | (i << 1 | is it the last) as 8 bytes big-endian; AAD = label over the version byte
//! ```
//! The last chunk has what is left, 1 to 65,536 bytes. Chunks cannot be cut off, repeated, left out or exchanged: index
//! and end stand in the nonce. **A key is made for one content and used for no other.** The same key, prefix and content
//! give the same bytes, so that an upload can be tried again.
//!
//! [`BlobSealer`] is a `Read`, [`BlobOpener`] a `Write`: what they give out before the end is authentic but not yet known to
//! be whole; keep it apart until [`BlobOpener::finish`] says so.

use super::padding::padme;
use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use lacre_ground::label::{self, Label};
use lacre_ground::random::{self, Rng};
use std::io::{self, Read, Write};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The first byte of a blob.
pub const VERSION: u8 = 1;
/// Plaintext bytes of every chunk but the last.
pub const CHUNK: usize = 65_536;
const PREFIX: usize = 16;
const HEADER: usize = 1 + PREFIX;
const TAG: usize = 16;
const LENGTH: usize = 8;

/// What opens one blob. Travels inside the message that names it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct BlobKey([u8; 32]);

impl BlobKey {
    /// From its bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// A fresh one, for one content.
    pub fn random(rng: &mut dyn Rng) -> Self {
        Self(random::bytes(rng))
    }
    /// Its bytes. They open a file: keep them out of logs.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Why a blob is not what was sealed; or why it could not be read or written here.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// A first byte that this version does not know.
    #[error("a file of version {0}")]
    Version(u8),
    /// Another key, or bytes that were changed, exchanged or added.
    #[error("a file that does not open")]
    Open,
    /// It ends too early.
    #[error("a file that was cut off")]
    Cut,
    /// The length inside does not belong to its size, or the filler has content.
    #[error("a file that is padded wrongly")]
    Padding,
    /// The content to seal is longer or shorter than was said: it changed meanwhile.
    #[error("the file changed while it was read")]
    Changed,
    /// Reading or writing on this side failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<BlobError> for io::Error {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Io(error) => error,
            BlobError::Version(_) | BlobError::Open | BlobError::Cut | BlobError::Padding | BlobError::Changed => {
                io::Error::new(io::ErrorKind::InvalidData, error)
            }
        }
    }
}

/// Bytes of the blob that carries a content of this length.
#[must_use]
pub fn sealed_size(content: u64) -> u64 {
    let plain = padded_size(content);
    to_u64(HEADER) + plain + plain.div_ceil(to_u64(CHUNK)) * to_u64(TAG)
}

fn padded_size(content: u64) -> u64 {
    // a length that a machine cannot hold in memory is none that it seals
    to_u64(padme(usize::try_from(content.saturating_add(to_u64(LENGTH))).unwrap_or(usize::MAX)))
}

fn to_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

struct Chunks {
    cipher: XChaCha20Poly1305,
    prefix: [u8; PREFIX],
    next: u64,
}

impl Chunks {
    fn nonce(&mut self, last: bool) -> [u8; 24] {
        let mut nonce = [0; 24];
        let counter = (self.next << 1 | u64::from(last)).to_be_bytes();
        nonce.iter_mut().zip(self.prefix.iter().chain(&counter)).for_each(|(to, from)| *to = *from);
        self.next += 1;
        nonce
    }
    fn seal(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), BlobError> {
        let nonce = self.nonce(last);
        self.cipher.encrypt_in_place((&nonce).into(), &aad(), chunk).map_err(|_| BlobError::Open)
    }
    fn open(&mut self, chunk: &mut Vec<u8>, last: bool) -> Result<(), BlobError> {
        let nonce = self.nonce(last);
        self.cipher.decrypt_in_place((&nonce).into(), &aad(), chunk).map_err(|_| BlobError::Open)
    }
}

fn aad() -> Vec<u8> {
    label::message(Label::BlobAad, &[&[VERSION]])
}

/// Reads as the blob of a content. Holds one chunk.
pub struct BlobSealer<R> {
    content: R,
    left: u64,
    filler: u64,
    head: Vec<u8>,
    chunks: Chunks,
    buffer: Zeroizing<Vec<u8>>,
    given: usize,
    done: bool,
}

impl<R: Read> BlobSealer<R> {
    /// `prefix` is random and kept with the key; `len` is the exact length of what `content` gives.
    pub fn new(key: &BlobKey, prefix: [u8; 16], len: u64, content: R) -> Self {
        let mut buffer = Zeroizing::new(Vec::with_capacity(CHUNK + TAG));
        buffer.push(VERSION);
        buffer.extend_from_slice(&prefix);
        let filler = padded_size(len).saturating_sub(len).saturating_sub(to_u64(LENGTH));
        let chunks = Chunks { cipher: XChaCha20Poly1305::new((&key.0).into()), prefix, next: 0 };
        Self { content, left: len, filler, head: len.to_be_bytes().to_vec(), chunks, buffer, given: 0, done: false }
    }

    fn refill(&mut self) -> Result<(), BlobError> {
        self.given = 0;
        self.buffer.clear();
        if self.done {
            return Ok(());
        }
        self.buffer.append(&mut self.head);
        let room = to_u64(CHUNK - self.buffer.len());
        let want = self.left.min(room);
        let got = (&mut self.content).take(want).read_to_end(&mut self.buffer)?;
        if to_u64(got) != want {
            return Err(BlobError::Changed);
        }
        self.left -= want;
        if self.left == 0 {
            let zeros = self.filler.min(to_u64(CHUNK - self.buffer.len()));
            let filled = self.buffer.len() + usize::try_from(zeros).unwrap_or(0);
            self.buffer.resize(filled, 0);
            self.filler -= zeros;
        }
        let last = self.left == 0 && self.filler == 0;
        if last {
            let mut one = [0];
            if self.content.read(&mut one)? != 0 {
                return Err(BlobError::Changed);
            }
            self.done = true;
        }
        self.chunks.seal(&mut self.buffer, last)
    }
}

impl<R: Read> Read for BlobSealer<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.given >= self.buffer.len() {
            self.refill()?;
        }
        let ready = self.buffer.get(self.given..).unwrap_or_default();
        let n = ready.len().min(out.len());
        if let (Some((to, _)), Some((from, _))) = (out.split_at_mut_checked(n), ready.split_at_checked(n)) {
            to.copy_from_slice(from);
        }
        self.given += n;
        Ok(n)
    }
}

/// Takes a blob in pieces of any size, writes its content. Holds one chunk.
pub struct BlobOpener<W> {
    key: BlobKey,
    out: W,
    chunks: Option<Chunks>,
    buffer: Zeroizing<Vec<u8>>,
    /// plaintext bytes that were opened, with length and filler
    opened: u64,
    /// length of the content, once known
    len: Option<u64>,
    taken: u64,
}

impl<W: Write> BlobOpener<W> {
    /// Writes the content to `out` as it is opened.
    pub fn new(key: &BlobKey, out: W) -> Self {
        let buffer = Zeroizing::new(Vec::with_capacity(CHUNK + TAG));
        Self { key: key.clone(), out, chunks: None, buffer, opened: 0, len: None, taken: 0 }
    }

    /// Bytes of the blob that were taken: where a download that broke off goes on.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// The content's length, once the first chunk was opened.
    #[must_use]
    pub fn content_len(&self) -> Option<u64> {
        self.len
    }

    /// Opens the last chunk; only now the content is known to be whole. Gives back the writer.
    pub fn finish(mut self) -> Result<W, BlobError> {
        if self.chunks.is_none() || self.buffer.len() <= TAG {
            return Err(BlobError::Cut);
        }
        // what stands in the buffer opens as the last chunk, or the blob was cut off (or changed: one cannot tell)
        self.open_chunk(true).map_err(|error| match error {
            BlobError::Open => BlobError::Cut,
            other => other,
        })?;
        match self.len {
            Some(len) if padded_size(len) == self.opened => {}
            Some(_) | None => return Err(BlobError::Padding),
        }
        self.out.flush()?;
        Ok(self.out)
    }

    fn take(&mut self, mut piece: &[u8]) -> Result<(), BlobError> {
        while !piece.is_empty() {
            let full = if self.chunks.is_some() { CHUNK + TAG } else { HEADER };
            if self.buffer.len() == full {
                // more follows, so this one is not the last
                self.open_chunk(false)?;
            }
            let n = (full - self.buffer.len()).min(piece.len());
            let (now, rest) = piece.split_at_checked(n).ok_or(BlobError::Open)?;
            self.buffer.extend_from_slice(now);
            self.taken += to_u64(n);
            piece = rest;
            if self.chunks.is_none() && self.buffer.len() == HEADER {
                self.read_header()?;
            }
        }
        Ok(())
    }

    fn read_header(&mut self) -> Result<(), BlobError> {
        let (version, prefix) = self.buffer.split_first().ok_or(BlobError::Cut)?;
        if *version != VERSION {
            return Err(BlobError::Version(*version));
        }
        let prefix = prefix.try_into().map_err(|_| BlobError::Cut)?;
        self.chunks = Some(Chunks { cipher: XChaCha20Poly1305::new((&self.key.0).into()), prefix, next: 0 });
        self.buffer.clear();
        Ok(())
    }

    fn open_chunk(&mut self, last: bool) -> Result<(), BlobError> {
        self.chunks.as_mut().ok_or(BlobError::Cut)?.open(&mut self.buffer, last)?;
        let mut plain = self.buffer.as_slice();
        let len = match self.len {
            Some(len) => len,
            None => {
                let (length, rest) = plain.split_first_chunk::<LENGTH>().ok_or(BlobError::Padding)?;
                plain = rest;
                self.opened += to_u64(LENGTH);
                let len = u64::from_be_bytes(*length);
                self.len = Some(len);
                len
            }
        };
        let left = len.saturating_sub(self.opened - to_u64(LENGTH));
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(plain.len());
        let (content, filler) = plain.split_at_checked(here).ok_or(BlobError::Padding)?;
        if filler.iter().any(|b| *b != 0) {
            return Err(BlobError::Padding);
        }
        self.out.write_all(content)?;
        self.opened += to_u64(plain.len());
        self.buffer.zeroize();
        Ok(())
    }
}

impl<W: Write> Write for BlobOpener<W> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.take(piece)?;
        Ok(piece.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
#[path = "blob_tests.rs"]
mod tests;
