//! Keeping somebody away, and no longer.

use crate::shelf::{Blocked, ContactRow, Cx, Engine};
use crate::words::{
    Contact, ContactState, ContactTrouble, Conversation, Happening, Kind, Standing, StepError, Trouble, WaitingKind,
};
use crate::{book, epoch, queue, shelf, views};
use lacre_ground::ids::{AccountId, Handle};
use lacre_profile::Table;
use lacre_proto::content::v1 as content;

/// Keeps an account away; one that is met in groups only, too. The other is told nothing.
pub(crate) fn block(engine: &mut Engine, account: &AccountId) -> Result<Contact, Trouble> {
    engine.run(|cx| {
        if shelf::own(cx)?.account == *account {
            return Err(ContactTrouble::Yourself.into());
        }
        let known = shelf::known(cx, *account)?.ok_or(ContactTrouble::NoSuchAccount)?;
        let met = shelf::contact(cx, *account)?;
        let stranger = met.is_none();
        let before = met.unwrap_or_else(|| ContactRow::new(&known, ContactState::Declined, cx.now));
        if before.blocked.is_some() {
            return views::contact_view(cx, before);
        }
        let mut row = shelf::new_contact(cx, before)?;
        row.blocked = Some(Blocked { since: cx.now, stranger });
        if row.state == ContactState::Asked {
            // their yes would be dropped: whoever thinks better of it asks again
            row.state = ContactState::NotTaken;
        }
        if let Some(token) = row.own_token.take() {
            shelf::withdraw_token(cx, token)?;
        }
        let row = shelf::put_contact(cx, row)?;
        book::drop_held(cx, *account)?;
        book::end_two(cx, *account)?;
        if let Some(replaced) = &row.replaced {
            book::block_too(cx, &row, replaced.by)?;
        }
        cx.reached("contact: blocked")?;
        views::contact_view(cx, row)
    })
}

/// Keeps an account away no longer.
pub(crate) fn unblock(engine: &mut Engine, account: &AccountId) -> Result<Contact, Trouble> {
    engine.run(|cx| {
        let mut row = shelf::take_contact(cx, *account)?.ok_or(ContactTrouble::NoSuchContact)?;
        let Some(blocked) = row.blocked.take() else { return views::contact_view(cx, ContactRow::clone(&row)) };
        if row.state == ContactState::Accepted {
            row.own_token = shelf::hand_out_token(cx)?;
        }
        let row = shelf::put_contact(cx, row)?;
        if let Some(token) = &row.own_token {
            // by an accepted contact it renews the right, and nobody is asked anything
            let request = content::ContactRequest { text: String::new(), inbox_token: token.expose().to_vec() };
            let kind = content::envelope_body::Kind::ContactRequest(request);
            let posted = queue::post_to(cx, *account, None, None, kind, WaitingKind::Upkeep);
            // who cannot be told is unblocked all the same
            let _unreachable: Result<(), String> = posted.map_or_else(epoch::out_of_reach, |()| Ok(Ok(())))?;
        }
        resume_two(cx, *account)?;
        if blocked.stranger {
            cx.s.delete(Table::Contact, account.as_bytes())?;
        }
        cx.reached("contact: unblocked")?;
        views::contact_view(cx, row)
    })
}

/// Whose name this is: a contact's, or a member's of a conversation whose keys are the account's.
pub(crate) fn find_person(engine: &mut Engine, handle: &Handle) -> Result<Option<AccountId>, Trouble> {
    engine.run(|cx| {
        let contacts: Vec<(u64, ContactRow)> = cx.s.scan(Table::Contact, b"", 0, usize::MAX)?;
        let mut named: Vec<&ContactRow> = contacts.iter().map(|(_, row)| row).filter(|row| row.handle == *handle).collect();
        named.sort_by_key(|row| row.replaced.is_some());
        if let Some(row) = named.first() {
            return Ok(Some(row.account));
        }
        for id in shelf::conversation_ids(cx)? {
            let members = shelf::members(cx, &id)?;
            for (account, _) in &members.devices {
                if book::name_in(cx, &members, *account)?.as_ref() == Some(handle) {
                    return Ok(Some(*account));
                }
            }
        }
        Ok(None)
    })
}

/// The groups in which this account and another are both members.
pub(crate) fn shared_groups(engine: &mut Engine, account: &AccountId) -> Result<Vec<Conversation>, Trouble> {
    engine.run(|cx| {
        let mut shared = Vec::new();
        for id in shelf::conversation_ids(cx)? {
            let conv = shelf::conv(cx, &id)?;
            let here = conv.kind == Kind::Group && matches!(conv.standing, Standing::Active | Standing::AskingToBeReAdded);
            if here && shelf::members(cx, &id)?.devices.iter().any(|(member, _)| member == account) {
                shared.push(views::conversation_view(cx, &id)?);
            }
        }
        Ok(shared)
    })
}

fn resume_two(cx: &mut Cx<'_, '_>, account: AccountId) -> Result<(), StepError> {
    for id in book::twos(cx, account)? {
        let mut conv = shelf::take_conv(cx, &id)?;
        if conv.standing != Standing::Blocked {
            continue;
        }
        conv.standing = Standing::AskingToBeReAdded;
        conv.asked = None;
        shelf::put_conv(cx, &id, conv)?;
        epoch::encrypt_again(cx, &id)?;
        let conversation = id;
        shelf::event(cx, Happening::StandingChanged { conversation, standing: Standing::AskingToBeReAdded })?;
    }
    Ok(())
}
