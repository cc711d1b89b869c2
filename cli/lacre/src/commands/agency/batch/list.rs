//! `lacre agency batches`: all batches, oldest first.

use super::{line, value};
use crate::commands::agency::own;
use crate::context::{Context, Outcome};
use lacre_agency::Body;
use lacre_words::failure::{Exit, Failure};
use serde_json::{Value, json as object};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Context, _: &Args) -> Outcome {
    let mut body = own::open(ctx)?;
    let (json, mut text) = all(ctx, &mut body)?;
    if text.is_empty() {
        text.push(ctx.words.say("batch-none"));
    }
    ctx.long_result(&text.join("\n"), &object!({ "batches": json }));
    Ok(Exit::Done)
}

/// All of them, for programs and for people.
pub(crate) fn all(ctx: &Context, body: &mut Body) -> Result<(Vec<Value>, Vec<String>), Failure> {
    let (mut text, mut json) = (Vec::new(), Vec::new());
    for batch in body.batches().map_err(|e| own::trouble(ctx, e))? {
        let counts = body.counts(batch.id).map_err(|e| own::trouble(ctx, e))?;
        text.push(line(ctx, &batch, &counts));
        json.push(value(&batch, &counts));
    }
    Ok((json, text))
}
