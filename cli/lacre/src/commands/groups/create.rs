//! `lacre group create NAME [@HANDLE…] [--suite x-wing|x25519]`: a new group.

use super::{Told, said};
use crate::context::{Context, Outcome};
use crate::{find, online};
use lacre_core::Client;
use lacre_core::view::Suite;
use lacre_words::words::key;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "NAME")]
    name: String,
    #[arg(value_name = "@HANDLE")]
    members: Vec<String>,
    #[arg(long, value_name = "x-wing|x25519", value_parser = ["x-wing", "x25519"], default_value = "x-wing", hide_possible_values = true)]
    suite: String,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    let suite = if args.suite == "x25519" { Suite::X25519 } else { Suite::XWing };
    if suite == Suite::X25519 {
        ctx.note(&ctx.words.say("group-not-post-quantum"));
    }
    // A contact may have said yes since the last command.
    online::round(ctx, client)?;
    online::may_write(ctx, client)?;
    let accounts = find::contacts(ctx, client, &args.members)?;
    let id = client.create_group(&args.name, &accounts, suite).map_err(|t| ctx.trouble(t))?;
    let reached = online::deliver(ctx, client)?;
    said(ctx, client, &id, Told::Made(key("group-created")), &reached)
}
