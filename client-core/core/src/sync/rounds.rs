//! The loop around the steps: what waits goes out, what came is taken, until nothing moves.
//!
//! Every decision is read from the profile at the time; between any two calls the process may die, and another process
//! may do the same work at the same time: appends are idempotent, receiving checks the cursor, stamps are taken out
//! before they are used. All channels are asked for side by side; what fails rests alone (`apart`).

use super::apart::{Did, Round};
use super::{calls, casillas, heads, joining, post, reading, resets, sending, tending, upkeep, vanishing};
use crate::network::{Delivery, Network, Reason, Refusal};
use crate::shelf::Engine;
use crate::words::{ConversationId, RestingThing, Synced, Trouble};
use crate::{ladder, notices, shelf, views};
use core::time::Duration;
use std::collections::BTreeSet;

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
    let deliveries = net.follow(&set, max_wait)?;
    let mut round = Round::begin(engine)?;
    for delivery in deliveries {
        let thing = match &delivery {
            Delivery::Entries { channel, .. } | Delivery::Gone { channel, .. } | Delivery::Refused { channel, .. } => {
                match places.get(channel) {
                    Some(thing) => thing.clone(),
                    None => continue,
                }
            }
            Delivery::Generation { .. } => RestingThing::Account,
            Delivery::CaughtUp { .. } => continue,
            Delivery::Lost { .. } => {
                engine.watching = false;
                continue;
            }
        };
        if round.is_resting(&thing) {
            continue;
        }
        let done = delivered(engine, net, delivery, &thing, &mut synced);
        round.took(engine, thing, done.map(|()| true))?;
    }
    synced.resting = round.resting();
    Ok(synced)
}

/// Something came by itself.
fn delivered(
    engine: &mut Engine,
    net: &mut dyn Network,
    delivery: Delivery,
    whose: &RestingThing,
    synced: &mut Synced,
) -> Result<(), Trouble> {
    match (delivery, whose) {
        (Delivery::Entries { channel, entries, generation, .. }, RestingThing::Conversation(id)) => {
            let restored = engine.run(|cx| ladder::saw_generation(cx, id, generation.as_bytes()))?;
            if !restored {
                reading::take_all(engine, id, channel, &entries, synced)?;
            }
        }
        (Delivery::Entries { entries, .. }, RestingThing::Inbox) => {
            for entry in &entries {
                synced.received += u64::from(post::take_envelope(engine, entry)?);
            }
        }
        (Delivery::Entries { channel, entries, .. }, RestingThing::Casilla(_)) => {
            casillas::take_entries(engine, net, channel, &entries, synced)?;
        }
        (Delivery::Generation { generation, authority }, _) => post::noticed_generation(engine, net, &authority, generation)?,
        (Delivery::Gone { channel, through, .. }, RestingThing::Conversation(id)) => {
            reading::lost_entries(engine, id, channel, through.get())?;
        }
        (Delivery::Gone { channel, through, .. }, RestingThing::Casilla(_)) => {
            engine.run(|cx| notices::entries_gone(cx, channel, through.get()))?;
        }
        (Delivery::Refused { channel, reason, .. }, RestingThing::Casilla(_)) => {
            return Err(casillas::refused(engine, channel, Refusal { reason, metadata: [].into(), retry_after: None })?);
        }
        // only this channel: it is damaged there
        (Delivery::Refused { reason: Reason::StoreDown, .. }, _) => {
            let metadata = [("why".to_owned(), "damaged".to_owned())].into();
            return Err(Trouble::Refused(Refusal { reason: Reason::StoreDown, metadata, retry_after: None }));
        }
        (Delivery::Refused { channel, .. }, RestingThing::Conversation(id)) => reading::reopen(engine, id, channel)?,
        _ => {}
    }
    Ok(())
}

/// After a failure nobody is following: what is written then may wait, and can be taken back.
fn full_round(engine: &mut Engine, net: &mut dyn Network, read: bool) -> Result<Synced, Trouble> {
    let synced = rounds(engine, net, read);
    engine.watching &= synced.is_ok();
    synced
}

fn rounds(engine: &mut Engine, net: &mut dyn Network, read: bool) -> Result<Synced, Trouble> {
    let mut synced = Synced::default();
    vanishing::vanish_due(engine)?;
    let mut round = Round::begin(engine)?;
    if !round.is_resting(&RestingThing::Account) {
        let done = upkeep::upkeep(engine, net).map(|()| false);
        round.took(engine, RestingThing::Account, done)?;
    }
    if !round.is_resting(&RestingThing::NoticeAddress) && !round.line_is_down() {
        let done = notices::tend(engine, net).map(|()| false);
        round.took(engine, RestingThing::NoticeAddress, done)?;
    }
    resets::ask(engine, net, read, &mut synced)?;
    for turn in 0..post::MAX_ROUNDS {
        if round.line_is_down() {
            break;
        }
        let mut moved = false;
        let mut read_already = BTreeSet::new();
        if read && turn == 0 {
            let wave = reading::wave(engine, net, &mut round, &mut synced)?;
            (moved, read_already) = (wave.moved, wave.at_head);
            if round.line_is_down() {
                break;
            }
            moved |= sending::send_heads(engine, net, &mut round, &mut read_already, &mut synced)?;
            if round.line_is_down() {
                break;
            }
        }
        if turn == 0 {
            moved |= casillas::read_resting(engine, net, &mut round, &mut synced)?;
            if !round.line_is_down() {
                moved |= heads::ask(engine, net, &mut round, read, &mut synced)?;
            }
        }
        moved |= joining::join_pending(engine, net, &mut round, &mut synced)?;
        let mut ids = engine.run(|cx| shelf::conversation_ids(cx))?;
        // what failed comes last: it may be what the line fails at
        ids.sort_by_cached_key(|id| round.has_failed(&RestingThing::Conversation(id.clone())));
        for id in ids {
            let to_read = read && turn == 0 && !read_already.contains(&id);
            moved |= tend_apart(engine, net, &mut round, id, to_read, &mut synced)?;
            if round.line_is_down() {
                break;
            }
        }
        moved |= post::deliver_post(engine, net, &mut round, &mut synced)?;
        if !moved {
            break;
        }
    }
    synced.waiting = u64::try_from(views::outbox(engine)?.len()).unwrap_or(u64::MAX);
    synced.resting = round.resting();
    vanishing::wipe(engine)?;
    engine.profile.checkpoint_if_due()?;
    match round.away() {
        Some(away) => Err(away),
        None => Ok(synced),
    }
}

/// One conversation, unless it rests: whose pause is over is read, too.
fn tend_apart(
    engine: &mut Engine,
    net: &mut dyn Network,
    round: &mut Round,
    id: ConversationId,
    to_read: bool,
    synced: &mut Synced,
) -> Result<bool, Trouble> {
    let thing = RestingThing::Conversation(id.clone());
    if round.is_resting(&thing) {
        return Ok(false);
    }
    let to_read = to_read || round.has_failed(&thing);
    let done = tending::tend(engine, net, round, &id, to_read, synced);
    Ok(round.took(engine, thing, done)? == Did::Moved(true))
}
