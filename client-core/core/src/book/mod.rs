//! Who is known: names, keys, trust, who is kept away, who has a new account.

mod block;
mod entries;
mod lost;
mod people;
mod reset;
mod trust;

pub(crate) use block::{block_too, drop_held, end_two, is_blocked, is_heard, twos};
pub(crate) use entries::{device_key, verify_entry};
pub(crate) use lost::{end, ends_if_headless, takes_over};
pub use people::MAX_CHAIN;
pub(crate) use people::{learn_account, name_in, name_of, name_of_new};
pub(crate) use reset::{follow_resets, no_reset_waits, rest_replaced, take_notes, tell_resets, touched};
pub(crate) use trust::{both_keys, safety_number, trust};
