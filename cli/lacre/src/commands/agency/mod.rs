//! `lacre agency …`: a public body's program. Its profile holds the key and what is under way; evidence is files of its own.

pub(crate) mod enroll;
mod own;
pub(crate) mod resume;
pub(crate) mod send;
pub(crate) mod status;
pub(crate) mod trust;

use crate::context::{Context, Outcome};

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// start here
    Enroll(enroll::Args),
    /// one notice
    Send(Box<send::Args>),
    /// what was interrupted
    Resume(resume::Args),
    /// what was sent, and what was answered
    Status(status::Args),
    /// whom a verifier must trust
    Trust(trust::Args),
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    match command {
        Command::Enroll(args) => enroll::run(ctx, args),
        Command::Send(args) => send::run(ctx, args),
        Command::Resume(args) => resume::run(ctx, args),
        Command::Status(args) => status::run(ctx, args),
        Command::Trust(args) => trust::run(ctx, args),
    }
}
