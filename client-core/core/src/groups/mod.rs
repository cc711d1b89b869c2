//! What a person does with a group.

mod leaving;
mod membership;

pub(crate) use leaving::leave_all;
pub use membership::MAX_ADMINS;
pub use membership::{MAX_DESCRIPTION, MAX_GROUP_NAME};
pub(crate) use membership::{add, admins, change, create, leave_conversation, remove};
