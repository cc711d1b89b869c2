//! The real `lacre-relay` as a process, and clients who write to it at the same time and remember everything.

mod clients;
mod command;
mod many;
mod process;

pub use clients::{Client, Memory, read_back};
pub use command::{Said, operate, operate_typing};
pub use many::Relays;
pub use process::{RelayProcess, relay_binary, seed_stamps};
