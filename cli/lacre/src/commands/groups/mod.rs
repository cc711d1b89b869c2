//! `lacre group create|add|remove|rename|describe|admin|settings|list|leave`.

use crate::context::{Context, Outcome};
use crate::online::{self, Reached};
use crate::{find, json, secret, show};
use lacre_core::view::{Conversation, ConversationId, Kind, Suite, Who};
use lacre_core::{Client, Trouble};
use lacre_words::failure::Exit;
use lacre_words::shown::paragraph;
use lacre_words::words::key;
use serde_json::json as object;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// a new group
    Create {
        #[arg(value_name = "NAME")]
        name: String,
        #[arg(value_name = "@HANDLE")]
        members: Vec<String>,
        #[arg(long, value_name = "x-wing|x25519", value_parser = ["x-wing", "x25519"], default_value = "x-wing", hide_possible_values = true)]
        suite: String,
    },
    /// more members
    Add {
        #[arg(value_name = "GROUP")]
        group: String,
        #[arg(value_name = "@HANDLE", required = true)]
        members: Vec<String>,
    },
    /// fewer members
    Remove {
        #[arg(value_name = "GROUP")]
        group: String,
        #[arg(value_name = "@HANDLE", required = true)]
        members: Vec<String>,
    },
    /// another name
    Rename {
        #[arg(value_name = "GROUP")]
        group: String,
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// what it is for
    Describe {
        #[arg(value_name = "GROUP")]
        group: String,
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// who may remove and change
    Admin {
        #[arg(value_name = "GROUP")]
        group: String,
        #[arg(value_name = "@HANDLE", required = true)]
        members: Vec<String>,
        #[arg(long)]
        revoke: bool,
    },
    /// who may add and write
    Settings {
        #[arg(value_name = "GROUP")]
        group: String,
        #[arg(long, value_name = "admins|everyone", value_parser = ["admins", "everyone"], hide_possible_values = true)]
        add: Option<String>,
        #[arg(long, value_name = "admins|everyone", value_parser = ["admins", "everyone"], hide_possible_values = true)]
        write: Option<String>,
    },
    /// show the groups
    List,
    /// go away from a group
    Leave {
        #[arg(value_name = "GROUP")]
        group: String,
    },
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    let mut client = secret::open(ctx)?;
    match command {
        Command::Create { name, members, suite } => {
            let suite = if suite == "x25519" { Suite::X25519 } else { Suite::XWing };
            if suite == Suite::X25519 {
                ctx.note(&ctx.words.say("group-not-post-quantum"));
            }
            // A contact may have said yes since the last command.
            online::round(ctx, &mut client)?;
            let accounts = find::contacts(ctx, &mut client, members)?;
            let id = client.create_group(name, &accounts, suite).map_err(|t| ctx.trouble(t))?;
            let reached = online::round(ctx, &mut client)?;
            said(ctx, &mut client, &id, key("group-created"), &reached)
        }
        Command::Add { group, members } => {
            online::round(ctx, &mut client)?;
            let group = find::group(ctx, &mut client, group)?.id;
            let accounts = find::contacts(ctx, &mut client, members)?;
            client.group_add(&group, &accounts).map_err(|t| ctx.trouble(t))?;
            let reached = online::round(ctx, &mut client)?;
            said(ctx, &mut client, &group, key("group-added"), &reached)
        }
        Command::Remove { group, members } => {
            online::round(ctx, &mut client)?;
            let group = find::group(ctx, &mut client, group)?;
            let accounts = find::members(ctx, &group, members)?;
            client.group_remove(&group.id, &accounts).map_err(|t| ctx.trouble(t))?;
            let reached = online::round(ctx, &mut client)?;
            said(ctx, &mut client, &group.id, key("group-removed"), &reached)
        }
        Command::List => list(ctx, &mut client),
        Command::Rename { group, name } => change(ctx, &mut client, group, |client, id| client.group_rename(id, name)),
        Command::Describe { group, text } => change(ctx, &mut client, group, |client, id| client.group_describe(id, text)),
        Command::Admin { group, members, revoke } => {
            online::round(ctx, &mut client)?;
            let found = find::group(ctx, &mut client, group)?;
            let accounts = find::members(ctx, &found, members)?;
            change(ctx, &mut client, group, |client, id| client.group_admins(id, &accounts, !revoke))
        }
        Command::Settings { group, add: None, write: None } => settings(ctx, &mut client, group),
        Command::Settings { group, add, write } => {
            let who = |text: &String| if text == "everyone" { Who::Everyone } else { Who::Admins };
            let (add, write) = (add.as_ref().map(who), write.as_ref().map(who));
            change(ctx, &mut client, group, |client, id| client.group_allow(id, add, write))
        }
        Command::Leave { group } => {
            online::round(ctx, &mut client)?;
            let group = find::group(ctx, &mut client, group)?;
            let heir = client.leave(&group.id).map_err(|t| ctx.trouble(t))?;
            let heir = heir.map(|heir| {
                let handle = group.members.iter().find(|m| m.account == heir).and_then(|m| m.handle.as_ref());
                show::name(&ctx.words, handle, heir)
            });
            let reached = online::round(ctx, &mut client)?;
            match heir {
                Some(heir) => said_with(ctx, &mut client, &group.id, key("group-left-heir"), &reached, Some(heir)),
                None => said(ctx, &mut client, &group.id, key("group-left"), &reached),
            }
        }
    }
}

fn change(
    ctx: &Context,
    client: &mut Client,
    group: &str,
    act: impl FnOnce(&mut Client, &ConversationId) -> Result<(), Trouble>,
) -> Outcome {
    online::round(ctx, client)?;
    let id = find::group(ctx, client, group)?.id;
    act(client, &id).map_err(|t| ctx.trouble(t))?;
    let reached = online::round(ctx, client)?;
    said(ctx, client, &id, key("group-changed"), &reached)
}

fn settings(ctx: &Context, client: &mut Client, group: &str) -> Outcome {
    let reached = online::round(ctx, client)?;
    let id = find::group(ctx, client, group)?.id;
    said(ctx, client, &id, key("group-settings"), &reached)
}

/// What the group allows to whom, and what it is for.
fn rules(ctx: &Context, group: &Conversation) -> Vec<String> {
    let add = show::may_key(group.may_add, key("group-may-add-admins"), key("group-may-add-everyone"));
    let write = show::may_key(group.may_write, key("group-may-write-admins"), key("group-may-write-everyone"));
    let mut out = vec![format!("{} {}", ctx.words.say(add), ctx.words.say(write))];
    if !group.description.is_empty() {
        out.insert(0, paragraph(&group.description, "    | "));
    }
    out
}

/// What was asked for, and whether it is done or waits.
fn said(ctx: &Context, client: &mut Client, id: &ConversationId, key: &'static str, reached: &Reached) -> Outcome {
    said_with(ctx, client, id, key, reached, None)
}

fn said_with(
    ctx: &Context,
    client: &mut Client,
    id: &ConversationId,
    key: &'static str,
    reached: &Reached,
    heir: Option<String>,
) -> Outcome {
    let all = client.conversations().map_err(|t| ctx.trouble(t))?;
    let waits = client.outbox().map_err(|t| ctx.trouble(t))?.iter().any(|w| w.conversation.as_ref() == Some(id));
    let short = find::short(&id.to_hex(), find::short_length(&all));
    let group = all.iter().find(|c| c.id == *id);
    let name = group.map(|c| show::title(&ctx.words, c)).unwrap_or_default();
    let args = [("name", name.into()), ("id", short.into()), ("heir", heir.unwrap_or_default().into())];
    let mut text = ctx.words.say_with(key, &args);
    if key == "group-settings"
        && let Some(group) = group
    {
        for line in rules(ctx, group) {
            text.push_str("\n    ");
            text.push_str(&line);
        }
    }
    if waits {
        text.push('\n');
        text.push_str(&ctx.words.say("change-waits"));
    }
    let group = group.map(json::Conversation::from);
    ctx.result(&text, &object!({ "group": group, "waiting": waits, "relay_reached": reached.yes() }));
    Ok(Exit::Done)
}

fn list(ctx: &Context, client: &mut Client) -> Outcome {
    let reached = online::round(ctx, client)?;
    let all = client.conversations().map_err(|t| ctx.trouble(t))?;
    let length = find::short_length(&all);
    let groups: Vec<_> = all.iter().filter(|c| c.kind == Kind::Group).collect();
    let mut text = Vec::new();
    for group in &groups {
        let standing = show::standing(&ctx.words, group.standing);
        let suite = show::suite(&ctx.words, group.suite);
        let head = [find::short(&group.id.to_hex(), length), show::title(&ctx.words, group), standing, suite];
        text.push(head.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  "));
        text.extend(rules(ctx, group).into_iter().map(|line| format!("    {line}")));
        let mut accounts: Vec<_> = group.members.iter().map(|m| (m.account, m.handle.as_ref(), m.admin)).collect();
        accounts.sort_by_key(|(account, ..)| *account);
        accounts.dedup_by_key(|(account, ..)| *account);
        for (account, handle, admin) in accounts {
            let admin = if admin { ctx.words.say("admin") } else { String::new() };
            text.push(format!("    {}  {admin}", show::name(&ctx.words, handle, account)).trim_end().to_owned());
        }
    }
    let json: Vec<json::Conversation> = groups.iter().copied().map(json::Conversation::from).collect();
    ctx.result(&text.join("\n"), &object!({ "groups": json, "relay_reached": reached.yes() }));
    if groups.is_empty() {
        ctx.note(&ctx.words.say("no-groups"));
    }
    Ok(Exit::Done)
}
