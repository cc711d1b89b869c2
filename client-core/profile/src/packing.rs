//! CBOR with its bytes as bytes.
//!
//! OpenMLS hands its keys and secrets to serde as sequences of numbers, so that CBOR (RFC 8949) spells each byte as an
//! array element of one or two bytes; reading them back one by one is most of the work of loading a group. [`pack`]
//! rewrites every such array as a byte string. A reader that asks for a sequence takes either spelling (ciborium does),
//! so that nothing needs to be unpacked, and rows written before read as well.

use zeroize::Zeroizing;

/// Shorter arrays stay: they may be tuples of small numbers, and cost little.
const LEAST: usize = 8;

const UNSIGNED: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;

/// Rewrites arrays of at least eight numbers that are all below 256 as byte strings. Whatever is not well-formed CBOR is
/// given back as it is.
pub(super) fn pack(cbor: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(cbor.len()));
    match rewrite(&cbor, &mut out) {
        Some(()) => out,
        None => cbor,
    }
}

/// CBOR is a row of heads, and strings behind some of them: no need to follow the nesting. None when it ends inside one.
fn rewrite(mut rest: &[u8], out: &mut Vec<u8>) -> Option<()> {
    while !rest.is_empty() {
        let head = Head::read(rest)?;
        if head.major == ARRAY
            && let Some(count) = head.argument.filter(|count| *count >= LEAST)
            && let Some(after) = numbers(rest.get(head.len..)?, count, out)
        {
            rest = after;
            continue;
        }
        let payload = match head.major {
            BYTES | TEXT => head.argument.unwrap_or(0),
            _ => 0,
        };
        let (item, after) = rest.split_at_checked(head.len.checked_add(payload)?)?;
        out.extend_from_slice(item);
        rest = after;
    }
    Some(())
}

/// Writes so many numbers as one byte string, if all are below 256; gives what is behind them. Else writes nothing.
fn numbers<'a>(mut rest: &'a [u8], count: usize, out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let before = out.len();
    out.extend_from_slice(&string_head(count)?);
    for _ in 0..count {
        let (number, after) = match rest {
            [n @ 0..=23, after @ ..] | [24, n, after @ ..] => (*n, after),
            _ => {
                out.truncate(before);
                return None;
            }
        };
        out.push(number);
        rest = after;
    }
    Some(rest)
}

fn string_head(len: usize) -> Option<Vec<u8>> {
    let first = BYTES << 5;
    Some(match u8::try_from(len) {
        Ok(n @ 0..=23) => vec![first | n],
        Ok(n) => vec![first | 24, n],
        Err(_) => match u16::try_from(len) {
            Ok(n) => [[first | 25].as_slice(), &n.to_be_bytes()].concat(),
            Err(_) => [[first | 26].as_slice(), &u32::try_from(len).ok()?.to_be_bytes()].concat(),
        },
    })
}

/// The first bytes of an item.
struct Head {
    major: u8,
    /// none for indefinite lengths and for a break
    argument: Option<usize>,
    len: usize,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first()?;
        let (major, info) = (first >> 5, first & 31);
        let wide = match info {
            0..=23 => return Some(Self { major, argument: Some(usize::from(info)), len: 1 }),
            24..=27 => 1usize << (info - 24),
            31 => return Some(Self { major, argument: None, len: 1 }),
            _ => return None,
        };
        let argument = rest.get(..wide)?.iter().fold(0u64, |sum, b| sum << 8 | u64::from(*b));
        // the argument of a number or a float may be any; a length that does not fit ends the walk
        let argument = match major {
            UNSIGNED | 1 | 6 | 7 => None,
            _ => Some(usize::try_from(argument).ok()?),
        };
        Some(Self { major, argument, len: 1 + wide })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ciborium::Value;
    use rand_chacha::ChaCha20Rng;
    use rand_core::{Rng as _, SeedableRng};
    use serde::de::DeserializeOwned;
    use serde::{Deserialize, Serialize};
    use std::collections::BTreeMap;

    fn plain<T: Serialize>(value: &T) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::new());
        ciborium::into_writer(value, &mut *out).unwrap();
        out
    }
    fn read<T: DeserializeOwned>(cbor: &[u8]) -> T {
        ciborium::from_reader(cbor).unwrap()
    }

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    enum Shape {
        Unit,
        Newtype(Vec<u8>),
        Tuple(u8, Option<Box<Shape>>, [u8; 16]),
        Struct { wide: Vec<u64>, texts: BTreeMap<String, Vec<u8>>, real: f64, negative: i64, big: u64 },
        Nested(Vec<Shape>),
    }

    fn shape(rng: &mut ChaCha20Rng, depth: u32) -> Shape {
        let bytes = |rng: &mut ChaCha20Rng| {
            let mut out =
                vec![0; usize::try_from(rng.next_u32() % if rng.next_u32().is_multiple_of(20) { 70_000 } else { 300 }).unwrap()];
            rng.fill_bytes(&mut out);
            out
        };
        match rng.next_u32() % if depth == 0 { 4 } else { 6 } {
            0 => Shape::Unit,
            1 => Shape::Newtype(bytes(rng)),
            2 => {
                let inner = (depth > 0).then(|| Box::new(shape(rng, depth - 1)));
                Shape::Tuple(rng.next_u32().to_be_bytes()[0], inner, [7; 16])
            }
            3 => Shape::Struct {
                // all small, all large, or mixed
                wide: (0..rng.next_u32() % 20).map(|_| rng.next_u64() >> [56, 0, 52][depth as usize % 3]).collect(),
                texts: [("clave".to_owned(), bytes(rng)), (String::new(), vec![])].into(),
                real: f64::from(rng.next_u32()) / 7.0,
                negative: -i64::from(rng.next_u32()),
                big: rng.next_u64(),
            },
            _ => Shape::Nested((0..rng.next_u32() % 5).map(|_| shape(rng, depth - 1)).collect()),
        }
    }

    #[test]
    fn what_is_packed_reads_as_what_was_not_and_is_never_longer() {
        let seed = 21;
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut saved = 0;
        for round in 0..2_000 {
            let value = shape(&mut rng, 4);
            let before = plain(&value);
            let packed = pack(before.clone());
            assert!(packed.len() <= before.len(), "seed {seed} round {round}");
            assert_eq!(read::<Shape>(&packed), value, "seed {seed} round {round}");
            assert_eq!(read::<Shape>(&before), value, "seed {seed} round {round}");
            assert_eq!(*pack(packed.clone()), *packed, "packed twice: seed {seed} round {round}");
            saved += before.len() - packed.len();
        }
        assert!(saved > 100_000, "{saved}");
    }

    #[test]
    fn bytes_become_a_byte_string_of_their_length() {
        for len in [8usize, 23, 24, 255, 256, 65_535, 65_536] {
            let bytes: Vec<u8> = (0..len).map(|n| n.to_le_bytes()[0]).collect();
            assert_eq!(read::<Value>(&pack(plain(&bytes))), Value::Bytes(bytes), "{len}");
        }
        assert_eq!(read::<Value>(&pack(plain(&vec![1u8; 7]))), Value::Array(vec![Value::from(1); 7]));
        let mixed: Vec<u64> = vec![1, 2, 3, 4, 5, 6, 7, 256];
        assert_eq!(*pack(plain(&mixed)), *plain(&mixed));
    }

    #[test]
    fn what_is_no_cbor_is_given_back_as_it_is() {
        let whole = plain(&vec![200u8; 40]);
        for cut in 1..whole.len() {
            let part = Zeroizing::new(whole[..cut].to_vec());
            let out = pack(part.clone());
            assert!(*out == *part, "cut at {cut}");
        }
        for bad in [vec![0x1c], vec![0x5b, 255, 255, 255, 255, 255, 255, 255, 255], vec![0x78]] {
            assert_eq!(*pack(Zeroizing::new(bad.clone())), bad);
        }
    }
}
