//! Grants as the registrar keeps them: sealed under a key that comes from the one of the RUN hashes, which lies outside the data
//! folder. Who copies the folder learns neither whose casilla is which, nor any right to write to one.
//!
//! | kind | what is sealed | its tag is of |
//! |---|---|---|
//! | 0 once, 1 last resort | the append token (32 bytes), then the grant's note | the grant's id |
//! | 2 casilla | the channel (32 bytes) | the channel |
//!
//! Sealed is a nonce of 24 random bytes and XChaCha20-Poly1305; AAD: label, account, kind. A tag is an HMAC over account, kind and
//! the grant's id, or over kind and channel, whosever it is: the same for the same thing.

use crate::run_key::RunKey;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use lacre_ground::ids::{AccountId, ChannelId, GrantId, Token};
use lacre_ground::label::{self, Label};
use lacre_ground::random::{self, Rng};
use zeroize::Zeroizing;

/// The key. No `Debug`, zeroed when dropped.
pub struct KeptKey(Zeroizing<[u8; 32]>);

/// What is sealed: the last byte of its AAD.
#[derive(Clone, Copy)]
enum Kind {
    Once = 0,
    LastResort = 1,
    Casilla = 2,
}

const fn grant_kind(last_resort: bool) -> Kind {
    if last_resort { Kind::LastResort } else { Kind::Once }
}

impl KeptKey {
    /// Of a relay's registrar.
    #[must_use]
    pub fn of(key: &RunKey) -> Self {
        Self(Zeroizing::new(label::derive(key.expose(), Label::KeptGrant, &[])))
    }

    fn seal(&self, account: &AccountId, kind: Kind, plain: &[u8], rng: &mut dyn Rng) -> Vec<u8> {
        let nonce: [u8; 24] = random::bytes(rng);
        let aad = label::message(Label::KeptGrant, &[account.as_bytes(), &[kind as u8]]);
        let cipher = XChaCha20Poly1305::new(&(*self.0).into());
        // cannot fail: the cipher takes 256 GiB
        let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad }).unwrap_or_default();
        [nonce.as_slice(), &sealed].concat()
    }

    fn open(&self, account: &AccountId, kind: Kind, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<24>()?;
        let aad = label::message(Label::KeptGrant, &[account.as_bytes(), &[kind as u8]]);
        let cipher = XChaCha20Poly1305::new(&(*self.0).into());
        cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &aad }).ok().map(Zeroizing::new)
    }

    /// A grant with its token, and its tag.
    #[must_use]
    pub fn seal_grant(
        &self,
        account: &AccountId,
        last_resort: bool,
        (id, note): (GrantId, &str),
        token: &Token,
        rng: &mut dyn Rng,
    ) -> ([u8; 32], Vec<u8>) {
        let plain = Zeroizing::new([token.expose().as_slice(), note.as_bytes()].concat());
        let kind = grant_kind(last_resort);
        let tag = label::mac(&self.0, Label::KeptGrant, &[account.as_bytes(), &[kind as u8], id.as_bytes()]);
        (tag, self.seal(account, kind, &plain, rng))
    }

    /// The grant's note and its token again.
    #[must_use]
    pub fn open_grant(&self, account: &AccountId, last_resort: bool, sealed: &[u8]) -> Option<(String, Token)> {
        let plain = self.open(account, grant_kind(last_resort), sealed)?;
        let (token, note) = plain.split_first_chunk::<32>()?;
        Some((core::str::from_utf8(note).ok()?.to_owned(), Token::new(*token)))
    }

    /// A casilla that a grant names, and its tag.
    #[must_use]
    pub fn seal_casilla(&self, account: &AccountId, casilla: &ChannelId, rng: &mut dyn Rng) -> ([u8; 32], Vec<u8>) {
        let (kind, id) = (Kind::Casilla, casilla.as_bytes());
        (label::mac(&self.0, Label::KeptGrant, &[&[kind as u8], id]), self.seal(account, kind, id, rng))
    }

    /// The casilla again.
    #[must_use]
    pub fn open_casilla(&self, account: &AccountId, sealed: &[u8]) -> Option<ChannelId> {
        ChannelId::try_from(self.open(account, Kind::Casilla, sealed)?.as_slice()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_ground::random::SystemRng;

    #[test]
    fn what_is_kept_opens_for_its_account_and_kind_under_its_key_alone() {
        let (key, other) = (KeptKey(Zeroizing::new([1; 32])), KeptKey(Zeroizing::new([2; 32])));
        let (account, stranger) = (AccountId::new([3; 32]), AccountId::new([4; 32]));
        let (id, token, casilla) = (GrantId::new([5; 16]), Token::new([6; 32]), ChannelId::new([7; 32]));

        let (tag, sealed) = key.seal_grant(&account, false, (id, "a grant\n"), &token, &mut SystemRng);
        let (again, _) = key.seal_grant(&account, false, (id, "a grant\n"), &token, &mut SystemRng);
        let (place, hidden) = key.seal_casilla(&account, &casilla, &mut SystemRng);

        let (note, right) = key.open_grant(&account, false, &sealed).unwrap();
        assert!((note.as_str(), right) == ("a grant\n", token) && tag == again);
        assert_eq!(key.open_casilla(&account, &hidden), Some(casilla));
        assert!(key.open_grant(&account, true, &sealed).is_none() && key.open_grant(&stranger, false, &sealed).is_none());
        assert!(other.open_grant(&account, false, &sealed).is_none() && key.open_grant(&account, false, &hidden).is_none());
        assert!(key.open_casilla(&stranger, &hidden).is_none() && other.open_casilla(&account, &hidden).is_none());
        assert_eq!(place, key.seal_casilla(&stranger, &casilla, &mut SystemRng).0, "whosever it is");
        assert!(!sealed.windows(32).any(|w| w == [6; 32]) && !hidden.windows(32).any(|w| w == [7; 32]));
    }
}
