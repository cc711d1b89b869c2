//! Rows of what waits to go out.

use super::Cx;
use super::rests::next_try;
use crate::words::{ConversationId, Edit, NotAdded, NoticeRef, Stays, StepError, WaitingKind};
use lacre_ground::ids::{AccountId, BlobId, ChannelId, ContentId, DeviceId, EntryId, EvidenceId, Token};
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

/// Queue of envelopes and uploads.
pub(crate) const POST: &[u8] = b"post";

/// A device to be added, with the key package claimed for it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Invitee {
    pub(crate) account: AccountId,
    pub(crate) device: DeviceId,
    #[serde(with = "serde_bytes")]
    pub(crate) key_package: Vec<u8>,
}

/// What a seal is to do. It is rebuilt from this in every epoch until it is done.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Intent {
    /// add all devices of these accounts: first `wanted` are claimed and become `invitees`
    Add { wanted: Vec<AccountId>, invitees: Vec<Invitee> },
    /// an account that could not be added: it is tried again
    AddLater { account: AccountId, why: NotAdded },
    /// remove all devices of these accounts
    Remove { accounts: Vec<AccountId> },
    /// replace one lost leaf of a device by its fresh key package
    ReAdd {
        invitee: Invitee,
        #[serde(with = "serde_bytes")]
        lost_leaf: Vec<u8>,
        /// when the relay took the request
        #[serde(default)]
        asked_at: Option<Millis>,
        /// it is not the newest of the leaves that the request names: the device went another way than this one
        #[serde(default)]
        apart: bool,
    },
    /// change the group itself
    Change { edits: Vec<Edit> },
    /// fresh keys for the own leaf
    Update,
}

/// A seal or content as it goes to the relay: these bytes, for ever.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Prepared {
    pub(crate) channel: ChannelId,
    pub(crate) entry: EntryId,
    #[serde(with = "serde_bytes")]
    pub(crate) ciphertext: Vec<u8>,
    /// stored by the relay at this seq
    pub(crate) seq: Option<u64>,
    /// of a seal: the Welcome for everyone added, cut when the seal is met
    pub(crate) welcome: Option<ByteBuf>,
    /// of a seal that is too large for one entry: what goes before it
    pub(crate) parts: Vec<PreparedPart>,
    /// of a content: the signature made for this entry
    pub(crate) signature: Option<ByteBuf>,
}

/// A part of a seal, as it goes to the relay.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PreparedPart {
    pub(crate) entry: EntryId,
    #[serde(with = "serde_bytes")]
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) seq: Option<u64>,
}

/// Something that waits for the relay.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) number: u64,
    pub(crate) conversation: Option<ConversationId>,
    pub(crate) what: WaitingKind,
    pub(crate) since: Millis,
    pub(crate) trouble: Option<String>,
    /// not tried before this instant
    pub(crate) not_before: Option<Millis>,
    /// the relay had it once, and may have forgotten it
    #[serde(default)]
    pub(crate) again: bool,
    pub(crate) cargo: Cargo,
}

/// No item rests longer before it is tried again, milliseconds.
const LONGEST_PAUSE_MS: u64 = 86_400_000;

impl Item {
    /// Not to be tried yet.
    pub(crate) fn rests(&self, now: Millis) -> bool {
        self.not_before.is_some_and(|at| at.is_ahead(now, LONGEST_PAUSE_MS))
    }
}

/// What waits.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Cargo {
    /// a content for a conversation
    Content {
        #[serde(with = "serde_bytes")]
        content: Vec<u8>,
        id: ContentId,
        blob: Option<ByteBuf>,
        prepared: Option<Prepared>,
    },
    /// a commit for a conversation
    Seal { intent: Intent, prepared: Option<Prepared> },
    /// an encrypted file, its bytes in BlobChunk
    Upload { authority: String, blob: BlobId },
    /// a sealed envelope for somebody's inbox
    Envelope {
        authority: String,
        inbox: ChannelId,
        token: Token,
        stamped: bool,
        entry: EntryId,
        #[serde(with = "serde_bytes")]
        sealed: Vec<u8>,
        /// whose inbox it is
        #[serde(default)]
        to: Option<AccountId>,
        /// the public right, if the one above should be refused
        #[serde(default)]
        public: Option<Token>,
    },
    /// a text or file for a contact that has not accepted yet
    Held {
        contact: AccountId,
        text: String,
        id: ContentId,
        /// in the place of the text: an encoded `File`, its bytes perhaps still in BlobChunk
        #[serde(default)]
        file: Option<ByteBuf>,
        /// when it was first sent, to an account that is lost
        #[serde(default)]
        again: Option<Millis>,
    },
    /// what a device answers to an official notice: these bytes, until the relay has them, or the place is found taken
    Answer {
        notice: NoticeRef,
        about: About,
        channel: ChannelId,
        token: Token,
        /// the place of the answer, which gives its id
        n: u32,
        entry: EntryId,
        #[serde(with = "serde_bytes")]
        sealed: Vec<u8>,
    },
}

/// What an answer to a notice carries; the row of the notice has it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum About {
    /// a record, by its place among the notice's
    Record(u32),
    /// a reply
    Reply(EvidenceId),
}

pub(crate) fn put_item(cx: &Cx<'_, '_>, item: &Item) -> Result<(), StepError> {
    let scope = item.conversation.as_ref().map_or(POST, ConversationId::as_bytes);
    Ok(cx.s.put(Table::Outbox, &item.number.to_be_bytes(), scope, item.number, item)?)
}

pub(crate) fn item(cx: &Cx<'_, '_>, number: u64) -> Result<Option<Item>, StepError> {
    Ok(cx.s.get(Table::Outbox, &number.to_be_bytes())?)
}

pub(crate) fn drop_item(cx: &Cx<'_, '_>, number: u64) -> Result<(), StepError> {
    cx.s.delete(Table::Outbox, &number.to_be_bytes())?;
    Ok(())
}

/// An item cannot go out now; it stays.
pub(crate) fn in_trouble(cx: &mut Cx<'_, '_>, number: u64, why: &str, not_before: Option<Millis>) -> Result<(), StepError> {
    if let Some(mut item) = item(cx, number)? {
        item.since = item.since.min(cx.now);
        item.trouble = Some(why.to_owned());
        item.not_before = not_before.map(|at| at.min(cx.now.plus(LONGEST_PAUSE_MS)));
        put_item(cx, &item)?;
    }
    Ok(())
}

/// What the relay refuses for so long is given up, with a word, milliseconds. What a person wrote never is.
pub const GIVE_UP_ITEM_MS: u64 = 30 * 86_400_000;

/// An item failed, and nothing else did: it rests until then, or for a pause that grows with its age. True when it is to be
/// given up.
pub(crate) fn rest_item(cx: &mut Cx<'_, '_>, number: u64, why: &str, until: Option<Millis>) -> Result<bool, StepError> {
    let Some(item) = item(cx, number)? else { return Ok(false) };
    let until = until.unwrap_or_else(|| next_try(item.since, cx.now));
    in_trouble(cx, number, why, Some(until))?;
    cx.reached("rest: item")?;
    Ok(cx.now.since(item.since) >= GIVE_UP_ITEM_MS)
}

/// Whether a change of the group itself waits.
pub(crate) fn changes_wait(cx: &Cx<'_, '_>, id: &ConversationId) -> Result<bool, StepError> {
    let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
    Ok(waiting.iter().any(|(_, item)| matches!(item.cargo, Cargo::Seal { intent: Intent::Change { .. }, .. })))
}

/// The content that an item carries.
pub(crate) fn waiting_content(item: &Item) -> Option<content::Content> {
    let Cargo::Content { content, .. } = &item.cargo else { return None };
    content::Content::decode(content.as_slice()).ok()
}

/// What the content of an item is.
pub(crate) fn waiting_kind(item: &Item) -> Option<content::content::Kind> {
    waiting_content(item)?.kind
}

/// How long a message stays, if not for ever.
pub(crate) fn stays(seconds: u32, until: Option<Millis>) -> Option<Stays> {
    (seconds > 0).then_some(Stays { seconds, until })
}
