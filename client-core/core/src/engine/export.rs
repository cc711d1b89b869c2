//! A conversation as evidence: every message with the content that its sender's device signed, that signature, and the relay's
//! receipt of the entry. The two meet in the entry id (DESIGN 9), so that a third party can check who said what, where and when
//! without this program: [`content_statement`](super::content_statement) says what was signed, `lacre_ground::receipt` reads the
//! receipt, and the accounts' states name the keys.
//!
//! The relay is asked for receipts of the present channel and of the one before it; of earlier ones this device no longer has
//! the tokens. What disappeared, was deleted or refused has nothing to show.

use super::history::body_of;
use super::receive::verify;
use super::records::{Known, Proof, Stored};
use super::view::{Body, Conversation, ConversationId, Message};
use super::{Client, Trouble, content_statement};
use crate::network::{Lane, Network, Reason};
use lacre_ground::account::AccountState;
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, EntryId, Handle, Token};
use lacre_ground::note::NoteKey;
use lacre_ground::receipt::{RELAY, Receipt};
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use lacre_proto::relay::v1 as wire;
use prost::Message as _;
use std::collections::{BTreeMap, BTreeSet};

/// Messages that are read in one step.
const PAGE: usize = 500;

/// What [`Client::export`] gives.
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
    /// Ed25519 over [`content_statement`](super::content_statement)
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
        let sender = line.message.sender;
        let account = self.accounts.iter().find(|a| a.account == sender).ok_or(ProofFault::Account)?;
        let key = device_key(account, proof.device).ok_or(ProofFault::Account)?;
        let statement = content_statement(sender, proof.device, &proof.group, proof.channel, proof.entry, &proof.content);
        verify(&key, &statement, &proof.signature).map_err(|_| ProofFault::Signature)?;
        let signed = content::Content::decode(proof.content.as_slice()).map_err(|_| ProofFault::Shown)?;
        let body = match signed.kind {
            Some(content::content::Kind::Edit(edit)) => Some(Body::Text(edit.text)),
            kind => kind.and_then(body_of),
        };
        if body.as_ref() != Some(&line.message.body) {
            return Err(ProofFault::Shown);
        }
        let Some(raw) = &proof.receipt else { return Ok(None) };
        let relay = Authority::parse(&self.relay).map_err(|_| ProofFault::Receipt)?;
        let relay = NoteKey::new(RELAY, relay.identity().as_bytes()).map_err(|_| ProofFault::Receipt)?;
        let receipt = Receipt::verify(raw, &relay).map_err(|_| ProofFault::Receipt)?;
        let same = (receipt.channel, receipt.seq.get(), receipt.entry_id) == (proof.channel, proof.seq, proof.entry);
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

impl Client {
    /// A conversation with its proofs. Without a relay everything but the receipts.
    ///
    /// # Errors
    /// [`Trouble::NoSuchConversation`], [`Trouble::Offline`] when the relay went away between two receipts.
    pub fn export(&mut self, net: Option<&mut dyn Network>, id: &ConversationId) -> Result<Export, Trouble> {
        self.vanish_due()?;
        let conversation = self.conversation(id)?;
        let (relay, tokens) = self.run(|cx| {
            let conv = cx.conv(&id.0)?;
            let mut tokens: BTreeMap<ChannelId, Token> = BTreeMap::new();
            tokens.insert(conv.channel.id, conv.channel.read.clone());
            if let Some(previous) = &conv.previous {
                tokens.insert(previous.id, previous.read.clone());
            }
            Ok((conv.authority, tokens))
        })?;
        let mut messages = Vec::new();
        let mut from = 0;
        loop {
            let page = self.run(|cx| {
                let rows: Vec<(u64, Stored)> = cx.s.scan(Table::Message, &id.0, from, PAGE)?;
                let members = cx.members(&id.0)?;
                let mut page = Vec::with_capacity(rows.len());
                for (position, stored) in rows {
                    let proof = stored.proof.clone().map(exported);
                    page.push(ExportedMessage { message: cx.message_view(&id.0, &members, position, stored)?, proof });
                }
                Ok(page)
            })?;
            let Some(last) = page.last().and_then(|m| m.message.position) else { break };
            from = last + 1;
            messages.extend(page);
        }
        // another relay than the own one is not asked: its conversations rest, without receipts
        if let Some(net) = net
            && self.run(|cx| cx.is_ours(&relay))?
        {
            let at = self.run(|cx| cx.ours(&relay))?;
            for proof in messages.iter_mut().filter_map(|m| m.proof.as_mut()) {
                let Some(token) = tokens.get(&proof.channel) else { continue };
                let (channel, token) = (proof.channel.as_bytes().to_vec(), token.expose().to_vec());
                // in a log the token is enough
                let ask = wire::StatusRequest { channel, seq: proof.seq, token, entry_id: Vec::new() };
                match net.status(&at, Lane::Conversations, ask) {
                    Ok(answer) => proof.receipt = Some(answer.receipt),
                    // no longer kept: the signature stands without it
                    Err(e) if matches!(e.reason(), Some(Reason::NoEntry | Reason::NotPermitted)) => {}
                    Err(e) => return Err(e.into()),
                }
            }
        }
        let who: BTreeSet<AccountId> = messages.iter().filter(|m| m.proof.is_some()).map(|m| m.message.sender).collect();
        let accounts = self.run(|cx| {
            let own = cx.own()?.account;
            let mut all = Vec::new();
            for account in who {
                let known = if account == own { cx.own_known()? } else { cx.known(account)? };
                all.extend(known.map(|Known { account, handle, states, binding, .. }| ExportedAccount {
                    account,
                    handle,
                    states,
                    binding,
                }));
            }
            Ok(all)
        })?;
        Ok(Export { conversation, relay, accounts, messages })
    }
}

fn exported(proof: Proof) -> ExportedProof {
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
