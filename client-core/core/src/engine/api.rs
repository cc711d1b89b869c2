//! What an application calls that needs no network: reading the profile, and putting things where they wait.

use super::history::body_of;
use super::outbox::{self, MAX_TEXT, POST};
use super::people::{MAX_REQUEST, held_scope};
use super::records::{Cargo, ContactRow, Conv, Item, Members, Stored};
use super::view::{
    Body, Contact, ContactState, Conversation, ConversationId, Delivery, Event, Member, Message, Reaction, Standing, Waiting,
    WaitingKind,
};
use super::{Client, Cx, StepError, Trouble};
use crate::network::Network;
use lacre_ground::ids::{AccountId, ContentId, Handle};
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use lacre_proto::relay::v1 as wire;
use serde_bytes::ByteBuf;

impl Client {
    /// Looks somebody up and puts a contact request into the post. When they asked before, this is a yes.
    ///
    /// # Errors
    /// [`Trouble::NoSuchAccount`], [`Trouble::Offline`] (the directory must be asked), [`Trouble::TooLong`].
    pub fn contact_add(&mut self, net: &mut dyn Network, handle: &Handle, text: &str) -> Result<Contact, Trouble> {
        if text.len() > MAX_REQUEST {
            return Err(Trouble::TooLong { limit: 500 });
        }
        let own = self.own()?;
        if own.handle == *handle {
            return Err(Trouble::NoSuchAccount);
        }
        let entry = self.directory(net, wire::lookup_request::Who::Handle(handle.as_str().to_owned()))?;
        self.run(|cx| {
            let known = cx.learn_account(&entry)?;
            if known.handle != *handle {
                return Err(Trouble::Protocol("the directory answered with another account".into()).into());
            }
            let row = cx.ask(&known, text, None)?;
            cx.contact_view(row)
        })
    }

    /// What the directory says of a name or an account.
    pub(super) fn directory(
        &mut self,
        net: &mut dyn Network,
        who: wire::lookup_request::Who,
    ) -> Result<wire::DirectoryEntry, Trouble> {
        let own = self.own()?;
        let at = super::authority(&own.authority).map_err(StepError::into_trouble)?;
        let answer = self.with_stamp(net, |net, stamp| net.lookup(&at, wire::LookupRequest { who: Some(who.clone()), stamp }));
        match answer {
            Ok(answer) => answer.entry.ok_or(Trouble::Protocol("an answer without entry".into())),
            Err(Trouble::Refused(r)) if r.reason == crate::network::Reason::NoAccount => Err(Trouble::NoSuchAccount),
            Err(Trouble::Refused(r)) if r.reason == crate::network::Reason::Paused => Err(Trouble::Paused),
            Err(e) => Err(e),
        }
    }

    /// Says yes to a request: the conversation of two begins.
    pub fn contact_accept(&mut self, account: &AccountId) -> Result<Contact, Trouble> {
        self.run(|cx| {
            let row = cx.accept(*account)?;
            cx.contact_view(row)
        })
    }

    /// Says no. The other is not told.
    pub fn contact_decline(&mut self, account: &AccountId) -> Result<Contact, Trouble> {
        self.run(|cx| {
            let mut row = cx.contact(*account)?.ok_or(StepError::Trouble(Trouble::NoSuchContact))?;
            if row.state == ContactState::Asking {
                row.state = ContactState::Declined;
                cx.put_contact(&row)?;
            }
            cx.contact_view(row)
        })
    }

    /// All contacts and requests, oldest first.
    pub fn contacts(&mut self) -> Result<Vec<Contact>, Trouble> {
        self.run(|cx| {
            cx.own()?;
            let mut rows: Vec<(u64, ContactRow)> = cx.s.scan(Table::Contact, b"", 0, usize::MAX)?;
            rows.sort_by_key(|(_, row)| row.since);
            rows.into_iter().map(|(_, row)| cx.contact_view(row)).collect()
        })
    }

    /// All conversations, the newest first.
    pub fn conversations(&mut self) -> Result<Vec<Conversation>, Trouble> {
        self.run(|cx| {
            cx.own()?;
            let mut all = Vec::new();
            for id in cx.conversation_ids()? {
                all.push(cx.conversation_view(&id)?);
            }
            all.sort_by_key(|c| std::cmp::Reverse(c.newest_at));
            Ok(all)
        })
    }

    /// One conversation.
    pub fn conversation(&mut self, id: &ConversationId) -> Result<Conversation, Trouble> {
        self.run(|cx| cx.conversation_view(&id.0))
    }

    /// Puts a text into a conversation's queue.
    ///
    /// # Errors
    /// [`Trouble::Empty`], [`Trouble::TooLong`] above 65,536 bytes, [`Trouble::NoSuchConversation`], [`Trouble::NotActive`].
    pub fn send_text(&mut self, conversation: &ConversationId, text: &str) -> Result<Message, Trouble> {
        self.send_text_to(conversation, text, None)
    }

    pub(crate) fn send_text_to(
        &mut self,
        conversation: &ConversationId,
        text: &str,
        reply_to: Option<ContentId>,
    ) -> Result<Message, Trouble> {
        check_text(text)?;
        self.run(|cx| {
            cx.writable(&conversation.0)?;
            let reply_to = reply_to.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
            let kind = content::content::Kind::Text(content::Text { text: text.to_owned(), reply_to });
            cx.has_room(Some(&conversation.0))?;
            let sent = cx.enqueue_content(&conversation.0, WaitingKind::Text, kind, None)?;
            cx.reached("send: stored")?;
            cx.queued_message(&conversation.0, sent)
        })
    }

    /// Keeps a text for a contact that has not accepted yet; with a conversation it is sent there at once.
    pub fn send_to_contact(&mut self, account: &AccountId, text: &str) -> Result<(), Trouble> {
        check_text(text)?;
        let row = self.run(|cx| cx.contact(*account))?.ok_or(Trouble::NoSuchContact)?;
        if row.blocked.is_some() {
            return Err(Trouble::NotActive(Standing::Blocked));
        }
        if row.replaced.is_some() {
            return Err(Trouble::NewAccount);
        }
        match (row.state, row.conversation) {
            (ContactState::Accepted, Some(id)) => self.send_text(&ConversationId(id), text).map(|_| ()),
            (ContactState::Accepted | ContactState::Asked, _) => {
                self.run(|cx| cx.hold(*account, text.to_owned(), None)).map(|_| ())
            }
            (ContactState::Asking | ContactState::Declined | ContactState::NotTaken, _) => Err(Trouble::NotAccepted),
        }
    }

    /// The history from a position on, in the order that all members share.
    pub fn history(&mut self, conversation: &ConversationId, from_position: u64, limit: usize) -> Result<Vec<Message>, Trouble> {
        self.vanish_due()?;
        self.run(|cx| {
            cx.conv(&conversation.0)?;
            let rows: Vec<(u64, Stored)> = cx.s.scan(Table::Message, &conversation.0, from_position, limit)?;
            let members = cx.members(&conversation.0)?;
            rows.into_iter().map(|(position, stored)| cx.message_view(&conversation.0, &members, position, stored)).collect()
        })
    }

    /// Own messages that still wait, in the order in which they will go out.
    pub fn pending(&mut self, conversation: &ConversationId) -> Result<Vec<Message>, Trouble> {
        self.run(|cx| cx.pending_messages(&conversation.0))
    }

    /// Everything through this position was read by the person: what does not stay begins to fade, and who may know it is told
    /// with the next synchronisation, if the person wants that.
    pub fn mark_read(&mut self, conversation: &ConversationId, through: u64) -> Result<(), Trouble> {
        self.run(|cx| {
            let mut conv = cx.conv(&conversation.0)?;
            if through > conv.read_through {
                let through = through.min(conv.position);
                cx.owe_read(&conversation.0, &mut conv, through)?;
                cx.fade_what_was_read(&conversation.0, &conv, conv.read_through + 1, through)?;
                conv.read_through = through;
                cx.put_conv(&conversation.0, &mut conv)?;
            }
            Ok(())
        })
    }

    /// The message whose id begins so (hexadecimal, at least four characters).
    pub fn find_message(&mut self, prefix: &str) -> Result<Message, Trouble> {
        let prefix = prefix.to_ascii_lowercase();
        let start = prefix.get(..4).and_then(|p| data_encoding::HEXLOWER.decode(p.as_bytes()).ok());
        let start = start.ok_or(Trouble::NoSuchMessage)?;
        self.vanish_due()?;
        self.run(|cx| {
            let rows: Vec<(u64, (ByteBuf, ContentId))> = cx.s.scan(Table::MessageIndex, &start, 0, usize::MAX)?;
            let mut found = rows.into_iter().filter(|(_, (_, id))| id.to_string().starts_with(&prefix));
            let (position, (conversation, id)) = found.next().ok_or(StepError::Trouble(Trouble::NoSuchMessage))?;
            if found.next().is_some() {
                return Err(Trouble::AmbiguousPrefix.into());
            }
            let key = [conversation.as_slice(), id.as_bytes()].concat();
            let stored = cx.s.get(Table::Message, &key)?.ok_or(StepError::Trouble(Trouble::NoSuchMessage))?;
            let members = cx.members(&conversation)?;
            cx.message_view(&conversation, &members, position, stored)
        })
    }

    /// What waits for the relay.
    pub fn outbox(&mut self) -> Result<Vec<Waiting>, Trouble> {
        self.run(|cx| {
            let mut items: Vec<Item> = Vec::new();
            for scope in cx.queues()? {
                let rows: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, &scope, 0, usize::MAX)?;
                items.extend(rows.into_iter().map(|(_, item)| item));
            }
            items.sort_by_key(|i| i.number);
            Ok(items.into_iter().filter(|i| !is_stored(i)).map(waiting_view).collect())
        })
    }

    /// Tries an item again at the next synchronisation, without waiting longer.
    pub fn outbox_retry(&mut self, id: u64) -> Result<(), Trouble> {
        self.run(|cx| {
            let mut item = cx.item(id)?.ok_or(StepError::Trouble(Trouble::NoSuchItem))?;
            item.not_before = None;
            cx.put_item(&item)
        })
    }

    /// Takes an item back, if nothing of it has left this machine.
    pub fn outbox_cancel(&mut self, id: u64) -> Result<(), Trouble> {
        self.run(|cx| {
            let item = cx.item(id)?.ok_or(StepError::Trouble(Trouble::NoSuchItem))?;
            if !cancellable(&item) {
                return Err(Trouble::TooLate.into());
            }
            cx.drop_item(id)
        })
    }

    /// Events after a number, oldest first.
    pub fn events(&mut self, after: u64, limit: usize) -> Result<Vec<Event>, Trouble> {
        self.run(|cx| {
            let rows: Vec<(u64, super::records::EventRow)> = cx.s.scan(Table::Event, b"", after.saturating_add(1), limit)?;
            Ok(rows.into_iter().map(|(number, row)| Event { number, at: row.at, what: row.what }).collect())
        })
    }

    /// Events through this number were dealt with: they are not told again.
    pub fn ack_events(&mut self, through: u64) -> Result<(), Trouble> {
        self.run(|cx| {
            let mut acked = None;
            loop {
                let rows = cx.s.scan_bytes(Table::Event, b"", 0, 64)?;
                let dealt_with: Vec<u64> = rows.into_iter().map(|(number, _)| number).filter(|n| *n <= through).collect();
                for number in &dealt_with {
                    cx.s.delete(Table::Event, &number.to_be_bytes())?;
                }
                let Some(last) = dealt_with.last() else { break };
                acked = Some(*last);
            }
            if let Some(acked) = acked {
                cx.s.put(Table::Meta, super::ACKED_EVENT, b"", 0, &acked)?;
            }
            Ok(())
        })
    }

    /// The verified name of an account, as far as this profile knows it.
    pub fn handle_of(&mut self, account: &AccountId) -> Result<Option<Handle>, Trouble> {
        self.run(|cx| cx.name_of(*account))
    }
}

fn check_text(text: &str) -> Result<(), Trouble> {
    if text.is_empty() {
        return Err(Trouble::Empty);
    }
    if text.len() > MAX_TEXT {
        return Err(Trouble::TooLong { limit: 65_536 });
    }
    Ok(())
}

fn is_stored(item: &Item) -> bool {
    Cx::prepared(item).is_some_and(|p| p.seq.is_some())
}

/// An entry that was prepared may have been tried; its id is used up, so it goes out.
fn cancellable(item: &Item) -> bool {
    Cx::prepared(item).is_none() && !matches!(item.cargo, Cargo::Upload { .. } | Cargo::Envelope { .. })
}

fn waiting_view(item: Item) -> Waiting {
    Waiting {
        id: item.number,
        cancellable: cancellable(&item),
        conversation: match &item.cargo {
            Cargo::Held { .. } => None,
            _ => item.conversation.clone().map(ConversationId),
        },
        what: item.what,
        since: item.since,
        trouble: item.trouble,
    }
}

impl Cx<'_, '_> {
    pub(crate) fn active(&mut self, id: &[u8]) -> Result<Conv, StepError> {
        self.living()?;
        let conv = self.conv(id)?;
        match conv.standing {
            // what is written while asking waits until the device is back
            Standing::Active | Standing::AskingToBeReAdded => Ok(conv),
            Standing::Replaced => Err(Trouble::NewAccount.into()),
            other => Err(Trouble::NotActive(other).into()),
        }
    }

    /// Active, and this account may write.
    pub(crate) fn writable(&mut self, id: &[u8]) -> Result<Conv, StepError> {
        let conv = self.active(id)?;
        if self.may_write(id, &conv)? { Ok(conv) } else { Err(Trouble::MayNotWrite.into()) }
    }

    /// Every queue that may hold something.
    fn queues(&mut self) -> Result<Vec<Vec<u8>>, StepError> {
        let mut scopes = vec![POST.to_vec()];
        scopes.extend(self.conversation_ids()?);
        let contacts: Vec<(u64, ContactRow)> = self.s.scan(Table::Contact, b"", 0, usize::MAX)?;
        scopes.extend(contacts.iter().map(|(_, c)| held_scope(c.account)));
        Ok(scopes)
    }

    pub(super) fn conversation_view(&mut self, id: &[u8]) -> Result<Conversation, StepError> {
        let conv = self.conv(id)?;
        let own = self.own()?;
        let stored = self.members(id)?;
        let mut members = Vec::new();
        for (account, device) in &stored.devices {
            members.push(Member {
                account: *account,
                device: *device,
                handle: self.name_in(&stored, *account)?,
                admin: stored.admins.contains(account),
                own: *device == own.device && *account == own.account,
            });
        }
        let waiting: Vec<(u64, Item)> = self.s.scan(Table::Outbox, id, 0, usize::MAX)?;
        let waiting = waiting.iter().filter(|(_, i)| !is_stored(i) && outbox::waiting_kind(i).and_then(body_of).is_some());
        Ok(Conversation {
            id: ConversationId(id.to_vec()),
            kind: conv.kind,
            name: conv.name,
            description: conv.description,
            may_add: conv.may_add,
            may_write: conv.may_write,
            stays_s: conv.stays_s,
            members,
            peer: match conv.peer {
                Some(peer) => self.name_in(&stored, peer)?,
                None => None,
            },
            suite: conv.suite,
            epoch: stored.epoch,
            epoch_authenticator: stored.authenticator.clone(),
            standing: conv.standing,
            messages: conv.position,
            unread: conv.position.saturating_sub(conv.read_through),
            waiting: u64::try_from(waiting.count()).unwrap_or(u64::MAX),
            newest_at: conv.newest_at,
        })
    }

    pub(crate) fn message_view(
        &mut self,
        id: &[u8],
        members: &Members,
        position: u64,
        stored: Stored,
    ) -> Result<Message, StepError> {
        let own = self.own()?;
        let whom_handle = match &stored.body {
            Body::Added { whom }
            | Body::Removed { whom }
            | Body::ReAdded { whom }
            | Body::NewAccount { whom }
            | Body::AdminMade { whom }
            | Body::AdminUnmade { whom }
            | Body::Succeeded { left_out: Some(whom) } => self.name_in(members, *whom)?,
            _ => None,
        };
        let reply_to = match stored.place.reply_to {
            Some(answered) => Some(self.quoted(id, members, answered)?),
            None => None,
        };
        let is_own = stored.sender == own.account;
        let receipts = if is_own && stored.is_content() { self.receipts_of(members, position)? } else { Vec::new() };
        let mut reactions = Vec::new();
        for (account, sign) in stored.place.reactions {
            reactions.push(Reaction { account, handle: self.name_in(members, account)?, sign });
        }
        Ok(Message {
            id: stored.id,
            conversation: ConversationId(id.to_vec()),
            position: Some(position),
            sender: stored.sender,
            sender_handle: self.name_in(members, stored.sender)?,
            whom_handle,
            own: is_own,
            sent_at: stored.sent_at,
            accepted_at: Some(stored.accepted_at),
            delivery: Delivery::Stored,
            body: stored.body,
            reply_to,
            edited_at: stored.place.edited_at,
            reactions,
            stays: outbox::stays(stored.place.stays_s, stored.place.gone_at),
            receipts,
        })
    }
}
