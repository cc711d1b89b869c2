//! What a forger with all keys can do: change one text, and make everything that depends on it fit again. So a verifier that
//! does not look at exactly that text finds nothing.

use super::*;
use lacre_evidence::certificate::AGENCY;
use lacre_evidence::record::GATEWAY;
use lacre_ground::label::{self, Label};

/// A gateway's key.
pub fn gateway(n: u8) -> NoteSigner {
    NoteSigner::new(GATEWAY, &[0x10 + n; 32]).unwrap()
}

/// The text of a note.
pub fn text(raw: &str) -> String {
    UnverifiedNote::parse(raw).unwrap().unverified_text().to_owned()
}

fn hex(bytes: [u8; 32]) -> String {
    data_encoding::HEXLOWER.encode(&bytes)
}

/// The bundle with one part's text changed, its hash in all others, the seal, the digest and all signatures.
pub fn forge(honest: &Bundle, part: &str, edit: impl Fn(&str) -> String) -> Bundle {
    let (mut out, mut swaps) = (honest.clone(), Vec::<(String, String)>::new());
    let again = |name: &str, raw: &str, signer: &NoteSigner, swaps: &[(String, String)]| {
        let old = text(raw);
        let mut new = swaps.iter().fold(old.clone(), |t, (from, to)| t.replace(from, to));
        if name == part {
            let edited = edit(&new);
            assert_ne!(edited, new, "the edit of {part} changes nothing");
            new = edited;
        }
        (sign(&new, &[signer]).unwrap(), old, new)
    };
    let swap = |swaps: &mut Vec<(String, String)>, label: Label, old: &str, new: &str| {
        swaps.push((hex(label::hash(label, &[old.as_bytes()])), hex(label::hash(label, &[new.as_bytes()]))));
    };
    let note = |name: &str, raw: &mut Option<String>, signer: &NoteSigner, swaps: &mut Vec<(String, String)>| {
        let Some(before) = raw.take() else { return };
        let (signed, old, new) = again(name, &before, signer, swaps);
        swap(swaps, Label::NoteHash, &old, &new);
        *raw = Some(signed);
    };
    note("certificate", &mut out.certificate, &registrar(1), &mut swaps);
    for (i, raw) in out.states.iter_mut().enumerate() {
        let (signed, old, new) = again(&format!("state.{i}"), raw, &device(1), &swaps);
        if i == 0 {
            swap(&mut swaps, Label::AccountId, &old, &new);
        }
        swap(&mut swaps, Label::StateHash, &old, &new);
        *raw = signed;
    }
    note("designation", &mut out.designation, &device(1), &mut swaps);
    note("grant", &mut out.grant, &device(1), &mut swaps);
    note("lookup", &mut out.lookup, &registrar(1), &mut swaps);
    note("notice", &mut out.notice, &agency(1), &mut swaps);
    let read = |raw: &Option<String>| Notice::parse(&text(raw.as_ref()?)).ok();
    if let Some(notice) = read(&out.notice).or_else(|| read(&honest.notice)) {
        let grant = Grant::parse(&text(out.grant.as_ref().unwrap())).ok();
        let grant = grant.unwrap_or_else(|| Grant::parse(&text(honest.grant.as_ref().unwrap())).unwrap());
        let sealed = header(&out).seal_for(&grant).unwrap();
        let digest = envelope::digest(&sealed, notice.files.iter().map(|f| &f.sealed_sha256));
        let receipt = Record::parse(&text(&honest.events[0])).unwrap();
        swaps.push((hex(receipt.envelope), hex(digest)));
    }
    for (i, raw) in out.events.iter_mut().enumerate() {
        let issuer = text(raw).lines().find_map(|l| l.strip_prefix("issuer ")).unwrap().to_owned();
        let signer = match issuer.split(' ').next() {
            Some("relay") => relay(1),
            Some("device") => device(1),
            Some("gateway") => gateway(1),
            _ => NoteSigner::new(AGENCY, &[0x41; 32]).unwrap(),
        };
        *raw = again(&format!("event.{i}"), raw, &signer, &swaps).0;
    }
    if part == "opening" {
        out.opening = out.opening.map(|t| edit(&t));
    }
    if part == "keys" {
        out.keys = out.keys.map(|t| edit(&t));
    }
    out
}

/// A signature of a text whose R is the neutral element: only who has the secret key can make it, and libraries differ on it.
/// The key's scalar is computed here, modulo the order of the group (RFC 8032, 5.1.5).
pub fn of_small_order(signer: &NoteSigner, seed: [u8; 32], text: &str) -> String {
    use sha2::{Digest as _, Sha512};
    const ORDER: [u64; 4] = [0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 0x1000_0000_0000_0000];
    let below = |mut a: [u64; 4]| {
        if a.iter().rev().ge(ORDER.iter().rev()) {
            let mut borrow = false;
            for (x, y) in a.iter_mut().zip(ORDER) {
                let (d, b1) = x.overflowing_sub(y);
                let (d, b2) = d.overflowing_sub(u64::from(borrow));
                (*x, borrow) = (d, b1 || b2);
            }
        }
        a
    };
    let add = |a: [u64; 4], b: [u64; 4]| {
        let (mut out, mut carry) = ([0; 4], 0u128);
        for i in 0..4 {
            let sum = u128::from(a[i]) + u128::from(b[i]) + carry;
            (out[i], carry) = (u64::try_from(sum & u128::from(u64::MAX)).unwrap(), sum >> 64);
        }
        below(out)
    };
    let product = |little_endian: &[u8], times: [u64; 4]| {
        let bits = little_endian.iter().rev().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1));
        bits.fold([0; 4], |sum, bit| if bit == 1 { add(add(sum, sum), times) } else { add(sum, sum) })
    };
    let mut secret: [u8; 32] = Sha512::digest(seed)[..32].try_into().unwrap();
    (secret[0], secret[31]) = (secret[0] & 248, secret[31] & 127 | 64);
    let mut r = [0u8; 32];
    r[0] = 1;
    let k = Sha512::digest([&r[..], &signer.public().key(), text.as_bytes()].concat());
    let s = product(&secret, product(&k, [1, 0, 0, 0]));
    let s: Vec<u8> = s.iter().flat_map(|word| word.to_le_bytes()).collect();
    let line = [&signer.public().id()[..], &r, &s].concat();
    format!("{text}\n\u{2014} {} {}\n", signer.public().name(), data_encoding::BASE64.encode(&line))
}
