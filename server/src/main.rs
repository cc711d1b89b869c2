//! `lacre-relay`: the relay on the command line.
//!
//! Results go to stdout, words to stderr. Exit codes: 0 done, 1 the answer is no, 2 wrong usage, 3 could not.

mod commands;
mod logs;

use clap::{Parser, Subcommand};
use commands::{Answer, Failed};
use lacre_server::words::{Lang, Words};
use std::process::ExitCode;

/// The relay of Lacre: it stores ciphertext and orders it.
#[derive(Parser)]
#[command(name = "lacre-relay", version = env!("LACRE_VERSION"), about)]
struct Cli {
    /// Language of the words
    #[arg(long, value_enum, global = true)]
    lang: Option<Lang>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or Ctrl-C. Works without arguments: ./lacre-data, 127.0.0.1:7443
    Serve(commands::serve::Serve),
    /// How the running relay is, on one screen
    Status(commands::status::Status),
    /// Look at configuration, keys and storage, and say what a start would change. Changes nothing
    Check(commands::check::Check),
    /// Back up the store and its blobs, also while the relay runs; or with --keys its keys
    Backup(commands::backup::Backup),
    /// Put a backup into an empty folder, or keys to their places
    Restore(commands::restore::Restore),
    /// Write a TLS leaf under the relay's identity to a file
    IssueLeaf(commands::issue_leaf::IssueLeaf),
    /// Make clients put back what the relay has forgotten. `restore` does it by itself
    NewGeneration(commands::new_generation::NewGeneration),
    /// The registrar's counter: invitations for persons
    #[command(subcommand)]
    Registrar(commands::registrar::RegistrarCommand),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    logs::start();
    let words = Words::new(Lang::choose(cli.lang));
    let done: Result<Answer, Failed> = match cli.command {
        Command::Serve(serve) => serve.run(),
        Command::Status(command) => command.run(&words),
        Command::Check(command) => command.run(&words),
        Command::Backup(command) => command.run(&words),
        Command::Restore(command) => command.run(&words),
        Command::IssueLeaf(command) => command.run(),
        Command::NewGeneration(command) => command.run(),
        Command::Registrar(command) => return commands::registrar::run(&command),
    };
    match done {
        Ok(Answer::Yes) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Err(failed) => {
            commands::tell(&format!("lacre-relay: {}", failed.sentence(&words)));
            failed.code()
        }
    }
}
