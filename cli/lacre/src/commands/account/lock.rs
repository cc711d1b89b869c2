//! `lacre lock [now]`: the agent forgets the key, and every `watch` of this profile ends.

use crate::context::{Context, Outcome};
use crate::online;
use crate::trouble::open_failure;
use lacre_core::Environment;
use lacre_profile::{OpenError, agent, exists};
use lacre_words::cause::cause;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// What people type in a hurry; it changes nothing.
    #[arg(value_name = "now", value_parser = ["now"], hide_possible_values = true)]
    now: Option<String>,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let _same_without = &args.now;
    let dir = ctx.profile_dir()?;
    let lived = agent::lives(&dir);
    // The agent first: a `watch` that is started between the two already needs the passphrase.
    let answered = agent::lock(&dir);
    if exists(&dir) {
        let Environment { rng, .. } = ctx.environment();
        let mut rng = rng;
        agent::call_off(&dir, rng.as_mut()).map_err(|e| {
            let name = shown(&dir.display().to_string());
            ctx.failure("error-file", Exit::CouldNotAsk, &[("name", name.into()), ("why", cause(&ctx.words, &e).into())])
        })?;
    }
    // one that listens where this terminal does not look has seen the mark
    if !agent::wait_for_end(&dir, online::pause) {
        return Err(ctx.failure("error-not-locked", Exit::CouldNotAsk, &[]));
    }
    let was = answered || lived;
    if !was && !exists(&dir) {
        return Err(open_failure(&ctx.words, &OpenError::Missing, &dir));
    }
    let text = if was { ctx.words.say("locked") } else { ctx.words.say("was-locked") };
    ctx.result(&text, &object!({ "unlocked": false, "was_unlocked": was }));
    Ok(Exit::Done)
}
