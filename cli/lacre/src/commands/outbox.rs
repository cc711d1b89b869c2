//! `lacre outbox [retry|cancel]`: what has not been delivered yet.

use crate::context::{Context, Outcome};
use crate::when::when;
use crate::{json, online, secret, show};
use lacre_core::Client;
use lacre_core::view::{Conversation, Waiting, WaitingKind};
use lacre_words::cause::cause_in;
use lacre_words::failure::Exit;
use serde_json::json as object;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// try now
    Retry {
        #[arg(value_name = "ID")]
        id: u64,
    },
    /// do not send it
    Cancel {
        #[arg(value_name = "ID")]
        id: u64,
    },
}

pub(crate) fn run(ctx: &Context, command: Option<&Command>) -> Outcome {
    let mut client = secret::open(ctx)?;
    match command {
        None => {
            let reached = online::round(ctx, &mut client)?;
            list(ctx, &mut client, Some(reached.yes()))
        }
        Some(Command::Retry { id }) => {
            client.outbox_retry(*id).map_err(|t| ctx.trouble(t))?;
            let reached = online::round(ctx, &mut client)?;
            list(ctx, &mut client, Some(reached.yes()))
        }
        Some(Command::Cancel { id }) => {
            let untouched = client.outbox_cancel(*id).map_err(|t| ctx.trouble(t))?;
            ctx.note(&if untouched { ctx.words.say("cancelled") } else { ctx.words.say("cancelled-begun") });
            // The relay is not asked: it would be strange to send the rest because one thing shall not be sent.
            list(ctx, &mut client, None)
        }
    }
}

fn list(ctx: &Context, client: &mut Client, reached: Option<bool>) -> Outcome {
    let waiting = client.outbox().map_err(|t| ctx.trouble(t))?;
    let all = client.conversations().map_err(|t| ctx.trouble(t))?;
    let rows: Vec<Vec<String>> = waiting.iter().map(|w| row(ctx, &all, w)).collect();
    let json: Vec<json::Waiting> = waiting.iter().map(json::Waiting::from).collect();
    ctx.result(&show::rows(ctx, &rows), &object!({ "outbox": json, "relay_reached": reached }));
    if waiting.is_empty() {
        ctx.note(&ctx.words.say("outbox-empty"));
    }
    Ok(Exit::Done)
}

fn row(ctx: &Context, all: &[Conversation], w: &Waiting) -> Vec<String> {
    let words = &ctx.words;
    let to = match w.conversation.as_ref().and_then(|id| all.iter().find(|c| c.id == *id)) {
        Some(c) => show::cut(&show::title(words, c), 20),
        None => show::short(&w.conversation.as_ref().map(|id| id.to_hex()).unwrap_or_default(), 8),
    };
    let what = match w.what {
        WaitingKind::Text => words.say("waits-text"),
        WaitingKind::File => words.say("waits-file"),
        WaitingKind::Change => words.say("waits-change"),
        WaitingKind::Upkeep => words.say("waits-upkeep"),
        WaitingKind::Seal => words.say("waits-seal"),
        WaitingKind::Invitation => words.say("waits-invitation"),
        WaitingKind::Request => words.say("waits-request"),
        WaitingKind::NoticeAnswer => words.say("waits-notice-answer"),
    };
    let trouble = match (&w.not_added, &w.trouble) {
        (Some(why), _) => show::not_added(words, why),
        (None, why) => why.as_deref().map(|why| cause_in(words, why)).unwrap_or_default(),
    };
    vec![w.id.to_string(), what, to, when(ctx, w.since), trouble]
}
