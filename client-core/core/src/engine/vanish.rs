//! Messages that do not stay (PROTOCOL.md, 17).
//!
//! | whose | counts from |
//! |---|---|
//! | own | when it was met in its place: the relay has stored it |
//! | of others | when it was read ([`Client::mark_read`]) |
//!
//! Both by this device's clock. Then its row, its place among the ids and the key of its file go in one step, and SQLite's log
//! is emptied, so that the old bytes are overwritten there too. What was saved to a file, copied or photographed stays where it
//! is; a clock that leaps ahead takes messages early, one that is set back keeps them longer.

use super::records::{Cargo, Conv, Edit, Intent, Stored};
use super::view::{ConversationId, Happening, Kind, WaitingKind};
use super::{Client, Cx, StepError, Trouble};
use core::time::Duration;
use lacre_ground::ids::ContentId;
use lacre_profile::Table;
use serde_bytes::ByteBuf;

/// The longest that a message may be set to stay; without a limit it stays for ever.
pub const LONGEST_STAY: Duration = Duration::from_secs(2_419_200);

/// Messages that are removed in one step.
const PAGE: usize = 256;

impl Client {
    /// Says how long stays what is written in a conversation from now on; none for ever. In a group for admins, in a
    /// conversation of two for both. Goes out with the next synchronisation.
    ///
    /// # Errors
    /// [`Trouble::TooLong`] above [`LONGEST_STAY`], [`Trouble::Empty`] below a second, [`Trouble::NotAdmin`].
    pub fn let_vanish(&mut self, conversation: &ConversationId, after: Option<Duration>) -> Result<(), Trouble> {
        let seconds = match after {
            None => 0,
            Some(after) if after > LONGEST_STAY => return Err(Trouble::TooLong { limit: LONGEST_STAY.as_secs() }),
            Some(after) => u32::try_from(after.as_secs()).ok().filter(|s| *s > 0).ok_or(Trouble::Empty)?,
        };
        self.run(|cx| {
            let conv = cx.active(&conversation.0)?;
            if conv.kind == Kind::Group {
                cx.admin_of(&conversation.0)?;
            }
            cx.has_room(Some(&conversation.0))?;
            let intent = Intent::Change { edits: vec![Edit::Stays(seconds)] };
            cx.enqueue(Some(&conversation.0), WaitingKind::Seal, Cargo::Seal { intent, prepared: None })?;
            Ok(())
        })
    }

    /// Removes what was there long enough. Whatever shows messages does this first.
    pub(crate) fn vanish_due(&mut self) -> Result<(), Trouble> {
        // a program before this one forgot some that it had noted
        let first = !std::mem::replace(&mut self.looked_at_resets, true);
        self.run(|cx| {
            cx.resets_learnt |= first;
            cx.tell_resets()
        })?;
        self.take_newer()?;
        while self.run(|cx| cx.vanish_some())? {}
        self.wipe()
    }

    /// After something was to be forgotten: its bytes are not left in SQLite's log either. When another process reads just
    /// now, at the next pause.
    pub(crate) fn wipe(&mut self) -> Result<(), Trouble> {
        if self.forgot {
            self.forgot = !self.profile.tidy()?;
        }
        Ok(())
    }
}

impl Cx<'_, '_> {
    /// The message was stored by the relay (own) or read: from now on its time runs.
    pub(crate) fn begin_to_fade(&self, conversation: &[u8], stored: &mut Stored) -> Result<(), StepError> {
        if stored.place.stays_s == 0 || stored.place.gone_at.is_some() {
            return Ok(());
        }
        let at = self.now.plus(u64::from(stored.place.stays_s) * 1_000);
        stored.place.gone_at = Some(at);
        let key = [conversation, stored.id.as_bytes().as_slice()].concat();
        Ok(self.s.put(Table::Vanishing, &key, b"", at.get(), &(ByteBuf::from(conversation), stored.id))?)
    }

    /// The messages at these positions were read.
    pub(crate) fn fade_what_was_read(&mut self, id: &[u8], conv: &Conv, from: u64, through: u64) -> Result<(), StepError> {
        if conv.fading < from {
            return Ok(());
        }
        let mut next = from;
        loop {
            let page: Vec<(u64, Stored)> = self.s.scan(Table::Message, id, next, PAGE)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            next = last + 1;
            for (position, mut stored) in page {
                if position > through {
                    return Ok(());
                }
                if stored.place.stays_s > 0 && stored.place.gone_at.is_none() {
                    self.begin_to_fade(id, &mut stored)?;
                    self.put_stored(id, &stored)?;
                }
            }
        }
    }

    /// Some of what is due; false when nothing more is.
    fn vanish_some(&mut self) -> Result<bool, StepError> {
        if self.s.first_ord(Table::Vanishing, b"")?.is_none_or(|at| at > self.now.get()) {
            return Ok(false);
        }
        let due: Vec<(u64, (ByteBuf, ContentId))> = self.s.scan(Table::Vanishing, b"", 0, PAGE)?;
        let now = self.now.get();
        for (_, (conversation, id)) in due.into_iter().filter(|(at, _)| *at <= now) {
            let key = [conversation.as_slice(), id.as_bytes()].concat();
            self.s.delete(Table::Vanishing, &key)?;
            if let Some(stored) = self.stored(&conversation, id)? {
                self.drop_download(&stored)?;
                self.s.delete(Table::Message, &key)?;
                self.s.delete(Table::MessageIndex, &key)?;
                let position = stored.place.position;
                self.no_longer_gathered(&conversation, position)?;
                self.event(Happening::Vanished { conversation: ConversationId(conversation.into_vec()), position })?;
            }
        }
        *self.forgot = true;
        self.reached("vanish: removed")?;
        Ok(true)
    }
}
