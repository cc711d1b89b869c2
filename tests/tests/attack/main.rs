//! What strangers, members, admins, relays and thieves try.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a panic is how a test says no"
)]

mod adversary;
mod attacks;
mod cheating_bodies;
mod decoders;
mod emptied;
mod kept;
mod memory;
mod names;
mod one_relay;
mod places;
mod pushed_out;
mod removed;
mod takeover;
mod thief;
mod thief_log;
mod thief_notices;
mod trees;
