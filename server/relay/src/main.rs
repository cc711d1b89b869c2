//! `lacre-relay`: the relay on the command line.
//!
//! Results go to stdout, words to stderr. Exit codes: 0 done, 1 the answer is no, 2 wrong usage, 3 could not.

mod commands;
mod logs;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use commands::{Answer, Failed, usage};
use lacre_relay::words::{Lang, Words};
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
    let asked = std::env::args().skip_while(|arg| arg != "--lang").nth(1).and_then(|lang| lang.parse().ok());
    let words = Words::new(Lang::choose(asked));
    let matches = match usage::localized(Cli::command(), &words).try_get_matches() {
        Ok(matches) => matches,
        Err(e) => match usage::sentence(&e, &words) {
            Some(sentence) => {
                commands::tell(&format!("lacre-relay: {sentence}"));
                return ExitCode::from(2);
            }
            None => e.exit(),
        },
    };
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|e| e.exit());
    logs::start();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn silent(command: &clap::Command, path: &str, words: &Words, missing: &mut Vec<String>) {
        for arg in command.get_arguments().filter(|a| !["help", "version"].contains(&a.get_id().as_str())) {
            let name = arg.get_id().as_str().replace('_', "-");
            let ids = [format!("{path}-{name}"), format!("help-any-{name}")];
            if !ids.iter().any(|id| words.has(id)) {
                missing.push(ids[0].clone());
            }
        }
        for sub in command.get_subcommands() {
            let path = format!("{path}-{}", sub.get_name());
            if !words.has(&path) {
                missing.push(path.clone());
            }
            silent(sub, &path, words, missing);
        }
    }

    #[test]
    fn every_command_and_argument_has_its_help_in_the_catalogues() {
        let mut missing = Vec::new();
        silent(&Cli::command(), "help", &Words::new(Lang::Es), &mut missing);
        assert!(missing.is_empty(), "{missing:?}");
        usage::localized(Cli::command(), &Words::new(Lang::Es)).debug_assert();
    }
}
