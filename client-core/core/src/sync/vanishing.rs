//! What has had its time disappears, and nothing of it stays in the file.

use super::newer;
use crate::messages::VANISHING_AT_ONCE;
use crate::shelf::{Cx, Engine};
use crate::words::{ConversationId, Happening, Message, MessageTrouble, StepError, Trouble};
use crate::{book, history, messages, shelf};
use lacre_ground::ids::ContentId;
use lacre_profile::Table;

/// Forgets a message on this device only. Others keep it, and are not told.
pub(crate) fn forget(engine: &mut Engine, message: &Message) -> Result<(), Trouble> {
    messages::changeable(message)?;
    engine.run(|cx| {
        let id = &message.conversation;
        let mut stored = history::stored(cx, id, message.id)?.ok_or(MessageTrouble::NoSuchMessage)?;
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
    let due: Vec<(u64, (ConversationId, ContentId))> = cx.s.scan(Table::Vanishing, b"", 0, VANISHING_AT_ONCE)?;
    let now = cx.now.get();
    for (_, (conversation, id)) in due.into_iter().filter(|(at, _)| *at <= now) {
        let key = [conversation.as_bytes(), id.as_bytes()].concat();
        cx.s.delete(Table::Vanishing, &key)?;
        if let Some(stored) = history::stored(cx, &conversation, id)? {
            history::drop_download(cx, &stored)?;
            cx.s.delete(Table::Message, &key)?;
            cx.s.delete(Table::MessageIndex, &key)?;
            let position = stored.place.position;
            history::no_longer_gathered(cx, &conversation, position)?;
            shelf::event(cx, Happening::Vanished { conversation, position })?;
        }
    }
    *cx.forgot = true;
    cx.reached("vanish: removed")?;
    Ok(true)
}
