//! What the relay promises over its wire and to its operator.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a panic is how a test says no"
)]

mod backups;
mod bad_operation;
mod batches;
mod by_hand;
mod calls;
mod client;
mod fields;
mod finding;
mod generic;
mod history_checker;
mod inboxes;
mod limits;
mod many_relays;
mod metrics;
mod migrations;
mod moved;
mod relays_devices;
mod relays_looked;
mod relays_went_back;
mod retention;
mod running_page;
mod stopping;
mod transport;
