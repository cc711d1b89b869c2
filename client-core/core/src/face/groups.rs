//! Groups.

use super::Client;
use crate::groups::MAX_DESCRIPTION;
use crate::shelf::{Cargo, Intent};
use crate::words::{ConversationId, Edit, Member, MessageTrouble, Standing, Suite, Trouble, WaitingKind, Who};
use crate::{epoch, groups, queue, shelf};
use lacre_ground::ids::AccountId;

impl Client {
    /// A group of accepted contacts. The seal that adds them goes out with the next synchronisation.
    ///
    /// # Errors
    /// [`GroupTrouble::NotAName`](crate::GroupTrouble::NotAName), [`GroupTrouble::Full`](crate::GroupTrouble::Full), [`ContactTrouble::NotAccepted`](crate::ContactTrouble::NotAccepted).
    pub fn create_group(&mut self, name: &str, members: &[AccountId], suite: Suite) -> Result<ConversationId, Trouble> {
        groups::create(&mut self.engine, name, members, suite)
    }

    /// Makes another group in the place of one that has ended ([`Standing::Ended`]), of the same name and rules, with those of its
    /// people who are accepted contacts. Gives it, and who is not in it.
    ///
    /// # Errors
    /// [`GroupTrouble::GoesOn`](crate::GroupTrouble::GoesOn).
    pub fn group_again(&mut self, conversation: &ConversationId) -> Result<(ConversationId, Vec<Member>), Trouble> {
        groups::again(&mut self.engine, conversation)
    }

    /// Adds accepted contacts to a group.
    pub fn group_add(&mut self, conversation: &ConversationId, accounts: &[AccountId]) -> Result<(), Trouble> {
        groups::add(&mut self.engine, conversation, accounts)
    }

    /// Removes accounts from a group.
    pub fn group_remove(&mut self, conversation: &ConversationId, accounts: &[AccountId]) -> Result<(), Trouble> {
        groups::remove(&mut self.engine, conversation, accounts)
    }

    /// Gives a group another name. Admins only, as are the other changes of a group.
    ///
    /// # Errors
    /// [`GroupTrouble::NotAName`](crate::GroupTrouble::NotAName), [`GroupTrouble::NotAdmin`](crate::GroupTrouble::NotAdmin).
    pub fn group_rename(&mut self, conversation: &ConversationId, name: &str) -> Result<(), Trouble> {
        let name = groups::group_name(name)?;
        groups::change(&mut self.engine, conversation, vec![Edit::Name(name)])
    }

    /// Says what a group is for; an empty text says it no longer.
    pub fn group_describe(&mut self, conversation: &ConversationId, text: &str) -> Result<(), Trouble> {
        if text.len() > MAX_DESCRIPTION {
            return Err(MessageTrouble::TooLong { limit: 2_000 }.into());
        }
        groups::change(&mut self.engine, conversation, vec![Edit::Description(text.to_owned())])
    }

    /// Makes members admins, or no longer. One admin must stay.
    ///
    /// # Errors
    /// [`ContactTrouble::NoSuchContact`](crate::ContactTrouble::NoSuchContact) for somebody who is no member, [`GroupTrouble::LastAdmin`](crate::GroupTrouble::LastAdmin), [`GroupTrouble::TooManyAdmins`](crate::GroupTrouble::TooManyAdmins).
    pub fn group_admins(&mut self, conversation: &ConversationId, accounts: &[AccountId], on: bool) -> Result<(), Trouble> {
        groups::admins(&mut self.engine, conversation, accounts, on)
    }

    /// Says who may add members and who may write; none leaves it as it is.
    pub fn group_allow(&mut self, conversation: &ConversationId, add: Option<Who>, write: Option<Who>) -> Result<(), Trouble> {
        let edits: Vec<Edit> = add.map(Edit::MayAdd).into_iter().chain(write.map(Edit::MayWrite)).collect();
        if edits.is_empty() {
            return Err(MessageTrouble::Empty.into());
        }
        groups::change(&mut self.engine, conversation, edits)
    }

    /// Fresh keys for this device's leaf: what was stolen before opens nothing afterwards.
    pub fn renew_keys(&mut self, conversation: &ConversationId) -> Result<(), Trouble> {
        self.engine.run(|cx| {
            shelf::active(cx, conversation)?;
            queue::has_room(cx, Some(conversation))?;
            let cargo = Cargo::Seal { intent: Intent::Update, prepared: None };
            queue::enqueue(cx, Some(conversation), WaitingKind::Seal, cargo)?;
            Ok(())
        })
    }

    /// Gives this device's place in a conversation up and asks to be re-added with fresh keys: what a person does when a
    /// conversation has gone wrong here (second rung of the recovery ladder). What waits is sent afterwards.
    pub fn repair(&mut self, conversation: &ConversationId) -> Result<(), Trouble> {
        self.engine.run(|cx| {
            if shelf::active(cx, conversation)?.standing == Standing::Active {
                let mut conv = shelf::take_conv(cx, conversation)?;
                epoch::cannot_follow(cx, conversation, &mut conv, "asked for by the person", None)?;
            }
            Ok(())
        })
    }

    /// Asks to be removed: an admin's device answers. The last admin of a group hands over in the same act, to the member
    /// that comes first in the tree: who that is is given. Who is alone is gone at once.
    pub fn leave(&mut self, conversation: &ConversationId) -> Result<Option<AccountId>, Trouble> {
        self.engine.run(|cx| groups::leave_conversation(cx, conversation))
    }
}
