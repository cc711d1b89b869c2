//! `lacre group again GROUP`: a new group in the place of one that has ended.

use super::{Told, said};
use crate::context::{Context, Outcome};
use crate::{find, online};
use lacre_core::Client;
use lacre_words::words::key;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "GROUP")]
    group: String,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    online::round(ctx, client)?;
    online::may_write(ctx, client)?;
    let id = find::group(ctx, client, &args.group)?.id;
    let (new, without) = client.group_again(&id).map_err(|t| ctx.trouble(t))?;
    if !without.is_empty() {
        let named = |handle: &Option<_>| handle.as_ref().map_or_else(|| ctx.words.say("somebody"), ToString::to_string);
        let names: Vec<String> = without.iter().map(|m| named(&m.handle)).collect();
        ctx.note(&ctx.words.say_with("group-again-without", &[("names", names.join(", ").into())]));
    }
    let reached = online::round(ctx, client)?;
    said(ctx, client, &new, Told::Made(key("group-again")), &reached)
}
