//! Keeping somebody away (PROTOCOL.md, 14).
//!
//! | where the person is met | while blocked |
//! |---|---|
//! | own inbox | the right made for the person is withdrawn; what comes by another one is dropped after opening, without a word |
//! | conversation of two | ends here: nothing is read or written. The other's log goes on; nothing in it says so |
//! | shared groups | stay as they are, messages too: leaving them is the person's choice. Requests to be re-added there are served |
//!
//! Nothing is sent. Who is unblocked gets a new right, and the conversation of two asks to be re-added: so nothing that was
//! written meanwhile is ever read.

use crate::mls::group::GroupId;
use crate::shelf;
use crate::shelf::{Cargo, ContactRow, Cx, Item, Known};
use crate::words::{ContactState, ConversationId, Happening, Kind, Standing, StepError};
use lacre_ground::ids::AccountId;
use lacre_profile::Table;
use lacre_proto::content::v1 as content;

pub(crate) fn is_blocked(cx: &Cx<'_, '_>, account: AccountId) -> Result<bool, StepError> {
    Ok(shelf::contact(cx, account)?.is_some_and(|row| row.blocked.is_some()))
}

/// Whether an envelope of this sender is read at all. Of a blocked one only what shared groups need.
pub(crate) fn is_heard(
    cx: &mut Cx<'_, '_>,
    sender: &Known,
    kind: Option<&content::envelope_body::Kind>,
) -> Result<bool, StepError> {
    use content::envelope_body::Kind as Body;
    if shelf::reset_of(cx, sender.account)?.is_some() {
        return Err(StepError::Skip("from a device of a lost account".into()));
    }
    if !is_blocked(cx, sender.account)? {
        return Ok(true);
    }
    match kind {
        Some(Body::ReAdd(request)) => match shelf::conversation_of(cx, &GroupId::new(request.group_id.clone()))? {
            Some(id) => Ok(shelf::conv(cx, &id)?.kind == Kind::Group),
            None => Ok(false),
        },
        // judged when its tree has come: back into a group that this device asked for, nothing else
        Some(Body::Join(_)) => Ok(true),
        Some(Body::ContactRequest(_) | Body::ContactAccepted(_)) | None => Ok(false),
    }
}

/// Whoever comes back with a new account is kept away as before.
pub(crate) fn block_too(cx: &mut Cx<'_, '_>, before: &ContactRow, account: AccountId) -> Result<(), StepError> {
    let Some(known) = shelf::known(cx, account)? else { return Ok(()) };
    let mut row = match shelf::take_contact(cx, account)? {
        Some(row) => row,
        None => shelf::new_contact(cx, ContactRow::new(&known, ContactState::Declined, cx.now))?,
    };
    row.blocked.clone_from(&before.blocked);
    shelf::put_contact(cx, row)?;
    Ok(())
}

pub(crate) fn drop_held(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<(), StepError> {
    let held: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, shelf::held_scope(account).as_bytes(), 0, usize::MAX)?;
    held.into_iter().try_for_each(|(number, _)| shelf::drop_item(cx, number))
}

pub(crate) fn twos(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<Vec<ConversationId>, StepError> {
    let mut twos = Vec::new();
    for id in shelf::conversation_ids(cx)? {
        let conv = shelf::conv(cx, &id)?;
        if conv.kind == Kind::Two && conv.peer == Some(account) {
            twos.push(id);
        }
    }
    Ok(twos)
}

/// The conversation of two rests here, and what was not on its way yet is dropped.
pub(crate) fn end_two(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<(), StepError> {
    for id in twos(cx, account)? {
        let mut conv = shelf::take_conv(cx, &id)?;
        if !matches!(conv.standing, Standing::Active | Standing::AskingToBeReAdded) {
            continue;
        }
        let waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, id.as_bytes(), 0, usize::MAX)?;
        for (number, item) in waiting {
            if shelf::prepared(&item).is_none() && matches!(item.cargo, Cargo::Content { .. } | Cargo::Upload { .. }) {
                shelf::drop_item(cx, number)?;
            }
        }
        conv.standing = Standing::Blocked;
        shelf::put_conv(cx, &id, conv)?;
        let conversation = id;
        shelf::event(cx, Happening::StandingChanged { conversation, standing: Standing::Blocked })?;
    }
    Ok(())
}
