//! `lacre passphrase change|second|remove-second`: what opens the profile, and a harmless one beside it.

use crate::context::{Context, Outcome};
use crate::secret::{self, Source};
use crate::trouble;
use lacre_core::Client;
use lacre_profile::{Secret, SecretError};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use lacre_words::words::key;
use serde_json::json as object;
use std::path::PathBuf;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// another one
    Change {
        #[arg(long, value_name = "FILE", conflicts_with = "new_key_file")]
        new_passphrase_file: Option<PathBuf>,
        #[arg(long, value_name = "FILE")]
        new_key_file: Option<PathBuf>,
    },
    /// one that opens a harmless profile
    Second {
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
    /// the harmless profile goes
    RemoveSecond,
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    // the secret itself: whoever sits at an unlocked machine changes nothing
    let mut client = secret::open_with_secret(ctx, &ctx.profile_dir()?)?;
    let refused = |error: SecretError| failure(ctx, &error);
    match command {
        Command::Change { new_passphrase_file, new_key_file } => {
            let source = Source { passphrase_file: new_passphrase_file.as_deref(), key_file: new_key_file.as_deref() };
            secret::with_secret_from(ctx, source, true, |new| client.change_secret(new))?.map_err(refused)?;
            ctx.result(&ctx.words.say("passphrase-changed"), &object!({ "changed": true }));
        }
        Command::Second { new_passphrase_file } => {
            ctx.note(&ctx.words.say("second-what"));
            let source = Source { passphrase_file: new_passphrase_file.as_deref(), key_file: None };
            secret::with_secret_from(ctx, source, true, |new| second(&mut client, new))?.map_err(refused)?;
            ctx.result(&ctx.words.say("second-set"), &object!({ "second": true }));
        }
        Command::RemoveSecond => {
            let overwritten = client.remove_second_passphrase().map_err(refused)?;
            let text = if overwritten { key("second-removed") } else { key("second-removed-later") };
            ctx.result(&ctx.words.say(text), &object!({ "second": false }));
        }
    }
    Ok(Exit::Done)
}

fn second(client: &mut Client, new: &Secret<'_>) -> Result<(), SecretError> {
    match new {
        Secret::Passphrase(words) => client.set_second_passphrase(words),
        Secret::KeyFile(_) | Secret::Raw(_) => Err(SecretError::Taken),
    }
}

fn failure(ctx: &Context, error: &SecretError) -> Failure {
    let no = |key: &'static str| ctx.failure(key, Exit::No, &[]);
    match error {
        SecretError::Taken => no("error-secret-taken"),
        SecretError::SecondExists => no("error-second-exists"),
        SecretError::NoSecond => no("error-no-second"),
        SecretError::Cost => {
            let dir = ctx.profile_dir().map(|dir| shown(&dir.display().to_string())).unwrap_or_default();
            ctx.failure("error-not-a-profile", Exit::CouldNotAsk, &[("dir", dir.into())])
        }
        SecretError::Store(error) => trouble::store(&ctx.words, error),
    }
}
