//! `lacre notice address [on|off|pause|resume]`: whether official notices reach the person here. She says yes to the very words that
//! are signed.

use crate::context::{Context, Outcome};
use crate::when;
use crate::{ask, online};
use lacre_core::Client;
use lacre_core::view::NoticeAddress;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use lacre_words::words::{Words, key};
use serde_json::{Value, json};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "on|off|pause|resume", value_parser = ["on", "off", "pause", "resume"], hide_possible_values = true)]
    choice: Option<String>,
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    let before = client.notice_address().map_err(|t| ctx.trouble(t))?;
    match args.choice.as_deref() {
        Some("on") if !before.on => {
            let statement = ctx.words.say("notice-statement");
            let question = ctx.words.say_with("notice-address-question", &[("statement", statement.as_str().into())]);
            if args.yes {
                ctx.note(&statement);
            }
            if !ask::yes(ctx, args.yes, &question) {
                ctx.result(&ctx.words.say("notice-address-not-changed"), &object(&before, false));
                return Ok(Exit::No);
            }
            client.designate(&statement).map_err(|t| ctx.trouble(t))?;
        }
        Some("off") => client.take_back_designation().map_err(|t| ctx.trouble(t))?,
        Some("pause") => client.pause_notices(true).map_err(|t| ctx.trouble(t))?,
        Some("resume") => client.pause_notices(false).map_err(|t| ctx.trouble(t))?,
        Some(_) | None => {}
    }
    client.ask_about_notices().map_err(|t| ctx.trouble(t))?;
    let reached = online::deliver(ctx, client)?;
    let mut now = client.notice_address().map_err(|t| ctx.trouble(t))?;
    // whose account is gone, or replaced by another, is to be notified otherwise, whatever was signed here
    if client.deleted().map_err(|t| ctx.trouble(t))? || client.replaced().map_err(|t| ctx.trouble(t))?.is_some() {
        (now.on, now.paused, now.told) = (false, false, true);
    }
    ctx.result(&said(ctx, &now).join("\n"), &object(&now, reached.yes()));
    Ok(Exit::Done)
}

/// How it stands, in sentences.
pub(crate) fn said(ctx: &Context, now: &NoticeAddress) -> Vec<String> {
    let words = &ctx.words;
    let mut out = vec![match (now.on, now.paused, &now.exempt) {
        (true, _, Some(reason)) => exempt(words, reason),
        (true, false, None) if !now.told => words.say("notice-address-to-be-on"),
        (true, false, None) => words.say("notice-address-on"),
        (true, true, None) if !now.told => words.say("notice-address-to-be-paused"),
        (true, true, None) => words.say("notice-address-paused"),
        (false, _, _) if !now.told => words.say("notice-address-to-be-off"),
        (false, _, _) => words.say("notice-address-off"),
    }];
    if !now.told {
        out.push(words.say("relay-told-later"));
    }
    if let (Some(since), Some(statement)) = (now.since, &now.statement) {
        let args = [("when", when::phrase(ctx, since).into()), ("statement", shown(statement).into())];
        out.push(words.say_with("notice-address-since", &args));
    }
    if let Some(remaining) = now.remaining.filter(|_| now.on && !now.paused && now.exempt.is_none()) {
        out.push(words.say_with("notice-address-grants", &[("count", remaining.into())]));
    }
    for (month, count) in &now.answers {
        let month = format!("{:04}-{:02}", month / 100, month % 100);
        out.push(words.say_with("notice-address-answers", &[("month", month.into()), ("count", (*count).into())]));
    }
    if let Some(at) = now.said_at.filter(|_| out.len() > 1) {
        out.push(words.say_with("notice-address-said", &[("when", when::phrase(ctx, at).into())]));
    }
    out
}

/// That the registrar noted an exemption, and why.
fn exempt(words: &Words, reason: &str) -> String {
    let why = words.say(match reason {
        "law" => key("exempt-law"),
        "legal-person" => key("exempt-legal-person"),
        "minor" => key("exempt-minor"),
        "dead" => key("exempt-dead"),
        _ => key("exempt-other"),
    });
    words.say_with("notice-address-exempt", &[("why", why.into())])
}

fn object(now: &NoticeAddress, reached: bool) -> Value {
    let answers: Vec<Value> = now
        .answers
        .iter()
        .map(|(month, count)| json!({ "month": format!("{:04}-{:02}", month / 100, month % 100), "count": count }))
        .collect();
    json!({
        "on": now.on, "paused": now.paused, "told": now.told, "since": now.since.map(|at| at.to_string()),
        "statement": now.statement, "remaining": now.remaining, "answers": answers, "exempt": now.exempt,
        "said_at": now.said_at.map(|at| at.to_string()), "relay_reached": reached,
    })
}
