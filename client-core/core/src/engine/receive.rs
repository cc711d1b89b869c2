//! What comes in a conversation's channel, entry by entry, in order. One entry, one step:
//! {own entry, by its id: mark; else process, advance the ratchet, store the plaintext; advance the cursor}.

use super::epoch::{Change, Taken};
use super::history::{Line, Said, answered, body_of};
use super::parts::{self, Frame};
use super::records::{Cargo, Channel, Conv, Item, Placed, Proof, Raw, Stored};
use super::verdict::{Verdict, judge_error};
use super::view::{Body, ConversationId, Happening, Standing};
use super::{Cx, StepError, content_statement, group, own_entry_id, roles, successor};
use crate::crypt::entry::open_entry;
use crate::network::Entry;
use lacre_ground::ids::{AccountId, ChannelId, ContentId, DeviceId};
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_proto::bounds::Bounded;
use lacre_proto::content::v1 as content;
use openmls::group::MlsGroup;
use openmls::prelude::{
    ContentType, KeyPackage, LeafNodeIndex, MlsMessageIn, ProcessedMessage, ProcessedMessageContent, ProtocolMessage, Sender,
};
use prost::Message as _;
use serde_bytes::ByteBuf;
use tls_codec::Deserialize as _;

/// So many of the ids that a profile would make next show that a copy of it made them.
const AHEAD: u64 = 8;

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Took {
    /// of another channel than the current one, or read already
    Ignored,
    /// processed; the cursor is behind it
    Done,
    /// it was a binding seal: the conversation goes on in another channel, or waits to be re-added
    EpochEnded,
    /// entries before it are missing: fetch from the cursor
    Gap,
    /// it can only come from a copy of this profile
    Copy,
}

/// How an entry that could not be processed is taken on a further try.
#[derive(Clone, Debug)]
pub(crate) enum Judged {
    /// first try
    Not,
    /// its bytes are of no use: go on behind it
    Skipped(String),
    /// a seal that ends the epoch without us
    Bound(String),
}

impl Cx<'_, '_> {
    pub(crate) fn receive(&mut self, id: &[u8], channel: ChannelId, entry: &Entry, judged: &Judged) -> Result<Took, StepError> {
        let mut conv = self.conv(id)?;
        let seq = entry.seq.get();
        if conv.standing != Standing::Active || conv.channel.id != channel || seq <= conv.channel.cursor {
            return Ok(Took::Ignored);
        }
        if seq != conv.channel.cursor + 1 {
            return Ok(Took::Gap);
        }
        let key = [channel.as_bytes().as_slice(), entry.id.as_bytes()].concat();
        let known = conv.channel.reread && self.s.get::<Raw>(Table::RawEntry, &key)?.is_some();
        let own = self.which_own(&conv, entry)?;
        let item = if own.is_some() { self.item_of(id, &conv, entry.id)? } else { None };
        // not made here, or made with other bytes
        let copied = own.is_some_and(|n| n >= conv.channel.made)
            || item.as_ref().and_then(Self::prepared).is_some_and(|p| p.ciphertext != entry.ciphertext);
        if !known && copied {
            return Ok(Took::Copy);
        }
        if own == Some(conv.channel.met) {
            conv.channel.met += 1;
        }
        let raw = Raw { seq, id: entry.id, seal: entry.seal, ciphertext: entry.ciphertext.to_vec() };
        self.s.put(Table::RawEntry, &key, channel.as_bytes(), seq, &raw)?;
        conv.channel.cursor = seq;
        self.reached("receive: entry stored")?;
        if known {
            self.put_conv(id, &mut conv)?;
            return Ok(Took::Done);
        }
        if !entry.seal && self.keep_piece(&conv, entry)? {
            self.put_conv(id, &mut conv)?;
            self.reached("receive: piece kept")?;
            return Ok(Took::Done);
        }
        let took = match (own, judged) {
            (Some(_), _) => self.meet_own(id, &mut conv, entry, item)?,
            (None, Judged::Skipped(why)) => {
                self.unreadable(Some(id), why.clone())?;
                Took::Done
            }
            (None, Judged::Bound(why)) => {
                let stuck = successor::stuck(entry.id, None, self.now);
                self.cannot_follow(id, &mut conv, why, Some(stuck))?;
                Took::EpochEnded
            }
            (None, Judged::Not) if entry.seal => self.meet_seal(id, &mut conv, entry)?,
            (None, Judged::Not) => self.meet_message(id, &mut conv, entry)?,
        };
        self.put_conv(id, &mut conv)?;
        self.reached("receive: done")?;
        Ok(took)
    }

    /// Which of the own entries this is, from 0. One that this profile would make next, but did not, only a copy makes.
    fn which_own(&mut self, conv: &Conv, entry: &Entry) -> Result<Option<u64>, StepError> {
        let own = self.own()?;
        let Channel { id, made, met, reread, .. } = &conv.channel;
        let from = if *reread { 0 } else { *met };
        Ok((from..made + AHEAD).find(|n| own_entry_id(&own.profile_secret.0, id, *n) == entry.id))
    }

    /// An own entry met in its place.
    fn meet_own(&mut self, id: &[u8], conv: &mut Conv, entry: &Entry, item: Option<Item>) -> Result<Took, StepError> {
        let Some(item) = item else { return Ok(Took::Done) };
        let number = item.number;
        conv.channel.met_item = number;
        match item.cargo {
            Cargo::Content { content, prepared, .. } => {
                let own = self.own()?;
                let ours = prepared.filter(|p| p.entry == entry.id && p.channel == conv.channel.id);
                self.drop_item(number)?;
                let group = self.group_of(id)?;
                let proof = ours.and_then(|p| p.signature).map(|signature| Proof {
                    group: ByteBuf::from(group),
                    device: own.device,
                    channel: conv.channel.id,
                    entry: entry.id,
                    seq: entry.seq.get(),
                    content: content.clone(),
                    signature: signature.into_vec(),
                });
                let content = content::Content::decode(content.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
                let allowed = self.may_say(id, conv, content.kind.as_ref())?;
                let said = Said { account: own.account, device: own.device, at: entry.accepted_at, allowed };
                self.take_content(id, conv, &said, content, proof)
            }
            Cargo::Seal { intent, prepared } => {
                let Some(prepared) = prepared.filter(|p| p.entry == entry.id && p.channel == conv.channel.id) else {
                    return Ok(Took::Done);
                };
                let mut mls = self.take_group(id)?;
                let Some(staged) = mls.pending_commit() else {
                    // everyone else follows this seal; without its keys this device cannot
                    self.keep(mls);
                    self.cannot_follow(id, conv, "an own seal whose keys are gone", None)?;
                    return Ok(Took::EpochEnded);
                };
                let own_index = mls.own_leaf_index();
                let changes = self.changes(&mls, own_index, staged);
                // whom the commit adds, not whom it was to add: the two may differ
                let added: Vec<KeyPackage> = staged.add_proposals().map(|a| a.add_proposal().key_package().clone()).collect();
                let provider = self.provider();
                mls.merge_pending_commit(&provider).map_err(|e| StepError::Again(e.to_string()))?;
                self.drop_item(number)?;
                self.reached("commit: merged")?;
                successor::note_met(conv, changes.by, mls.epoch().as_u64(), entry.id);
                self.enter_epoch(id, conv, &mls, entry, &changes)?;
                conv.busy = None;
                self.pace_next_update(id, conv, own_index.u32())?;
                self.invite(id, conv, &mls, &added, prepared.welcome.as_deref().map(Vec::as_slice))?;
                self.add_who_was_left(id, intent)?;
                self.keep(mls);
                Ok(Took::EpochEnded)
            }
            Cargo::Upload { .. } | Cargo::Envelope { .. } | Cargo::Held { .. } => Ok(Took::Done),
        }
    }

    /// Keeps a piece of a large commit, own ones too; false for any other entry.
    fn keep_piece(&mut self, conv: &Conv, entry: &Entry) -> Result<bool, StepError> {
        let opened = open_entry(&conv.channel.entry_key.0, conv.channel.id, entry.id, entry.seal, &entry.ciphertext);
        let Some(Frame::Piece(piece)) = opened.as_ref().ok().and_then(|bytes| parts::read(bytes)) else { return Ok(false) };
        let channel = conv.channel.id.as_bytes();
        let key = [channel.as_slice(), &parts::hash(piece)].concat();
        self.s.put(Table::Part, &key, channel, entry.seq.get(), &ByteBuf::from(piece))?;
        Ok(true)
    }

    /// The message of an entry; that of a seal in parts is put together from the pieces met before it.
    fn open(&self, conv: &Conv, entry: &Entry) -> Result<ProtocolMessage, StepError> {
        let skip = |e: &dyn std::fmt::Display| StepError::Skip(e.to_string());
        let opened = open_entry(&conv.channel.entry_key.0, conv.channel.id, entry.id, entry.seal, &entry.ciphertext)
            .map_err(|e| skip(&e))?;
        let bytes = match parts::read(&opened) {
            Some(Frame::Message(bytes)) => bytes.to_vec(),
            Some(Frame::Seal { pieces, rest }) if entry.seal => {
                let mut whole = Vec::new();
                for hash in pieces {
                    let key = [conv.channel.id.as_bytes().as_slice(), &hash].concat();
                    let piece: Option<ByteBuf> = self.s.get(Table::Part, &key)?;
                    whole.extend_from_slice(&piece.ok_or_else(|| skip(&"a part of the seal does not stand before it"))?);
                }
                [&whole, rest].concat()
            }
            _ => return Err(skip(&"neither a message nor a seal in parts")),
        };
        Self::message(&bytes).map_err(StepError::Skip)
    }

    fn message(bytes: &[u8]) -> Result<ProtocolMessage, String> {
        let message = MlsMessageIn::tls_deserialize_exact(bytes).map_err(|e| e.to_string())?;
        match message.try_into_protocol_message() {
            Ok(message @ ProtocolMessage::PrivateMessage(_)) => Ok(message),
            Ok(_) => Err("not a private message".into()),
            Err(e) => Err(e.to_string()),
        }
    }

    /// A seal of somebody else.
    fn meet_seal(&mut self, id: &[u8], conv: &mut Conv, entry: &Entry) -> Result<Took, StepError> {
        let message = self.open(conv, entry)?;
        if message.content_type() != ContentType::Commit {
            return Err(StepError::Skip("a seal that is no commit".into()));
        }
        let mut mls = self.take_group(id)?;
        let provider = self.provider();
        self.crypto.forget();
        let processed = match mls.process_message(&provider, message) {
            Ok(processed) => processed,
            Err(e) => {
                return match judge_error(&e) {
                    Verdict::Void(why) => Err(StepError::Skip(why)),
                    Verdict::Again(why) => Err(StepError::Again(why)),
                    Verdict::Binding(why) => {
                        let leaves = group::leaves(&mls);
                        drop(mls);
                        self.forget_group(id)?;
                        let by = self.crypto.signer().and_then(|key| leaves.into_iter().find(|l| l.signature_key == key));
                        let stuck = successor::stuck(entry.id, by.map(|l| l.account), self.now);
                        self.cannot_follow(id, conv, &why, Some(stuck))?;
                        Ok(Took::EpochEnded)
                    }
                };
            }
        };
        let sender = match processed.sender() {
            Sender::Member(index) => *index,
            _ => return Err(StepError::Skip("a seal by no member".into())),
        };
        let staged = match processed.into_content() {
            ProcessedMessageContent::StagedCommitMessage(staged) => staged,
            _ => return Err(StepError::Skip("a seal that is no commit of another member".into())),
        };
        roles::judge(&mls, sender, &staged).map_err(|e| StepError::Skip(e.to_string()))?;
        let changes = self.changes(&mls, sender, &staged);
        let removed = staged.self_removed();
        let by = if removed { self.own_place_taken(&mls, &staged)? } else { Taken::No };
        let epoch = mls.epoch().as_u64() + 1;
        mls.merge_staged_commit(&provider, *staged).map_err(|e| StepError::Again(e.to_string()))?;
        self.reached("receive: merged")?;
        self.count_lost_race(id, conv, changes.by)?;
        successor::note_met(conv, changes.by, epoch, entry.id);
        if removed {
            self.was_removed(id, conv, entry, &changes, by)?;
        } else {
            self.enter_epoch(id, conv, &mls, entry, &changes)?;
        }
        self.keep(mls);
        Ok(Took::EpochEnded)
    }

    /// By whose key package a commit that removes this device adds it again.
    fn own_place_taken(&self, mls: &MlsGroup, staged: &openmls::group::StagedCommit) -> Result<Taken, StepError> {
        let Some(own) = mls.own_leaf_node().map(|l| l.signature_key().as_slice().to_vec()) else { return Ok(Taken::No) };
        for added in staged.add_proposals() {
            let package = added.add_proposal().key_package();
            if package.leaf_node().signature_key().as_slice() == own {
                let ours = group::is_own_package(&self.provider(), package)?;
                return Ok(if ours { Taken::ByOwnPackage } else { Taken::ByCopy });
            }
        }
        Ok(Taken::No)
    }

    /// An application message of somebody else.
    fn meet_message(&mut self, id: &[u8], conv: &mut Conv, entry: &Entry) -> Result<Took, StepError> {
        let message = self.open(conv, entry)?;
        if message.content_type() != ContentType::Application {
            return Err(StepError::Skip("an entry that is no application message".into()));
        }
        let mut mls = self.take_group(id)?;
        let provider = self.provider();
        let processed = mls.process_message(&provider, message).map_err(|e| match judge_error(&e) {
            Verdict::Void(why) | Verdict::Binding(why) => StepError::Skip(why),
            Verdict::Again(why) => StepError::Again(why),
        })?;
        let (sender, bytes) = application(&mls, processed).map_err(StepError::Skip)?;
        let context = group::context(mls.extensions())?;
        let group_id = mls.group_id().as_slice().to_vec();
        self.keep(mls);
        self.reached("receive: decrypted")?;
        let signed = content::SignedContent::decode(bytes.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
        signed.check().map_err(|e| StepError::Skip(e.to_string()))?;
        let statement = content_statement(sender.account, sender.device, &group_id, conv.channel.id, entry.id, &signed.content);
        verify(&sender.key, &statement, &signed.signature).map_err(StepError::Skip)?;
        let content = content::Content::decode(signed.content.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
        content.check().map_err(|e| StepError::Skip(e.to_string()))?;
        let allowed = roles::may_say(&context, sender.account, content.kind.as_ref());
        let proof = Some(Proof {
            group: ByteBuf::from(group_id),
            device: sender.device,
            channel: conv.channel.id,
            entry: entry.id,
            seq: entry.seq.get(),
            content: signed.content,
            signature: signed.signature,
        });
        let said = Said { account: sender.account, device: sender.device, at: entry.accepted_at, allowed };
        self.take_content(id, conv, &said, content, proof)
    }

    /// A content in its place, of this device or another.
    fn take_content(
        &mut self,
        id: &[u8],
        conv: &mut Conv,
        said: &Said,
        content: content::Content,
        proof: Option<Proof>,
    ) -> Result<Took, StepError> {
        let Said { account: sender, at: accepted_at, allowed, .. } = *said;
        let own_account = self.own()?.account;
        let own = sender == own_account;
        let content_id = ContentId::try_from(content.id.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
        let line = match content.kind {
            _ if !allowed => Line::of(Body::Refused),
            None => Line::of(Body::Newer),
            Some(kind) => match self.meaning(id, conv, said, kind, proof.as_ref())? {
                Some(line) => line,
                None => return Ok(Took::Done),
            },
        };
        let Line { body, blob, reply_to } = line;
        let sent_at = Millis::new(content.sent_at_ms);
        let place = Placed { reply_to, stays_s: content.stays_s, ..Placed::default() };
        let stored = Stored { id: content_id, sender, sent_at, accepted_at, body, blob, proof, place };
        let worth_a_receipt = !own && stored.is_content();
        if let Some(position) = self.store_message(id, conv, stored, own)? {
            if worth_a_receipt {
                self.owe_delivered(conv, content_id)?;
            }
            let conversation = ConversationId(id.to_vec());
            self.event(if own {
                Happening::Sent { conversation, position }
            } else {
                Happening::Message { conversation, position }
            })?;
        }
        Ok(Took::Done)
    }

    /// What a content does, and the line that it makes in the history, if it makes one.
    pub(crate) fn meaning(
        &mut self,
        id: &[u8],
        conv: &mut Conv,
        said: &Said,
        kind: content::content::Kind,
        proof: Option<&Proof>,
    ) -> Result<Option<Line>, StepError> {
        use content::content::Kind;
        let Said { account: sender, device, at, .. } = *said;
        if self.amend(id, sender, &kind, at, proof.cloned())? {
            return Ok(None);
        }
        let own = sender == self.own()?.account;
        let mut blob = None;
        match &kind {
            Kind::Leave(_) => self.asked_to_leave(id, conv, sender)?,
            Kind::Roster(roster) if !own => self.learn_roster(id, device, roster)?,
            Kind::Receipt(receipt) if !own => self.take_receipt(id, sender, receipt)?,
            Kind::File(file) => blob = file.blob.as_ref().map(|b| ByteBuf::from(b.encode_to_vec())),
            Kind::Roster(_) | Kind::Text(_) | Kind::Edit(_) | Kind::Delete(_) | Kind::Reaction(_) | Kind::Receipt(_) => {}
        }
        let reply_to = answered(&kind);
        Ok(body_of(kind).map(|body| Line { body, blob, reply_to }))
    }

    /// Appends to the history; a content that is there already is dropped (none).
    pub(crate) fn store_message(
        &mut self,
        id: &[u8],
        conv: &mut Conv,
        mut stored: Stored,
        own: bool,
    ) -> Result<Option<u64>, StepError> {
        let key = [id, stored.id.as_bytes().as_slice()].concat();
        if self.s.get::<Stored>(Table::Message, &key)?.is_some() {
            return Ok(None);
        }
        conv.position += 1;
        if own && conv.read_through + 1 == conv.position {
            conv.read_through = conv.position;
        }
        conv.newest_at = conv.newest_at.max(stored.accepted_at);
        stored.place.position = conv.position;
        if stored.place.stays_s > 0 {
            conv.fading = conv.position;
        }
        if own {
            self.begin_to_fade(id, &mut stored)?;
        }
        if stored.body == Body::Newer {
            let number = self.number()?;
            self.s.put(Table::Newer, &key, b"", number, &(ByteBuf::from(id), stored.id))?;
        }
        self.put_new_stored(id, &stored)?;
        let prefix: Vec<u8> = stored.id.as_bytes().iter().take(2).copied().collect();
        self.s.put(Table::MessageIndex, &key, &prefix, conv.position, &(ByteBuf::from(id), stored.id))?;
        Ok(Some(conv.position))
    }

    fn changes(&self, mls: &MlsGroup, committer: LeafNodeIndex, staged: &openmls::group::StagedCommit) -> Change {
        let by = mls.member(committer).and_then(group::who).map(|(account, _)| account);
        let replaced = group::replaced_keys(mls, staged);
        let mut bodies = Vec::new();
        for removed in staged.remove_proposals() {
            if let Some(member) = mls.member_at(removed.remove_proposal().removed())
                && let Some((whom, _)) = group::who(&member.credential)
                && !replaced.contains(&member.signature_key)
            {
                bodies.push(Body::Removed { whom });
            }
        }
        for added in staged.add_proposals() {
            let leaf = added.add_proposal().key_package().leaf_node();
            if let Some((whom, _)) = group::who(leaf.credential()) {
                let again = replaced.iter().any(|k| k.as_slice() == leaf.signature_key().as_slice());
                bodies.push(if again { Body::ReAdded { whom } } else { Body::Added { whom } });
            }
        }
        if let (Ok(now), Ok(next)) = (group::context(mls.extensions()), group::context(staged.group_context().extensions())) {
            let gone: Vec<AccountId> =
                bodies.iter().filter_map(|b| if let Body::Removed { whom } = b { Some(*whom) } else { None }).collect();
            bodies.extend(roles::difference(&now, &next, &gone));
        }
        Change { by, bodies }
    }
}

struct Author {
    account: AccountId,
    device: DeviceId,
    key: Vec<u8>,
}

fn application(mls: &MlsGroup, processed: ProcessedMessage) -> Result<(Author, Vec<u8>), String> {
    let index = match processed.sender() {
        Sender::Member(index) => *index,
        _ => return Err("a message by no member".into()),
    };
    let member = mls.member_at(index).ok_or("a message by no member")?;
    let (account, device) = group::who(&member.credential).ok_or("a member without account")?;
    match processed.into_content() {
        ProcessedMessageContent::ApplicationMessage(message) => {
            Ok((Author { account, device, key: member.signature_key }, message.into_bytes()))
        }
        ProcessedMessageContent::OwnPrivateMessage => Err("an entry that claims to be this device's own, but is not".into()),
        _ => Err("not an application message".into()),
    }
}

/// Ed25519, strictly.
pub(crate) fn verify(key: &[u8], statement: &[u8], signature: &[u8]) -> Result<(), String> {
    let wrong = || "the signature by the sender's device is wrong".to_owned();
    let key: [u8; 32] = key.try_into().map_err(|_| wrong())?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).map_err(|_| wrong())?;
    let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| wrong())?;
    key.verify_strict(statement, &signature).map_err(|_| wrong())
}
