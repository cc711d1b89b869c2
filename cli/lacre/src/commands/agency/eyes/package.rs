//! `lacre agency package BATCH --to FILE`: a batch as one file, for the officials who look at it and approve it.

use crate::commands::agency::batch::{find, short};
use crate::commands::agency::own::{self, Evidence};
use crate::context::{Context, Outcome};
use crate::files;
use lacre_agency::BodyTrouble;
use lacre_agency::package::RowFiles;
use lacre_words::failure::Exit;
use lacre_words::screen::size;
use lacre_words::shown::shown;
use serde_json::json as object;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "BATCH")]
    batch: String,
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[arg(long)]
    without_row_files: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    files::vacant(ctx, &args.to)?;
    let (mut body, evidence) = (own::open(ctx)?, Evidence::of(ctx)?);
    let batch = find(ctx, &mut body, &args.batch)?;
    let part = files::part(ctx, &args.to)?;
    let row_files = if args.without_row_files { RowFiles::Without } else { RowFiles::With };
    let packed = body.package(&evidence, &batch, row_files, &part.file).map_err(|e| match e {
        BodyTrouble::Archive(why) => files::unusable(ctx, &args.to, &why),
        other => own::trouble(ctx, other),
    })?;
    part.keep_as(&args.to).map_err(|e| files::unusable(ctx, &args.to, &e))?;
    let path = args.to.display().to_string();
    let said = [
        ("id", short(&batch).into()),
        ("rows", packed.rows.to_string().into()),
        ("size", size(&ctx.words, packed.bytes).into()),
        ("path", shown(&path).into()),
    ];
    let value = object!({ "batch": batch.id.to_string(), "rows": packed.rows, "bytes": packed.bytes, "to": path });
    ctx.result(&ctx.words.say_with("package-written", &said), &value);
    Ok(Exit::Done)
}
