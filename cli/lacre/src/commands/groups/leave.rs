//! `lacre group leave GROUP`: goes away; who was the only one to decide hands that on.

use super::{Told, said};
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
    online::may_write(ctx, client)?;
    let group = find::group(ctx, client, &args.group)?;
    let heir = client.leave(&group.id).map_err(|t| ctx.trouble(t))?;
    let heir = heir.map(|heir| {
        let handle = group.members.iter().find(|m| m.account == heir).and_then(|m| m.handle.as_ref());
        show::name(&ctx.words, handle, heir)
    });
    let reached = online::deliver(ctx, client)?;
    let told = heir.map_or(Told::Sentence(key("group-left")), Told::Heir);
    said(ctx, client, &group.id, told, &reached)
}
