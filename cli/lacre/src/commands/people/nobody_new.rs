//! `lacre contact nobody-new [on|off]`: whether somebody without a link may ask to be a contact.

use crate::context::{Context, Outcome};
use crate::online;
use lacre_core::Client;
use lacre_words::failure::Exit;
use lacre_words::words::key;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "on|off", value_parser = ["on", "off"], hide_possible_values = true)]
    choice: Option<String>,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    if let Some(choice) = &args.choice {
        client.set_nobody_new(choice == "on").map_err(|t| ctx.trouble(t))?;
    }
    let reached = online::deliver(ctx, client)?;
    let on = client.nobody_new().map_err(|t| ctx.trouble(t))?;
    let text = super::told(ctx, client, if on { key("nobody-new-on") } else { key("nobody-new-off") })?;
    ctx.result(&text, &object!({ "nobody_new": on, "relay_reached": reached.yes() }));
    Ok(Exit::Done)
}
