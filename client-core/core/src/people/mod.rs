//! Contacts: asking, accepting, keeping away, comparing, new accounts.

mod block;
mod contacts;
mod reset;
mod safety;

pub(crate) use block::{block, find_person, shared_groups, unblock};
pub use contacts::MAX_REQUEST;
pub(crate) use contacts::{accept, add, add_by_link, ask_again, decline, release_held, send_to, welcome_back};
pub(crate) use reset::accept_reset;
pub(crate) use safety::{safety, safety_confirm, safety_shown};
