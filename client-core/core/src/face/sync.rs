//! What the network is used for, what waits, and what happened meanwhile.

use super::Client;
use crate::network::Network;
use crate::shelf::{Cargo, Intent};
use crate::words::{ConversationId, Event, Message, OutboxTrouble, Resting, RestingThing, Synced, Trouble, Waiting};
use crate::{notices, queue, shelf, sync, views};
use core::time::Duration;

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
            // whoever has a pause is due now, and takes its turn as when that is over
            item.not_before = item.not_before.map(|at| at.min(cx.now));
            if let Some(id) = &item.conversation {
                shelf::wake(cx, &RestingThing::Conversation(id.clone()))?;
                if matches!(item.cargo, Cargo::Seal { intent: Intent::AddLater { .. }, .. }) {
                    let mut conv = shelf::take_conv(cx, id)?;
                    conv.add_again = Some(cx.now);
                    shelf::put_conv(cx, id, conv)?;
                }
            }
            shelf::put_item(cx, &item)
        })
    }

    /// Takes an item back, if nothing of it has left this machine, or nothing of it goes out any more. False if sending had begun:
    /// the relay may have it.
    pub fn outbox_cancel(&mut self, id: u64) -> Result<bool, Trouble> {
        self.engine.run(|cx| {
            let item = shelf::item(cx, id)?.ok_or(OutboxTrouble::NoSuchItem)?;
            if !views::cancellable(cx, &item)? {
                return Err(OutboxTrouble::TooLate.into());
            }
            queue::take_back(cx, &item)?;
            Ok(views::untouched(&item))
        })
    }

    /// What failed and rests, with its reason: a conversation, the inbox, what the account renews. Each is tried again by
    /// itself, and stops none of the others.
    pub fn resting(&mut self) -> Result<Vec<Resting>, Trouble> {
        views::resting(&mut self.engine)
    }

    /// Events after a number that the reader without a name has not acknowledged, oldest first.
    pub fn events(&mut self, after: u64, limit: usize) -> Result<Vec<Event>, Trouble> {
        shelf::events(&mut self.engine, "", 0, after, limit)
    }

    /// Events through this number were dealt with: they are not told again.
    pub fn ack_events(&mut self, through: u64) -> Result<(), Trouble> {
        shelf::ack_events(&mut self.engine, "", through)
    }

    /// Events that a reader of this name has not acknowledged, oldest first: readers do not take events from each other. A name
    /// that is new begins with what happens from now on, and is forgotten when it does not ask for `stays`, at most 30 days.
    pub fn events_for(&mut self, reader: &str, stays: Duration, after: u64, limit: usize) -> Result<Vec<Event>, Trouble> {
        let stays_ms = u64::try_from(stays.as_millis()).unwrap_or(u64::MAX);
        shelf::events(&mut self.engine, reader, stays_ms, after, limit)
    }

    /// As [`Client::ack_events`], by a reader with a name.
    pub fn ack_events_for(&mut self, reader: &str, through: u64) -> Result<(), Trouble> {
        shelf::ack_events(&mut self.engine, reader, through)
    }

    /// A reader with a name does not come back.
    pub fn forget_reader(&mut self, reader: &str) -> Result<(), Trouble> {
        shelf::forget_reader(&mut self.engine, reader)
    }

    /// One full round: everything that can be done now. What cannot go out stays in the outbox.
    ///
    /// # Errors
    /// [`Trouble::Offline`] when a relay could not be reached: everything else was done, try again later.
    pub fn sync(&mut self, net: &mut dyn Network) -> Result<Synced, Trouble> {
        let done = sync::sync(&mut self.engine, net);
        // also where no relay was reached: a term runs all the same
        notices::remind(&mut self.engine)?;
        done
    }

    /// As [`Client::sync`], then waits for news for at most `max_wait`. Call it in a loop.
    pub fn watch(&mut self, net: &mut dyn Network, max_wait: Duration) -> Result<Synced, Trouble> {
        let done = sync::watch(&mut self.engine, net, max_wait);
        notices::remind_at_times(&mut self.engine)?;
        done
    }
}
