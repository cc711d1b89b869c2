//! Contacts and envelopes: what travels through inboxes (PROTOCOL.md, 13 and 14).

use crate::network::Network;
use crate::shelf::{Cargo, ContactRow, Cx, Engine, Item, Known, LocalBlob};
use crate::words::{
    AccountTrouble, Contact, ContactState, ContactTrouble, ConversationId, Kind, MessageTrouble, Standing, StepError, Suite,
    Trouble, WaitingKind, Who,
};
use crate::{account, book, epoch, messages, queue, shelf, views, words};
use lacre_ground::address::ContactLink;
use lacre_ground::ids::{AccountId, BlobId, ContentId, Handle, Token};
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use lacre_proto::relay::v1 as wire;
use prost::Message as _;
use serde_bytes::ByteBuf;

/// Bytes of a contact request's text.
pub const MAX_REQUEST: usize = 500;

/// Looks somebody up and puts a contact request into the post. When they asked before, this is a yes.
pub(crate) fn add(engine: &mut Engine, net: &mut dyn Network, handle: &Handle, text: &str) -> Result<Contact, Trouble> {
    if text.len() > MAX_REQUEST {
        return Err(MessageTrouble::TooLong { limit: 500 }.into());
    }
    let own = engine.own()?;
    if own.handle == *handle {
        return Err(ContactTrouble::Yourself.into());
    }
    let entry = account::directory(engine, net, wire::lookup_request::Who::Handle(handle.as_str().to_owned()))?;
    engine.run(|cx| {
        let known = book::learn_account(cx, &entry)?;
        if known.handle != *handle {
            return Err(Trouble::Protocol("the directory answered with another account".into()).into());
        }
        let row = ask(cx, &known, text, None)?;
        views::contact_view(cx, row)
    })
}

/// Says no. The other is not told.
pub(crate) fn decline(engine: &mut Engine, account: &AccountId) -> Result<Contact, Trouble> {
    engine.run(|cx| {
        let mut row = shelf::take_contact(cx, *account)?.ok_or(ContactTrouble::NoSuchContact)?;
        if row.state == ContactState::Asking {
            row.state = ContactState::Declined;
            let row = shelf::put_contact(cx, row)?;
            return views::contact_view(cx, row);
        }
        views::contact_view(cx, ContactRow::clone(&row))
    })
}

/// Keeps a text for a contact that has not accepted yet; with a conversation it is sent there at once.
pub(crate) fn send_to(engine: &mut Engine, account: &AccountId, text: &str) -> Result<(), Trouble> {
    messages::check_text(text)?;
    let row = engine.run(|cx| shelf::contact(cx, *account))?.ok_or(ContactTrouble::NoSuchContact)?;
    if row.blocked.is_some() {
        return Err(MessageTrouble::NotActive(Standing::Blocked).into());
    }
    if row.replaced.is_some() {
        return Err(ContactTrouble::NewAccount.into());
    }
    match (row.state, row.conversation) {
        (ContactState::Accepted, Some(id)) => messages::send_text(engine, &id, text).map(|_| ()),
        (ContactState::Accepted | ContactState::Asked, _) => engine.run(|cx| hold(cx, *account, text.to_owned())).map(|_| ()),
        (ContactState::Asking | ContactState::Declined | ContactState::NotTaken, _) => {
            Err(Trouble::Contact(ContactTrouble::NotAccepted))
        }
    }
}

/// Asks somebody whose directory entry was just verified.
pub(super) fn ask(cx: &mut Cx<'_, '_>, known: &Known, text: &str, link: Option<&Token>) -> Result<ContactRow, StepError> {
    book::no_reset_waits(cx, known.account)?;
    let before = shelf::contact(cx, known.account)?;
    if let Some(row) = &before {
        match row.state {
            _ if row.blocked.is_some() => return Err(MessageTrouble::NotActive(Standing::Blocked).into()),
            _ if row.replaced.is_some() => return Err(ContactTrouble::NewAccount.into()),
            ContactState::Asked if link.is_some() => {}
            ContactState::Accepted => {
                offer_again(cx, row)?;
                return Ok(row.clone());
            }
            ContactState::Asked => return Ok(row.clone()),
            // they asked: whoever declined it and asks now has thought better of it
            ContactState::Asking => return accept(cx, known.account),
            ContactState::Declined if row.their_token.is_some() => return accept(cx, known.account),
            ContactState::Declined | ContactState::NotTaken => {}
        }
    }
    let token = shelf::hand_out_token(cx)?.ok_or(StepError::Again("no inbox token is ready".into()))?;
    let kind = content::envelope_body::Kind::ContactRequest(content::ContactRequest {
        text: text.to_owned(),
        inbox_token: token.expose().to_vec(),
    });
    let row = before.unwrap_or_else(|| ContactRow::new(known, ContactState::Asked, cx.now));
    let mut row = shelf::new_contact(cx, row)?;
    (row.state, row.since) = (ContactState::Asked, cx.now);
    row.text = text.to_owned();
    if let Some(unused) = row.own_token.replace(token) {
        shelf::withdraw_token(cx, unused)?;
    }
    let row = shelf::put_contact(cx, row)?;
    queue::post_to(cx, known.account, None, link, kind, WaitingKind::Request)?;
    Ok(row)
}

/// Tells somebody who asks that this person asked, too: a request by the right that came with theirs. By an accepted contact it
/// renews the token and nothing else, so that it does no harm where the first one came.
pub(crate) fn ask_again(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<(), StepError> {
    let mut row = shelf::take_contact(cx, account)?.ok_or(ContactTrouble::NoSuchContact)?;
    if row.own_token.is_none() {
        row.own_token = shelf::hand_out_token(cx)?;
    }
    let row = shelf::put_contact(cx, row)?;
    let token = row.own_token.ok_or(StepError::Again("no inbox token is ready".into()))?;
    let (text, inbox_token) = (row.text, token.expose().to_vec());
    let kind = content::envelope_body::Kind::ContactRequest(content::ContactRequest { text, inbox_token });
    queue::post_to(cx, account, None, None, kind, WaitingKind::Request)
}

/// Says yes: answers with an own token and makes the conversation of two.
pub(crate) fn accept(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<ContactRow, StepError> {
    book::no_reset_waits(cx, account)?;
    let mut row = shelf::take_contact(cx, account)?.ok_or(ContactTrouble::NoSuchContact)?;
    match row.state {
        _ if row.blocked.is_some() => return Err(MessageTrouble::NotActive(Standing::Blocked).into()),
        ContactState::Accepted => return Ok(ContactRow::clone(&row)),
        // both asked: that is a yes already, and the other makes the conversation
        ContactState::Asked if row.their_token.is_some() => return Ok(ContactRow::clone(&row)),
        ContactState::Asked | ContactState::NotTaken => return Err(ContactTrouble::NotAccepted.into()),
        ContactState::Asking | ContactState::Declined => {}
    }
    if row.own_token.is_none() {
        row.own_token = shelf::hand_out_token(cx)?;
    }
    let token = row.own_token.clone().ok_or(StepError::Again("no inbox token is ready".into()))?;
    row.state = ContactState::Accepted;
    shelf::put_contact(cx, row)?;
    let kind = content::envelope_body::Kind::ContactAccepted(content::ContactAccepted { inbox_token: token.expose().to_vec() });
    queue::post_to(cx, account, None, None, kind, WaitingKind::Request)?;
    welcome_back(cx, account)?;
    two(cx, account)
}

/// The conversation of two with an accepted contact.
fn two(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<ContactRow, StepError> {
    let own = shelf::own(cx)?;
    let admins = vec![own.account, account];
    let id = epoch::create_conversation(cx, Kind::Two, "", &admins, std::slice::from_ref(&account), Suite::XWing)?;
    let mut row = shelf::take_contact(cx, account)?.ok_or(ContactTrouble::NoSuchContact)?;
    row.conversation = Some(id.clone());
    let row = shelf::put_contact(cx, row)?;
    release_held(cx, account, &id)?;
    Ok(row)
}

/// Of two, the other was given up, or waits with a pause: it is asked for again.
fn offer_again(cx: &mut Cx<'_, '_>, row: &ContactRow) -> Result<(), StepError> {
    let Some(id) = &row.conversation else { return Ok(()) };
    let here = shelf::conv(cx, id)?.standing == Standing::Active;
    if here && !shelf::members(cx, id)?.devices.iter().any(|(account, _)| *account == row.account) {
        epoch::add_now(cx, id, std::slice::from_ref(&row.account))?;
    }
    Ok(())
}

/// Texts that waited for a contact go into the conversation's queue, in order.
pub(crate) fn release_held(cx: &mut Cx<'_, '_>, contact: AccountId, conversation: &ConversationId) -> Result<(), StepError> {
    let held: Vec<(u64, Item)> = cx.s.scan(Table::Outbox, shelf::held_scope(contact).as_bytes(), 0, usize::MAX)?;
    for (number, item) in held {
        let Cargo::Held { text, id, file, again, .. } = item.cargo else { continue };
        shelf::drop_item(cx, number)?;
        let Some(file) = file else {
            let kind = content::content::Kind::Text(content::Text { text, ..Default::default() });
            queue::enqueue_content_as(cx, id, conversation, WaitingKind::Text, kind, None, again)?;
            continue;
        };
        let file = content::File::decode(file.as_slice()).map_err(|e| StepError::Again(e.to_string()))?;
        let reference = file.blob.clone().unwrap_or_default();
        let blob = BlobId::try_from(reference.blob.as_slice()).map_err(|e| StepError::Again(e.to_string()))?;
        if cx.s.get::<LocalBlob>(Table::Blob, blob.as_bytes())?.is_some() {
            let cargo = Cargo::Upload { authority: reference.authority.clone(), blob };
            queue::enqueue(cx, Some(conversation), WaitingKind::File, cargo)?;
        }
        let encoded = ByteBuf::from(reference.encode_to_vec());
        let kind = content::content::Kind::File(content::File { reply_to: Vec::new(), reply_to_by: Vec::new(), ..file });
        queue::enqueue_content_as(cx, id, conversation, WaitingKind::File, kind, Some(encoded), again)?;
    }
    Ok(())
}

fn hold(cx: &mut Cx<'_, '_>, contact: AccountId, text: String) -> Result<ContentId, StepError> {
    queue::has_room(cx, Some(&shelf::held_scope(contact)))?;
    put_held(cx, contact, text, None, None)
}

/// Puts a text or file behind what waits for a contact already; `again`: it was sent before, then.
pub(super) fn put_held(
    cx: &mut Cx<'_, '_>,
    contact: AccountId,
    text: String,
    file: Option<ByteBuf>,
    again: Option<Millis>,
) -> Result<ContentId, StepError> {
    let id = ContentId::new(lacre_ground::random::bytes(cx.rng));
    let what = if file.is_some() { WaitingKind::File } else { WaitingKind::Text };
    queue::enqueue(cx, Some(&shelf::held_scope(contact)), what, Cargo::Held { contact, text, id, file, again })?;
    Ok(id)
}

/// Groups that wait for this contact's yes: it is put into them.
pub(crate) fn welcome_back(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<(), StepError> {
    let Some(mut row) = shelf::take_contact(cx, account)?.filter(|row| !row.back_into.is_empty()) else { return Ok(()) };
    let groups = std::mem::take(&mut row.back_into);
    shelf::put_contact(cx, row)?;
    for id in groups {
        let Some(conv) = shelf::conv_or_none(cx, &id)? else { continue };
        let members = shelf::members(cx, &id)?;
        let own = shelf::own(cx)?.account;
        let may = members.admins.contains(&own) || conv.may_add == Who::Everyone;
        let goes_on = matches!(conv.standing, Standing::Active | Standing::AskingToBeReAdded);
        if goes_on && may && !members.devices.iter().any(|(member, _)| *member == account) {
            epoch::enqueue_adds(cx, &id, std::slice::from_ref(&account))?;
        }
    }
    cx.reached("reset: back in the groups")
}

/// Asks the maker of a link. The link names the account, so that no registrar need be believed.
pub(crate) fn add_by_link(
    engine: &mut Engine,
    net: &mut dyn Network,
    link: &ContactLink,
    text: &str,
) -> Result<Contact, Trouble> {
    if text.len() > MAX_REQUEST {
        return Err(MessageTrouble::TooLong { limit: 500 }.into());
    }
    let own = engine.own()?;
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    if link.authority != at {
        return Err(AccountTrouble::OtherRelay.into());
    }
    if link.account == own.account {
        return Err(ContactTrouble::Yourself.into());
    }
    let who = wire::lookup_request::Who::Account(link.account.as_bytes().to_vec());
    let entry = account::directory(engine, net, who)?;
    engine.run(|cx| {
        let known = book::learn_account(cx, &entry)?;
        if known.account != link.account {
            return Err(Trouble::Protocol("the directory answered with another account".into()).into());
        }
        let row = ask(cx, &known, text, Some(&link.token))?;
        views::contact_view(cx, row)
    })
}
