//! What the relay is told of the address for official notices, in this order, so that no grant is handed out whose right does not
//! work: designation and pause, channel, rights, grants. Each is told again until it is noted here that it was.

use super::{address, periods};
use crate::account;
use crate::network::{Lane, Network, Reason};
use crate::shelf::{Cx, Engine, GrantRow, PERIOD_STAYS_MS, PeriodRow, SaidRow, Stage, Told};
use crate::words::{StepError, Trouble};
use crate::{shelf, words};
use lacre_ground::address::Authority;
use lacre_ground::ids::{ChannelId, Generation, Stamp};
use lacre_ground::registrar::RegistrarKey;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;

/// How often the registrar is asked how many grants are left, milliseconds, while nothing came.
pub const ADDRESS_EVERY_MS: u64 = 3_600_000;
/// Rights in one request.
const RIGHTS_AT_ONCE: usize = 64;

/// Everything that is due.
pub(crate) fn tend(engine: &mut Engine, net: &mut dyn Network) -> Result<(), Trouble> {
    let own = engine.own()?;
    let row = engine.run(|cx| shelf::address(cx))?;
    if own.stage != Stage::Ready || own.deleted || own.replaced.is_some() || row.designations.is_empty() {
        return Ok(());
    }
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    tell(engine, net, &at)?;
    for period in engine.run(|cx| shelf::periods(cx))? {
        open(engine, net, &at, &period)?;
    }
    if !row.on || row.paused {
        return Ok(());
    }
    ask(engine, net, &at)?;
    let present = engine.run(periods::present)?;
    open(engine, net, &at, &present)?;
    for period in engine.run(|cx| shelf::periods(cx))?.iter().filter(|p| !p.closed) {
        give_rights(engine, net, &at, period.channel)?;
    }
    hand_in(engine, net, &at, present.channel)?;
    engine.run(forget_ended)
}

/// The relay learns that the account is an address, or is none, and whether notices pause.
fn tell(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    let (row, want) = engine.run(|cx| Ok((shelf::address(cx)?, address::wanted(cx)?)))?;
    if row.told == Some(want) {
        return Ok(());
    }
    let designation = row.designations.last().filter(|_| want.on).cloned().unwrap_or_default();
    account::with_session(engine, net, at, |net, session| {
        net.designate(at, wire::DesignateRequest { session, designation: designation.clone() })
    })?;
    if want.on {
        account::with_session(engine, net, at, |net, session| {
            net.pause_notices(at, wire::PauseNoticesRequest { session, paused: want.paused })
        })?;
    }
    engine.run(|cx| {
        let mut row = shelf::take_address(cx)?;
        // what the person said meanwhile is told next
        row.told = Some(want);
        row.said = None;
        shelf::put_address(cx, row)?;
        cx.reached("notices: told")
    })
}

/// A casilla that this store of the relay does not know is opened there, and read from its beginning. What never had a right and
/// gets none is not.
fn open(engine: &mut Engine, net: &mut dyn Network, at: &Authority, period: &PeriodRow) -> Result<(), Trouble> {
    let generation = engine.own()?.generation;
    let unused = period.closed && period.opened_in.is_none();
    if period.opened_in == generation || unused {
        return Ok(());
    }
    let mut paid = None;
    let answer = account::with_stamp(engine, net, |net, stamp| {
        paid = Some(stamp.clone());
        let request = wire::OpenRequest {
            class: wire::ChannelClass::Casilla.into(),
            channel: period.channel.as_bytes().to_vec(),
            append: Vec::new(),
            read_token_hash: period.read.hash().as_bytes().to_vec(),
            stamp,
        };
        net.open(at, Lane::Casilla, request)
    })?;
    if let (false, Some(stamp)) = (answer.spent, paid)
        && let Ok(stamp) = Stamp::try_from(stamp.as_slice())
    {
        engine.run(|cx| account::push_stamp(cx, &stamp))?;
    }
    let opened_in = Generation::try_from(answer.generation.as_slice()).map_err(|e| Trouble::Protocol(e.to_string()))?;
    engine.run(|cx| {
        if let Some(mut row) = shelf::take_period(cx, period.channel)? {
            row.opened_in = Some(opened_in);
            row.cursor = 0;
            shelf::put_period(cx, row)?;
        }
        cx.reached("notices: casilla opened")
    })
}

/// The relay does not know it, or less of it: with the next synchronisation it is opened again.
pub(crate) fn to_be_opened(cx: &mut Cx<'_, '_>, channel: ChannelId) -> Result<(), StepError> {
    if let Some(mut row) = shelf::take_period(cx, channel)? {
        row.opened_in = None;
        shelf::put_period(cx, row)?;
    }
    Ok(())
}

/// Rights that this store of the relay does not have. One that was spent there before a restore is given again: the body delivers
/// again what was lost.
fn give_rights(engine: &mut Engine, net: &mut dyn Network, at: &Authority, channel: ChannelId) -> Result<(), Trouble> {
    let Some(period) = engine.run(|cx| shelf::period(cx, channel))? else { return Ok(()) };
    let Some(generation) = period.opened_in else { return Ok(()) };
    let now = engine.clock.now();
    let grants = engine.run(|cx| shelf::grants(cx, channel))?;
    let lacking: Vec<GrantRow> = grants.into_iter().filter(|g| g.right_in != Some(generation) && g.until > now).collect();
    for block in lacking.chunks(RIGHTS_AT_ONCE) {
        let right =
            |g: &GrantRow| wire::AppendRight { token_hash: g.token.hash().as_bytes().to_vec(), stamped: false, once: g.once };
        let request = wire::ChangeTokensRequest {
            channel: channel.as_bytes().to_vec(),
            read_token: period.read.expose().to_vec(),
            add: block.iter().map(right).collect(),
            remove: Vec::new(),
        };
        net.change_tokens(at, Lane::Casilla, request)?;
        engine.run(|cx| {
            for grant in block {
                if let Some(now) = shelf::grant(cx, &grant.hash)? {
                    shelf::put_grant(cx, &GrantRow { right_in: Some(generation), ..now })?;
                }
            }
            cx.reached("notices: rights given")
        })?;
    }
    Ok(())
}

/// The registrar gets the grants of the present casilla that it does not have.
fn hand_in(engine: &mut Engine, net: &mut dyn Network, at: &Authority, channel: ChannelId) -> Result<(), Trouble> {
    let left = engine.run(|cx| Ok(shelf::address(cx)?.said.map(|s| s.remaining)))?;
    let Some(period) = engine.run(|cx| shelf::period(cx, channel))? else { return Ok(()) };
    if !period.replaces && left.is_some_and(|left| left < periods::FEW_GRANTS) {
        engine.run(|cx| periods::top_up(cx, channel, left.unwrap_or(0)))?;
        give_rights(engine, net, at, channel)?;
    }
    let grants: Vec<GrantRow> = engine.run(|cx| shelf::grants(cx, channel))?.into_iter().filter(|g| !g.told).collect();
    if grants.is_empty() {
        return Ok(());
    }
    let most = usize::try_from(periods::GRANTS).unwrap_or(usize::MAX);
    let sealed = |once: bool| -> Vec<wire::SealedGrant> {
        let some = grants.iter().filter(|g| g.once == once).take(if once { most } else { 1 });
        some.map(|g| wire::SealedGrant { grant: g.note.clone(), token: g.token.expose().to_vec() }).collect()
    };
    let (once, last_resort) = (sealed(true), sealed(false));
    let answer = account::with_session(engine, net, at, |net, session| {
        let replace_all = period.replaces;
        net.put_grants(at, wire::PutGrantsRequest { session, once: once.clone(), last_resort: last_resort.clone(), replace_all })
    });
    let answer = match answer {
        Err(Trouble::Refused(r)) if matches!(r.reason, Reason::NotDesignated | Reason::Paused) => {
            engine.run(tell_again)?;
            return Err(Trouble::Refused(r));
        }
        other => other?,
    };
    engine.run(|cx| {
        let told = |g: &&GrantRow| once.iter().chain(&last_resort).any(|sent| sent.token == g.token.expose());
        for grant in grants.iter().filter(told) {
            if let Some(now) = shelf::grant(cx, &grant.hash)? {
                shelf::put_grant(cx, &GrantRow { told: true, ..now })?;
            }
        }
        if let Some(mut row) = shelf::take_period(cx, channel)? {
            row.replaces = false;
            shelf::put_period(cx, row)?;
        }
        let mut row = shelf::take_address(cx)?;
        if let Some(said) = &mut row.said {
            said.remaining = answer.remaining;
        }
        shelf::put_address(cx, row)?;
        cx.reached("notices: grants handed in")
    })
}

fn tell_again(cx: &mut Cx<'_, '_>) -> Result<(), StepError> {
    let mut row = shelf::take_address(cx)?;
    row.told = None;
    shelf::put_address(cx, row)
}

/// What the registrar has: how many grants are left, and how often it was asked about this person.
fn ask(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    let said = engine.run(|cx| Ok(shelf::address(cx)?.said))?;
    let now = engine.clock.now();
    if said.is_some_and(|s| !s.stale && now >= s.at && now.since(s.at) < ADDRESS_EVERY_MS) {
        return Ok(());
    }
    let answer =
        account::with_session(engine, net, at, |net, session| net.notice_address(at, wire::NoticeAddressRequest { session }))?;
    engine.run(|cx| {
        let mut row = shelf::take_address(cx)?;
        row.said = Some(SaidRow {
            at: cx.now,
            remaining: answer.remaining,
            last_resort_until: Some(answer.last_resort_until_ms).filter(|ms| *ms > 0).map(Millis::new),
            answers: answer.answers.iter().map(|m| (m.month, m.count)).collect(),
            exempt: Some(answer.exempt.clone()).filter(|reason| !reason.is_empty()),
            stale: false,
        });
        if answer.office.is_empty() {
            row.office = None;
        }
        let same = Told { on: !answer.designation.is_empty(), paused: answer.paused, ..address::wanted(cx)? };
        if row.told.is_some_and(|told| told != same) {
            // it has lost what it was told, or somebody else said otherwise: it is told again
            row.told = None;
        }
        shelf::put_address(cx, row)?;
        // its grants are gone from there: others are made, for a casilla of their own
        let (lost, generation) = (answer.last_resort_until_ms == 0, shelf::own(cx)?.generation);
        let present = |p: &PeriodRow| !p.replaces && !p.closed && p.made_in == generation;
        if let Some(newest) = shelf::periods(cx)?.pop().filter(|p| lost && present(p))
            && let Some(mut period) = shelf::take_period(cx, newest.channel)?
        {
            period.closed = true;
            shelf::put_period(cx, period)?;
        }
        Ok(())
    })
}

/// The registrar is asked with the next synchronisation: something came, so a grant is gone, or the person wants to know.
pub(crate) fn ask_soon(cx: &mut Cx<'_, '_>) -> Result<(), StepError> {
    let mut row = shelf::take_address(cx)?;
    if let Some(said) = &mut row.said {
        said.stale = true;
    }
    shelf::put_address(cx, row)
}

/// Casillas whose grants have all ended long ago: their keys go. Last of all, when the relay has answered: a clock that is far
/// ahead reaches no relay, and must not take the keys of what is still to come.
fn forget_ended(cx: &mut Cx<'_, '_>) -> Result<(), StepError> {
    let now = shelf::by_relay(&*shelf::own(cx)?, cx.now);
    for period in shelf::periods(cx)? {
        if now > period.ends.plus(PERIOD_STAYS_MS) {
            shelf::drop_period(cx, period.channel)?;
        }
    }
    Ok(())
}

/// The relay's introduction of the registrar's key, if it has another one than before. Asked for on the casillas' lane: it says
/// nothing of who asks.
pub(crate) fn learn_registrar(engine: &mut Engine, net: &mut dyn Network) -> Result<(), Trouble> {
    let own = engine.own()?;
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    let raw = net.get_info(&at, Lane::Casilla, wire::GetInfoRequest {})?.registrar;
    if raw.is_empty() || engine.run(|cx| Ok(shelf::address(cx)?.registrars.contains(&raw)))? {
        return Ok(());
    }
    RegistrarKey::verify(&raw, &at.identity()).map_err(|e| Trouble::Protocol(format!("the registrar's key: {e}")))?;
    engine.run(|cx| {
        let mut row = shelf::take_address(cx)?;
        if !row.registrars.contains(&raw) {
            row.registrars.push(raw);
        }
        shelf::put_address(cx, row)
    })
}
