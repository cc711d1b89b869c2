//! Commits that are too large for one entry travel in parts: ordinary entries before the seal (PROTOCOL.md, 16).
//!
//! | entry | content, where others have an MLSMessage |
//! |---|---|
//! | part | `F1 AC 01`, then a piece of the message |
//! | seal in parts | `F1 AC 02`, u8 count, SHA-256 of each piece in order, then what follows the pieces |
//!
//! A piece is kept when its entry is met, whoever wrote it; it counts for a seal behind it in the same channel. Every member
//! reads the same entries in the same order, so every member has the same pieces when it meets the seal: one that is missing
//! is missing for all, and the seal is void. Pieces are found by their hash, not by their entry's id, so that nobody can put
//! another one in their place.

use sha2::{Digest as _, Sha256};

/// Bytes of the longest message that fits into one entry (262,144 bytes with its padding).
pub const MAX_MESSAGE: usize = 258_044;
/// Pieces of one message.
pub const MAX_PARTS: usize = 32;
const PIECE: [u8; 3] = [0xF1, 0xAC, 1];
const SEAL: [u8; 3] = [0xF1, 0xAC, 2];

/// What an entry's content is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    /// an MLSMessage, or nothing of ours
    Message(&'a [u8]),
    /// one piece
    Piece(&'a [u8]),
    /// pieces that stand before it, and what follows them
    Seal { pieces: Vec<[u8; 32]>, rest: &'a [u8] },
}

/// The hash by which a piece is found.
pub(crate) fn hash(piece: &[u8]) -> [u8; 32] {
    Sha256::digest(piece).into()
}

/// Reads an entry's content; none for a frame that is not well-formed.
pub(crate) fn read(content: &[u8]) -> Option<Frame<'_>> {
    if let Some(piece) = content.strip_prefix(&PIECE) {
        return (!piece.is_empty()).then_some(Frame::Piece(piece));
    }
    let Some(rest) = content.strip_prefix(&SEAL) else { return Some(Frame::Message(content)) };
    let (count, mut rest) = rest.split_first()?;
    if *count == 0 || usize::from(*count) > MAX_PARTS {
        return None;
    }
    let mut pieces = Vec::new();
    for _ in 0..*count {
        let (piece, behind) = rest.split_first_chunk::<32>()?;
        pieces.push(*piece);
        rest = behind;
    }
    Some(Frame::Seal { pieces, rest })
}

/// The contents of the parts, and of the seal behind them; no parts for a message that fits into one entry. None for one
/// that is too long even so.
pub(crate) fn cut(message: &[u8]) -> Option<(Vec<Vec<u8>>, Vec<u8>)> {
    if message.len() <= MAX_MESSAGE {
        return Some((Vec::new(), message.to_vec()));
    }
    let pieces: Vec<&[u8]> = message.chunks(MAX_MESSAGE - PIECE.len()).collect();
    if pieces.len() > MAX_PARTS {
        return None;
    }
    let mut seal = SEAL.to_vec();
    seal.push(u8::try_from(pieces.len()).ok()?);
    pieces.iter().for_each(|piece| seal.extend_from_slice(&hash(piece)));
    Some((pieces.into_iter().map(|piece| [PIECE.as_slice(), piece].concat()).collect(), seal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::entry::seal_entry;
    use lacre_ground::ids::{ChannelId, EntryId};

    fn entry_bytes(message: usize) -> usize {
        let (channel, id) = (ChannelId::new([1; 32]), EntryId::new([2; 16]));
        seal_entry(&[3; 32], channel, id, true, &vec![0; message], &mut lacre_ground::random::SystemRng).len()
    }

    #[test]
    fn the_longest_message_fits_into_an_entry_and_one_byte_more_does_not() {
        assert!(entry_bytes(MAX_MESSAGE) <= 262_144);
        assert!(entry_bytes(MAX_MESSAGE + 1) > 262_144);
    }

    #[test]
    fn what_was_cut_is_whole_again_on_both_sides_of_each_limit() {
        let most = MAX_PARTS * (MAX_MESSAGE - 3);
        for length in [1, MAX_MESSAGE, MAX_MESSAGE + 1, 2 * (MAX_MESSAGE - 3), 2 * (MAX_MESSAGE - 3) + 1, most] {
            let message: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let (parts, seal) = cut(&message).unwrap();
            assert!(seal.len() <= MAX_MESSAGE && parts.iter().all(|p| p.len() <= MAX_MESSAGE));
            let whole = match read(&seal).unwrap() {
                Frame::Message(whole) => whole.to_vec(),
                Frame::Seal { pieces, rest } => {
                    let mut whole = Vec::new();
                    for (part, named) in parts.iter().zip(pieces) {
                        let Some(Frame::Piece(piece)) = read(part) else { panic!("no piece") };
                        assert_eq!(hash(piece), named);
                        whole.extend_from_slice(piece);
                    }
                    [whole, rest.to_vec()].concat()
                }
                Frame::Piece(_) => panic!("a seal is no piece"),
            };
            assert!(whole == message, "{length} bytes");
            assert_eq!(parts.is_empty(), length <= MAX_MESSAGE);
        }
        assert_eq!(cut(&vec![0; most + 1]), None);
    }

    #[test]
    fn frames_that_are_not_well_formed_are_none() {
        for bad in [&[0xF1, 0xAC, 1][..], &[0xF1, 0xAC, 2], &[0xF1, 0xAC, 2, 0], &[0xF1, 0xAC, 2, 33], &[0xF1, 0xAC, 2, 1, 7]] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        assert_eq!(read(&[0, 1, 2]), Some(Frame::Message(&[0, 1, 2])));
    }
}
