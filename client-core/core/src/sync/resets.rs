//! What the relay tells of resets (PROTOCOL.md, 8): asked for by each synchronisation before anything is sent, so that nothing
//! goes to a phone that is out by then, or is believed of it.
//!
//! A page of notes is kept, then conversations of two with whoever was replaced are read through what came before, then what
//! follows is done and the page's last number noted: whatever breaks off in between, the same page comes again.

use super::reading;
use super::reading::Page;
use crate::network::Network;
use crate::shelf::Engine;
use crate::words::{Standing, StepError, Synced, Trouble};
use crate::{book, shelf, words};
use lacre_ground::ids::{AccountId, Generation};
use lacre_proto::relay::v1 as wire;
use sha2::{Digest as _, Sha256};

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
    let mut known = Known { through: own.resets_through, last: own.resets_last, of: own.resets_of };
    // the last one that is known comes again: it must be the same
    let (mut from, mut anew) = (known.through.max(1), false);
    for _ in 0..PAGES_AT_ONCE {
        let page = net.resets(&at, wire::ResetsRequest { from })?;
        let generation = Generation::try_from(page.generation.as_slice()).map_err(|e| Trouble::Protocol(e.to_string()))?;
        let overlap = usize::from(from == known.through);
        let same = overlap == 0 || page.notes.first().map(|note| digest(note)) == known.last;
        // another store, or one that has forgotten: its numbers mean something else. What is known stays known
        if !anew && known.through > 0 && (known.of != Some(generation) || page.head < known.through || !same) {
            (known, from, anew) = (Known::default(), 1, true);
            continue;
        }
        let news = page.notes.get(overlap..).unwrap_or_default();
        let replaced = engine.run(|cx| {
            let (replaced, wrong) = book::take_notes(cx, news)?;
            if wrong > 0 {
                let why = format!("{wrong} notes of resets that the registrar did not sign, or signed otherwise before");
                shelf::unreadable(cx, None, why)?;
            }
            book::touched(cx, &replaced)
        })?;
        for account in &replaced {
            read_before(engine, net, *account, synced)?;
        }
        known.through += u64::try_from(news.len()).unwrap_or(0);
        known.last = page.notes.last().map(|note| digest(note)).or(known.last);
        known.of = Some(generation);
        engine.run(|cx| {
            book::follow_resets(cx, &replaced)?;
            let mut own = shelf::take_own(cx)?;
            if (own.resets_through, own.resets_last, own.resets_of) == (known.through, known.last, known.of) {
                return Ok(());
            }
            (own.resets_through, own.resets_last, own.resets_of) = (known.through, known.last, known.of);
            shelf::put_own(cx, own)?;
            cx.reached("reset: number noted")
        })?;
        if known.through >= page.head {
            break;
        }
        from = known.through + 1;
    }
    Ok(())
}

/// How far this profile knows a relay's resets.
#[derive(Clone, Copy, Default)]
struct Known {
    through: u64,
    last: Option<[u8; 32]>,
    of: Option<Generation>,
}

fn digest(note: &str) -> [u8; 32] {
    Sha256::digest(note.as_bytes()).into()
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
