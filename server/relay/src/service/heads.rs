//! The relay's word for what a casilla holds.
//!
//! The instant in it is told by the writer before the ids are read, and no entry is accepted before it from then on: an entry with
//! an earlier receipt that is not among the ids was kept back. A relay that is honest never contradicts itself so, whatever its clock
//! does; only so is a contradiction a proof.

use super::Context;
use crate::border::{crossed, store_down};
use crate::memory::{Holder, weight};
use lacre_ground::head::HeadNote;
use lacre_ground::ids::{ChannelId, TokenHash};
use lacre_ground::signed::NoteText as _;
use lacre_store::StoreDown;
use lacre_store::channels::TellTime;
use std::sync::{Arc, PoisonError};
use tonic::Status;

/// What a head note takes: ids are hashed as they are read, and no list of them is made.
const HEAD_WORST: usize = weight(1_024, 1);

/// A signed head note, for the casilla's reader.
pub(super) async fn head(
    context: &Arc<Context>,
    holder: Option<&Holder>,
    channel: ChannelId,
    token: TokenHash,
) -> Result<String, Status> {
    let (now, rules) = (context.clock.now(), context.rules.clone());
    // nothing is written for whoever may not ask
    crossed(context.read(move |reads| reads.admit(now, &rules, &channel, &token)).await)?;
    let time = context.writer.submit(TellTime).await.map_err(store_down)?;
    let rules = context.rules.clone();
    let read = context.reading(holder, HEAD_WORST, |_| HEAD_WORST, move |reads| reads.held(&rules, &channel, &token)).await;
    let (held, _hold) = read.map_err(store_down)?;
    let ids = crossed(Ok(held))?;
    let relay = context.authority.read().unwrap_or_else(PoisonError::into_inner).clone();
    let note = HeadNote { relay, channel, generation: context.reads.generation(), ids, time };
    note.sign(&context.receipts).map_err(|e| {
        tracing::error!(cause = %e, "a head note could not be signed");
        store_down(StoreDown::new("the head note could not be signed"))
    })
}
