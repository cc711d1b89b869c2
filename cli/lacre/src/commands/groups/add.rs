//! `lacre group add GROUP @HANDLE…`: more members.

use super::{Told, said};
use crate::context::{Context, Outcome};
use crate::{find, online};
use lacre_core::Client;
use lacre_words::words::key;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "GROUP")]
    group: String,
    #[arg(value_name = "@HANDLE", required = true)]
    members: Vec<String>,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    online::round(ctx, client)?;
    online::may_write(ctx, client)?;
    let group = find::group(ctx, client, &args.group)?.id;
    let accounts = find::contacts(ctx, client, &args.members)?;
    client.group_add(&group, &accounts).map_err(|t| ctx.trouble(t))?;
    let reached = online::deliver(ctx, client)?;
    let absent = client.conversation(&group).map_err(|t| ctx.trouble(t))?.invited;
    let all = !accounts.iter().any(|account| absent.iter().any(|invited| invited.account == *account));
    let sentence = if all { key("group-added") } else { key("group-not-added") };
    said(ctx, client, &group, Told::Sentence(sentence), &reached)
}
