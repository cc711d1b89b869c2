//! What the network is used for, what waits, and what happened meanwhile.

use super::Client;
use crate::network::Network;
use crate::shelf::EventRow;
use crate::words::{ConversationId, Event, Message, OutboxTrouble, Resting, RestingThing, Synced, Trouble, Waiting};
use crate::{shelf, sync, views};
use core::time::Duration;
use lacre_profile::Table;

impl Client {
    /// Own messages that still wait, in the order in which they will go out.
    pub fn pending(&mut self, conversation: &ConversationId) -> Result<Vec<Message>, Trouble> {
        self.engine.run(|cx| views::pending_messages(cx, conversation))
    }

    /// What waits for the relay.
    pub fn outbox(&mut self) -> Result<Vec<Waiting>, Trouble> {
        views::outbox(&mut self.engine)
    }

    /// Tries an item again at the next synchronisation, without waiting longer.
    pub fn outbox_retry(&mut self, id: u64) -> Result<(), Trouble> {
        self.engine.run(|cx| {
            let mut item = shelf::item(cx, id)?.ok_or(OutboxTrouble::NoSuchItem)?;
            item.not_before = None;
            if let Some(conversation) = &item.conversation {
                shelf::wake(cx, &RestingThing::Conversation(conversation.clone()))?;
            }
            shelf::put_item(cx, &item)
        })
    }

    /// Takes an item back, if nothing of it has left this machine.
    pub fn outbox_cancel(&mut self, id: u64) -> Result<(), Trouble> {
        self.engine.run(|cx| {
            let item = shelf::item(cx, id)?.ok_or(OutboxTrouble::NoSuchItem)?;
            if !views::cancellable(&item) {
                return Err(OutboxTrouble::TooLate.into());
            }
            shelf::drop_item(cx, id)
        })
    }

    /// What failed and rests, with its reason: a conversation, the inbox, what the account renews. Each is tried again by
    /// itself, and stops none of the others.
    pub fn resting(&mut self) -> Result<Vec<Resting>, Trouble> {
        views::resting(&mut self.engine)
    }

    /// Events after a number, oldest first.
    pub fn events(&mut self, after: u64, limit: usize) -> Result<Vec<Event>, Trouble> {
        self.engine.run(|cx| {
            let rows: Vec<(u64, EventRow)> = cx.s.scan(Table::Event, b"", after.saturating_add(1), limit)?;
            Ok(rows.into_iter().map(|(number, row)| Event { number, at: row.at, what: row.what }).collect())
        })
    }

    /// Events through this number were dealt with: they are not told again.
    pub fn ack_events(&mut self, through: u64) -> Result<(), Trouble> {
        shelf::ack_events(&mut self.engine, through)
    }

    /// One full round: everything that can be done now. What cannot go out stays in the outbox.
    ///
    /// # Errors
    /// [`Trouble::Offline`] when a relay could not be reached: everything else was done, try again later.
    pub fn sync(&mut self, net: &mut dyn Network) -> Result<Synced, Trouble> {
        sync::sync(&mut self.engine, net)
    }

    /// As [`Client::sync`], then waits for news for at most `max_wait`. Call it in a loop.
    pub fn watch(&mut self, net: &mut dyn Network, max_wait: Duration) -> Result<Synced, Trouble> {
        sync::watch(&mut self.engine, net, max_wait)
    }
}
