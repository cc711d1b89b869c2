//! What has had its time disappears, and nothing of it stays in the file.

use super::newer;
use crate::history::{Place, Stored};
use crate::messages::VANISHING_AT_ONCE;
use crate::shelf::{Cx, Engine};
use crate::words::{ConversationId, Happening, Message, MessageTrouble, StepError, Trouble};
use crate::{book, history, messages, shelf};
use lacre_profile::Table;

/// Forgets a message on this device only. Others keep it, and are not told.
pub(crate) fn forget(engine: &mut Engine, message: &Message) -> Result<(), Trouble> {
    messages::changeable(message)?;
    engine.run(|cx| {
        let id = &message.conversation;
        let mut stored = history::called(cx, id, message.id)?.ok_or(MessageTrouble::NoSuchMessage)?;
        history::drop_download(cx, &stored)?;
        stored.empty(true);
        *cx.forgot = true;
        history::put_stored(cx, id, &stored)
    })?;
    wipe(engine)
}

/// Removes what was there long enough. Whatever shows messages does this first.
pub(crate) fn vanish_due(engine: &mut Engine) -> Result<(), Trouble> {
    // a program before this one forgot some that it had noted
    let first = !std::mem::replace(&mut engine.looked_at_resets, true);
    engine.run(|cx| {
        cx.resets_learnt |= first;
        book::tell_resets(cx)
    })?;
    newer::take_newer(engine)?;
    while engine.run(vanish_some)? {}
    wipe(engine)
}

/// After something was to be forgotten: its bytes are not left in SQLite's log either. When another process reads just
/// now, at the next pause.
pub(super) fn wipe(engine: &mut Engine) -> Result<(), Trouble> {
    if engine.forgot {
        engine.forgot = !engine.profile.tidy()?;
    }
    Ok(())
}

/// Some of what is due; false when nothing more is.
fn vanish_some(cx: &mut Cx<'_, '_>) -> Result<bool, StepError> {
    if cx.s.first_ord(Table::Vanishing, b"")?.is_none_or(|at| at > cx.now.get()) {
        return Ok(false);
    }
    let due: Vec<(u64, Place)> = cx.s.scan(Table::Vanishing, b"", 0, VANISHING_AT_ONCE)?;
    let now = cx.now.get();
    for (_, place) in due.into_iter().filter(|(at, _)| *at <= now) {
        cx.s.delete(Table::Vanishing, &place.key())?;
        if let Some(stored) = history::of_place(cx, &place)? {
            remove(cx, place.conversation(), &stored)?;
        }
    }
    *cx.forgot = true;
    cx.reached("vanish: removed")?;
    Ok(true)
}

/// A line of the history, with all that names it and what was fetched of its file.
fn remove(cx: &mut Cx<'_, '_>, conversation: &ConversationId, stored: &Stored) -> Result<(), StepError> {
    history::drop_download(cx, stored)?;
    history::remove(cx, conversation, stored)?;
    let (conversation, position) = (conversation.clone(), stored.place.position);
    shelf::event(cx, Happening::Vanished { conversation, position })
}

/// Removes what is here of a conversation's history, some at a time; gives how many lines.
pub(crate) fn forget_history(engine: &mut Engine, id: &ConversationId) -> Result<u64, Trouble> {
    // what comes meanwhile is new, and stays
    let last = engine.run(|cx| {
        let mut conv = shelf::take_conv(cx, id)?;
        conv.read_through = conv.position;
        let last = conv.position;
        shelf::put_conv(cx, id, conv)?;
        Ok(last)
    })?;
    let mut removed = 0;
    loop {
        let some = engine.run(|cx| {
            let page: Vec<(u64, Stored)> = cx.s.scan(Table::Message, id.as_bytes(), 0, VANISHING_AT_ONCE)?;
            let mut some = 0;
            for (_, stored) in page.iter().filter(|(position, _)| *position <= last) {
                remove(cx, id, stored)?;
                some += 1;
            }
            *cx.forgot = true;
            cx.reached("history: removed")?;
            Ok(some)
        })?;
        if some == 0 {
            break;
        }
        removed += some;
    }
    wipe(engine)?;
    Ok(removed)
}
