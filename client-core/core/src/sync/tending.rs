//! What is done for one conversation in a round: it is opened, read, put back, and what waits goes out.

use super::apart::Round;
use super::calls::Appended;
use super::reading::Page;
use super::{calls, post, reading, restored};
use crate::epoch::Ready;
use crate::network::Network;
use crate::shelf::Engine;
use crate::words::{AccountTrouble, ConversationId, Standing, StepError, Synced, Trouble};
use crate::{epoch, ladder, messages, queue, shelf};
use lacre_proto::relay::v1 as wire;

/// How often a channel is opened or compared again in one go before its conversation is left for the next round.
const MAX_AGAIN: u32 = 8;
/// Own entries that are stored one after the other before they are read back: one page for some, and a queue that stays short.
const READ_AFTER: u64 = 16;

/// Reads, then lets the queue go out, until nothing moves.
pub(super) fn tend(
    engine: &mut Engine,
    net: &mut dyn Network,
    round: &mut Round,
    id: &ConversationId,
    read: bool,
    synced: &mut Synced,
) -> Result<bool, Trouble> {
    let mut moved = false;
    let mut must_read = read;
    let (mut unmet, mut again) = (0, 0);
    // where the last turn was: whoever comes on may begin again
    let mut been = None;
    let mut failed = Vec::new();
    for _ in 0..post::MAX_ROUNDS {
        let conv = engine.run(|cx| shelf::conv(cx, id))?;
        let here = (conv.channel.id, conv.channel.cursor);
        if been.replace(here) != Some(here) {
            again = 0;
        }
        match conv.standing {
            Standing::Active => {}
            Standing::AskingToBeReAdded => return Ok(engine.run(|cx| ladder::ask_re_add(cx, id))? || moved),
            Standing::Removed
            | Standing::InUseElsewhere
            | Standing::Blocked
            | Standing::Replaced
            | Standing::Ended
            | Standing::OtherRelay => return Ok(moved),
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
        match ready(engine, id, &failed)? {
            // what was stored is met before this conversation rests
            Ready::Nothing if unmet > 0 => must_read = true,
            Ready::Nothing => return Ok(moved),
            Ready::Upload { number, at, blob } => {
                if let Err(e) = messages::upload(engine, net, number, &at, blob) {
                    let Some(item) = engine.run(|cx| shelf::item(cx, number))? else { continue };
                    if matches!(e, Trouble::Account(AccountTrouble::OtherRelay)) {
                        // of a program that took addresses of other relays
                        engine.run(|cx| queue::give_up_upload(cx, &item, "its place is on another relay"))?;
                    } else {
                        failed.push(number);
                        post::item_failed(engine, round, &item, e)?;
                    }
                    if round.line_is_down() {
                        return Ok(moved);
                    }
                    continue;
                }
                moved = true;
            }
            Ready::Claim { number, account, suite } => {
                if let Err(e) = calls::claim(engine, net, id, number, account, suite) {
                    let Some(item) = engine.run(|cx| shelf::item(cx, number))? else { continue };
                    failed.push(number);
                    post::item_failed(engine, round, &item, e)?;
                    if round.line_is_down() {
                        return Ok(moved);
                    }
                    continue;
                }
                moved = true;
            }
            Ready::Append { number, at, request } => {
                match calls::append(engine, net, id, number, &at, request, synced) {
                    Ok(Appended::Stored { then_read }) => must_read = then_read,
                    Ok(Appended::Behind) if again < MAX_AGAIN => {
                        again += 1;
                        must_read = true;
                        moved = true;
                        continue;
                    }
                    Ok(Appended::Behind) => {
                        return Err(Trouble::Protocol(
                            "the relay says that something lies before this, and does not give it".into(),
                        ));
                    }
                    // the item rests, and what must come after it waits: what comes is read all the same
                    Err(e @ Trouble::Refused(_)) => {
                        let Some(item) = engine.run(|cx| shelf::item(cx, number))? else { continue };
                        failed.push(number);
                        post::item_failed(engine, round, &item, e)?;
                        continue;
                    }
                    Err(other) => return Err(other),
                }
                unmet += u64::from(!engine.watching);
                must_read |= unmet >= READ_AFTER;
                moved = true;
            }
        }
    }
    Err(Trouble::Protocol("a conversation does not come to rest".into()))
}

/// The head of a queue that was read to its channel's head, if it is an entry to be stored: made now, sent with those of
/// others. A seal is sent alone.
pub(super) fn head(engine: &mut Engine, id: &ConversationId) -> Result<Option<(u64, wire::AppendRequest)>, Trouble> {
    engine.run(|cx| {
        epoch::queue_what_is_due(cx, id)?;
        messages::queue_receipt(cx, id)
    })?;
    match ready(engine, id, &[])? {
        Ready::Append { number, request, .. } if !request.seal => Ok(Some((number, request))),
        _ => Ok(None),
    }
}

/// The next item, prepared; a change of members that cannot be made is given up visibly.
fn ready(engine: &mut Engine, id: &ConversationId, failed: &[u64]) -> Result<Ready, Trouble> {
    match engine.step(|cx| epoch::next_ready(cx, id, failed)) {
        Ok(ready) => Ok(ready),
        Err(StepError::Again(_)) => match engine.step(|cx| epoch::next_ready(cx, id, failed)) {
            Ok(ready) => Ok(ready),
            Err(StepError::Again(why)) => {
                engine.run(|cx| epoch::give_up_seal(cx, id, &why))?;
                engine.run(|cx| epoch::next_ready(cx, id, failed))
            }
            Err(other) => Err(other.into_trouble()),
        },
        Err(other) => Err(other.into_trouble()),
    }
}
