//! `lacre agency run`: a body's program as a service. It takes what comes as `watch` does, goes on with what was begun, and sends
//! batches at their time: those that officials approved, and those whose dispatch somebody began.

use super::batch::{line, value};
use super::own::{self, Evidence};
use super::watch::{self, Round, follow};
use crate::context::{Context, Outcome};
use lacre_agency::{Batch, BatchStage, Body, BodyTrouble, Stage, Stopped};
use lacre_transport::GrpcNetwork;
use lacre_words::failure::Failure;
use std::collections::BTreeSet;

pub(crate) fn run(ctx: &Context, args: &watch::Args) -> Outcome {
    // what was said of a batch is said once
    let mut said = BTreeSet::new();
    follow(ctx, args, &mut |Round { body, network, evidence }| {
        let done = begun(body, network, evidence, ctx).and_then(|()| batches(ctx, body, network, evidence, &mut said));
        match done {
            // the relay went away meanwhile: the next round says so, and goes on
            Err(BodyTrouble::Network(away)) if away.is_away() => Ok(()),
            other => other.map_err(|e| own::trouble(ctx, e)),
        }
    })
}

/// Notices and records that an earlier run could not give away.
fn begun(body: &mut Body, network: &mut GrpcNetwork, evidence: &mut Evidence, ctx: &Context) -> Result<(), BodyTrouble> {
    let Ok(_turn) = evidence.turn(ctx) else { return Ok(()) };
    body.finish_records(network, evidence)?;
    for row in body.to_do()?.into_iter().filter(|row| row.stage == Stage::Prepared && row.batch.is_none()) {
        match body.resume(network, evidence, row.id) {
            // one that the relay does not take now keeps no later one waiting
            Ok(_) | Err(BodyTrouble::Refused { .. } | BodyTrouble::TooLate) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

fn batches(
    ctx: &Context,
    body: &mut Body,
    network: &mut GrpcNetwork,
    evidence: &mut Evidence,
    said: &mut BTreeSet<(u64, String)>,
) -> Result<(), BodyTrouble> {
    for batch in body.batches()? {
        let now = ctx.clock.now();
        let in_time = batch.not_before <= now && now < batch.not_after;
        if !in_time || !may_go(body, &batch)? {
            continue;
        }
        let why = loop {
            let block = match evidence.turn(ctx) {
                Ok(_turn) => body.send_block(network, evidence, batch.id),
                Err(_) => break None,
            };
            match block {
                Ok(block) => match block.stopped {
                    Some(Stopped::Refused(rows)) => break Some(format!("refused {rows}")),
                    Some(_) => break Some("stopped".to_owned()),
                    None => {}
                },
                Err(BodyTrouble::Network(away)) => return Err(BodyTrouble::Network(away)),
                // of this batch alone: the others go on
                Err(other) => {
                    let key = (batch.number, other.to_string());
                    if said.insert(key) {
                        tell(ctx, &own::trouble(ctx, other));
                    }
                    break None;
                }
            }
        };
        if let Some(why) = why
            && said.insert((batch.number, why))
        {
            let (batch, counts) = (body.batch(batch.id)?, body.counts(batch.id)?);
            ctx.result(&line(ctx, &batch, &counts), &value(&batch, &counts));
        }
    }
    Ok(())
}

/// Approved, or begun by somebody. Where a body has no officials nothing begins by itself.
fn may_go(body: &mut Body, batch: &Batch) -> Result<bool, BodyTrouble> {
    Ok(match batch.stage {
        BatchStage::Sending => true,
        BatchStage::Drafted => body.approving(batch.id)?.is_some_and(|approving| approving.is_enough()),
        BatchStage::Reading | BatchStage::Done | BatchStage::Cancelled => false,
    })
}

fn tell(ctx: &Context, failure: &Failure) {
    ctx.note(&failure.what);
}
