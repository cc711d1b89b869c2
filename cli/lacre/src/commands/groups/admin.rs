//! `lacre group admin GROUP @HANDLE… [--revoke]`: who may remove and change.

use super::change;
use crate::context::{Context, Outcome};
use crate::{find, online};
use lacre_core::Client;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "GROUP")]
    group: String,
    #[arg(value_name = "@HANDLE", required = true)]
    members: Vec<String>,
    #[arg(long)]
    revoke: bool,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    online::round(ctx, client)?;
    online::may_write(ctx, client)?;
    let found = find::group(ctx, client, &args.group)?;
    let accounts = find::members(ctx, &found, &args.members)?;
    change(ctx, client, &args.group, |client, id| client.group_admins(id, &accounts, !args.revoke))
}
