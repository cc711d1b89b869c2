//! From one MLS epoch to the next: own seals, what they change, Welcomes.

mod absent;
mod crossing;
mod next;
mod pace;
mod sealing;
mod welcomes;

pub use absent::MAX_ADDS;
pub use absent::{ADD_FIRST_PAUSE_MS, ADD_GIVE_UP_MS, ADD_LONGEST_PAUSE_MS};
pub(crate) use absent::{Asked, add_later, add_now, enqueue_adds};
pub(crate) use crossing::{
    Change, PlaceTaken, SAID_AGAIN, before, begin, cannot_follow, create_conversation, encrypt_again, enter_epoch,
    rest_elsewhere, stuck, was_removed,
};
pub use crossing::{KEEP_CHANNELS, KEEP_RAW_BYTES, KEEP_RAW_MS};
pub(crate) use next::{Ready, next_ready};
pub use pace::{FIRST_UPDATE_PAUSE_MS, LEAVE_PAUSE_MS, SMALL_GROUP, UPDATE_EVERY_MS};
pub(crate) use pace::{asked_to_leave, pace_first_update, pace_next_update, queue_what_is_due};
pub(crate) use sealing::give_up_seal;
pub(crate) use welcomes::{add_who_was_left, give_token, invite, learn_roster, out_of_reach};
