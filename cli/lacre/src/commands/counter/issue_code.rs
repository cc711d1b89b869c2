//! `lacre counter issue-code`: an invitation for one person, from a clerk's machine.

use super::own;
use crate::ask;
use crate::context::{Context, Outcome};
use crate::when::when;
use lacre_words::failure::Exit;
use lacre_words::qr;
use lacre_words::words::key;
use serde_json::json as object;
use std::io::IsTerminal as _;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long)]
    recover: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let run = ask::run(ctx)?;
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
    let used = if args.recover { key("recovery-use") } else { key("invitation-use") };
    ctx.note(&ctx.words.say_with(used, &[until, ("reference", reference.into())]));
    Ok(Exit::Done)
}
