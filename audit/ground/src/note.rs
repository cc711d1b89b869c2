//! Signed notes (C2SP `signed-note`): a text that a person can read, an empty line, then signature lines
//! `— <name> <base64 of key id and signature>`. Ed25519 only (C2SP signature type 0x01).
//!
//! The text is signed and verified as received. It begins with a line that says what kind of note it is.

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// Longest note, bytes.
pub const MAX_NOTE: usize = 1_000_000;
/// Most signature lines (C2SP asks for at least 16, at most 100).
pub const MAX_SIGNATURES: usize = 100;

/// Why a note is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not the shape of a signed note: ask the sender for it again.
    #[error("not a signed note: {0}")]
    Shape(&'static str),
    /// A signature by a trusted key does not fit the text: do not use the note.
    #[error("the signature by {0} is wrong")]
    WrongSignature(String),
    /// No signature by any trusted key: get the right key, or do not use the note.
    #[error("not signed by a trusted key")]
    NotSigned,
    /// A line of the text is missing, out of order or not of its form.
    #[error("line {line}: expected {expected}")]
    Line {
        /// 1 is the first
        line: usize,
        /// what should stand there
        expected: &'static str,
    },
}

/// A public key and the name that stands before its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    key: VerifyingKey,
}

impl NoteKey {
    /// The name has 1 to 128 characters without space, `+` or control characters; the key is a valid Ed25519 key.
    pub fn new(name: &str, key: &[u8; 32]) -> Result<Self, NoteError> {
        if !good_name(name) || name.chars().count() > 128 {
            return Err(NoteError::Shape("a key's name has no spaces and no plus"));
        }
        Ok(Self { name: name.to_owned(), key: good_key(key).ok_or(NoteError::Shape("not a good Ed25519 key"))? })
    }
    /// `ed25519` and a key in hexadecimal, as texts name one. What is no good key is in no text.
    #[must_use]
    pub fn parse_key(text: &str) -> Option<[u8; 32]> {
        let key = HEXLOWER.decode(text.strip_prefix("ed25519 ")?.as_bytes()).ok()?.try_into().ok()?;
        good_key(&key).map(|_| key)
    }
    /// The name before its signatures.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The 32 bytes.
    #[must_use]
    pub fn key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }
    /// First four bytes of SHA-256(name, newline, 0x01, key).
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let mut h = Sha256::new();
        h.update(self.name.as_bytes());
        h.update(b"\n\x01");
        h.update(self.key.as_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(h.finalize());
        [a, b, c, d]
    }
}

/// A point of the curve in its one encoding (RFC 8032, 5.1.3: y below the prime), and not of small order.
fn good_key(bytes: &[u8; 32]) -> Option<VerifyingKey> {
    let [low, middle @ .., high] = bytes;
    let beyond = *low >= 0xed && middle.iter().all(|b| *b == 0xff) && high & 0x7f == 0x7f;
    VerifyingKey::from_bytes(bytes).ok().filter(|key| !beyond && !key.is_weak())
}

/// Is this a name that may stand before a signature? (C2SP: no spaces, no plus.)
fn good_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// Whoever can sign a note: a key in memory, later a card or a module.
pub struct NoteSigner {
    name: String,
    key: SigningKey,
}

impl NoteSigner {
    /// From a secret seed of 32 bytes.
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let key = SigningKey::from_bytes(seed);
        NoteKey::new(name, key.verifying_key().as_bytes())?;
        Ok(Self { name: name.to_owned(), key })
    }
    /// The public half.
    #[must_use]
    pub fn public(&self) -> NoteKey {
        NoteKey { name: self.name.clone(), key: self.key.verifying_key() }
    }
}

/// Signs a text with all signers, in order.
///
/// The text ends in a newline, has no control characters but newlines, and no empty last line.
pub fn sign(text: &str, signers: &[&NoteSigner]) -> Result<String, NoteError> {
    check_text(text)?;
    let mut out = String::with_capacity(text.len() + 160 * signers.len());
    out.push_str(text);
    out.push('\n');
    for signer in signers {
        let mut bytes = signer.public().id().to_vec();
        bytes.extend_from_slice(&signer.key.sign(text.as_bytes()).to_bytes());
        out.push_str(&format!("\u{2014} {} {}\n", signer.name, BASE64.encode(&bytes)));
    }
    Ok(out)
}

/// A note with one more signature over the same text. Nothing changes where it is there already.
pub fn sign_too(raw: &str, signer: &NoteSigner) -> Result<String, NoteError> {
    let note = UnverifiedNote::parse(raw)?;
    let signed = sign(note.unverified_text(), &[signer])?;
    let line = signed.get(note.unverified_text().len() + 1..).unwrap_or_default();
    Ok(if raw.ends_with(line) || raw.contains(&format!("\n{line}")) { raw.to_owned() } else { format!("{raw}{line}") })
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if text.len() > MAX_NOTE {
        return Err(NoteError::Shape("longer than 1,000,000 bytes"));
    }
    if !text.ends_with('\n') || text.len() < 2 {
        return Err(NoteError::Shape("the text does not end in a newline"));
    }
    if text.chars().any(|c| c != '\n' && c.is_control()) {
        return Err(NoteError::Shape("control characters"));
    }
    Ok(())
}

struct SignatureLine {
    name: String,
    id: [u8; 4],
    signature: [u8; 64],
}

/// A note as it came: nobody has checked a signature yet. Ask [`UnverifiedNote::verify`] for the text.
pub struct UnverifiedNote {
    text: String,
    lines: Vec<SignatureLine>,
}

impl UnverifiedNote {
    /// Splits text and signatures. Signature lines of other types are kept out, not refused (C2SP).
    pub fn parse(raw: &str) -> Result<Self, NoteError> {
        if raw.len() > MAX_NOTE {
            return Err(NoteError::Shape("longer than 1,000,000 bytes"));
        }
        let split = raw.rfind("\n\n").ok_or(NoteError::Shape("no empty line before the signatures"))?;
        let text = raw.get(..=split).unwrap_or_default();
        let tail = raw.get(split + 2..).unwrap_or_default();
        check_text(text)?;
        let tail = tail.strip_suffix('\n').ok_or(NoteError::Shape("no signature lines"))?;
        let mut lines = Vec::new();
        for (number, line) in tail.split('\n').enumerate() {
            if number >= MAX_SIGNATURES {
                return Err(NoteError::Shape("more than 100 signatures"));
            }
            let rest =
                line.strip_prefix("\u{2014} ").ok_or(NoteError::Shape("a signature line begins with a dash and a space"))?;
            let (name, sig) = rest.split_once(' ').ok_or(NoteError::Shape("a signature line has a name and a signature"))?;
            if !good_name(name) {
                return Err(NoteError::Shape("a signature line has a name and a signature"));
            }
            let bytes = BASE64.decode(sig.as_bytes()).map_err(|_| NoteError::Shape("a signature is not base64"))?;
            if bytes.len() < 5 {
                return Err(NoteError::Shape("a signature is too short"));
            }
            if let Some((id, signature)) = bytes.split_first_chunk::<4>()
                && let Ok(signature) = <[u8; 64]>::try_from(signature)
            {
                lines.push(SignatureLine { name: name.to_owned(), id: *id, signature });
            }
        }
        Ok(Self { text: text.to_owned(), lines })
    }

    /// The text, to find out which keys to verify with, and for nothing else.
    #[must_use]
    pub fn unverified_text(&self) -> &str {
        &self.text
    }

    /// Whether a key, as lines name it, stands in two of them. Each is checked: whoever must not be made to work for nothing
    /// looks here first.
    #[must_use]
    pub fn has_two_lines_of_one_key(&self) -> bool {
        let mut seen = std::collections::BTreeSet::new();
        !self.lines.iter().all(|line| seen.insert((&line.name, line.id)))
    }

    /// Checks every signature by one of these keys. At least one is there and none is wrong.
    pub fn verify(&self, trusted: &[NoteKey]) -> Result<Note, NoteError> {
        let mut signed_by: Vec<NoteKey> = Vec::new();
        for line in &self.lines {
            for key in trusted.iter().filter(|k| k.name == line.name && k.id() == line.id) {
                let signature = ed25519_dalek::Signature::from_bytes(&line.signature);
                key.key
                    .verify_strict(self.text.as_bytes(), &signature)
                    .map_err(|_| NoteError::WrongSignature(key.name.clone()))?;
                if !signed_by.contains(key) {
                    signed_by.push(key.clone());
                }
            }
        }
        if signed_by.is_empty() { Err(NoteError::NotSigned) } else { Ok(Note { text: self.text.clone(), signed_by }) }
    }
}

/// A note whose signatures were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signed_by: Vec<NoteKey>,
}

impl Note {
    /// What was signed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
    /// By whom, of those who were trusted.
    #[must_use]
    pub fn signed_by(&self) -> &[NoteKey] {
        &self.signed_by
    }
}

/// Reads the lines of a text in order: a closed format, where everything unexpected is an error. A line ends in a newline and
/// in nothing else, the last one too.
pub struct Lines<'a> {
    rest: core::iter::Peekable<core::str::Split<'a, char>>,
    line: usize,
}

impl<'a> Lines<'a> {
    /// From the first line.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { rest: text.strip_suffix('\n').unwrap_or_default().split('\n').peekable(), line: 0 }
    }
    /// The next line is exactly this.
    pub fn exactly(&mut self, expected: &'static str) -> Result<(), NoteError> {
        let found = self.rest.next();
        self.line += 1;
        if found == Some(expected) { Ok(()) } else { Err(self.wrong(expected)) }
    }
    /// The next line is `key value`: the value.
    pub fn value(&mut self, key: &'static str) -> Result<&'a str, NoteError> {
        let found = self.rest.next();
        self.line += 1;
        found.and_then(|l| l.strip_prefix(key)).and_then(|l| l.strip_prefix(' ')).filter(|v| !v.is_empty()).ok_or(self.wrong(key))
    }
    /// [`Lines::value`], parsed; `None` from the parser is an error that names the key.
    pub fn parsed<T>(&mut self, key: &'static str, parse: impl FnOnce(&'a str) -> Option<T>) -> Result<T, NoteError> {
        let value = self.value(key)?;
        parse(value).ok_or(self.wrong(key))
    }
    /// Does the next line begin with this key?
    pub fn next_is(&mut self, key: &str) -> bool {
        self.rest.peek().is_some_and(|l| l.strip_prefix(key).is_some_and(|r| r.starts_with(' ')))
    }
    /// There is no further line.
    pub fn end(&mut self) -> Result<(), NoteError> {
        self.line += 1;
        if self.rest.next().is_none() { Ok(()) } else { Err(self.wrong("nothing more")) }
    }
    /// An error at the line that was read last.
    #[must_use]
    pub fn wrong(&self, expected: &'static str) -> NoteError {
        NoteError::Line { line: self.line, expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(name: &str, seed: u8) -> NoteSigner {
        NoteSigner::new(name, &[seed; 32]).unwrap()
    }

    #[test]
    fn a_second_signature_stands_behind_the_first_and_none_stands_twice() {
        let (a, b) = (signer("a", 1), signer("b", 2));
        let one = sign("lacre test v1\nhello\n", &[&a]).unwrap();
        let two = sign_too(&one, &b).unwrap();
        assert_eq!(two, sign("lacre test v1\nhello\n", &[&a, &b]).unwrap());
        assert_eq!((sign_too(&two, &a).unwrap(), sign_too(&two, &b).unwrap()), (two.clone(), two));
    }

    #[test]
    fn a_note_verifies_with_its_key_and_no_other() {
        let s = signer("example.relay", 1);
        let raw = sign("lacre test v1\nhello\n", &[&s]).unwrap();
        let note = UnverifiedNote::parse(&raw).unwrap();
        assert_eq!(note.verify(&[s.public()]).unwrap().text(), "lacre test v1\nhello\n");
        assert_eq!(note.verify(&[signer("example.relay", 2).public()]), Err(NoteError::NotSigned));
        assert_eq!(note.verify(&[signer("other", 1).public()]), Err(NoteError::NotSigned));
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let s = signer("k", 1);
        let raw = sign("lacre test v1\na b\n\nc\n", &[&s]).unwrap();
        for at in 0..raw.len() {
            for bit in 0..8 {
                let mut bytes = raw.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let Ok(changed) = String::from_utf8(bytes) else { continue };
                let verdict = UnverifiedNote::parse(&changed).and_then(|n| n.verify(&[s.public()]));
                assert!(verdict.is_err(), "byte {at} bit {bit}");
            }
        }
    }

    /// What a second verifier in another language could read differently. Seen red: with `str::lines`, with the names of unknown
    /// signers unchecked, with lines of other types uncounted.
    #[test]
    fn a_note_has_one_spelling() {
        let s = signer("k", 1);
        let raw = sign("lacre test v1\n", &[&s]).unwrap();
        let line = raw.lines().last().unwrap().to_owned();
        let parses = |raw: &str| UnverifiedNote::parse(raw).is_ok();
        let with = |more: String| format!("{raw}{more}\n");

        assert!(parses(&raw) && parses(&with("\u{2014} other.name AAAAAAA=".to_owned())));
        assert!(!parses(raw.trim_end()), "no newline at the end");
        assert!(!parses(&format!("{}\r\n", raw.trim_end())), "a carriage return before the last newline");
        assert!(!parses(&with(format!("{line}\r"))), "and in a second line");
        for name in ["", "a+b", "a\u{a0}b", "a\u{3000}b", "a\u{85}b", "a\tb", "a\u{7f}b"] {
            assert!(!parses(&with(format!("\u{2014} {name} AAAAAAA="))), "{name:?}");
        }
        assert!(!parses(&with("\u{2014} other  AAAAAAA=".to_owned())), "two spaces");
        let other = "\u{2014} other.name AAAAAAA=\n";
        assert!(parses(&format!("{raw}{}", other.repeat(99))));
        assert!(!parses(&format!("{raw}{}", other.repeat(100))), "101 lines, whatever their type");

        let read = |text| Lines::new(text).exactly("a").is_ok();
        assert!(read("a\n") && !read("a") && !read("a\r\n") && !read("") && !read("\n"));
        let mut lines = Lines::new("a\n\n");
        lines.exactly("a").unwrap();
        assert!(lines.end().is_err(), "an empty line more is a line more");
    }

    /// Seen red: without the test of the encoding, and without that of the order.
    #[test]
    fn a_key_is_a_point_in_its_one_encoding_and_not_of_small_order() {
        let good = signer("k", 1).public().key();
        let text = |key: &[u8; 32]| format!("ed25519 {}", HEXLOWER.encode(key));
        assert_eq!(NoteKey::parse_key(&text(&good)), Some(good));
        // y = p + 3 is on the curve, and so is y = 3
        let mut three = [0u8; 32];
        three[0] = 3;
        let mut beyond = [0xff; 32];
        (beyond[0], beyond[31]) = (0xed + 3, 0x7f);
        assert_eq!(NoteKey::parse_key(&text(&three)), Some(three));
        let mut off = [0u8; 32];
        off[0] = 2;
        for (bad, why) in [(beyond, "y above the prime"), (off, "no point"), ([0; 32], "of order 4")] {
            assert!(NoteKey::parse_key(&text(&bad)).is_none() && NoteKey::new("k", &bad).is_err(), "{why}");
        }
        for spelling in [text(&good).to_uppercase(), HEXLOWER.encode(&good), format!("{} ", text(&good))] {
            assert_eq!(NoteKey::parse_key(&spelling), None, "{spelling}");
        }
    }

    #[test]
    fn a_wrong_signature_by_a_trusted_key_spoils_the_note_even_beside_a_right_one() {
        let (a, b) = (signer("a", 1), signer("b", 2));
        let good = sign("lacre test v1\n", &[&a]).unwrap();
        let other = sign("lacre test v2\n", &[&b]).unwrap();
        let spoiled = format!("{good}{}", other.lines().last().unwrap().to_owned() + "\n");
        let note = UnverifiedNote::parse(&spoiled).unwrap();
        assert_eq!(note.verify(&[a.public(), b.public()]), Err(NoteError::WrongSignature("b".into())));
        assert!(note.verify(&[a.public()]).is_ok());
    }
}
