//! `lacre contact add @HANDLE|LINK [TEXT]`: asks somebody.

use super::said;
use crate::context::{Context, Outcome};
use crate::trouble::address_trouble;
use crate::{find, online};
use lacre_core::Client;
use lacre_core::view::ContactState;
use lacre_ground::address::ContactLink;
use lacre_words::failure::Exit;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "@HANDLE|LINK")]
    handle: String,
    #[arg(value_name = "TEXT", default_value = "")]
    text: String,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    online::may_write(ctx, client)?;
    let mut network = online::network(ctx, client)?;
    let contact = if args.handle.starts_with("lacre://") {
        let link = ContactLink::parse(&args.handle)
            .map_err(|why| ctx.failure("error-link", Exit::Usage, &[("why", ctx.words.say(address_trouble(why)).into())]))?;
        client.contact_add_by_link(&mut network, &link, &args.text)
    } else {
        let handle = find::handle(ctx, &args.handle)?;
        client.contact_add(&mut network, &handle, &args.text)
    };
    let contact = contact.map_err(|t| ctx.trouble(t))?;
    let reached = online::deliver_with(ctx, client, &mut network)?;
    // an inbox that takes no requests says so at once
    let now = client.contacts().map_err(|t| ctx.trouble(t))?.into_iter().find(|c| c.account == contact.account);
    match now {
        Some(now) if now.state == ContactState::NotTaken => {
            Err(ctx.failure("error-not-taken", Exit::No, &[("name", now.handle.to_string().into())]))
        }
        now => said(ctx, &now.unwrap_or(contact), reached.yes()),
    }
}
