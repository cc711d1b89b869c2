//! `lacre agency resume [ID]`: what was kept and perhaps not sent, once more, with the same bytes.

use super::own::{self, Evidence};
use super::send;
use crate::context::{Context, Outcome};
use lacre_agency::{BodyTrouble, Stage};
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
    // records of counter and letter that an earlier run could not give away
    let records = {
        let _turn = evidence.turn(ctx)?;
        body.finish_records(&mut network, &mut evidence).map_err(|e| own::trouble(ctx, e))?
    };
    if records > 0 {
        ctx.note(&ctx.words.say_with("fallback-finished", &[("count", records.into())]));
    }
    let ids = match &args.id {
        Some(typed) => vec![own::find(ctx, &mut body, typed)?],
        // the oldest that is under way: a second call takes the next
        None => {
            let all = body.to_do().map_err(|e| own::trouble(ctx, e))?;
            // a batch goes on by lacre agency dispatch
            all.iter().filter(|row| row.stage == Stage::Prepared && row.batch.is_none()).map(|row| row.id).collect()
        }
    };
    let Some((last, _)) = ids.split_last() else {
        ctx.result(&ctx.words.say("body-nothing-waits"), &object!({ "notice": null }));
        return Ok(Exit::Done);
    };
    let _turn = evidence.turn(ctx)?;
    for id in &ids {
        match body.resume(&mut network, &mut evidence, *id) {
            Ok(outcome) => return send::say(ctx, &evidence, *id, &outcome),
            // one that the relay does not take now keeps no later one waiting
            Err(BodyTrouble::Refused { .. } | BodyTrouble::TooLate) if id != last => {}
            Err(e) => return Err(own::trouble(ctx, e)),
        }
    }
    Ok(Exit::Done)
}
