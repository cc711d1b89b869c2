//! What is kept when programs are killed, disks forget, lines break and two programs share a profile.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a panic is how a test says no"
)]

mod bad_weather;
mod batches;
mod bricked;
mod client_crashes;
mod damaged;
mod power_cut;
mod races;
mod relay_power_cut;
mod restored;
mod restored_notices;
mod restored_worlds;
mod rests;
mod sigkill;
mod two_programs;
mod went_back;
