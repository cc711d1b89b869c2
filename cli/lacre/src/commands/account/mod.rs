//! `lacre account pause|resume|delete`: taking part is the person's choice.

pub(crate) mod agent;
pub(crate) mod enroll;
pub(crate) mod lock;
pub(crate) mod passphrase;
pub(crate) mod recover;
pub(crate) mod settings;
pub(crate) mod status;
pub(crate) mod unlock;
pub(crate) mod whoami;

use crate::context::{Context, Outcome};
use crate::{ask, online, secret};
use lacre_core::AccountTrouble;
use lacre_core::{Client, Trouble};
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use lacre_words::words::key;
use serde_json::json as object;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// not now
    Pause,
    /// again
    Resume,
    /// never again
    Delete {
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    let mut client = secret::open(ctx)?;
    match command {
        Command::Pause => pause(ctx, &mut client, true),
        Command::Resume => pause(ctx, &mut client, false),
        Command::Delete { yes } => delete(ctx, &mut client, *yes),
    }
}

fn pause(ctx: &Context, client: &mut Client, on: bool) -> Outcome {
    client.set_paused(on).map_err(|t| ctx.trouble(t))?;
    let reached = online::round(ctx, client)?;
    let mut text = ctx.words.say(if on { key("account-paused") } else { key("account-resumed") });
    if !reached.yes() {
        text = format!("{text} {}", ctx.words.say("relay-told-later"));
    }
    ctx.result(&text, &object!({ "paused": on, "relay_reached": reached.yes() }));
    Ok(Exit::Done)
}

fn delete(ctx: &Context, client: &mut Client, yes: bool) -> Outcome {
    let who =
        client.whoami().map_err(|t| ctx.trouble(t))?.ok_or_else(|| ctx.trouble(Trouble::Account(AccountTrouble::NotEnrolled)))?;
    let dir = shown(&ctx.profile_dir()?.display().to_string());
    let args = [("handle", who.handle.to_string().into()), ("dir", dir.into())];
    let words = &ctx.words;
    if !client.deleted().map_err(|t| ctx.trouble(t))? {
        // what stays, where and for how long is said to scripts too
        ctx.note(&words.say_with("account-delete-what", &args));
        if !ask::yes(ctx, yes, &words.say_with("account-delete-sure", &args)) {
            return Err(ctx.failure("error-not-confirmed", Exit::No, &[]));
        }
        let mut network = online::network(ctx)?;
        client.delete_account(&mut network).map_err(|t| ctx.trouble(t))?;
    }
    ctx.result(&words.say_with("account-deleted", &args), &object!({ "deleted": true, "handle": who.handle.to_string() }));
    Ok(Exit::Done)
}
