//! What waits for the relay. A conversation's queue goes out one by one: encrypt → append (the same bytes for ever) →
//! mark as stored; the row goes when the entry is met while reading.
//!
//! | item | step before the network | network | step after |
//! |---|---|---|---|
//! | content | ratchet, n and the final bytes in one transaction | append | seq |
//! | seal, people wanted | | claim key packages | invitees |
//! | seal | commit pending, Welcome and the final bytes | append as seal | seq |

use super::group;
use super::history::{answered, body_of};
use super::records::{Cargo, Conv, Intent, Item, Prepared};
use super::view::{ConversationId, Delivery, Message, Standing, Stays, WaitingKind, Who};
use super::{Cx, StepError, Trouble, content_statement, own_entry_id, roles};
use crate::crypt::entry::seal_entry;
use lacre_ground::address::Authority;
use lacre_ground::ids::{AccountId, BlobId, ContentId, EntryId};
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use lacre_proto::relay::v1 as wire;
use openmls_traits::signatures::Signer as _;
use prost::Message as _;
use serde_bytes::ByteBuf;
use tls_codec::Serialize as _;

/// Queue of envelopes and uploads.
pub(crate) const POST: &[u8] = b"post";
/// Most items that one conversation may have waiting.
pub const MAX_WAITING: u64 = 10_000;
/// Entries made before the relay has the ones before them: all are looked for among what comes.
const MADE_AHEAD: u64 = 256;
/// Bytes of a text.
pub const MAX_TEXT: usize = 65_536;

/// What the network is to do next for a conversation.
pub(crate) enum Ready {
    /// nothing waits, or it waits for reading
    Nothing,
    /// store this entry
    Append { number: u64, at: Authority, request: wire::AppendRequest },
    /// store this file's ciphertext first
    Upload { number: u64, at: String, blob: BlobId },
    /// claim key packages of this account
    Claim { number: u64, account: AccountId, suite: u32 },
}

impl Cx<'_, '_> {
    pub(crate) fn enqueue(&mut self, conversation: Option<&[u8]>, what: WaitingKind, cargo: Cargo) -> Result<u64, StepError> {
        let item = self.new_item(conversation, what, cargo)?;
        self.put_item(&item)?;
        Ok(item.number)
    }

    /// Whether a person may put something more into a queue. What a device must do is never refused for that: a seal is
    /// met, a message read, however much waits.
    pub(crate) fn has_room(&mut self, queue: Option<&[u8]>) -> Result<(), StepError> {
        let queue = queue.unwrap_or(POST);
        let number = self.number()?;
        // numbers only grow: a queue that spans less than the limit need not be counted
        let first = self.s.first_ord(Table::Outbox, queue)?.unwrap_or(number);
        if number.saturating_sub(first) >= MAX_WAITING && self.s.count(Table::Outbox, queue)? >= MAX_WAITING {
            return Err(Trouble::TooLong { limit: MAX_WAITING }.into());
        }
        Ok(())
    }

    fn new_item(&mut self, conversation: Option<&[u8]>, what: WaitingKind, cargo: Cargo) -> Result<Item, StepError> {
        self.living()?;
        let number = self.number()?;
        Ok(Item {
            number,
            conversation: conversation.map(<[u8]>::to_vec),
            what,
            since: self.now,
            trouble: None,
            not_before: None,
            cargo,
        })
    }

    pub(crate) fn put_item(&self, item: &Item) -> Result<(), StepError> {
        let scope = item.conversation.as_deref().unwrap_or(POST);
        Ok(self.s.put(Table::Outbox, &item.number.to_be_bytes(), scope, item.number, item)?)
    }

    pub(crate) fn item(&self, number: u64) -> Result<Option<Item>, StepError> {
        Ok(self.s.get(Table::Outbox, &number.to_be_bytes())?)
    }

    pub(crate) fn drop_item(&self, number: u64) -> Result<(), StepError> {
        self.s.delete(Table::Outbox, &number.to_be_bytes())?;
        Ok(())
    }

    /// Puts a content into a conversation's queue. While the relay is being followed and nothing before it must be made
    /// first, its entry is made in the same step.
    pub(crate) fn enqueue_content(
        &mut self,
        conversation: &[u8],
        what: WaitingKind,
        kind: content::content::Kind,
        blob: Option<ByteBuf>,
    ) -> Result<Item, StepError> {
        let id = ContentId::new(lacre_ground::random::bytes(self.rng));
        self.enqueue_content_as(id, conversation, what, kind, blob)
    }

    pub(crate) fn enqueue_content_as(
        &mut self,
        id: ContentId,
        conversation: &[u8],
        what: WaitingKind,
        kind: content::content::Kind,
        blob: Option<ByteBuf>,
    ) -> Result<Item, StepError> {
        let stays_s = match &kind {
            content::content::Kind::Text(_) | content::content::Kind::File(_) => self.stays_in(conversation)?,
            _ => 0,
        };
        let content = content::Content { id: id.as_bytes().to_vec(), sent_at_ms: self.now.get(), stays_s, kind: Some(kind) };
        let bytes = content.encode_to_vec();
        let last = self.s.last_ord(Table::Outbox, conversation)?;
        let cargo = Cargo::Content { content: bytes.clone(), id, blob, prepared: None };
        let mut item = self.new_item(Some(conversation), what, cargo)?;
        if self.following
            && let Some(mut conv) = self.goes_at_once(conversation, last, &content)?
            && let Cargo::Content { prepared, .. } = &mut item.cargo
        {
            *prepared = Some(self.encrypt(conversation, &mut conv, item.number, &bytes)?);
            self.put_conv(conversation, &mut conv)?;
            self.reached("send: encrypted")?;
        }
        self.put_item(&item)?;
        Ok(item)
    }

    /// How long stays what is written there now: each send asks, so nothing is copied for the answer.
    fn stays_in(&mut self, id: &[u8]) -> Result<u32, StepError> {
        match self.cache.convs.get(id) {
            Some(conv) => Ok(conv.stays_s),
            None => Ok(self.conv(id)?.stays_s),
        }
    }

    /// The conversation, if a new content's entry may be made now: everything before it in the queue is made (`last` is
    /// the queue's last item).
    fn goes_at_once(&mut self, id: &[u8], last: Option<u64>, content: &content::Content) -> Result<Option<Conv>, StepError> {
        let conv = self.conv(id)?;
        let ready = conv.standing == Standing::Active
            && conv.channel.opened
            && !conv.put_back
            && conv.channel.made < conv.channel.met + MADE_AHEAD;
        let behind_made = last.is_none_or(|last| last == conv.channel.made_item);
        Ok((ready && behind_made && self.may_say(id, &conv, content.kind.as_ref())?).then_some(conv))
    }

    /// The next thing that the network is to do for this conversation, prepared so that it can be repeated.
    pub(crate) fn next_ready(&mut self, id: &[u8]) -> Result<Ready, StepError> {
        loop {
            let mut conv = self.conv(id)?;
            if conv.standing != Standing::Active || !conv.channel.opened {
                return Ok(Ready::Nothing);
            }
            let may_write = self.may_write(id, &conv)?;
            // one row after the other: a queue may be long, and what is not its head is of no interest
            let mut head = None;
            let mut from = conv.channel.acked_item + 1;
            while head.is_none() {
                let next: Vec<(u64, Item)> = self.s.scan(Table::Outbox, id, from, 1)?;
                let Some((number, item)) = next.into_iter().next() else { break };
                from = number + 1;
                // what may not be written now waits; what keeps the conversation alive goes past it
                if !may_write
                    && matches!(item.cargo, Cargo::Content { prepared: None, .. })
                    && roles::speaks(waiting_kind(&item).as_ref())
                {
                    if item.trouble.is_none() {
                        self.in_trouble(number, &Trouble::MayNotWrite.to_string(), None)?;
                    }
                    continue;
                }
                match &item.cargo {
                    Cargo::Seal { prepared: Some(Prepared { seq: Some(_), .. }), .. } => return Ok(Ready::Nothing),
                    Cargo::Content { prepared: Some(Prepared { seq: Some(_), .. }), .. } => {}
                    Cargo::Content { .. } | Cargo::Seal { .. } => head = Some(item),
                    Cargo::Upload { authority, blob } => {
                        return Ok(Ready::Upload { number: item.number, at: authority.clone(), blob: *blob });
                    }
                    Cargo::Envelope { .. } | Cargo::Held { .. } => {}
                }
            }
            let Some(mut item) = head else { return Ok(Ready::Nothing) };
            if item.not_before.is_some_and(|t| t > self.now) {
                return Ok(Ready::Nothing);
            }
            let number = item.number;
            let ready = match &mut item.cargo {
                Cargo::Content { content, prepared, .. } => {
                    if prepared.is_none() {
                        let content = content.clone();
                        *prepared = Some(self.encrypt(id, &mut conv, number, &content)?);
                        self.reached("send: encrypted")?;
                        self.put_item(&item)?;
                        self.put_conv(id, &mut conv)?;
                    }
                    true
                }
                Cargo::Seal { intent: Intent::Add { wanted, .. }, .. } if !wanted.is_empty() => {
                    let account = wanted.first().copied().ok_or(StepError::Again("no one wanted".into()))?;
                    return Ok(Ready::Claim { number, account, suite: group::suite_number(conv.suite) });
                }
                Cargo::Seal { intent, prepared } => {
                    if prepared.as_ref().is_some_and(|p| p.seq.is_none()) && !self.still_good(id)? {
                        *prepared = None;
                        self.put_item(&item)?;
                        continue;
                    }
                    if prepared.is_some() {
                        true
                    } else if let Some(made) = self.build_seal(id, &mut conv, intent)? {
                        *prepared = Some(made);
                        self.reached("commit: built")?;
                        self.put_item(&item)?;
                        self.put_conv(id, &mut conv)?;
                        true
                    } else {
                        self.drop_item(number)?;
                        false
                    }
                }
                Cargo::Upload { .. } | Cargo::Envelope { .. } | Cargo::Held { .. } => false,
            };
            if !ready {
                continue;
            }
            let (prepared, seal) = match &item.cargo {
                Cargo::Content { prepared: Some(p), .. } => (p, false),
                Cargo::Seal { prepared: Some(p), .. } => (p, true),
                _ => return Ok(Ready::Nothing),
            };
            let (entry, ciphertext, seal) = match prepared.parts.iter().find(|p| p.seq.is_none()) {
                Some(part) => (part.entry, &part.ciphertext, false),
                None => (prepared.entry, &prepared.ciphertext, seal),
            };
            let request = wire::AppendRequest {
                channel: prepared.channel.as_bytes().to_vec(),
                append_token: conv.channel.append.expose().to_vec(),
                entry_id: entry.as_bytes().to_vec(),
                read_to: conv.channel.read_to(),
                ciphertext: ciphertext.clone().into(),
                seal,
                receipt: false,
                stamp: Vec::new(),
            };
            return Ok(Ready::Append { number, at: self.ours(&conv.authority)?, request });
        }
    }

    /// Whether the group lets this account write now.
    pub(crate) fn may_write(&mut self, id: &[u8], conv: &Conv) -> Result<bool, StepError> {
        let own = self.own()?.account;
        Ok(conv.may_write == Who::Everyone || self.members(id)?.admins.contains(&own))
    }

    /// Whether a content of this account is shown in the present epoch: [`roles::may_say`] for the own account.
    pub(crate) fn may_say(&mut self, id: &[u8], conv: &Conv, kind: Option<&content::content::Kind>) -> Result<bool, StepError> {
        Ok(!roles::speaks(kind) || self.may_write(id, conv)?)
    }

    /// {encrypt, advance ratchet and n}: the caller stores item and conversation in the same step.
    fn encrypt(&mut self, id: &[u8], conv: &mut Conv, number: u64, content: &[u8]) -> Result<Prepared, StepError> {
        let own = self.own()?;
        let signer = self.signer()?;
        let entry = self.next_entry_id(conv)?;
        let group_id = self.group_of(id)?;
        let statement = content_statement(own.account, own.device, &group_id, conv.channel.id, entry, content);
        let signature = signer.sign(&statement).map_err(|e| StepError::Again(format!("{e:?}")))?;
        let signed = content::SignedContent { content: content.to_vec(), signature: signature.clone() }.encode_to_vec();
        let mut mls = self.take_group(id)?;
        let provider = self.provider();
        let message = mls.create_message(&provider, &*signer, &signed).map_err(|e| StepError::Again(e.to_string()))?;
        let bytes = message.tls_serialize_detached().map_err(|e| StepError::Again(e.to_string()))?;
        let ciphertext = seal_entry(&conv.channel.entry_key.0, conv.channel.id, entry, false, &bytes, self.rng);
        self.keep(mls);
        conv.channel.made_item = conv.channel.made_item.max(number);
        Ok(Prepared {
            channel: conv.channel.id,
            entry,
            ciphertext,
            seq: None,
            welcome: None,
            parts: Vec::new(),
            signature: Some(ByteBuf::from(signature)),
        })
    }

    pub(super) fn next_entry_id(&mut self, conv: &mut Conv) -> Result<EntryId, StepError> {
        let own = self.own()?;
        let entry = own_entry_id(&own.profile_secret.0, &conv.channel.id, conv.channel.made);
        conv.channel.made += 1;
        Ok(entry)
    }

    /// The item that an own entry was made for: entries are made, stored and met in the queue's order.
    pub(crate) fn item_of(&mut self, id: &[u8], conv: &Conv, entry: EntryId) -> Result<Option<Item>, StepError> {
        let mut from = conv.channel.met_item + 1;
        loop {
            let next: Vec<(u64, Item)> = self.s.scan(Table::Outbox, id, from, 1)?;
            let Some((number, item)) = next.into_iter().next() else { return Ok(None) };
            if Self::prepared(&item).is_some_and(|p| p.channel == conv.channel.id && p.entry == entry) {
                return Ok(Some(item));
            }
            from = number + 1;
        }
    }

    /// The relay has stored an item of a conversation's queue.
    pub(crate) fn acknowledged(&mut self, id: &[u8], number: u64, entry: &[u8], seq: u64) -> Result<(), StepError> {
        let Some(mut item) = self.item(number)? else { return Ok(()) };
        let mut conv = self.conv(id)?;
        if let Cargo::Seal { prepared: Some(p), .. } = &mut item.cargo
            && p.channel == conv.channel.id
            && let Some(part) = p.parts.iter_mut().find(|part| part.entry.as_bytes() == entry)
        {
            part.seq = Some(seq);
            conv.channel.acked = conv.channel.acked.max(seq);
            item.trouble = None;
            self.put_item(&item)?;
            self.put_conv(id, &mut conv)?;
            return self.reached("commit: part stored");
        }
        if let Cargo::Content { prepared: Some(p), .. } | Cargo::Seal { prepared: Some(p), .. } = &mut item.cargo
            && p.entry.as_bytes() == entry
            && p.channel == conv.channel.id
        {
            p.seq = Some(seq);
            conv.channel.acked = conv.channel.acked.max(seq);
            item.trouble = None;
            self.put_item(&item)?;
            // a seal stays in the way until it is met; and while not everything may be written, something may wait before this
            if matches!(item.cargo, Cargo::Content { .. }) && self.may_write(id, &conv)? {
                conv.channel.acked_item = conv.channel.acked_item.max(number);
            }
            self.put_conv(id, &mut conv)?;
        }
        self.reached("send: marked")
    }

    /// An item cannot go out now; it stays.
    pub(crate) fn in_trouble(
        &mut self,
        number: u64,
        why: &str,
        not_before: Option<lacre_ground::time::Millis>,
    ) -> Result<(), StepError> {
        if let Some(mut item) = self.item(number)? {
            item.trouble = Some(why.to_owned());
            item.not_before = not_before;
            self.put_item(&item)?;
        }
        Ok(())
    }

    /// Own contents of a conversation that no one has met yet, as messages.
    pub(crate) fn pending_messages(&mut self, id: &[u8]) -> Result<Vec<Message>, StepError> {
        let waiting: Vec<(u64, Item)> = self.s.scan(Table::Outbox, id, 0, usize::MAX)?;
        let mut out = Vec::new();
        for (_, item) in waiting {
            out.extend(self.pending_message(id, item)?);
        }
        Ok(out)
    }

    /// An item of the queue as a message, if it is one that people see.
    pub(crate) fn pending_message(&mut self, id: &[u8], item: Item) -> Result<Option<Message>, StepError> {
        let Some(content) = waiting_content(&item) else { return Ok(None) };
        let stays = stays(content.stays_s, None);
        let Some(kind) = content.kind else { return Ok(None) };
        let answered = answered(&kind);
        let (Some(body), Cargo::Content { id: content, prepared, .. }) = (body_of(kind), item.cargo) else { return Ok(None) };
        let own = self.own()?;
        let reply_to = match answered {
            Some(answered) => {
                let members = self.members(id)?;
                Some(self.quoted(id, &members, answered)?)
            }
            None => None,
        };
        let stored = prepared.is_some_and(|p| p.seq.is_some());
        Ok(Some(Message {
            id: content,
            conversation: ConversationId(id.to_vec()),
            position: None,
            sender: own.account,
            sender_handle: Some(own.handle.clone()),
            whom_handle: None,
            own: true,
            sent_at: item.since,
            accepted_at: None,
            delivery: if stored { Delivery::Stored } else { Delivery::Waiting },
            body,
            reply_to,
            edited_at: None,
            reactions: Vec::new(),
            stays,
            receipts: Vec::new(),
        }))
    }

    /// What was just put into a conversation's queue, as a message.
    pub(crate) fn queued_message(&mut self, id: &[u8], item: Item) -> Result<Message, StepError> {
        self.pending_message(id, item)?.ok_or(StepError::Trouble(Trouble::NoSuchMessage))
    }
}

/// The content that an item carries.
fn waiting_content(item: &Item) -> Option<content::Content> {
    let Cargo::Content { content, .. } = &item.cargo else { return None };
    content::Content::decode(content.as_slice()).ok()
}

/// What the content of an item is.
pub(crate) fn waiting_kind(item: &Item) -> Option<content::content::Kind> {
    waiting_content(item)?.kind
}

/// How long a message stays, if not for ever.
pub(crate) fn stays(seconds: u32, until: Option<lacre_ground::time::Millis>) -> Option<Stays> {
    (seconds > 0).then_some(Stays { seconds, until })
}
