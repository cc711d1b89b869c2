//! Smaller rows: entries kept for a restored relay, invitations that wait, blobs that wait.

use super::own::Key32;
use super::raws::Mark;
use lacre_ground::ids::{AccountId, EntryId, EnvelopeId, Token};
use lacre_ground::time::Millis;
use serde::{Deserialize, Serialize};

/// An entry as the relay stores it, kept for a restored relay.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Raw {
    pub(crate) seq: u64,
    pub(crate) id: EntryId,
    pub(crate) seal: bool,
    #[serde(with = "serde_bytes")]
    pub(crate) ciphertext: Vec<u8>,
}

impl Raw {
    pub(crate) fn mark(&self) -> Mark {
        Mark::of(self.id, self.seal, &self.ciphertext)
    }
}

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
