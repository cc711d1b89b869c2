//! `lacre contact accept|decline @HANDLE`: yes or no to somebody who asks.

use super::said;
use crate::context::{Context, Outcome};
use crate::{find, online};
use lacre_core::Client;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "@HANDLE")]
    handle: String,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args, yes: bool) -> Outcome {
    let mut network = online::network(ctx, client)?;
    // The request may have arrived since the last command.
    online::round_with(ctx, client, &mut network)?;
    online::may_write(ctx, client)?;
    let account = find::contact(ctx, client, &args.handle)?.account;
    let contact = if yes { client.contact_accept(&account) } else { client.contact_decline(&account) };
    let contact = contact.map_err(|t| ctx.trouble(t))?;
    let reached = online::deliver_with(ctx, client, &mut network)?;
    said(ctx, &contact, reached.yes())
}
