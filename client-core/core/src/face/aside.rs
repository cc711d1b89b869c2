//! What the person alone decides and knows about conversations and contacts.

use super::Client;
use crate::words::{ConversationId, Kind, MessageTrouble, Standing, Suite, Trouble};
use crate::{epoch, shelf, sync};
use lacre_ground::ids::AccountId;

/// Bytes of a nickname.
pub const MAX_NICKNAME: usize = 64;

impl Client {
    /// What comes in this conversation makes no noise, or does again. Nobody is told.
    ///
    /// # Errors
    /// [`MessageTrouble::NoSuchConversation`](crate::MessageTrouble::NoSuchConversation).
    pub fn set_muted(&mut self, id: &ConversationId, on: bool) -> Result<(), Trouble> {
        self.engine.run(|cx| {
            shelf::conv(cx, id)?;
            let mut aside = shelf::aside(cx, id)?;
            aside.muted = on;
            shelf::put_aside(cx, id, &aside)
        })
    }

    /// Puts a conversation away until something new comes there, or takes it back. Nobody is told.
    ///
    /// # Errors
    /// [`MessageTrouble::NoSuchConversation`](crate::MessageTrouble::NoSuchConversation).
    pub fn set_archived(&mut self, id: &ConversationId, on: bool) -> Result<(), Trouble> {
        self.engine.run(|cx| {
            let place = shelf::conv(cx, id)?.position;
            let mut aside = shelf::aside(cx, id)?;
            aside.archived_at = on.then_some(place);
            shelf::put_aside(cx, id, &aside)
        })
    }

    /// Removes what this device has of a conversation's history; gives how many lines. Others keep theirs and are not told;
    /// what waits to go out still goes.
    ///
    /// # Errors
    /// [`MessageTrouble::NoSuchConversation`](crate::MessageTrouble::NoSuchConversation).
    pub fn forget_history(&mut self, id: &ConversationId) -> Result<u64, Trouble> {
        sync::forget_history(&mut self.engine, id)
    }

    /// The conversation with oneself, for notes: made at the first call, and again when it cannot go on. It has one member,
    /// and travels as every other does: a relay does not know it from a group.
    ///
    /// # Errors
    /// [`AccountTrouble::NotEnrolled`](crate::AccountTrouble::NotEnrolled).
    pub fn notes(&mut self) -> Result<ConversationId, Trouble> {
        self.engine.run(|cx| {
            if let Some(id) = shelf::notes(cx)?
                && shelf::conv_or_none(cx, &id)?.is_some_and(|conv| conv.standing == Standing::Active)
            {
                return Ok(id);
            }
            let own = shelf::own(cx)?.account;
            let id = epoch::create_conversation(cx, Kind::Group, "", &[own], &[], Suite::XWing)?;
            shelf::put_notes(cx, &id)?;
            Ok(id)
        })
    }

    /// What the person calls somebody, for her alone; an empty name is none.
    ///
    /// # Errors
    /// [`MessageTrouble::TooLong`](crate::MessageTrouble::TooLong) above [`MAX_NICKNAME`](crate::limits::MAX_NICKNAME).
    pub fn set_nickname(&mut self, account: &AccountId, name: &str) -> Result<(), Trouble> {
        let name = name.trim();
        if name.len() > MAX_NICKNAME {
            return Err(MessageTrouble::TooLong { limit: 64 }.into());
        }
        self.engine.run(|cx| shelf::put_nickname(cx, *account, name))
    }
}
