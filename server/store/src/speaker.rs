//! Who speaks: a device that its account's newest state has.

use lacre_ground::ids::{AccountId, DeviceId};

/// Whom a session speaks for. A state that removes the device may be stored while a login of it is under way, and a session
/// may outlive its device for a moment: so each verb of a session looks, in its own transaction, whether the newest state of
/// the account has the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Speaker {
    /// the account
    pub account: AccountId,
    /// its device
    pub device: DeviceId,
}

/// The speaker's account is gone, or its device is not in the newest state: the session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the device is not in the account")]
pub struct NoDevice;
