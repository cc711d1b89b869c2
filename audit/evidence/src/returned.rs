//! What a device answers to a notice, as it lies in the body's return channel: FORMAT.md, 5b. Only whoever has the notice's seed
//! makes or reads it: the relay sees one entry of one size, from nobody.
//!
//! - key = `derive(seed, NoticeReturn, "key")`, entry id of the n-th = `derive(seed, NoticeReturn, "entry", n)[..16]`
//! - entry = nonce (24) | XChaCha20-Poly1305(key, nonce, AAD = `message(NoticeReturnAad, channel, entry id)`, pad(plaintext))
//! - plaintext = `message(NoticeReturn, kind, note, part …)`: a device note is padded to one size, a reply to Padmé's.

use super::envelope::Seed;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use lacre_ground::ids::{ChannelId, EntryId};
use lacre_ground::label::{self, Label};
use lacre_ground::random::{self, Rng};
use zeroize::Zeroizing;

/// Bytes of a padded device note: one size, whatever it says.
pub const NOTE_SIZE: usize = 4_096;
/// Most bytes of a padded reply: with nonce and tag it fits an entry.
pub const MAX_REPLY_SIZE: usize = 252 * 1024;
/// Most answers to one notice that the body looks for.
pub const MAX_ANSWERS: u32 = 64;

const NONCE: usize = 24;

/// What is answered.
#[derive(Clone, PartialEq, Eq)]
pub enum Returned {
    /// A record of a device ([`crate::Record`]), and the states of its account after the one that the body knows, oldest first.
    Note {
        /// the signed note
        record: String,
        /// signed notes
        later: Vec<String>,
    },
    /// A reply ([`crate::Reply`]), its text and its files.
    Reply {
        /// the signed note
        reply: String,
        /// signed notes
        later: Vec<String>,
        /// as the person wrote it
        text: String,
        /// in the order of the note's lines
        files: Vec<Vec<u8>>,
    },
}

/// Why an answer is not made or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReturnedError {
    /// Send less: it does not fit an entry.
    #[error("an answer of this size does not fit")]
    TooLong,
    /// Not made with this notice's seed, for this channel and place, or changed.
    #[error("does not open")]
    DoesNotOpen,
    /// Opened, but not of its form.
    #[error("not of the form of an answer")]
    Shape,
}

/// The id of the n-th answer's entry (from 0).
#[must_use]
pub fn entry_id(seed: &Seed, n: u32) -> EntryId {
    EntryId::new(label::derive::<16>(seed.expose(), Label::NoticeReturn, &[b"entry", &n.to_be_bytes()]))
}

fn cipher(seed: &Seed) -> XChaCha20Poly1305 {
    let key = Zeroizing::new(label::derive::<32>(seed.expose(), Label::NoticeReturn, &[b"key"]));
    XChaCha20Poly1305::new((&*key).into())
}

impl Returned {
    fn parts(&self) -> Vec<Vec<u8>> {
        let states =
            |later: &[String]| label::message(Label::NoticeReturn, &later.iter().map(String::as_bytes).collect::<Vec<_>>());
        match self {
            Self::Note { record, later } => vec![b"note".to_vec(), record.clone().into_bytes(), states(later)],
            Self::Reply { reply, later, text, files } => {
                let mut parts = vec![b"reply".to_vec(), reply.clone().into_bytes(), states(later), text.clone().into_bytes()];
                parts.extend(files.iter().cloned());
                parts
            }
        }
    }

    /// Seals it for a place.
    pub fn seal(&self, seed: &Seed, channel: ChannelId, entry: EntryId, rng: &mut dyn Rng) -> Result<Vec<u8>, ReturnedError> {
        let parts = self.parts();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let mut plain = Zeroizing::new(label::message(Label::NoticeReturn, &parts));
        plain.push(0x80);
        let size = match self {
            Self::Note { .. } => NOTE_SIZE,
            Self::Reply { .. } => super::envelope::padme(plain.len().max(NOTE_SIZE)).min(MAX_REPLY_SIZE),
        };
        if plain.len() > size {
            return Err(ReturnedError::TooLong);
        }
        plain.resize(size, 0);
        let nonce: [u8; NONCE] = random::bytes(rng);
        let aad = label::message(Label::NoticeReturnAad, &[channel.as_bytes(), entry.as_bytes()]);
        let payload = Payload { msg: &plain, aad: &aad };
        // cannot fail: the cipher takes 256 GiB
        let sealed = cipher(seed).encrypt(&XNonce::from(nonce), payload).map_err(|_| ReturnedError::TooLong)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what lies in a place. What it says is still to be verified.
    pub fn open(seed: &Seed, channel: ChannelId, entry: EntryId, bytes: &[u8]) -> Result<Self, ReturnedError> {
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(ReturnedError::DoesNotOpen)?;
        let aad = label::message(Label::NoticeReturnAad, &[channel.as_bytes(), entry.as_bytes()]);
        let opened = cipher(seed).decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad });
        let padded = Zeroizing::new(opened.map_err(|_| ReturnedError::DoesNotOpen)?);
        let plain = super::envelope::unpad(&padded).ok_or(ReturnedError::Shape)?;
        Self::read(plain).ok_or(ReturnedError::Shape)
    }

    fn read(plain: &[u8]) -> Option<Self> {
        let parts = label::parts(Label::NoticeReturn, plain)?;
        let text = |bytes: &[u8]| core::str::from_utf8(bytes).ok().map(str::to_owned);
        let states = |bytes: &[u8]| label::parts(Label::NoticeReturn, bytes)?.into_iter().map(text).collect::<Option<Vec<_>>>();
        match parts.as_slice() {
            [b"note", record, later] => Some(Self::Note { record: text(record)?, later: states(later)? }),
            [b"reply", reply, later, words, files @ ..] => Some(Self::Reply {
                reply: text(reply)?,
                later: states(later)?,
                text: text(words)?,
                files: files.iter().map(|f| f.to_vec()).collect(),
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_ground::random::SystemRng;

    fn answers() -> [Returned; 4] {
        let (record, later) = ("a record\n".to_owned(), vec!["one\n".to_owned(), "two\n".to_owned()]);
        let files = vec![vec![0, 0x80, 0], Vec::new(), vec![7; 60_000]];
        [
            Returned::Note { record: record.clone(), later: Vec::new() },
            Returned::Note { record: record.clone(), later: later.clone() },
            Returned::Reply { reply: record.clone(), later: later.clone(), text: "Apelo.\n".to_owned(), files },
            Returned::Reply { reply: record, later, text: String::new(), files: Vec::new() },
        ]
    }

    #[test]
    fn an_answer_opens_with_its_seed_in_its_place_and_nowhere_else() {
        let (seed, channel) = (Seed::new([1; 32]), ChannelId::new([2; 32]));
        for (n, answer) in (0u32..).zip(answers()) {
            let id = entry_id(&seed, n);
            let bytes = answer.seal(&seed, channel, id, &mut SystemRng).unwrap();
            assert!(Returned::open(&seed, channel, id, &bytes) == Ok(answer));
            let no = Some(ReturnedError::DoesNotOpen);
            assert_eq!(Returned::open(&Seed::new([3; 32]), channel, id, &bytes).err(), no);
            assert_eq!(Returned::open(&seed, ChannelId::new([3; 32]), id, &bytes).err(), no);
            assert_eq!(Returned::open(&seed, channel, entry_id(&seed, n + 1), &bytes).err(), no);
            for cut in [0, 10, 24, 40, bytes.len() - 1] {
                assert_eq!(Returned::open(&seed, channel, id, &bytes[..cut]).err(), no);
            }
        }
    }

    #[test]
    fn all_device_notes_have_one_size_and_no_reply_is_smaller_or_passes_an_entry() {
        let (seed, channel) = (Seed::new([1; 32]), ChannelId::new([2; 32]));
        let size = |answer: &Returned| answer.seal(&seed, channel, entry_id(&seed, 0), &mut SystemRng).map(|b| b.len());
        let [a, b, c, d] = answers();
        assert_eq!((size(&a), size(&b), size(&d)), (Ok(NOTE_SIZE + 40), Ok(NOTE_SIZE + 40), Ok(NOTE_SIZE + 40)));
        assert!(size(&c).is_ok_and(|n| n > 60_000 && n < 70_000));
        let note = |len: usize| Returned::Note { record: "x".repeat(len), later: Vec::new() };
        let most = (0..NOTE_SIZE).rev().find(|len| size(&note(*len)).is_ok()).unwrap();
        assert_eq!(size(&note(most + 1)), Err(ReturnedError::TooLong));
        let reply = |len: usize| Returned::Reply {
            reply: String::new(),
            later: Vec::new(),
            text: String::new(),
            files: vec![vec![1; len]],
        };
        assert!(size(&reply(MAX_REPLY_SIZE - 200)).is_ok_and(|n| n <= 262_144));
        assert_eq!(size(&reply(MAX_REPLY_SIZE)), Err(ReturnedError::TooLong));
    }

    #[test]
    fn the_same_answer_made_twice_is_other_bytes() {
        let (seed, channel) = (Seed::new([1; 32]), ChannelId::new([2; 32]));
        let [a, ..] = answers();
        let make = || a.seal(&seed, channel, entry_id(&seed, 0), &mut SystemRng).unwrap();
        assert_ne!(make(), make());
    }
}
