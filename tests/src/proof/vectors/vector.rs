//! What a vector is, and what is done to a bundle to make one.

use crate::proof::*;
use lacre_evidence::build::not_reachable;
use sha2::{Digest, Sha256};

/// Which trust file a vector is checked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustFile {
    /// `trust.txt`
    Honest,
    /// `trust-ledger.txt`: proofs from the ledger are demanded
    Ledger,
    /// `trust-more.txt`: two keys of each office
    More,
    /// none
    None,
}

/// One vector.
pub struct Vector {
    /// file name without extension
    pub name: &'static str,
    /// the trust file
    pub trust: TrustFile,
    /// VALID, INVALID or INCOMPLETE
    pub verdict: &'static str,
    /// the code of what is wrong or missing, `""` for VALID
    pub code: &'static str,
    /// what was done
    pub why: &'static str,
    /// the bundle, or a file of head notes
    pub bytes: Vec<u8>,
    /// head notes beside the bundle
    pub heads: Option<Vec<u8>>,
}

impl TrustFile {
    /// Its name, if there is one.
    #[must_use]
    pub const fn file(self) -> Option<&'static str> {
        match self {
            TrustFile::Honest => Some("trust.txt"),
            TrustFile::Ledger => Some("trust-ledger.txt"),
            TrustFile::More => Some("trust-more.txt"),
            TrustFile::None => None,
        }
    }
    /// What stands in it.
    #[must_use]
    pub fn trust(self) -> Option<Trust> {
        let mut keys = keys(Cast::HONEST);
        if self == TrustFile::More {
            keys.registrars.push(registrar(2).public());
            keys.relays.push(relay(2).public());
            keys.gateways = vec![forge::gateway(1).public(), forge::gateway(2).public()];
        }
        (self != TrustFile::None).then(|| Trust { keys, ledger_required: self == TrustFile::Ledger })
    }
}

/// The digest at the end, made to fit changed bytes.
pub fn with_new_end(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - 69);
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
    bytes.extend_from_slice(format!("end {digest}\n").as_bytes());
    bytes
}

/// Replaces the first occurrence in a bundle's bytes; the digest at the end is made to fit.
pub(super) fn replaced(bytes: &[u8], old: &str, new: &str) -> Vec<u8> {
    let at = bytes.windows(old.len()).position(|w| w == old.as_bytes()).unwrap();
    with_new_end([&bytes[..at], new.as_bytes(), &bytes[at + old.len()..]].concat())
}

pub(super) fn line<'t>(text: &'t str, key: &str) -> &'t str {
    text.lines().find(|l| l.starts_with(key)).unwrap()
}

pub(super) fn with_line(text: &str, key: &str, new: &str) -> String {
    text.replace(line(text, key), new)
}

pub(super) fn designation_hash(setup: &Setup) -> [u8; 32] {
    Signed::sign(&setup.designation, &device(setup.designation_signer)).unwrap().note_hash()
}

pub(super) type Change = fn(&mut Setup);
pub(super) type Edit = fn(&mut World);
pub(super) type Take = fn(&mut Bundle);

pub(super) fn add(
    out: &mut Vec<Vector>,
    name: &'static str,
    trust: TrustFile,
    verdict: &'static str,
    code: &'static str,
    why: &'static str,
    bytes: Vec<u8>,
) {
    assert!(out.iter().all(|v| v.name != name), "{name} twice");
    out.push(Vector { name, trust, verdict, code, why, bytes, heads: None });
}

pub(super) fn unreachable(answer: Answer) -> Bundle {
    let mut setup = Setup::example(Cast::HONEST);
    setup.lookup.answer = answer;
    let certificate = Signed::sign(&setup.certificate, &registrar(1)).unwrap();
    setup.lookup.certificate = certificate.note_hash();
    let lookup = Signed::sign(&setup.lookup, &registrar(1)).unwrap();
    not_reachable(&certificate, &lookup, run(1), salt(Cast::HONEST), &keys(Cast::HONEST))
}

pub(super) fn two_states(setup: &mut Setup) {
    let mut second = setup.states[0].devices[0].clone();
    second.id = DeviceId::new([9; 16]);
    second.signature_key = device(9).public().key();
    let zero = &setup.states[0];
    let devices = vec![zero.devices[0].clone(), second];
    let one = AccountState { number: 1, previous: Some(zero.hash()), made_at: zero.made_at.plus(HOUR), devices };
    setup.states.push(one);
}

pub(super) fn edit_notice(world: &mut World, change: fn(&str) -> String) {
    world.bundle.notice = world.bundle.notice.take().map(|n| resign(&n, &agency(1), change));
}

pub(super) fn resigned(part: &mut Option<String>, signer: &NoteSigner) {
    *part = part.take().map(|raw| resign_same(&raw, signer));
}

/// The same text, signed by another key.
pub fn resign_same(raw: &str, signer: &NoteSigner) -> String {
    sign(UnverifiedNote::parse(raw).unwrap().unverified_text(), &[signer]).unwrap()
}
