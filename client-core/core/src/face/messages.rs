//! What is written and read.

use super::Client;
use crate::history::Stored;
use crate::messages::{Export, Found, MAX_SIGN, Outgoing, Query};
use crate::network::Network;
use crate::words::{Conversation, ConversationId, Message, MessageTrouble, Trouble};
use crate::{history, messages, people, shelf, sync, views};
use content::content::Kind;
use core::time::Duration;
use lacre_ground::ids::{AccountId, ContentId};
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use std::io::{Read, Write};
use unicode_segmentation::UnicodeSegmentation as _;

impl Client {
    /// Puts a text into the queue that answers a message.
    ///
    /// # Errors
    /// As [`Client::send_text`].
    pub fn reply(&mut self, to: &Message, text: &str) -> Result<Message, Trouble> {
        messages::send_text_to(&mut self.engine, &to.conversation, text, Some(to))
    }

    /// Puts another text in the place of an own one, for everybody.
    ///
    /// # Errors
    /// [`MessageTrouble::NotYours`](crate::MessageTrouble::NotYours), [`MessageTrouble::NotChangeable`](crate::MessageTrouble::NotChangeable) (not a text), [`MessageTrouble::Empty`](crate::MessageTrouble::Empty), [`MessageTrouble::TooLong`](crate::MessageTrouble::TooLong).
    pub fn edit(&mut self, message: &Message, text: &str) -> Result<(), Trouble> {
        messages::edit(&mut self.engine, message, text)
    }

    /// Takes an own message back, for everybody whose program obeys. A text that has not left this device is not sent at all.
    ///
    /// # Errors
    /// [`MessageTrouble::NotYours`](crate::MessageTrouble::NotYours), [`MessageTrouble::NotChangeable`](crate::MessageTrouble::NotChangeable).
    pub fn delete(&mut self, message: &Message) -> Result<(), Trouble> {
        messages::delete(&mut self.engine, message)
    }

    /// Forgets a message on this device only. Others keep it, and are not told.
    ///
    /// # Errors
    /// [`MessageTrouble::NotChangeable`](crate::MessageTrouble::NotChangeable), [`MessageTrouble::NoSuchMessage`](crate::MessageTrouble::NoSuchMessage) (it waits: take it out of the outbox).
    pub fn forget(&mut self, message: &Message) -> Result<(), Trouble> {
        sync::forget(&mut self.engine, message)
    }

    /// Puts a sign beside a message; an empty one takes it back.
    ///
    /// # Errors
    /// [`MessageTrouble::NotASign`](crate::MessageTrouble::NotASign) unless it is one character as people count them, [`MessageTrouble::NotChangeable`](crate::MessageTrouble::NotChangeable).
    pub fn react(&mut self, message: &Message, sign: &str) -> Result<(), Trouble> {
        messages::changeable(message)?;
        let one = sign.graphemes(true).count() <= 1 && sign.len() <= MAX_SIGN && !sign.chars().any(char::is_control);
        if !one || (!sign.is_empty() && sign.trim().is_empty()) {
            return Err(MessageTrouble::NotASign.into());
        }
        messages::change(&mut self.engine, message, |target| {
            let target_by = message.sender.as_bytes().to_vec();
            Kind::Reaction(content::Reaction { target: target.id.as_bytes().to_vec(), target_by, sign: sign.to_owned() })
        })
    }

    /// A message by its id, if this profile has it.
    pub fn message(&mut self, conversation: &ConversationId, id: ContentId) -> Result<Option<Message>, Trouble> {
        sync::vanish_due(&mut self.engine)?;
        self.engine.run(|cx| {
            let Some(stored) = history::called(cx, conversation, id)? else { return Ok(None) };
            let members = shelf::members(cx, conversation)?;
            views::message_view(cx, conversation, &members, stored.place.position, stored).map(Some)
        })
    }

    /// All conversations, the newest first.
    pub fn conversations(&mut self) -> Result<Vec<Conversation>, Trouble> {
        views::conversations(&mut self.engine)
    }

    /// One conversation.
    pub fn conversation(&mut self, id: &ConversationId) -> Result<Conversation, Trouble> {
        views::conversation(&mut self.engine, id)
    }

    /// Puts a text into a conversation's queue.
    ///
    /// # Errors
    /// [`MessageTrouble::Empty`](crate::MessageTrouble::Empty), [`MessageTrouble::TooLong`](crate::MessageTrouble::TooLong) above 65,536 bytes, [`MessageTrouble::NoSuchConversation`](crate::MessageTrouble::NoSuchConversation), [`MessageTrouble::NotActive`](crate::MessageTrouble::NotActive).
    pub fn send_text(&mut self, conversation: &ConversationId, text: &str) -> Result<Message, Trouble> {
        messages::send_text(&mut self.engine, conversation, text)
    }

    /// Keeps a text for a contact that has not accepted yet; with a conversation it is sent there at once.
    pub fn send_to_contact(&mut self, account: &AccountId, text: &str) -> Result<(), Trouble> {
        people::send_to(&mut self.engine, account, text)
    }

    /// The history from a position on, in the order that all members share.
    pub fn history(&mut self, conversation: &ConversationId, from_position: u64, limit: usize) -> Result<Vec<Message>, Trouble> {
        sync::vanish_due(&mut self.engine)?;
        self.engine.run(|cx| {
            shelf::conv(cx, conversation)?;
            let rows: Vec<(u64, Stored)> = cx.s.scan(Table::Message, conversation.as_bytes(), from_position, limit)?;
            let members = shelf::members(cx, conversation)?;
            rows.into_iter().map(|(position, stored)| views::message_view(cx, conversation, &members, position, stored)).collect()
        })
    }

    /// Everything through this position was read by the person: what does not stay begins to fade, and who may know it is told
    /// with the next synchronisation, if the person wants that.
    pub fn mark_read(&mut self, conversation: &ConversationId, through: u64) -> Result<(), Trouble> {
        messages::mark_read(&mut self.engine, conversation, through)
    }

    /// The message whose id begins so (hexadecimal, at least four characters).
    pub fn find_message(&mut self, prefix: &str) -> Result<Message, Trouble> {
        sync::vanish_due(&mut self.engine)?;
        messages::find_message(&mut self.engine, prefix)
    }

    /// A conversation with its proofs. Without a relay everything but the receipts.
    ///
    /// # Errors
    /// [`MessageTrouble::NoSuchConversation`](crate::MessageTrouble::NoSuchConversation), [`Trouble::Offline`] when the relay went away between two receipts.
    pub fn export(&mut self, net: Option<&mut dyn Network>, id: &ConversationId) -> Result<Export, Trouble> {
        sync::export(&mut self.engine, net, id)
    }

    /// Encrypts a file into the profile and puts it into the conversation's queue. `size` is what `content` gives, exactly.
    ///
    /// # Errors
    /// [`FileTrouble::TooLarge`](crate::FileTrouble::TooLarge) above 100 MiB, [`FileTrouble::BadName`](crate::FileTrouble::BadName) without a name or with one above 255 bytes,
    /// [`FileTrouble::Io`](crate::FileTrouble::Io) when it cannot be read or is longer or shorter than `size`: nothing is sent then.
    pub fn send_file(
        &mut self,
        conversation: &ConversationId,
        name: &str,
        content: &mut dyn Read,
        size: u64,
    ) -> Result<Message, Trouble> {
        let sent = self.send_all(conversation, None, vec![Outgoing { name, content, size }])?;
        sent.into_iter().next().ok_or_else(|| MessageTrouble::Empty.into())
    }

    /// Puts a text and files into a conversation's queue, in this order, in one step: all of them, or none on any error.
    ///
    /// # Errors
    /// As [`Client::send_text`] and [`Client::send_file`].
    pub fn send_all(
        &mut self,
        conversation: &ConversationId,
        text: Option<&str>,
        files: Vec<Outgoing<'_>>,
    ) -> Result<Vec<Message>, Trouble> {
        messages::send_all(&mut self.engine, conversation, text, files)
    }

    /// Fetches the file of a message, checks it, and writes its content; gives its length. From [`RESUMED_FROM`](crate::limits::RESUMED_FROM) bytes on a
    /// further try goes on where one before broke off.
    ///
    /// # Errors
    /// [`FileTrouble::NotAFile`](crate::FileTrouble::NotAFile), [`Trouble::Offline`], [`FileTrouble::Damaged`](crate::FileTrouble::Damaged): what was written until then is to be thrown away.
    /// [`Trouble::Refused`] with NOT_PERMITTED when the relay no longer keeps it.
    pub fn save_file(&mut self, net: &mut dyn Network, message: &Message, to: &mut dyn Write) -> Result<u64, Trouble> {
        messages::save_file(&mut self.engine, net, message, to)
    }

    /// The messages and names of files that have all these words; at most `limit` ([`MAX_FOUND`](crate::limits::MAX_FOUND)) of the newest. What
    /// still waits in the outbox is not searched.
    ///
    /// # Errors
    /// [`MessageTrouble::Empty`](crate::MessageTrouble::Empty) without a letter or digit, [`MessageTrouble::TooLong`](crate::MessageTrouble::TooLong) above [`MAX_QUERY`](crate::limits::MAX_QUERY), [`MessageTrouble::NoSuchConversation`](crate::MessageTrouble::NoSuchConversation).
    pub fn search(&mut self, query: &Query, limit: usize) -> Result<Found, Trouble> {
        sync::vanish_due(&mut self.engine)?;
        messages::search(&mut self.engine, query, limit)
    }

    /// Says how long stays what is written in a conversation from now on; none for ever. In a group for admins, in a
    /// conversation of two for both. Goes out with the next synchronisation.
    ///
    /// # Errors
    /// [`MessageTrouble::TooLong`](crate::MessageTrouble::TooLong) above [`LONGEST_STAY`](crate::limits::LONGEST_STAY), [`MessageTrouble::Empty`](crate::MessageTrouble::Empty) below a second, [`GroupTrouble::NotAdmin`](crate::GroupTrouble::NotAdmin).
    pub fn let_vanish(&mut self, conversation: &ConversationId, after: Option<Duration>) -> Result<(), Trouble> {
        messages::let_vanish(&mut self.engine, conversation, after)
    }
}
