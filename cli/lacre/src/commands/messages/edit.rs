//! `lacre edit MESSAGE TEXT`: another text in the place of an own one.

use crate::context::{Context, Outcome};
use crate::{find, online, secret, show};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "MESSAGE")]
    message: String,
    #[arg(value_name = "TEXT")]
    text: String,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut client = secret::open(ctx)?;
    online::may_write(ctx, &mut client)?;
    let message = find::message(ctx, &mut client, &args.message)?;
    client.edit(&message, &args.text).map_err(|t| ctx.trouble(t))?;
    show::delivered(ctx, &mut client, &message, &ctx.words.say("edited-done"))
}
