//! `lacre conversation mute|archive|delete`: how this person treats a conversation. Nobody is told.

pub(crate) mod delete;

use crate::context::{Context, Outcome};
use crate::{find, json, secret, show};
use lacre_core::Client;
use lacre_core::view::ConversationId;
use lacre_words::failure::Exit;
use lacre_words::words::key;
use serde_json::json as object;

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// no noise
    Mute(Args),
    /// out of the way
    Archive(Args),
    /// its history, here
    Delete(delete::Args),
}

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "CONVERSATION")]
    conversation: String,
    #[arg(long)]
    off: bool,
}

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    let mut client = secret::open(ctx)?;
    match command {
        Command::Mute(args) => {
            let id = find::conversation(ctx, &mut client, &args.conversation)?.id;
            client.set_muted(&id, !args.off).map_err(|t| ctx.trouble(t))?;
            said(ctx, &mut client, &id, if args.off { key("conversation-heard") } else { key("conversation-muted") })
        }
        Command::Archive(args) => {
            let id = find::conversation(ctx, &mut client, &args.conversation)?.id;
            client.set_archived(&id, !args.off).map_err(|t| ctx.trouble(t))?;
            said(ctx, &mut client, &id, if args.off { key("conversation-back") } else { key("conversation-archived") })
        }
        Command::Delete(args) => delete::run(ctx, &mut client, args),
    }
}

fn said(ctx: &Context, client: &mut Client, id: &ConversationId, sentence: &'static str) -> Outcome {
    let now = client.conversation(id).map_err(|t| ctx.trouble(t))?;
    let text = ctx.words.say_with(sentence, &[("name", show::title(&ctx.words, &now).into())]);
    ctx.result(&text, &object!({ "conversation": json::Conversation::from(&now) }));
    Ok(Exit::Done)
}
