//! `lacre conversation delete CONVERSATION [--yes]`: the history on this device, and what stays with others.

use crate::context::{Context, Outcome};
use crate::{ask, find, json, show};
use lacre_core::Client;
use lacre_words::failure::Exit;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "CONVERSATION")]
    conversation: String,
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    let found = find::conversation(ctx, client, &args.conversation)?;
    let name = || [("name", show::title(&ctx.words, &found).into())];
    ctx.note(&ctx.words.say("history-delete-what"));
    if !ask::yes(ctx, args.yes, &ctx.words.say_with("history-delete-sure", &name())) {
        return Err(ctx.failure("error-not-confirmed", Exit::No, &[]));
    }
    let deleted = client.forget_history(&found.id).map_err(|t| ctx.trouble(t))?;
    client.set_archived(&found.id, true).map_err(|t| ctx.trouble(t))?;
    let now = client.conversation(&found.id).map_err(|t| ctx.trouble(t))?;
    let json = object!({ "conversation": json::Conversation::from(&now), "deleted": deleted });
    ctx.result(&ctx.words.say_with("history-deleted", &name()), &json);
    Ok(Exit::Done)
}
