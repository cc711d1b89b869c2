//! `lacre send TO TEXT|- [--file F]…`: stored first, delivered when there is a relay.

use crate::context::{Context, Outcome};
use crate::{files, find, json, online, secret, show};
use lacre_core::limits::MAX_TEXT;
use lacre_core::view::{ContactState, Delivery, Message};
use lacre_core::{Client, MessageTrouble, Outgoing, Trouble};
use lacre_words::cause::cause;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use serde_json::json as object;
use std::io::Read as _;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "TO")]
    to: String,
    #[arg(value_name = "TEXT", required_unless_present = "file")]
    text: Option<String>,
    #[arg(long, value_name = "FILE")]
    file: Vec<PathBuf>,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    // All files are opened before anything is stored: a mistyped name sends nothing.
    let mut files = args.file.iter().map(|path| files::sendable(ctx, path)).collect::<Result<Vec<_>, _>>()?;
    let text = match args.text.as_deref() {
        Some("-") => Some(piped(ctx)?),
        other => other.map(str::to_owned),
    };
    let mut client = secret::open(ctx)?;
    online::may_write(ctx, &mut client)?;
    let mut network = online::network(ctx, &mut client)?;
    let (mut sent, mut sent_to) = (Vec::new(), None);
    if find::is_own(ctx, &mut client, &args.to)? {
        client.notes().map_err(|t| ctx.trouble(t))?;
    }
    let held = to_contact_without_conversation(ctx, &mut client, args, text.as_deref())?;
    if !held {
        let to = match find::conversation(ctx, &mut client, &args.to) {
            Ok(found) => found.id,
            // an invitation to it may be waiting at the relay
            Err(_) => {
                online::round_with(ctx, &mut client, &mut network)?;
                find::conversation(ctx, &mut client, &args.to)?.id
            }
        };
        let outgoing = files.iter_mut().map(|f| Outgoing { name: &f.name, content: &mut f.file, size: f.size }).collect();
        sent = client.send_all(&to, text.as_deref(), outgoing).map_err(|t| ctx.trouble(t))?;
        sent_to = Some(to);
    }
    let reached = online::deliver_with(ctx, &mut client, &mut network)?;
    let now: Vec<Message> = sent.into_iter().map(|m| client.find_message(&m.id.to_string()).unwrap_or(m)).collect();
    let waiting = now.iter().filter(|m| m.delivery == Delivery::Waiting).count();
    if let (Some(to), true) = (&sent_to, waiting > 0) {
        show::goes_out(ctx, &mut client, to)?;
    }
    let absent = match sent_to.as_ref() {
        Some(to) if waiting > 0 => show::invited(&ctx.words, &client.conversation(to).map_err(|t| ctx.trouble(t))?),
        _ => Vec::new(),
    };
    let text = if held {
        ctx.words.say_with("held", &[("name", shown(&args.to).into())])
    } else if waiting == 0 {
        ctx.words.say_with("sent", &[("count", now.len().into()), ("ids", show::ids(&now).into())])
    } else {
        let lines = absent.iter().map(|line| format!("\n{line}")).collect::<String>();
        ctx.words.say_with("sent-waiting", &[("count", waiting.into()), ("ids", show::ids(&now).into())]) + &lines
    };
    let messages: Vec<json::Message> = now.iter().map(json::Message::from).collect();
    ctx.result(&text, &object!({ "messages": messages, "waiting": waiting + usize::from(held), "relay_reached": reached.yes() }));
    Ok(Exit::Done)
}

/// A text to somebody who has not said yes yet is kept, and goes out when there is a conversation.
fn to_contact_without_conversation(ctx: &Context, client: &mut Client, args: &Args, text: Option<&str>) -> Result<bool, Failure> {
    if !args.to.starts_with('@') || find::is_own(ctx, client, &args.to)? {
        return Ok(false);
    }
    let contact = find::contact(ctx, client, &args.to)?;
    let contacts = client.contacts().map_err(|t| ctx.trouble(t))?;
    if contacts.iter().any(|c| c.handle == contact.handle && c.new_account.is_some()) {
        return Err(ctx.failure("error-new-account", Exit::No, &[]));
    }
    if contact.conversation.is_some() {
        return Ok(false);
    }
    let name = || [("name", contact.handle.to_string().into())];
    match (contact.state, text) {
        _ if contact.blocked.is_some() => Err(ctx.failure("error-blocked", Exit::No, &name())),
        (ContactState::NotTaken, _) => Err(ctx.failure("error-not-taken", Exit::No, &name())),
        (ContactState::Asking, _) => Err(ctx.failure("error-accept-first", Exit::No, &name())),
        (ContactState::Declined, _) => Err(ctx.failure("error-declined", Exit::No, &name())),
        (ContactState::Asked | ContactState::Accepted, Some(text)) if args.file.is_empty() => {
            client.send_to_contact(&contact.account, text).map(|()| true).map_err(|t| ctx.trouble(t))
        }
        (ContactState::Asked | ContactState::Accepted, _) => Err(ctx.failure("error-not-accepted", Exit::No, &name())),
    }
}

/// What another program says, without its last line end.
fn piped(ctx: &Context) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_TEXT).unwrap_or(u64::MAX);
    // no more is read than shows that it is too long
    std::io::stdin().take(most + 2).read_to_end(&mut bytes).map_err(|e| {
        ctx.failure("error-file", Exit::CouldNotAsk, &[("name", "-".into()), ("why", cause(&ctx.words, &e).into())])
    })?;
    let text = String::from_utf8(bytes);
    let mut text = match text {
        Err(e) if e.as_bytes().len() <= MAX_TEXT => return Err(ctx.failure("error-not-text", Exit::Usage, &[])),
        Err(_) => return Err(ctx.trouble(Trouble::Message(MessageTrouble::TooLong { limit: most }))),
        Ok(text) => text,
    };
    if text.ends_with('\n') {
        text.pop();
    }
    if text.len() > MAX_TEXT { Err(ctx.trouble(Trouble::Message(MessageTrouble::TooLong { limit: most }))) } else { Ok(text) }
}
