//! One type for each thing. Ids are public; tokens are secrets: zeroized, without `Debug`, compared in constant time.

use crate::label::{self, Label};
use core::fmt;
use core::num::NonZeroU64;
use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Why bytes or text are not the id they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The wrong number of bytes or characters.
    #[error("wrong length: {found}, not {expected}")]
    Length {
        /// bytes that such an id has
        expected: usize,
        /// bytes that came
        found: usize,
    },
    /// Not lower-case hexadecimal.
    #[error("not lower-case hexadecimal")]
    NotHex,
}

/// Reads an id of N bytes from a serde format that has byte strings (or a sequence of bytes).
struct ArrayVisitor<const N: usize>;

impl<'de, const N: usize> serde::de::Visitor<'de> for ArrayVisitor<N> {
    type Value = [u8; N];
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} bytes")
    }
    fn visit_bytes<E: serde::de::Error>(self, v: &[u8]) -> Result<[u8; N], E> {
        v.try_into().map_err(|_| E::invalid_length(v.len(), &self))
    }
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident($n:literal);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $n]);
        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $n;
            /// From its bytes.
            #[must_use]
            pub const fn new(bytes: [u8; $n]) -> Self { Self(bytes) }
            /// Its bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $n] { &self.0 }
            /// From lower-case hexadecimal, as [`fmt::Display`] writes it.
            pub fn from_hex(text: &str) -> Result<Self, IdError> {
                let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| IdError::NotHex)?;
                Self::try_from(bytes.as_slice())
            }
        }
        impl TryFrom<&[u8]> for $name {
            type Error = IdError;
            fn try_from(bytes: &[u8]) -> Result<Self, IdError> {
                bytes.try_into().map(Self).map_err(|_| IdError::Length { expected: $n, found: bytes.len() })
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_bytes(&self.0) }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                d.deserialize_bytes(ArrayVisitor::<$n>).map(Self)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&HEXLOWER.encode(&self.0)) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}({})", stringify!($name), self) }
        }
    )*};
}

id! {
    /// A channel's name: the labelled hash of its parameters.
    ChannelId(32);
    /// One entry's id, chosen by its sender.
    EntryId(16);
    /// An account: the labelled hash of its state 0.
    AccountId(32);
    /// One installation of an account.
    DeviceId(16);
    /// A relay store's generation; restoring a backup changes it.
    Generation(16);
    /// What the relay keeps of a token.
    TokenHash(32);
    /// A blob's random name.
    BlobId(32);
    /// A content's own id; a receiver drops doubles.
    ContentId(16);
    /// An envelope's own id; a reader drops repeats.
    EnvelopeId(16);
    /// One official's approval of a batch.
    ApprovalId(16);
    /// One notice of an agency.
    NoticeId(16);
    /// Many notices of an agency that were seen and approved together.
    BatchId(16);
    /// One answer of the registrar to an agency.
    LookupId(16);
    /// One grant of an account.
    GrantId(16);
    /// One event record (ETSI: EvidenceIdentifier).
    EvidenceId(16);
    /// The public Ed25519 key of a relay, which its addresses pin.
    Identity(32);
}

macro_rules! secret {
    ($($(#[$doc:meta])* $name:ident($n:literal) => $label:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name([u8; $n]);
        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $n;
            /// From its bytes.
            #[must_use]
            pub const fn new(bytes: [u8; $n]) -> Self { Self(bytes) }
            /// Its bytes. They open something: keep them out of logs.
            #[must_use]
            pub const fn expose(&self) -> &[u8; $n] { &self.0 }
            /// What the relay stores in its place.
            #[must_use]
            pub fn hash(&self) -> TokenHash { TokenHash::new(label::hash(Label::$label, &[&self.0])) }
            /// A fresh one.
            pub fn random(rng: &mut dyn crate::random::Rng) -> Self { let mut b = [0; $n]; rng.fill_bytes(&mut b); Self(b) }
        }
        impl TryFrom<&[u8]> for $name {
            type Error = IdError;
            fn try_from(bytes: &[u8]) -> Result<Self, IdError> {
                bytes.try_into().map(Self).map_err(|_| IdError::Length { expected: $n, found: bytes.len() })
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_bytes(&self.0) }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                d.deserialize_bytes(ArrayVisitor::<$n>).map(Self)
            }
        }
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool { self.0.ct_eq(&other.0).into() }
        }
        impl Eq for $name {}
    )*};
}

secret! {
    /// The right to append to a channel, to read it, or to fetch a blob.
    Token(32) => Token;
    /// Pays once for a channel, a blob, a claim or a public append.
    Stamp(32) => Stamp;
    /// A login's short session.
    Session(32) => Session;
    /// An invitation's one-time code.
    Code(16) => Code;
}

impl TokenHash {
    /// Equality in constant time.
    #[must_use]
    pub fn ct_matches(&self, other: &TokenHash) -> bool {
        self.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

/// The kind of a channel; says retention and what its reader may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChannelClass {
    /// Nothing in it can be changed; takes seals.
    Log,
    /// Its reader may trim it and change its append tokens; takes no seals.
    Inbox,
    /// A person's, for official notices: bodies alone write to it, and what is in it stays unless its reader trims it.
    Casilla,
    /// A body's, for what devices answer to its notices.
    Return,
}

impl ChannelClass {
    /// Its reader may trim it and change its append tokens; it takes no seals, and its writers know nothing of what is in it.
    #[must_use]
    pub const fn has_one_reader(self) -> bool {
        !matches!(self, Self::Log)
    }
    /// The byte that stands in names and AAD.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            ChannelClass::Log => 1,
            ChannelClass::Inbox => 2,
            ChannelClass::Casilla => 3,
            ChannelClass::Return => 4,
        }
    }
}

impl ChannelId {
    /// The name of the log with these rights (PROTOCOL.md, 3).
    #[must_use]
    pub fn of_log(append: &TokenHash, read: &TokenHash) -> Self {
        Self::new(label::hash(Label::LogName, &[&[ChannelClass::Log.code()], append.as_bytes(), read.as_bytes()]))
    }
    /// The name of the inbox with this read right; append rights come and go.
    #[must_use]
    pub fn of_inbox(read: &TokenHash) -> Self {
        Self::of_reader(Label::InboxName, ChannelClass::Inbox, read)
    }
    /// The name of the casilla with this read right.
    #[must_use]
    pub fn of_casilla(read: &TokenHash) -> Self {
        Self::of_reader(Label::CasillaName, ChannelClass::Casilla, read)
    }
    /// The name of the return channel with this read right.
    #[must_use]
    pub fn of_return(read: &TokenHash) -> Self {
        Self::of_reader(Label::ReturnName, ChannelClass::Return, read)
    }
    fn of_reader(label: Label, class: ChannelClass, read: &TokenHash) -> Self {
        Self::new(label::hash(label, &[&[class.code()], read.as_bytes()]))
    }
}

/// A place in a channel: 1, 2, 3 …, at most 2^53 - 1 (so that it is exact in JSON).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(NonZeroU64);

impl Seq {
    /// The first.
    pub const FIRST: Seq = Seq(NonZeroU64::MIN);
    /// The greatest.
    pub const MAX: u64 = (1 << 53) - 1;
    /// None for 0 and above [`Seq::MAX`].
    #[must_use]
    pub const fn new(n: u64) -> Option<Self> {
        if n > Self::MAX {
            return None;
        }
        match NonZeroU64::new(n) {
            Some(n) => Some(Self(n)),
            None => None,
        }
    }
    /// As a number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0.get()
    }
    /// The next place; none at the end of the range.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        Self::new(self.0.get() + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The public name of an account, without the `@`: `[a-z0-9_.-]{3,32}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(String);

/// Why a text is no handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a handle has 3 to 32 characters from a-z, 0-9, _ . -")]
pub struct HandleError;

impl Handle {
    /// Accepts it with or without a leading `@`.
    pub fn parse(text: &str) -> Result<Self, HandleError> {
        let text = text.strip_prefix('@').unwrap_or(text);
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-');
        if (3..=32).contains(&text.len()) && text.bytes().all(good) { Ok(Self(text.to_owned())) } else { Err(HandleError) }
    }
    /// Whether a new account may have it: signs stand inside, one at a time, so that no name looks like another with dots
    /// around it. There are older ones, and they stay.
    #[must_use]
    pub fn may_be_new(&self) -> bool {
        let sign = |b: &u8| !b.is_ascii_alphanumeric();
        let bytes = self.0.as_bytes();
        let ends = [bytes.first(), bytes.last()].into_iter().flatten().any(sign);
        !ends && !bytes.windows(2).any(|two| two.iter().all(sign))
    }
    /// Without the `@`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl serde::Serialize for Handle {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Handle {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(d)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_and_an_inbox_with_equal_tokens_have_different_names() {
        let t = TokenHash::new([1; 32]);
        assert_ne!(ChannelId::of_log(&t, &t), ChannelId::of_inbox(&t));
    }

    #[test]
    fn handles_outside_their_alphabet_or_length_are_refused() {
        for good in ["ana", "@ana", "a.b-c_9", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert!(Handle::parse(good).is_ok(), "{good}");
        }
        for bad in ["an", "@an", "Ana", "ána", "a b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "@@ana", ""] {
            assert!(Handle::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_new_handle_is_another_one_with_signs_around_it() {
        for (text, new) in [
            ("eva", true),
            ("e-v.a_9", true),
            ("eva.", false),
            ("_eva", false),
            ("eva-", false),
            ("e..va", false),
            ("e._va", false),
            ("---", false),
        ] {
            assert_eq!(Handle::parse(text).unwrap().may_be_new(), new, "{text}");
        }
    }

    #[test]
    fn seq_zero_and_seq_past_json_do_not_exist() {
        assert!(Seq::new(0).is_none());
        assert!(Seq::new(Seq::MAX).is_some());
        assert!(Seq::new(Seq::MAX + 1).is_none());
    }
}
