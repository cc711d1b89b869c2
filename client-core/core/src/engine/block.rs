//! Keeping somebody away (DESIGN 7).
//!
//! | where the person is met | while blocked |
//! |---|---|
//! | own inbox | the right made for the person is withdrawn; what comes by another one is dropped after opening, without a word |
//! | conversation of two | ends here: nothing is read or written. The other's log goes on; nothing in it says so |
//! | shared groups | stay as they are, messages too: leaving them is the person's choice. Requests to be re-added there are served |
//!
//! Nothing is sent. Who is unblocked gets a new right, and the conversation of two asks to be re-added: so nothing that was
//! written meanwhile is ever read.

use super::epoch::out_of_reach;
use super::people::held_scope;
use super::records::{Blocked, Cargo, ContactRow, Item, Known};
use super::view::{Contact, ContactState, Conversation, ConversationId, Happening, Kind, Standing, WaitingKind};
use super::{Client, Cx, StepError, Trouble};
use lacre_ground::ids::{AccountId, Handle};
use lacre_profile::Table;
use lacre_proto::content::v1 as content;

impl Client {
    /// Keeps an account away; one that is met in groups only, too. The other is told nothing.
    ///
    /// # Errors
    /// [`Trouble::NoSuchAccount`] for an account that this profile has never met.
    pub fn contact_block(&mut self, account: &AccountId) -> Result<Contact, Trouble> {
        self.run(|cx| {
            let known = cx.known(*account)?.ok_or(StepError::Trouble(Trouble::NoSuchAccount))?;
            let met = cx.contact(*account)?;
            let stranger = met.is_none();
            let mut row = met.unwrap_or_else(|| ContactRow::new(&known, ContactState::Declined, cx.now));
            if row.blocked.is_none() {
                row.blocked = Some(Blocked { since: cx.now, stranger });
                if row.state == ContactState::Asked {
                    // their yes would be dropped: whoever thinks better of it asks again
                    row.state = ContactState::NotTaken;
                }
                if let Some(token) = row.own_token.take() {
                    cx.withdraw_token(token)?;
                }
                cx.put_contact(&row)?;
                cx.drop_held(*account)?;
                cx.end_two(*account)?;
                if let Some(replaced) = &row.replaced {
                    cx.block_too(&row, replaced.by)?;
                }
                cx.reached("contact: blocked")?;
            }
            cx.contact_view(row)
        })
    }

    /// Keeps an account away no longer.
    ///
    /// # Errors
    /// [`Trouble::NoSuchContact`].
    pub fn contact_unblock(&mut self, account: &AccountId) -> Result<Contact, Trouble> {
        self.run(|cx| {
            let mut row = cx.contact(*account)?.ok_or(StepError::Trouble(Trouble::NoSuchContact))?;
            let Some(blocked) = row.blocked.take() else { return cx.contact_view(row) };
            if row.state == ContactState::Accepted {
                row.own_token = cx.hand_out_token()?;
            }
            cx.put_contact(&row)?;
            if let Some(token) = &row.own_token {
                // by an accepted contact it renews the right, and nobody is asked anything
                let request = content::ContactRequest { text: String::new(), inbox_token: token.expose().to_vec() };
                let kind = content::envelope_body::Kind::ContactRequest(request);
                let posted = cx.post_to(*account, None, None, kind, WaitingKind::Upkeep);
                // who cannot be told is unblocked all the same
                let _unreachable: Result<(), String> = posted.map_or_else(out_of_reach, |()| Ok(Ok(())))?;
            }
            cx.resume_two(*account)?;
            if blocked.stranger {
                cx.s.delete(Table::Contact, account.as_bytes())?;
            }
            cx.reached("contact: unblocked")?;
            cx.contact_view(row)
        })
    }

    /// Whose name this is: a contact's, or a member's of a conversation whose keys are the account's.
    pub fn find_person(&mut self, handle: &Handle) -> Result<Option<AccountId>, Trouble> {
        self.run(|cx| {
            let contacts: Vec<(u64, ContactRow)> = cx.s.scan(Table::Contact, b"", 0, usize::MAX)?;
            let mut named: Vec<&ContactRow> = contacts.iter().map(|(_, row)| row).filter(|row| row.handle == *handle).collect();
            named.sort_by_key(|row| row.replaced.is_some());
            if let Some(row) = named.first() {
                return Ok(Some(row.account));
            }
            for id in cx.conversation_ids()? {
                let members = cx.members(&id)?;
                for (account, _) in &members.devices {
                    if cx.name_in(&members, *account)?.as_ref() == Some(handle) {
                        return Ok(Some(*account));
                    }
                }
            }
            Ok(None)
        })
    }

    /// The groups in which this account and another are both members.
    pub fn shared_groups(&mut self, account: &AccountId) -> Result<Vec<Conversation>, Trouble> {
        self.run(|cx| {
            let mut shared = Vec::new();
            for id in cx.conversation_ids()? {
                let conv = cx.conv(&id)?;
                let here = conv.kind == Kind::Group && matches!(conv.standing, Standing::Active | Standing::AskingToBeReAdded);
                if here && cx.members(&id)?.devices.iter().any(|(member, _)| member == account) {
                    shared.push(cx.conversation_view(&id)?);
                }
            }
            Ok(shared)
        })
    }
}

impl Cx<'_, '_> {
    pub(super) fn is_blocked(&self, account: AccountId) -> Result<bool, StepError> {
        Ok(self.contact(account)?.is_some_and(|row| row.blocked.is_some()))
    }

    /// Whether an envelope of this sender is read at all. Of a blocked one only what shared groups need.
    pub(super) fn is_heard(&mut self, sender: &Known, kind: Option<&content::envelope_body::Kind>) -> Result<bool, StepError> {
        use content::envelope_body::Kind as Body;
        if !self.is_blocked(sender.account)? {
            return Ok(true);
        }
        match kind {
            Some(Body::ReAdd(request)) => match self.conversation_of(&request.group_id)? {
                Some(id) => Ok(self.conv(&id)?.kind == Kind::Group),
                None => Ok(false),
            },
            // judged when its tree has come: back into a group that this device asked for, nothing else
            Some(Body::Join(_)) => Ok(true),
            Some(Body::ContactRequest(_) | Body::ContactAccepted(_)) | None => Ok(false),
        }
    }

    /// Whoever comes back with a new account is kept away as before.
    pub(super) fn block_too(&mut self, before: &ContactRow, account: AccountId) -> Result<(), StepError> {
        let Some(known) = self.known(account)? else { return Ok(()) };
        let mut row = match self.contact(account)? {
            Some(row) => row,
            None => ContactRow::new(&known, ContactState::Declined, self.now),
        };
        row.blocked.clone_from(&before.blocked);
        self.put_contact(&row)
    }

    fn drop_held(&mut self, account: AccountId) -> Result<(), StepError> {
        let held: Vec<(u64, Item)> = self.s.scan(Table::Outbox, &held_scope(account), 0, usize::MAX)?;
        held.into_iter().try_for_each(|(number, _)| self.drop_item(number))
    }

    pub(super) fn twos(&mut self, account: AccountId) -> Result<Vec<Vec<u8>>, StepError> {
        let mut twos = Vec::new();
        for id in self.conversation_ids()? {
            let conv = self.conv(&id)?;
            if conv.kind == Kind::Two && conv.peer == Some(account) {
                twos.push(id);
            }
        }
        Ok(twos)
    }

    /// The conversation of two rests here, and what was not on its way yet is dropped.
    fn end_two(&mut self, account: AccountId) -> Result<(), StepError> {
        for id in self.twos(account)? {
            let mut conv = self.conv(&id)?;
            if !matches!(conv.standing, Standing::Active | Standing::AskingToBeReAdded) {
                continue;
            }
            let waiting: Vec<(u64, Item)> = self.s.scan(Table::Outbox, &id, 0, usize::MAX)?;
            for (number, item) in waiting {
                if Self::prepared(&item).is_none() && matches!(item.cargo, Cargo::Content { .. } | Cargo::Upload { .. }) {
                    self.drop_item(number)?;
                }
            }
            conv.standing = Standing::Blocked;
            self.put_conv(&id, &mut conv)?;
            let conversation = ConversationId(id);
            self.event(Happening::StandingChanged { conversation, standing: Standing::Blocked })?;
        }
        Ok(())
    }

    fn resume_two(&mut self, account: AccountId) -> Result<(), StepError> {
        for id in self.twos(account)? {
            let mut conv = self.conv(&id)?;
            if conv.standing != Standing::Blocked {
                continue;
            }
            conv.standing = Standing::AskingToBeReAdded;
            conv.asked = None;
            self.put_conv(&id, &mut conv)?;
            self.encrypt_again(&id)?;
            let conversation = ConversationId(id);
            self.event(Happening::StandingChanged { conversation, standing: Standing::AskingToBeReAdded })?;
        }
        Ok(())
    }
}
