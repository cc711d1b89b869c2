//! What evidence and the legal clock say, here and in a second verifier.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a panic is how a test says no"
)]

mod approvals;
mod clock;
mod evidence;
mod forged;
mod proof_cli;
mod running;
mod second_verifier;
mod vectors;
