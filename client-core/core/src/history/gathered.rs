//! What the search keeps of the history: rows of texts, encrypted, and nothing in the clear.

use super::row::Stored;
use crate::shelf::Cx;
use crate::words::{Body, ConversationId, StepError};
use lacre_ground::ids::AccountId;
use lacre_ground::time::Millis;
use lacre_profile::Table;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::canonical_combining_class;

/// Places of a conversation whose texts stand in one row.
pub(crate) const TOGETHER: u64 = 256;

/// The part of a [`Stored`] that is searched.
#[derive(Deserialize)]
#[serde(from = "Stored")]
pub(crate) struct Searched {
    pub(crate) sender: AccountId,
    pub(crate) accepted_at: Millis,
    pub(crate) body: Body,
}

impl From<Stored> for Searched {
    fn from(Stored { sender, accepted_at, body, .. }: Stored) -> Self {
        Self { sender, accepted_at, body }
    }
}

/// One message as it is gathered.
#[derive(Serialize, Deserialize)]
pub(crate) struct Text {
    pub(crate) position: u64,
    pub(crate) sender: AccountId,
    pub(crate) accepted_at: Millis,
    /// folded
    pub(crate) text: String,
}

/// What stands together, of [`TOGETHER`] places or as many as there were.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Gathered {
    /// the last place that was looked at
    pub(crate) through: u64,
    pub(crate) texts: Vec<Text>,
}

impl Text {
    pub(crate) fn of(position: u64, row: Searched) -> Option<Self> {
        let text = match &row.body {
            Body::Text(text) | Body::File { name: text, .. } => fold(text),
            _ => return None,
        };
        Some(Self { position, sender: row.sender, accepted_at: row.accepted_at, text })
    }
}

/// Which row the texts of this place are gathered in. Places begin with 1.
pub(crate) const fn row_of(position: u64) -> u64 {
    position.saturating_sub(1) / TOGETHER
}

/// A message in this place changed or is gone.
pub(crate) fn no_longer_gathered(cx: &Cx<'_, '_>, conversation: &ConversationId, position: u64) -> Result<(), StepError> {
    cx.s.delete(Table::Gathered, &gathered_key(conversation, row_of(position)))?;
    Ok(())
}

pub(crate) fn gathered_key(conversation: &ConversationId, row: u64) -> Vec<u8> {
    [conversation.as_bytes(), &row.to_be_bytes()].concat()
}

/// Small letters without their marks; ñ keeps its tilde.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd().flat_map(char::to_lowercase).nfd() {
        match c {
            '\u{303}' if out.ends_with('n') => {
                out.pop();
                out.push('ñ');
            }
            c if canonical_combining_class(c) != 0 => {}
            c => out.push(c),
        }
    }
    out
}
