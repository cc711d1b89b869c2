//! Who is known: names, keys, trust, who is kept away, who has a new account.

mod block;
mod entries;
mod people;
mod reset;
mod trust;

pub(crate) use block::{block_too, drop_held, end_two, is_blocked, is_heard, twos};
pub(crate) use entries::{device_key, verify_entry};
pub use people::MAX_CHAIN;
pub(crate) use people::{learn_account, name_in, name_of};
pub(crate) use reset::rest_replaced;
pub(crate) use reset::{no_reset_waits, tell_resets};
pub(crate) use trust::{both_keys, safety_number, trust};
