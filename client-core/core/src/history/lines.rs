//! The lines of the history as they are stored.

use super::gathered;
use crate::shelf;
use crate::shelf::{Conv, Cx};
use crate::words::{Body, ConversationId, StepError};
use lacre_ground::ids::{AccountId, ChannelId, ContentId, DeviceId, EntryId};
use lacre_ground::time::Millis;
use lacre_profile::Table;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

impl Stored {
    /// Keeps the place in the history and nothing else.
    pub(crate) fn empty(&mut self, here_only: bool) {
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

/// One message of the history.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) id: ContentId,
    pub(crate) sender: AccountId,
    pub(crate) sent_at: Millis,
    pub(crate) accepted_at: Millis,
    pub(crate) body: Body,
    /// a file's place and key: an encoded `BlobRef`
    pub(crate) blob: Option<ByteBuf>,
    /// the content as its sender signed it (of an edited message the newest), the signature, and where the relay stored it:
    /// what a report needs
    pub(crate) proof: Option<Proof>,
    pub(crate) place: Placed,
}

/// What stands around a message: it changes after the message was stored.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Placed {
    /// its place in the history
    pub(crate) position: u64,
    pub(crate) reply_to: Option<ContentId>,
    pub(crate) edited_at: Option<Millis>,
    /// one sign for each account
    pub(crate) reactions: Vec<(AccountId, String)>,
    /// seconds that it stays; 0 for ever
    pub(crate) stays_s: u32,
    /// when it disappears, once that has begun to count
    pub(crate) gone_at: Option<Millis>,
}

/// What proves who wrote a message (PROTOCOL.md, 17).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Proof {
    /// the MLS group that it was said in: a conversation may have had several
    pub(crate) group: ByteBuf,
    pub(crate) device: DeviceId,
    pub(crate) channel: ChannelId,
    pub(crate) entry: EntryId,
    pub(crate) seq: u64,
    #[serde(with = "serde_bytes")]
    pub(crate) content: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub(crate) signature: Vec<u8>,
}

pub(crate) fn stored(cx: &Cx<'_, '_>, conversation: &ConversationId, id: ContentId) -> Result<Option<Stored>, StepError> {
    Ok(cx.s.get(Table::Message, &[conversation.as_bytes(), id.as_bytes().as_slice()].concat())?)
}

/// A message that is there already, changed.
pub(crate) fn put_stored(cx: &Cx<'_, '_>, conversation: &ConversationId, stored: &Stored) -> Result<(), StepError> {
    put_new_stored(cx, conversation, stored)?;
    gathered::no_longer_gathered(cx, conversation, stored.place.position)
}

/// A message in a place of its own.
fn put_new_stored(cx: &Cx<'_, '_>, conversation: &ConversationId, stored: &Stored) -> Result<(), StepError> {
    let key = [conversation.as_bytes(), stored.id.as_bytes().as_slice()].concat();
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
    let key = [id.as_bytes(), stored.id.as_bytes().as_slice()].concat();
    if cx.s.get::<Stored>(Table::Message, &key)?.is_some() {
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
        begin_to_fade(cx, id, &mut stored)?;
    }
    if stored.body == Body::Newer {
        let number = shelf::number(cx)?;
        cx.s.put(Table::Newer, &key, b"", number, &(id, stored.id))?;
    }
    put_new_stored(cx, id, &stored)?;
    let prefix: Vec<u8> = stored.id.as_bytes().iter().take(2).copied().collect();
    cx.s.put(Table::MessageIndex, &key, &prefix, conv.position, &(id, stored.id))?;
    Ok(Some(conv.position))
}

/// The message was stored by the relay (own) or read: from now on its time runs.
pub(crate) fn begin_to_fade(cx: &Cx<'_, '_>, conversation: &ConversationId, stored: &mut Stored) -> Result<(), StepError> {
    if stored.place.stays_s == 0 || stored.place.gone_at.is_some() {
        return Ok(());
    }
    let at = cx.now.plus(u64::from(stored.place.stays_s) * 1_000);
    stored.place.gone_at = Some(at);
    let key = [conversation.as_bytes(), stored.id.as_bytes().as_slice()].concat();
    Ok(cx.s.put(Table::Vanishing, &key, b"", at.get(), &(conversation, stored.id))?)
}
