//! The bounds of every field, checked before anything else looks at a message.

use core::fmt;

/// A message whose fields have bounds.
pub trait Bounded {
    /// The first field that is outside its bound, in the order of the .proto file.
    fn check(&self) -> Result<(), BoundError>;
}

/// A field outside its bound. The sender mends its message; trying again changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundError {
    /// the field's name in the .proto file
    pub field: &'static str,
    /// what it may be
    pub bound: String,
    /// what it was: a length or a number, never the content
    pub found: String,
}

impl BoundError {
    fn missing(field: &'static str) -> Self {
        Self { field, bound: "present".into(), found: "nothing".into() }
    }
    fn wrong(field: &'static str) -> Self {
        Self { field, bound: "a value named in the .proto file".into(), found: "another".into() }
    }
}

impl fmt::Display for BoundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: must be {}, is {}", self.field, self.bound, self.found)
    }
}

impl std::error::Error for BoundError {}

fn range(min: u64, max: u64, unit: &str) -> String {
    if min == max { format!("{min}{unit}") } else { format!("{min} to {max}{unit}") }
}

fn length(field: &'static str, found: usize, min: u32, max: u32, or_empty: bool) -> Result<(), BoundError> {
    let n = u64::try_from(found).unwrap_or(u64::MAX);
    if (or_empty && n == 0) || (u64::from(min)..=u64::from(max)).contains(&n) {
        return Ok(());
    }
    let or = if or_empty { " or empty" } else { "" };
    Err(BoundError { field, bound: range(min.into(), max.into(), " bytes") + or, found: format!("{n} bytes") })
}

fn items(field: &'static str, found: usize, min: u32, max: u32) -> Result<(), BoundError> {
    let n = u64::try_from(found).unwrap_or(u64::MAX);
    if (u64::from(min)..=u64::from(max)).contains(&n) {
        return Ok(());
    }
    Err(BoundError { field, bound: range(min.into(), max.into(), " items"), found: format!("{n} items") })
}

fn total(field: &'static str, found: usize, max: u64) -> Result<(), BoundError> {
    let n = u64::try_from(found).unwrap_or(u64::MAX);
    if n <= max {
        return Ok(());
    }
    Err(BoundError { field, bound: range(0, max, " bytes in all"), found: format!("{n} bytes in all") })
}

fn number(field: &'static str, found: u64, min: u64, max: u64) -> Result<(), BoundError> {
    if (min..=max).contains(&found) {
        return Ok(());
    }
    Err(BoundError { field, bound: range(min, max, ""), found: found.to_string() })
}

/// A message's full name, and what [`Bounded::check`] says of it encoded; none when the bytes are no such message.
pub type Decoder = (&'static str, fn(&[u8]) -> Option<Result<(), BoundError>>);

/// One for each message of the wire and of the contents: generated, so that none is forgotten where all are tried.
pub const DECODERS: &[Decoder] = generated::DECODERS;

#[allow(clippy::all, clippy::restriction, reason = "generated from the .proto files")]
mod generated {
    use super::{BoundError, Bounded, items, length, number, total};
    include!(concat!(env!("OUT_DIR"), "/bounds.rs"));
}
