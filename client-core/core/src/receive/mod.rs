//! What comes: entries, envelopes, invitations; each judged before anything is written.

mod changed;
mod entries;
mod envelopes;
mod joining;
mod opened;
mod places;
mod returning;
mod succession;

pub(crate) use entries::{Judged, Took, meaning, receive};
pub(crate) use envelopes::receive_envelope;
pub use joining::{GIVE_UP_MS, MAX_JOIN_STATE};
pub(crate) use joining::{drop_join, join, join_rests, look_at_invitation, retry_join};
pub(crate) use places::{NoPlace, Read};
