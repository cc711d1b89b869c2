//! The client of Lacre: MLS, conversations, sync. To be embedded.
//!
//! [`Client`] is one device: its methods are steps on an encrypted profile (`lacre-profile`), or loops that alternate steps
//! and calls of a [`network::Network`]. The core has no network and no async; `lacre-transport` is the gRPC around it.
//!
//! # To embed it
//!
//! 1. Make a profile ([`Client::create`]) or open it ([`Client::open`]), with [`Environment::system`] and a passphrase or key.
//! 2. Make a network (`lacre_transport::GrpcNetwork`) and redeem the invitation once ([`Client::enroll`]).
//! 3. In a loop: [`Client::watch`] sends what waits and takes what came; [`Client::events`] says what happened, again and
//!    again until [`Client::ack_events`]. What happened is read with [`Client::history`], [`Client::contacts`] …
//! 4. Calls that send ([`Client::send_text`], [`Client::contact_accept`] …) only store what is to be sent, in one
//!    transaction: they work offline, and the next `watch` or [`Client::sync`] delivers it, also after a crash.
//!
//! `client-core/transport/examples/echo.rs` is all of this as a program to copy. Ids, handles and invitations are types of
//! `lacre-ground`. [`Trouble`] says for each error what to do next; [`Trouble::Offline`] is none. For tests of an
//! application, `lacre_relay::serve::Relay::start` runs a relay in the same process.

pub mod crypt;
mod engine;
#[cfg(feature = "laboratory")]
mod laboratory;
pub mod network;

pub use engine::{
    Client, Environment, Export, ExportedAccount, ExportedMessage, ExportedProof, Found, OwnKey, ProofFault, Query, RoleError,
    Trouble, content_statement, envelope_statement, limits, own_entry_id, verdict, view,
};
