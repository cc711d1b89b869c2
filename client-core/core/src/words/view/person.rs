//! People: contacts, what was compared with them, and oneself.

use super::id::ConversationId;
use lacre_ground::address::{Authority, ContactLink};
use lacre_ground::ids::{AccountId, DeviceId, Handle};
use lacre_ground::safety::SafetyNumber;
use lacre_ground::time::Millis;
use serde::{Deserialize, Serialize};

/// What a person has chosen for this profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// accepted contacts are told what has come to this device
    pub delivery_receipts: bool,
    /// accepted contacts are told what was read
    pub read_receipts: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { delivery_receipts: true, read_receipts: false }
    }
}

/// How far a contact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactState {
    /// we asked
    Asked,
    /// they ask: accept or decline
    Asking,
    /// both agreed
    Accepted,
    /// we declined
    Declined,
    /// our request was not taken: nobody new may ask, or the link was revoked
    NotTaken,
}

/// A contact or a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// the account
    pub account: AccountId,
    /// its verified name
    pub handle: Handle,
    /// how far
    pub state: ContactState,
    /// the text of their request, exactly as written
    pub text: String,
    /// when the request was made or came
    pub since: Millis,
    /// the conversation of two, once there is one
    pub conversation: Option<ConversationId>,
    /// whether the two people have compared their keys
    pub trust: Trust,
    /// since when this person keeps them away
    pub blocked: Option<Millis>,
    /// the counter put another account in the place of this one: accept it before writing again
    pub new_account: Option<NewAccount>,
    /// what the person calls them: beside the verified name, never in its place
    pub nickname: Option<String>,
}

/// An account that stands in the place of a contact's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// which
    pub account: AccountId,
    /// since when, by the registrar's word
    pub at: Millis,
}

/// A link by which somebody may ask, also while nobody new may.
#[derive(Clone)]
pub struct Link {
    /// what it is revoked by
    pub number: u64,
    /// what its maker calls it
    pub name: String,
    /// when
    pub made_at: Millis,
    /// to hand out
    pub link: ContactLink,
}

/// How far this device's clock is from the relay's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockDiffers {
    /// it is ahead; otherwise behind
    pub ahead: bool,
    /// by so many milliseconds
    pub by_ms: u64,
}

/// Whether the keys of a contact are those that the two people compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// never compared: the registrar's word is all there is
    NotCompared,
    /// these keys were compared
    Compared {
        /// when
        at: Millis,
    },
    /// a device came or went on either side since they were compared: compare again
    Changed {
        /// when the others were compared
        at: Millis,
    },
}

/// What two people compare, as this profile sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Safety {
    /// with whom
    pub contact: Contact,
    /// of both accounts, with the keys that this profile knows
    pub number: SafetyNumber,
    /// the last one that was on a screen here ([`Client::safety_shown`](crate::Client::safety_shown))
    pub shown: Option<SafetyNumber>,
}

/// Who this profile is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhoAmI {
    /// the public name
    pub handle: Handle,
    /// the account
    pub account: AccountId,
    /// this installation
    pub device: DeviceId,
    /// the relay that the account lives on
    pub relay: Authority,
    /// enrolment is complete
    pub enrolled: bool,
}
