//! How the house is built: walls, controls, documents, scripts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a panic is how a test says no"
)]

mod circles;
mod claims;
mod commands;
mod controls;
mod documents;
mod places;
mod rooms;
mod script;
mod supply;
mod tables;
mod walls;
