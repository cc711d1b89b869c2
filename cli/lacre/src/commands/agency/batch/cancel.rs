//! `lacre agency cancel BATCH`: what was not sent is not sent. What was stays sent.

use super::{find, line, short, value};
use crate::commands::agency::own::{self, Evidence};
use crate::context::{Context, Outcome};
use lacre_words::failure::Exit;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "BATCH")]
    batch: String,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut body = own::open(ctx)?;
    let mut evidence = Evidence::of(ctx)?;
    // not in the middle of a block that another command sends
    let _turn = evidence.turn(ctx)?;
    let batch = find(ctx, &mut body, &args.batch)?;
    let batch = body.cancel_batch(batch.id).map_err(|e| own::trouble(ctx, e))?;
    let kept = body.counts(batch.id).map_err(|e| own::trouble(ctx, e))?.prepared;
    if kept > 0 {
        // from now on nothing of it is sent: what is asked is whether the relay has these
        let mut network = own::network(ctx)?;
        if let Err(why) = body.settle_cancelled(&mut network, &mut evidence, batch.id) {
            let said = [("rows", kept.to_string().into()), ("id", short(&batch).into())];
            ctx.note(&ctx.words.say_with("batch-cancelled-kept", &said));
            return Err(own::trouble(ctx, why));
        }
    }
    let counts = body.counts(batch.id).map_err(|e| own::trouble(ctx, e))?;
    ctx.result(&line(ctx, &batch, &counts), &value(&batch, &counts));
    Ok(Exit::Done)
}
