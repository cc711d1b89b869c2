//! `lacre account delete [--yes]`: leaves for good, and says before what stays, where and for how long.

use crate::context::{Context, Outcome};
use crate::{ask, online};
use lacre_core::{AccountTrouble, Client, Trouble};
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    let who = client.whoami().map_err(|t| ctx.trouble(t))?;
    let who = who.ok_or_else(|| ctx.trouble(Trouble::Account(AccountTrouble::NotEnrolled)))?;
    let dir = shown(&ctx.profile_dir()?.display().to_string());
    let named = [("handle", who.handle.to_string().into()), ("dir", dir.into())];
    let words = &ctx.words;
    if !client.deleted().map_err(|t| ctx.trouble(t))? {
        // what stays, where and for how long is said to scripts too
        ctx.note(&words.say_with("account-delete-what", &named));
        if !ask::yes(ctx, args.yes, &words.say_with("account-delete-sure", &named)) {
            return Err(ctx.failure("error-not-confirmed", Exit::No, &[]));
        }
        let mut network = online::network(ctx, client)?;
        client.delete_account(&mut network).map_err(|t| ctx.trouble(t))?;
    }
    ctx.result(&words.say_with("account-deleted", &named), &object!({ "deleted": true, "handle": who.handle.to_string() }));
    Ok(Exit::Done)
}
