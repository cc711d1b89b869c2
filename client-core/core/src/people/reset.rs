//! A contact's new account is accepted by the person, never by itself.
//!
//! | what is here of the old account | what becomes of it, in one step |
//! |---|---|
//! | texts and files that had not left | they wait for the new account |
//! | those that the relay took after the reset: the lost phone may have read them, the person has not | they wait for it too, before the others, and say when they were first sent |
//! | the conversation of two | is over; its history stays |
//! | the name of one's own for the person | is the new account's |
//! | groups in which it was | the old account is taken out by any admin's device that learns of the reset; this account puts the new one into those where it may, as soon as it is a contact |

use super::contacts;
use crate::history::Stored;
use crate::network::Network;
use crate::shelf::{Cargo, Cx, Engine, Item};
use crate::words::{
    Body, Contact, ContactState, ContactTrouble, Conversation, ConversationId, Kind, Standing, StepError, Trouble, Who,
};
use crate::{account, book, shelf, views};
use lacre_ground::ids::AccountId;
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use lacre_proto::relay::v1 as wire;
use prost::Message as _;
use serde_bytes::ByteBuf;

/// Messages that are looked at together.
const TOGETHER: usize = 256;

/// Takes the new account for the contact. Gives it, and the groups whose other members it must be told to.
pub(crate) fn accept_reset(
    engine: &mut Engine,
    net: &mut dyn Network,
    account: &AccountId,
) -> Result<(Contact, Vec<Conversation>), Trouble> {
    let replaced = engine.run(|cx| {
        let row = shelf::contact(cx, *account)?.ok_or(ContactTrouble::NoSuchContact)?;
        let by = row.replaced.ok_or(ContactTrouble::NoSuchContact)?.by;
        Ok((by, shelf::known(cx, by)?.is_some()))
    })?;
    if let (by, false) = replaced {
        // a note alone does not say what keys it has
        let entry = account::directory(engine, net, wire::lookup_request::Who::Account(by.as_bytes().to_vec()))?;
        engine.run(|cx| match book::learn_account(cx, &entry)?.account == by {
            true => Ok(()),
            false => Err(Trouble::Protocol("the directory answered with another account".into()).into()),
        })?;
    }
    engine.run(|cx| {
        let row = shelf::contact(cx, *account)?.ok_or(ContactTrouble::NoSuchContact)?;
        let replaced = row.replaced.clone().ok_or(ContactTrouble::NoSuchContact)?;
        let known = shelf::known(cx, replaced.by)?.ok_or(ContactTrouble::NoSuchAccount)?;
        hold_for(cx, *account, replaced.by, replaced.at)?;
        cx.s.delete(Table::Contact, account.as_bytes())?;
        // what the person calls somebody does not hang on keys
        if let (Some(name), None) = (shelf::nickname(cx, *account)?, shelf::nickname(cx, replaced.by)?) {
            shelf::put_nickname(cx, *account, "")?;
            shelf::put_nickname(cx, replaced.by, &name)?;
        }
        let asks = shelf::contact(cx, replaced.by)?.is_some_and(|row| row.state == ContactState::Asking);
        let new = if asks { contacts::accept(cx, replaced.by)? } else { contacts::ask(cx, &known, "", None)? };
        let left = put_into_groups(cx, *account, replaced.by)?;
        cx.reached("reset: accepted")?;
        Ok((views::contact_view(cx, new)?, left))
    })
}

/// Texts and files that did not reach the person wait for the new account; conversations of two with the old one are over.
fn hold_for(cx: &mut Cx<'_, '_>, before: AccountId, account: AccountId, reset_at: Millis) -> Result<(), StepError> {
    let mut waiting: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, shelf::held_scope(before).as_bytes(), 0, usize::MAX)?;
    for id in book::twos(cx, before)? {
        hold_again(cx, &id, account, reset_at)?;
        waiting.extend(cx.s.scan::<Item>(Table::Outbox, id.as_bytes(), 0, usize::MAX)?);
        let mut conv = shelf::take_conv(cx, &id)?;
        conv.standing = Standing::Removed;
        shelf::put_conv(cx, &id, conv)?;
    }
    for (number, item) in waiting {
        // the relay has it, and it was not met: the conversation rested before
        let taken = shelf::is_stored(&item).then_some(item.since);
        let waits = match &item.cargo {
            Cargo::Held { text, file, again, .. } => Some((text.clone(), file.clone(), *again)),
            Cargo::Content { .. } => match shelf::waiting_kind(&item) {
                Some(content::content::Kind::Text(text)) => Some((text.text, None, taken)),
                // its ciphertext stays here, and goes to the relay again if it has not gone
                Some(content::content::Kind::File(file)) => {
                    Some((String::new(), Some(ByteBuf::from(file.encode_to_vec())), taken))
                }
                _ => None,
            },
            _ => None,
        };
        shelf::drop_item(cx, number)?;
        if let Some((text, file, again)) = waits {
            contacts::put_held(cx, account, text, file, again)?;
        }
    }
    Ok(())
}

/// What this account wrote there and the relay took after the reset.
fn hold_again(cx: &mut Cx<'_, '_>, id: &ConversationId, account: AccountId, reset_at: Millis) -> Result<(), StepError> {
    let own = shelf::own(cx)?.account;
    let mut from = 0;
    loop {
        let some: Vec<(u64, Stored)> = cx.s.scan(Table::Message, id.as_bytes(), from, TOGETHER)?;
        let Some((last, _)) = some.last() else { return Ok(()) };
        from = last + 1;
        for (_, stored) in some.into_iter().filter(|(_, s)| s.sender == own && s.accepted_at >= reset_at) {
            let again = Some(stored.place.again.unwrap_or(stored.sent_at));
            match (stored.body, stored.blob) {
                (Body::Text(text), _) => contacts::put_held(cx, account, text, None, again)?,
                (Body::File { name, size }, Some(blob)) => {
                    let blob = content::BlobRef::decode(blob.as_slice()).map_err(|e| StepError::Again(e.to_string()))?;
                    let file = content::File { name, size, blob: Some(blob), ..Default::default() };
                    contacts::put_held(cx, account, String::new(), Some(ByteBuf::from(file.encode_to_vec())), again)?
                }
                _ => continue,
            };
        }
    }
}

/// The new account comes into the groups in which the old one was, where this account may add: at once, or as soon as it has
/// accepted. Gives the others, in which somebody else is to do it.
fn put_into_groups(cx: &mut Cx<'_, '_>, before: AccountId, account: AccountId) -> Result<Vec<Conversation>, StepError> {
    let groups = shelf::reset_of(cx, before)?.map(|reset| reset.groups).unwrap_or_default();
    let own = shelf::own(cx)?.account;
    let (mut here, mut left) = (Vec::new(), Vec::new());
    for id in groups {
        let Some(conv) = shelf::conv_or_none(cx, &id)? else { continue };
        if conv.kind != Kind::Group || !matches!(conv.standing, Standing::Active | Standing::AskingToBeReAdded) {
            continue;
        }
        let members = shelf::members(cx, &id)?;
        if members.devices.iter().any(|(member, _)| *member == account) {
            continue;
        }
        if members.admins.contains(&own) || conv.may_add == Who::Everyone {
            here.push(id);
        } else {
            left.push(views::conversation_view(cx, &id)?);
        }
    }
    if let Some(mut row) = shelf::take_contact(cx, account)? {
        row.back_into = here;
        let accepted = row.state == ContactState::Accepted;
        shelf::put_contact(cx, row)?;
        if accepted {
            contacts::welcome_back(cx, account)?;
        }
    }
    Ok(left)
}
