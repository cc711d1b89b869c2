//! Forms of single fields that several notes share.

use crate::clock::{Comuna, Place, Zone};
use data_encoding::HEXLOWER;

/// 32 bytes in lower-case hexadecimal.
pub(super) fn hex32(text: &str) -> Option<[u8; 32]> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// 32 bytes, or `none`.
pub(super) fn hex32_or_none(text: &str) -> Option<Option<[u8; 32]>> {
    if text == "none" { Some(None) } else { hex32(text).map(Some) }
}

/// As [`hex32_or_none`] reads it.
pub(super) fn or_none(bytes: Option<&[u8; 32]>) -> String {
    bytes.map_or("none".to_owned(), |b| HEXLOWER.encode(b))
}

/// A decimal number without leading zeros.
pub(super) fn number(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|n| n.to_string() == text)
}

/// Free text on one line: up to so many bytes, no space at its ends. (A note has no control characters.)
pub(super) fn plain(text: &str, max: usize) -> Option<String> {
    (!text.is_empty() && text.len() <= max && text.trim() == text).then(|| text.to_owned())
}

/// A zone, and a comuna or `none`.
pub(super) fn place(text: &str) -> Option<Place> {
    let (zone, comuna) = text.split_once(' ')?;
    let comuna = if comuna == "none" { None } else { Some(Comuna::parse(comuna).ok()?) };
    Some(Place { zone: Zone::parse(zone).ok()?, comuna })
}

/// As [`place`] reads it.
pub(super) fn place_text(place: Place) -> String {
    format!("{} {}", place.zone, place.comuna.map_or("none".to_owned(), |c| c.to_string()))
}
