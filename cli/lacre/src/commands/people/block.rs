//! `lacre contact block @HANDLE`: keeping somebody away, in shared groups too if that is wanted.

use crate::context::{Context, Outcome};
use crate::{ask, find, json, online};
use lacre_core::Client;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use lacre_words::words::key;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "@HANDLE")]
    handle: String,
    #[arg(long)]
    everywhere: bool,
    #[arg(long, requires = "everywhere")]
    yes: bool,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    let mut network = online::network(ctx, client)?;
    online::round_with(ctx, client, &mut network)?;
    let account = find::person(ctx, client, &args.handle)?;
    let contact = client.contact_block(&account).map_err(|t| ctx.trouble(t))?;
    let shared = client.shared_groups(&account).map_err(|t| ctx.trouble(t))?;
    let words = &ctx.words;
    let handle = || ("handle", contact.handle.to_string().into());
    let names: Vec<String> = shared.iter().map(|g| format!("«{}»", shown(&g.name))).collect();
    let names = names.join(", ");
    let mut left = Vec::new();
    let question = || words.say_with("block-leave", &[handle(), ("groups", names.as_str().into())]);
    let leave = args.everywhere && !shared.is_empty() && ask::yes(ctx, args.yes, &question());
    if leave {
        for group in &shared {
            client.leave(&group.id).map_err(|t| ctx.trouble(t))?;
            left.push(group.id.to_hex());
        }
    }
    let reached = online::tell_with(ctx, client, &mut network)?;
    let mut text = words.say_with("blocked", &[handle()]);
    if !left.is_empty() {
        let outbox = client.outbox().map_err(|t| ctx.trouble(t))?;
        let waits = outbox.iter().any(|w| w.conversation.as_ref().is_some_and(|id| shared.iter().any(|g| g.id == *id)));
        let left = if waits { key("blocked-leave-waits") } else { key("blocked-left") };
        text = format!("{text}\n{}", words.say_with(left, &[("groups", names.into())]));
    } else if !shared.is_empty() {
        text = format!("{text}\n{}", words.say_with("blocked-shared", &[handle(), ("groups", names.into())]));
    }
    let json = object!({
        "contact": json::Contact::from(&contact),
        "shared_groups": shared.iter().map(json::Conversation::from).collect::<Vec<_>>(),
        "left": left,
        "relay_reached": reached.yes(),
    });
    ctx.result(&text, &json);
    // the block stands; of the groups the answer was no
    Ok(if args.everywhere && !shared.is_empty() && !leave { Exit::No } else { Exit::Done })
}
