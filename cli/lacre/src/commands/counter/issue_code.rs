//! `lacre counter issue-code`: an invitation for one person, from a clerk's machine.

use super::own;
use crate::context::{Context, Outcome};
use crate::when::when;
use lacre_ground::run::{Run, RunError};
use lacre_words::cause::cause;
use lacre_words::failure::{Exit, Failure};
use lacre_words::qr;
use lacre_words::typed::{NoLine, line};
use serde_json::json as object;
use std::io::IsTerminal as _;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long)]
    recover: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let run = ask_run(ctx)?;
    let clerk = own::open(ctx)?;
    let given = own::network(ctx)?
        .issue_code(&clerk.relay, &clerk.secret, &run, args.recover)
        .map_err(|error| own::trouble(ctx, error))?;
    let (invitation, run) = (given.invitation.expose(), run.canonical());
    let words = [("run", run.as_str().into()), ("until", when(ctx, given.expires_at).into())];
    ctx.note(&ctx.words.say_with("invitation-for", &words));
    let (until, reference) = (given.expires_at.to_string(), given.reference.as_str());
    // a file or a printer gets the line alone
    let code = std::io::stdout().is_terminal().then(|| qr::terminal(ctx, &invitation)).flatten();
    ctx.result(
        &code.into_iter().chain([invitation.clone()]).collect::<Vec<_>>().join("\n"),
        &object!({ "run": run, "invitation": invitation, "expires_at": until, "reference": reference }),
    );
    let [_, until] = words;
    ctx.note(&ctx.words.say_with("invitation-use", &[until, ("reference", reference.into())]));
    Ok(Exit::Done)
}

/// The person's RUN, typed or on standard input: among the arguments everybody on the machine could read it.
fn ask_run(ctx: &Context) -> Result<Run, Failure> {
    let typed = line(&ctx.words.say("ask-run")).map_err(|e| match e {
        NoLine::Nothing => ctx.failure("error-no-run", Exit::Usage, &[]),
        NoLine::Many => ctx.failure("error-many-runs", Exit::Usage, &[]),
        NoLine::Io(e) => ctx.failure("error-no-keyboard", Exit::CouldNotAsk, &[("why", cause(&ctx.words, &e).into())]),
    })?;
    Run::parse(&typed).map_err(|e| match e {
        RunError::Shape => ctx.failure("error-run-shape", Exit::Usage, &[]),
        RunError::CheckDigit => ctx.failure("error-run-digit", Exit::Usage, &[]),
    })
}
