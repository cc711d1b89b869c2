//! What the law says of a notice, and whether it is proved. No profile, no network.

pub(crate) mod calendar;
pub(crate) mod clock;
pub(crate) mod verify;
