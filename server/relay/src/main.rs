//! `lacre-relay`: the relay on the command line.
//!
//! Results go to stdout, words to stderr. Exit codes: 0 done, 1 the answer is no, 2 wrong usage, 3 could not. What people
//! read stands in `i18n`: the operator's sentences, the counter's, and the help.

mod commands;
mod logs;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use commands::Failed;
use lacre_words::failure::Exit;
use lacre_words::lang::Lang;
use lacre_words::usage;
use lacre_words::words::Words;
use std::ffi::OsString;
use std::process::ExitCode;

/// Where the help of the whole program stands.
const HELP: &str = "help-lacre-relay";

/// The relay of Lacre: it stores ciphertext and orders it.
#[derive(Parser)]
#[command(name = "lacre-relay", version = env!("LACRE_VERSION"), about)]
struct Cli {
    /// Language of the words
    #[arg(long, global = true, value_name = "es|en", value_parser = ["es", "en"], hide_possible_values = true)]
    lang: Option<String>,
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
    /// Make the tables of a database, or bring them to this program's version
    Migrate(commands::migrate::Migrate),
    /// Move the store of the data folder into a database, or go on with that
    Move(commands::move_store::Move),
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

impl Command {
    fn run(self, words: &Words) -> Result<Exit, Failed> {
        match self {
            Command::Serve(command) => command.run(),
            Command::Status(command) => command.run(words),
            Command::Check(command) => command.run(words),
            Command::Migrate(command) => command.run(words),
            Command::Move(command) => command.run(words),
            Command::Backup(command) => command.run(words),
            Command::Restore(command) => command.run(words),
            Command::IssueLeaf(command) => command.run(),
            Command::NewGeneration(command) => command.run(),
            Command::Registrar(command) => command.run(words),
        }
    }
}

fn main() -> ExitCode {
    lacre_words::core_dump::leave_none();
    let args: Vec<OsString> = std::env::args_os().collect();
    let words = words(Lang::choose(&args, |name| std::env::var(name).ok()));
    let parsed = localized(&words).try_get_matches_from(&args).and_then(|matches| Cli::from_arg_matches(&matches));
    let exit = match parsed {
        Err(error) => usage::show(&error, &args, &words),
        Ok(cli) => {
            // what it says was looked for among the arguments above
            let Cli { lang: _, command } = cli;
            logs::start();
            command.run(&words).unwrap_or_else(|failed| {
                commands::tell(&format!("lacre-relay: {}", failed.sentence(&words)));
                failed.exit
            })
        }
    };
    ExitCode::from(exit.code())
}

/// The files of one language; a key stands in one of them.
const fn catalogues(lang: Lang) -> [&'static str; 3] {
    match lang {
        Lang::Es => {
            [include_str!("../i18n/operator.es.ftl"), include_str!("../i18n/counter.es.ftl"), include_str!("../i18n/help.es.ftl")]
        }
        Lang::En => {
            [include_str!("../i18n/operator.en.ftl"), include_str!("../i18n/counter.en.ftl"), include_str!("../i18n/help.en.ftl")]
        }
    }
}

/// The program's sentences in this language.
fn words(lang: Lang) -> Words {
    Words::new(lang, &catalogues(lang))
}

fn localized(words: &Words) -> clap::Command {
    usage::localized(Cli::command(), HELP, words)
}

#[cfg(test)]
mod tests;
