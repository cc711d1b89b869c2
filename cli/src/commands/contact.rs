//! `lacre contact add|accept|decline|verify|list`: who may write to this person.

use super::safety;
use crate::context::{Context, Outcome};
use crate::failure::Exit;
use crate::shown::shown;
use crate::when::when;
use crate::{find, json, online, show};
use lacre_client::Client;
use lacre_client::view::{Contact, ContactState, Trust};
use serde_json::json as object;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// ask somebody
    Add {
        #[arg(value_name = "@HANDLE")]
        handle: String,
        #[arg(value_name = "TEXT", default_value = "")]
        text: String,
    },
    /// say yes to somebody who asks
    Accept {
        #[arg(value_name = "@HANDLE")]
        handle: String,
    },
    /// say no to somebody who asks
    Decline {
        #[arg(value_name = "@HANDLE")]
        handle: String,
    },
    /// compare keys
    Verify(safety::Args),
    /// show contacts and requests
    List,
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    let mut client = ctx.open()?;
    match command {
        Command::Add { handle, text } => add(ctx, &mut client, handle, text),
        Command::Accept { handle } => answer(ctx, &mut client, handle, true),
        Command::Decline { handle } => answer(ctx, &mut client, handle, false),
        Command::Verify(args) => safety::run(ctx, &mut client, args),
        Command::List => list(ctx, &mut client),
    }
}

fn add(ctx: &Context, client: &mut Client, handle: &str, text: &str) -> Outcome {
    let handle = find::handle(ctx, handle)?;
    let mut network = ctx.network()?;
    let contact = client.contact_add(&mut network, &handle, text).map_err(|t| ctx.trouble(t))?;
    let reached = online::round_with(ctx, client, &mut network)?;
    said(ctx, &contact, reached.yes())
}

fn answer(ctx: &Context, client: &mut Client, handle: &str, yes: bool) -> Outcome {
    let mut network = ctx.network()?;
    // The request may have arrived since the last command.
    online::round_with(ctx, client, &mut network)?;
    let account = find::contact(ctx, client, handle)?.account;
    let contact = if yes { client.contact_accept(&account) } else { client.contact_decline(&account) };
    let contact = contact.map_err(|t| ctx.trouble(t))?;
    let reached = online::round_with(ctx, client, &mut network)?;
    said(ctx, &contact, reached.yes())
}

fn said(ctx: &Context, contact: &Contact, reached: bool) -> Outcome {
    let args = [("handle", contact.handle.to_string().into())];
    let words = &ctx.words;
    let text = match contact.state {
        ContactState::Asked => words.say_with("contact-asked", &args),
        ContactState::Asking => words.say_with("contact-asking", &args),
        ContactState::Accepted => words.say_with("contact-accepted", &args),
        ContactState::Declined => words.say_with("contact-declined", &args),
    };
    ctx.result(&text, &object!({ "contact": json::Contact::from(contact), "relay_reached": reached }));
    Ok(Exit::Done)
}

fn list(ctx: &Context, client: &mut Client) -> Outcome {
    let reached = online::round(ctx, client)?;
    let contacts = client.contacts().map_err(|t| ctx.trouble(t))?;
    let words = &ctx.words;
    let row = |c: &Contact| {
        let state = match c.state {
            ContactState::Asked => words.say("state-asked"),
            ContactState::Asking => words.say("state-asking"),
            ContactState::Accepted => words.say("state-accepted"),
            ContactState::Declined => words.say("state-declined"),
        };
        let state = match c.trust {
            Trust::NotCompared => state,
            Trust::Compared { .. } => format!("{state}, {}", words.say("trust-compared")),
            Trust::Changed { .. } => format!("{state}, {}", words.say("trust-changed")),
        };
        vec![c.handle.to_string(), state, when(ctx, c.since), show::cut(&shown(&c.text), 30)]
    };
    let rows: Vec<Vec<String>> = contacts.iter().map(row).collect();
    let all: Vec<json::Contact> = contacts.iter().map(json::Contact::from).collect();
    ctx.result(&show::table(&rows), &object!({ "contacts": all, "relay_reached": reached.yes() }));
    if contacts.is_empty() {
        ctx.note(&words.say("no-contacts"));
    }
    if contacts.iter().any(|c| c.state == ContactState::Asking) {
        ctx.note(&words.say("requests-next"));
    }
    Ok(Exit::Done)
}
