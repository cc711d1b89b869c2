//! What comes in channels: pages of all of them side by side, pages of one, and its entries some at a time.

use super::apart::{Did, Round};
use super::casillas;
use super::post;
use super::post::PAGE;
use crate::network::{Entry, Lane, NetError, Network, Reason};
use crate::receive::{Judged, Took};
use crate::shelf::{Conv, Engine, Own, PeriodRow};
use crate::words::{ConversationId, RestingThing, Standing, StepError, Synced, Trouble};
use crate::{epoch, ladder, receive, shelf, words};
use lacre_ground::address::Authority;
use lacre_ground::ids::ChannelId;
use lacre_proto::relay::v1 as wire;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Entries of the first fetch of each channel: most have fewer that are new.
const FIRST_PAGE: u32 = 16;
/// Channels that are asked for side by side: a page is at most 4 MiB, and all of them are in memory at once.
pub(super) const SIDE_BY_SIDE: usize = 128;
/// Entries that are processed in one step: a transaction costs as much as two of them.
const ENTRIES_IN_A_STEP: usize = 16;

/// How a page of a channel left things.
pub(crate) enum Page {
    /// read on
    More,
    /// the channel must be opened or compared first
    Again,
    /// nothing more is there now
    Head,
}

/// What the first look at all channels gave.
#[derive(Default)]
pub(super) struct Wave {
    /// something came
    pub(super) moved: bool,
    /// read to their head
    pub(super) at_head: BTreeSet<ConversationId>,
}

/// Whose page one question of a wave is.
pub(super) enum Asked {
    Inbox(Arc<Own>),
    Casilla(Box<PeriodRow>),
    Of(ConversationId, Arc<Conv>),
}

/// The first page of the own inbox and of all channels, asked for side by side: time does not grow with conversations
/// times round trips. What has more is read on by itself.
pub(super) fn wave(engine: &mut Engine, net: &mut dyn Network, round: &mut Round, synced: &mut Synced) -> Result<Wave, Trouble> {
    let mut mine: Vec<Asked> = Vec::new();
    if !round.is_resting(&RestingThing::Inbox) {
        mine.push(Asked::Inbox(engine.own()?));
    }
    mine.extend(casillas::to_read(engine, round)?.into_iter().map(|period| Asked::Casilla(Box::new(period))));
    let all = engine.run(|cx| shelf::conversation_ids(cx))?;
    wave_of(engine, net, round, mine, all, synced)
}

/// The same for these conversations.
pub(super) fn wave_of(
    engine: &mut Engine,
    net: &mut dyn Network,
    round: &mut Round,
    mine: Vec<Asked>,
    conversations: impl IntoIterator<Item = ConversationId>,
    synced: &mut Synced,
) -> Result<Wave, Trouble> {
    let own = engine.own()?;
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    let mut asked = mine;
    for id in conversations {
        if round.is_resting(&RestingThing::Conversation(id.clone())) {
            continue;
        }
        let row = engine.run(|cx| {
            let conv = shelf::conv(cx, &id)?;
            Ok((shelf::is_ours(cx, &conv.authority)?, conv))
        });
        match row {
            Ok((true, conv)) if conv.standing == Standing::Active && conv.channel.opened && !conv.put_back => {
                asked.push(Asked::Of(id, conv));
            }
            Ok(_) => {}
            Err(damaged) => drop(round.took(engine, RestingThing::Conversation(id), Err(damaged))?),
        }
    }
    let mut wave = Wave::default();
    let mut asked = asked.into_iter().peekable();
    while asked.peek().is_some() {
        let some: Vec<Asked> = asked.by_ref().take(SIDE_BY_SIDE).collect();
        let questions = some.iter().map(question).collect();
        let answers = net.fetch_each(&at, questions);
        if let Some(Err(first)) = answers.first()
            && answers.iter().all(|answer| matches!(answer, Err(e) if e.is_away()))
        {
            round.nobody_there(first.clone().into());
            return Ok(wave);
        }
        for (whose, answer) in some.into_iter().zip(answers) {
            match whose {
                Asked::Inbox(own) => {
                    let done = post::read_inbox(engine, net, Some((own, answer)), synced);
                    wave.moved |= round.took(engine, RestingThing::Inbox, done)? == Did::Moved(true);
                }
                Asked::Casilla(period) => {
                    let channel = period.channel;
                    let done = casillas::read(engine, net, channel, Some((*period, answer)), synced);
                    wave.moved |= round.took(engine, RestingThing::Casilla(channel), done)? == Did::Moved(true);
                }
                Asked::Of(id, conv) => {
                    let done = take_page(engine, &id, &conv, answer, synced);
                    let head = matches!(done, Ok(Page::Head));
                    round.took(engine, RestingThing::Conversation(id.clone()), done.map(|_| false))?;
                    if head {
                        wave.at_head.insert(id);
                    }
                }
            }
        }
    }
    Ok(wave)
}

fn question(asked: &Asked) -> (Lane, wire::FetchRequest) {
    match asked {
        Asked::Inbox(own) => (Lane::Inbox, post::inbox_request(own, FIRST_PAGE)),
        Asked::Casilla(period) => (Lane::Casilla, casillas::request(period, FIRST_PAGE)),
        Asked::Of(_, conv) => (Lane::Conversations, request(conv, FIRST_PAGE)),
    }
}

fn request(conv: &Conv, max_entries: u32) -> wire::FetchRequest {
    wire::FetchRequest {
        channel: conv.channel.id.as_bytes().to_vec(),
        read_token: conv.channel.read.expose().to_vec(),
        from_seq: conv.channel.cursor + 1,
        max_entries,
    }
}

/// The next entries of a channel, processed.
pub(super) fn read_page(
    engine: &mut Engine,
    net: &mut dyn Network,
    id: &ConversationId,
    conv: &Conv,
    at: &Authority,
    synced: &mut Synced,
) -> Result<Page, Trouble> {
    let page = net.fetch(at, Lane::Conversations, request(conv, PAGE));
    take_page(engine, id, conv, page, synced)
}

/// A page that was asked for when the conversation stood so.
fn take_page(
    engine: &mut Engine,
    id: &ConversationId,
    conv: &Conv,
    page: Result<wire::FetchResponse, NetError>,
    synced: &mut Synced,
) -> Result<Page, Trouble> {
    let channel = conv.channel.id;
    let page = match page {
        Ok(page) => page,
        Err(e) if matches!(e.reason(), Some(Reason::NotPermitted | Reason::Ahead)) => {
            reopen(engine, id, channel)?;
            return Ok(Page::Again);
        }
        Err(e) => return Err(e.into()),
    };
    if engine.run(|cx| ladder::saw_generation(cx, id, &page.generation))? {
        return Ok(Page::Again);
    }
    if page.head < conv.channel.cursor {
        return Err(Trouble::Protocol("the relay's channel ends before what it gave out".into()));
    }
    if page.gone_through > conv.channel.cursor {
        lost_entries(engine, id, channel, page.gone_through)?;
        return Ok(Page::More);
    }
    let entries = page.entries.into_iter().map(Entry::try_from).collect::<Result<Vec<_>, _>>()?;
    let last = entries.last().map_or(conv.channel.cursor, |entry| entry.seq.get());
    let all = take_all(engine, id, channel, &entries, synced)?;
    Ok(if all && last >= page.head { Page::Head } else { Page::More })
}

/// Entries of a channel in their order, some of them in one step; false when it stops before the last: the epoch ended,
/// or they must be fetched again.
pub(super) fn take_all(
    engine: &mut Engine,
    id: &ConversationId,
    channel: ChannelId,
    entries: &[Entry],
    synced: &mut Synced,
) -> Result<bool, Trouble> {
    for some in entries.chunks(ENTRIES_IN_A_STEP) {
        let met = match engine.step(|cx| in_order(some, |entry| receive::receive(cx, id, channel, entry, &Judged::Not))) {
            Ok(met) => met,
            Err(StepError::Trouble(trouble)) => return Err(trouble),
            // nothing of the step was kept: one of them needs second thoughts, which the others must not share
            Err(StepError::Skip(_) | StepError::Again(_)) => in_order(some, |entry| take(engine, id, channel, entry))?,
        };
        let processed = met.iter().filter(|took| matches!(took, Took::Done | Took::EpochEnded)).count();
        synced.received += u64::try_from(processed).unwrap_or(0);
        match met.last() {
            Some(Took::Copy) => {
                engine.run(ladder::part_from_copy)?;
                return Ok(false);
            }
            Some(Took::EpochEnded | Took::Gap) => return Ok(false),
            Some(Took::Done | Took::Ignored) | None => {}
        }
    }
    Ok(true)
}

/// One entry, with the second thoughts that its judgement may need.
fn take(engine: &mut Engine, id: &ConversationId, channel: ChannelId, entry: &Entry) -> Result<Took, Trouble> {
    let mut judged = Judged::Not;
    for attempt in 0..3 {
        match engine.step(|cx| receive::receive(cx, id, channel, entry, &judged)) {
            Ok(took) => return Ok(took),
            Err(StepError::Skip(why)) => judged = Judged::Skipped(why),
            Err(StepError::Again(_)) if attempt == 0 => {}
            Err(StepError::Again(why)) if entry.seal => judged = Judged::Bound(why),
            Err(StepError::Again(why)) => judged = Judged::Skipped(why),
            Err(StepError::Trouble(t)) => return Err(t),
        }
    }
    Err(Trouble::Protocol("an entry could be neither processed nor skipped".into()))
}

/// Entries that this device has not read are no longer kept.
pub(super) fn lost_entries(engine: &mut Engine, id: &ConversationId, channel: ChannelId, through: u64) -> Result<(), Trouble> {
    engine.run(|cx| {
        let mut conv = shelf::take_conv(cx, id)?;
        // another program on this profile may have read on into the next channel
        if conv.standing == Standing::Active && conv.channel.id == channel && through > conv.channel.cursor {
            epoch::cannot_follow(cx, id, &mut conv, "entries were not read in time and are gone", None)?;
        }
        Ok(())
    })
}

pub(super) fn reopen(engine: &mut Engine, id: &ConversationId, channel: ChannelId) -> Result<(), Trouble> {
    engine.run(|cx| {
        let mut conv = shelf::take_conv(cx, id)?;
        if conv.channel.id == channel {
            conv.channel.opened = false;
            shelf::put_conv(cx, id, conv)?;
        }
        Ok(())
    })
}

/// One after the other, through the first behind which nothing more is to be taken.
fn in_order<E>(entries: &[Entry], mut take: impl FnMut(&Entry) -> Result<Took, E>) -> Result<Vec<Took>, E> {
    let mut met = Vec::with_capacity(entries.len());
    for entry in entries {
        let took = take(entry)?;
        met.push(took);
        if !matches!(took, Took::Done | Took::Ignored) {
            break;
        }
    }
    Ok(met)
}
