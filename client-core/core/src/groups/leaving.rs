//! Asking to be taken out.

use super::membership;
use crate::shelf;
use crate::shelf::Cx;
use crate::words::{Standing, StepError};

/// Asks every conversation to remove this account, once.
pub(crate) fn leave_all(cx: &mut Cx<'_, '_>) -> Result<(), StepError> {
    let mut own = shelf::take_own(cx)?;
    if own.leaving {
        return Ok(());
    }
    own.leaving = true;
    shelf::put_own(cx, own)?;
    for id in shelf::conversation_ids(cx)? {
        if matches!(shelf::conv(cx, &id)?.standing, Standing::Active | Standing::AskingToBeReAdded) {
            membership::leave_conversation(cx, &id)?;
        }
    }
    cx.reached("leaving: asked")
}
