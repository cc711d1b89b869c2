//! `lacre contact verify`: the safety number, as words and as a code, and whether the two people compared it.

use crate::context::{Context, Outcome};
use crate::when::phrase;
use crate::{find, json, online};
use lacre_core::Client;
use lacre_core::view::{Safety, Trust};
use lacre_ground::safety::SafetyNumber;
use lacre_words::failure::Exit;
use lacre_words::qr;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "@HANDLE")]
    handle: String,
    #[arg(long)]
    confirm: bool,
    #[arg(long, value_name = "WORDS")]
    compare: Option<String>,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    let compare = args.compare.as_deref().map(str::parse::<SafetyNumber>).transpose();
    let compare = compare.map_err(|_| ctx.failure("error-no-safety-number", Exit::Usage, &[]))?;
    let mut network = online::network(ctx, client)?;
    let mut reached = online::round_with(ctx, client, &mut network)?.yes();
    let account = find::contact(ctx, client, &args.handle)?.account;
    if reached {
        match client.contact_refresh(&mut network, &account) {
            Ok(()) => {}
            Err(away) if away.is_away() => reached = false,
            Err(trouble) => return Err(ctx.trouble(trouble)),
        }
    }
    let mut safety = client.safety(&account).map_err(|t| ctx.trouble(t))?;
    let same = compare.map(|typed| typed == safety.number);
    let confirmed = args.confirm && same != Some(false);
    if confirmed {
        // what the two compared is what was on this screen, or what the other has read aloud just now
        let name = || [("name", safety.contact.handle.to_string().into())];
        let number = compare.or(safety.shown).ok_or_else(|| ctx.failure("error-not-shown", Exit::No, &name()))?;
        safety.contact = client.safety_confirm(&account, &number).map_err(|t| ctx.trouble(t))?;
    }
    let json = object!({
        "contact": json::Contact::from(&safety.contact),
        "safety_number": safety.number.to_string(),
        "qr": code(&safety),
        "shown_before": safety.shown.filter(|shown| *shown != safety.number).map(|n| n.to_string()),
        "same": same,
        "confirmed": confirmed,
        "relay_reached": reached,
    });
    ctx.result(&text(ctx, &safety, same, confirmed), &json);
    if ctx.global.json || prints(same, confirmed) {
        client.safety_shown(&account, &safety.number).map_err(|t| ctx.trouble(t))?;
    }
    Ok(if same == Some(false) { Exit::No } else { Exit::Done })
}

/// Capitals make the smaller code; they are read as the same words.
fn code(safety: &Safety) -> String {
    safety.number.to_string().to_uppercase()
}

/// Whether people see the number: not where they compare one, or confirm the one they saw.
const fn prints(same: Option<bool>, confirmed: bool) -> bool {
    same.is_none() && !confirmed
}

fn text(ctx: &Context, safety: &Safety, same: Option<bool>, confirmed: bool) -> String {
    let words = &ctx.words;
    let handle = || ("handle", safety.contact.handle.to_string().into());
    let mut parts = Vec::new();
    if prints(same, confirmed) {
        let number = safety.number.to_string();
        let number: Vec<&str> = number.split(' ').collect();
        let lines: Vec<String> = number.chunks(4).map(|four| format!("  {}", four.join("  "))).collect();
        parts.push(format!("{}\n{}", words.say_with("safety-what", &[handle()]), lines.join("\n")));
        parts.extend(qr::terminal(ctx, &code(safety)));
    }
    match same {
        Some(true) => parts.push(words.say("safety-same")),
        Some(false) => parts.push(words.say("safety-different")),
        None => {}
    }
    parts.push(match safety.contact.trust {
        _ if confirmed => words.say_with("safety-confirmed", &[handle()]),
        Trust::NotCompared if same.is_none() => words.say_with("safety-how", &[handle()]),
        Trust::NotCompared => String::new(),
        Trust::Compared { at } => words.say_with("safety-compared", &[("when", phrase(ctx, at).into())]),
        Trust::Changed { at } => words.say_with("safety-changed", &[("when", phrase(ctx, at).into())]),
    });
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}
