//! `lacre group remove GROUP @HANDLE…`: fewer members.

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
    let group = find::group(ctx, client, &args.group)?;
    let accounts = find::members(ctx, &group, &args.members)?;
    client.group_remove(&group.id, &accounts).map_err(|t| ctx.trouble(t))?;
    let reached = online::deliver(ctx, client)?;
    said(ctx, client, &group.id, Told::Sentence(key("group-removed")), &reached)
}
