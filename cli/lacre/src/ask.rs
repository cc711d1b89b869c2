//! What is asked at the keyboard: whether something that cannot be undone is meant, a person's RUN, an invitation.

use crate::context::Context;
use crate::trouble::address_trouble;
use lacre_ground::address::Invitation;
use lacre_ground::run::{Run, RunError};
use lacre_words::cause::cause;
use lacre_words::failure::{Exit, Failure};
use lacre_words::typed::{NoLine, line};
use lacre_words::wrap::wrap;
use std::io::Write as _;

/// Whether the person says yes (`--yes` says it before). Programs, and whoever answers nothing, say no.
pub(crate) fn yes(ctx: &Context, said: bool, question: &str) -> bool {
    if said || ctx.global.json {
        return said;
    }
    let mut stderr = std::io::stderr();
    let _closed = write!(stderr, "{} ", wrap(question, 0)).and_then(|()| stderr.flush());
    let mut answer = String::new();
    if std::io::stdin().read_line(&mut answer).is_err() {
        return false;
    }
    if !answer.ends_with('\n') {
        // nobody typed the end of the line
        let _closed = writeln!(stderr);
    }
    matches!(answer.trim().to_lowercase().as_str(), "sí" | "si" | "s" | "yes" | "y")
}

/// What stands for an invitation that is not among the arguments.
const ASKED: &str = "-";

/// A one-time invitation: the argument, or with `-` typed or on standard input. Among the arguments everybody on the machine can read it
/// for as long as the program runs, and use it first.
pub(crate) fn invitation(ctx: &Context, argument: &str) -> Result<Invitation, Failure> {
    let typed = match argument {
        ASKED => line(&ctx.words.say("ask-invitation")).map_err(|e| match e {
            NoLine::Nothing => ctx.failure("error-no-invitation", Exit::Usage, &[]),
            NoLine::Many => ctx.failure("error-many-invitations", Exit::Usage, &[]),
            NoLine::Io(e) => ctx.failure("error-no-keyboard", Exit::CouldNotAsk, &[("why", cause(&ctx.words, &e).into())]),
        })?,
        given => given.to_owned(),
    };
    Invitation::parse(&typed)
        .map_err(|why| ctx.failure("error-invitation", Exit::Usage, &[("why", ctx.words.say(address_trouble(why)).into())]))
}

/// A person's RUN, typed or on standard input: among the arguments everybody on the machine could read it.
pub(crate) fn run(ctx: &Context) -> Result<Run, Failure> {
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
