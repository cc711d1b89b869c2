//! What a conversation is called.

use serde::{Deserialize, Serialize};

/// A conversation's id on this profile: that of the MLS group with which it began. Another may stand behind it by now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConversationId(#[serde(with = "serde_bytes")] Vec<u8>);

impl ConversationId {
    /// Of a stored id.
    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Its bytes, as rows are keyed.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The id in hexadecimal; any unique prefix of at least four characters names the conversation.
    #[must_use]
    pub fn to_hex(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }
}
