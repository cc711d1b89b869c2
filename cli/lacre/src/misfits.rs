//! What the relay said of a casilla that did not fit what it gave: said wherever faults are.

use crate::context::Context;
use crate::when::phrase;
use lacre_core::Client;
use lacre_core::view::{CasillaMisfit, MisfitKind};
use lacre_words::failure::Failure;
use lacre_words::words::key;
use serde_json::{Value, json};

/// A line for each, and the same for machines.
pub(crate) fn of(ctx: &Context, client: &mut Client) -> Result<(Vec<String>, Vec<Value>), Failure> {
    let all = client.casilla_misfits().map_err(|t| ctx.trouble(t))?;
    Ok(all.iter().map(|misfit| (line(ctx, misfit), object(ctx, misfit))).unzip())
}

fn why(ctx: &Context, misfit: &CasillaMisfit) -> String {
    let sentence = match misfit.kind {
        MisfitKind::More => key("misfit-more"),
        MisfitKind::Fewer => key("misfit-fewer"),
        MisfitKind::Others => key("misfit-others"),
        MisfitKind::Earlier => key("misfit-earlier"),
        MisfitKind::NotItsWord => key("misfit-not-its-word"),
    };
    ctx.words.say_with(sentence, &[("says", misfit.says.into()), ("gave", misfit.gave.into())])
}

fn line(ctx: &Context, misfit: &CasillaMisfit) -> String {
    let why = ("why", why(ctx, misfit).into());
    let since = ("since", phrase(ctx, misfit.since).into());
    match misfit.until {
        None => ctx.words.say_with("misfit", &[why, since]),
        Some(until) => ctx.words.say_with("misfit-over", &[why, since, ("until", phrase(ctx, until).into())]),
    }
}

fn object(ctx: &Context, misfit: &CasillaMisfit) -> Value {
    let what = match misfit.kind {
        MisfitKind::More => "more",
        MisfitKind::Fewer => "fewer",
        MisfitKind::Others => "others",
        MisfitKind::Earlier => "earlier",
        MisfitKind::NotItsWord => "not-its-word",
    };
    json!({
        "what": what, "says": misfit.says, "gave": misfit.gave, "since": misfit.since.to_string(),
        "until": misfit.until.map(|at| at.to_string()), "why": why(ctx, misfit),
    })
}
