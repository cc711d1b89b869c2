//! `lacre agency show BATCH [--row N [--to-me]]`: a batch, or a row as its person will see it; also in an official's own program.

use super::{find, line, value};
use crate::ask;
use crate::commands::agency::own::{self, Evidence};
use crate::commands::agency::send;
use crate::commands::notice::body::shown_text;
use crate::context::{Context, Outcome};
use lacre_agency::{Attachment, Batch, BatchRow, Beside, Body, NewNotice, RowFault};
use lacre_words::failure::{Exit, Failure};
use lacre_words::screen::size;
use lacre_words::shown::shown;
use serde_json::{Value, json as object};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "BATCH")]
    batch: String,
    #[arg(long, value_name = "N")]
    row: Option<u64>,
    #[arg(long, requires = "row")]
    to_me: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut body = own::open(ctx)?;
    let batch = find(ctx, &mut body, &args.batch)?;
    let Some(number) = args.row else {
        let counts = body.counts(batch.id).map_err(|e| own::trouble(ctx, e))?;
        ctx.result(&line(ctx, &batch, &counts), &value(&batch, &counts));
        return Ok(Exit::Done);
    };
    let evidence = Evidence::of(ctx)?;
    let row = row_of(ctx, &mut body, &batch, number)?;
    let new = match body.row_says(&evidence, &batch, &row) {
        Ok(new) => new,
        Err(RowFault::Notice(why)) => return Err(own::trouble(ctx, why)),
        Err(why) => {
            let args = [("line", row.line.to_string().into()), ("why", shown(&why.to_string()).into())];
            return Err(ctx.failure("error-batch-row", Exit::No, &args));
        }
    };
    if args.to_me {
        return send::at_once(ctx, &mut body, evidence, &NewNotice { run: ask::run(ctx)?, beside: Beside::Trial, ..new });
    }
    let number = row.index.saturating_add(1);
    ctx.long_result(&row_text(ctx, (number, row.line), &new, &[]), &said(&row, &new));
    Ok(Exit::Done)
}

/// A row by its number, from 1, as people count.
fn row_of(ctx: &Context, body: &mut Body, batch: &Batch, number: u64) -> Result<BatchRow, Failure> {
    let index = number.checked_sub(1);
    let mut page = match index {
        Some(index) => body.batch_rows(batch.id, index).map_err(|e| own::trouble(ctx, e))?,
        None => Vec::new(),
    };
    page.truncate(1);
    page.pop().ok_or_else(|| {
        ctx.failure(
            "error-batch-no-row",
            Exit::No,
            &[("row", number.to_string().into()), ("rows", batch.rows.to_string().into())],
        )
    })
}

/// A row, its number and line, as its person will see it; behind its files `attached`, each with its bytes if they are at hand.
pub(crate) fn row_text(
    ctx: &Context,
    (number, line): (u64, u64),
    new: &NewNotice,
    attached: &[(&Attachment, Option<&[u8]>)],
) -> String {
    let head = ctx.words.say_with(
        "batch-row",
        &[
            ("row", number.to_string().into()),
            ("line", line.to_string().into()),
            ("run", new.run.canonical().into()),
            ("case", shown(&new.case).into()),
            ("procedure", shown(&new.procedure).into()),
            ("subject", shown(&new.subject).into()),
            ("description", shown(&new.description).into()),
        ],
    );
    let own = new.files.iter().map(|f| (f.name.as_str(), f.media.as_str(), len(&f.bytes), Some(f.bytes.as_slice())));
    let attached = attached.iter().map(|(f, bytes)| (f.name.as_str(), f.media.as_str(), f.len, *bytes));
    let mut parts = vec![head];
    for (i, (name, media, bytes, content)) in own.chain(attached).enumerate() {
        let about = [("name", shown(name).into()), ("media", shown(media).into()), ("size", size(&ctx.words, bytes).into())];
        parts.push(ctx.words.say_with("batch-row-file", &about));
        if let (0, Some(content)) = (i, content) {
            parts.push(shown_text(&String::from_utf8_lossy(content), media));
        }
    }
    parts.join("\n")
}

fn len(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn said(row: &BatchRow, new: &NewNotice) -> Value {
    let files: Vec<Value> =
        new.files.iter().map(|f| object!({ "name": f.name, "media": f.media, "bytes": f.bytes.len() })).collect();
    let body = new.files.first().map(|f| String::from_utf8_lossy(&f.bytes).into_owned());
    object!({
        "row": row.index.saturating_add(1), "line": row.line, "run": row.run, "case": new.case, "procedure": new.procedure,
        "subject": new.subject, "description": new.description, "body": body, "files": files, "address": row.address,
    })
}
