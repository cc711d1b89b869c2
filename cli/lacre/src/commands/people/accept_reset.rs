//! `lacre contact accept-reset @HANDLE`: takes the new account for the person.

use crate::context::{Context, Outcome};
use crate::{find, json, online};
use lacre_core::Client;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "@HANDLE")]
    handle: String,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    let mut network = online::network(ctx, client)?;
    online::round_with(ctx, client, &mut network)?;
    online::may_write(ctx, client)?;
    let handle = find::handle(ctx, &args.handle)?;
    let contacts = client.contacts().map_err(|t| ctx.trouble(t))?;
    let old = contacts.into_iter().find(|c| c.handle == handle && c.new_account.is_some());
    let old = old.ok_or_else(|| ctx.failure("error-no-reset", Exit::No, &[("name", handle.to_string().into())]))?;
    let (contact, groups) = client.accept_reset(&mut network, &old.account).map_err(|t| ctx.trouble(t))?;
    let reached = online::deliver_with(ctx, client, &mut network)?;
    let words = &ctx.words;
    let mut text = words.say_with("reset-accepted", &[("handle", handle.to_string().into())]);
    if !groups.is_empty() {
        let names: Vec<String> = groups.iter().map(|g| format!("«{}»", shown(&g.name))).collect();
        let args = [("handle", handle.to_string().into()), ("groups", names.join(", ").into())];
        text = format!("{text}\n{}", words.say_with("reset-groups", &args));
    }
    let json = object!({
        "contact": json::Contact::from(&contact),
        "groups": groups.iter().map(json::Conversation::from).collect::<Vec<_>>(),
        "relay_reached": reached.yes(),
    });
    ctx.result(&text, &json);
    Ok(Exit::Done)
}
