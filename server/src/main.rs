//! `lacre-relay`: the relay on the command line.
//!
//! Results go to stdout, words to stderr. Exit codes: 0 done, 1 the answer is no, 2 wrong usage, 3 could not.

mod commands;
mod logs;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The relay of Lacre: it stores ciphertext and orders it.
#[derive(Parser)]
#[command(name = "lacre-relay", version = env!("LACRE_VERSION"), about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGTERM or Ctrl-C. Works without arguments: ./lacre-data, 127.0.0.1:7443
    Serve(commands::serve::Serve),
    /// After a backup was put back: make clients put back what it has forgotten. Run it before `serve`
    NewGeneration(commands::new_generation::NewGeneration),
    /// The registrar's counter: invitations for persons
    #[command(subcommand)]
    Registrar(commands::registrar::RegistrarCommand),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    logs::start();
    let done = match cli.command {
        Command::Serve(serve) => serve.run(),
        Command::NewGeneration(command) => command.run(),
        Command::Registrar(command) => return commands::registrar::run(&command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            failed.tell();
            ExitCode::from(3)
        }
    }
}
