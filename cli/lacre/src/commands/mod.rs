//! One file for each subcommand.

pub(crate) mod account;
pub(crate) mod agent;
pub(crate) mod block;
pub(crate) mod calendar;
pub(crate) mod clock;
pub(crate) mod contact;
pub(crate) mod delete;
pub(crate) mod demo;
pub(crate) mod disappear;
pub(crate) mod edit;
pub(crate) mod enroll;
pub(crate) mod export;
pub(crate) mod extras;
pub(crate) mod group;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod lock;
pub(crate) mod outbox;
pub(crate) mod overview;
pub(crate) mod passphrase;
pub(crate) mod react;
pub(crate) mod read;
pub(crate) mod recover;
pub(crate) mod reply;
pub(crate) mod safety;
pub(crate) mod save;
pub(crate) mod search;
pub(crate) mod send;
pub(crate) mod settings;
pub(crate) mod status;
pub(crate) mod unlock;
pub(crate) mod verify;
pub(crate) mod watch;
pub(crate) mod whoami;

use crate::context::{Context, Outcome};

/// What the program can do.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// start here
    Enroll(enroll::Args),
    /// the own account
    Whoami,
    /// who may write
    #[command(subcommand)]
    Contact(contact::Command),
    /// the account was lost
    Recover(recover::Args),
    /// pause, or leave for good
    #[command(subcommand)]
    Account(account::Command),
    /// conversations and requests
    List,
    /// write
    Send(send::Args),
    /// answer
    Reply(reply::Args),
    /// say it better
    Edit(edit::Args),
    /// take it back
    Delete(delete::Args),
    /// a sign beside it
    React(react::Args),
    /// not for ever
    Disappear(disappear::Args),
    /// read
    Read(read::Args),
    /// keep a file
    Save(save::Args),
    /// what was written
    Search(search::Args),
    /// as evidence
    Export(export::Args),
    /// wait for news
    Watch(watch::Args),
    /// groups
    #[command(subcommand)]
    Group(group::Command),
    /// what waits
    Outbox {
        #[command(subcommand)]
        command: Option<outbox::Command>,
    },
    /// how things stand
    Status,
    /// what others learn
    Settings(settings::Args),
    /// no passphrase for a while
    Unlock(unlock::Args),
    /// the passphrase again
    Lock(lock::Args),
    /// another one, or a second one
    #[command(subcommand)]
    Passphrase(passphrase::Command),
    /// from when a notice counts
    Clock(clock::Args),
    /// legal holidays
    Calendar(calendar::Args),
    /// is this evidence good
    Verify(verify::Args),
    /// a story of four
    Demo(demo::Args),
    /// for shells and `man`
    InstallExtras(extras::Args),
    /// started by `unlock`, not by people
    #[command(hide = true)]
    Agent(agent::Args),
}

/// Does it.
pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    match command {
        Command::Enroll(args) => enroll::run(ctx, args),
        Command::Whoami => whoami::run(ctx),
        Command::Contact(command) => contact::run(ctx, command),
        Command::Recover(args) => recover::run(ctx, args),
        Command::Account(command) => account::run(ctx, command),
        Command::List => list::run(ctx),
        Command::Send(args) => send::run(ctx, args),
        Command::Reply(args) => reply::run(ctx, args),
        Command::Edit(args) => edit::run(ctx, args),
        Command::Delete(args) => delete::run(ctx, args),
        Command::React(args) => react::run(ctx, args),
        Command::Disappear(args) => disappear::run(ctx, args),
        Command::Read(args) => read::run(ctx, args),
        Command::Save(args) => save::run(ctx, args),
        Command::Search(args) => search::run(ctx, args),
        Command::Export(args) => export::run(ctx, args),
        Command::Watch(args) => watch::run(ctx, args),
        Command::Group(command) => group::run(ctx, command),
        Command::Outbox { command } => outbox::run(ctx, command.as_ref()),
        Command::Status => status::run(ctx),
        Command::Settings(args) => settings::run(ctx, args),
        Command::Unlock(args) => unlock::run(ctx, args),
        Command::Lock(args) => lock::run(ctx, args),
        Command::Passphrase(command) => passphrase::run(ctx, command),
        Command::Clock(args) => clock::run(ctx, args),
        Command::Calendar(args) => calendar::run(ctx, args),
        Command::Verify(args) => verify::run(ctx, args),
        Command::Demo(args) => demo::run(ctx, args),
        Command::InstallExtras(args) => extras::run(ctx, args),
        Command::Agent(args) => agent::run(ctx, args),
    }
}
