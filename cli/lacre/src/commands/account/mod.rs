//! The own account and what opens its profile; `lacre account …` itself: taking part is the person's choice.

pub(crate) mod agent;
pub(crate) mod delete;
pub(crate) mod enroll;
pub(crate) mod lock;
pub(crate) mod passphrase;
pub(crate) mod pause;
pub(crate) mod recover;
pub(crate) mod settings;
pub(crate) mod status;
pub(crate) mod unlock;
pub(crate) mod whoami;

use crate::context::{Context, Outcome};
use crate::secret;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// not now
    Pause,
    /// again
    Resume,
    /// never again
    Delete(delete::Args),
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    let mut client = secret::open(ctx)?;
    match command {
        Command::Pause => pause::run(ctx, &mut client, true),
        Command::Resume => pause::run(ctx, &mut client, false),
        Command::Delete(args) => delete::run(ctx, &mut client, args),
    }
}
