//! `lacre contact …`: who may write to this person.

pub(crate) mod block;
pub(crate) mod link;
pub(crate) mod verify;

use super::account::enroll::address_trouble;
use crate::context::{Context, Outcome};
use crate::when::when;
use crate::{find, json, online, secret, show};
use lacre_core::Client;
use lacre_core::view::{Contact, ContactState, Trust};
use lacre_ground::address::ContactLink;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use lacre_words::words::key;
use serde_json::json as object;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// ask somebody
    Add {
        #[arg(value_name = "@HANDLE|LINK")]
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
    Verify(verify::Args),
    /// take the new account for the person
    AcceptReset {
        #[arg(value_name = "@HANDLE")]
        handle: String,
    },
    /// keep somebody away
    Block(block::Args),
    /// no longer
    Unblock {
        #[arg(value_name = "@HANDLE")]
        handle: String,
    },
    /// who may ask
    NobodyNew {
        #[arg(value_name = "on|off", value_parser = ["on", "off"], hide_possible_values = true)]
        choice: Option<String>,
    },
    /// ask by this
    Link(link::Args),
    /// show contacts and requests
    List {
        #[arg(long)]
        blocked: bool,
    },
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    let mut client = secret::open(ctx)?;
    match command {
        Command::Add { handle, text } => add(ctx, &mut client, handle, text),
        Command::Accept { handle } => answer(ctx, &mut client, handle, true),
        Command::Decline { handle } => answer(ctx, &mut client, handle, false),
        Command::Verify(args) => verify::run(ctx, &mut client, args),
        Command::AcceptReset { handle } => accept_reset(ctx, &mut client, handle),
        Command::Block(args) => block::block(ctx, &mut client, args),
        Command::Unblock { handle } => block::unblock(ctx, &mut client, handle),
        Command::NobodyNew { choice } => link::nobody_new(ctx, &mut client, choice.as_deref()),
        Command::Link(args) => link::link(ctx, &mut client, args),
        Command::List { blocked } => list(ctx, &mut client, *blocked),
    }
}

fn add(ctx: &Context, client: &mut Client, handle: &str, text: &str) -> Outcome {
    let mut network = online::network(ctx)?;
    let contact = if handle.starts_with("lacre://") {
        let link = ContactLink::parse(handle)
            .map_err(|why| ctx.failure("error-link", Exit::Usage, &[("why", ctx.words.say(address_trouble(why)).into())]))?;
        client.contact_add_by_link(&mut network, &link, text)
    } else {
        let handle = find::handle(ctx, handle)?;
        client.contact_add(&mut network, &handle, text)
    };
    let contact = contact.map_err(|t| ctx.trouble(t))?;
    let reached = online::round_with(ctx, client, &mut network)?;
    // an inbox that takes no requests says so at once
    let now = client.contacts().map_err(|t| ctx.trouble(t))?.into_iter().find(|c| c.account == contact.account);
    match now {
        Some(now) if now.state == ContactState::NotTaken => {
            Err(ctx.failure("error-not-taken", Exit::No, &[("name", now.handle.to_string().into())]))
        }
        now => said(ctx, &now.unwrap_or(contact), reached.yes()),
    }
}

fn answer(ctx: &Context, client: &mut Client, handle: &str, yes: bool) -> Outcome {
    let mut network = online::network(ctx)?;
    // The request may have arrived since the last command.
    online::round_with(ctx, client, &mut network)?;
    let account = find::contact(ctx, client, handle)?.account;
    let contact = if yes { client.contact_accept(&account) } else { client.contact_decline(&account) };
    let contact = contact.map_err(|t| ctx.trouble(t))?;
    let reached = online::round_with(ctx, client, &mut network)?;
    said(ctx, &contact, reached.yes())
}

fn accept_reset(ctx: &Context, client: &mut Client, typed: &str) -> Outcome {
    let mut network = online::network(ctx)?;
    online::round_with(ctx, client, &mut network)?;
    let handle = find::handle(ctx, typed)?;
    let contacts = client.contacts().map_err(|t| ctx.trouble(t))?;
    let old = contacts.into_iter().find(|c| c.handle == handle && c.new_account.is_some());
    let old = old.ok_or_else(|| ctx.failure("error-no-reset", Exit::No, &[("name", handle.to_string().into())]))?;
    let (contact, groups) = client.accept_reset(&old.account).map_err(|t| ctx.trouble(t))?;
    let reached = online::round_with(ctx, client, &mut network)?;
    let words = &ctx.words;
    let mut text = words.say_with("reset-accepted", &[("handle", handle.to_string().into())]);
    if !groups.is_empty() {
        let names: Vec<String> = groups.iter().map(|g| format!("«{}»", shown(&g.name))).collect();
        let args = [("handle", handle.to_string().into()), ("groups", names.join(", ").into())];
        text = format!("{text}\n{}", words.say_with("reset-groups", &args));
    }
    let json = object!({
        "contact": json::Contact::from(&contact),
        "groups": groups.iter().map(json::Conversation::from).collect::<Vec<_>>(),
        "relay_reached": reached.yes(),
    });
    ctx.result(&text, &json);
    Ok(Exit::Done)
}

fn said(ctx: &Context, contact: &Contact, reached: bool) -> Outcome {
    let args = [("handle", contact.handle.to_string().into())];
    let words = &ctx.words;
    let text = match contact.state {
        ContactState::Asked => words.say_with("contact-asked", &args),
        ContactState::Asking => words.say_with("contact-asking", &args),
        ContactState::Accepted => words.say_with("contact-accepted", &args),
        ContactState::Declined => words.say_with("contact-declined", &args),
        ContactState::NotTaken => words.say_with("contact-not-taken", &args),
    };
    ctx.result(&text, &object!({ "contact": json::Contact::from(contact), "relay_reached": reached }));
    Ok(Exit::Done)
}

fn list(ctx: &Context, client: &mut Client, blocked: bool) -> Outcome {
    let reached = online::round(ctx, client)?;
    let mut contacts = client.contacts().map_err(|t| ctx.trouble(t))?;
    contacts.retain(|c| c.blocked.is_some() == blocked);
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
            return vec![c.handle.to_string(), state, when(ctx, c.since), String::new()];
        }
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
        ctx.note(&words.say(if blocked { key("nobody-blocked") } else { key("no-contacts") }));
    }
    if contacts.iter().any(|c| c.state == ContactState::Asking) {
        ctx.note(&words.say("requests-next"));
    }
    Ok(Exit::Done)
}
