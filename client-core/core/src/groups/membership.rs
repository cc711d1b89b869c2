//! What a person does with a group: making it, adding, removing, leaving, and saying what its members may.

use crate::mls::roles::MAX_MEMBERS;
use crate::shelf::{Cargo, Conv, Cx, Engine, Intent};
use crate::words::{
    ContactState, ContactTrouble, ConversationId, Edit, GroupTrouble, Kind, MessageTrouble, Standing, StepError, Suite, Trouble,
    WaitingKind, Who,
};
use crate::{book, epoch, queue, shelf};
use lacre_ground::ids::AccountId;
use lacre_proto::content::v1 as content;

/// Bytes of a group's description.
pub const MAX_DESCRIPTION: usize = 2_000;
/// Admins of a group.
pub const MAX_ADMINS: usize = 64;

/// A group of accepted contacts. The seal that adds them goes out with the next synchronisation.
pub(crate) fn create(engine: &mut Engine, name: &str, members: &[AccountId], suite: Suite) -> Result<ConversationId, Trouble> {
    let name = super::group_name(name)?;
    if members.len() >= MAX_MEMBERS {
        return Err(GroupTrouble::Full { limit: 1_000 }.into());
    }
    engine.run(|cx| {
        let own = shelf::own(cx)?;
        if members.contains(&own.account) {
            return Err(GroupTrouble::Yourself.into());
        }
        for account in members {
            accepted(cx, *account)?;
        }
        epoch::create_conversation(cx, Kind::Group, &name, &[own.account], members, suite)
    })
}

/// Adds accepted contacts to a group. Who could not be added before is tried again now.
pub(crate) fn add(engine: &mut Engine, conversation: &ConversationId, accounts: &[AccountId]) -> Result<(), Trouble> {
    engine.run(|cx| {
        if shelf::active(cx, conversation)?.may_add == Who::Admins {
            shelf::admin_of(cx, conversation)?;
        }
        if accounts.contains(&shelf::own(cx)?.account) {
            return Err(GroupTrouble::Yourself.into());
        }
        let there = shelf::members(cx, conversation)?;
        // whose invitation a restored relay has lost is a member that knows nothing of it: it goes out again
        let restored = queue::lately_restored(cx)?;
        let mut new = Vec::new();
        for account in accounts {
            if !there.devices.iter().any(|(m, _)| m == account) {
                accepted(cx, *account)?;
                new.push(*account);
            } else if !restored || !queue::invite_again(cx, *account)? {
                return Err(GroupTrouble::AlreadyMember.into());
            }
        }
        if there.devices.len() + new.len() > MAX_MEMBERS {
            return Err(GroupTrouble::Full { limit: 1_000 }.into());
        }
        if new.is_empty() {
            return Ok(());
        }
        queue::has_room(cx, Some(conversation))?;
        epoch::add_now(cx, conversation, &new)
    })
}

/// Removes accounts from a group.
pub(crate) fn remove(engine: &mut Engine, conversation: &ConversationId, accounts: &[AccountId]) -> Result<(), Trouble> {
    engine.run(|cx| {
        shelf::admin_of(cx, conversation)?;
        if accounts.contains(&shelf::own(cx)?.account) {
            return Err(GroupTrouble::Yourself.into());
        }
        let members = shelf::members(cx, conversation)?;
        if accounts.iter().any(|a| !members.devices.iter().any(|(m, _)| m == a)) {
            return Err(GroupTrouble::NotAMember.into());
        }
        let intent = Intent::Remove { accounts: accounts.to_vec() };
        queue::has_room(cx, Some(conversation))?;
        queue::enqueue(cx, Some(conversation), WaitingKind::Seal, Cargo::Seal { intent, prepared: None })?;
        Ok(())
    })
}

/// Makes members admins, or no longer. One admin must stay.
pub(crate) fn admins(
    engine: &mut Engine,
    conversation: &ConversationId,
    accounts: &[AccountId],
    on: bool,
) -> Result<(), Trouble> {
    let members = engine.run(|cx| {
        shelf::admin_of(cx, conversation)?;
        shelf::members(cx, conversation)
    })?;
    if accounts.iter().any(|a| !members.devices.iter().any(|(m, _)| m == a)) {
        return Err(GroupTrouble::NotAMember.into());
    }
    if accounts.iter().all(|a| members.admins.contains(a) == on) {
        return Err(GroupTrouble::AlreadySo.into());
    }
    let new = accounts.iter().filter(|a| !members.admins.contains(a)).count();
    if on && members.admins.len() + new > MAX_ADMINS {
        return Err(GroupTrouble::TooManyAdmins { limit: 64 }.into());
    }
    if !on && members.admins.iter().all(|a| accounts.contains(a)) {
        return Err(GroupTrouble::LastAdmin.into());
    }
    change(engine, conversation, accounts.iter().map(|a| Edit::Admin { account: *a, on }).collect())
}

pub(crate) fn change(engine: &mut Engine, conversation: &ConversationId, edits: Vec<Edit>) -> Result<(), Trouble> {
    engine.run(|cx| {
        shelf::admin_of(cx, conversation)?;
        // what waits may undo it: only then is there nothing to do
        let waits = shelf::changes_wait(cx, conversation)?;
        let conv = shelf::conv(cx, conversation)?;
        if !waits && edits.iter().all(|edit| is_so(&conv, edit)) {
            return Err(GroupTrouble::AlreadySo.into());
        }
        let cargo = Cargo::Seal { intent: Intent::Change { edits }, prepared: None };
        queue::has_room(cx, Some(conversation))?;
        queue::enqueue(cx, Some(conversation), WaitingKind::Seal, cargo)?;
        Ok(())
    })
}

/// Asks to be removed, inside a step; gives who decides from now on.
pub(crate) fn leave_conversation(cx: &mut Cx<'_, '_>, id: &ConversationId) -> Result<Option<AccountId>, StepError> {
    let conv = shelf::active(cx, id)?;
    let own = shelf::own(cx)?.account;
    let members = shelf::members(cx, id)?;
    let others: Vec<AccountId> = members.devices.iter().map(|(a, _)| *a).filter(|a| *a != own).collect();
    // who is blocked, or a lost phone, inherits only where there is nobody else
    let mut heir = others.first().copied();
    for other in &others {
        if !book::is_blocked(cx, *other)? && !conv.lost.contains(other) {
            heir = Some(*other);
            break;
        }
    }
    let Some(heir) = heir else {
        let mut conv = shelf::take_conv(cx, id)?;
        conv.standing = Standing::Removed;
        shelf::put_conv(cx, id, conv)?;
        return Ok(None);
    };
    let last = members.admins.contains(&own) && !others.iter().any(|a| members.admins.contains(a));
    if last {
        let edits = vec![Edit::Admin { account: heir, on: true }, Edit::Admin { account: own, on: false }];
        let cargo = Cargo::Seal { intent: Intent::Change { edits }, prepared: None };
        queue::enqueue(cx, Some(id), WaitingKind::Seal, cargo)?;
    }
    let kind = content::content::Kind::Leave(content::Leave {});
    queue::enqueue_content(cx, id, WaitingKind::Upkeep, kind, None)?;
    Ok(last.then_some(heir))
}

/// Whether a group is so already.
fn is_so(conv: &Conv, edit: &Edit) -> bool {
    match edit {
        Edit::Name(name) => conv.name == *name,
        Edit::Description(text) => conv.description == *text,
        Edit::MayAdd(who) => conv.may_add == *who,
        Edit::MayWrite(who) => conv.may_write == *who,
        Edit::Stays(seconds) => conv.stays_s == *seconds,
        // asked before, with those who are members
        Edit::Admin { .. } => false,
    }
}

fn accepted(cx: &Cx<'_, '_>, account: AccountId) -> Result<(), StepError> {
    match shelf::contact(cx, account)? {
        Some(row) if row.blocked.is_some() => Err(MessageTrouble::NotActive(Standing::Blocked).into()),
        Some(row) if row.replaced.is_some() => Err(ContactTrouble::NewAccount.into()),
        Some(row) if row.state == ContactState::Accepted => Ok(()),
        Some(_) => Err(ContactTrouble::NotAccepted.into()),
        None => Err(ContactTrouble::NoSuchContact.into()),
    }
}
