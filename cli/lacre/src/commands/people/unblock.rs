//! `lacre contact unblock @HANDLE`: no longer kept away.

use crate::context::{Context, Outcome};
use crate::{find, json, online};
use lacre_core::Client;
use lacre_words::failure::Exit;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "@HANDLE")]
    handle: String,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    let account = find::contact(ctx, client, &args.handle)?.account;
    let contact = client.contact_unblock(&account).map_err(|t| ctx.trouble(t))?;
    let reached = online::deliver(ctx, client)?;
    let text = match reached.yes() {
        true => ctx.words.say_with("unblocked", &[("handle", contact.handle.to_string().into())]),
        // they have no right to write here before they are told of one
        false => ctx.words.say("relay-told-later"),
    };
    ctx.result(&text, &object!({ "contact": json::Contact::from(&contact), "relay_reached": reached.yes() }));
    Ok(Exit::Done)
}
