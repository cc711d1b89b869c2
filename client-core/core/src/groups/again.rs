//! A group that has ended is begun again: another group, of the same people as far as this person knows them.

use crate::shelf::{Cargo, Engine, Intent};
use crate::words::{ContactState, ConversationId, Edit, GroupTrouble, Kind, Member, Standing, Trouble, WaitingKind, Who};
use crate::{book, epoch, queue, shelf};
use lacre_ground::ids::AccountId;

/// Makes it, with this account as its admin. Gives it, and who of the old one is not in it: no accepted contact, or a lost account
/// whose new one is none.
pub(crate) fn again(engine: &mut Engine, id: &ConversationId) -> Result<(ConversationId, Vec<Member>), Trouble> {
    engine.run(|cx| {
        let conv = shelf::conv(cx, id)?;
        if conv.kind != Kind::Group || conv.standing != Standing::Ended {
            return Err(GroupTrouble::GoesOn.into());
        }
        let (own, members) = (shelf::living(cx)?.account, shelf::members(cx, id)?);
        let (mut people, mut left): (Vec<AccountId>, Vec<Member>) = (Vec::new(), Vec::new());
        for (member, device) in members.devices.iter().filter(|(member, _)| *member != own) {
            let account = shelf::newest_of(cx, *member)?;
            let contact = shelf::contact(cx, account)?;
            if contact.is_some_and(|c| c.state == ContactState::Accepted && c.blocked.is_none() && c.replaced.is_none()) {
                if !people.contains(&account) {
                    people.push(account);
                }
                continue;
            }
            let (handle, admin) = (book::name_in(cx, &members, *member)?, members.admins.contains(member));
            left.push(Member { account: *member, device: *device, handle, admin, own: false });
        }
        let new = epoch::create_conversation(cx, Kind::Group, &conv.name, &[own], &people, conv.suite)?;
        let mut edits = Vec::new();
        if !conv.description.is_empty() {
            edits.push(Edit::Description(conv.description.clone()));
        }
        if conv.may_add == Who::Everyone {
            edits.push(Edit::MayAdd(conv.may_add));
        }
        if conv.may_write == Who::Admins {
            edits.push(Edit::MayWrite(conv.may_write));
        }
        if conv.stays_s > 0 {
            edits.push(Edit::Stays(conv.stays_s));
        }
        if !edits.is_empty() {
            let cargo = Cargo::Seal { intent: Intent::Change { edits }, prepared: None };
            queue::enqueue(cx, Some(&new), WaitingKind::Seal, cargo)?;
        }
        cx.reached("group: begun again")?;
        Ok((new, left))
    })
}
