//! `lacre react MESSAGE SIGN | --remove`: one sign beside a message.

use crate::context::{Context, Outcome};
use crate::{find, online, secret, show};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "MESSAGE")]
    message: String,
    #[arg(value_name = "SIGN", required_unless_present = "remove", conflicts_with = "remove")]
    sign: Option<String>,
    #[arg(long)]
    remove: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut client = secret::open(ctx)?;
    online::may_write(ctx, &mut client)?;
    let message = find::message(ctx, &mut client, &args.message)?;
    client.react(&message, args.sign.as_deref().unwrap_or_default()).map_err(|t| ctx.trouble(t))?;
    show::delivered(ctx, &mut client, &message, &ctx.words.say("reacted"))
}
