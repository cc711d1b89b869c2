//! What happened, numbered, told again until the application acknowledges it.

use super::Cx;
use super::engine::Engine;
use crate::words::{ConversationId, Happening, StepError, Trouble};
use lacre_ground::time::Millis;
use lacre_profile::Table;
use serde::{Deserialize, Serialize};

/// The Meta row with the last event that the application dealt with: numbers go on behind it.
const ACKED_EVENT: &[u8] = b"event";

/// One event.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct EventRow {
    pub(crate) at: Millis,
    pub(crate) what: Happening,
}

/// Events through this number were dealt with: they are not told again.
pub(crate) fn ack_events(engine: &mut Engine, through: u64) -> Result<(), Trouble> {
    engine.run(|cx| {
        let mut acked = None;
        loop {
            let rows = cx.s.scan_bytes(Table::Event, b"", 0, 64)?;
            let dealt_with: Vec<u64> = rows.into_iter().map(|(number, _)| number).filter(|n| *n <= through).collect();
            for number in &dealt_with {
                cx.s.delete(Table::Event, &number.to_be_bytes())?;
            }
            let Some(last) = dealt_with.last() else { break };
            acked = Some(*last);
        }
        if let Some(acked) = acked {
            cx.s.put(Table::Meta, ACKED_EVENT, b"", 0, &acked)?;
        }
        Ok(())
    })
}

pub(crate) fn event(cx: &mut Cx<'_, '_>, what: Happening) -> Result<(), StepError> {
    let last = match cx.cache.last_event {
        Some(last) => last,
        None => cx.s.last_ord(Table::Event, b"")?.max(cx.s.get(Table::Meta, ACKED_EVENT)?).unwrap_or(0),
    };
    let row = EventRow { at: cx.now, what };
    cx.s.put(Table::Event, &(last + 1).to_be_bytes(), b"", last + 1, &row)?;
    cx.cache.last_event = Some(last + 1);
    Ok(())
}

pub(crate) fn unreadable(cx: &mut Cx<'_, '_>, conversation: Option<&ConversationId>, reason: String) -> Result<(), StepError> {
    event(cx, Happening::Unreadable { conversation: conversation.cloned(), reason })
}
