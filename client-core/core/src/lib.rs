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

mod account;
mod book;
pub mod crypt;
mod epoch;
mod face;
mod groups;
mod history;
mod ladder;
mod messages;
mod mls;
pub mod network;
mod notices;
mod people;
mod queue;
mod receive;
mod shelf;
mod sync;
mod views;
mod words;

pub use face::Client;
pub use messages::{
    Export, ExportedAccount, ExportedMessage, ExportedProof, Found, Outgoing, ProofFault, ProofLack, Proven, Query, Shown,
};
pub use mls::fault::RoleError;
pub use mls::signer::OwnKey;
pub use mls::verdict;
pub use shelf::Environment;
pub use words::{
    AccountTrouble, ContactTrouble, FileTrouble, GroupTrouble, MessageTrouble, NameFault, NoticeTrouble, OutboxTrouble, Trouble,
    content_statement, envelope_statement, own_entry_id, view,
};

/// The limits of a client, each with a test on both sides of it.
pub mod limits {
    pub use crate::account::{CLOCKS_DIFFER_MS, RENEW_KEY_PACKAGES_MS};
    pub use crate::account::{MAX_LINK_NAME, MAX_LINKS};
    pub use crate::book::MAX_CHAIN;
    pub use crate::epoch::MAX_ADDS;
    pub use crate::epoch::{ADD_FIRST_PAUSE_MS, ADD_GIVE_UP_MS, ADD_LONGEST_PAUSE_MS};
    pub use crate::epoch::{FIRST_UPDATE_PAUSE_MS, LEAVE_PAUSE_MS, SMALL_GROUP, UPDATE_EVERY_MS};
    pub use crate::epoch::{KEEP_CHANNELS, KEEP_RAW_BYTES, KEEP_RAW_MS};
    pub use crate::face::MAX_NICKNAME;
    pub use crate::groups::{ID_DIGITS, MAX_ADMINS, MAX_DESCRIPTION, MAX_GROUP_NAME};
    pub use crate::ladder::{BUSY_SEALS, MET_KEPT, STREAK_MET, SUCCESSOR_AFTER_MS, SUCCESSOR_PAUSE_MS};
    pub use crate::ladder::{FIRST_PAUSE_MS, LONGEST_PAUSE_MS, MAX_LOST_LEAVES};
    pub use crate::messages::LONGEST_STAY;
    pub use crate::messages::MAX_SIGN;
    pub use crate::messages::RECEIPT_MEMBERS;
    pub use crate::messages::{MAX_FILE, MAX_NAME, RESUMED_FROM};
    pub use crate::messages::{MAX_FOUND, MAX_QUERY};
    pub use crate::mls::parts::{MAX_MESSAGE, MAX_PARTS};
    pub use crate::mls::roles::MAX_MEMBERS;
    pub use crate::notices::{ADDRESS_EVERY_MS, FEW_GRANTS, GRANTS, LAST_RESORT_MS, MAX_REPLY, MAX_STATEMENT, ONCE_MS};
    pub use crate::notices::{LOOK_AGAIN_MS, REMIND_BEFORE};
    pub use crate::people::MAX_REQUEST;
    pub use crate::queue::{COMING_BACK_MS, KEEP_BLOB_BYTES, KEEP_BLOBS, KEEP_SENT, KEEP_SENT_MS};
    pub use crate::queue::{MAX_TEXT, MAX_WAITING};
    pub use crate::receive::{GIVE_UP_MS, MAX_JOIN_STATE};
    pub use crate::shelf::{GIVE_UP_ITEM_MS, KEEP_EVENTS_MS, LONGEST_REST_MS, MAX_RAW_BYTES, MAX_READERS};
    pub use crate::sync::RESETS_EVERY_MS;
}
