//! A contact's new account is accepted by the person, never by itself.

use super::contacts;
use crate::shelf::{Cargo, Cx, Engine, Intent, Item};
use crate::words::{
    Contact, ContactState, ContactTrouble, Conversation, ConversationId, Kind, Standing, StepError, Trouble, WaitingKind,
};
use crate::{book, epoch, queue, shelf, views};
use lacre_ground::ids::AccountId;
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use prost::Message as _;
use serde_bytes::ByteBuf;

/// Takes the new account for the contact. Gives it, and the groups whose other members it must be told to.
pub(crate) fn accept_reset(engine: &mut Engine, account: &AccountId) -> Result<(Contact, Vec<Conversation>), Trouble> {
    engine.run(|cx| {
        let row = shelf::contact(cx, *account)?.ok_or(ContactTrouble::NoSuchContact)?;
        let replaced = row.replaced.clone().ok_or(ContactTrouble::NoSuchContact)?;
        let known = shelf::known(cx, replaced.by)?.ok_or(ContactTrouble::NoSuchAccount)?;
        hold_for(cx, *account, replaced.by)?;
        cx.s.delete(Table::Contact, account.as_bytes())?;
        let asks = shelf::contact(cx, replaced.by)?.is_some_and(|row| row.state == ContactState::Asking);
        let new = if asks { contacts::accept(cx, replaced.by)? } else { contacts::ask(cx, &known, "", None)? };
        let mut left = Vec::new();
        for id in shelf::conversation_ids(cx)? {
            left.extend(put_in_place(cx, &id, *account, replaced.by, asks)?);
        }
        cx.reached("reset: accepted")?;
        Ok((views::contact_view(cx, new)?, left))
    })
}

/// Texts and files that were not delivered to the old account wait for the new one; its conversations of two are over.
fn hold_for(cx: &mut Cx<'_, '_>, before: AccountId, account: AccountId) -> Result<(), StepError> {
    let mut waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, shelf::held_scope(before).as_bytes(), 0, usize::MAX)?;
    for id in book::twos(cx, before)? {
        waiting.extend(cx.s.scan::<Item>(Table::Outbox, id.as_bytes(), 0, usize::MAX)?);
        let mut conv = shelf::take_conv(cx, &id)?;
        conv.standing = Standing::Removed;
        shelf::put_conv(cx, &id, conv)?;
    }
    for (number, item) in waiting {
        let waits = match &item.cargo {
            Cargo::Held { text, file, .. } => Some((text.clone(), file.clone())),
            Cargo::Content { .. } if shelf::prepared(&item).is_none_or(|p| p.seq.is_none()) => match shelf::waiting_kind(&item) {
                Some(content::content::Kind::Text(text)) => Some((text.text, None)),
                // its ciphertext stays here, and goes to the relay again if it has not gone
                Some(content::content::Kind::File(file)) => Some((String::new(), Some(ByteBuf::from(file.encode_to_vec())))),
                _ => None,
            },
            _ => None,
        };
        shelf::drop_item(cx, number)?;
        if let Some((text, file)) = waits {
            contacts::hold(cx, account, text, file)?;
        }
    }
    Ok(())
}

/// In a group that this account administers the old account goes, and the new one comes if it is a contact already.
/// Gives a group in which something is left to do by hand.
fn put_in_place(
    cx: &mut Cx<'_, '_>,
    id: &ConversationId,
    before: AccountId,
    account: AccountId,
    accepted: bool,
) -> Result<Option<Conversation>, StepError> {
    let conv = shelf::conv(cx, id)?;
    let members = shelf::members(cx, id)?;
    let here = conv.kind == Kind::Group && conv.standing == Standing::Active;
    if !here || !members.devices.iter().any(|(member, _)| *member == before) {
        return Ok(None);
    }
    let own = shelf::own(cx)?.account;
    if members.admins.contains(&own) {
        let intent = Intent::Remove { accounts: vec![before] };
        queue::enqueue(cx, Some(id), WaitingKind::Seal, Cargo::Seal { intent, prepared: None })?;
        if accepted {
            epoch::enqueue_adds(cx, id, std::slice::from_ref(&account))?;
            return Ok(None);
        }
    }
    views::conversation_view(cx, id).map(Some)
}
