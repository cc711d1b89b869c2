//! `lacre agency …`: a public body's program. Its profile holds the key and what is under way; evidence is files of its own.

pub(crate) mod batch;
pub(crate) mod enroll;
pub(crate) mod evidence;
pub(crate) mod eyes;
pub(crate) mod fallback;
pub(crate) mod list;
pub(crate) mod office;
pub(crate) mod official;
mod own;
pub(crate) mod replies;
pub(crate) mod resume;
mod rows;
pub(crate) mod run;
pub(crate) mod send;
pub(crate) mod stats;
pub(crate) mod status;
pub(crate) mod template;
pub(crate) mod trust;
pub(crate) mod watch;
mod why;

use crate::commands;
use crate::context::{Context, Outcome};

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// start here
    Enroll(enroll::Args),
    /// one notice
    Send(Box<send::Args>),
    /// many notices
    Draft(Box<batch::draft::Args>),
    /// all that were drafted
    Batches(batch::list::Args),
    /// one of them, or a row of it
    Show(batch::show::Args),
    /// sends it
    Dispatch(batch::dispatch::Args),
    /// what was wrong with rows that were sent
    Correct(batch::correct::Args),
    /// ends it
    Cancel(batch::cancel::Args),
    /// what was interrupted
    Resume(resume::Args),
    /// what was sent, and what was answered
    Status(status::Args),
    /// the notices of one person, case or code
    List(list::Args),
    /// how many, by which route, how soon
    Stats(stats::Args),
    /// what persons wrote
    #[command(subcommand)]
    Replies(commands::agency::replies::Command),
    /// what proves a case
    Evidence(evidence::Args),
    /// one text for many persons
    #[command(subcommand)]
    Template(commands::agency::template::Command),
    /// who cannot be reached electronically
    #[command(subcommand)]
    Fallback(commands::agency::fallback::Command),
    /// what comes, as it comes
    Watch(watch::Args),
    /// a service: what comes, and what is to go at its time
    Run(watch::Args),
    /// whom a verifier must trust
    Trust(trust::Args),
    /// an official's account
    Office(office::Args),
    /// who may what
    #[command(subcommand)]
    Official(commands::agency::official::Command),
    /// a batch for those who approve it
    Package(eyes::package::Args),
    /// what they see
    Review(eyes::review::Args),
    /// an official's word for a batch
    Approve(eyes::approve::Args),
    /// whether that is enough
    Approvals(eyes::approvals::Args),
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    match command {
        Command::Enroll(args) => enroll::run(ctx, args),
        Command::Send(args) => send::run(ctx, args),
        Command::Draft(args) => batch::draft::run(ctx, args),
        Command::Batches(args) => batch::list::run(ctx, args),
        Command::Show(args) => batch::show::run(ctx, args),
        Command::Dispatch(args) => batch::dispatch::run(ctx, args),
        Command::Correct(args) => batch::correct::run(ctx, args),
        Command::Cancel(args) => batch::cancel::run(ctx, args),
        Command::Resume(args) => resume::run(ctx, args),
        Command::Status(args) => status::run(ctx, args),
        Command::List(args) => list::run(ctx, args),
        Command::Stats(args) => stats::run(ctx, args),
        Command::Replies(command) => replies::run(ctx, command),
        Command::Evidence(args) => evidence::run(ctx, args),
        Command::Template(command) => template::run(ctx, command),
        Command::Fallback(command) => fallback::run(ctx, command),
        Command::Watch(args) => watch::run(ctx, args),
        Command::Run(args) => run::run(ctx, args),
        Command::Trust(args) => trust::run(ctx, args),
        Command::Office(args) => office::run(ctx, args),
        Command::Official(command) => official::run(ctx, command),
        Command::Package(args) => eyes::package::run(ctx, args),
        Command::Review(args) => eyes::review::run(ctx, args),
        Command::Approve(args) => eyes::approve::run(ctx, args),
        Command::Approvals(args) => eyes::approvals::run(ctx, args),
    }
}
