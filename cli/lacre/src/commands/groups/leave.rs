//! `lacre group leave GROUP`: goes away; who was the only one to decide hands that on.

use super::{said, said_with};
use crate::context::{Context, Outcome};
use crate::{find, online, show};
use lacre_core::Client;
use lacre_words::words::key;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "GROUP")]
    group: String,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    online::round(ctx, client)?;
    let group = find::group(ctx, client, &args.group)?;
    let heir = client.leave(&group.id).map_err(|t| ctx.trouble(t))?;
    let heir = heir.map(|heir| {
        let handle = group.members.iter().find(|m| m.account == heir).and_then(|m| m.handle.as_ref());
        show::name(&ctx.words, handle, heir)
    });
    let reached = online::round(ctx, client)?;
    match heir {
        Some(heir) => said_with(ctx, client, &group.id, key("group-left-heir"), &reached, Some(heir)),
        None => said(ctx, client, &group.id, key("group-left"), &reached),
    }
}
