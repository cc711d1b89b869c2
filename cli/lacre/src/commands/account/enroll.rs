//! `lacre enroll INVITATION @handle`: a profile on this machine, an account on the relay.

use crate::context::{Context, Outcome};
use crate::{ask, find, json, online, secret};
use lacre_words::failure::Exit;
use lacre_words::shown::shown;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "lacre://…")]
    invitation: String,
    #[arg(value_name = "@HANDLE")]
    handle: String,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let invitation = ask::invitation(ctx, &args.invitation)?;
    let handle = find::handle(ctx, &args.handle)?;
    // a mistyped one makes no profile; who has one may have such a name from before
    if !handle.may_be_new() && !lacre_profile::exists(&ctx.profile_dir()?) {
        return Err(ctx.failure("error-handle", Exit::Usage, &[("value", shown(&args.handle).into())]));
    }
    ctx.global.proxy.as_deref().map(|text| online::proxy_of(ctx, text)).transpose()?;
    let mut client = secret::open_or_create(ctx)?;
    super::settings::keep_proxy(ctx, &mut client)?;
    let mut network = online::network(ctx, &mut client)?;
    let who = client.enroll(&mut network, &invitation, &handle).map_err(|t| ctx.trouble(t))?;
    let args =
        [("handle", who.handle.to_string().into()), ("relay", format!("{}:{}", who.relay.host(), who.relay.port()).into())];
    ctx.result(&ctx.words.say_with("enrolled", &args), &json::WhoAmI::new(&who, None));
    if client.came_with(&invitation).map_err(|t| ctx.trouble(t))? {
        ctx.note(&ctx.words.say("enrolled-next"));
    } else {
        ctx.note(&ctx.words.say("code-not-used"));
    }
    Ok(Exit::Done)
}
