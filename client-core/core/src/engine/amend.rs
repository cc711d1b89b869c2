//! What changes a message that is there already: edits, deletions, reactions (PROTOCOL.md, 17).
//!
//! | change | whose message | what | what it does |
//! |---|---|---|---|
//! | edit | one's own | a text | the new text stands in its place, marked; the proof is that of the newest |
//! | deletion | one's own | a text or file | nothing of it is kept: text, name, key of the file, proof, reactions |
//! | reaction | anybody's | a text or file | one sign for each account; a later one replaces it, an empty one takes it back |
//! | forgetting | anybody's | a text or file | as a deletion, on this device only |
//!
//! A change that this table does not allow changes nothing at any member, and is told as unreadable. One whose message is
//! not here (this device joined later, or has forgotten it) changes nothing, silently.

use super::outbox::MAX_TEXT;
use super::records::{Cargo, Item, Members, Placed, Proof, Stored};
use super::view::{Body, ConversationId, Happening, Message, Quoted, WaitingKind};
use super::{Client, Cx, StepError, Trouble};
use content::content::Kind;
use lacre_ground::ids::{AccountId, ContentId};
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use unicode_segmentation::UnicodeSegmentation as _;

/// Bytes of a reaction's sign.
pub const MAX_SIGN: usize = 64;

impl Client {
    /// Puts a text into the queue that answers a message.
    ///
    /// # Errors
    /// As [`Client::send_text`].
    pub fn reply(&mut self, to: &Message, text: &str) -> Result<Message, Trouble> {
        self.send_text_to(&to.conversation, text, Some(to.id))
    }

    /// Puts another text in the place of an own one, for everybody.
    ///
    /// # Errors
    /// [`Trouble::NotYours`], [`Trouble::NotChangeable`] (not a text), [`Trouble::Empty`], [`Trouble::TooLong`].
    pub fn edit(&mut self, message: &Message, text: &str) -> Result<(), Trouble> {
        if text.is_empty() {
            return Err(Trouble::Empty);
        }
        if text.len() > MAX_TEXT {
            return Err(Trouble::TooLong { limit: 65_536 });
        }
        match &message.body {
            _ if !message.own => return Err(Trouble::NotYours),
            Body::Text(_) => {}
            _ => return Err(Trouble::NotChangeable),
        }
        self.change(message, Kind::Edit(content::Edit { target: message.id.as_bytes().to_vec(), text: text.to_owned() }))
    }

    /// Takes an own message back, for everybody whose program obeys. A text that has not left this device is not sent at all.
    ///
    /// # Errors
    /// [`Trouble::NotYours`], [`Trouble::NotChangeable`].
    pub fn delete(&mut self, message: &Message) -> Result<(), Trouble> {
        changeable(message)?;
        if !message.own {
            return Err(Trouble::NotYours);
        }
        if message.position.is_none() && self.run(|cx| cx.unsend(message))? {
            return Ok(());
        }
        self.change(message, Kind::Delete(content::Delete { target: message.id.as_bytes().to_vec() }))
    }

    /// Forgets a message on this device only. Others keep it, and are not told.
    ///
    /// # Errors
    /// [`Trouble::NotChangeable`], [`Trouble::NoSuchMessage`] (it waits: take it out of the outbox).
    pub fn forget(&mut self, message: &Message) -> Result<(), Trouble> {
        changeable(message)?;
        self.run(|cx| {
            let id = &message.conversation.0;
            let mut stored = cx.stored(id, message.id)?.ok_or(StepError::Trouble(Trouble::NoSuchMessage))?;
            cx.drop_download(&stored)?;
            stored.empty(true);
            *cx.forgot = true;
            cx.put_stored(id, &stored)
        })?;
        self.wipe()
    }

    /// Puts a sign beside a message; an empty one takes it back.
    ///
    /// # Errors
    /// [`Trouble::NotASign`] unless it is one character as people count them, [`Trouble::NotChangeable`].
    pub fn react(&mut self, message: &Message, sign: &str) -> Result<(), Trouble> {
        changeable(message)?;
        let one = sign.graphemes(true).count() <= 1 && sign.len() <= MAX_SIGN && !sign.chars().any(char::is_control);
        if !one || (!sign.is_empty() && sign.trim().is_empty()) {
            return Err(Trouble::NotASign);
        }
        let target = message.id.as_bytes().to_vec();
        self.change(message, Kind::Reaction(content::Reaction { target, sign: sign.to_owned() }))
    }

    /// A message by its id, if this profile has it.
    pub fn message(&mut self, conversation: &ConversationId, id: ContentId) -> Result<Option<Message>, Trouble> {
        self.vanish_due()?;
        self.run(|cx| {
            let Some(stored) = cx.stored(&conversation.0, id)? else { return Ok(None) };
            let members = cx.members(&conversation.0)?;
            cx.message_view(&conversation.0, &members, stored.place.position, stored).map(Some)
        })
    }

    fn change(&mut self, message: &Message, kind: Kind) -> Result<(), Trouble> {
        self.run(|cx| {
            let conv = cx.active(&message.conversation.0)?;
            if !cx.may_say(&message.conversation.0, &conv, Some(&kind))? {
                return Err(Trouble::MayNotWrite.into());
            }
            cx.has_room(Some(&message.conversation.0))?;
            cx.enqueue_content(&message.conversation.0, WaitingKind::Change, kind, None)?;
            cx.reached("send: stored")
        })
    }
}

fn changeable(message: &Message) -> Result<(), Trouble> {
    match message.body {
        Body::Text(_) | Body::File { .. } => Ok(()),
        Body::Added { .. }
        | Body::Removed { .. }
        | Body::ReAdded { .. }
        | Body::NewAccount { .. }
        | Body::Renamed { .. }
        | Body::Described { .. }
        | Body::AdminMade { .. }
        | Body::AdminUnmade { .. }
        | Body::MayAdd(_)
        | Body::MayWrite(_)
        | Body::Stays(_)
        | Body::Refused
        | Body::Succeeded { .. }
        | Body::Leaves
        | Body::Deleted { .. }
        | Body::Newer
        | Body::Unreadable(_) => Err(Trouble::NotChangeable),
    }
}

impl Stored {
    /// Keeps the place in the history and nothing else.
    fn empty(&mut self, here_only: bool) {
        self.body = Body::Deleted { here_only };
        self.blob = None;
        self.proof = None;
        let Placed { position, stays_s, gone_at, .. } = self.place;
        self.place = Placed { position, stays_s, gone_at, ..Placed::default() };
    }

    pub(crate) fn is_content(&self) -> bool {
        matches!(self.body, Body::Text(_) | Body::File { .. })
    }
}

impl Cx<'_, '_> {
    pub(crate) fn stored(&self, conversation: &[u8], id: ContentId) -> Result<Option<Stored>, StepError> {
        Ok(self.s.get(Table::Message, &[conversation, id.as_bytes().as_slice()].concat())?)
    }

    /// A message that is there already, changed.
    pub(crate) fn put_stored(&self, conversation: &[u8], stored: &Stored) -> Result<(), StepError> {
        self.put_new_stored(conversation, stored)?;
        self.no_longer_gathered(conversation, stored.place.position)
    }

    /// A message in a place of its own.
    pub(crate) fn put_new_stored(&self, conversation: &[u8], stored: &Stored) -> Result<(), StepError> {
        let key = [conversation, stored.id.as_bytes().as_slice()].concat();
        Ok(self.s.put(Table::Message, &key, conversation, stored.place.position, stored)?)
    }

    /// The message that another one answers, as this profile has it.
    pub(crate) fn quoted(&mut self, conversation: &[u8], members: &Members, id: ContentId) -> Result<Quoted, StepError> {
        let message = match self.stored(conversation, id)? {
            Some(stored) => Some((stored.sender, self.name_in(members, stored.sender)?, stored.body)),
            None => None,
        };
        Ok(Quoted { id, message })
    }

    /// An edit, a deletion or a reaction, met in its place. False if the content is none of them.
    pub(crate) fn amend(
        &mut self,
        conversation: &[u8],
        by: AccountId,
        kind: &Kind,
        accepted_at: Millis,
        proof: Option<Proof>,
    ) -> Result<bool, StepError> {
        let target = match kind {
            Kind::Edit(edit) => &edit.target,
            Kind::Delete(delete) => &delete.target,
            Kind::Reaction(reaction) => &reaction.target,
            Kind::Text(_) | Kind::File(_) | Kind::Leave(_) | Kind::Roster(_) | Kind::Receipt(_) => return Ok(false),
        };
        let target = ContentId::try_from(target.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
        let Some(mut stored) = self.stored(conversation, target)? else { return Ok(true) };
        if matches!(stored.body, Body::Deleted { .. }) {
            return Ok(true);
        }
        let refused = match kind {
            Kind::Edit(_) | Kind::Delete(_) if stored.sender != by => Some("a change of somebody else's message"),
            Kind::Edit(edit) => match &mut stored.body {
                Body::Text(text) => {
                    text.clone_from(&edit.text);
                    stored.place.edited_at = Some(accepted_at);
                    stored.proof = proof;
                    None
                }
                _ => Some("an edit of what is no text"),
            },
            _ if !stored.is_content() => Some("a change of what is neither text nor file"),
            Kind::Delete(_) => {
                self.drop_download(&stored)?;
                stored.empty(false);
                *self.forgot = true;
                None
            }
            Kind::Reaction(reaction) => {
                stored.place.reactions.retain(|(who, _)| *who != by);
                if !reaction.sign.is_empty() {
                    stored.place.reactions.push((by, reaction.sign.clone()));
                }
                None
            }
            Kind::Text(_) | Kind::File(_) | Kind::Leave(_) | Kind::Roster(_) | Kind::Receipt(_) => None,
        };
        if let Some(why) = refused {
            self.unreadable(Some(conversation), why.to_owned())?;
            return Ok(true);
        }
        self.put_stored(conversation, &stored)?;
        let position = stored.place.position;
        self.event(Happening::Changed { conversation: ConversationId(conversation.to_vec()), position })?;
        Ok(true)
    }

    /// Takes a text out of the queue if nothing of it has left; false if it is too late, or a file.
    fn unsend(&mut self, message: &Message) -> Result<bool, StepError> {
        let waiting: Vec<(u64, Item)> = self.s.scan(Table::Outbox, &message.conversation.0, 0, usize::MAX)?;
        for (number, item) in waiting {
            if let Cargo::Content { id, prepared: None, blob: None, .. } = &item.cargo
                && *id == message.id
            {
                self.drop_item(number)?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}
