//! The relay's word for what the own casillas hold, asked for when all of them were read: for all of them side by side.

use super::apart::{Did, Round};
use super::{casillas, post};
use crate::network::{Entry, Lane, NetError, Network};
use crate::notices::{AskedHead, NextHead};
use crate::shelf::{Engine, Held, PeriodRow};
use crate::words::{RestingThing, StepError, Synced, Trouble};
use crate::{notices, shelf, words};
use lacre_ground::address::Authority;
use lacre_ground::ids::Generation;
use lacre_proto::relay::v1 as wire;

/// Asks for the head notes that are due, and compares each; true if something came meanwhile. `all` asks for every casilla's, else
/// for those of which there is none of this day.
pub(super) fn ask(
    engine: &mut Engine,
    net: &mut dyn Network,
    round: &mut Round,
    all: bool,
    synced: &mut Synced,
) -> Result<bool, Trouble> {
    let thing = |asked: &AskedHead| RestingThing::CasillaHead(asked.period.channel);
    let mut due = engine.run(|cx| notices::heads_due(cx, all))?;
    due.retain(|asked| !round.is_resting(&thing(asked)) && !round.has_failed(&RestingThing::Casilla(asked.period.channel)));
    if due.is_empty() {
        return Ok(false);
    }
    let own = engine.own()?;
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    let answers = net.head_each(&at, due.iter().map(question).collect());
    if let Some(Err(first)) = answers.first()
        && answers.iter().all(|answer| matches!(answer, Err(e) if e.is_away()))
    {
        round.nobody_there(first.clone().into());
        return Ok(false);
    }
    let mut moved = false;
    for (asked, answer) in due.iter().zip(answers) {
        let done = one(engine, net, &at, asked, answer, synced);
        moved |= round.took(engine, thing(asked), done)? == Did::Moved(true);
    }
    Ok(moved)
}

fn question(asked: &AskedHead) -> (Lane, wire::HeadRequest) {
    let period = &asked.period;
    let (channel, read_token) = (period.channel.as_bytes().to_vec(), period.read.expose().to_vec());
    (Lane::Casilla, wire::HeadRequest { channel, read_token })
}

/// One note, compared; what does not fit is read again before anything is said.
fn one(
    engine: &mut Engine,
    net: &mut dyn Network,
    at: &Authority,
    asked: &AskedHead,
    answer: Result<wire::HeadResponse, NetError>,
    synced: &mut Synced,
) -> Result<bool, Trouble> {
    let answer = answer?;
    let generation = Generation::try_from(answer.generation.as_slice()).map_err(|e| Trouble::Protocol(e.to_string()))?;
    post::noticed_generation(engine, net, at, generation)?;
    if asked.period.opened_in != Some(generation) {
        // it is opened there first, and read from its beginning
        return Ok(false);
    }
    let mut moved = false;
    for may_read in [true, true, false] {
        match engine.run(|cx| notices::compare_head(cx, asked, &answer.note, may_read))? {
            NextHead::Done => break,
            NextHead::ReadOn => moved |= casillas::read(engine, net, asked.period.channel, None, synced)?,
            NextHead::ReadAgain => again(engine, net, at, &asked.period, generation)?,
        }
    }
    Ok(moved)
}

/// The ids of what was read before they were noted, by a program of before.
fn again(
    engine: &mut Engine,
    net: &mut dyn Network,
    at: &Authority,
    asked: &PeriodRow,
    generation: Generation,
) -> Result<(), Trouble> {
    let held = Held { channel: asked.channel, generation };
    let mut cursor = 0;
    for _ in 0..post::MAX_ROUNDS {
        let page = net.fetch(at, Lane::Casilla, casillas::request(&PeriodRow { cursor, ..asked.clone() }, post::PAGE))?;
        let entries = page.entries.into_iter().map(Entry::try_from).collect::<Result<Vec<_>, _>>()?;
        let Some(last) = entries.last().map(|e| e.seq.get()) else { break };
        engine.run(|cx| entries.iter().try_for_each(|entry| shelf::gave(cx, &held, entry.seq, entry.id)))?;
        if last >= asked.cursor {
            break;
        }
        cursor = last;
    }
    Ok(())
}
