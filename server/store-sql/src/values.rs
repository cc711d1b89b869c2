//! What is put in the places of a statement.

use lacre_ground::time::Millis;

/// A value, or the nothing of its kind. It has no `Debug`: some are hashes of tokens.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// a number, a row's key, milliseconds since 1970
    Number(Option<i64>),
    /// a boolean in the one engine, 0 or 1 in the other
    Flag(bool),
    /// a text
    Text(Option<&'a str>),
    /// a byte string
    Bytes(&'a [u8]),
}

/// Values of a statement, in the order of its places.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::values::Value::from($value)),*] };
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Value<'_> {
            fn from(n: $number) -> Self {
                Self::Number(Some(n.into()))
            }
        }
    )*};
}
numbers!(i64, u32, u16, u8);

impl From<u64> for Value<'_> {
    fn from(n: u64) -> Self {
        // every number of ours is below 2^53
        Self::Number(Some(i64::try_from(n).unwrap_or(i64::MAX)))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(n: Option<i64>) -> Self {
        Self::Number(n)
    }
}

impl From<Millis> for Value<'_> {
    fn from(at: Millis) -> Self {
        at.get().into()
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(text))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Some(text))
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}
