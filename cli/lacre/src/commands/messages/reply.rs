//! `lacre reply MESSAGE TEXT`: an answer that shows what it answers.

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
    let to = find::message(ctx, &mut client, &args.message)?;
    let sent = client.reply(&to, &args.text).map_err(|t| ctx.trouble(t))?;
    show::delivered(
        ctx,
        &mut client,
        &sent,
        &ctx.words.say_with("sent", &[("count", 1.into()), ("ids", show::ids(std::slice::from_ref(&sent)).into())]),
    )
}
