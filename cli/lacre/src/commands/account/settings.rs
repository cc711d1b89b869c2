//! `lacre settings [--delivery-receipts on|off] [--read-receipts on|off]`: what others learn of this profile.

use crate::context::{Context, Outcome};
use crate::secret;
use lacre_words::failure::Exit;
use lacre_words::words::key;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"], hide_possible_values = true)]
    delivery_receipts: Option<String>,
    #[arg(long, value_name = "on|off", value_parser = ["on", "off"], hide_possible_values = true)]
    read_receipts: Option<String>,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut client = secret::open(ctx)?;
    let mut now = client.settings().map_err(|t| ctx.trouble(t))?;
    let before = now;
    for (setting, asked) in [(&mut now.delivery_receipts, &args.delivery_receipts), (&mut now.read_receipts, &args.read_receipts)]
    {
        if let Some(asked) = asked {
            *setting = asked == "on";
        }
    }
    if now != before {
        client.set_settings(now).map_err(|t| ctx.trouble(t))?;
    }
    let delivery = if now.delivery_receipts { key("settings-delivery-on") } else { key("settings-delivery-off") };
    let read = if now.read_receipts { key("settings-read-on") } else { key("settings-read-off") };
    let text = [delivery, read].map(|key| ctx.words.say(key)).join("\n");
    ctx.result(&text, &object!({ "delivery_receipts": now.delivery_receipts, "read_receipts": now.read_receipts }));
    Ok(Exit::Done)
}
