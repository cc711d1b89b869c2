//! What a person does with a group.

mod again;
mod leaving;
mod membership;
mod names;

pub(crate) use again::again;
pub(crate) use leaving::leave_all;
pub use membership::MAX_ADMINS;
pub use membership::MAX_DESCRIPTION;
pub(crate) use membership::{add, admins, change, create, leave_conversation, remove};
pub(crate) use names::group_name;
pub use names::{ID_DIGITS, MAX_GROUP_NAME};
