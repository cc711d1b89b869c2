//! Messages that do not stay (PROTOCOL.md, 17).
//!
//! | whose | counts from |
//! |---|---|
//! | own | when it was met in its place: the relay has stored it |
//! | of others | when it was read ([`Client::mark_read`](crate::Client::mark_read)) |
//!
//! Both by this device's clock. Then its row, its place among the ids and the key of its file go in one step, and SQLite's log
//! is emptied, so that the old bytes are overwritten there too. What was saved to a file, copied or photographed stays where it
//! is; a clock that leaps ahead takes messages early, one that is set back keeps them longer.

use crate::history::Stored;
use crate::shelf::{Cargo, Conv, Cx, Engine, Intent};
use crate::words::{ConversationId, Edit, GroupTrouble, Kind, MessageTrouble, StepError, Trouble, WaitingKind};
use crate::{history, queue, shelf};
use core::time::Duration;
use lacre_profile::Table;

/// The longest that a message may be set to stay; without a limit it stays for ever.
pub const LONGEST_STAY: Duration = Duration::from_secs(2_419_200);
/// Messages that are removed in one step.
pub(crate) const VANISHING_AT_ONCE: usize = 256;

/// Says how long stays what is written in a conversation from now on; none for ever.
pub(crate) fn let_vanish(engine: &mut Engine, conversation: &ConversationId, after: Option<Duration>) -> Result<(), Trouble> {
    let seconds = match after {
        None => 0,
        Some(after) if after > LONGEST_STAY => {
            return Err(MessageTrouble::TooLong { limit: LONGEST_STAY.as_secs() }.into());
        }
        Some(after) => u32::try_from(after.as_secs()).ok().filter(|s| *s > 0).ok_or(MessageTrouble::Empty)?,
    };
    engine.run(|cx| {
        let conv = shelf::active(cx, conversation)?;
        if conv.kind == Kind::Group {
            shelf::admin_of(cx, conversation)?;
        }
        if conv.stays_s == seconds && !shelf::changes_wait(cx, conversation)? {
            return Err(GroupTrouble::AlreadySo.into());
        }
        queue::has_room(cx, Some(conversation))?;
        let intent = Intent::Change { edits: vec![Edit::Stays(seconds)] };
        queue::enqueue(cx, Some(conversation), WaitingKind::Seal, Cargo::Seal { intent, prepared: None })?;
        // what is written from here on bears it, also while the change waits
        let mut conv = shelf::take_conv(cx, conversation)?;
        conv.stays_next = Some(seconds);
        shelf::put_conv(cx, conversation, conv)?;
        Ok(())
    })
}

/// The messages at these positions were read.
pub(super) fn fade_what_was_read(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    conv: &Conv,
    from: u64,
    through: u64,
) -> Result<(), StepError> {
    if conv.fading < from {
        return Ok(());
    }
    let mut next = from;
    loop {
        let page: Vec<(u64, Stored)> = cx.s.scan(Table::Message, id.as_bytes(), next, VANISHING_AT_ONCE)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        next = last + 1;
        for (position, mut stored) in page {
            if position > through {
                return Ok(());
            }
            if stored.place.stays_s > 0 && stored.place.gone_at.is_none() {
                history::begin_to_fade(cx, id, &mut stored)?;
                history::put_stored(cx, id, &stored)?;
            }
        }
    }
}
