//! `lacre counter log`: what was done with this key, as the relay recorded it.

use super::own;
use crate::context::{Context, Outcome, local};
use lacre_transport::CounterAct;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::{Value, json as object};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {}

/// Acts that are shown: a clerk's of some months.
const MOST: usize = 10_000;

pub(crate) fn run(ctx: &Context, _: &Args) -> Outcome {
    let clerk = own::open(ctx)?;
    let network = own::network(ctx)?;
    let mut acts: Vec<CounterAct> = Vec::new();
    while acts.len() < MOST {
        let from = acts.last().map_or(1, |act| act.number.saturating_add(1));
        let page = network.counter_acts(&clerk.relay, &clerk.secret, from).map_err(|error| own::trouble(ctx, error))?;
        if page.is_empty() {
            break;
        }
        acts.extend(page);
    }
    let line = |act: &CounterAct| {
        let deed = match act.deed.as_str() {
            "issued" => ctx.words.say("deed-issued"),
            "issued-reset" => ctx.words.say("deed-issued-reset"),
            "refused-has-account" => ctx.words.say("deed-refused-has-account"),
            "refused-no-account" => ctx.words.say("deed-refused-no-account"),
            "refused-duty" => ctx.words.say("deed-refused-duty"),
            other => shown(other),
        };
        format!("{:>6}  {}  {deed}  {}", act.number, local(act.at), shown(&act.about)).trim_end().to_owned()
    };
    let text = if acts.is_empty() {
        ctx.words.say("no-acts")
    } else {
        acts.iter().map(line).chain([ctx.times_zone()]).collect::<Vec<_>>().join("\n")
    };
    let json: Vec<Value> = acts
        .iter()
        .map(|act| object!({ "number": act.number, "at": act.at.to_string(), "deed": act.deed, "about": act.about }))
        .collect();
    ctx.long_result(&text, &json);
    Ok(Exit::Done)
}
