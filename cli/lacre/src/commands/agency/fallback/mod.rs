//! `lacre agency fallback …`: who cannot be reached electronically: known, printed for, recorded, and never lost.

mod address;
mod list;
mod print;
mod record;

use super::own::Evidence;
use crate::context::{Context, Outcome};
use crate::proof::{long_day, otherwise};
use lacre_agency::fallback::{Route, State, Why};
use lacre_agency::{Body, Dispatch};
use lacre_evidence::ExemptReason;
use lacre_words::words::{Words, key};
use serde_json::Value;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// who, and why
    List(list::Args),
    /// letters
    Print(print::Args),
    /// what was done
    Record(Box<record::Args>),
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    match command {
        Command::List(args) => list::run(ctx, args),
        Command::Print(args) => print::run(ctx, args),
        Command::Record(args) => record::run(ctx, args),
    }
}

/// Why somebody is not reached, in words.
pub(super) fn why(words: &Words, why: Why) -> String {
    words.say(match why {
        Why::Exempt(ExemptReason::Law) => key("fallback-why-law"),
        Why::Exempt(ExemptReason::LegalPerson) => key("fallback-why-legal-person"),
        Why::Exempt(ExemptReason::Minor) => key("fallback-why-minor"),
        Why::Exempt(ExemptReason::Dead) => key("fallback-why-dead"),
        Why::NoAccount => key("fallback-why-no-account"),
        Why::ClosedSince => key("fallback-why-closed"),
        Why::TooLate => key("fallback-why-too-late"),
    })
}

/// What is to be done, by the usual way first.
pub(super) fn route(words: &Words, why: Why) -> String {
    let one = |route: &Route| {
        words.say(match route {
            Route::Counter => key("fallback-route-counter"),
            Route::Letter => key("fallback-route-letter"),
            Route::Representative => key("fallback-route-representative"),
            Route::Nobody => key("fallback-route-nobody"),
            Route::SendAgain => key("fallback-route-send-again"),
        })
    };
    let ways: Vec<String> = why.routes().iter().map(one).collect();
    match why.law() {
        Some(law) => words.say_with("fallback-route", &[("ways", ways.join("; ").into()), ("law", law.into())]),
        None => ways.join("; "),
    }
}

/// How far counter or letter are, in words of law: never as sent, never as proven.
pub(super) fn state(words: &Words, state: State) -> String {
    words.say(match state {
        State::Nothing => key("fallback-done-nothing"),
        State::Posted => key("fallback-done-posted"),
        State::Received => key("fallback-done-received"),
        State::CameBack => key("fallback-done-returned"),
        State::HandedOver => key("fallback-done-handed-over"),
    })
}

/// What follows from what was recorded, for programs; nothing where the evidence is missing or was changed.
pub(super) fn effects(body: &mut Body, evidence: &Evidence, row: &Dispatch) -> Vec<Value> {
    let recorded = row.kept.as_ref().is_some_and(|kept| !kept.done.is_empty());
    let proven = if recorded { body.proven_otherwise(evidence, row.id).ok().flatten() } else { None };
    proven.map(|kept| otherwise::effects(&kept)).unwrap_or_default()
}

/// The earliest effect of what was recorded, in words: by the body's own word.
pub(super) fn effect(words: &Words, body: &mut Body, evidence: &Evidence, row: &Dispatch) -> Option<String> {
    row.kept.as_ref().filter(|kept| !kept.done.is_empty())?;
    let kept = body.proven_otherwise(evidence, row.id).ok()??;
    let reading = *kept.effects.first()?.dates.safe_for_citizen();
    let last = reading.last_day.map_or("none".to_owned(), |day| long_day(words, day));
    let args = [("day", long_day(words, reading.deemed).into()), ("rule", reading.rule.id.name().into()), ("last", last.into())];
    Some(words.say_with("fallback-effect", &args))
}
