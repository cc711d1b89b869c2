//! The client of Lacre: profile, MLS, conversations, sync. To be embedded.

pub mod network;
#[cfg(feature = "transport")]
pub mod transport;
