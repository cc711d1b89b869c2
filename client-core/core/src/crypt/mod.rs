//! What leaves the device: padding, the encryption of entries and that of files.
//!
//! PROTOCOL.md describes all three; `tests/vectors/crypt.json` has vectors.

pub mod blob;
pub mod entry;
pub mod padding;

#[cfg(test)]
mod vectors;

pub use blob::{BlobError, BlobKey, BlobOpener, BlobSealer, sealed_size};
pub use entry::{ChannelKeys, EntryError, open_entry, seal_entry};
pub use padding::{Unpad, pad, padme, unpad};
