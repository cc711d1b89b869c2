//! `lacre agency template …`: one text for many persons, in versions; nothing of it asks a relay.

pub(crate) mod add;
pub(crate) mod lint;
pub(crate) mod list;
pub(crate) mod preview;
pub(crate) mod show;
mod told;

use crate::context::{Context, Outcome};
use lacre_agency::template::TemplateName;
use lacre_words::usage::Forms;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// a new one, or the next version
    Add(add::Args),
    /// all of them
    List,
    /// what one says
    Show(show::Args),
    /// what is hard to read in it
    Lint(lint::Args),
    /// as a person sees it
    Preview(preview::Args),
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    match command {
        Command::Add(args) => add::run(ctx, args),
        Command::List => list::run(ctx),
        Command::Show(args) => show::run(ctx, args),
        Command::Lint(args) => lint::run(ctx, args),
        Command::Preview(args) => preview::run(ctx, args),
    }
}

/// The name of a template, as it is typed.
fn name(text: &str) -> Result<TemplateName, Forms> {
    TemplateName::parse(text).ok_or(Forms("a-z A-Z 0-9 - _"))
}
