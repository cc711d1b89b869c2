//! `lacre notice settings [--tell-opened on|off]`: what bodies learn.

use crate::context::{Context, Outcome};
use lacre_core::Client;
use lacre_words::failure::Exit;
use lacre_words::words::key;
use serde_json::json;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"], hide_possible_values = true)]
    tell_opened: Option<String>,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    if let Some(choice) = &args.tell_opened {
        client.tell_opened(choice == "on").map_err(|t| ctx.trouble(t))?;
    }
    let now = client.notice_address().map_err(|t| ctx.trouble(t))?;
    let said = if now.tell_opened { key("notice-tells-opened") } else { key("notice-tells-nothing") };
    ctx.result(&ctx.words.say(said), &json!({ "tell_opened": now.tell_opened }));
    Ok(Exit::Done)
}
