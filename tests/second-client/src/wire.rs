//! Encodings and derivations: sections 1 to 4, 8, 10, 12, 13 and 15 of PROTOCOL.md.

use crate::Fail;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use data_encoding::{BASE32_NOPAD_NOCASE, BASE64, BASE64URL_NOPAD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use hmac::{Hmac, Mac as _};
use hpke::{Deserializable as _, Kem as _, Serializable as _, aead::ChaCha20Poly1305, kdf::HkdfSha256, kem::XWing};
use sha2::{Digest as _, Sha256};

pub type Key = [u8; 32];
type SealKey = <XWing as hpke::Kem>::PrivateKey;
type SealPublic = <XWing as hpke::Kem>::PublicKey;

pub fn random<const N: usize>() -> [u8; N] {
    rand::random()
}

/// The first bytes of a hash.
pub fn start<const N: usize>(hash: &Key) -> [u8; N] {
    const { assert!(N <= 32) };
    std::array::from_fn(|i| hash[i])
}

pub fn sha256(data: &[u8]) -> Key {
    Sha256::digest(data).into()
}

pub fn msg(label: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = vec![label.len() as u8];
    out.extend(label.as_bytes());
    for part in parts {
        out.extend((part.len() as u32).to_be_bytes());
        out.extend(*part);
    }
    out
}

pub fn h(label: &str, parts: &[&[u8]]) -> Key {
    sha256(&msg(label, parts))
}

pub fn mac(key: &Key, label: &str, parts: &[&[u8]]) -> Key {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length (RFC 2104)");
    mac.update(&msg(label, parts));
    mac.finalize().into_bytes().into()
}

pub fn token_hash(token: &Key) -> Key {
    h("lacre token v1", &[token])
}

pub fn inbox_name(read: &Key) -> Key {
    h("lacre inbox v1", &[&[2], &token_hash(read)])
}

// ---- addresses ----

#[derive(Clone, PartialEq, Debug)]
pub struct Relay {
    pub text: String,
    pub host: String,
    pub port: u16,
    pub identity: Key,
}

impl Relay {
    pub fn parse(text: &str) -> Result<Self, Fail> {
        let bad = || Fail::new("not a relay's address");
        let (place, identity) = text.strip_prefix("lacre://").and_then(|t| t.split_once('/')).ok_or_else(bad)?;
        let (host, port) = place.rsplit_once(':').ok_or_else(bad)?;
        let identity = BASE64URL_NOPAD.decode(identity.as_bytes()).ok().and_then(|k| k.try_into().ok()).ok_or_else(bad)?;
        let host = host.trim_matches(['[', ']']).to_owned();
        Ok(Self { text: text.to_owned(), host, port: port.parse().map_err(|_| bad())?, identity })
    }
}

/// Relay and one-time code.
pub fn invitation(text: &str) -> Result<(Relay, Vec<u8>), Fail> {
    let (relay, code) = text.rsplit_once('/').ok_or("not an invitation")?;
    let code = BASE32_NOPAD_NOCASE.decode(code.as_bytes()).map_err(|_| "not a code")?;
    Ok((Relay::parse(relay)?, code))
}

// ---- signatures and notes ----

pub fn verify(key: &Key, message: &[u8], signature: &[u8]) -> Result<(), Fail> {
    let signature = Signature::from_slice(signature).map_err(|_| "a signature of another length")?;
    let key = VerifyingKey::from_bytes(key).map_err(|_| "not a key")?;
    key.verify_strict(message, &signature).map_err(|_| "a bad signature".into())
}

fn key_id(name: &str, key: &Key) -> [u8; 4] {
    let print = sha256(&[name.as_bytes(), &[0x0A, 1], key].concat());
    [print[0], print[1], print[2], print[3]]
}

pub fn sign_note(text: &str, name: &str, key: &SigningKey) -> String {
    let id = key_id(name, key.verifying_key().as_bytes());
    let line = BASE64.encode(&[id.as_slice(), &key.sign(text.as_bytes()).to_bytes()].concat());
    format!("{text}\n— {name} {line}\n")
}

pub fn note_text(note: &str) -> Result<&str, Fail> {
    let at = note.rfind("\n\n").ok_or("not a signed note")?;
    let text = note.get(..=at).ok_or("not a signed note")?;
    if note.len() > 1_000_000 || note.chars().any(|c| c.is_control() && c != '\n') {
        return Err("a note with control characters, or too long".into());
    }
    Ok(text)
}

/// The text, if the note is signed by this key under this name.
pub fn open_note<'a>(note: &'a str, name: &str, key: &Key) -> Result<&'a str, Fail> {
    let text = note_text(note)?;
    let mut good = false;
    for line in note.get(text.len() + 1..).unwrap_or_default().lines().take(100) {
        let parts = line.strip_prefix("— ").and_then(|l| l.split_once(' ')).ok_or("not a signature line")?;
        let bytes = BASE64.decode(parts.1.as_bytes()).map_err(|_| "not base64")?;
        if parts.0 == name && bytes.len() == 68 && bytes.get(..4) == Some(&key_id(name, key)) {
            verify(key, text.as_bytes(), bytes.get(4..).unwrap_or_default())?;
            good = true;
        }
    }
    if good { Ok(text) } else { Err("a note without the signature that it must have".into()) }
}

// ---- padding, entries, blobs, sealed envelopes ----

pub fn padme(length: usize) -> usize {
    if length <= 512 {
        return 512;
    }
    let e = length.ilog2();
    length.next_multiple_of(1 << (e - (e.ilog2() + 1)))
}

pub fn pad(message: &[u8]) -> Vec<u8> {
    let mut out = (message.len() as u32).to_be_bytes().to_vec();
    out.extend(message);
    out.resize(padme(out.len()), 0);
    out
}

pub fn unpad(padded: &[u8]) -> Result<&[u8], Fail> {
    let (length, rest) = padded.split_first_chunk::<4>().ok_or("too short")?;
    let length = u32::from_be_bytes(*length) as usize;
    let (message, filler) = rest.split_at_checked(length).ok_or("a length beyond the end")?;
    if padded.len() != padme(4 + length) || filler.iter().any(|b| *b != 0) {
        return Err("other padding".into());
    }
    Ok(message)
}

/// What an epoch's export gives: tokens, key and name of its channel.
#[derive(Clone)]
pub struct Channel {
    pub append: Key,
    pub read: Key,
    key: Key,
    pub name: Key,
}

impl Channel {
    pub fn of(secret: &[u8]) -> Result<Self, Fail> {
        let (&[append, read, key], []) = secret.as_chunks::<32>() else { return Err(Fail::new("an export secret is 96 bytes")) };
        let name = h("lacre log v1", &[&[1], &token_hash(&append), &token_hash(&read)]);
        Ok(Self { append, read, key, name })
    }

    fn aad(&self, id: &[u8], seal: bool) -> Vec<u8> {
        msg("lacre entry v1", &[&self.name, id, &[seal.into()]])
    }

    pub fn encrypt(&self, id: &[u8; 16], seal: bool, message: &[u8]) -> Vec<u8> {
        let nonce = mac(&self.key, "lacre nonce v1", &[&random::<32>(), &self.name, id, &[seal.into()], message]);
        let nonce: [u8; 24] = start(&nonce);
        [&[1], nonce.as_slice(), &aead(&self.key, &nonce, &self.aad(id, seal), &pad(message))].concat()
    }

    pub fn decrypt(&self, id: &[u8], seal: bool, entry: &[u8]) -> Result<Vec<u8>, Fail> {
        let (nonce, sealed) = entry.strip_prefix(&[1]).and_then(|e| e.split_first_chunk::<24>()).ok_or("another version")?;
        let padded = open(&self.key, nonce, &self.aad(id, seal), sealed)?;
        Ok(unpad(&padded)?.to_vec())
    }
}

pub fn aead(key: &Key, nonce: &[u8; 24], aad: &[u8], msg: &[u8]) -> Vec<u8> {
    XChaCha20Poly1305::new(key.into())
        .encrypt(nonce.into(), Payload { msg, aad })
        .expect("it refuses only what is longer than 256 GiB (RFC 8439)")
}

pub fn open(key: &Key, nonce: &[u8; 24], aad: &[u8], msg: &[u8]) -> Result<Vec<u8>, Fail> {
    let opened = XChaCha20Poly1305::new(key.into()).decrypt(nonce.into(), Payload { msg, aad });
    opened.map_err(|_| "what was encrypted does not open".into())
}

const CHUNK: usize = 65_536;

fn chunk_nonce(prefix: &[u8; 16], i: usize, last: bool) -> [u8; 24] {
    let mut nonce = [0; 24];
    nonce[..16].copy_from_slice(prefix);
    nonce[16..].copy_from_slice(&(2 * i as u64 + u64::from(last)).to_be_bytes());
    nonce
}

pub fn seal_blob(key: &Key, content: &[u8]) -> Vec<u8> {
    let (mut plain, prefix) = ((content.len() as u64).to_be_bytes().to_vec(), random::<16>());
    plain.extend(content);
    plain.resize(padme(plain.len()), 0);
    let (mut blob, last) = ([&[1], prefix.as_slice()].concat(), plain.chunks(CHUNK).count() - 1);
    for (i, chunk) in plain.chunks(CHUNK).enumerate() {
        blob.extend(aead(key, &chunk_nonce(&prefix, i, i == last), &msg("lacre blob v1", &[&[1]]), chunk));
    }
    blob
}

pub fn open_blob(key: &Key, blob: &[u8]) -> Result<Vec<u8>, Fail> {
    let (prefix, chunks) = blob.strip_prefix(&[1]).and_then(|b| b.split_first_chunk::<16>()).ok_or("another blob")?;
    let (mut plain, count) = (Vec::new(), chunks.chunks(CHUNK + 16).count());
    for (i, chunk) in chunks.chunks(CHUNK + 16).enumerate() {
        plain.extend(open(key, &chunk_nonce(prefix, i, i + 1 == count), &msg("lacre blob v1", &[&[1]]), chunk)?);
    }
    let (length, rest) = plain.split_first_chunk::<8>().ok_or("an empty blob")?;
    let length = u64::from_be_bytes(*length) as usize;
    let (content, filler) = rest.split_at_checked(length).ok_or("a blob shorter than it says")?;
    if plain.len() != padme(8 + length) || filler.iter().any(|b| *b != 0) {
        return Err("a blob with other padding".into());
    }
    Ok(content.to_vec())
}

const SUITE: [u8; 2] = [0, 1];
const ENCAPSULATED: usize = 1_120;

/// The key that opens what comes to an inbox, and its public half.
pub fn seal_keys() -> (SealKey, Vec<u8>) {
    let (private, public) = XWing::gen_keypair();
    (private, public.to_bytes().to_vec())
}

pub fn seal(public: &[u8], inbox: &Key, plain: &[u8]) -> Result<Vec<u8>, Fail> {
    let public = SealPublic::from_bytes(public).map_err(|_| "not a sealing key")?;
    let (key, sealed) = hpke::single_shot_seal::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &hpke::OpModeS::Base,
        &public,
        &msg("lacre envelope seal v1", &[&SUITE]),
        &pad(plain),
        inbox,
    )
    .map_err(|_| "sealing failed")?;
    Ok([SUITE.as_slice(), &key.to_bytes(), &sealed].concat())
}

pub fn unseal(private: &SealKey, inbox: &Key, entry: &[u8]) -> Result<Vec<u8>, Fail> {
    let rest = entry.strip_prefix(&SUITE).ok_or("another sealing suite")?;
    let (key, sealed) = rest.split_at_checked(ENCAPSULATED).ok_or("too short")?;
    let key = hpke::Deserializable::from_bytes(key).map_err(|_| "not an encapsulated key")?;
    let info = msg("lacre envelope seal v1", &[&SUITE]);
    let mode = hpke::OpModeR::Base;
    let padded = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(&mode, private, &key, &info, sealed, inbox);
    Ok(unpad(&padded.map_err(|_| "an envelope that does not open")?)?.to_vec())
}

pub type Unsealing = SealKey;

#[cfg(test)]
mod tests {
    use super::*;

    use serde_json::Value;

    fn vectors(file: &str) -> Value {
        serde_json::from_str(&std::fs::read_to_string(format!("../vectors/{file}")).unwrap()).unwrap()
    }

    fn hex(value: &Value) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap()
    }

    #[test]
    fn entries_and_envelopes_of_the_vectors_open() {
        let entry = &vectors("crypt.json")["entry"];
        let channel = Channel::of(&hex(&entry["export_secret"])).unwrap();
        assert_eq!(channel.name.as_slice(), hex(&entry["channel"]));
        for one in entry["entries"].as_array().unwrap() {
            let (seal, sealed) = (one["seal"].as_bool().unwrap(), hex(&one["entry"]));
            assert_eq!(channel.decrypt(&hex(&entry["entry_id"]), seal, &sealed).unwrap(), hex(&one["message"]));
            assert!(channel.decrypt(&hex(&entry["entry_id"]), !seal, &sealed).is_err(), "the flag is bound");
        }
        let envelope = &vectors("protocol.json")["envelope_seal"];
        let private = Unsealing::from_bytes(&hex(&envelope["seal_secret"])).unwrap();
        let inbox = hex(&envelope["aad"]).try_into().unwrap();
        assert_eq!(unseal(&private, &inbox, &hex(&envelope["sealed"])).unwrap(), hex(&envelope["message"]));
    }

    #[test]
    fn padding_blobs_and_sealed_envelopes_come_back() {
        let (private, public) = seal_keys();
        for length in [0, 1, 508, 509, 70_000, 140_000] {
            let content = vec![5; length];
            assert_eq!(unpad(&pad(&content)).unwrap(), content);
            assert_eq!(open_blob(&[1; 32], &seal_blob(&[1; 32], &content)).unwrap(), content);
            assert_eq!(unseal(&private, &[2; 32], &seal(&public, &[2; 32], &content).unwrap()).unwrap(), content);
        }
    }
}
