//! Texts: sending, reading, finding.

use super::{amend, receipts, vanish};
use crate::queue::MAX_TEXT;
use crate::shelf::{Cx, Engine};
use crate::words::{ConversationId, Message, MessageTrouble, StepError, Trouble, WaitingKind};
use crate::{history, queue, shelf, views};
use lacre_proto::content::v1 as content;

/// Puts a text into a conversation's queue.
pub(crate) fn send_text(engine: &mut Engine, conversation: &ConversationId, text: &str) -> Result<Message, Trouble> {
    send_text_to(engine, conversation, text, None)
}

pub(crate) fn send_text_to(
    engine: &mut Engine,
    conversation: &ConversationId,
    text: &str,
    answered: Option<&Message>,
) -> Result<Message, Trouble> {
    check_text(text)?;
    engine.run(|cx| queue_text(cx, conversation, text, answered))
}

/// The same inside a step.
pub(super) fn queue_text(
    cx: &mut Cx<'_, '_>,
    conversation: &ConversationId,
    text: &str,
    answered: Option<&Message>,
) -> Result<Message, StepError> {
    shelf::writable(cx, conversation)?;
    let mut said = content::Text { text: text.to_owned(), ..Default::default() };
    if let Some(answered) = answered {
        said.reply_to = amend::target_of(cx, answered)?.id.as_bytes().to_vec();
        said.reply_to_by = answered.sender.as_bytes().to_vec();
    }
    let kind = content::content::Kind::Text(said);
    queue::has_room(cx, Some(conversation))?;
    let sent = queue::enqueue_content(cx, conversation, WaitingKind::Text, kind, None)?;
    cx.reached("send: stored")?;
    views::queued_message(cx, conversation, sent)
}

/// Everything through this position was read by the person: what does not stay begins to fade, and who may know it is told with
/// the next synchronisation, if the person wants that.
pub(crate) fn mark_read(engine: &mut Engine, conversation: &ConversationId, through: u64) -> Result<(), Trouble> {
    engine.run(|cx| {
        let mut conv = shelf::take_conv(cx, conversation)?;
        if through > conv.read_through {
            let through = through.min(conv.position);
            receipts::owe_read(cx, conversation, &mut conv, through)?;
            vanish::fade_what_was_read(cx, conversation, &conv, conv.read_through + 1, through)?;
            conv.read_through = through;
            shelf::put_conv(cx, conversation, conv)?;
        }
        Ok(())
    })
}

/// The message whose id begins so (hexadecimal, at least four characters).
pub(crate) fn find_message(engine: &mut Engine, prefix: &str) -> Result<Message, Trouble> {
    let prefix = prefix.to_ascii_lowercase();
    engine.run(|cx| {
        let mut found = history::beginning(cx, &prefix)?.into_iter();
        let place = found.next().ok_or(MessageTrouble::NoSuchMessage)?;
        if found.next().is_some() {
            return Err(MessageTrouble::AmbiguousPrefix.into());
        }
        let stored = history::of_place(cx, &place)?.ok_or(MessageTrouble::NoSuchMessage)?;
        let members = shelf::members(cx, place.conversation())?;
        views::message_view(cx, place.conversation(), &members, stored.place.position, stored)
    })
}

pub(crate) fn check_text(text: &str) -> Result<(), Trouble> {
    // white space alone is nothing that anybody could read
    if text.trim().is_empty() {
        return Err(MessageTrouble::Empty.into());
    }
    if text.len() > MAX_TEXT {
        return Err(MessageTrouble::TooLong { limit: 65_536 }.into());
    }
    Ok(())
}
