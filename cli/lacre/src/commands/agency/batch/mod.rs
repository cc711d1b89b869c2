//! Batches: many notices of one template. `lacre agency draft|show|dispatch|cancel|batches`, and `status BATCH`.

pub(crate) mod cancel;
pub(crate) mod correct;
pub(crate) mod dispatch;
pub(crate) mod draft;
pub(crate) mod list;
pub(crate) mod show;
pub(super) mod status;

use super::own;
use crate::context::Context;
use lacre_agency::{Batch, BatchStage, Body, Counts};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use lacre_words::words::key;
use serde_json::{Value, json as object};

/// Which batch is meant: its id, or the beginning of it that no other has.
pub(crate) fn find(ctx: &Context, body: &mut Body, typed: &str) -> Result<Batch, Failure> {
    let found = find_some(ctx, body, typed)?;
    found.ok_or_else(|| ctx.failure("error-no-batch", Exit::No, &[("id", shown(typed).into())]))
}

/// The same; none if there is none.
pub(super) fn find_some(ctx: &Context, body: &mut Body, typed: &str) -> Result<Option<Batch>, Failure> {
    let all = body.batches().map_err(|e| own::trouble(ctx, e))?;
    let mut found = all.into_iter().filter(|batch| typed.len() >= 4 && batch.id.to_string().starts_with(typed));
    Ok(match (found.next(), found.next()) {
        (Some(batch), None) => Some(batch),
        _ => None,
    })
}

/// The beginning of its id, which is enough to name it.
pub(crate) fn short(batch: &Batch) -> String {
    let id = batch.id.to_string();
    id.get(..8).unwrap_or(&id).to_owned()
}

/// How far it is, for programs.
const fn word(stage: BatchStage) -> &'static str {
    match stage {
        BatchStage::Reading => "reading",
        BatchStage::Drafted => "drafted",
        BatchStage::Sending => "sending",
        BatchStage::Done => "done",
        BatchStage::Cancelled => "cancelled",
    }
}

/// And for people.
fn stage_text(ctx: &Context, stage: BatchStage) -> String {
    ctx.words.say(match stage {
        BatchStage::Reading => key("batch-stage-reading"),
        BatchStage::Drafted => key("batch-stage-drafted"),
        BatchStage::Sending => key("batch-stage-sending"),
        BatchStage::Done => key("batch-stage-done"),
        BatchStage::Cancelled => key("batch-stage-cancelled"),
    })
}

/// A batch with its counts, for people.
pub(super) fn line(ctx: &Context, batch: &Batch, counts: &Counts) -> String {
    let number = |n: u64| n.to_string().into();
    ctx.words.say_with(
        "batch-line",
        &[
            ("id", short(batch).into()),
            ("template", shown(&batch.template).into()),
            ("version", batch.version.into()),
            ("rows", number(batch.rows)),
            ("stage", stage_text(ctx, batch.stage).into()),
            ("sent", number(counts.sent)),
            ("handed", number(counts.handed_over)),
            ("otherwise", number(counts.otherwise)),
            ("waiting", number(counts.waiting.saturating_add(counts.prepared))),
            ("failed", number(counts.failed)),
        ],
    )
}

/// The same for programs.
pub(super) fn value(batch: &Batch, counts: &Counts) -> Value {
    object!({
        "batch": batch.id.to_string(), "template": batch.template, "version": batch.version, "rows": batch.rows,
        "drafter": batch.drafter.map(|account| account.to_string()), "stage": word(batch.stage), "trial": batch.trial, "made_at": batch.made_at.to_string(),
        "not_before": batch.not_before.to_string(), "not_after": batch.not_after.to_string(), "counts": {
            "waiting": counts.waiting, "prepared": counts.prepared, "sent": counts.sent, "handed_over": counts.handed_over,
            "otherwise": counts.otherwise, "failed": counts.failed,
        },
    })
}
