//! `lacre settings [--delivery-receipts on|off] [--read-receipts on|off] [--proxy URL|none]`: what others learn of this profile.

use crate::context::{Context, Outcome};
use crate::{online, secret};
use lacre_core::Client;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
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
    if ctx.global.proxy.as_deref() == Some(NO_PROXY) {
        client.set_proxy(None).map_err(|t| ctx.trouble(t))?;
    } else {
        set_proxy(ctx, &mut client)?;
    }
    let proxy = client.proxy().map_err(|t| ctx.trouble(t))?.map(|text| without_password(&text));
    let delivery = if now.delivery_receipts { key("settings-delivery-on") } else { key("settings-delivery-off") };
    let read = if now.read_receipts { key("settings-read-on") } else { key("settings-read-off") };
    let through = match &proxy {
        Some(proxy) => ctx.words.say_with("settings-proxy", &[("proxy", shown(proxy).into())]),
        None => ctx.words.say("settings-no-proxy"),
    };
    let text = [ctx.words.say(delivery), ctx.words.say(read), through].join("\n");
    let receipts = (now.delivery_receipts, now.read_receipts);
    ctx.result(&text, &object!({ "delivery_receipts": receipts.0, "read_receipts": receipts.1, "proxy": proxy }));
    Ok(Exit::Done)
}

/// In the place of a proxy: none.
const NO_PROXY: &str = "none";

/// The proxy of the command, if it has one, becomes the profile's.
fn set_proxy(ctx: &Context, client: &mut Client) -> Result<(), Failure> {
    let Some(text) = &ctx.global.proxy else { return Ok(()) };
    online::proxy_of(ctx, text)?;
    client.set_proxy(Some(text.trim())).map_err(|t| ctx.trouble(t))
}

/// The same where a profile connects for the first time: the next command would show what this one hides.
pub(crate) fn keep_proxy(ctx: &Context, client: &mut Client) -> Result<(), Failure> {
    if ctx.global.proxy.is_some() && client.proxy().map_err(|t| ctx.trouble(t))?.is_none() {
        set_proxy(ctx, client)?;
        ctx.note(&ctx.words.say("settings-proxy-kept"));
    }
    Ok(())
}

/// As screens show it.
fn without_password(proxy: &str) -> String {
    match (proxy.split_once("://"), proxy.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://…@{place}"),
        _ => proxy.to_owned(),
    }
}
