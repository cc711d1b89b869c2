//! What the relay tells of resets (PROTOCOL.md, 8): asked for by each synchronisation before anything is sent, so that nothing
//! goes to a phone that is out by then, or is believed of it.
//!
//! A page of notes is kept, then conversations of two with whoever was replaced are read through what came before, then what
//! follows is done and the page's last number noted: whatever breaks off in between, the same page comes again.

use super::reading;
use super::reading::Page;
use crate::network::Network;
use crate::network::resets::{Known, Told, Walk};
use crate::shelf::Engine;
use crate::words::{Standing, StepError, Synced, Trouble};
use crate::{book, shelf, words};
use lacre_ground::ids::AccountId;

/// Who follows the relay asks as often as this, milliseconds; anybody else with each synchronisation.
pub const RESETS_EVERY_MS: u64 = 60_000;
/// Pages of resets in one synchronisation. What is left comes with the next.
const PAGES_AT_ONCE: u32 = 64;

/// Asks for what is new. That the relay does not answer keeps nobody from reading, nor from sending: who holds the notes back
/// could hold back everything, and a relay of an earlier version has none.
pub(super) fn ask(engine: &mut Engine, net: &mut dyn Network, read: bool, synced: &mut Synced) -> Result<(), Trouble> {
    let now = engine.clock.now();
    let lately = engine.resets_asked.is_some_and(|at| at <= now && now.since(at) < RESETS_EVERY_MS);
    if !read && lately {
        return Ok(());
    }
    engine.resets_asked = Some(now);
    match ask_on(engine, net, synced) {
        Err(own @ Trouble::Store(_)) => Err(own),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn ask_on(engine: &mut Engine, net: &mut dyn Network, synced: &mut Synced) -> Result<(), Trouble> {
    let own = engine.own()?;
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    let known = Known { through: own.resets_through, last: own.resets_last, of: own.resets_of };
    let mut walk = Walk::from(known);
    for _ in 0..PAGES_AT_ONCE {
        let page = net.resets(&at, walk.request())?;
        let (news, now, end) = match walk.read(page)? {
            Told::Anew => continue,
            Told::News { notes, known, end } => (notes, known, end),
        };
        let replaced = engine.run(|cx| {
            let (replaced, wrong) = book::take_notes(cx, &news)?;
            if wrong > 0 {
                let why = format!("{wrong} notes of resets that the registrar did not sign, or signed otherwise before");
                shelf::unreadable(cx, None, why)?;
            }
            book::touched(cx, &replaced)
        })?;
        for account in &replaced {
            read_before(engine, net, *account, synced)?;
        }
        engine.run(|cx| {
            book::follow_resets(cx, &replaced)?;
            let mut own = shelf::take_own(cx)?;
            if (own.resets_through, own.resets_last, own.resets_of) == (now.through, now.last, now.of) {
                return Ok(());
            }
            (own.resets_through, own.resets_last, own.resets_of) = (now.through, now.last, now.of);
            shelf::put_own(cx, own)?;
            cx.reached("reset: number noted")
        })?;
        if end {
            break;
        }
    }
    Ok(())
}

/// What the person wrote before is read before the conversation rests: it is not read later. What came since is judged when it
/// is met, and what cannot be fetched now is let go.
fn read_before(engine: &mut Engine, net: &mut dyn Network, account: AccountId, synced: &mut Synced) -> Result<(), Trouble> {
    for id in engine.run(|cx| book::twos(cx, account))? {
        loop {
            let conv = engine.run(|cx| shelf::conv(cx, &id))?;
            if conv.standing != Standing::Active || !conv.channel.opened || conv.put_back {
                break;
            }
            let at = engine.run(|cx| shelf::ours(cx, &conv.authority))?;
            match reading::read_page(engine, net, &id, &conv, &at, synced) {
                Ok(Page::More) => {}
                Ok(Page::Again | Page::Head) => break,
                Err(own @ Trouble::Store(_)) => return Err(own),
                Err(_) => break,
            }
        }
    }
    Ok(())
}
