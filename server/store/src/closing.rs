//! What closes with an account: see [`super::notices`], "Closing".

use super::speaker::NoDevice;
use lacre_ground::ids::ChannelId;

/// What closes with an account: the casillas that its grants named, as they were when grants had been put so often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closing {
    /// how often grants had been put
    pub version: u64,
    /// the casillas
    pub casillas: Vec<ChannelId>,
}

/// Grants were put since: look again, and ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("grants were put since")]
pub struct Stale;

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloseRefused {
    /// The session is over.
    #[error(transparent)]
    NoDevice(#[from] NoDevice),
    /// What was to be closed is more by now.
    #[error(transparent)]
    Stale(#[from] Stale),
}
