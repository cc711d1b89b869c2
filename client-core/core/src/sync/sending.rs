//! The heads of all queues go out side by side: time does not grow with conversations times round trips.

use super::apart::Round;
use super::calls::{Appended, Sent};
use super::reading::SIDE_BY_SIDE;
use super::{calls, post, reading, tending};
use crate::network::{Lane, Network};
use crate::shelf::Engine;
use crate::words::{ConversationId, RestingThing, StepError, Synced, Trouble};
use crate::{shelf, words};
use std::collections::BTreeSet;

/// Sends the head of each of these queues, then meets what was stored. Conversations that need more than that leave the set:
/// they are tended by themselves. True when something went out.
pub(super) fn send_heads(
    engine: &mut Engine,
    net: &mut dyn Network,
    round: &mut Round,
    at_head: &mut BTreeSet<ConversationId>,
    synced: &mut Synced,
) -> Result<bool, Trouble> {
    let own = engine.own()?;
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    let mut heads = Vec::new();
    for id in at_head.clone() {
        match tending::head(engine, &id) {
            Ok(Some((number, request))) => heads.push((id, number, request)),
            Ok(None) => {}
            Err(failed) => {
                at_head.remove(&id);
                round.took(engine, RestingThing::Conversation(id), Err(failed))?;
            }
        }
    }
    let mut stored = BTreeSet::new();
    let mut heads = heads.into_iter().peekable();
    while heads.peek().is_some() {
        let some: Vec<_> = heads.by_ref().take(SIDE_BY_SIDE).collect();
        let sent: Vec<Sent> = some.iter().map(|(_, _, request)| Sent::of(request)).collect();
        let (whose, requests): (Vec<_>, Vec<_>) =
            some.into_iter().map(|(id, number, request)| ((id, number), (Lane::Conversations, request))).unzip();
        let answers = net.append_each(&at, requests);
        for (((id, number), sent), answer) in whose.into_iter().zip(sent).zip(answers) {
            match calls::appended(engine, &id, number, &sent, answer, synced) {
                Ok(Appended::Stored { then_read: false }) => drop(stored.insert(id)),
                Ok(Appended::Stored { then_read: true } | Appended::Behind) => drop(at_head.remove(&id)),
                Err(e @ Trouble::Refused(_)) => {
                    if let Some(item) = engine.run(|cx| shelf::item(cx, number))? {
                        post::item_failed(engine, round, &item, e)?;
                    }
                }
                Err(failed) => {
                    at_head.remove(&id);
                    round.took(engine, RestingThing::Conversation(id), Err(failed))?;
                }
            }
        }
        if round.line_is_down() {
            return Ok(!stored.is_empty());
        }
    }
    let met = reading::wave_of(engine, net, round, Vec::new(), stored.clone(), synced)?;
    at_head.retain(|id| !stored.contains(id) || met.at_head.contains(id));
    Ok(!stored.is_empty())
}
