//! The lines of the history as they are stored.

use super::content::Target;
use super::gathered;
use super::row::{Keyed, Stored};
use crate::shelf;
use crate::shelf::{Conv, Cx};
use crate::words::{Body, ConversationId, StepError};
use lacre_ground::ids::{AccountId, ContentId};
use lacre_profile::Table;
use serde::{Deserialize, Serialize};

/// The key of its row, and of the rows that name it.
fn key(conversation: &ConversationId, stored: &Stored) -> Vec<u8> {
    let id = stored.id.as_bytes().as_slice();
    match stored.keyed {
        Keyed::ById => [conversation.as_bytes(), id].concat(),
        Keyed::BySender => [conversation.as_bytes(), stored.sender.as_bytes().as_slice(), id].concat(),
        Keyed::Line => [conversation.as_bytes(), b"line", id].concat(),
    }
}

/// What somebody said under an id.
pub(crate) fn said(
    cx: &Cx<'_, '_>,
    conversation: &ConversationId,
    by: AccountId,
    id: ContentId,
) -> Result<Option<Stored>, StepError> {
    let whose = [conversation.as_bytes(), by.as_bytes().as_slice(), id.as_bytes()].concat();
    if let Some(stored) = cx.s.get::<Stored>(Table::Message, &whose)? {
        return Ok(Some(stored));
    }
    let before: Option<Stored> = cx.s.get(Table::Message, &[conversation.as_bytes(), id.as_bytes().as_slice()].concat())?;
    Ok(before.filter(|stored| stored.sender == by))
}

/// The message that another one names. Without its maker's name: if one of those who were ever here only has said that.
pub(crate) fn named(cx: &mut Cx<'_, '_>, conversation: &ConversationId, target: Target) -> Result<Option<Stored>, StepError> {
    if let Some(by) = target.by {
        return said(cx, conversation, by, target.id);
    }
    let members = shelf::members(cx, conversation)?;
    let mut all: Vec<AccountId> = members.leaves.iter().map(|leaf| leaf.account).collect();
    all.sort_unstable();
    all.dedup();
    let mut found = None;
    for by in all {
        if let Some(stored) = said(cx, conversation, by, target.id)?
            && found.replace(stored).is_some()
        {
            return Ok(None);
        }
    }
    Ok(found)
}

/// The message at a place of the history.
pub(crate) fn at(cx: &Cx<'_, '_>, conversation: &ConversationId, position: u64) -> Result<Option<Stored>, StepError> {
    let rows: Vec<(u64, Stored)> = cx.s.scan(Table::Message, conversation.as_bytes(), position, 1)?;
    Ok(rows.into_iter().next().filter(|(place, _)| *place == position).map(|(_, stored)| stored))
}

/// The lines before a place, at most so many places back.
pub(crate) fn latest(
    cx: &Cx<'_, '_>,
    conversation: &ConversationId,
    position: u64,
    most: usize,
) -> Result<Vec<Stored>, StepError> {
    let from = position.saturating_sub(u64::try_from(most).unwrap_or(u64::MAX));
    let rows: Vec<(u64, Stored)> = cx.s.scan(Table::Message, conversation.as_bytes(), from, most + 1)?;
    Ok(rows.into_iter().map(|(_, stored)| stored).collect())
}

/// The message that a row names.
pub(crate) fn of_place(cx: &Cx<'_, '_>, place: &Place) -> Result<Option<Stored>, StepError> {
    match place {
        Place(conversation, Some(id), 0) => {
            Ok(cx.s.get(Table::Message, &[conversation.as_bytes(), id.as_bytes().as_slice()].concat())?)
        }
        Place(conversation, _, position) => at(cx, conversation, *position),
    }
}

/// Where the messages lie whose names begin so (four digits of hexadecimal and more).
pub(crate) fn beginning(cx: &Cx<'_, '_>, digits: &str) -> Result<Vec<Place>, StepError> {
    let Some(index) = digits.get(..4).and_then(|d| data_encoding::HEXLOWER.decode(d.as_bytes()).ok()) else {
        return Ok(Vec::new());
    };
    let rows: Vec<(u64, Place)> = cx.s.scan(Table::MessageIndex, &index, 0, usize::MAX)?;
    let found = rows.into_iter().filter(|(_, place)| place.1.is_some_and(|name| name.to_string().starts_with(digits)));
    Ok(found.map(|(_, place)| place).collect())
}

/// The message of a conversation that this profile calls so.
pub(crate) fn called(cx: &Cx<'_, '_>, conversation: &ConversationId, name: ContentId) -> Result<Option<Stored>, StepError> {
    let found: Option<Place> = cx.s.get(Table::MessageIndex, name.as_bytes())?;
    match found {
        Some(place) if place.0 == *conversation => of_place(cx, &place),
        Some(_) => Ok(None),
        // of before
        None => of_place(cx, &Place(conversation.clone(), Some(name), 0)),
    }
}

/// What a row that names a message says: its conversation, what it is called (in rows of before: its id), and where it stands
/// in the history (0 in those).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Place(ConversationId, Option<ContentId>, #[serde(default)] u64);

impl Place {
    fn of(conversation: &ConversationId, stored: &Stored) -> Self {
        Self(conversation.clone(), Some(stored.name()), stored.place.position)
    }

    /// In which conversation.
    pub(crate) const fn conversation(&self) -> &ConversationId {
        &self.0
    }

    /// The key of the row, which is found by its message's place.
    pub(crate) fn key(&self) -> Vec<u8> {
        match self {
            Self(conversation, Some(id), 0) => [conversation.as_bytes(), id.as_bytes().as_slice()].concat(),
            Self(conversation, _, position) => [conversation.as_bytes(), b"at", position.to_be_bytes().as_slice()].concat(),
        }
    }
}

/// A message that is there already, changed.
pub(crate) fn put_stored(cx: &Cx<'_, '_>, conversation: &ConversationId, stored: &Stored) -> Result<(), StepError> {
    put_new_stored(cx, conversation, stored)?;
    gathered::no_longer_gathered(cx, conversation, stored.place.position)
}

/// Nothing of it stays, and nothing names it any more.
pub(crate) fn remove(cx: &Cx<'_, '_>, conversation: &ConversationId, stored: &Stored) -> Result<(), StepError> {
    cx.s.delete(Table::Message, &key(conversation, stored))?;
    if stored.keyed != Keyed::ById {
        cx.s.delete(Table::MessageIndex, stored.name().as_bytes())?;
    }
    let place = Place::of(conversation, stored);
    let before = Place(place.0.clone(), Some(stored.id), 0);
    for table in [Table::MessageIndex, Table::Vanishing, Table::Newer] {
        cx.s.delete(table, &place.key())?;
        cx.s.delete(table, &before.key())?;
    }
    gathered::no_longer_gathered(cx, conversation, stored.place.position)
}

/// A message in a place of its own.
fn put_new_stored(cx: &Cx<'_, '_>, conversation: &ConversationId, stored: &Stored) -> Result<(), StepError> {
    let key = key(conversation, stored);
    Ok(cx.s.put(Table::Message, &key, conversation.as_bytes(), stored.place.position, stored)?)
}

/// Appends to the history; a content that is there already is dropped (none).
pub(crate) fn store_message(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Conv,
    mut stored: Stored,
    own: bool,
) -> Result<Option<u64>, StepError> {
    let there = match stored.keyed {
        Keyed::Line => cx.s.get::<Stored>(Table::Message, &key(id, &stored))?,
        Keyed::ById | Keyed::BySender => said(cx, id, stored.sender, stored.id)?,
    };
    if there.is_some() {
        return Ok(None);
    }
    while cx.s.get::<Place>(Table::MessageIndex, stored.name().as_bytes())?.is_some() {
        stored.name = Some(ContentId::new(lacre_ground::random::bytes(cx.rng)));
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
        begin_to_fade(cx, id, &mut stored)?;
    }
    let place = Place::of(id, &stored);
    if stored.body == Body::Newer {
        let number = shelf::number(cx)?;
        cx.s.put(Table::Newer, &place.key(), b"", number, &place)?;
    }
    put_new_stored(cx, id, &stored)?;
    let name = stored.name();
    let index: Vec<u8> = name.as_bytes().iter().take(2).copied().collect();
    cx.s.put(Table::MessageIndex, name.as_bytes(), &index, conv.position, &place)?;
    Ok(Some(conv.position))
}

/// The message was stored by the relay (own) or read: from now on its time runs.
pub(crate) fn begin_to_fade(cx: &Cx<'_, '_>, conversation: &ConversationId, stored: &mut Stored) -> Result<(), StepError> {
    if stored.place.stays_s == 0 || stored.place.gone_at.is_some() {
        return Ok(());
    }
    let at = cx.now.plus(u64::from(stored.place.stays_s) * 1_000);
    stored.place.gone_at = Some(at);
    let place = Place::of(conversation, stored);
    Ok(cx.s.put(Table::Vanishing, &place.key(), b"", at.get(), &place)?)
}
