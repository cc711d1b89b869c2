//! `lacre-relay registrar`: the counter where persons get their invitations, and who stands at it.

pub(crate) mod agency;
pub(crate) mod clerk;
pub(crate) mod exempt;
pub(crate) mod issue_code;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod office;
pub(crate) mod revoke;
mod rows;

use super::Failed;
use crate::commands;
use lacre_words::failure::Exit;
use lacre_words::words::Words;

/// The registrar's counter
#[derive(Debug, clap::Subcommand)]
pub(crate) enum RegistrarCommand {
    /// Prints an invitation for one person: a line to type, and the same as a QR code
    IssueCode(issue_code::IssueCodeArgs),
    /// Invitations that work and were not used
    List(list::List),
    /// Takes an invitation back that was not used
    Revoke(revoke::Revoke),
    /// What was done at the counter, by whom and when
    Log(log::Log),
    /// Clerks, who issue invitations from other machines
    #[command(subcommand)]
    Clerk(commands::registrar::clerk::ClerkCommand),
    /// Public bodies, which send official notices
    #[command(subcommand)]
    Agency(commands::registrar::agency::AgencyCommand),
    /// Office accounts of officials
    #[command(subcommand)]
    Office(commands::registrar::office::OfficeCommand),
    /// Persons for whom electronic notices take no effect
    #[command(subcommand)]
    Exempt(commands::registrar::exempt::ExemptCommand),
    /// What became of a person
    #[command(subcommand)]
    Person(commands::registrar::exempt::PersonCommand),
}

impl RegistrarCommand {
    pub(crate) fn run(&self, words: &Words) -> Result<Exit, Failed> {
        match self {
            Self::IssueCode(args) => issue_code::run(args, words),
            Self::List(args) => args.run(words),
            Self::Revoke(args) => args.run(words),
            Self::Log(args) => args.run(words),
            Self::Clerk(command) => command.run(words),
            Self::Agency(command) => command.run(words),
            Self::Office(command) => command.run(words),
            Self::Exempt(command) => command.run(words),
            Self::Person(command) => command.run(words),
        }
    }
}
