//! Taking a pause, and leaving for good (DESIGN 9: nobody is written to into a void).
//!
//! | | at the relay | with the others | here |
//! |---|---|---|---|
//! | pause | the directory answers that the person takes a pause; nobody adds them | conversations go on; what comes waits as long as the relay keeps entries | everything works |
//! | delete | account, name, keys, rights to the inbox: gone at once; entries and blobs end with their retention | this account asks to be removed; what it wrote stays with those who have it | the history stays until the folder is deleted |
//!
//! Deleting can be repeated after any interruption: the mark in the own record comes first, the relay's answer last.

use super::records::Own;
use super::view::Standing;
use super::{Client, Cx, StepError, Trouble, authority};
use crate::network::{Lane, Network, Reason, Refusal};
use lacre_ground::address::Authority;
use lacre_proto::relay::v1 as wire;
use std::sync::Arc;

impl Client {
    /// Whether this account takes a pause.
    pub fn paused(&mut self) -> Result<bool, Trouble> {
        self.run(|cx| Ok(cx.own()?.paused))
    }

    /// A pause begins or ends. The relay is told with the next synchronisation.
    pub fn set_paused(&mut self, on: bool) -> Result<(), Trouble> {
        self.run(|cx| {
            let mut own = cx.own_to_change()?;
            if own.paused != on {
                (own.paused, own.pause_untold) = (on, true);
                cx.put_own(&own)?;
            }
            cx.reached("leaving: paused")
        })
    }

    pub(super) fn tell_pause(&mut self, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
        let own = self.own()?;
        if !own.pause_untold {
            return Ok(());
        }
        let paused = own.paused;
        self.with_session(net, at, |net, session| net.set_paused(at, wire::SetPausedRequest { session, paused }))?;
        self.run(|cx| {
            let mut own = cx.own_to_change()?;
            own.pause_untold = own.paused != paused;
            cx.put_own(&own)
        })
    }

    /// Whether this account was deleted: what is here can be read, nothing can be sent.
    pub fn deleted(&mut self) -> Result<bool, Trouble> {
        self.run(|cx| Ok(cx.own_or_none()?.is_some_and(|own| own.deleted)))
    }

    /// Deletes the account. The conversations are asked to remove it first, as far as the relay can be reached.
    ///
    /// # Errors
    /// [`Trouble::Offline`]: it is not deleted yet; call again.
    pub fn delete_account(&mut self, net: &mut dyn Network) -> Result<(), Trouble> {
        if self.deleted()? {
            return Ok(());
        }
        self.run(|cx| cx.leave_all())?;
        let gone = |r: &Refusal| matches!(r.reason, Reason::Session | Reason::LoginRefused);
        match self.sync(net) {
            Ok(_) => {}
            // an earlier call deleted it, and its answer was lost
            Err(Trouble::Refused(r)) if gone(&r) => {}
            Err(other) => return Err(other),
        }
        let own = self.own()?;
        let at = authority(&own.authority).map_err(StepError::into_trouble)?;
        self.empty_inbox(net, &at, &own)?;
        match self.with_session(net, &at, |net, session| net.delete_account(&at, wire::DeleteAccountRequest { session })) {
            Ok(_) => {}
            Err(Trouble::Refused(r)) if gone(&r) => {}
            Err(other) => return Err(other),
        }
        self.run(|cx| {
            let mut own = cx.own_to_change()?;
            (own.deleted, own.session) = (true, None);
            cx.put_own(&own)?;
            cx.reached("leaving: deleted")
        })
    }

    /// What waits in the inbox is nobody's any more.
    fn empty_inbox(&mut self, net: &mut dyn Network, at: &Authority, own: &Own) -> Result<(), Trouble> {
        if own.inbox_cursor == 0 {
            return Ok(());
        }
        let request = wire::TrimRequest {
            channel: own.inbox.as_bytes().to_vec(),
            read_token: own.inbox_read.expose().to_vec(),
            through_seq: own.inbox_cursor,
        };
        net.trim(at, Lane::Inbox, request)?;
        Ok(())
    }
}

impl Cx<'_, '_> {
    /// The own record of an account that is still there: whatever promises something to others asks for this one.
    pub(crate) fn living(&mut self) -> Result<Arc<Own>, StepError> {
        let own = self.own()?;
        if own.deleted { Err(Trouble::AccountDeleted.into()) } else { Ok(own) }
    }

    /// Asks every conversation to remove this account, once.
    fn leave_all(&mut self) -> Result<(), StepError> {
        let mut own = self.own_to_change()?;
        if own.leaving {
            return Ok(());
        }
        own.leaving = true;
        self.put_own(&own)?;
        for id in self.conversation_ids()? {
            if matches!(self.conv(&id)?.standing, Standing::Active | Standing::AskingToBeReAdded) {
                self.leave_conversation(&id)?;
            }
        }
        self.reached("leaving: asked")
    }
}
