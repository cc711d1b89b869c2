//! The loop around the steps: what waits goes out, what came is taken, until nothing moves.
//!
//! Every decision is read from the profile at the time; between any two calls the process may die, and another process
//! may do the same work at the same time: appends are idempotent, receiving checks the cursor, stamps are taken out
//! before they are used.

use super::{calls, joining, post, reading, tending, upkeep, vanishing};
use crate::network::{Delivery, Network, Reason};
use crate::shelf::Engine;
use crate::words::{Synced, Trouble};
use crate::{ladder, shelf, views};
use core::time::Duration;

/// One full round: everything that can be done now. What cannot go out stays in the outbox.
pub(crate) fn sync(engine: &mut Engine, net: &mut dyn Network) -> Result<Synced, Trouble> {
    full_round(engine, net, true)
}

/// As [`Client::sync`](crate::Client::sync), then waits for news for at most `max_wait`. Call it in a loop.
pub(crate) fn watch(engine: &mut Engine, net: &mut dyn Network, max_wait: Duration) -> Result<Synced, Trouble> {
    let first = !engine.watching;
    let mut synced = full_round(engine, net, first)?;
    engine.watching = true;
    let (set, places) = calls::following(engine)?;
    if synced.received > 0 {
        // tell the application first; the stream keeps what comes meanwhile
        return Ok(synced);
    }
    for delivery in net.follow(&set, max_wait)? {
        match delivery {
            Delivery::Entries { channel, entries, generation, .. } => match places.get(&channel) {
                Some(Some(id)) => {
                    if engine.run(|cx| ladder::saw_generation(cx, id, generation.as_bytes()))? {
                        continue;
                    }
                    reading::take_all(engine, id, channel, &entries, &mut synced)?;
                }
                Some(None) => {
                    for entry in &entries {
                        synced.received += u64::from(post::take_envelope(engine, entry)?);
                    }
                }
                None => {}
            },
            Delivery::Generation { generation, authority } => post::noticed_generation(engine, net, &authority, generation)?,
            Delivery::Gone { channel, through, .. } => {
                if let Some(Some(id)) = places.get(&channel) {
                    reading::lost_entries(engine, id, channel, through.get())?;
                }
            }
            Delivery::Refused { channel, .. } => {
                if let Some(Some(id)) = places.get(&channel) {
                    reading::reopen(engine, id, channel)?;
                }
            }
            Delivery::CaughtUp { .. } => {}
            Delivery::Lost { .. } => engine.watching = false,
        }
    }
    Ok(synced)
}

/// After a failure nobody is following: what is written then may wait, and can be taken back.
fn full_round(engine: &mut Engine, net: &mut dyn Network, read: bool) -> Result<Synced, Trouble> {
    let synced = rounds(engine, net, read);
    engine.watching &= synced.is_ok();
    synced
}

fn rounds(engine: &mut Engine, net: &mut dyn Network, read: bool) -> Result<Synced, Trouble> {
    let mut synced = Synced::default();
    let (mut offline, mut failed) = (None, None);
    vanishing::vanish_due(engine)?;
    upkeep::upkeep(engine, net)?;
    for round in 0..post::MAX_ROUNDS {
        let mut moved = false;
        if read || round > 0 {
            moved |= post::read_inbox(engine, net, &mut synced)?;
        }
        moved |= joining::join_pending(engine, net, &mut synced)?;
        let ids = engine.run(|cx| shelf::conversation_ids(cx))?;
        for id in ids {
            match tending::tend(engine, net, &id, read, &mut synced) {
                Ok(something) => moved |= something,
                Err(away) if away.is_away() => offline = Some(away),
                Err(Trouble::Refused(r)) if r.reason == Reason::Limit => {}
                // its disk is full, say: what waits goes on waiting, and what others wrote can be read
                Err(Trouble::Refused(r)) if r.reason == Reason::StoreDown => {
                    offline = Some(Trouble::Offline { why: r.to_string() })
                }
                Err(own @ Trouble::Store(_)) => return Err(own),
                // told at the end: one conversation's failure is no matter of the others
                Err(other) => failed = failed.or(Some(other)),
            }
        }
        match post::deliver_post(engine, net, &mut synced) {
            Ok(something) => moved |= something,
            Err(away) if away.is_away() => offline = Some(away),
            Err(other) => return Err(other),
        }
        if !moved || offline.is_some() || failed.is_some() {
            break;
        }
    }
    synced.waiting = u64::try_from(views::outbox(engine)?.len()).unwrap_or(u64::MAX);
    vanishing::wipe(engine)?;
    engine.profile.checkpoint_if_due()?;
    match (failed, offline) {
        (Some(failed), _) => Err(failed),
        (None, Some(away)) => Err(away),
        (None, None) => Ok(synced),
    }
}
