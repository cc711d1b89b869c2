//! Enrolment, sessions, stamps, key packages, the own inbox, pauses.

mod again;
mod another_code;
mod clock;
mod enrol;
mod inbox;
mod leaving;
mod packages;
mod reach;
mod rights;
mod session;
mod stamps;

pub(crate) use another_code::go_on_with;
pub use clock::CLOCKS_DIFFER_MS;
pub(crate) use clock::{look_again, time_of};
pub(crate) use enrol::{bound, made_not_ahead, make_own, whoami};
pub(crate) use inbox::{FEW_TOKENS, add_tokens, mend_inbox, open_inbox, tell_token_changes, withdraw_again};
pub(crate) use leaving::{deleted, set_paused, tell_pause};
pub use packages::RENEW_KEY_PACKAGES_MS;
pub(crate) use packages::{FEW_KEY_PACKAGES, key_packages_are_old, upload_key_packages};
pub use reach::{MAX_LINK_NAME, MAX_LINKS};
pub(crate) use reach::{link_make, link_revoke, set_nobody_new};
pub(crate) use session::{forget_session, session, unless_limited, with_session};
pub(crate) use stamps::{FEW_STAMPS, directory, push_stamp, stamp, take_stamps, with_stamp};
