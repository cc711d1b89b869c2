//! Padmé: lengths in classes, so that a size tells little and costs little.
//!
//! Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", section 4: a length is
//! rounded up until the low bits of its binary exponent are zero; at most 12 % are added, fewer for longer ones. Everything
//! up to [`FLOOR`] is one class.

use zeroize::Zeroizing;

/// The smallest class.
pub const FLOOR: usize = 512;
/// Bytes of the length in front of a padded message.
pub const LENGTH: usize = 4;

/// Why bytes are not a padded message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unpad {
    /// The whole is no class, or the length inside does not belong to it.
    #[error("not the padded length of a message")]
    Length,
    /// The filler is not all zeros.
    #[error("padding with content")]
    Filler,
}

/// The class of a length: the smallest one that is not less. Idempotent, monotone.
#[must_use]
pub const fn padme(len: usize) -> usize {
    if len <= FLOOR {
        return FLOOR;
    }
    let exponent = len.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1usize << (exponent - kept)) - 1;
    // lengths within one step of usize::MAX have no class; no buffer is that long
    len.saturating_add(mask) & !mask
}

/// Four bytes length (big-endian), message, zeros up to its class.
///
/// A message of 4 GiB or more is not padded right (its length does not fit); entries have 256 KiB.
#[must_use]
pub fn pad(message: &[u8]) -> Zeroizing<Vec<u8>> {
    let whole = padme(LENGTH + message.len());
    let mut out = Zeroizing::new(Vec::with_capacity(whole + 16)); // and a tag, so that sealing in place does not move it
    out.extend_from_slice(&u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(message);
    out.resize(whole, 0);
    out
}

/// The message in [`pad`]'s output; any other spelling is refused.
pub fn unpad(padded: &[u8]) -> Result<&[u8], Unpad> {
    let (length, rest) = padded.split_first_chunk::<LENGTH>().ok_or(Unpad::Length)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Unpad::Length)?;
    let (message, filler) = rest.split_at_checked(length).ok_or(Unpad::Length)?;
    if padme(LENGTH + length) != padded.len() {
        return Err(Unpad::Length);
    }
    if filler.iter().any(|b| *b != 0) {
        return Err(Unpad::Filler);
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::{Rng as _, SeedableRng};

    #[test]
    fn ten_thousand_lengths_come_back_from_their_class() {
        let seed = 3;
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        for round in 0..10_000u32 {
            let len = usize::try_from(rng.next_u32() % if round % 50 == 0 { 262_000 } else { 4_000 }).unwrap();
            let mut message = vec![0; len];
            rng.fill_bytes(&mut message);
            let padded = pad(&message);
            assert_eq!(padded.len(), padme(len + 4), "seed {seed}, length {len}");
            assert_eq!(unpad(&padded), Ok(message.as_slice()), "seed {seed}, length {len}");
        }
    }

    #[test]
    fn classes_are_monotone_idempotent_and_at_most_twelve_percent_above() {
        let mut last = 0;
        for len in (0..70_000).chain((70_000..110_000_000).step_by(997)) {
            let class = padme(len);
            assert!(class >= len && class >= last, "{len}");
            assert_eq!(padme(class), class, "{len}");
            assert!(len <= FLOOR || (class - len) * 100 <= len * 12, "{len} -> {class}");
            last = class;
        }
    }

    #[test]
    fn classes_are_those_of_the_paper() {
        for (len, class) in [(0, 512), (512, 512), (513, 544), (1_000, 1_024), (1_025, 1_088), (100_000, 100_352)] {
            assert_eq!(padme(len), class, "{len}");
        }
    }

    #[test]
    fn no_other_spelling_of_a_padded_message_is_taken() {
        let padded = pad(b"hola");
        for at in 0..padded.len() {
            let mut other = padded.clone();
            other[at] ^= 1;
            // a flip in length or message may spell another message, never this one; the filler has one spelling
            assert_ne!(unpad(&other), Ok(b"hola".as_slice()), "byte {at}");
            assert!(unpad(&other).is_err() || at < 8, "byte {at}");
        }
        assert_eq!(unpad(&padded[..padded.len() - 1]), Err(Unpad::Length));
        let mut longer = padded.to_vec();
        longer.resize(padme(padded.len() + 1), 0);
        assert_eq!(unpad(&longer), Err(Unpad::Length));
        assert_eq!(unpad(&[0, 0, 0]), Err(Unpad::Length));
        assert_eq!(unpad(&[255; 512]), Err(Unpad::Length));
    }
}
