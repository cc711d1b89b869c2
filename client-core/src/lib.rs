//! The client of Lacre: profile, MLS, conversations, sync. To be embedded.
//!
//! [`Client`] is one device: its methods are steps on an encrypted [`profile`], or loops that alternate steps and calls of
//! a [`network::Network`]. The core has no network and no async; the gRPC `transport` is a feature around it.

pub mod crypt;
mod engine;
mod held;
pub mod network;
pub mod profile;
#[cfg(feature = "transport")]
pub mod transport;

pub use engine::{
    Client, Environment, OwnKey, RoleError, Trouble, content_statement, envelope_statement, limits, own_entry_id, verdict, view,
};
