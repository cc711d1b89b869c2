//! The recovery ladder: re-adds, restored relays, successors. Each rung is climbed on what this device met itself.

mod readd;
mod restored;
mod successor;

pub use readd::{FIRST_PAUSE_MS, LONGEST_PAUSE_MS, MAX_LOST_LEAVES};
pub(crate) use readd::{ask_re_add, drop_earlier_request, part_from_copy};
pub(crate) use restored::{own_relay_restored, saw_generation};
pub use successor::{BUSY_SEALS, SUCCESSOR_AFTER_MS, SUCCESSOR_PAUSE_MS};
pub use successor::{MET_KEPT, STREAK_MET};
pub(crate) use successor::{asking, count_lost_race, enough, note_asker, succeed_if_crowded_out, tell_succession};
