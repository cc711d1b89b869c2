//! `lacre contact name @HANDLE [NICKNAME]`: what this person calls somebody. Shown beside the verified name, never in its place;
//! commands take verified names only.

use crate::context::{Context, Outcome};
use crate::{find, json};
use lacre_core::Client;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "@HANDLE")]
    handle: String,
    #[arg(value_name = "NAME", default_value = "")]
    name: String,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    let account = find::contact(ctx, client, &args.handle)?.account;
    client.set_nickname(&account, &args.name).map_err(|t| ctx.trouble(t))?;
    let now = find::contact(ctx, client, &args.handle)?;
    let handle = ("handle", now.handle.to_string().into());
    let text = match &now.nickname {
        Some(name) => ctx.words.say_with("nickname-set", &[handle, ("name", shown(name).into())]),
        None => ctx.words.say_with("nickname-gone", &[handle]),
    };
    ctx.result(&text, &object!({ "contact": json::Contact::from(&now) }));
    Ok(Exit::Done)
}
