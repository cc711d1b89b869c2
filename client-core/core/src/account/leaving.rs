//! A pause, and whether the account is gone (PROTOCOL.md, 14); deleting is `sync/leaving.rs`.
//!
//! | | at the relay | with the others | here |
//! |---|---|---|---|
//! | pause | the directory answers that the person takes a pause; nobody adds them | conversations go on; what comes waits as long as the relay keeps entries | everything works |
//! | delete | account, name, keys, rights to the inbox: gone at once; entries and blobs end with their retention | this account asks to be removed; what it wrote stays with those who have it | the history stays until the folder is deleted |
//!
//! Deleting can be repeated after any interruption: the mark in the own record comes first, the relay's answer last.

use super::session;
use crate::network::Network;
use crate::shelf;
use crate::shelf::Engine;
use crate::words::Trouble;
use lacre_ground::address::Authority;
use lacre_proto::relay::v1 as wire;

/// A pause begins or ends. The relay is told with the next synchronisation.
pub(crate) fn set_paused(engine: &mut Engine, on: bool) -> Result<(), Trouble> {
    engine.run(|cx| {
        let mut own = shelf::take_own(cx)?;
        if own.paused != on {
            (own.paused, own.pause_untold) = (on, true);
            shelf::put_own(cx, own)?;
        }
        cx.reached("leaving: paused")
    })
}

pub(crate) fn tell_pause(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    let own = engine.own()?;
    if !own.pause_untold {
        return Ok(());
    }
    let paused = own.paused;
    session::with_session(engine, net, at, |net, session| net.set_paused(at, wire::SetPausedRequest { session, paused }))?;
    engine.run(|cx| {
        let mut own = shelf::take_own(cx)?;
        own.pause_untold = own.paused != paused;
        shelf::put_own(cx, own)
    })
}

/// Whether this account was deleted: what is here can be read, nothing can be sent.
pub(crate) fn deleted(engine: &mut Engine) -> Result<bool, Trouble> {
    engine.run(|cx| Ok(shelf::own_or_none(cx)?.is_some_and(|own| own.deleted)))
}
