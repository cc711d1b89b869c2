//! A conversation as evidence: every message with the content that its sender's device signed, that signature, and the relay's
//! receipt of the entry. The two meet in the entry id (PROTOCOL.md, 17), so that a third party can check who said what, where and when
//! without this program: [`content_statement`](crate::content_statement) says what was signed, `lacre_ground::receipt` reads the
//! receipt, and the accounts' states name the keys.
//!
//! The relay is asked for receipts of the present channel and of those before it that are kept for a restored relay
//! ([`KEEP_RAW_MS`](crate::limits::KEEP_RAW_MS)); of earlier ones this device no longer has the tokens. What disappeared, was deleted or refused has nothing to show.

use crate::history::Proof;
use crate::words::{Body, Conversation, Message};
use crate::{history, words};
use lacre_ground::account::{AccountState, REGISTRAR, VerifiedAccount};
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, EntryId, Handle};
use lacre_ground::note::NoteKey;
use lacre_ground::receipt::{RELAY, Receipt};
use lacre_ground::time::Millis;
use lacre_proto::content::v1 as content;
use prost::Message as _;

/// What [`Client::export`](crate::Client::export) gives.
#[derive(Clone, Debug)]
pub struct Export {
    /// as it stands now
    pub conversation: Conversation,
    /// the relay that its channels live on, with the key that signs receipts
    pub relay: String,
    /// who has written, with what proves whose keys are whose
    pub accounts: Vec<ExportedAccount>,
    /// the history, in its order
    pub messages: Vec<ExportedMessage>,
}

/// An account with its signed states, as the directory had them.
#[derive(Clone, Debug)]
pub struct ExportedAccount {
    /// its id
    pub account: AccountId,
    /// its name
    pub handle: Handle,
    /// the chain of signed states, from the first on
    pub states: Vec<String>,
    /// the registrar's note that binds the name
    pub binding: String,
}

/// A message and what proves it.
#[derive(Clone, Debug)]
pub struct ExportedMessage {
    /// as people see it
    pub message: Message,
    /// none for lines that no member wrote
    pub proof: Option<ExportedProof>,
}

/// What a sender's device signed, and where the relay stored it.
#[derive(Clone, Debug)]
pub struct ExportedProof {
    /// MLS group in which it was said
    pub group: Vec<u8>,
    /// the device
    pub device: DeviceId,
    /// the channel
    pub channel: ChannelId,
    /// the entry
    pub entry: EntryId,
    /// its place
    pub seq: u64,
    /// the encoded content
    pub content: Vec<u8>,
    /// Ed25519 over [`content_statement`](crate::content_statement)
    pub signature: Vec<u8>,
    /// the relay's signed note of the entry, where it could still be had
    pub receipt: Option<String>,
}

/// Why a message of an export proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// no member wrote it, or nothing of it is kept
    #[error("it bears no signature")]
    Missing,
    /// the chain of its writer's states is not there, or is broken
    #[error("its writer's states do not name the device")]
    Account,
    /// the device did not sign this
    #[error("the signature is wrong")]
    Signature,
    /// what is shown is not what was signed
    #[error("what is shown is not what was signed")]
    Shown,
    /// the relay's note is of another entry, or is not its
    #[error("the receipt is not the relay's for this entry")]
    Receipt,
}

impl Export {
    /// Checks a message as a third party does, from the export alone; gives when the relay had stored it, if there is a
    /// receipt. Whose account it is says the registrar's binding; whether the relay is the right one, its address.
    pub fn check(&self, line: &ExportedMessage) -> Result<Option<Millis>, ProofFault> {
        let proof = line.proof.as_ref().ok_or(ProofFault::Missing)?;
        proof.check(&self.relay, &self.accounts, line.message.sender, &line.message.body)
    }
}

impl ExportedAccount {
    /// Whether the registrar of the relay at this address has bound the name to the account, and its states follow each other.
    pub fn check(&self, relay: &str) -> Result<(), ProofFault> {
        let relay = Authority::parse(relay).map_err(|_| ProofFault::Account)?;
        let registrar = NoteKey::new(REGISTRAR, relay.identity().as_bytes()).map_err(|_| ProofFault::Account)?;
        let verified = VerifiedAccount::verify(&self.states, &self.binding, &registrar).map_err(|_| ProofFault::Account)?;
        if (verified.id, &verified.handle) == (self.account, &self.handle) { Ok(()) } else { Err(ProofFault::Account) }
    }
}

impl ExportedProof {
    /// Checks that a device of the sender signed what is shown, and that the receipt is the relay's; gives when the relay had
    /// stored it. By itself it believes the states: see [`ExportedAccount::check`].
    pub fn check(
        &self,
        relay: &str,
        accounts: &[ExportedAccount],
        sender: AccountId,
        shown: &Body,
    ) -> Result<Option<Millis>, ProofFault> {
        let account = accounts.iter().find(|a| a.account == sender).ok_or(ProofFault::Account)?;
        let key = device_key(account, self.device).ok_or(ProofFault::Account)?;
        let statement = words::content_statement(sender, self.device, &self.group, self.channel, self.entry, &self.content);
        words::verify(&key, &statement, &self.signature).map_err(|_| ProofFault::Signature)?;
        let signed = content::Content::decode(self.content.as_slice()).map_err(|_| ProofFault::Shown)?;
        let body = match signed.kind {
            Some(content::content::Kind::Edit(edit)) => Some(Body::Text(edit.text)),
            kind => kind.and_then(history::body_of),
        };
        if body.as_ref() != Some(shown) {
            return Err(ProofFault::Shown);
        }
        let Some(raw) = &self.receipt else { return Ok(None) };
        let relay = Authority::parse(relay).map_err(|_| ProofFault::Receipt)?;
        let relay = NoteKey::new(RELAY, relay.identity().as_bytes()).map_err(|_| ProofFault::Receipt)?;
        let receipt = Receipt::verify(raw, &relay).map_err(|_| ProofFault::Receipt)?;
        let same = (receipt.channel, receipt.seq.get(), receipt.entry_id) == (self.channel, self.seq, self.entry);
        if same { Ok(Some(receipt.accepted_at)) } else { Err(ProofFault::Receipt) }
    }
}

/// The key of a device, from a chain of states whose first one the account is the hash of.
fn device_key(account: &ExportedAccount, device: DeviceId) -> Option<[u8; 32]> {
    let (first, rest) = account.states.split_first()?;
    let (id, first) = AccountState::first(first).ok()?;
    let newest = rest.iter().try_fold(first, |state, raw| state.follow(raw).ok())?;
    (id == account.account).then(|| newest.device(device).map(|d| d.signature_key)).flatten()
}

pub(crate) fn exported(proof: Proof) -> ExportedProof {
    ExportedProof {
        group: proof.group.into_vec(),
        device: proof.device,
        channel: proof.channel,
        entry: proof.entry,
        seq: proof.seq,
        content: proof.content,
        signature: proof.signature,
        receipt: None,
    }
}
