//! `lacre agency trust`: the trust file with which this body's evidence verifies.

use super::own;
use crate::context::{Context, Outcome};
use lacre_words::failure::Exit;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {}

pub(crate) fn run(ctx: &Context, _: &Args) -> Outcome {
    let text = own::open(ctx)?.trust_file().map_err(|e| own::trouble(ctx, e))?;
    ctx.result(text.trim_end(), &object!({ "trust": text }));
    ctx.note(&ctx.words.say("body-trust"));
    Ok(Exit::Done)
}
