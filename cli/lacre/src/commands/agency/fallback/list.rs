//! `lacre agency fallback list`: who cannot be reached electronically, why, and what the law leaves; the open ones first.

use super::super::own::{self, Evidence};
use super::{effect, effects, route, state, why};
use crate::commands::agency::batch::short;
use crate::context::{Context, Outcome};
use crate::files;
use lacre_agency::fallback::{self, Fallback, Route};
use lacre_agency::{BatchStage, Beside, Body, evidence_name};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use lacre_words::words::key;
use serde_json::{Value, json as object};
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

/// The columns of the file.
const COLUMNS: [&str; 13] =
    ["notice", "run", "case", "subject", "asked_at", "why", "routes", "law", "open", "sent_since", "state", "deemed", "last_day"];

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    if let Some(path) = &args.csv {
        files::vacant(ctx, path)?;
    }
    let (mut body, evidence) = (own::open(ctx)?, Evidence::of(ctx)?);
    let rows = body.dispatches().map_err(|e| own::trouble(ctx, e))?;
    let all = fallback::all(&rows);
    let open = all.iter().filter(|fallback| fallback.open).count();
    if let Some(path) = &args.csv {
        table(ctx, path, &mut body, &evidence, &all)?;
    }
    let mut text: Vec<String> = all.iter().map(|fallback| line(ctx, &mut body, &evidence, fallback)).collect();
    let left = left(ctx, &mut body)?;
    text.extend(left.iter().map(|(id, rows)| {
        ctx.words.say_with("fallback-rows-left", &[("id", id.clone().into()), ("rows", rows.to_string().into())])
    }));
    if !text.is_empty() {
        text.push(ctx.times_zone());
    }
    text.push(ctx.words.say_with("fallback-open", &[("open", open.into()), ("all", all.len().into())]));
    let json: Vec<Value> = all.iter().map(|fallback| value(&mut body, &evidence, fallback)).collect();
    let left: Vec<Value> = left.iter().map(|(id, rows)| object!({ "batch": id, "rows": rows })).collect();
    ctx.long_result(&text.join("\n"), &object!({ "fallback": json, "open": open, "rows_left": left }));
    Ok(Exit::Done)
}

/// Rows of batches of which no notice was made, and none will be: they could not be written, or their batch ended before.
fn left(ctx: &Context, body: &mut Body) -> Result<Vec<(String, u64)>, Failure> {
    let mut all = Vec::new();
    for batch in body.batches().map_err(|e| own::trouble(ctx, e))?.into_iter().filter(|batch| !batch.trial) {
        let counts = body.counts(batch.id).map_err(|e| own::trouble(ctx, e))?;
        let begun = batch.begun_at.is_some();
        let over = batch.stage == BatchStage::Cancelled || ctx.clock.now() >= batch.not_after;
        let rows = counts.failed + if begun && over { counts.waiting } else { 0 };
        if rows > 0 {
            all.push((short(&batch), rows));
        }
    }
    Ok(all)
}

fn line(ctx: &Context, body: &mut Body, evidence: &Evidence, fallback: &Fallback) -> String {
    let (words, row) = (&ctx.words, &fallback.row);
    let id = row.id.to_string();
    let args = [
        ("id", id.get(..8).unwrap_or(&id).to_owned().into()),
        ("run", row.run.as_str().into()),
        ("case", shown(&row.case).into()),
        ("subject", shown(&row.subject).into()),
        ("at", ctx.local(row.asked_at).into()),
    ];
    let standing = match fallback {
        Fallback { sent_since: true, .. } => key("fallback-state-sent-since"),
        Fallback { open: true, .. } => key("fallback-state-open"),
        Fallback { row, .. } if row.beside == Beside::Trial => key("fallback-state-trial"),
        Fallback { why, .. } if why.routes() == [Route::Nobody] => key("fallback-state-dead"),
        Fallback { .. } => key("fallback-state-done"),
    };
    let mut lines = vec![words.say_with("fallback-notice", &args), format!("    {}", words.say(standing))];
    if row.kept.as_ref().is_some_and(|kept| kept.waits()) {
        lines.push(format!("    {}", words.say("fallback-waits")));
    }
    lines.extend([
        format!("    {}", state(words, fallback.state)),
        format!("    {}", why(words, fallback.why)),
        format!("    {}", route(words, fallback.why)),
    ]);
    lines.extend(effect(words, body, evidence, row).map(|effect| format!("    {effect}")));
    lines.join("\n")
}

fn value(body: &mut Body, evidence: &Evidence, fallback: &Fallback) -> Value {
    let row = &fallback.row;
    object!({
        "notice": row.id.to_string(), "run": row.run, "case": row.case, "subject": row.subject,
        "asked_at": row.asked_at.to_string(), "why": fallback.why.name(), "routes": routes(fallback), "law": fallback.why.law(),
        "open": fallback.open, "sent_since": fallback.sent_since, "state": fallback.state.name(), "kept": row.kept.is_some(),
        "effects": effects(body, evidence, row),
        "evidence": evidence.path(&evidence_name(row.id)).display().to_string(),
    })
}

fn routes(fallback: &Fallback) -> Vec<&'static str> {
    fallback.why.routes().iter().map(|route: &Route| route.name()).collect()
}

/// For the case system: a row for each, under the names that `--json` has.
fn table(ctx: &Context, path: &Path, body: &mut Body, evidence: &Evidence, all: &[Fallback]) -> Result<(), Failure> {
    let mut out = files::table(Vec::new()).map_err(|e| files::unusable(ctx, path, &e))?;
    let failed = |e: csv::Error| files::unusable(ctx, path, &std::io::Error::other(e));
    out.write_record(COLUMNS).map_err(failed)?;
    for fallback in all {
        let row = &fallback.row;
        let effects = effects(body, evidence, row);
        let first = |name: &str| effects.first().and_then(|e| e.get(name)?.as_str()).unwrap_or_default().to_owned();
        let cells = [
            row.id.to_string(),
            row.run.clone(),
            files::cell(&row.case),
            files::cell(&row.subject),
            row.asked_at.to_string(),
            fallback.why.name().to_owned(),
            routes(fallback).join(" "),
            fallback.why.law().unwrap_or_default().to_owned(),
            fallback.open.to_string(),
            fallback.sent_since.to_string(),
            fallback.state.name().to_owned(),
            first("deemed"),
            first("last_day"),
        ];
        out.write_record(cells).map_err(failed)?;
    }
    let bytes = out.into_inner().map_err(|e| files::unusable(ctx, path, e.error()))?;
    files::put(ctx, path, &bytes)
}
