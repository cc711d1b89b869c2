//! What rows of contacts and of known accounts hold; they are read and written in `rows.rs`.

use super::records::own::Own;
use crate::words::{ContactState, ConversationId, StepError};
use lacre_ground::account::VerifiedAccount;
use lacre_ground::ids::{AccountId, Handle, Token};
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// A contact.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ContactRow {
    pub(crate) account: AccountId,
    pub(crate) handle: Handle,
    pub(crate) state: ContactState,
    pub(crate) text: String,
    pub(crate) since: Millis,
    pub(crate) conversation: Option<ConversationId>,
    /// our right to write to their inbox, made for us
    pub(crate) their_token: Option<Token>,
    /// the right that we gave them
    pub(crate) own_token: Option<Token>,
    /// what the two people compared
    #[serde(default)]
    pub(crate) compared: Option<Compared>,
    /// the safety number that was shown here last, in words
    #[serde(default)]
    pub(crate) shown: Option<String>,
    /// kept away
    #[serde(default)]
    pub(crate) blocked: Option<Blocked>,
    /// another account has the name now
    #[serde(default)]
    pub(crate) replaced: Option<Replaced>,
    /// groups that this account is to be put into once it has accepted
    #[serde(default)]
    pub(crate) back_into: Vec<ConversationId>,
}

/// That the counter put another account in the place of a contact's.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Replaced {
    pub(crate) by: AccountId,
    pub(crate) at: Millis,
}

/// That a person keeps another away.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Blocked {
    pub(crate) since: Millis,
    /// there was no contact before: there is none afterwards
    pub(crate) stranger: bool,
}

impl ContactRow {
    /// Somebody new.
    pub(crate) fn new(known: &Known, state: ContactState, since: Millis) -> Self {
        Self {
            account: known.account,
            handle: known.handle.clone(),
            state,
            text: String::new(),
            since,
            conversation: None,
            their_token: None,
            own_token: None,
            compared: None,
            shown: None,
            blocked: None,
            replaced: None,
            back_into: Vec::new(),
        }
    }
}

/// The signature keys of both accounts' devices when their safety number was compared.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Compared {
    pub(crate) at: Millis,
    pub(crate) ours: Vec<ByteBuf>,
    pub(crate) theirs: Vec<ByteBuf>,
}

/// An account whose directory entry was verified: only of a [`VerifiedAccount`] is there such a row.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) account: AccountId,
    pub(crate) handle: Handle,
    /// identity of the relay whose registrar bound it
    pub(crate) authority: String,
    pub(crate) states: Vec<String>,
    pub(crate) binding: String,
    /// the registrar's note that the account stands in the place of another; empty for none
    #[serde(default)]
    pub(crate) reset: String,
    /// no part of the row: it keeps others from making one out of parts
    #[serde(skip)]
    _made_here: (),
}

impl Known {
    /// An account that was verified now, with the texts that it was verified from.
    pub(crate) fn new(account: &VerifiedAccount, authority: String, entry: &wire::DirectoryEntry) -> Self {
        let wire::DirectoryEntry { states, binding, reset } = entry.clone();
        Self { account: account.id, handle: account.handle.clone(), authority, states, binding, reset, _made_here: () }
    }
    /// The own account; none before the registrar has bound it, which is when it was verified.
    pub(super) fn own(own: &Own) -> Option<Self> {
        Some(Self {
            account: own.account,
            handle: own.handle.clone(),
            authority: own.authority.clone(),
            states: own.states.clone(),
            binding: own.binding.clone()?,
            reset: own.reset.clone(),
            _made_here: (),
        })
    }
    /// The account as it was verified before the row was stored. The row keeps the signed texts, for they are what travels;
    /// its newest state is read when somebody asks, for a name on the screen needs no keys.
    pub(crate) fn verified(&self) -> Result<VerifiedAccount, StepError> {
        let newest = self.states.last().ok_or_else(|| StepError::Skip("no state".into()))?;
        VerifiedAccount::stored(self.account, self.handle.clone(), newest).map_err(|e| StepError::Skip(e.to_string()))
    }
    /// As it travels.
    pub(crate) fn entry(&self) -> wire::DirectoryEntry {
        wire::DirectoryEntry { states: self.states.clone(), binding: self.binding.clone(), reset: self.reset.clone() }
    }
}
