//! `lacre contact …`: who may write to this person.

pub(crate) mod accept_reset;
pub(crate) mod add;
pub(crate) mod answer;
pub(crate) mod block;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod name;
pub(crate) mod nobody_new;
pub(crate) mod unblock;
pub(crate) mod verify;

use crate::context::{Context, Outcome};
use crate::{json, secret};
use lacre_core::Client;
use lacre_core::view::{Contact, ContactState};
use lacre_words::failure::{Exit, Failure};
use lacre_words::words::key;
use serde_json::json as object;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// ask somebody
    Add(add::Args),
    /// say yes to somebody who asks
    Accept(answer::Args),
    /// say no to somebody who asks
    Decline(answer::Args),
    /// compare keys
    Verify(verify::Args),
    /// take the new account for the person
    AcceptReset(accept_reset::Args),
    /// keep somebody away
    Block(block::Args),
    /// no longer
    Unblock(unblock::Args),
    /// who may ask
    NobodyNew(nobody_new::Args),
    /// ask by this
    Link(link::Args),
    /// what one calls them
    Name(name::Args),
    /// show contacts and requests
    List(list::Args),
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    let mut client = secret::open(ctx)?;
    match command {
        Command::Add(args) => add::run(ctx, &mut client, args),
        Command::Accept(args) => answer::run(ctx, &mut client, args, true),
        Command::Decline(args) => answer::run(ctx, &mut client, args, false),
        Command::Verify(args) => verify::run(ctx, &mut client, args),
        Command::AcceptReset(args) => accept_reset::run(ctx, &mut client, args),
        Command::Block(args) => block::run(ctx, &mut client, args),
        Command::Unblock(args) => unblock::run(ctx, &mut client, args),
        Command::NobodyNew(args) => nobody_new::run(ctx, &mut client, args),
        Command::Link(args) => link::run(ctx, &mut client, args),
        Command::Name(args) => name::run(ctx, &mut client, args),
        Command::List(args) => list::run(ctx, &mut client, args),
    }
}

/// What holds once the relay was told, or that it was not told yet: a round that answered may have failed at this alone.
pub(crate) fn told(ctx: &Context, client: &mut Client, done: &'static str) -> Result<String, Failure> {
    let told = client.relay_told().map_err(|t| ctx.trouble(t))?;
    Ok(ctx.words.say(if told { done } else { key("relay-told-later") }))
}

/// How things stand between the two now.
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
