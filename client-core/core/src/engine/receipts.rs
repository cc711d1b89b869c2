//! Receipts: what members tell each other of how far they have come (PROTOCOL.md, 17).
//!
//! A receipt names one message and covers all before it, for everybody reads in the same order; so one a round is enough, and
//! while one waits there is no second. It is written only where every other member is an accepted contact and there are at most
//! [`RECEIPT_MEMBERS`] of them: strangers in a group learn nothing, and a large group does not fill with receipts. *Delivered* is
//! on, *read* is off until the person switches it on.

use super::group::Leaf;
use super::records::{Conv, Mark, Members};
use super::view::{ContactState, ConversationId, Happening, Receipt, Settings, WaitingKind};
use super::{Client, Cx, StepError, Trouble, outbox};
use content::content::Kind;
use lacre_ground::ids::{AccountId, ContentId};
use lacre_profile::Table;
use lacre_proto::content::v1 as content;

/// In a conversation of more accounts nobody writes receipts, and none are taken.
pub const RECEIPT_MEMBERS: usize = 16;

impl Client {
    /// What this person has chosen.
    pub fn settings(&mut self) -> Result<Settings, Trouble> {
        Ok(self.own()?.settings)
    }

    /// From now on. Receipts that were sent stay sent.
    pub fn set_settings(&mut self, settings: Settings) -> Result<(), Trouble> {
        self.run(|cx| {
            let mut own = cx.own_to_change()?;
            own.settings = settings;
            cx.put_own(&own)
        })
    }
}

/// Of who is new among the members nothing is known, and nothing from before.
pub(super) fn note_who_came(members: &mut Members, now: &[Leaf], position: u64) {
    if members.devices.is_empty() {
        return;
    }
    for leaf in now {
        if !members.devices.iter().any(|(account, _)| *account == leaf.account) {
            members.marks.retain(|mark| mark.account != leaf.account);
            members.marks.push(Mark { account: leaf.account, since: position, delivered: 0, read: 0 });
        }
    }
}

impl Cx<'_, '_> {
    /// A message of somebody else has come.
    pub(crate) fn owe_delivered(&mut self, conv: &mut Conv, message: ContentId) -> Result<(), StepError> {
        if self.own()?.settings.delivery_receipts {
            conv.owed.delivered = Some(message);
        }
        Ok(())
    }

    /// The messages through this position were shown.
    pub(crate) fn owe_read(&mut self, id: &[u8], conv: &mut Conv, through: u64) -> Result<(), StepError> {
        let own = self.own()?;
        if !own.settings.read_receipts {
            return Ok(());
        }
        let mut from = through;
        while from > conv.read_through {
            let rows: Vec<(u64, super::records::Stored)> = self.s.scan_back(Table::Message, id, from, 1)?;
            let Some((position, stored)) = rows.into_iter().next().filter(|(position, _)| *position > conv.read_through) else {
                return Ok(());
            };
            if stored.sender != own.account && stored.is_content() {
                conv.owed.read = Some(stored.id);
                return Ok(());
            }
            from = position - 1;
        }
        Ok(())
    }

    /// Puts what is owed into the queue, if these members may know it.
    pub(crate) fn queue_receipt(&mut self, id: &[u8]) -> Result<(), StepError> {
        let mut conv = self.conv(id)?;
        if conv.owed.delivered.is_none() && conv.owed.read.is_none() {
            return Ok(());
        }
        if let Some(number) = conv.owed.item
            && let Some(item) = self.item(number)?
            && Self::prepared(&item).is_none()
        {
            return Ok(());
        }
        let (delivered, read) = (conv.owed.delivered.take(), conv.owed.read.take());
        self.put_conv(id, &mut conv)?;
        if !self.receipts_among(id)? || self.s.count(Table::Outbox, id)? >= outbox::MAX_WAITING {
            return Ok(());
        }
        let bytes = |id: Option<ContentId>| id.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        let receipt = content::Receipt { delivered: bytes(delivered), read: bytes(read) };
        let item = self.enqueue_content(id, WaitingKind::Upkeep, Kind::Receipt(receipt), None)?;
        // enqueuing may have made its entry, which changes the conversation
        let mut conv = self.conv(id)?;
        conv.owed.item = Some(item.number);
        self.put_conv(id, &mut conv)?;
        self.reached("receipt: queued")
    }

    /// All others are accepted contacts, and not too many.
    fn receipts_among(&mut self, id: &[u8]) -> Result<bool, StepError> {
        let (own, members) = (self.own()?, self.members(id)?);
        if accounts(&members).count() > RECEIPT_MEMBERS {
            return Ok(false);
        }
        for account in accounts(&members).filter(|account| *account != own.account) {
            let contact = self.contact(account)?;
            if contact.is_none_or(|row| row.state != ContactState::Accepted || row.blocked.is_some()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A receipt of another member. What it names and is not here (this device joined later, or it has disappeared) says nothing.
    pub(crate) fn take_receipt(&mut self, id: &[u8], from: AccountId, receipt: &content::Receipt) -> Result<(), StepError> {
        let position = |named: &[u8]| -> Result<u64, StepError> {
            let Ok(named) = ContentId::try_from(named) else { return Ok(0) };
            Ok(self.stored(id, named)?.map_or(0, |stored| stored.place.position))
        };
        let read = position(&receipt.read)?;
        let delivered = position(&receipt.delivered)?.max(read);
        let mut members = self.members_to_change(id)?;
        if delivered == 0 || accounts(&members).count() > RECEIPT_MEMBERS {
            return Ok(());
        }
        let at = match members.marks.iter().position(|mark| mark.account == from) {
            Some(at) => at,
            None => {
                members.marks.push(Mark { account: from, since: 0, delivered: 0, read: 0 });
                members.marks.len() - 1
            }
        };
        let Some(mark) = members.marks.get_mut(at) else { return Ok(()) };
        let before = *mark;
        mark.delivered = mark.delivered.max(delivered);
        mark.read = mark.read.max(read);
        if *mark != before {
            self.put_members(id, &members)?;
            self.event(Happening::Receipt { conversation: ConversationId(id.to_vec()), account: *from.as_bytes() })?;
        }
        Ok(())
    }

    /// Who says that the own message at this position has come.
    pub(crate) fn receipts_of(&mut self, members: &Members, position: u64) -> Result<Vec<Receipt>, StepError> {
        let mut out = Vec::new();
        for mark in members.marks.iter().filter(|mark| mark.since < position && mark.delivered >= position) {
            let handle = self.name_in(members, mark.account)?;
            out.push(Receipt { account: mark.account, handle, read: mark.read >= position });
        }
        Ok(out)
    }
}

/// The accounts of a conversation, each once.
fn accounts(members: &Members) -> impl Iterator<Item = AccountId> + Clone {
    let mut all: Vec<AccountId> = members.devices.iter().map(|(account, _)| *account).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter()
}
