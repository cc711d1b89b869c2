//! The designation: a person's signed word that official notices reach her at this account. An account alone is no legal address.

use super::fields;
use lacre_ground::account::{AccountState, Device};
use lacre_ground::ids::AccountId;
use lacre_ground::note::{Lines, NoteError, NoteKey};
use lacre_ground::signed::{NoteText, Signed};
use lacre_ground::time::Millis;

/// Longest statement, bytes.
pub const MAX_STATEMENT: usize = 1000;

/// The designation. Whether it still holds is the registrar's word: an answer names it, or says "no account".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Designation {
    /// the account that becomes her address for official notices
    pub account: AccountId,
    /// when, by the device's clock
    pub made_at: Millis,
    /// the very words that she was shown
    pub statement: String,
}

impl NoteText for Designation {
    type Error = NoteError;
    const KIND: &'static str = "lacre designation v1";

    fn lines(&self) -> String {
        format!("account {}\nmade {}\nstatement {}\n", self.account, self.made_at, self.statement)
    }
    fn read(lines: &mut Lines<'_>) -> Result<Self, NoteError> {
        Ok(Self {
            account: lines.parsed("account", |v| AccountId::from_hex(v).ok())?,
            made_at: lines.parsed("made", |v| Millis::parse(v).ok())?,
            statement: lines.parsed("statement", |v| fields::plain(v, MAX_STATEMENT))?,
        })
    }
}

impl Designation {
    /// Verifies and reads it; `states` are those of the account: it may be older than the newest.
    pub fn verify<'a>(raw: &str, states: impl Iterator<Item = &'a AccountState>) -> Result<Signed<Self>, NoteError> {
        let mut keys: Vec<NoteKey> = Vec::new();
        for key in states.flat_map(|state| state.devices.iter()).map(Device::note_key) {
            let key = key?;
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Signed::verify(raw, &keys)
    }
}
