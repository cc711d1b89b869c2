//! `lacre read CONVERSATION`: the history, the same for every member, then what still waits here.

use crate::context::{Context, Outcome};
use crate::failure::Exit;
use crate::{find, json, online, show};
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "CONVERSATION")]
    conversation: String,
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    /// Messages that are taken from the profile at a time.
    const PAGE: usize = 500;
    let mut client = ctx.open()?;
    let reached = online::round(ctx, &mut client)?;
    let conversation = find::conversation(ctx, &mut client, &args.conversation)?;
    let first = if args.all { 1 } else { conversation.messages.saturating_sub(args.limit) + 1 };

    let mut messages = Vec::new();
    let mut from = first;
    loop {
        let page = client.history(&conversation.id, from, PAGE).map_err(|t| ctx.trouble(t))?;
        let Some(last) = page.iter().filter_map(|m| m.position).max() else { break };
        messages.extend(page.into_iter().filter(|m| m.position.is_some()));
        from = last + 1;
    }
    let through = from - 1;
    messages.extend(client.pending(&conversation.id).map_err(|t| ctx.trouble(t))?);

    if first > 1 {
        ctx.note(&ctx.words.say_with("earlier", &[("count", (first - 1).into())]));
    }
    let text: Vec<String> = messages.iter().map(|m| show::message(ctx, m)).collect();
    let json: Vec<json::Message> = messages.iter().map(json::Message::from).collect();
    let about = json::Conversation::from(&conversation);
    ctx.result(&text.join("\n"), &object!({ "conversation": about, "messages": json, "relay_reached": reached.yes() }));
    // Read is what was shown, not what was about to be.
    client.mark_read(&conversation.id, through).map_err(|t| ctx.trouble(t))?;
    let remarks = [show::standing(&ctx.words, conversation.standing), show::suite(&ctx.words, conversation.suite)];
    remarks.iter().filter(|r| !r.is_empty()).for_each(|r| ctx.note(r));
    if messages.is_empty() {
        ctx.note(&ctx.words.say("no-messages"));
    }
    Ok(Exit::Done)
}
