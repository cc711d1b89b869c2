//! `lacre group …`: who is in, who may what, and what it is for.

pub(crate) mod add;
pub(crate) mod admin;
pub(crate) mod again;
pub(crate) mod create;
pub(crate) mod describe;
pub(crate) mod leave;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod rename;
pub(crate) mod settings;

use crate::context::{Context, Outcome};
use crate::online::{self, Reached};
use crate::{find, json, secret, show};
use lacre_core::view::{Conversation, ConversationId, Waiting, WaitingKind};
use lacre_core::{Client, Trouble};
use lacre_words::failure::Exit;
use lacre_words::shown::{paragraph, shown};
use lacre_words::words::key;
use serde_json::json as object;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// a new group
    Create(create::Args),
    /// more members
    Add(add::Args),
    /// fewer members
    Remove(remove::Args),
    /// another name
    Rename(rename::Args),
    /// what it is for
    Describe(describe::Args),
    /// who may remove and change
    Admin(admin::Args),
    /// who may add and write
    Settings(settings::Args),
    /// another one in the place of one that ended
    Again(again::Args),
    /// show the groups
    List,
    /// go away from a group
    Leave(leave::Args),
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    let mut client = secret::open(ctx)?;
    match command {
        Command::Create(args) => create::run(ctx, &mut client, args),
        Command::Add(args) => add::run(ctx, &mut client, args),
        Command::Remove(args) => remove::run(ctx, &mut client, args),
        Command::Rename(args) => rename::run(ctx, &mut client, args),
        Command::Describe(args) => describe::run(ctx, &mut client, args),
        Command::Admin(args) => admin::run(ctx, &mut client, args),
        Command::Settings(args) => settings::run(ctx, &mut client, args),
        Command::Again(args) => again::run(ctx, &mut client, args),
        Command::List => list::run(ctx, &mut client),
        Command::Leave(args) => leave::run(ctx, &mut client, args),
    }
}

/// One change of what everybody in the group sees.
fn change(
    ctx: &Context,
    client: &mut Client,
    group: &str,
    act: impl FnOnce(&mut Client, &ConversationId) -> Result<(), Trouble>,
) -> Outcome {
    online::round(ctx, client)?;
    online::may_write(ctx, client)?;
    let id = find::group(ctx, client, group)?.id;
    act(client, &id).map_err(|t| ctx.trouble(t))?;
    let reached = online::deliver(ctx, client)?;
    said(ctx, client, &id, Told::Sentence(key("group-changed")), &reached)
}

/// What the group allows to whom, and what it is for.
fn rules(ctx: &Context, group: &Conversation) -> Vec<String> {
    let add = show::may_key(group.may_add, key("group-may-add-admins"), key("group-may-add-everyone"));
    let write = show::may_key(group.may_write, key("group-may-write-admins"), key("group-may-write-everyone"));
    let mut out = vec![format!("{} {}", ctx.words.say(add), ctx.words.say(write))];
    if !group.description.is_empty() {
        // its first line too: it could look like that of a member
        out.insert(0, format!("| {}", paragraph(&group.description, "    | ")));
    }
    out
}

/// What is told of a group behind a command.
enum Told {
    /// a new group, with this sentence
    Made(&'static str),
    /// this sentence, once it is so
    Sentence(&'static str),
    /// what it allows to whom
    Rules,
    /// the person is gone, and this one decides now
    Heir(String),
}

/// What was asked for, and whether it is done or waits.
fn said(ctx: &Context, client: &mut Client, id: &ConversationId, told: Told, reached: &Reached) -> Outcome {
    let all = client.conversations().map_err(|t| ctx.trouble(t))?;
    let waits = client.outbox().map_err(|t| ctx.trouble(t))?.iter().any(|w| w.conversation.as_ref() == Some(id));
    let short = show::short(&id.to_hex(), find::short_length(&all));
    let group = all.iter().find(|c| c.id == *id);
    let name = group.map(|c| shown(&c.name)).unwrap_or_default();
    let sentence = |key: &'static str, heir: String| {
        ctx.words.say_with(key, &[("name", name.into()), ("id", short.into()), ("heir", heir.into())])
    };
    // who could not be added has a line of its own
    let change = |w: &Waiting| {
        let asked = !matches!(w.what, WaitingKind::Text | WaitingKind::File);
        w.conversation.as_ref() == Some(id) && w.not_added.is_none() && asked
    };
    let not_yet = client.outbox().map_err(|t| ctx.trouble(t))?.iter().any(change);
    let mut text = match told {
        // a group is made here; all else is done once the relay has it
        Told::Made(key) => sentence(key, String::new()),
        Told::Sentence(_) | Told::Heir(_) if not_yet => sentence(key("group-settings"), String::new()),
        Told::Sentence(key) => sentence(key, String::new()),
        Told::Heir(heir) => sentence(key("group-left-heir"), heir),
        Told::Rules => {
            let rules = group.map(|group| rules(ctx, group)).unwrap_or_default();
            let lines = rules.into_iter().map(|line| format!("\n    {line}"));
            sentence(key("group-settings"), String::new()) + &lines.collect::<String>()
        }
    };
    if not_yet {
        text.push('\n');
        text.push_str(&ctx.words.say("change-waits"));
    }
    for line in group.map(|group| show::invited(&ctx.words, group)).unwrap_or_default() {
        text.push('\n');
        text.push_str(&line);
    }
    let group = group.map(json::Conversation::from);
    ctx.result(&text, &object!({ "group": group, "waiting": waits, "relay_reached": reached.yes() }));
    Ok(Exit::Done)
}
