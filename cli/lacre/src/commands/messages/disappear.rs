//! `lacre disappear CONVERSATION 1d | off`: how long what is written there stays.

use crate::context::{Context, Outcome};
use crate::{duration, find, json, online, secret, show};
use lacre_core::limits::LONGEST_STAY;
use lacre_words::failure::Exit;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "CONVERSATION")]
    conversation: String,
    #[arg(value_name = "1d|off")]
    after: Option<String>,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut client = secret::open(ctx)?;
    let mut reached = online::round(ctx, &mut client)?;
    let id = find::conversation(ctx, &mut client, &args.conversation)?.id;
    if let Some(after) = &args.after {
        online::may_write(ctx, &mut client)?;
        let after = if after == "off" { None } else { Some(duration::parse(ctx, after, LONGEST_STAY)?) };
        client.let_vanish(&id, after).map_err(|t| ctx.trouble(t))?;
        reached = online::deliver(ctx, &mut client)?;
    }
    let waits = client.outbox().map_err(|t| ctx.trouble(t))?.iter().any(|w| w.conversation.as_ref() == Some(&id));
    let now = client.conversation(&id).map_err(|t| ctx.trouble(t))?;
    let mut text = show::stays(&ctx.words, now.stays_s);
    if waits {
        text.push('\n');
        text.push_str(&ctx.words.say("change-waits"));
    }
    let about = json::Conversation::from(&now);
    ctx.result(&text, &object!({ "conversation": about, "waiting": waits, "relay_reached": reached.yes() }));
    Ok(Exit::Done)
}
