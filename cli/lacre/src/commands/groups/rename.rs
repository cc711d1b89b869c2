//! `lacre group rename GROUP NAME`: another name.

use super::change;
use crate::context::{Context, Outcome};
use lacre_core::Client;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "GROUP")]
    group: String,
    #[arg(value_name = "NAME")]
    name: String,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    change(ctx, client, &args.group, |client, id| client.group_rename(id, &args.name))
}
