//! One folder for each family of commands, one file for each verb.

pub(crate) mod account;
pub(crate) mod agency;
pub(crate) mod conversation;
pub(crate) mod counter;
pub(crate) mod groups;
pub(crate) mod law;
pub(crate) mod machine;
pub(crate) mod messages;
pub(crate) mod notice;
pub(crate) mod outbox;
pub(crate) mod overview;
pub(crate) mod people;

use crate::context::{Context, Outcome};
use account::{agent, enroll, lock, passphrase, recover, settings, status, unlock, whoami};
use law::{calendar, clock, verify};
use machine::{demo, extras};
use messages::{delete, disappear, edit, export, react, read, reply, save, search, send, watch};
use overview::list;

/// What the program can do.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// start here
    Enroll(enroll::Args),
    /// the own account
    Whoami,
    /// who may write
    #[command(subcommand)]
    Contact(people::Command),
    /// the account was lost
    Recover(recover::Args),
    /// pause, or leave for good
    #[command(subcommand)]
    Account(account::Command),
    /// conversations and requests
    List(list::Args),
    /// noise, order, forgetting
    #[command(subcommand)]
    Conversation(conversation::Command),
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
    Group(groups::Command),
    /// official notices
    #[command(subcommand)]
    Notice(notice::Command),
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
    Passphrase(account::passphrase::Command),
    /// from when a notice counts
    Clock(clock::Args),
    /// legal holidays
    Calendar(calendar::Args),
    /// for clerks of the registrar
    #[command(subcommand)]
    Counter(counter::Command),
    /// for public bodies
    #[command(subcommand)]
    Agency(agency::Command),
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
        Command::Contact(command) => people::run(ctx, command),
        Command::Recover(args) => recover::run(ctx, args),
        Command::Account(command) => account::run(ctx, command),
        Command::List(args) => list::run(ctx, args),
        Command::Conversation(command) => conversation::run(ctx, command),
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
        Command::Group(command) => groups::run(ctx, command),
        Command::Notice(command) => notice::run(ctx, command),
        Command::Outbox { command } => outbox::run(ctx, command.as_ref()),
        Command::Status => status::run(ctx),
        Command::Settings(args) => settings::run(ctx, args),
        Command::Unlock(args) => unlock::run(ctx, args),
        Command::Lock(args) => lock::run(ctx, args),
        Command::Passphrase(command) => passphrase::run(ctx, command),
        Command::Clock(args) => clock::run(ctx, args),
        Command::Calendar(args) => calendar::run(ctx, args),
        Command::Counter(command) => counter::run(ctx, command),
        Command::Agency(command) => agency::run(ctx, command),
        Command::Verify(args) => verify::run(ctx, args),
        Command::Demo(args) => demo::run(ctx, args),
        Command::InstallExtras(args) => extras::run(ctx, args),
        Command::Agent(args) => agent::run(ctx, args),
    }
}
