//! `lacre lock`: the agent forgets the key now.

use crate::context::{Context, Outcome};
use crate::failure::Exit;
use lacre_client::profile::agent;
use serde_json::json as object;

pub(crate) fn run(ctx: &Context) -> Outcome {
    let was = agent::lock(&ctx.profile_dir()?);
    let text = if was { ctx.words.say("locked") } else { ctx.words.say("was-locked") };
    ctx.result(&text, &object!({ "unlocked": false, "was_unlocked": was }));
    Ok(Exit::Done)
}
