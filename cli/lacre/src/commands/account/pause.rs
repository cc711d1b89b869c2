//! `lacre account pause|resume`: nobody finds or adds a paused account.

use crate::commands::people;
use crate::context::{Context, Outcome};
use crate::online;
use lacre_core::Client;
use lacre_words::failure::Exit;
use lacre_words::words::key;
use serde_json::json as object;

pub(crate) fn run(ctx: &Context, client: &mut Client, on: bool) -> Outcome {
    client.set_paused(on).map_err(|t| ctx.trouble(t))?;
    let reached = online::deliver(ctx, client)?;
    let done = if on { key("account-paused") } else { key("account-resumed") };
    let text = people::told(ctx, client, done)?;
    ctx.result(&text, &object!({ "paused": on, "relay_reached": reached.yes() }));
    Ok(Exit::Done)
}
