//! A conversation as evidence: every message with the content that its sender's device signed, that signature, and the relay's
//! receipt of the entry. The two meet in the entry id (PROTOCOL.md, 17), so that a third party can check who said what, where and when
//! without this program: [`content_statement`](crate::content_statement) says what was signed, `lacre_ground::receipt` reads the
//! receipt, and the accounts' states name the keys.
//!
//! The relay is asked for receipts of the present channel and of those before it that are kept for a restored relay
//! ([`KEEP_RAW_MS`](crate::limits::KEEP_RAW_MS)); of earlier ones this device no longer has the tokens. What disappeared, was deleted or refused has nothing to show.
//!
//! | shown of a message | proved by |
//! |---|---|
//! | writer, id, text or file, what it answers, when by the writer's clock, for how long | the signature over the content |
//! | when the relay had stored it | the receipt; without one an export does not say |
//! | of an edited message: writer, id, the newest text; when it was edited, with a receipt | the edit's signature and receipt |
//! | of an edited message: when it was first written, what it answers | nothing: what stood there first is not kept |
//! | in which conversation | the signed group; in a successor nothing says that it is the same conversation |
//! | reactions, and others' word that it has come | nothing: an export does not say |

use crate::history::Proof;
use crate::words::{Body, Conversation, Message};
use crate::{history, words};
use content::content::Kind;
use lacre_ground::account::{AccountState, REGISTRAR, VerifiedAccount};
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, ChannelId, ContentId, DeviceId, EntryId, Handle};
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
    /// as people see it, but for what nothing proves (see above); its id, and that of what it answers, as their writers named them
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

/// What is shown of a message, to be held against its proof.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// MLS group with which its conversation began: the conversation's id
    pub conversation: &'a [u8],
    /// whether an earlier line says that the conversation went on in another group
    pub succeeded: bool,
    /// who wrote it
    pub sender: AccountId,
    /// the content's id
    pub id: ContentId,
    /// what it says
    pub body: &'a Body,
    /// the content that it answers
    pub reply_to: Option<ContentId>,
    /// by its writer's clock
    pub sent_at: Millis,
    /// by the relay's clock
    pub accepted_at: Option<Millis>,
    /// when it was first sent, if it was sent again
    pub again: Option<Millis>,
    /// when its text was replaced, by the relay's clock
    pub edited_at: Option<Millis>,
    /// seconds that it stays; 0 for ever
    pub stays_s: u32,
}

/// What a proof comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// when the relay had stored it (of an edited message the edit), if there is a receipt
    pub stored_at: Option<Millis>,
    /// what is shown and nothing proves
    pub lack: Option<ProofLack>,
}

/// What of a message is shown and not proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofLack {
    /// it was edited: when it was first written, and what it answers
    First,
    /// there is no receipt: when the relay had stored it
    Time,
    /// it was said in another group: that this is the same conversation
    Group,
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
    /// a time that is shown is not the one that was signed, by the writer or by the relay
    #[error("a time that is shown is not the one that was signed")]
    Time,
    /// it was said in another conversation, stands there twice, or not in its order
    #[error("it does not stand where it was said")]
    Place,
    /// the relay's note is of another entry, or is not its
    #[error("the receipt is not the relay's for this entry")]
    Receipt,
}

impl Export {
    /// Checks a message as a third party does, from the export alone. Whose account it is says the registrar's binding; whether
    /// the relay is the right one, its address.
    pub fn check(&self, line: &ExportedMessage) -> Result<Proven, ProofFault> {
        let proof = line.proof.as_ref().ok_or(ProofFault::Missing)?;
        let message = &line.message;
        let earlier = self.messages.iter().take_while(|m| m.message.position < message.position);
        let shown = Shown {
            conversation: self.conversation.id.as_bytes(),
            succeeded: earlier.into_iter().any(|m| matches!(m.message.body, Body::Succeeded { .. })),
            sender: message.sender,
            id: message.id,
            body: &message.body,
            reply_to: message.reply_to.as_ref().map(|quoted| quoted.id),
            sent_at: message.sent_at,
            accepted_at: message.accepted_at,
            again: message.again,
            edited_at: message.edited_at,
            stays_s: message.stays.map_or(0, |stays| stays.seconds),
        };
        proof.check(&self.relay, &self.accounts, &shown)
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
    /// Checks that a device of the sender signed what is shown, and that the receipt is the relay's. By itself it believes the
    /// states: see [`ExportedAccount::check`].
    pub fn check(&self, relay: &str, accounts: &[ExportedAccount], shown: &Shown<'_>) -> Result<Proven, ProofFault> {
        let sender = shown.sender;
        let account = accounts.iter().find(|a| a.account == sender).ok_or(ProofFault::Account)?;
        let key = device_key(account, self.device).ok_or(ProofFault::Account)?;
        let statement = words::content_statement(sender, self.device, &self.group, self.channel, self.entry, &self.content);
        words::verify(&key, &statement, &self.signature).map_err(|_| ProofFault::Signature)?;
        let signed = content::Content::decode(self.content.as_slice()).map_err(|_| ProofFault::Shown)?;
        let stored_at = self.stored_at(relay)?;
        let elsewhere = self.group != shown.conversation;
        if elsewhere && !shown.succeeded {
            return Err(ProofFault::Place);
        }
        let lack = match &signed.kind {
            Some(Kind::Edit(edit)) => edited(edit, shown, stored_at)?,
            _ => unchanged(signed, shown, stored_at)?,
        };
        Ok(Proven { stored_at, lack: lack.or(elsewhere.then_some(ProofLack::Group)) })
    }

    /// When the relay at this address says that it had stored the entry; none without its receipt.
    pub(crate) fn stored_at(&self, relay: &str) -> Result<Option<Millis>, ProofFault> {
        let Some(raw) = &self.receipt else { return Ok(None) };
        let relay = Authority::parse(relay).map_err(|_| ProofFault::Receipt)?;
        let relay = NoteKey::new(RELAY, relay.identity().as_bytes()).map_err(|_| ProofFault::Receipt)?;
        let receipt = Receipt::verify(raw, &relay).map_err(|_| ProofFault::Receipt)?;
        let same = (receipt.channel, receipt.seq.get(), receipt.entry_id) == (self.channel, self.seq, self.entry);
        if same { Ok(Some(receipt.accepted_at)) } else { Err(ProofFault::Receipt) }
    }
}

/// A message as it was first said: all of it was signed.
fn unchanged(signed: content::Content, shown: &Shown<'_>, stored_at: Option<Millis>) -> Result<Option<ProofLack>, ProofFault> {
    let kind = signed.kind.ok_or(ProofFault::Shown)?;
    let answers = history::answered(&kind).map(|target| target.id);
    let same = signed.id == shown.id.as_bytes()
        && answers == shown.reply_to
        && signed.stays_s == shown.stays_s
        && history::body_of(kind).as_ref() == Some(shown.body);
    if !same {
        return Err(ProofFault::Shown);
    }
    let again = Some(signed.again_ms).filter(|at| *at > 0).map(Millis::new);
    if Millis::new(signed.sent_at_ms) != shown.sent_at || again != shown.again || shown.edited_at.is_some() {
        return Err(ProofFault::Time);
    }
    match (shown.accepted_at, stored_at) {
        (Some(shown), Some(stored)) if shown != stored => Err(ProofFault::Time),
        (Some(_), None) => Ok(Some(ProofLack::Time)),
        (_, _) => Ok(None),
    }
}

/// A message with another text than its first: the edit names it and was signed, what stood there before is not kept.
fn edited(edit: &content::Edit, shown: &Shown<'_>, stored_at: Option<Millis>) -> Result<Option<ProofLack>, ProofFault> {
    if edit.target != shown.id.as_bytes() || !matches!(shown.body, Body::Text(text) if *text == edit.text) {
        return Err(ProofFault::Shown);
    }
    match (shown.edited_at, stored_at) {
        (None, _) => Err(ProofFault::Time),
        (Some(shown), Some(stored)) if shown != stored => Err(ProofFault::Time),
        (Some(_), _) => Ok(Some(ProofLack::First)),
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
