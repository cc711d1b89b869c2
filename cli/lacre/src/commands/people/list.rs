//! `lacre contact list [--blocked]`: contacts and requests.

use crate::context::{Context, Outcome};
use crate::when::when;
use crate::{json, online, show};
use lacre_core::Client;
use lacre_core::view::{Contact, ContactState, Trust};
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use lacre_words::words::key;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long)]
    blocked: bool,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    let reached = online::round_to_read(ctx, client)?;
    let mut contacts = client.contacts().map_err(|t| ctx.trouble(t))?;
    contacts.retain(|c| c.blocked.is_some() == args.blocked);
    let words = &ctx.words;
    let row = |c: &Contact| {
        let state = match c.state {
            ContactState::Asked => words.say("state-asked"),
            ContactState::Asking => words.say("state-asking"),
            ContactState::Accepted => words.say("state-accepted"),
            ContactState::Declined => words.say("state-declined"),
            ContactState::NotTaken => words.say("state-not-taken"),
        };
        if let Some(new) = c.new_account {
            let state = words.say_with("state-new-account", &[("when", when(ctx, new.at).into())]);
            return vec![show::person(c), state, when(ctx, c.since), String::new()];
        }
        let state = match c.trust {
            Trust::NotCompared => state,
            Trust::Compared { .. } => format!("{state}, {}", words.say("trust-compared")),
            Trust::Changed { .. } => format!("{state}, {}", words.say("trust-changed")),
        };
        vec![show::person(c), state, when(ctx, c.since), show::cut(&shown(&c.text), 30)]
    };
    let rows: Vec<Vec<String>> = contacts.iter().map(row).collect();
    let all: Vec<json::Contact> = contacts.iter().map(json::Contact::from).collect();
    ctx.result(&show::rows(ctx, &rows), &object!({ "contacts": all, "relay_reached": reached.yes() }));
    if contacts.is_empty() {
        ctx.note(&words.say(if args.blocked { key("nobody-blocked") } else { key("no-contacts") }));
    }
    if contacts.iter().any(|c| c.state == ContactState::Asking) {
        ctx.note(&words.say("requests-next"));
    }
    Ok(Exit::Done)
}
