//! `lacre counter …`: the registrar's counter for a clerk, on any machine that reaches the relay; and for who comes to it, on a machine
//! that is not hers.

pub(crate) mod assist;
pub(crate) mod enroll;
pub(crate) mod issue_code;
pub(crate) mod log;
mod own;
mod stick;

use crate::context::{Context, Outcome};

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// start here
    Enroll(enroll::Args),
    /// an invitation for one person
    IssueCode(issue_code::Args),
    /// what was done with this key
    Log(log::Args),
    /// for who comes to the counter
    Assist(assist::Args),
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    match command {
        Command::Enroll(args) => enroll::run(ctx, args),
        Command::IssueCode(args) => issue_code::run(ctx, args),
        Command::Log(args) => log::run(ctx, args),
        Command::Assist(args) => assist::run(ctx, args),
    }
}
