//! Who is known: names, keys, trust, who is kept away, who has a new account.

mod block;
mod people;
mod reset;
mod trust;

pub(crate) use block::{block_too, drop_held, end_two, is_blocked, is_heard, twos};
pub use people::MAX_CHAIN;
pub(crate) use people::{device_key, learn_account, name_in, name_of, verify_entry};
pub(crate) use reset::rest_replaced;
pub(crate) use reset::{no_reset_waits, tell_resets};
pub(crate) use trust::{both_keys, safety_number, trust};
