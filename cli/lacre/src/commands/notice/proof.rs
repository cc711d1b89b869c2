//! `lacre notice proof --out FILE`: the relay's words for what the casillas hold, in one file: that nothing was there, or that it kept
//! something back.

use crate::context::{Context, Outcome};
use crate::when::phrase;
use crate::{files, online};
use lacre_core::Client;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::json;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    files::vacant(ctx, &args.out)?;
    let reached = online::round_to_read(ctx, client)?;
    let heads = client.export_heads().map_err(|t| ctx.trouble(t))?;
    let Some(newest) = heads.newest.filter(|_| heads.notes > 0) else {
        return Err(ctx.failure("error-no-heads", Exit::No, &[]));
    };
    files::put(ctx, &args.out, &heads.bytes)?;
    let path = args.out.display().to_string();
    let said = [
        ("path", shown(&path).into()),
        ("casillas", heads.casillas.into()),
        ("count", heads.notes.into()),
        ("when", phrase(ctx, newest).into()),
    ];
    let result = json!({
        "path": path, "casillas": heads.casillas, "heads": heads.notes, "newest": newest.to_string(), "relay_reached": reached.yes(),
    });
    ctx.result(&ctx.words.say_with("notice-proof-written", &said), &result);
    ctx.note(&ctx.words.say("notice-proof-next"));
    Ok(Exit::Done)
}
