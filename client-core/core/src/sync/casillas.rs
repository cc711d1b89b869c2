//! What comes in the own casillas. Each is read to its head; what a body wrote there is judged in one step, by itself.

use super::apart::{Did, Round};
use super::post;
use super::post::{MAX_ROUNDS, PAGE};
use crate::network::{Entry, Lane, NetError, Network, Reason, Refusal};
use crate::shelf::{Engine, PeriodRow};
use crate::words::{RestingThing, StepError, Synced, Trouble};
use crate::{notices, shelf, words};
use lacre_ground::ids::{ChannelId, Generation};
use lacre_proto::relay::v1 as wire;

/// The casillas that are open and do not rest.
pub(super) fn to_read(engine: &mut Engine, round: &Round) -> Result<Vec<PeriodRow>, Trouble> {
    let all = engine.run(|cx| shelf::periods(cx))?;
    let open = all.into_iter().filter(|p| p.opened_in.is_some() && !round.is_resting(&RestingThing::Casilla(p.channel)));
    Ok(open.collect())
}

pub(super) fn request(period: &PeriodRow, max_entries: u32) -> wire::FetchRequest {
    wire::FetchRequest {
        channel: period.channel.as_bytes().to_vec(),
        read_token: period.read.expose().to_vec(),
        from_seq: period.cursor + 1,
        max_entries,
    }
}

/// What failed, and whose pause is over, is read again, also while all others are followed.
pub(super) fn read_resting(
    engine: &mut Engine,
    net: &mut dyn Network,
    round: &mut Round,
    synced: &mut Synced,
) -> Result<bool, Trouble> {
    let mut moved = false;
    for period in to_read(engine, round)? {
        let thing = RestingThing::Casilla(period.channel);
        if round.has_failed(&thing) && !round.line_is_down() {
            let done = read(engine, net, period.channel, None, synced);
            moved |= round.took(engine, thing, done)? == Did::Moved(true);
        }
    }
    Ok(moved)
}

/// A casilla to its head: a page that was asked for already, then the rest.
pub(super) fn read(
    engine: &mut Engine,
    net: &mut dyn Network,
    channel: ChannelId,
    mut first: Option<(PeriodRow, Result<wire::FetchResponse, NetError>)>,
    synced: &mut Synced,
) -> Result<bool, Trouble> {
    let own = engine.own()?;
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    let mut moved = false;
    for _ in 0..MAX_ROUNDS {
        let (period, page) = match first.take() {
            Some(asked) => asked,
            None => {
                let Some(period) = engine.run(|cx| shelf::period(cx, channel))? else { break };
                let page = net.fetch(&at, Lane::Casilla, request(&period, PAGE));
                (period, page)
            }
        };
        let page = match page {
            Err(NetError::Refused(refusal)) => return Err(refused(engine, channel, refusal)?),
            other => other?,
        };
        let generation = Generation::try_from(page.generation.as_slice()).map_err(|e| Trouble::Protocol(e.to_string()))?;
        post::noticed_generation(engine, net, &at, generation)?;
        if period.opened_in != Some(generation) {
            // it is opened again there first, and read from its beginning
            break;
        }
        if page.gone_through > period.cursor {
            engine.run(|cx| notices::entries_gone(cx, channel, page.gone_through))?;
        }
        let entries = page.entries.into_iter().map(Entry::try_from).collect::<Result<Vec<_>, _>>()?;
        moved |= take_entries(engine, net, channel, &entries, synced)?;
        if entries.last().is_none_or(|last| last.seq.get() >= page.head) {
            break;
        }
    }
    Ok(moved)
}

/// What came in a casilla; true if some of it is new.
pub(super) fn take_entries(
    engine: &mut Engine,
    net: &mut dyn Network,
    channel: ChannelId,
    entries: &[Entry],
    synced: &mut Synced,
) -> Result<bool, Trouble> {
    let mut moved = false;
    if entries.is_empty() {
        return Ok(moved);
    }
    // a body's certificate may be by a key that is new: judged without it, the notice would be shown as invalid for ever
    notices::learn_registrar(engine, net)?;
    for entry in entries {
        if engine.run(|cx| notices::take_entry(cx, channel, entry))? {
            synced.received += 1;
            moved = true;
        }
    }
    Ok(moved)
}

/// The relay does not let it be read: it may have come from a backup and not know it. It is opened there again.
pub(super) fn refused(engine: &mut Engine, channel: ChannelId, refusal: Refusal) -> Result<Trouble, Trouble> {
    if matches!(refusal.reason, Reason::NotPermitted | Reason::Ahead) {
        engine.run(|cx| notices::to_be_opened(cx, channel))?;
    }
    Ok(Trouble::Refused(refusal))
}
