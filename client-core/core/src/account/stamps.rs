//! Stamps, and what costs one: the directory.

use super::session;
use crate::network::{NetError, Network, Reason};
use crate::shelf::{Cx, Engine};
use crate::words::{ContactTrouble, StepError, Trouble};
use crate::{shelf, words};
use lacre_ground::address::Authority;
use lacre_ground::ids::Stamp;
use lacre_profile::Table;
use lacre_proto::relay::v1 as wire;

/// Stamps taken at once, and the stock below which more are taken.
const STAMPS: u32 = 64;
pub(crate) const FEW_STAMPS: u64 = 16;

pub(crate) fn take_stamps(engine: &mut Engine, net: &mut dyn Network, at: &Authority) -> Result<(), Trouble> {
    let answer = session::with_session(engine, net, at, |net, session| {
        net.take_stamps(at, wire::TakeStampsRequest { session, count: STAMPS })
    })?;
    engine.run(|cx| {
        for raw in &answer.stamps {
            let stamp = Stamp::try_from(raw.as_slice()).map_err(|e| StepError::Skip(e.to_string()))?;
            let number = shelf::number(cx)?;
            cx.s.put(Table::Stamp, stamp.expose(), b"", number, &stamp)?;
        }
        Ok(())
    })
}

/// A stamp for one use; more are taken when there is none.
pub(crate) fn stamp(engine: &mut Engine, net: &mut dyn Network) -> Result<Stamp, Trouble> {
    if let Some(stamp) = engine.run(pop_stamp)? {
        return Ok(stamp);
    }
    let own = engine.own()?;
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    take_stamps(engine, net, &at)?;
    engine.run(pop_stamp)?.ok_or(Trouble::Protocol("the relay gave no stamps".into()))
}

/// Stamps that a call is tried with.
const TRIES: u32 = 4;

/// A call that costs a stamp. One that the relay does not take may have been spent by a call without an answer; after two the
/// stock is too old (stamps end, and a restored relay forgets them), and others are taken.
pub(crate) fn with_stamp<T>(
    engine: &mut Engine,
    net: &mut dyn Network,
    mut call: impl FnMut(&mut dyn Network, Vec<u8>) -> Result<T, NetError>,
) -> Result<T, Trouble> {
    for tried in 0..TRIES {
        if tried == TRIES / 2 {
            engine.run(drop_stock)?;
        }
        let stamp = stamp(engine, net)?;
        match call(net, stamp.expose().to_vec()) {
            Err(e) if e.reason() == Some(Reason::StampRefused) => {}
            Err(e @ (NetError::Unreachable { .. } | NetError::OtherKey { .. })) => {
                // perhaps spent, perhaps not: a stamp that is refused later costs nothing
                engine.run(|cx| push_stamp(cx, &stamp))?;
                return Err(e.into());
            }
            other => return Ok(other?),
        }
    }
    Err(Trouble::Protocol("the relay refuses all stamps that it gave".into()))
}

fn drop_stock(cx: &mut Cx<'_, '_>) -> Result<(), StepError> {
    while pop_stamp(cx)?.is_some() {}
    Ok(())
}

fn pop_stamp(cx: &mut Cx<'_, '_>) -> Result<Option<Stamp>, StepError> {
    let first: Vec<(u64, Stamp)> = cx.s.scan(Table::Stamp, b"", 0, 1)?;
    let Some((_, stamp)) = first.into_iter().next() else { return Ok(None) };
    cx.s.delete(Table::Stamp, stamp.expose())?;
    Ok(Some(stamp))
}

pub(crate) fn push_stamp(cx: &mut Cx<'_, '_>, stamp: &Stamp) -> Result<(), StepError> {
    let number = shelf::number(cx)?;
    Ok(cx.s.put(Table::Stamp, stamp.expose(), b"", number, stamp)?)
}

/// What the directory says of a name or an account.
pub(crate) fn directory(
    engine: &mut Engine,
    net: &mut dyn Network,
    who: wire::lookup_request::Who,
) -> Result<wire::DirectoryEntry, Trouble> {
    let own = engine.own()?;
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    let answer = with_stamp(engine, net, |net, stamp| net.lookup(&at, wire::LookupRequest { who: Some(who.clone()), stamp }));
    match answer {
        Ok(answer) => answer.entry.ok_or(Trouble::Protocol("an answer without entry".into())),
        Err(Trouble::Refused(r)) if r.reason == crate::network::Reason::NoAccount => {
            Err(Trouble::Contact(ContactTrouble::NoSuchAccount))
        }
        Err(Trouble::Refused(r)) if r.reason == crate::network::Reason::Paused => Err(Trouble::Contact(ContactTrouble::Paused)),
        Err(e) => Err(e),
    }
}
