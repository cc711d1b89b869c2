//! `lacre agency status [ID]`: what was sent, how far it is, and what persons' devices answered.

use super::batch;
use super::fallback;
use super::own::{self, Evidence};
use super::replies::transaction;
use super::why::fault;
use crate::context::{Context, Outcome};
use lacre_agency::fallback::{Kept, State, Why};
use lacre_agency::{
    Beside, Body, Collected, Dispatch, IS_MISSING, LOST_DEVICE, NO_RECEIPT, ResetOf, STRANGER, Stage, evidence_name,
};
use lacre_ground::ids::NoticeId;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use lacre_words::words::key;
use serde_json::{Value, json as object};
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: Option<String>,
    #[arg(long, value_name = "FILE", requires = "id")]
    csv: Option<PathBuf>,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut body = own::open(ctx)?;
    let mut evidence = Evidence::of(ctx)?;
    let collected = own::collect(ctx, &mut body, &mut evidence)?;
    if let Some(typed) = &args.id
        && let Some(batch) = batch::find_some(ctx, &mut body, typed)?
    {
        return batch::status::run(ctx, &mut body, &batch, args.csv.as_deref());
    }
    if args.csv.is_some() {
        return Err(ctx.failure("error-no-batch", Exit::No, &[("id", shown(args.id.as_deref().unwrap_or_default()).into())]));
    }
    let mut rows = body.dispatches().map_err(|e| own::trouble(ctx, e))?;
    if let Some(typed) = &args.id {
        let id = own::find(ctx, &mut body, typed)?;
        rows.retain(|row| row.id == id);
    } else {
        // rows of a batch are its own: lacre agency status BATCH
        rows.retain(|row| row.batch.is_none());
    }
    let strangers = collected.as_ref().map_or(0, |c: &Collected| c.aside.iter().filter(|a| a.notice.is_none()).count());
    // her account was reset, and nothing shows that she knew of it before
    let lost = body.lost_on_the_way().map_err(|e| own::trouble(ctx, e))?;
    let mut text: Vec<String> = Vec::new();
    for row in &rows {
        let mut told = vec![line(ctx, row, lost.get(&row.id))];
        told.extend(otherwise(ctx, &mut body, &evidence, row).into_iter().map(|line| format!("    {line}")));
        text.push(told.join("\n"));
    }
    if rows.is_empty() && args.id.is_none() && body.batches().map_err(|e| own::trouble(ctx, e))?.is_empty() {
        text.push(ctx.words.say("body-no-notices"));
    } else {
        text.push(ctx.times_zone());
    }
    if strangers > 0 {
        text.push(ctx.words.say_with("body-strangers", &[("count", strangers.into())]));
    }
    let (batches, batch_lines) = if args.id.is_none() { batch::list::all(ctx, &mut body)? } else { (Vec::new(), Vec::new()) };
    text.extend(batch_lines);
    let unnamed = unnamed(ctx, &mut body, &evidence)?;
    if let Some(first) = unnamed.first() {
        let said = [("count", unnamed.len().into()), ("first", shown(first).into())];
        text.push(ctx.words.say_with("body-unnamed", &said));
    }
    let json: Vec<Value> = rows.iter().map(|row| value(&evidence, row, lost.get(&row.id))).collect();
    ctx.long_result(
        &text.join("\n"),
        &object!({ "notices": json, "strangers": strangers, "unnamed": unnamed, "relay_reached": collected.is_some(), "batches": batches }),
    );
    Ok(Exit::Done)
}

/// Files of evidence that no row names. In this program's turn: another one may be between the file and its row.
fn unnamed(ctx: &Context, body: &mut Body, evidence: &Evidence) -> Result<Vec<String>, Failure> {
    let _turn = evidence.turn(ctx)?;
    let names = evidence.names().map_err(|e| own::trouble(ctx, e.into()))?;
    body.unnamed(names).map_err(|e| own::trouble(ctx, e))
}

pub(super) const fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Prepared => "prepared",
        Stage::Sent => "sent",
        Stage::Otherwise => "otherwise",
        Stage::Refused => "refused",
    }
}

pub(super) fn line(ctx: &Context, row: &Dispatch, lost: Option<&ResetOf>) -> String {
    let said = |name| ctx.words.say(name);
    let stage = match (row.stage, row.kept.as_ref().map(Kept::state)) {
        (Stage::Prepared, _) => said(key("body-stage-prepared")),
        (Stage::Sent, _) if row.unproven => said(key("body-stage-unproven")),
        (Stage::Sent, _) if row.again => said(key("body-stage-again")),
        (Stage::Sent, _) => said(key("body-stage-sent")),
        // whoever looks a case up here must not notify twice
        (Stage::Otherwise | Stage::Refused, Some(done)) if !matches!(done, State::Nothing) => fallback::state(&ctx.words, done),
        (Stage::Otherwise, _) => said(key("body-stage-otherwise")),
        (Stage::Refused, _) => said(key("body-stage-refused")),
    };
    let id = row.id.to_string();
    let args = [
        ("id", id.get(..8).unwrap_or(&id).to_owned().into()),
        ("run", row.run.as_str().into()),
        ("case", shown(&row.case).into()),
        ("subject", shown(&row.subject).into()),
        ("at", ctx.local(row.asked_at).into()),
        ("stage", stage.into()),
    ];
    let mut lines = vec![ctx.words.say_with("body-notice", &args)];
    let of = |key, of: NoticeId| ctx.words.say_with(key, &[("id", of.to_string().get(..8).unwrap_or_default().into())]);
    let beside = match row.beside {
        Beside::Nothing => None,
        Beside::Trial => Some(ctx.words.say("body-beside-trial")),
        Beside::Copy(id) => Some(of(key("body-beside-copy"), id)),
        Beside::Corrects(id) => Some(of(key("body-beside-corrects"), id)),
        Beside::Answers(id) => Some(of(key("body-beside-answers"), id)),
    };
    lines.extend(beside.map(|beside| format!("    {beside}")));
    for (what, at) in &row.answers {
        let what = answer(ctx, Some(what), None);
        lines.push(format!("    {}  {what}", ctx.local(*at)));
    }
    for why in &row.aside {
        let why = answer(ctx, None, Some(why));
        lines.push(format!("    {why}"));
    }
    if let Some(reset) = lost {
        lines.push(format!(
            "    {}",
            ctx.words.say_with(
                "body-reset",
                &[("at", ctx.local(reset.at).into()), ("id", id.get(..8).unwrap_or(&id).to_owned().into())]
            )
        ));
    }
    lines.join("\n")
}

/// Of one that reached nobody: why, which way is left, and what was done, in words of law.
fn otherwise(ctx: &Context, body: &mut Body, evidence: &Evidence, row: &Dispatch) -> Vec<String> {
    let Some(why) = Why::of(row) else { return Vec::new() };
    let words = &ctx.words;
    let done = row.kept.as_ref().map_or(State::Nothing, Kept::state);
    let mut lines = vec![fallback::why(words, why), fallback::state(words, done)];
    if done.open() {
        lines.push(fallback::route(words, why));
    }
    lines.extend(fallback::effect(words, body, evidence, row));
    lines
}

/// What an answer is, or why it was put aside, in words.
pub(super) fn answer(ctx: &Context, what: Option<&str>, why: Option<&str>) -> String {
    match (what, why.unwrap_or_default()) {
        (Some("ContentHandover"), _) => ctx.words.say("body-answer-handover"),
        (Some("ContentHandoverFailure"), _) => ctx.words.say("body-answer-failure"),
        (Some("ContentAccessTracking"), _) => ctx.words.say("body-answer-opened"),
        (Some("ConsignmentAcceptance"), _) => ctx.words.say("body-answer-acknowledged"),
        (Some("not-me"), _) => ctx.words.say("body-answer-not-me"),
        (Some("ConsignmentRejection"), _) => ctx.words.say("body-answer-refused"),
        (Some("reply"), _) => ctx.words.say("body-answer-reply"),
        (Some(other), _) => shown(other),
        (None, LOST_DEVICE) => ctx.words.say("body-answer-lost-device"),
        (None, STRANGER) => ctx.words.say("body-answer-stranger"),
        (None, NO_RECEIPT) => ctx.words.say("body-answer-no-receipt"),
        (None, why) if why.ends_with(IS_MISSING) => ctx.words.say("body-answer-waits"),
        (None, why) => ctx.words.say_with("body-answer-aside", &[("why", fault(ctx, why).into())]),
    }
}

fn value(evidence: &Evidence, row: &Dispatch, lost: Option<&ResetOf>) -> Value {
    let (standing, of) = match row.beside {
        Beside::Nothing => ("original", None),
        Beside::Trial => ("trial", None),
        Beside::Copy(of) => ("copy", Some(of)),
        Beside::Corrects(of) => ("corrects", Some(of)),
        Beside::Answers(of) => ("answers", Some(of)),
    };
    let answers: Vec<Value> = row.answers.iter().map(|(what, at)| object!({ "what": what, "at": at.to_string() })).collect();
    object!({
        "notice": row.id.to_string(), "run": row.run, "case": row.case, "subject": row.subject, "stage": word(row.stage),
        "reason": row.reason, "asked_at": row.asked_at.to_string(), "answers": answers, "aside": row.aside,
        "standing": standing, "of": of.map(|id| id.to_string()), "transaction": transaction(Some(row)),
        "otherwise": Why::of(row).map(|why| object!({ "why": why.name(), "state": row.kept.as_ref().map_or(State::Nothing, Kept::state).name() })),
        "unproven": row.unproven, "again": row.again, "reset_at": lost.map(|reset| reset.at.to_string()),
        "evidence": evidence.path(&evidence_name(row.id)).display().to_string(),
    })
}
