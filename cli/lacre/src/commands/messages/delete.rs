//! `lacre delete MESSAGE [--for-me]`: takes an own message back, or forgets one here; and says what that can and cannot do.

use crate::context::{Context, Outcome};
use crate::{find, online, secret, show};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "MESSAGE")]
    message: String,
    #[arg(long)]
    for_me: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut client = secret::open(ctx)?;
    let message = find::message(ctx, &mut client, &args.message)?;
    if args.for_me {
        client.forget(&message).map_err(|t| ctx.trouble(t))?;
        return show::done_here(ctx, &mut client, &message, &ctx.words.say("forgotten"));
    }
    online::may_write(ctx, &mut client)?;
    client.delete(&message).map_err(|t| ctx.trouble(t))?;
    show::delivered(ctx, &mut client, &message, &ctx.words.say("deleted-done"))
}
