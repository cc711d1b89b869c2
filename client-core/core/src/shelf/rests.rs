//! What failed and rests: one thing each, with the reason and until when. What rests is tried again by itself; its failure
//! is no matter of the others.

use super::Cx;
use crate::words::{RestCause, RestingThing, StepError};
use lacre_ground::time::Millis;
use lacre_profile::Table;
use serde::{Deserialize, Serialize};

/// The scope of these rows in Meta.
const SCOPE: &[u8] = b"rests";
/// The first pause, milliseconds. What the line failed for has none.
const SHORTEST_REST_MS: u64 = 2_000;
/// The longest pause, milliseconds.
pub const LONGEST_REST_MS: u64 = 15 * 60_000;

/// A thing that rests.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct RestRow {
    pub(crate) thing: RestingThing,
    /// when it failed first
    pub(crate) since: Millis,
    /// not tried before this instant
    pub(crate) until: Millis,
    pub(crate) cause: RestCause,
    /// the technical cause
    pub(crate) why: String,
}

/// When what has failed since then is tried again: half as long as it has lasted, within the bounds of a pause.
pub(crate) fn next_try(since: Millis, now: Millis) -> Millis {
    now.plus((now.since(since) / 2).clamp(SHORTEST_REST_MS, LONGEST_REST_MS))
}

fn key(thing: &RestingThing) -> Vec<u8> {
    let (kind, id): (&[u8], &[u8]) = match thing {
        RestingThing::Account => (b"rests account", b""),
        RestingThing::Inbox => (b"rests inbox", b""),
        RestingThing::Conversation(id) => (b"rests ", id.as_bytes()),
        RestingThing::NoticeAddress => (b"rests notices", b""),
        RestingThing::Casilla(channel) => (b"rests casilla ", channel.as_bytes()),
        RestingThing::CasillaHead(channel) => (b"rests head ", channel.as_bytes()),
    };
    [kind, id].concat()
}

/// Everything that rests.
pub(crate) fn rests(cx: &Cx<'_, '_>) -> Result<Vec<RestRow>, StepError> {
    let rows: Vec<(u64, RestRow)> = cx.s.scan(Table::Meta, SCOPE, 0, usize::MAX)?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// Why and until when this rests, if it does.
pub(crate) fn rest_of(cx: &Cx<'_, '_>, thing: &RestingThing) -> Result<Option<RestRow>, StepError> {
    Ok(cx.s.get(Table::Meta, &key(thing))?)
}

/// A thing failed. It rests until then, or for a pause that grows with the time since it failed first.
pub(crate) fn put_to_rest(
    cx: &Cx<'_, '_>,
    thing: RestingThing,
    cause: RestCause,
    why: String,
    until: Option<Millis>,
) -> Result<RestRow, StepError> {
    let key = key(&thing);
    let before: Option<RestRow> = cx.s.get(Table::Meta, &key)?;
    let since = before.map_or(cx.now, |row| row.since.min(cx.now));
    let until = until.map_or_else(|| next_try(since, cx.now), |until| until.min(cx.now.plus(LONGEST_REST_MS)));
    let row = RestRow { thing, since, until, cause, why };
    cx.s.put(Table::Meta, &key, SCOPE, 0, &row)?;
    cx.reached("rest: noted")?;
    Ok(row)
}

/// It went well again.
pub(crate) fn wake(cx: &Cx<'_, '_>, thing: &RestingThing) -> Result<(), StepError> {
    cx.s.delete(Table::Meta, &key(thing))?;
    Ok(())
}
