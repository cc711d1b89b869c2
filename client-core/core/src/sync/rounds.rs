//! The loop around the steps: what waits goes out, what came is taken, until nothing moves.
//!
//! Every decision is read from the profile at the time; between any two calls the process may die, and another process
//! may do the same work at the same time: appends are idempotent, receiving checks the cursor, stamps are taken out
//! before they are used.

use super::reading::Page;
use super::{calls, joining, post, reading, restored, upkeep, vanishing};
use crate::epoch::Ready;
use crate::network::{Delivery, Network, Reason};
use crate::shelf::Engine;
use crate::words::{AccountTrouble, ConversationId, Standing, StepError, Synced, Trouble};
use crate::{epoch, ladder, messages, shelf, views};
use core::time::Duration;
use lacre_ground::ids::Seq;

/// Own entries that are stored one after the other before they are read back: one page for some, and a queue that stays short.
const READ_AFTER: u64 = 16;
/// Rounds without end would be a bug of ours or a relay that plays with us.
pub(super) const MAX_ROUNDS: u32 = 10_000;
/// How often a channel is opened or compared again in one go before its conversation is left for the next round.
const MAX_AGAIN: u32 = 8;

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
    for round in 0..MAX_ROUNDS {
        let mut moved = false;
        if read || round > 0 {
            moved |= post::read_inbox(engine, net, &mut synced)?;
        }
        moved |= joining::join_pending(engine, net, &mut synced)?;
        let ids = engine.run(|cx| shelf::conversation_ids(cx))?;
        for id in ids {
            match tend(engine, net, &id, read, &mut synced) {
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

/// Reads, then lets the queue go out, until nothing moves.
pub(super) fn tend(
    engine: &mut Engine,
    net: &mut dyn Network,
    id: &ConversationId,
    read: bool,
    synced: &mut Synced,
) -> Result<bool, Trouble> {
    let mut moved = false;
    let mut must_read = read;
    let (mut unmet, mut again) = (0, 0);
    for _ in 0..MAX_ROUNDS {
        let conv = engine.run(|cx| shelf::conv(cx, id))?;
        match conv.standing {
            Standing::Active => {}
            Standing::AskingToBeReAdded => return Ok(engine.run(|cx| ladder::ask_re_add(cx, id))? || moved),
            Standing::Removed | Standing::InUseElsewhere | Standing::Blocked | Standing::Replaced | Standing::OtherRelay => {
                return Ok(moved);
            }
        }
        let at = match engine.run(|cx| shelf::ours(cx, &conv.authority)) {
            Ok(at) => at,
            Err(Trouble::Account(AccountTrouble::OtherRelay)) => {
                // of a program that took conversations of other relays
                engine.run(|cx| epoch::rest_elsewhere(cx, id))?;
                return Ok(moved);
            }
            Err(other) => return Err(other),
        };
        if !conv.channel.opened {
            let c = &conv.channel;
            let generation = calls::open_log(engine, net, &at, &c.append, &c.read, c.id)?;
            let restored = engine.run(|cx| {
                let restored = ladder::saw_generation(cx, id, &generation)?;
                let mut now = shelf::take_conv(cx, id)?;
                if now.channel.id == conv.channel.id {
                    now.channel.opened = true;
                    shelf::put_conv(cx, id, now)?;
                }
                cx.reached("epoch: opened")?;
                Ok(restored)
            })?;
            if restored {
                moved |= restored::put_back(engine, net, id)?;
            }
            must_read = true;
            continue;
        }
        if conv.put_back {
            moved |= restored::put_back(engine, net, id)?;
            must_read = true;
            continue;
        }
        if must_read {
            match reading::read_page(engine, net, id, &conv, &at, synced)? {
                Page::More => {
                    moved = true;
                    continue;
                }
                Page::Again if again < MAX_AGAIN => {
                    again += 1;
                    continue;
                }
                Page::Again => return Err(Trouble::Protocol("a channel that was just opened cannot be read".into())),
                Page::Head => (must_read, unmet) = (false, 0),
            }
        }
        if engine.run(|cx| {
            epoch::queue_what_is_due(cx, id)?;
            messages::queue_receipt(cx, id)?;
            ladder::succeed_if_crowded_out(cx, id)
        })? {
            moved = true;
            continue;
        }
        match ready(engine, id)? {
            // what was stored is met before this conversation rests
            Ready::Nothing if unmet > 0 => must_read = true,
            Ready::Nothing => return Ok(moved),
            Ready::Upload { number, at, blob } => {
                let done = messages::upload(engine, net, number, &at, blob);
                if let Err(Trouble::Account(AccountTrouble::OtherRelay)) = done {
                    // of a program that took addresses of other relays
                    engine.run(|cx| {
                        shelf::drop_item(cx, number)?;
                        shelf::unreadable(cx, Some(id), "a file was given up: its place is on another relay".into())
                    })?;
                } else if let Err(e) = done {
                    engine.run(|cx| shelf::in_trouble(cx, number, &e.to_string(), None))?;
                    return Err(e);
                }
                moved = true;
            }
            Ready::Claim { number, account, suite } => {
                calls::claim(engine, net, id, number, account, suite)?;
                moved = true;
            }
            Ready::Append { number, at, request } => {
                must_read = calls::append(engine, net, id, number, &at, request, synced)?;
                unmet += u64::from(!engine.watching);
                must_read |= unmet >= READ_AFTER;
                moved = true;
            }
        }
    }
    Err(Trouble::Protocol("a conversation does not come to rest".into()))
}

/// The next item, prepared; a change of members that cannot be made is given up visibly.
fn ready(engine: &mut Engine, id: &ConversationId) -> Result<Ready, Trouble> {
    match engine.step(|cx| epoch::next_ready(cx, id)) {
        Ok(ready) => Ok(ready),
        Err(StepError::Again(_)) => match engine.step(|cx| epoch::next_ready(cx, id)) {
            Ok(ready) => Ok(ready),
            Err(StepError::Again(why)) => {
                engine.run(|cx| epoch::give_up_seal(cx, id, &why))?;
                engine.run(|cx| epoch::next_ready(cx, id))
            }
            Err(other) => Err(other.into_trouble()),
        },
        Err(other) => Err(other.into_trouble()),
    }
}

pub(super) fn seq_after(cursor: u64) -> Result<Seq, StepError> {
    Seq::new(cursor + 1).ok_or(StepError::Again("a channel at its end".into()))
}
