//! When the counter puts a new account in the place of a contact's (a reset).
//!
//! | what is learnt | what happens |
//! |---|---|
//! | an account under a contact's name, bound later | the contact is marked, its right to this inbox is withdrawn, the conversation of two rests, the person is told |
//! | one bound earlier | it is dropped: devices of a lost account speak for nobody |
//! | an account whose note of the counter names another one, known here | in every group that the other one was seen in stands a line: also who is no contact learns of new keys |
//!
//! Whether it is the same person only the person can say. Accepting moves what waits to the new account, makes a new
//! conversation of two, and takes the old account out of the groups that this account administers.

use super::outbox::waiting_kind;
use super::people::held_scope;
use super::records::{Cargo, ContactRow, Intent, Item, Known, Placed, Replaced, Stored};
use super::view::{Body, Contact, ContactState, Conversation, ConversationId, Happening, Kind, Standing, WaitingKind};
use super::{Client, Cx, StepError, Trouble};
use lacre_ground::account::{Binding, REGISTRAR, Reset};
use lacre_ground::ids::AccountId;
use lacre_ground::note::NoteKey;
use lacre_ground::time::Millis;
use lacre_profile::Table;
use lacre_proto::content::v1 as content;
use prost::Message as _;
use serde_bytes::ByteBuf;

/// The Meta row of accounts in the place of others whose groups do not say so yet.
const UNTOLD: &[u8] = b"resets";

impl Client {
    /// Takes the new account for the contact. Gives it, and the groups whose other members it must be told to.
    ///
    /// # Errors
    /// [`Trouble::NoSuchContact`] for a contact that was not reset.
    pub fn accept_reset(&mut self, account: &AccountId) -> Result<(Contact, Vec<Conversation>), Trouble> {
        self.run(|cx| {
            let row = cx.contact(*account)?.ok_or(StepError::Trouble(Trouble::NoSuchContact))?;
            let replaced = row.replaced.clone().ok_or(StepError::Trouble(Trouble::NoSuchContact))?;
            let known = cx.known(replaced.by)?.ok_or(StepError::Trouble(Trouble::NoSuchAccount))?;
            cx.hold_for(*account, replaced.by)?;
            cx.s.delete(Table::Contact, account.as_bytes())?;
            let asks = cx.contact(replaced.by)?.is_some_and(|row| row.state == ContactState::Asking);
            let new = if asks { cx.accept(replaced.by)? } else { cx.ask(&known, "", None)? };
            let mut left = Vec::new();
            for id in cx.conversation_ids()? {
                left.extend(cx.put_in_place(&id, *account, replaced.by, asks)?);
            }
            cx.reached("reset: accepted")?;
            Ok((cx.contact_view(new)?, left))
        })
    }
}

impl Cx<'_, '_> {
    /// Contacts that have this account's name with another account, bound earlier.
    pub(super) fn namesakes(&self, known: &Known) -> Result<Vec<ContactRow>, StepError> {
        let contacts: Vec<(u64, ContactRow)> = self.s.scan(Table::Contact, b"", 0, usize::MAX)?;
        let named =
            contacts.into_iter().map(|(_, row)| row).filter(|row| row.handle == known.handle && row.account != known.account);
        let bound = bound_at(known)?;
        let mut older = Vec::new();
        for row in named {
            let before = self.known(row.account)?.map(|other| bound_at(&other)).transpose()?;
            if before.is_some_and(|before| before >= bound) {
                return Err(StepError::Skip("an account that another one replaced".into()));
            }
            older.push(row);
        }
        Ok(older)
    }

    /// These contacts' name is another account's now.
    pub(super) fn replace(&mut self, older: Vec<ContactRow>, known: &Known) -> Result<(), StepError> {
        let at = reset_at(known)?;
        for mut row in older {
            row.replaced = Some(Replaced { by: known.account, at });
            if let Some(token) = row.own_token.take() {
                self.withdraw_token(token)?;
            }
            self.put_contact(&row)?;
            if row.blocked.is_some() {
                self.block_too(&row, known.account)?;
                continue;
            }
            // its conversation may be the very one in which this is learnt: it rests at the end of the step
            self.resets_learnt = true;
            self.event(Happening::ContactReset { account: *row.account.as_bytes(), at })?;
            self.reached("reset: noticed")?;
        }
        Ok(())
    }

    /// Conversations of two with contacts that were reset rest. At the end of a step: resets are learnt while a conversation is
    /// being read, and its row has one owner.
    pub(super) fn rest_replaced(&mut self) -> Result<(), StepError> {
        let contacts: Vec<(u64, ContactRow)> = self.s.scan(Table::Contact, b"", 0, usize::MAX)?;
        for (_, row) in contacts.into_iter().filter(|(_, row)| row.replaced.is_some() && row.blocked.is_none()) {
            for id in self.twos(row.account)? {
                let mut conv = self.conv(&id)?;
                if matches!(conv.standing, Standing::Active | Standing::AskingToBeReAdded) {
                    conv.standing = Standing::Replaced;
                    self.put_conv(&id, &mut conv)?;
                    let conversation = ConversationId(id);
                    self.event(Happening::StandingChanged { conversation, standing: Standing::Replaced })?;
                }
            }
        }
        self.resets_learnt = false;
        self.reached("reset: rests")
    }

    /// Whoever stands in the place of a contact is neither asked nor accepted before the person has accepted the reset.
    pub(super) fn no_reset_waits(&self, account: AccountId) -> Result<(), StepError> {
        let contacts: Vec<(u64, ContactRow)> = self.s.scan(Table::Contact, b"", 0, usize::MAX)?;
        let waits = contacts.iter().any(|(_, row)| row.replaced.as_ref().is_some_and(|replaced| replaced.by == account));
        if waits { Err(Trouble::NewAccount.into()) } else { Ok(()) }
    }

    /// An account stands in the place of another that this profile knows: its groups are to say so.
    pub(super) fn note_reset(&mut self, known: &Known) -> Result<(), StepError> {
        if known.reset.is_empty() {
            return Ok(());
        }
        let Ok(reset) = Reset::verify(&known.reset, &registrar(known)?) else { return Ok(()) };
        let same = reset.account == known.account && reset.handle == known.handle;
        if same && self.known(reset.replaces)?.is_some() {
            let mut untold: Vec<(AccountId, AccountId)> = self.s.get(Table::Meta, UNTOLD)?.unwrap_or_default();
            untold.push((reset.replaces, known.account));
            self.s.put(Table::Meta, UNTOLD, b"", 0, &untold)?;
        }
        Ok(())
    }

    /// Puts the lines into the groups. In a step of its own: accounts are learnt while a conversation is being read.
    pub(super) fn tell_resets(&mut self) -> Result<(), StepError> {
        let untold: Vec<(AccountId, AccountId)> = self.s.get(Table::Meta, UNTOLD)?.unwrap_or_default();
        if untold.is_empty() {
            return Ok(());
        }
        for id in self.conversation_ids()? {
            let mut conv = self.conv(&id)?;
            if conv.kind != Kind::Group || !matches!(conv.standing, Standing::Active | Standing::AskingToBeReAdded) {
                continue;
            }
            let members = self.members(&id)?;
            for (before, account) in &untold {
                if !members.leaves.iter().any(|leaf| leaf.account == *before) {
                    continue;
                }
                let stored = Stored {
                    id: self.line_id(&[&id, account.as_bytes(), b"reset"])?,
                    sender: *account,
                    sent_at: self.now,
                    accepted_at: self.now,
                    body: Body::NewAccount { whom: *account },
                    blob: None,
                    proof: None,
                    place: Placed::default(),
                };
                if let Some(position) = self.store_message(&id, &mut conv, stored, false)? {
                    self.put_conv(&id, &mut conv)?;
                    self.event(Happening::Message { conversation: ConversationId(id.clone()), position })?;
                }
            }
        }
        self.s.delete(Table::Meta, UNTOLD)?;
        self.reached("reset: told")
    }

    /// Texts and files that were not delivered to the old account wait for the new one; its conversations of two are over.
    fn hold_for(&mut self, before: AccountId, account: AccountId) -> Result<(), StepError> {
        let mut waiting: Vec<(u64, Item)> = self.s.scan(Table::Outbox, &held_scope(before), 0, usize::MAX)?;
        for id in self.twos(before)? {
            waiting.extend(self.s.scan::<Item>(Table::Outbox, &id, 0, usize::MAX)?);
            let mut conv = self.conv(&id)?;
            conv.standing = Standing::Removed;
            self.put_conv(&id, &mut conv)?;
        }
        for (number, item) in waiting {
            let waits = match &item.cargo {
                Cargo::Held { text, file, .. } => Some((text.clone(), file.clone())),
                Cargo::Content { .. } if Self::prepared(&item).is_none_or(|p| p.seq.is_none()) => match waiting_kind(&item) {
                    Some(content::content::Kind::Text(text)) => Some((text.text, None)),
                    // its ciphertext stays here, and goes to the relay again if it has not gone
                    Some(content::content::Kind::File(file)) => Some((String::new(), Some(ByteBuf::from(file.encode_to_vec())))),
                    _ => None,
                },
                _ => None,
            };
            self.drop_item(number)?;
            if let Some((text, file)) = waits {
                self.hold(account, text, file)?;
            }
        }
        Ok(())
    }

    /// In a group that this account administers the old account goes, and the new one comes if it is a contact already.
    /// Gives a group in which something is left to do by hand.
    fn put_in_place(
        &mut self,
        id: &[u8],
        before: AccountId,
        account: AccountId,
        accepted: bool,
    ) -> Result<Option<Conversation>, StepError> {
        let conv = self.conv(id)?;
        let members = self.members(id)?;
        let here = conv.kind == Kind::Group && conv.standing == Standing::Active;
        if !here || !members.devices.iter().any(|(member, _)| *member == before) {
            return Ok(None);
        }
        let own = self.own()?.account;
        if members.admins.contains(&own) {
            let intent = Intent::Remove { accounts: vec![before] };
            self.enqueue(Some(id), WaitingKind::Seal, Cargo::Seal { intent, prepared: None })?;
            if accepted {
                self.enqueue_adds(id, std::slice::from_ref(&account))?;
                return Ok(None);
            }
        }
        self.conversation_view(id).map(Some)
    }
}

fn registrar(known: &Known) -> Result<NoteKey, StepError> {
    let identity = super::authority(&known.authority)?.identity();
    NoteKey::new(REGISTRAR, identity.as_bytes()).map_err(|e| StepError::Skip(e.to_string()))
}

fn bound_at(known: &Known) -> Result<Millis, StepError> {
    let binding = Binding::verify(&known.binding, &registrar(known)?).map_err(|e| StepError::Skip(e.to_string()))?;
    Ok(binding.bound_at)
}

/// When the counter did it, by its note or else by its binding.
fn reset_at(known: &Known) -> Result<Millis, StepError> {
    if known.reset.is_empty() {
        return bound_at(known);
    }
    let reset = Reset::verify(&known.reset, &registrar(known)?).map_err(|e| StepError::Skip(e.to_string()))?;
    Ok(reset.reset_at)
}
