//! `lacre demo`: the whole system in a minute, with a real relay and four example people.

use crate::context::{Context, Outcome};
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long, value_name = "DIR")]
    pub(crate) input: Option<PathBuf>,
    #[arg(long)]
    pub(crate) keep: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    crate::demo::play(ctx, args)
}
