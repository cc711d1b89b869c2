//! The outer encryption of an entry: what the relay stores (PROTOCOL.md, 15).
//!
//! ```text
//! 0x01 | nonce (24) | XChaCha20-Poly1305( pad(message) ) with tag
//! ```
//! AAD is [`Label::EntryAad`] over channel, entry id and seal flag (one byte). The nonce is hedged: HMAC under the entry
//! key of fresh randomness, place and message, so that neither a failing generator nor a copied one repeats it.

use super::padding::{Unpad, pad, padme, unpad};
use chacha20poly1305::aead::{AeadInOut, Buffer};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use lacre_ground::ids::{ChannelId, EntryId, Token};
use lacre_ground::label::{self, Label};
use lacre_ground::random::{self, Rng};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The first byte of an entry.
pub const VERSION: u8 = 1;
const NONCE: usize = 24;
const TAG: usize = 16;
/// Bytes that an entry has beside its padded message.
pub const OVERHEAD: usize = 1 + NONCE + TAG;

/// Why an entry cannot be read. None is an error of this device: a seal like this is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// A first byte that this version does not know.
    #[error("an entry of version {0}")]
    Version(u8),
    /// Not encrypted under this channel's key for this place.
    #[error("an entry that does not open")]
    Open,
    /// Opened, but not padded as it must be.
    #[error("an entry that is padded wrongly: {0}")]
    Padding(#[from] Unpad),
}

/// The secrets of one channel of a conversation: `export_secret("lacre channel v1", "", 96)` of its epoch.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ChannelKeys {
    /// the right to append
    pub append_token: Token,
    /// the right to read
    pub read_token: Token,
    /// opens its entries
    pub entry_key: [u8; 32],
}

impl ChannelKeys {
    /// Label of the MLS exporter.
    pub const EXPORTER_LABEL: &'static str = "lacre channel v1";
    /// Bytes to export.
    pub const LEN: usize = 96;

    /// From the exporter's output; none when it is not [`ChannelKeys::LEN`] bytes.
    #[must_use]
    pub fn from_export(secret: &[u8]) -> Option<Self> {
        let (append, rest) = secret.split_first_chunk::<32>()?;
        let (read, rest) = rest.split_first_chunk::<32>()?;
        Some(Self { append_token: Token::new(*append), read_token: Token::new(*read), entry_key: rest.try_into().ok()? })
    }
    /// The channel's name.
    #[must_use]
    pub fn channel(&self) -> ChannelId {
        ChannelId::of_log(&self.append_token.hash(), &self.read_token.hash())
    }
}

/// Bytes of the entry that carries a message of this length.
#[must_use]
pub const fn sealed_len(message: usize) -> usize {
    OVERHEAD + padme(super::padding::LENGTH + message)
}

/// Encrypts a message for its place. Keep the bytes: a retry sends the same ones.
#[must_use]
pub fn seal_entry(key: &[u8; 32], channel: ChannelId, id: EntryId, seal: bool, message: &[u8], rng: &mut dyn Rng) -> Vec<u8> {
    let fresh: Zeroizing<[u8; 32]> = Zeroizing::new(random::bytes(rng));
    let mut padded = pad(message);
    let hedge = label::mac(key, Label::Nonce, &[&*fresh, channel.as_bytes(), id.as_bytes(), &[u8::from(seal)], message]);
    let mut nonce = [0; NONCE];
    nonce.iter_mut().zip(hedge).for_each(|(to, from)| *to = from);
    let mut out = Vec::with_capacity(1 + NONCE + padded.len() + TAG);
    out.push(VERSION);
    out.extend_from_slice(&nonce);
    // the cipher's limit is 256 GiB for one message: a message in memory is below it
    let sealed = XChaCha20Poly1305::new(key.into()).encrypt_in_place((&nonce).into(), &aad(channel, id, seal), &mut *padded);
    if sealed.is_ok() {
        out.extend_from_slice(&padded);
    }
    out
}

/// The message of an entry in its place.
pub fn open_entry(
    key: &[u8; 32],
    channel: ChannelId,
    id: EntryId,
    seal: bool,
    entry: &[u8],
) -> Result<Zeroizing<Vec<u8>>, EntryError> {
    let (version, rest) = entry.split_first().ok_or(EntryError::Open)?;
    if *version != VERSION {
        return Err(EntryError::Version(*version));
    }
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(EntryError::Open)?;
    let mut buffer = Zeroizing::new(sealed.to_vec());
    XChaCha20Poly1305::new(key.into())
        .decrypt_in_place(nonce.into(), &aad(channel, id, seal), &mut *buffer)
        .map_err(|_| EntryError::Open)?;
    let length = unpad(&buffer)?.len();
    let start = super::padding::LENGTH;
    buffer.copy_within(start..start + length, 0);
    Buffer::truncate(&mut *buffer, length);
    Ok(buffer)
}

fn aad(channel: ChannelId, id: EntryId, seal: bool) -> Vec<u8> {
    label::message(Label::EntryAad, &[channel.as_bytes(), id.as_bytes(), &[u8::from(seal)]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::{Rng as _, SeedableRng};

    const KEY: [u8; 32] = [9; 32];
    const CHANNEL: ChannelId = ChannelId::new([1; 32]);
    const ID: EntryId = EntryId::new([2; 16]);

    #[test]
    fn ten_thousand_lengths_open_again_and_show_only_their_class() {
        let seed = 5;
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        for round in 0..10_000u32 {
            let len = usize::try_from(rng.next_u32() % if round % 500 == 0 { 262_000 } else { 1_500 }).unwrap();
            let mut message = vec![0; len];
            rng.fill_bytes(&mut message);
            let entry = seal_entry(&KEY, CHANNEL, ID, round % 2 == 0, &message, &mut rng);
            assert_eq!(entry.len(), OVERHEAD + padme(len + 4), "seed {seed}, length {len}");
            assert_eq!(entry.len(), sealed_len(len));
            assert_eq!(*open_entry(&KEY, CHANNEL, ID, round % 2 == 0, &entry).unwrap(), message, "seed {seed}, length {len}");
        }
    }

    #[test]
    fn an_entry_opens_in_no_other_place_and_not_after_any_change() {
        let mut rng = ChaCha20Rng::seed_from_u64(6);
        let entry = seal_entry(&KEY, CHANNEL, ID, true, b"hola", &mut rng);

        assert!(open_entry(&KEY, CHANNEL, ID, true, &entry).is_ok());
        assert_eq!(open_entry(&[8; 32], CHANNEL, ID, true, &entry), Err(EntryError::Open));
        assert_eq!(open_entry(&KEY, ChannelId::new([3; 32]), ID, true, &entry), Err(EntryError::Open));
        assert_eq!(open_entry(&KEY, CHANNEL, EntryId::new([3; 16]), true, &entry), Err(EntryError::Open));
        assert_eq!(open_entry(&KEY, CHANNEL, ID, false, &entry), Err(EntryError::Open));
        for at in 0..entry.len() {
            let mut flipped = entry.clone();
            flipped[at] ^= 0x80;
            assert!(open_entry(&KEY, CHANNEL, ID, true, &flipped).is_err(), "flip at {at}");
            assert!(open_entry(&KEY, CHANNEL, ID, true, &entry[..at]).is_err(), "cut at {at}");
        }
        assert_eq!(open_entry(&KEY, CHANNEL, ID, true, &[[2].as_slice(), &entry[1..]].concat()), Err(EntryError::Version(2)));
    }

    #[test]
    fn a_generator_that_repeats_itself_repeats_no_nonce() {
        let nonce = |id: [u8; 16], message: &[u8]| {
            let mut stuck = ChaCha20Rng::seed_from_u64(7);
            seal_entry(&KEY, CHANNEL, EntryId::new(id), false, message, &mut stuck)[1..25].to_vec()
        };
        assert_eq!(nonce([2; 16], b"uno"), nonce([2; 16], b"uno"));
        assert_ne!(nonce([2; 16], b"uno"), nonce([2; 16], b"dos"));
        assert_ne!(nonce([2; 16], b"uno"), nonce([3; 16], b"uno"));
    }

    #[test]
    fn a_padding_with_content_is_refused_even_from_a_member() {
        let mut padded = pad(b"hola").to_vec();
        *padded.last_mut().unwrap() = 1;
        let nonce = [4; NONCE];
        XChaCha20Poly1305::new((&KEY).into()).encrypt_in_place((&nonce).into(), &aad(CHANNEL, ID, false), &mut padded).unwrap();
        let entry = [[VERSION].as_slice(), &nonce, &padded].concat();
        assert_eq!(open_entry(&KEY, CHANNEL, ID, false, &entry), Err(EntryError::Padding(Unpad::Filler)));
    }

    #[test]
    fn an_export_of_another_length_gives_no_keys() {
        assert!(ChannelKeys::from_export(&[1; 95]).is_none());
        assert!(ChannelKeys::from_export(&[1; 97]).is_none());
        let keys = ChannelKeys::from_export(&[[1; 32], [2; 32], [3; 32]].concat()).unwrap();
        assert_eq!((keys.append_token.expose()[0], keys.read_token.expose()[0], keys.entry_key[0]), (1, 2, 3));
    }
}
