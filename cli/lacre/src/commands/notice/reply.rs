//! `lacre notice reply NOTICE TEXT [--file FILE]…`: to the body, with the relay's receipt, which proves when.

use super::{find, goes_on, object};
use crate::context::{Context, Outcome};
use crate::{files, online, when};
use lacre_core::view::ReplyFile;
use lacre_core::{Client, NoticeTrouble, Trouble, limits};
use lacre_words::failure::Exit;
use serde_json::json;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "NOTICE")]
    notice: String,
    #[arg(value_name = "TEXT")]
    text: String,
    #[arg(long = "file", value_name = "FILE")]
    files: Vec<PathBuf>,
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    online::round(ctx, client)?;
    online::may_write(ctx, client)?;
    let notice = find(ctx, client, &args.notice)?;
    let no = match &notice.content {
        Err(_) => Some(NoticeTrouble::Invalid),
        Ok(genuine) if !genuine.takes_answers => Some(NoticeTrouble::TakesNoAnswers),
        Ok(_) => None,
    };
    if let Some(no) = no {
        return Err(ctx.trouble(Trouble::Notice(no)));
    }
    let mut read = Vec::new();
    for path in &args.files {
        let bytes = files::bytes(ctx, path, limits::MAX_REPLY)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        read.push((name, bytes));
    }
    if !goes_on(ctx, client, args.yes, &notice)? {
        ctx.result(
            &ctx.words.say("notice-not-answered"),
            &json!({ "notice": object::of(&ctx.words, &notice), "relay_reached": null }),
        );
        return Ok(Exit::No);
    }
    let files: Vec<ReplyFile<'_>> =
        read.iter().map(|(name, bytes)| ReplyFile { name, media: "application/octet-stream", bytes }).collect();
    client.reply_to_notice(notice.id, &args.text, &files).map_err(|t| ctx.trouble(t))?;
    let reached = online::deliver(ctx, client)?;
    let notice = client.notice(notice.id).map_err(|t| ctx.trouble(t))?;
    let text = match notice.replies.last().and_then(|reply| reply.accepted_at) {
        Some(at) => ctx.words.say_with("notice-reply-stored", &[("when", when::phrase(ctx, at).into())]),
        None => ctx.words.say("notice-answer-waits"),
    };
    ctx.result(&text, &json!({ "notice": object::of(&ctx.words, &notice), "relay_reached": reached.yes() }));
    Ok(Exit::Done)
}
