//! `lacre counter enroll RELAY`: a clerk's key on this machine, and what the operator has to know of it.

use super::own;
use crate::context::{Context, Outcome};
use crate::trouble::address_trouble;
use data_encoding::BASE64URL_NOPAD;
use lacre_ground::address::Authority;
use lacre_ground::counter::ClerkSecret;
use lacre_words::failure::Exit;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "lacre://…")]
    relay: String,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let relay = Authority::parse(&args.relay)
        .map_err(|why| ctx.failure("error-relay-address", Exit::Usage, &[("why", ctx.words.say(address_trouble(why)).into())]))?;
    // a folder that has a key shows it again: nobody has to begin anew because a line was lost
    let clerk = if lacre_profile::exists(&own::folder(ctx)?) {
        let clerk = own::open(ctx)?;
        if clerk.relay != relay {
            return Err(ctx.failure("error-clerk-elsewhere", Exit::No, &[("relay", clerk.relay.to_string().into())]));
        }
        clerk
    } else {
        let clerk = own::Clerk { relay, secret: ClerkSecret::random(ctx.environment().rng.as_mut()) };
        own::keep(ctx, &clerk)?;
        clerk
    };
    let key = BASE64URL_NOPAD.encode(&clerk.secret.public());
    ctx.result(&key, &object!({ "key": key, "relay": clerk.relay.to_string() }));
    ctx.note(&ctx.words.say_with("clerk-next", &[("key", key.as_str().into())]));
    Ok(Exit::Done)
}
