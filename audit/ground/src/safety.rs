//! The safety number: what two people compare by voice or on paper, so that no registrar or relay stands between them.
//!
//! It is over both account ids and the signature keys of all current devices, so it changes with every new or lost
//! device. Who stands in the middle shows each side an account of its own and may choose both: it needs a collision,
//! not a second preimage. So 216 bits are shown, which cost 2^108 tries.
//!
//! The words are of no language. Each is three open syllables of sixteen onsets and four vowels that Spanish and English
//! speakers read alike and hear apart: neither has b beside v, s beside z, a silent h, a soft g, or i beside e.

use crate::account::VerifiedAccount;
use crate::label::{self, Label};
use std::fmt;
use std::str::FromStr;

/// Bytes of the hash that are shown: 36 syllables of six bits.
const BYTES: usize = 27;
/// Words of a safety number.
pub const WORDS: usize = 12;
const SYLLABLES_OF_A_WORD: usize = 3;
const ONSETS: [&str; 16] = ["b", "br", "ch", "d", "f", "k", "kl", "l", "m", "n", "p", "pl", "r", "s", "t", "tr"];
const VOWELS: [&str; 4] = ["a", "e", "o", "u"];

/// Why there is no safety number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SafetyError {
    /// Both accounts are one: compare with somebody else.
    #[error("an account has no safety number with itself")]
    SameAccount,
    /// What was typed or scanned is no safety number: compare again, word by word.
    #[error("a safety number has 12 words of 3 syllables")]
    Words,
}

/// What both sides see alike if, and only if, each has the other's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SafetyNumber([u8; BYTES]);

impl SafetyNumber {
    /// Of two accounts, in either order.
    pub fn of(one: &VerifiedAccount, other: &VerifiedAccount) -> Result<Self, SafetyError> {
        if one.id == other.id {
            return Err(SafetyError::SameAccount);
        }
        let mut sides = [side(one), side(other)];
        sides.sort();
        let [low, high] = &sides;
        let hash = label::hash(Label::SafetyNumber, &[low, high]);
        let mut shown = [0; BYTES];
        shown.copy_from_slice(&hash[..BYTES]);
        Ok(Self(shown))
    }
}

/// The account id and the keys of its devices in their order as bytes, 32 bytes each.
fn side(account: &VerifiedAccount) -> Vec<u8> {
    let mut keys: Vec<&[u8; 32]> = account.state.devices.iter().map(|d| &d.signature_key).collect();
    keys.sort();
    let mut out = account.id.as_bytes().to_vec();
    keys.into_iter().for_each(|key| out.extend_from_slice(key));
    out
}

impl fmt::Display for SafetyNumber {
    /// Twelve words in lower case with one space between.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let syllables = self.0.chunks_exact(3).flat_map(|three| {
            let bits = three.iter().fold(0usize, |bits, byte| bits << 8 | usize::from(*byte));
            [18, 12, 6, 0].map(|shift| bits >> shift & 0x3f)
        });
        for (i, syllable) in syllables.enumerate() {
            if i > 0 && i % SYLLABLES_OF_A_WORD == 0 {
                f.write_str(" ")?;
            }
            // both are there: a syllable has six bits
            let onset = ONSETS.get(syllable >> 2).ok_or(fmt::Error)?;
            let vowel = VOWELS.get(syllable & 3).ok_or(fmt::Error)?;
            write!(f, "{onset}{vowel}")?;
        }
        Ok(())
    }
}

impl FromStr for SafetyNumber {
    type Err = SafetyError;

    /// Takes what a person types: any case, and any spaces, line ends or hyphens between words.
    fn from_str(typed: &str) -> Result<Self, SafetyError> {
        let mut bits: Vec<usize> = Vec::with_capacity(WORDS * SYLLABLES_OF_A_WORD);
        let words = typed.split(|c: char| c.is_whitespace() || c == '-').filter(|word| !word.is_empty());
        for (i, word) in words.enumerate() {
            let word = word.to_ascii_lowercase();
            let mut rest = word.as_str();
            for _ in 0..SYLLABLES_OF_A_WORD {
                let vowel_at = rest.find(['a', 'e', 'o', 'u']).ok_or(SafetyError::Words)?;
                let (onset, tail) = rest.split_at(vowel_at);
                let onset = ONSETS.iter().position(|o| *o == onset).ok_or(SafetyError::Words)?;
                let (vowel, tail) = tail.split_at(1);
                let vowel = VOWELS.iter().position(|v| *v == vowel).ok_or(SafetyError::Words)?;
                bits.push(onset << 2 | vowel);
                rest = tail;
            }
            if i >= WORDS || !rest.is_empty() {
                return Err(SafetyError::Words);
            }
        }
        let bytes: Vec<u8> = bits
            .chunks(4)
            .flat_map(|four| {
                let bits = four.iter().fold(0usize, |bits, six| bits << 6 | six);
                [16, 8, 0].map(|shift| u8::try_from(bits >> shift & 0xff).unwrap_or_default())
            })
            .collect();
        if bits.len() != WORDS * SYLLABLES_OF_A_WORD {
            return Err(SafetyError::Words);
        }
        bytes.try_into().map(Self).map_err(|_| SafetyError::Words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Account, AccountState, Device};
    use crate::address::{Address, Authority};
    use crate::ids::{AccountId, ChannelId, DeviceId, Handle, Identity};
    use crate::seal::SealSecret;
    use crate::time::Millis;
    use crate::verified::Verified;

    fn account(id: u8, keys: &[u8]) -> VerifiedAccount {
        let device = |n: &u8| Device {
            id: DeviceId::new([*n; 16]),
            signature_key: [*n; 32],
            inbox: Address {
                authority: Authority::new("localhost", 7443, Identity::new([7; 32])).unwrap(),
                channel: ChannelId::new([*n; 32]),
            },
            inbox_key: SealSecret::new([*n; 32]).public().unwrap(),
            public_token: None,
        };
        let devices = keys.iter().map(device).collect();
        let state = AccountState { number: 0, previous: None, made_at: Millis::new(1), devices };
        Verified::new(Account {
            id: AccountId::new([id; 32]),
            handle: Handle::parse("ana").unwrap(),
            state: Verified::new(state),
        })
    }

    // Seen red: without `sides.sort()`, and without `keys.sort()`.
    #[test]
    fn both_sides_see_one_number_whatever_the_order_of_people_and_devices() {
        let (ana, ana_again, luis) = (account(1, &[11, 12]), account(1, &[12, 11]), account(2, &[21]));

        let number = SafetyNumber::of(&ana, &luis).unwrap();

        assert_eq!(SafetyNumber::of(&luis, &ana_again).unwrap(), number);
        assert_eq!(SafetyNumber::of(&ana, &ana), Err(SafetyError::SameAccount));
    }

    // Seen red: with the keys left out of `side`.
    #[test]
    fn another_account_or_another_device_of_either_side_is_another_number() {
        let (ana, luis) = (account(1, &[11]), account(2, &[21]));
        let number = SafetyNumber::of(&ana, &luis).unwrap();

        let changed = [
            (account(1, &[13]), luis.clone()),
            (account(1, &[11, 12]), luis.clone()),
            (account(3, &[11]), luis),
            (ana.clone(), account(2, &[22])),
            (ana, account(2, &[])),
        ];

        for (one, other) in &changed {
            assert_ne!(SafetyNumber::of(one, other).unwrap(), number);
        }
    }

    #[test]
    fn every_syllable_is_read_back_as_typed_in_any_case_with_hyphens() {
        for first in 0..64u8 {
            let number = SafetyNumber(std::array::from_fn(|i| {
                first.wrapping_mul(4).wrapping_add(u8::try_from(i).unwrap().wrapping_mul(37))
            }));

            let shown = number.to_string();

            assert_eq!(shown.split(' ').count(), WORDS);
            assert_eq!(shown.parse(), Ok(number));
            assert_eq!(format!("\n {} ", shown.to_uppercase().replace(' ', "-\n")).parse(), Ok(number));
        }
    }

    #[test]
    fn what_is_no_safety_number_is_refused() {
        let good = SafetyNumber([0; BYTES]).to_string();
        assert_eq!(good, ["bababa"; WORDS].join(" "));

        let bad = [
            String::new(),
            good.replacen("bababa ", "", 1),
            format!("{good} bababa"),
            good.replacen("bababa", "babababa", 1),
            good.replacen("bababa", "baba", 1),
            good.replacen("bababa", "vababa", 1),
            good.replacen("bababa", "bábaba", 1),
            "ba".repeat(1_000_000),
            "bababa ".repeat(1_000_000),
        ];

        for typed in bad {
            assert_eq!(typed.parse::<SafetyNumber>(), Err(SafetyError::Words));
        }
    }
}
