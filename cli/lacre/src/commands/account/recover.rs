//! `lacre recover INVITATION`: a new account in the place of a lost one, under the same name.

use crate::context::{Context, Outcome};
use crate::{ask, json, online, secret};
use lacre_words::failure::Exit;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "lacre://…")]
    invitation: String,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let invitation = ask::invitation(ctx, &args.invitation)?;
    // a mistyped one makes no profile
    ctx.global.proxy.as_deref().map(|text| online::proxy_of(ctx, text)).transpose()?;
    let mut client = secret::open_or_create(ctx)?;
    super::settings::keep_proxy(ctx, &mut client)?;
    let mut network = online::network(ctx, &mut client)?;
    let who = client.recover(&mut network, &invitation).map_err(|t| ctx.trouble(t))?;
    let handle = || ("handle", who.handle.to_string().into());
    let relay = format!("{}:{}", who.relay.host(), who.relay.port());
    ctx.result(&ctx.words.say_with("recovered", &[handle(), ("relay", relay.into())]), &json::WhoAmI::new(&who, None));
    if client.came_with(&invitation).map_err(|t| ctx.trouble(t))? {
        ctx.note(&ctx.words.say("recovered-next"));
    } else {
        ctx.note(&ctx.words.say("code-not-used"));
    }
    Ok(Exit::Done)
}
