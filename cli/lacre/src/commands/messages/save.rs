//! `lacre save MESSAGE [--to DIR]`: the file of a message, under a harmless name, over nothing that is there.

use crate::context::{Context, Outcome};
use crate::{ended, find, online, secret};
use lacre_core::FileTrouble;
use lacre_core::view::Body;
use lacre_words::cause::cause;
use lacre_words::failure::Exit;
use lacre_words::shown::{file_name, shown};
use serde_json::json as object;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "MESSAGE")]
    message: String,
    #[arg(long, value_name = "DIR", default_value = ".")]
    to: PathBuf,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut client = secret::open(ctx)?;
    let mut network = online::network(ctx, &mut client)?;
    let message = find::message(ctx, &mut client, &args.message)?;
    let Body::File { name, .. } = &message.body else {
        return Err(ctx.trouble(lacre_core::Trouble::File(FileTrouble::NotAFile)));
    };
    let name = file_name(name, &ctx.words.say("unnamed-file"));
    let failed = |why: &std::io::Error| {
        let dir = shown(&args.to.display().to_string());
        ctx.failure("error-cannot-save", Exit::CouldNotAsk, &[("dir", dir.into()), ("why", cause(&ctx.words, why).into())])
    };
    let mut part = ended::part(&args.to, &name).map_err(|e| failed(&e))?;
    let size = client.save_file(&mut network, &message, &mut part.file).map_err(|t| ctx.trouble(t))?;
    let path = part.keep(&args.to, &name).map_err(|e| failed(&e))?;
    let text = shown(&path.display().to_string());
    ctx.result(&text, &object!({ "path": path.display().to_string(), "size": size, "message": message.id.to_string() }));
    Ok(Exit::Done)
}
