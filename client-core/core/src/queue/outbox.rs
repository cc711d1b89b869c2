//! What waits for the relay. A conversation's queue goes out one by one: encrypt → append (the same bytes for ever) →
//! mark as stored; the row goes when the entry is met while reading.
//!
//! | item | step before the network | network | step after |
//! |---|---|---|---|
//! | content | ratchet, n and the final bytes in one transaction | append | seq |
//! | seal, people wanted | | claim key packages | invitees |
//! | seal | commit pending, Welcome and the final bytes | append as seal | seq |

use crate::crypt::entry::seal_entry;
use crate::mls::roles;
use crate::shelf::{Cargo, ContactRow, Conv, Cx, Item, POST, Prepared, Taken};
use crate::words::{ConversationId, MessageTrouble, Standing, StepError, WaitingKind};
use crate::{shelf, words};
use lacre_ground::ids::{ContentId, EntryId};
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use openmls_traits::signatures::Signer as _;
use prost::Message as _;
use serde_bytes::ByteBuf;
use tls_codec::Serialize as _;

/// Most items that one conversation may have waiting.
pub const MAX_WAITING: u64 = 10_000;
/// Entries made before the relay has the ones before them: all are looked for among what comes.
const MADE_AHEAD: u64 = 256;
/// Bytes of a text.
pub const MAX_TEXT: usize = 65_536;

/// Every queue that may hold something.
pub(crate) fn queues(cx: &mut Cx<'_, '_>) -> Result<Vec<Vec<u8>>, StepError> {
    let mut scopes = vec![POST.to_vec()];
    scopes.extend(shelf::conversation_ids(cx)?.iter().map(|id| id.as_bytes().to_vec()));
    let contacts: Vec<(u64, ContactRow)> = cx.s.scan(Table::Contact, b"", 0, usize::MAX)?;
    scopes.extend(contacts.iter().map(|(_, c)| shelf::held_scope(c.account).as_bytes().to_vec()));
    Ok(scopes)
}

pub(crate) fn enqueue(
    cx: &mut Cx<'_, '_>,
    conversation: Option<&ConversationId>,
    what: WaitingKind,
    cargo: Cargo,
) -> Result<u64, StepError> {
    let item = new_item(cx, conversation, what, cargo)?;
    shelf::put_item(cx, &item)?;
    Ok(item.number)
}

/// Whether a person may put something more into a queue. What a device must do is never refused for that: a seal is
/// met, a message read, however much waits.
pub(crate) fn has_room(cx: &mut Cx<'_, '_>, queue: Option<&ConversationId>) -> Result<(), StepError> {
    let queue = queue.map_or(POST, ConversationId::as_bytes);
    let number = shelf::number(cx)?;
    // numbers only grow: a queue that spans less than the limit need not be counted
    let first = cx.s.first_ord(Table::Outbox, queue)?.unwrap_or(number);
    if number.saturating_sub(first) >= MAX_WAITING && cx.s.count(Table::Outbox, queue)? >= MAX_WAITING {
        return Err(MessageTrouble::QueueFull { limit: MAX_WAITING }.into());
    }
    Ok(())
}

fn new_item(
    cx: &mut Cx<'_, '_>,
    conversation: Option<&ConversationId>,
    what: WaitingKind,
    cargo: Cargo,
) -> Result<Item, StepError> {
    shelf::living(cx)?;
    let number = shelf::number(cx)?;
    Ok(Item {
        number,
        conversation: conversation.cloned(),
        what,
        since: cx.now,
        trouble: None,
        not_before: None,
        again: false,
        cargo,
    })
}

/// Puts a content into a conversation's queue. While the relay is being followed and nothing before it must be made
/// first, its entry is made in the same step.
pub(crate) fn enqueue_content(
    cx: &mut Cx<'_, '_>,
    conversation: &ConversationId,
    what: WaitingKind,
    kind: content::content::Kind,
    blob: Option<ByteBuf>,
) -> Result<Item, StepError> {
    let id = ContentId::new(lacre_ground::random::bytes(cx.rng));
    enqueue_content_as(cx, id, conversation, what, kind, blob, None)
}

/// As [`enqueue_content`] under a given id; `again`: what is sent once more, and when it was first.
pub(crate) fn enqueue_content_as(
    cx: &mut Cx<'_, '_>,
    id: ContentId,
    conversation: &ConversationId,
    what: WaitingKind,
    kind: content::content::Kind,
    blob: Option<ByteBuf>,
    again: Option<Millis>,
) -> Result<Item, StepError> {
    let stays_s = match &kind {
        content::content::Kind::Text(_) | content::content::Kind::File(_) => stays_in(cx, conversation)?,
        _ => 0,
    };
    let again_ms = again.map_or(0, Millis::get);
    let content = content::Content { id: id.as_bytes().to_vec(), sent_at_ms: cx.now.get(), stays_s, again_ms, kind: Some(kind) };
    let bytes = content.encode_to_vec();
    let last = cx.s.last_ord(Table::Outbox, conversation.as_bytes())?;
    let cargo = Cargo::Content { content: bytes.clone(), id, blob, prepared: None };
    let mut item = new_item(cx, Some(conversation), what, cargo)?;
    if cx.following
        && let Some(mut conv) = goes_at_once(cx, conversation, last, &content)?
        && let Cargo::Content { prepared, .. } = &mut item.cargo
    {
        *prepared = Some(encrypt(cx, conversation, &mut conv, item.number, &bytes)?);
        shelf::put_conv(cx, conversation, conv)?;
        cx.reached("send: encrypted")?;
    }
    shelf::put_item(cx, &item)?;
    Ok(item)
}

/// How long stays what is written there now: each send asks, so nothing is copied for the answer.
fn stays_in(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<u32, StepError> {
    match cx.cache.convs.get(id) {
        Some(conv) => Ok(conv.stays_next.unwrap_or(conv.stays_s)),
        None => {
            let conv = shelf::conv(cx, id)?;
            Ok(conv.stays_next.unwrap_or(conv.stays_s))
        }
    }
}

/// The conversation, if a new content's entry may be made now: everything before it in the queue is made (`last` is
/// the queue's last item).
fn goes_at_once(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    last: Option<u64>,
    content: &content::Content,
) -> Result<Option<Taken<Conv>>, StepError> {
    let conv = shelf::conv(cx, id)?;
    let ready = conv.standing == Standing::Active
        && conv.channel.opened
        && !conv.put_back
        && conv.channel.made < conv.channel.met + MADE_AHEAD;
    let behind_made = last.is_none_or(|last| last == conv.channel.made_item);
    let speaks = roles::speaks(content.kind.as_ref());
    if ready && behind_made && (!speaks || shelf::held_back(cx, id, &conv)?.is_none()) {
        return shelf::take_conv(cx, id).map(Some);
    }
    Ok(None)
}

/// Whether a content of this account is shown in the present epoch: [`roles::may_say`] for the own account.
pub(crate) fn may_say(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &Conv,
    kind: Option<&content::content::Kind>,
) -> Result<bool, StepError> {
    Ok(!roles::speaks(kind) || shelf::may_write(cx, id, conv)?)
}

/// {encrypt, advance ratchet and n}: the caller stores item and conversation in the same step.
pub(crate) fn encrypt(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &mut Conv,
    number: u64,
    content: &[u8],
) -> Result<Prepared, StepError> {
    let own = shelf::own(cx)?;
    let signer = shelf::signer(cx)?;
    let entry = next_entry_id(cx, conv)?;
    let group_id = shelf::group_of(cx, id)?;
    let statement = words::content_statement(own.account, own.device, group_id.as_bytes(), conv.channel.id, entry, content);
    let signature = signer.sign(&statement).map_err(|e| StepError::Again(format!("{e:?}")))?;
    let signed = content::SignedContent { content: content.to_vec(), signature: signature.clone() }.encode_to_vec();
    let mut mls = shelf::take_group(cx, id)?;
    let provider = cx.provider();
    let message = mls.create_message(&provider, &*signer, &signed).map_err(|e| StepError::Again(e.to_string()))?;
    let bytes = message.tls_serialize_detached().map_err(|e| StepError::Again(e.to_string()))?;
    let ciphertext = seal_entry(&conv.channel.entry_key.0, conv.channel.id, entry, false, &bytes, cx.rng);
    shelf::keep(cx, mls);
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

pub(crate) fn next_entry_id(cx: &mut Cx<'_, '_>, conv: &mut Conv) -> Result<EntryId, StepError> {
    let own = shelf::own(cx)?;
    let entry = words::own_entry_id(&own.profile_secret.0, &conv.channel.id, conv.channel.made);
    conv.channel.made += 1;
    Ok(entry)
}

/// The item that an own entry was made for: entries are made, stored and met in the queue's order, but for what had to wait
/// and was passed by.
pub(crate) fn item_of(cx: &mut Cx<'_, '_>, id: &ConversationId, conv: &Conv, entry: EntryId) -> Result<Option<Item>, StepError> {
    let mine = |item: &Item| shelf::prepared(item).is_some_and(|p| p.channel == conv.channel.id && p.entry == entry);
    let mut from = conv.channel.met_item + 1;
    loop {
        let next: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), from, 1)?;
        let Some((number, item)) = next.into_iter().next() else { break };
        if mine(&item) {
            return Ok(Some(item));
        }
        from = number + 1;
    }
    let passed: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
    Ok(passed.into_iter().map(|(_, item)| item).find(mine))
}

/// The number through which all of the queue is stored. A seal stays in the way until it is met; what may not go out yet
/// (a file, what not everybody may write) may be passed by what is behind it.
fn stored_through(cx: &mut Cx<'_, '_>, id: &ConversationId, before: u64) -> Result<u64, StepError> {
    let mut through = before;
    loop {
        let next: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), through + 1, 1)?;
        match next.into_iter().next() {
            Some((number, item)) if matches!(item.cargo, Cargo::Content { .. }) && shelf::is_stored(&item) => through = number,
            _ => return Ok(through),
        }
    }
}

/// The relay has stored an item of a conversation's queue.
pub(crate) fn acknowledged(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    number: u64,
    entry: &[u8],
    seq: u64,
) -> Result<(), StepError> {
    let Some(mut item) = shelf::item(cx, number)? else { return Ok(()) };
    let mut conv = shelf::take_conv(cx, id)?;
    if let Cargo::Seal { prepared: Some(p), .. } = &mut item.cargo
        && p.channel == conv.channel.id
        && let Some(part) = p.parts.iter_mut().find(|part| part.entry.as_bytes() == entry)
    {
        part.seq = Some(seq);
        conv.channel.acked = conv.channel.acked.max(seq);
        item.trouble = None;
        shelf::put_item(cx, &item)?;
        shelf::put_conv(cx, id, conv)?;
        return cx.reached("commit: part stored");
    }
    if let Cargo::Content { prepared: Some(p), .. } | Cargo::Seal { prepared: Some(p), .. } = &mut item.cargo
        && p.entry.as_bytes() == entry
        && p.channel == conv.channel.id
    {
        p.seq = Some(seq);
        conv.channel.acked = conv.channel.acked.max(seq);
        item.trouble = None;
        shelf::put_item(cx, &item)?;
        conv.channel.acked_item = stored_through(cx, id, conv.channel.acked_item)?;
        shelf::put_conv(cx, id, conv)?;
    }
    cx.reached("send: marked")
}
