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

use crate::history::{Proof, Target};
use crate::queue::MAX_TEXT;
use crate::shelf::{Cargo, Cx, Engine, Item};
use crate::words::{Body, ConversationId, Happening, Message, MessageTrouble, StepError, Trouble, WaitingKind};
use crate::{history, queue, shelf};
use content::content::Kind;
use lacre_ground::ids::AccountId;
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_proto::content::v1 as content;

/// Bytes of a reaction's sign.
pub const MAX_SIGN: usize = 64;

/// Puts another text in the place of an own one, for everybody.
pub(crate) fn edit(engine: &mut Engine, message: &Message, text: &str) -> Result<(), Trouble> {
    if text.is_empty() {
        return Err(MessageTrouble::Empty.into());
    }
    if text.len() > MAX_TEXT {
        return Err(MessageTrouble::TooLong { limit: 65_536 }.into());
    }
    match &message.body {
        _ if !message.own => return Err(Trouble::Message(MessageTrouble::NotYours)),
        Body::Text(_) => {}
        _ => return Err(Trouble::Message(MessageTrouble::NotChangeable)),
    }
    change(engine, message, |target| Kind::Edit(content::Edit { target: target.id.as_bytes().to_vec(), text: text.to_owned() }))
}

/// Takes an own message back, for everybody whose program obeys. A text that has not left this device is not sent at all.
pub(crate) fn delete(engine: &mut Engine, message: &Message) -> Result<(), Trouble> {
    changeable(message)?;
    if !message.own {
        return Err(MessageTrouble::NotYours.into());
    }
    if message.position.is_none() && engine.run(|cx| unsend(cx, message))? {
        return Ok(());
    }
    change(engine, message, |target| Kind::Delete(content::Delete { target: target.id.as_bytes().to_vec() }))
}

/// Puts a change of a message into the queue; it names whose message it is, and by the id that it has for everybody.
pub(crate) fn change(engine: &mut Engine, message: &Message, kind: impl Fn(Target) -> Kind) -> Result<(), Trouble> {
    engine.run(|cx| {
        let kind = kind(target_of(cx, message)?);
        let conv = shelf::active(cx, &message.conversation)?;
        if !queue::may_say(cx, &message.conversation, &conv, Some(&kind))? {
            return Err(MessageTrouble::MayNotWrite.into());
        }
        queue::has_room(cx, Some(&message.conversation))?;
        queue::enqueue_content(cx, &message.conversation, WaitingKind::Change, kind, None)?;
        cx.reached("send: stored")
    })
}

/// Whose message it is, and the id that it has for everybody.
pub(super) fn target_of(cx: &Cx<'_, '_>, message: &Message) -> Result<Target, StepError> {
    let stored = message.position.map_or(Ok(None), |position| history::at(cx, &message.conversation, position))?;
    let id = stored.map_or(message.id, |stored| stored.id);
    Ok(Target { by: Some(message.sender), id })
}

pub(crate) fn changeable(message: &Message) -> Result<(), Trouble> {
    match message.body {
        Body::Text(_) | Body::File { .. } => Ok(()),
        Body::Added { .. }
        | Body::Removed { .. }
        | Body::ReAdded { .. }
        | Body::NewAccount { .. }
        | Body::NotAdded { .. }
        | Body::Renamed { .. }
        | Body::Described { .. }
        | Body::AdminMade { .. }
        | Body::AdminUnmade { .. }
        | Body::MayAdd(_)
        | Body::MayWrite(_)
        | Body::Stays(_)
        | Body::Meanwhile
        | Body::Refused
        | Body::Lost
        | Body::Ended
        | Body::Succeeded { .. }
        | Body::Leaves
        | Body::Deleted { .. }
        | Body::Newer
        | Body::Unreadable(_) => Err(Trouble::Message(MessageTrouble::NotChangeable)),
    }
}

/// An edit, a deletion or a reaction, met in its place. False if the content is none of them.
pub(crate) fn amend(
    cx: &mut Cx<'_, '_>,
    conversation: &ConversationId,
    by: AccountId,
    kind: &Kind,
    accepted_at: Millis,
    proof: Option<Proof>,
) -> Result<bool, StepError> {
    let target = match kind {
        // nobody changes what another one wrote
        Kind::Edit(content::Edit { target, .. }) | Kind::Delete(content::Delete { target }) => {
            Target::read(by.as_bytes(), target)
        }
        Kind::Reaction(reaction) => Target::read(&reaction.target_by, &reaction.target),
        Kind::Text(_) | Kind::File(_) | Kind::Leave(_) | Kind::Roster(_) | Kind::Receipt(_) => return Ok(false),
    };
    let target = target.ok_or(StepError::Skip("a change of nothing".into()))?;
    let found = match history::named(cx, conversation, target)? {
        None if target.by == Some(by) => history::named(cx, conversation, Target { by: None, ..target })?,
        found => found,
    };
    let Some(mut stored) = found else { return Ok(true) };
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
            history::drop_download(cx, &stored)?;
            stored.empty(false);
            *cx.forgot = true;
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
        shelf::unreadable(cx, Some(conversation), why.to_owned())?;
        return Ok(true);
    }
    history::put_stored(cx, conversation, &stored)?;
    let position = stored.place.position;
    shelf::event(cx, Happening::Changed { conversation: conversation.clone(), position })?;
    Ok(true)
}

/// Takes a text out of the queue if nothing of it has left; false if it is too late, or a file.
fn unsend(cx: &mut Cx<'_, '_>, message: &Message) -> Result<bool, StepError> {
    let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, message.conversation.as_bytes(), 0, usize::MAX)?;
    for (number, item) in waiting {
        if let Cargo::Content { id, prepared: None, blob: None, .. } = &item.cargo
            && *id == message.id
        {
            shelf::drop_item(cx, number)?;
            return Ok(true);
        }
    }
    Ok(false)
}
