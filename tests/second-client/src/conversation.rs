//! A conversation: reading its channels and writing (section 15 of PROTOCOL.md).

use crate::content::v1::content::Kind;
use crate::content::v1::{self as content, Content};
use crate::mls::{self, Group, Verdict};
use crate::people::Me;
use crate::relay::v1 as pb;
use crate::wire::{self, Channel, Key, random, sha256, token_hash};
use crate::{Fail, now};
use data_encoding::HEXLOWER;
use ed25519_dalek::Signer as _;
use mls_rs::group::{CommitEffect, ContentType, Member, ReceivedMessage};
use mls_rs::{MlsMessage, MlsMessageDescription};
use prost::Message as _;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Standing {
    Active,
    Removed,
    /// a seal ended the epoch that this device could not follow
    Lost,
    /// of two, and the other's account is another now
    Replaced,
    /// a group that nobody leads but lost phones, or into which one brought somebody
    Ended,
}

/// What stands behind an entry that this device made in the current channel.
enum Made {
    Content(Vec<u8>),
    Commit,
}

pub struct Conversation {
    pub group: Group,
    pub channel: Channel,
    pub standing: Standing,
    pub history: Vec<Value>,
    /// rights to write to members' inboxes that were made for this conversation
    pub tokens: HashMap<[u8; 16], Key>,
    pub own_token: Option<Key>,
    /// joined, and has not committed yet
    pub fresh: bool,
    introduced: bool,
    /// accounts that ask to be removed
    pub leaving: Vec<Key>,
    queue: VecDeque<Vec<u8>>,
    /// the head of the queue, as it was encrypted
    sending: Option<([u8; 16], Vec<u8>)>,
    opened: bool,
    read_to: u64,
    acknowledged: u64,
    count: u64,
    made: HashMap<Vec<u8>, Made>,
    parts: HashMap<Key, Vec<u8>>,
    /// the contents that came: account and id
    pub seen: HashSet<Vec<u8>>,
}

fn channel(group: &Group) -> Result<Channel, Fail> {
    Channel::of(group.export_secret(b"lacre channel v1", b"", 96)?.as_bytes())
}

impl Conversation {
    pub fn new(group: Group, history: Vec<Value>) -> Result<Self, Fail> {
        Ok(Self {
            channel: channel(&group)?,
            group,
            standing: Standing::Active,
            history,
            tokens: HashMap::new(),
            own_token: None,
            fresh: false,
            introduced: false,
            leaving: Vec::new(),
            queue: VecDeque::new(),
            sending: None,
            opened: false,
            read_to: 0,
            acknowledged: 0,
            count: 0,
            made: HashMap::new(),
            parts: HashMap::new(),
            seen: HashSet::new(),
        })
    }

    pub fn active(&self) -> bool {
        self.standing == Standing::Active
    }

    pub fn members(&self) -> Vec<Member> {
        self.group.roster().members()
    }

    fn next_epoch(&mut self) -> Result<(), Fail> {
        self.channel = channel(&self.group)?;
        (self.opened, self.read_to, self.acknowledged, self.count) = (false, 0, 0, 0);
        self.sending = None;
        self.made.clear();
        self.parts.clear();
        Ok(())
    }

    pub fn enqueue(&mut self, kind: Kind) -> [u8; 16] {
        let id = random::<16>();
        let speaks = matches!(kind, Kind::Text(_) | Kind::File(_));
        let stays_s = match mls::context(&self.group.context().extensions) {
            Ok(context) if speaks => context.stays_s,
            _ => 0,
        };
        self.queue
            .push_back(Content { id: id.to_vec(), sent_at_ms: now(), stays_s, again_ms: 0, kind: Some(kind) }.encode_to_vec());
        id
    }

    fn next_id(&mut self, secret: &Key) -> [u8; 16] {
        let id = wire::mac(secret, "lacre entry id v1", &[&self.channel.name, &self.count.to_be_bytes()]);
        self.count += 1;
        wire::start(&id)
    }

    fn statement(&self, account: &Key, device: &[u8; 16], entry: &[u8], content: &[u8]) -> Vec<u8> {
        let parts: [&[u8]; 6] = [account, device, self.group.group_id(), &self.channel.name, entry, &sha256(content)];
        wire::msg("lacre content v1", &parts)
    }

    fn line(&mut self, kind: &str, by: &Key, whom: &Key) {
        self.history.push(json!({ "kind": kind, "sender": HEXLOWER.encode(by), "whom": HEXLOWER.encode(whom) }));
    }

    /// Lines for what a Commit did.
    fn tell(&mut self, by: u32, before: &[Member]) -> Result<(), Fail> {
        let find = |list: &[Member], at| list.iter().find(|m| m.index() == at).map(|m| mls::who(m.signing_identity()));
        let (by, ..) = find(before, by).ok_or("a commit of nobody")??;
        let whole = |list: &[Member]| list.iter().map(|m| mls::who(m.signing_identity())).collect::<Result<Vec<_>, _>>();
        let (old, new) = (whole(before)?, whole(&self.members())?);
        for (account, ..) in old.iter().filter(|m| !new.contains(m)) {
            self.line("removed", &by, account);
        }
        for (account, ..) in new.iter().filter(|m| !old.contains(m)) {
            self.line("added", &by, account);
        }
        Ok(())
    }
}

impl Me {
    /// Lends a conversation out of the list of all.
    pub fn at<T>(&mut self, id: &[u8], f: impl FnOnce(&mut Self, &mut Conversation) -> Result<T, Fail>) -> Result<T, Fail> {
        let (id, mut c) = self.conversations.remove_entry(id).ok_or("no such conversation")?;
        let result = f(self, &mut c);
        self.conversations.insert(id, c);
        result
    }

    /// Reads a conversation to its end.
    pub fn read(&mut self, id: &[u8]) -> Result<usize, Fail> {
        self.at(id, |me, c| me.read_here(c))
    }

    /// One round: inbox, conversations, and what waits.
    pub fn sync(&mut self) -> Result<usize, Fail> {
        self.ask_resets()?;
        let mut moved = self.read_inbox()?;
        for id in self.conversations.keys().cloned().collect::<Vec<_>>() {
            moved += self.read(&id)?;
            if self.conversations.get(&id).is_some_and(|c| c.fresh && c.active()) {
                self.commit(&id, |_, _| Ok(Some(crate::commits::Change::default())))?;
                self.at(&id, |_, c| Ok(c.fresh = false))?;
                moved += 1;
            }
            self.at(&id, |me, c| me.rest_lost(c))?;
            let lost = self.at(&id, |me, c| Ok(if c.active() { me.lost_in(c) } else { Vec::new() }))?;
            let admin = self.at(&id, |me, c| {
                Ok(mls::context(&c.group.context().extensions)?.admins.iter().any(|a| *a == me.own.account.id))
            })?;
            if admin && !lost.is_empty() {
                self.remove(&id, &lost)?;
                moved += 1;
            }
            let leaving = self.at(&id, |_, c| Ok(std::mem::take(&mut c.leaving)))?;
            for account in leaving {
                self.remove(&id, &[account])?;
                moved += 1;
            }
            moved += self.at(&id, |me, c| me.flush(c))?;
        }
        Ok(moved)
    }

    pub fn read_here(&mut self, c: &mut Conversation) -> Result<usize, Fail> {
        let mut read = 0;
        while c.active() {
            self.open(c)?;
            let page = self.net.fetch(pb::FetchRequest {
                channel: c.channel.name.to_vec(),
                read_token: c.channel.read.to_vec(),
                from_seq: c.read_to + 1,
                max_entries: 1024,
            })?;
            if page.entries.is_empty() {
                break;
            }
            for entry in page.entries {
                read += 1;
                c.read_to = entry.seq;
                match self.entry(c, &entry) {
                    Ok(false) => {}
                    Ok(true) => break,
                    Err(e) => self.skipped.push(format!("epoch {} entry {}: {}", c.group.current_epoch(), entry.seq, e.text)),
                }
            }
        }
        Ok(read)
    }

    fn open(&mut self, c: &mut Conversation) -> Result<(), Fail> {
        if !c.opened {
            let stamp = self.own.stamp(&mut self.net)?;
            let append = pb::AppendRight { token_hash: token_hash(&c.channel.append).to_vec(), stamped: false, once: false };
            let answer = self.net.open(pb::OpenRequest {
                class: pb::ChannelClass::Log.into(),
                channel: c.channel.name.to_vec(),
                append: vec![append],
                read_token_hash: token_hash(&c.channel.read).to_vec(),
                stamp: stamp.clone(),
            })?;
            if !answer.spent {
                self.own.keep(&stamp);
            }
            c.opened = true;
        }
        Ok(())
    }

    /// Takes one entry in its place; true if it ended the epoch.
    fn entry(&mut self, c: &mut Conversation, entry: &pb::Entry) -> Result<bool, Fail> {
        let before = c.members();
        match c.made.remove(&entry.entry_id) {
            Some(Made::Content(bytes)) => {
                let own = (self.own.account.id, self.own.device);
                self.content(c, &own.0, &own.1, &bytes)?;
                return Ok(false);
            }
            Some(Made::Commit) => {
                let done = c.group.apply_pending_commit()?;
                c.tell(done.committer, &before)?;
                c.next_epoch()?;
                return Ok(true);
            }
            None => {}
        }
        let mut message = c.channel.decrypt(&entry.entry_id, entry.seal, &entry.ciphertext)?;
        if let (Some(piece), false) = (message.strip_prefix(&[0xF1, 0xAC, 1]), entry.seal) {
            c.parts.insert(sha256(piece), piece.to_vec());
            return Ok(false);
        }
        if let Some(rest) = message.strip_prefix(&[0xF1, 0xAC, 2]) {
            message = assemble(rest, &c.parts)?;
        }
        let message = MlsMessage::from_bytes(&message)?;
        let wanted = if entry.seal { ContentType::Commit } else { ContentType::Application };
        match message.description() {
            MlsMessageDescription::PrivateProtocolMessage { group_id, epoch_id, content_type }
                if group_id == c.group.group_id() && epoch_id == c.group.current_epoch() && content_type == wanted => {}
            _ => return Err("another message than this place takes".into()),
        }
        if entry.seal {
            return self.seal(c, message, &before, entry.accepted_at_ms);
        }
        let ReceivedMessage::ApplicationMessage(received) = c.group.process_incoming_message(message)? else {
            return Err("no application message".into());
        };
        let leaf = before.iter().find(|m| m.index() == received.sender_index).ok_or("a message of nobody")?;
        let (account, device, key) = mls::who(leaf.signing_identity())?;
        let signed = content::SignedContent::decode(received.data())?;
        wire::verify(&key, &c.statement(&account, &device, &entry.entry_id, &signed.content), &signed.signature)?;
        if self.resets.is_out(&account, entry.accepted_at_ms) {
            let kind = Content::decode(signed.content.as_slice())?.kind;
            if matches!(kind, None | Some(Kind::Text(_) | Kind::File(_) | Kind::Edit(_))) {
                c.history.push(json!({ "kind": "lost", "sender": HEXLOWER.encode(&account) }));
            }
            return Ok(false);
        }
        self.content(c, &account, &device, &signed.content)?;
        Ok(false)
    }

    fn seal(&mut self, c: &mut Conversation, message: MlsMessage, before: &[Member], at: u64) -> Result<bool, Fail> {
        // what is void must leave no trace
        c.group.write_to_storage()?;
        let id = c.group.group_id().to_vec();
        let tree = c.group.export_tree().into_owned();
        let admins = mls::context(&c.group.context().extensions)?.admins;
        let commit = match c.group.process_incoming_message(message) {
            Ok(ReceivedMessage::Commit(commit)) => commit,
            Ok(_) => return Err("no commit".into()),
            Err(e) if mls::verdict(&e) == Verdict::Binding => {
                c.standing = Standing::Lost;
                return Err(e.into());
            }
            Err(e) => {
                c.group = self.mls.load_group(&id)?;
                return Err(e.into());
            }
        };
        let leaf = |list: &[Member]| list.iter().find(|m| m.index() == commit.committer).map(|m| m.signing_identity().clone());
        if leaf(before) != leaf(&c.members()) {
            c.group = self.mls.load_group(&id)?;
            return Err("a committer who changes name or key".into());
        }
        if let CommitEffect::NewEpoch(epoch) | CommitEffect::Removed { new_epoch: epoch, .. } = &commit.effect
            && let Err(e) = mls::judge_re_adds(&epoch.applied_proposals, before, &tree, &id)
        {
            c.group = self.mls.load_group(&id)?;
            return Err(e);
        }
        let by = before.iter().find(|m| m.index() == commit.committer).ok_or("a commit of nobody")?;
        if self.resets.is_out(&mls::who(by.signing_identity())?.0, at) {
            let known = |m: &Member| before.iter().any(|b| b.signing_identity() == m.signing_identity());
            let next = mls::context(&c.group.context().extensions)?.admins;
            if !c.members().iter().all(known) || !next.iter().all(|a| admins.contains(a)) {
                c.group = self.mls.load_group(&id)?;
                crate::resets::end(c, &self.own.account.id);
                return Ok(true);
            }
        }
        c.tell(commit.committer, before)?;
        let own = [self.own.account.id.as_slice(), &self.own.device].concat();
        if matches!(commit.effect, CommitEffect::Removed { .. }) || c.group.member_with_identity(&own).is_err() {
            c.standing = Standing::Removed;
        } else {
            c.next_epoch()?;
        }
        Ok(true)
    }

    /// Sends what waits; refused ones are encrypted again for the new epoch.
    pub fn flush(&mut self, c: &mut Conversation) -> Result<usize, Fail> {
        let mut sent = 0;
        // a lost phone would read it
        if !self.lost_in(c).is_empty() {
            return Ok(0);
        }
        if !c.introduced && c.active() && c.members().len() > 1 {
            let own = self.roster_entry(c, &self.own.account.id.clone(), &self.own.device.clone())?;
            c.enqueue(Kind::Roster(content::Roster { members: vec![own] }));
            c.introduced = true;
        }
        while let Some(content) = c.queue.front().cloned().filter(|_| c.active()) {
            self.open(c)?;
            let (id, bytes) = if let Some(made) = c.sending.clone() {
                made
            } else {
                let id = c.next_id(&self.secret);
                let statement = c.statement(&self.own.account.id, &self.own.device, &id, &content);
                let signature = self.own.sign.sign(&statement).to_bytes().to_vec();
                let signed = content::SignedContent { content: content.clone(), signature }.encode_to_vec();
                let message = c.group.encrypt_application_message(&signed, Vec::new())?.to_bytes()?;
                c.made.insert(id.to_vec(), Made::Content(content));
                c.sending.insert((id, c.channel.encrypt(&id, false, &message))).clone()
            };
            if self.append(c, &id, bytes, false)? {
                c.queue.pop_front();
                c.sending = None;
                sent += 1;
            } else {
                self.read_here(c)?;
            }
        }
        Ok(sent)
    }

    /// False: read on first, then decide again.
    fn append(&mut self, c: &mut Conversation, id: &[u8; 16], ciphertext: Vec<u8>, seal: bool) -> Result<bool, Fail> {
        let answer = self.net.append(pb::AppendRequest {
            channel: c.channel.name.to_vec(),
            append_token: c.channel.append.to_vec(),
            entry_id: id.to_vec(),
            read_to: c.read_to.max(c.acknowledged),
            ciphertext,
            seal,
            ..Default::default()
        });
        match answer {
            Ok(stored) => {
                c.acknowledged = stored.seq;
                Ok(true)
            }
            Err(e) if e.is("SEALED") || e.is("CATCH_UP") => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Appends a Commit that is pending; false if another seal was faster.
    pub fn append_commit(&mut self, c: &mut Conversation, message: &[u8]) -> Result<bool, Fail> {
        self.open(c)?;
        let id = c.next_id(&self.secret);
        c.made.insert(id.to_vec(), Made::Commit);
        let stored = self.append(c, &id, c.channel.encrypt(&id, true, message), true)?;
        if !stored {
            c.made.remove(id.as_slice());
            c.group.clear_pending_commit();
        }
        Ok(stored)
    }
}

/// A seal in parts: the pieces that it names, and what follows them.
fn assemble(seal: &[u8], parts: &HashMap<Key, Vec<u8>>) -> Result<Vec<u8>, Fail> {
    let (count, rest) = seal.split_first().filter(|(n, _)| (1..=32).contains(*n)).ok_or("a seal of no parts")?;
    let (hashes, tail) = rest.split_at_checked(32 * usize::from(*count)).ok_or("a seal that is cut")?;
    let mut message = Vec::new();
    for hash in hashes.chunks(32) {
        message.extend(parts.get(hash).ok_or("a piece that was not there before its seal")?);
    }
    message.extend(tail);
    Ok(message)
}
