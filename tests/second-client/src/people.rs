//! Inboxes, envelopes and contacts: sections 13, 14 and 18 of PROTOCOL.md.

use crate::account::{self, Account, Own};
use crate::content::v1::envelope_body::Kind;
use crate::content::v1::{self as content, ConversationKind, EnvelopeBody};
use crate::conversation::Conversation;
use crate::mls::{self, Mls};
use crate::net::Net;
use crate::relay::v1 as pb;
use crate::wire::{self, Key, random, sha256, token_hash};
use crate::{Fail, now};
use ed25519_dalek::Signer as _;
use mls_rs::MlsMessage;
use mls_rs::group::ExportedTree;
use prost::Message as _;
use std::collections::{BTreeMap, HashMap, HashSet};

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum State {
    Asked,
    Asking,
    Accepted,
}

pub struct Contact {
    pub state: State,
    pub account: Key,
    token: Option<Key>,
}

/// A person with a device.
pub struct Me {
    pub net: Net,
    pub own: Own,
    pub mls: Mls,
    /// makes the ids of own entries
    pub secret: Key,
    pub contacts: BTreeMap<Key, Contact>,
    pub accounts: HashMap<Key, Account>,
    pub conversations: BTreeMap<Vec<u8>, Conversation>,
    pub resets: crate::resets::Resets,
    pub notices: crate::notices::Notices,
    /// what was dropped or could not be read, and why
    pub skipped: Vec<String>,
    seen: HashSet<Vec<u8>>,
    inbox_to: u64,
}

impl Me {
    pub fn enroll(invitation: &str, handle: &str) -> Result<Self, Fail> {
        let (relay, code) = wire::invitation(invitation)?;
        let mut net = Net::new(&relay)?;
        let own = Own::enroll(&mut net, relay, code, handle)?;
        let mls = mls::client(&own.account.id, &own.device, &own.sign);
        let accounts = HashMap::from([(own.account.id, own.account.clone())]);
        let mut me = Self {
            net,
            own,
            mls,
            secret: random(),
            contacts: BTreeMap::new(),
            accounts,
            conversations: BTreeMap::new(),
            resets: crate::resets::Resets::default(),
            notices: crate::notices::Notices::default(),
            skipped: Vec::new(),
            seen: HashSet::new(),
            inbox_to: 0,
        };
        me.put_packages(20)?;
        Ok(me)
    }

    fn put_packages(&mut self, count: usize) -> Result<(), Fail> {
        let package = |last_resort| {
            let key_package = mls::key_package(&self.mls, last_resort)?;
            let expires_at_ms = now() + 90 * 24 * 60 * 60 * 1000;
            Ok::<_, Fail>(pb::KeyPackage { suite: u16::from(mls::SUITE).into(), key_package, expires_at_ms })
        };
        let one_time = (0..count).map(|_| package(false)).collect::<Result<_, _>>()?;
        let last_resort = vec![package(true)?];
        let session = self.own.session(&mut self.net)?;
        self.net.put_packages(pb::PutKeyPackagesRequest { session, one_time, last_resort, replace_all: false })?;
        Ok(())
    }

    // ---- contacts ----

    pub fn ask(&mut self, handle: &str, text: &str) -> Result<(), Fail> {
        let account = self.own.lookup(&mut self.net, handle)?;
        let token = self.own.right(&mut self.net)?;
        let request = content::ContactRequest { text: text.to_owned(), inbox_token: token.to_vec() };
        for device in account.devices.clone() {
            self.send(&account, &device.id, Kind::ContactRequest(request.clone()), &[])?;
        }
        self.contacts.insert(account.id, Contact { state: State::Asked, account: account.id, token: None });
        self.accounts.insert(account.id, account);
        Ok(())
    }

    pub fn accept(&mut self, id: &Key) -> Result<(), Fail> {
        let contact = self.contacts.get_mut(id).ok_or("no such request")?;
        contact.state = State::Accepted;
        let (token, account) = (contact.token, self.accounts.get(id).ok_or("no such account")?.clone());
        let right = self.own.right(&mut self.net)?;
        for device in &account.devices {
            let accepted = content::ContactAccepted { inbox_token: right.to_vec() };
            self.send(&account, &device.id, Kind::ContactAccepted(accepted), token.as_slice())?;
        }
        let two = self.create(ConversationKind::Two, "", vec![self.own.account.id.to_vec(), id.to_vec()])?;
        self.add(&two, &[*id])
    }

    // ---- sending ----

    /// By the first right that still works, else by the public one.
    pub fn send(&mut self, to: &Account, device: &[u8; 16], kind: Kind, tokens: &[Key]) -> Result<(), Fail> {
        let device = to.devices.iter().find(|d| d.id == *device).ok_or("the account has no such device")?;
        let body = EnvelopeBody { sent_at_ms: now(), kind: Some(kind) }.encode_to_vec();
        let id = random::<16>();
        let statement = wire::msg("lacre envelope v1", &[&to.id, &device.id, &id, &sha256(&body)]);
        let envelope = content::Envelope {
            id: id.to_vec(),
            sender_device: self.own.device.to_vec(),
            sender: Some(self.own.account.entry.clone()),
            body,
            signature: self.own.sign.sign(&statement).to_bytes().to_vec(),
        };
        let mut request = pb::AppendRequest {
            channel: device.inbox.to_vec(),
            entry_id: random::<16>().to_vec(),
            ciphertext: wire::seal(&device.seal, &device.inbox, &envelope.encode_to_vec())?,
            ..Default::default()
        };
        for token in tokens {
            request.append_token = token.to_vec();
            match self.net.send_envelope(request.clone()) {
                Err(e) if e.is("NOT_PERMITTED") => {}
                other => return other.map(|_| ()),
            }
        }
        request.append_token = device.public.ok_or("the device takes no letters of strangers")?.to_vec();
        request.stamp = self.own.stamp(&mut self.net)?;
        self.net.send_envelope(request)?;
        Ok(())
    }

    /// Rights to write to a device: one made for the conversation, then one made for the contact.
    pub fn tokens(&self, conversation: Option<&Conversation>, account: &Key, device: &[u8; 16]) -> Vec<Key> {
        let here = conversation.and_then(|c| c.tokens.get(device)).copied();
        here.into_iter().chain(self.contacts.get(account).and_then(|c| c.token)).collect()
    }

    // ---- receiving ----

    /// Reads the inbox to its end; says how many envelopes were taken.
    pub fn read_inbox(&mut self) -> Result<usize, Fail> {
        let mut taken = 0;
        loop {
            let page = self.net.fetch_inbox(pb::FetchRequest {
                channel: self.own.inbox.to_vec(),
                read_token: self.own.inbox_read.to_vec(),
                from_seq: self.inbox_to + 1,
                max_entries: 1024,
            })?;
            for entry in &page.entries {
                self.inbox_to = entry.seq;
                match self.envelope(&entry.ciphertext) {
                    Ok(()) => taken += 1,
                    Err(e) if e.reason.is_some() => return Err(e),
                    Err(e) => self.skipped.push(format!("inbox {}: {}", entry.seq, e.text)),
                }
            }
            if page.entries.is_empty() {
                break;
            }
            let (channel, read_token) = (self.own.inbox.to_vec(), self.own.inbox_read.to_vec());
            self.net.trim(pb::TrimRequest { channel, read_token, through_seq: self.inbox_to })?;
        }
        Ok(taken)
    }

    fn envelope(&mut self, sealed: &[u8]) -> Result<(), Fail> {
        let opened = wire::unseal(&self.own.unseal, &self.own.inbox, sealed)?;
        let envelope = content::Envelope::decode(opened.as_slice())?;
        if envelope.id.len() != 16 || !self.seen.insert(envelope.id.clone()) {
            return Err("an envelope that came before, or without an id".into());
        }
        let sender = account::verify(&envelope.sender.ok_or("an envelope without a sender")?, &self.own.relay)?;
        let device = sender.devices.iter().find(|d| d.id == *envelope.sender_device).ok_or("an unknown device")?.clone();
        let parts = [&self.own.account.id, self.own.device.as_slice(), &envelope.id, &sha256(&envelope.body)];
        wire::verify(&device.sign, &wire::msg("lacre envelope v1", &parts), &envelope.signature)?;
        if self.resets.is_lost(&sender.id) {
            return Err("an envelope by a lost account's device".into());
        }
        self.learn(sender.clone());
        let token = |t: &[u8]| Key::try_from(t).map_err(|_| Fail::new("a token of another length"));
        let state = self.contacts.get(&sender.id).map(|c| c.state);
        match EnvelopeBody::decode(envelope.body.as_slice())?.kind.ok_or("a kind of envelope that is not known here")? {
            Kind::ContactRequest(request) => {
                let token = Some(token(&request.inbox_token)?);
                let next = if state == Some(State::Accepted) { State::Accepted } else { State::Asking };
                self.contacts.insert(sender.id, Contact { state: next, account: sender.id, token });
                // requests that crossed: the smaller account accepts, the other says once more that it asked
                if state == Some(State::Asked) {
                    if self.own.account.id < sender.id {
                        self.accept(&sender.id)?;
                    } else {
                        let right = self.own.right(&mut self.net)?;
                        let again = content::ContactRequest { text: String::new(), inbox_token: right.to_vec() };
                        for device in &sender.devices {
                            self.send(&sender, &device.id, Kind::ContactRequest(again.clone()), token.as_slice())?;
                        }
                        if let Some(contact) = self.contacts.get_mut(&sender.id) {
                            contact.state = State::Asked;
                        }
                    }
                }
                Ok(())
            }
            Kind::ContactAccepted(accepted) => {
                let contact = self.contacts.get_mut(&sender.id).filter(|c| c.state == State::Asked);
                let contact = contact.ok_or("an answer to a request that was not made")?;
                contact.token = Some(token(&accepted.inbox_token)?);
                contact.state = State::Accepted;
                Ok(())
            }
            Kind::Join(join) => self.join(&sender, join),
            Kind::ReAdd(request) => self.re_add(&sender, &device.id, &device.sign, &request),
        }
    }

    /// A longer chain of the same account replaces a shorter one.
    pub fn learn(&mut self, account: Account) {
        let known = self.accounts.get(&account.id).map_or(0, |a| a.entry.states.len());
        if account.entry.states.len() > known {
            self.accounts.insert(account.id, account);
        }
    }

    fn join(&mut self, sender: &Account, join: content::Join) -> Result<(), Fail> {
        let welcome = MlsMessage::from_bytes(&join.welcome)?;
        let info = self.mls.examine_welcome_message(&welcome)?;
        let id = info.group_context().group_id.clone();
        if self.conversations.contains_key(&id) {
            self.read(&id)?;
            if self.conversations.get(&id).is_some_and(|c| c.active()) {
                return Err("an invitation into a conversation that goes on here".into());
            }
        } else if self.contacts.get(&sender.id).is_none_or(|c| c.state != State::Accepted) {
            return Err("an invitation by somebody who is no contact".into());
        }
        let context = mls::context(&info.group_context().extensions)?;
        let both = [sender.id.to_vec(), self.own.account.id.to_vec()];
        if context.kind() == ConversationKind::Two
            && !(context.admins.len() == 2 && both.iter().all(|a| context.admins.contains(a)))
        {
            return Err("a conversation of two of others".into());
        }
        if context.kind() == ConversationKind::Unspecified || context.authority != self.own.relay.text {
            return Err("a conversation of another kind, or on another relay".into());
        }
        // a successor must be right by what this device met itself (section 19); this client notes nothing of that, so none is
        if context.origin.as_ref().is_some_and(|o| self.conversations.contains_key(&o.group_id)) {
            return Err("an invitation into a successor of a conversation here".into());
        }
        let state = self.join_state(&join.state.ok_or("an invitation without a state")?)?;
        let tree = ExportedTree::from_bytes(&state.ratchet_tree)?;
        let (group, _) = self.mls.join_group(Some(tree), &welcome, None)?;
        let old = self.conversations.remove(&id);
        let mut conversation = Conversation::new(group, old.map(|c| c.history).unwrap_or_default())?;
        conversation.fresh = true;
        for member in state.members {
            let verified = account::verify(&member.account.ok_or("a roster without accounts")?, &self.own.relay)?;
            self.learn(verified);
            if let (Ok(device), Ok(token)) = (member.device.try_into(), member.inbox_token.try_into()) {
                conversation.tokens.insert(device, token);
            }
        }
        self.conversations.insert(id, conversation);
        Ok(())
    }

    fn join_state(&mut self, at: &content::BlobRef) -> Result<content::JoinState, Fail> {
        if at.authority != self.own.relay.text {
            return Err("a blob on another relay".into());
        }
        if at.size > 16 << 20 {
            return Err("a state of more than 16 MiB".into());
        }
        let request = pb::GetRequest { blob: at.blob.clone(), read_token: at.read_token.clone(), offset: 0 };
        let blob = self.net.get_blob(request)?;
        if blob.len() as u64 != at.size || sha256(&blob).as_slice() != at.sha256 {
            return Err("another blob than was announced".into());
        }
        let key = Key::try_from(at.key.as_slice()).map_err(|_| "a key of another length")?;
        Ok(content::JoinState::decode(wire::open_blob(&key, &blob)?.as_slice())?)
    }

    /// Stores what joiners need as a blob.
    pub fn put_blob(&mut self, content: &[u8]) -> Result<content::BlobRef, Fail> {
        let (blob, read_token, key) = (random::<32>(), random::<32>(), random::<32>());
        let sealed = wire::seal_blob(&key, content);
        let header = pb::PutHeader {
            blob: blob.to_vec(),
            read_token_hash: token_hash(&read_token).to_vec(),
            size: sealed.len() as u64,
            sha256: sha256(&sealed).to_vec(),
            stamp: self.own.stamp(&mut self.net)?,
            offset: 0,
        };
        self.net.put_blob(header.clone(), &sealed)?;
        Ok(content::BlobRef {
            authority: self.own.relay.text.clone(),
            blob: header.blob,
            read_token: read_token.to_vec(),
            key: key.to_vec(),
            size: header.size,
            sha256: header.sha256,
        })
    }
}
