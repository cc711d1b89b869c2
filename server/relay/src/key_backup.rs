//! The relay's keys in one file under a passphrase: apart from the backups, for a safe.
//!
//! ```text
//! lacre-relay keys v2
//! argon2id <memory in KiB> <passes> <lanes>
//! <salt, 16 bytes>
//! <nonce, 24 bytes, and XChaCha20-Poly1305 of identity key, the registrar's key for RUNs and the one that it
//! signs with, 32 bytes each>
//! ```
//! Version 1 has the first two keys: it was written before there was a third.
//! Bytes are written in hexadecimal, for whoever must type them from paper. AAD: label, the first three lines.
//! Argon2id is RFC 9106, with its second recommendation.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::HEXLOWER;
use lacre_ground::label::{self, Label};
use lacre_ground::random::{self, Rng};
use zeroize::Zeroizing;

const FIRST_LINE: &str = "lacre-relay keys v2";
/// Of a file without the key that the registrar signs with.
const OF_TWO: &str = "lacre-relay keys v1";
/// Memory in KiB, passes, lanes.
const COST: [u32; 3] = [64 * 1024, 3, 4];
/// What a file may ask for: it is read before anything is authenticated.
const MOST_COST: [u32; 3] = [2 * 1024 * 1024, 64, 64];

/// What the file keeps.
pub struct Keys {
    /// seed of the relay's identity
    pub identity: Zeroizing<[u8; 32]>,
    /// the registrar's key for RUNs
    pub run: Zeroizing<[u8; 32]>,
    /// seed of the registrar's signing key; none of a relay that has not made it yet
    pub registrar: Option<Zeroizing<[u8; 32]>>,
}

/// Why the keys are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyBackupError {
    /// Not such a file, or a cut one.
    #[error("not a backup of keys")]
    Malformed,
    /// Another passphrase, or a changed file.
    #[error("the passphrase does not open it")]
    Passphrase,
}

/// The file's text.
pub fn seal(keys: &Keys, passphrase: &str, rng: &mut dyn Rng) -> Result<String, KeyBackupError> {
    let [memory, passes, lanes] = COST;
    let salt: [u8; 16] = random::bytes(rng);
    let first = if keys.registrar.is_some() { FIRST_LINE } else { OF_TWO };
    let head = format!("{first}\nargon2id {memory} {passes} {lanes}\n{}\n", HEXLOWER.encode(&salt));
    let nonce: [u8; 24] = random::bytes(rng);
    let registrar = keys.registrar.as_ref().map_or([].as_slice(), |key| key.as_slice());
    let both = Zeroizing::new([keys.identity.as_slice(), keys.run.as_slice(), registrar].concat());
    let aad = label::message(Label::KeyBackup, &[head.as_bytes()]);
    let cipher = XChaCha20Poly1305::new(&(*wrapping(passphrase, &salt, COST)?).into());
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: &both, aad: &aad });
    let sealed = sealed.map_err(|_| KeyBackupError::Malformed)?;
    Ok(format!("{head}{}{}\n", HEXLOWER.encode(&nonce), HEXLOWER.encode(&sealed)))
}

/// The keys again.
pub fn open(text: &str, passphrase: &str) -> Result<Keys, KeyBackupError> {
    let malformed = || KeyBackupError::Malformed;
    let [first, cost, salt, sealed] = text.lines().collect::<Vec<_>>().try_into().map_err(|_| malformed())?;
    let words: Vec<&str> = cost.split(' ').collect();
    let (FIRST_LINE | OF_TWO, ["argon2id", memory, passes, lanes]) = (first, words.as_slice()) else { return Err(malformed()) };
    let number = |word: &str| word.parse::<u32>().map_err(|_| malformed());
    let asked = [number(memory)?, number(passes)?, number(lanes)?];
    if asked.iter().zip(MOST_COST).any(|(asked, most)| *asked > most) {
        return Err(malformed());
    }
    let bytes = |hex: &str| HEXLOWER.decode(hex.as_bytes()).map_err(|_| malformed());
    let salt_bytes: [u8; 16] = bytes(salt)?.try_into().map_err(|_| malformed())?;
    let sealed = bytes(sealed)?;
    let (nonce, sealed) = sealed.split_first_chunk::<24>().ok_or(malformed())?;
    let aad = label::message(Label::KeyBackup, &[format!("{first}\n{cost}\n{salt}\n").as_bytes()]);
    let cipher = XChaCha20Poly1305::new(&(*wrapping(passphrase, &salt_bytes, asked)?).into());
    let both = cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad });
    let both = Zeroizing::new(both.map_err(|_| KeyBackupError::Passphrase)?);
    let (identity, run, registrar) = match (first, both.as_chunks::<32>()) {
        (OF_TWO, ([identity, run], [])) => (identity, run, None),
        (FIRST_LINE, ([identity, run, registrar], [])) => (identity, run, Some(Zeroizing::new(*registrar))),
        _ => return Err(malformed()),
    };
    Ok(Keys { identity: Zeroizing::new(*identity), run: Zeroizing::new(*run), registrar })
}

fn wrapping(passphrase: &str, salt: &[u8; 16], cost: [u32; 3]) -> Result<Zeroizing<[u8; 32]>, KeyBackupError> {
    let [memory, passes, lanes] = cost;
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(|_| KeyBackupError::Malformed)?;
    let mut key = Zeroizing::new([0; 32]);
    let made = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(
        passphrase.as_bytes(),
        salt,
        key.as_mut_slice(),
    );
    made.map_err(|_| KeyBackupError::Malformed).map(|()| key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_ground::random::SystemRng;

    #[test]
    fn the_keys_open_with_their_passphrase_only_and_a_changed_or_cut_file_does_not() {
        let registrar = Some(Zeroizing::new([3; 32]));
        let keys = Keys { identity: Zeroizing::new([1; 32]), run: Zeroizing::new([2; 32]), registrar };
        let text = seal(&keys, "an example's passphrase", &mut SystemRng).unwrap();
        let of_two = Keys { registrar: None, ..open(&text, "an example's passphrase").unwrap() };
        let before = seal(&of_two, "an example's passphrase", &mut SystemRng).unwrap();

        let opened = open(&text, "an example's passphrase").unwrap();
        assert_eq!((opened.identity, opened.run, opened.registrar), (keys.identity, keys.run, keys.registrar));
        let opened = open(&before, "an example's passphrase").unwrap();
        assert_eq!((opened.identity, opened.run, opened.registrar), (of_two.identity, of_two.run, None));
        assert!(before.starts_with("lacre-relay keys v1\n") && text.starts_with("lacre-relay keys v2\n"));
        let renamed = text.replace("keys v2", "keys v1");
        assert_eq!(open(&renamed, "an example's passphrase").err(), Some(KeyBackupError::Passphrase));
        assert!(!text.contains(&"01".repeat(32)) && !text.contains(&"02".repeat(32)) && !text.contains(&"03".repeat(32)));
        assert_eq!(open(&text, "another").err(), Some(KeyBackupError::Passphrase));
        let cheaper = text.replace("argon2id 65536 3 4", "argon2id 65536 2 4");
        assert_eq!(open(&cheaper, "an example's passphrase").err(), Some(KeyBackupError::Passphrase));
        let dear = text.replace("65536", "99999999");
        assert_eq!(open(&dear, "an example's passphrase").err(), Some(KeyBackupError::Malformed));
        for end in [0, 10, 40, text.len() - 3] {
            assert!(open(&text[..end], "an example's passphrase").is_err(), "{end}");
        }
    }
}
