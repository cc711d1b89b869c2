//! `lacre group settings GROUP [--add …] [--write …]`: who may add and write; without an option, what is so now.

use super::{Told, change, said};
use crate::context::{Context, Outcome};
use crate::{find, online};
use lacre_core::Client;
use lacre_core::view::Who;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "GROUP")]
    group: String,
    #[arg(long, value_name = "admins|everyone", value_parser = ["admins", "everyone"], hide_possible_values = true)]
    add: Option<String>,
    #[arg(long, value_name = "admins|everyone", value_parser = ["admins", "everyone"], hide_possible_values = true)]
    write: Option<String>,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    if args.add.is_none() && args.write.is_none() {
        let reached = online::round(ctx, client)?;
        let id = find::group(ctx, client, &args.group)?.id;
        return said(ctx, client, &id, Told::Rules, &reached);
    }
    let who = |text: &String| if text == "everyone" { Who::Everyone } else { Who::Admins };
    let (add, write) = (args.add.as_ref().map(who), args.write.as_ref().map(who));
    change(ctx, client, &args.group, |client, id| client.group_allow(id, add, write))
}
