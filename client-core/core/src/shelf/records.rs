//! What rows hold that every step needs, and smaller ones: invitations that wait, blobs that wait. Who reads and writes them stands
//! above the step.

pub(super) mod conversation;
pub(super) mod own;
pub(super) mod reset;

use lacre_ground::ids::{AccountId, EnvelopeId, Token};
use lacre_ground::time::Millis;
use own::Key32;
use serde::{Deserialize, Serialize};

/// An invitation into a conversation whose blob is not here yet.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PendingJoin {
    pub(crate) envelope: EnvelopeId,
    pub(crate) from: AccountId,
    #[serde(with = "serde_bytes")]
    pub(crate) join: Vec<u8>,
    pub(crate) tries: u32,
    /// when it could first not be used
    #[serde(default)]
    pub(crate) since: Option<Millis>,
    /// not tried before this instant
    #[serde(default)]
    pub(crate) not_before: Option<Millis>,
}

/// A file in the outbox, already encrypted.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct LocalBlob {
    pub(crate) read_token: Token,
    pub(crate) key: Key32,
    pub(crate) size: u64,
    #[serde(with = "serde_bytes")]
    pub(crate) sha256: [u8; 32],
    pub(crate) chunks: u64,
}
