//! What a person does with a group: making it, adding, removing, leaving, and saying what its members may.

use super::records::{Cargo, Edit, Intent};
use super::roles::MAX_MEMBERS;
use super::view::{ContactState, ConversationId, Kind, Standing, Suite, WaitingKind, Who};
use super::{Client, Cx, StepError, Trouble};
use lacre_ground::ids::AccountId;
use lacre_proto::content::v1 as content;

/// Bytes of a group's name.
pub const MAX_GROUP_NAME: usize = 200;
/// Bytes of a group's description.
pub const MAX_DESCRIPTION: usize = 2_000;
/// Admins of a group.
pub const MAX_ADMINS: usize = 64;

impl Client {
    /// A group of accepted contacts. The seal that adds them goes out with the next synchronisation.
    pub fn create_group(&mut self, name: &str, members: &[AccountId], suite: Suite) -> Result<ConversationId, Trouble> {
        if name.trim().is_empty() {
            return Err(Trouble::Empty);
        }
        if name.len() > MAX_GROUP_NAME {
            return Err(Trouble::TooLong { limit: 200 });
        }
        if members.len() >= MAX_MEMBERS {
            return Err(Trouble::GroupFull { limit: 1_000 });
        }
        self.run(|cx| {
            let own = cx.own()?;
            for account in members {
                cx.accepted(*account)?;
            }
            cx.create_conversation(Kind::Group, name, &[own.account], members, suite)
        })
    }

    /// Adds accepted contacts to a group.
    pub fn group_add(&mut self, conversation: &ConversationId, accounts: &[AccountId]) -> Result<(), Trouble> {
        self.run(|cx| {
            if cx.active(&conversation.0)?.may_add == Who::Admins {
                cx.admin_of(&conversation.0)?;
            }
            for account in accounts {
                cx.accepted(*account)?;
            }
            let there = cx.members(&conversation.0)?;
            let new = accounts.iter().filter(|a| !there.devices.iter().any(|(m, _)| m == *a)).count();
            if there.devices.len() + new > MAX_MEMBERS {
                return Err(Trouble::GroupFull { limit: 1_000 }.into());
            }
            cx.has_room(Some(&conversation.0))?;
            cx.enqueue_adds(&conversation.0, accounts)
        })
    }

    /// Removes accounts from a group.
    pub fn group_remove(&mut self, conversation: &ConversationId, accounts: &[AccountId]) -> Result<(), Trouble> {
        self.run(|cx| {
            cx.admin_of(&conversation.0)?;
            let members = cx.members(&conversation.0)?;
            if accounts.iter().any(|a| !members.devices.iter().any(|(m, _)| m == a)) {
                return Err(Trouble::NoSuchContact.into());
            }
            let intent = Intent::Remove { accounts: accounts.to_vec() };
            cx.has_room(Some(&conversation.0))?;
            cx.enqueue(Some(&conversation.0), WaitingKind::Seal, Cargo::Seal { intent, prepared: None })?;
            Ok(())
        })
    }

    /// Gives a group another name. Admins only, as are the other changes of a group.
    pub fn group_rename(&mut self, conversation: &ConversationId, name: &str) -> Result<(), Trouble> {
        if name.trim().is_empty() {
            return Err(Trouble::Empty);
        }
        if name.len() > MAX_GROUP_NAME {
            return Err(Trouble::TooLong { limit: 200 });
        }
        self.group_change(conversation, vec![Edit::Name(name.to_owned())])
    }

    /// Says what a group is for; an empty text says it no longer.
    pub fn group_describe(&mut self, conversation: &ConversationId, text: &str) -> Result<(), Trouble> {
        if text.len() > MAX_DESCRIPTION {
            return Err(Trouble::TooLong { limit: 2_000 });
        }
        self.group_change(conversation, vec![Edit::Description(text.to_owned())])
    }

    /// Makes members admins, or no longer. One admin must stay.
    ///
    /// # Errors
    /// [`Trouble::NoSuchContact`] for somebody who is no member, [`Trouble::LastAdmin`], [`Trouble::TooManyAdmins`].
    pub fn group_admins(&mut self, conversation: &ConversationId, accounts: &[AccountId], on: bool) -> Result<(), Trouble> {
        let members = self.run(|cx| {
            cx.admin_of(&conversation.0)?;
            cx.members(&conversation.0)
        })?;
        if accounts.iter().any(|a| !members.devices.iter().any(|(m, _)| m == a)) {
            return Err(Trouble::NoSuchContact);
        }
        let new = accounts.iter().filter(|a| !members.admins.contains(a)).count();
        if on && members.admins.len() + new > MAX_ADMINS {
            return Err(Trouble::TooManyAdmins { limit: 64 });
        }
        if !on && members.admins.iter().all(|a| accounts.contains(a)) {
            return Err(Trouble::LastAdmin);
        }
        self.group_change(conversation, accounts.iter().map(|a| Edit::Admin { account: *a, on }).collect())
    }

    /// Says who may add members and who may write; none leaves it as it is.
    pub fn group_allow(&mut self, conversation: &ConversationId, add: Option<Who>, write: Option<Who>) -> Result<(), Trouble> {
        let edits: Vec<Edit> = add.map(Edit::MayAdd).into_iter().chain(write.map(Edit::MayWrite)).collect();
        if edits.is_empty() {
            return Err(Trouble::Empty);
        }
        self.group_change(conversation, edits)
    }

    fn group_change(&mut self, conversation: &ConversationId, edits: Vec<Edit>) -> Result<(), Trouble> {
        self.run(|cx| {
            cx.admin_of(&conversation.0)?;
            let cargo = Cargo::Seal { intent: Intent::Change { edits }, prepared: None };
            cx.has_room(Some(&conversation.0))?;
            cx.enqueue(Some(&conversation.0), WaitingKind::Seal, cargo)?;
            Ok(())
        })
    }

    /// Fresh keys for this device's leaf: what was stolen before opens nothing afterwards.
    pub fn renew_keys(&mut self, conversation: &ConversationId) -> Result<(), Trouble> {
        self.run(|cx| {
            cx.active(&conversation.0)?;
            cx.has_room(Some(&conversation.0))?;
            let cargo = Cargo::Seal { intent: Intent::Update, prepared: None };
            cx.enqueue(Some(&conversation.0), WaitingKind::Seal, cargo)?;
            Ok(())
        })
    }

    /// Gives this device's place in a conversation up and asks to be re-added with fresh keys: what a person does when a
    /// conversation has gone wrong here (second rung of the recovery ladder). What waits is sent afterwards.
    pub fn repair(&mut self, conversation: &ConversationId) -> Result<(), Trouble> {
        self.run(|cx| {
            let mut conv = cx.active(&conversation.0)?;
            if conv.standing == Standing::Active {
                cx.cannot_follow(&conversation.0, &mut conv, "asked for by the person", None)?;
            }
            Ok(())
        })
    }

    /// Asks to be removed: an admin's device answers. The last admin of a group hands over in the same act, to the member
    /// that comes first in the tree: who that is is given. Who is alone is gone at once.
    pub fn leave(&mut self, conversation: &ConversationId) -> Result<Option<AccountId>, Trouble> {
        self.run(|cx| cx.leave_conversation(&conversation.0))
    }
}

impl Cx<'_, '_> {
    /// [`Client::leave`], inside a step.
    pub(super) fn leave_conversation(&mut self, id: &[u8]) -> Result<Option<AccountId>, StepError> {
        let mut conv = self.active(id)?;
        let own = self.own()?.account;
        let members = self.members(id)?;
        let others: Vec<AccountId> = members.devices.iter().map(|(a, _)| *a).filter(|a| *a != own).collect();
        // who is blocked inherits only where there is nobody else
        let mut heir = others.first().copied();
        for other in &others {
            if !self.is_blocked(*other)? {
                heir = Some(*other);
                break;
            }
        }
        let Some(heir) = heir else {
            conv.standing = Standing::Removed;
            self.put_conv(id, &mut conv)?;
            return Ok(None);
        };
        let last = members.admins.contains(&own) && !others.iter().any(|a| members.admins.contains(a));
        if last {
            let edits = vec![Edit::Admin { account: heir, on: true }, Edit::Admin { account: own, on: false }];
            let cargo = Cargo::Seal { intent: Intent::Change { edits }, prepared: None };
            self.enqueue(Some(id), WaitingKind::Seal, cargo)?;
        }
        let kind = content::content::Kind::Leave(content::Leave {});
        self.enqueue_content(id, WaitingKind::Upkeep, kind, None)?;
        Ok(last.then_some(heir))
    }

    pub(super) fn admin_of(&mut self, id: &[u8]) -> Result<(), StepError> {
        let conv = self.active(id)?;
        let own = self.own()?;
        let admin = self.members(id)?.admins.contains(&own.account);
        if admin && conv.kind == Kind::Group { Ok(()) } else { Err(Trouble::NotAdmin.into()) }
    }

    fn accepted(&self, account: AccountId) -> Result<(), StepError> {
        match self.contact(account)? {
            Some(row) if row.blocked.is_some() => Err(Trouble::NotActive(Standing::Blocked).into()),
            Some(row) if row.replaced.is_some() => Err(Trouble::NewAccount.into()),
            Some(row) if row.state == ContactState::Accepted => Ok(()),
            Some(_) => Err(Trouble::NotAccepted.into()),
            None => Err(Trouble::NoSuchContact.into()),
        }
    }
}
