//! `lacre agency resume [ID]`: what was kept and perhaps not sent, once more, with the same bytes.

use super::own::{self, Evidence};
use super::send;
use crate::context::{Context, Outcome};
use lacre_agency::Stage;
use lacre_words::failure::Exit;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: Option<String>,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut body = own::open(ctx)?;
    let (mut network, mut evidence) = (own::network(ctx)?, Evidence::of(ctx)?);
    let id = match &args.id {
        Some(typed) => Some(own::find(ctx, &mut body, typed)?),
        // the oldest that is under way: a second call takes the next
        None => {
            let all = body.dispatches().map_err(|e| own::trouble(ctx, e))?;
            all.iter().find(|row| row.stage == Stage::Prepared).map(|row| row.id)
        }
    };
    let Some(id) = id else {
        ctx.result(&ctx.words.say("body-nothing-waits"), &object!({ "notice": null }));
        return Ok(Exit::Done);
    };
    let _turn = evidence.turn(ctx)?;
    let outcome = body.resume(&mut network, &mut evidence, id).map_err(|e| own::trouble(ctx, e))?;
    send::say(ctx, &evidence, id, &outcome)
}
