//! `lacre agency show BATCH [--row N [--to-me]]`: a batch, or a row as its person will see it; also in an official's own program.

use super::{find, line, value};
use crate::ask;
use crate::commands::agency::own::{self, Evidence};
use crate::commands::agency::send;
use crate::commands::notice::body::shown_text;
use crate::context::{Context, Outcome};
use lacre_agency::{Attachment, Batch, BatchRow, Beside, Body, NewNotice, RowFault};
use lacre_evidence::{Act, Stage};
use lacre_words::failure::{Exit, Failure};
use lacre_words::screen::size;
use lacre_words::shown::shown;
use lacre_words::wrap::apart;
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
    let standing = match new.beside {
        Beside::Nothing | Beside::Answers(_) => "original".to_owned(),
        Beside::Trial => "trial".to_owned(),
        Beside::Copy(of) => format!("copy {of}"),
        Beside::Corrects(of) => format!("corrects {of}"),
    };
    ctx.long_result(&row_text(ctx, (number, row.line), &new, &standing, &[]), &said(&row, &new));
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

/// A row, its number and line, with all that its person is told and that follows for her; behind its files `attached`, each with its
/// bytes if they are at hand. What somebody wrote stands behind a margin: it begins no line of the program's own.
pub(crate) fn row_text(
    ctx: &Context,
    (number, line): (u64, u64),
    new: &NewNotice,
    standing: &str,
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
    let (kind, of) = standing.split_once(' ').unwrap_or((standing, "none"));
    let what = [
        ("answers", if new.answers { "yes" } else { "no" }.into()),
        ("standing", kind.to_owned().into()),
        ("of", of.to_owned().into()),
    ];
    let mut parts = vec![apart(&head, MARGIN), act_text(ctx, new.act), ctx.words.say_with("batch-row-what", &what)];
    parts.extend(new.uris.iter().map(|uri| apart(&ctx.words.say_with("batch-row-uri", &[("uri", shown(uri).into())]), MARGIN)));
    let own = new.files.iter().map(|f| (f.name.as_str(), f.media.as_str(), len(&f.bytes), Some(f.bytes.as_slice())));
    let attached = attached.iter().map(|(f, bytes)| (f.name.as_str(), f.media.as_str(), f.len, *bytes));
    for (i, (name, media, bytes, content)) in own.chain(attached).enumerate() {
        let here = if content.is_some() { "yes" } else { "no" };
        let about = [
            ("name", shown(name).into()),
            ("media", shown(media).into()),
            ("size", size(&ctx.words, bytes).into()),
            ("here", here.into()),
        ];
        parts.push(apart(&ctx.words.say_with("batch-row-file", &about), MARGIN));
        if let (0, Some(content)) = (i, content) {
            let text = shown_text(&String::from_utf8_lossy(content), media);
            parts.push(apart(&format!("{QUOTE}{text}"), QUOTE));
        }
    }
    parts.join("\n")
}

/// Before every line of a text that somebody else wrote.
const QUOTE: &str = "      | ";
/// Before what follows of a line that holds a value.
const MARGIN: &str = "    ";

/// The type of act, and its term.
pub(crate) fn act_text(ctx: &Context, act: Act) -> String {
    let kind = match act {
        Act::Notification { stage: Stage::Start, .. } => "start",
        Act::Notification { stage: Stage::Inquiry, .. } => "inquiry",
        Act::Notification { stage: Stage::End, .. } => "end",
        Act::PersonalCommunication => "personal",
        Act::Communique => "communique",
    };
    ctx.words.say_with("batch-act", &[("kind", kind.into()), ("term", act.words().1.into())])
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
        "subject": new.subject, "description": new.description, "type": new.act.words().0, "term": new.act.words().1,
        "uris": new.uris, "answers": new.answers, "body": body, "files": files, "address": row.address,
    })
}
