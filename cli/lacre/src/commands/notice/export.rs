//! `lacre notice export NOTICE --to DIR [--without-body]`: what proves it to others, as files of a new folder.

use super::find;
use crate::context::{Context, Outcome};
use crate::{ended, online};
use lacre_core::Client;
use lacre_words::cause::cause;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::json;
use std::io::Write as _;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "NOTICE")]
    notice: String,
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    #[arg(long)]
    without_body: bool,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    let reached = online::round_to_read(ctx, client)?;
    let notice = find(ctx, client, &args.notice)?;
    let export = client.export_notice(notice.id, !args.without_body).map_err(|t| ctx.trouble(t))?;
    let failed = |why: &std::io::Error| {
        let dir = shown(&args.to.display().to_string());
        ctx.failure("error-cannot-save", Exit::CouldNotAsk, &[("dir", dir.into()), ("why", cause(&ctx.words, why).into())])
    };
    std::fs::create_dir_all(&args.to).map_err(|e| failed(&e))?;
    let mut files = Vec::new();
    for (name, bytes) in &export.files {
        let mut part = ended::part(&args.to, name).map_err(|e| failed(&e))?;
        part.file.write_all(bytes).map_err(|e| failed(&e))?;
        files.push(part.keep(&args.to, name).map_err(|e| failed(&e))?.display().to_string());
    }
    let path = args.to.display().to_string();
    let text = ctx.words.say_with("notice-exported", &[("path", shown(&path).into()), ("count", files.len().into())]);
    ctx.result(&text, &json!({ "path": path, "files": files, "notice": notice.id.to_hex(), "relay_reached": reached.yes() }));
    ctx.note(&ctx.words.say("notice-export-in-clear"));
    Ok(Exit::Done)
}
