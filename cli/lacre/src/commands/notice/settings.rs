//! `lacre notice settings [--tell-opened on|off] [--reminders on|off]`: what bodies learn, and whether the person is reminded of terms.

use crate::context::{Context, Outcome};
use lacre_core::Client;
use lacre_words::failure::Exit;
use lacre_words::words::key;
use serde_json::json;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"], hide_possible_values = true)]
    tell_opened: Option<String>,
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"], hide_possible_values = true)]
    reminders: Option<String>,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    if let Some(choice) = &args.tell_opened {
        client.tell_opened(choice == "on").map_err(|t| ctx.trouble(t))?;
    }
    if let Some(choice) = &args.reminders {
        client.remind(choice == "on").map_err(|t| ctx.trouble(t))?;
    }
    let now = client.notice_address().map_err(|t| ctx.trouble(t))?;
    let said = if now.tell_opened { key("notice-tells-opened") } else { key("notice-tells-nothing") };
    let reminded = if now.reminders { key("notice-reminders-on") } else { key("notice-reminders-off") };
    let text = format!("{}\n{}", ctx.words.say(said), ctx.words.say(reminded));
    ctx.result(&text, &json!({ "tell_opened": now.tell_opened, "reminders": now.reminders }));
    Ok(Exit::Done)
}
