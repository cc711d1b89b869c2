//! `lacre agency review FILE|--message MESSAGE [--row N] [--files DIR]`: a batch as an official sees it before she signs. For a file no profile
//! is asked for.

use super::handed::Handed;
use super::{looked, told, value};
use crate::commands::agency::batch::show::row_text;
use crate::context::{Context, Outcome};
use crate::files;
use lacre_agency::{Attachment, NewNotice};
use lacre_words::failure::{Exit, Failure};
use lacre_words::output::Part;
use lacre_words::shown::file_name;
use serde_json::{Value, json as object};
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    handed: Handed,
    #[arg(long, value_name = "N")]
    row: Option<u64>,
    #[arg(long, value_name = "DIR", requires = "row")]
    files: Option<PathBuf>,
}

/// The row that she wants to see.
struct Chosen {
    line: u64,
    says: NewNotice,
    standing: String,
    files: Vec<Attachment>,
    bytes: BTreeMap<[u8; 32], Vec<u8>>,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let chosen: std::cell::RefCell<Option<Chosen>> = std::cell::RefCell::new(None);
    let looked = looked(
        ctx,
        &args.handed.open(ctx)?,
        |seen| {
            if Some(seen.number) == args.row {
                let files = seen.files.iter().map(|file| (*file).clone()).collect();
                let (line, says, standing) = (seen.line, seen.says.clone(), seen.standing.text());
                *chosen.borrow_mut() = Some(Chosen { line, says, standing, files, bytes: BTreeMap::new() });
            }
        },
        |digest, bytes| {
            if let Some(chosen) = chosen.borrow_mut().as_mut().filter(|c| c.files.iter().any(|file| file.sha256 == *digest)) {
                chosen.bytes.insert(*digest, bytes);
            }
            Ok(())
        },
    )?;
    let (mut text, mut value) = (Vec::new(), value(&looked));
    match (args.row, chosen.into_inner()) {
        (None, _) => {}
        (Some(number), None) => {
            let said = [("row", number.to_string().into()), ("rows", looked.text.rows.into())];
            return Err(ctx.failure("error-batch-no-row", Exit::No, &said));
        }
        (Some(number), Some(chosen)) => {
            text.push(row_text(ctx, (number, chosen.line), &chosen.says, &chosen.standing, &attached(&chosen)));
            let saved = args.files.as_ref().map(|dir| save(ctx, dir, &chosen)).transpose()?;
            if let Some(map) = value.as_object_mut() {
                map.insert("row".to_owned(), said(number, &chosen, saved));
            }
        }
    }
    // behind what others wrote: the last word is the program's own
    text.push(told(ctx, &looked));
    ctx.long_result(&text.join("\n"), &value);
    Ok(Exit::Done)
}

/// Attachments, each with its bytes where the package has them.
fn attached(chosen: &Chosen) -> Vec<(&Attachment, Option<&[u8]>)> {
    chosen.files.iter().map(|file| (file, chosen.bytes.get(&file.sha256).map(Vec::as_slice))).collect()
}

/// Writes the attachments beside each other, over nothing.
fn save(ctx: &Context, dir: &Path, chosen: &Chosen) -> Result<Vec<String>, Failure> {
    let write = |file: &Attachment, bytes: &[u8]| -> io::Result<String> {
        let name = file_name(&file.name, "file");
        let mut part = Part::new(dir, &name)?;
        part.file.write_all(bytes)?;
        Ok(part.keep(dir, &name)?.display().to_string())
    };
    let there = attached(chosen).into_iter().filter_map(|(file, bytes)| Some((file, bytes?)));
    there.map(|(file, bytes)| write(file, bytes).map_err(|e| files::unusable(ctx, dir, &e))).collect()
}

fn said(number: u64, chosen: &Chosen, saved: Option<Vec<String>>) -> Value {
    let new = &chosen.says;
    let line = |(file, bytes): (&Attachment, Option<&[u8]>)| object!({ "name": file.name, "media": file.media, "bytes": file.len, "here": bytes.is_some() });
    let files: Vec<Value> = attached(chosen).into_iter().map(line).collect();
    let body = new.files.first().map(|f| String::from_utf8_lossy(&f.bytes).into_owned());
    object!({
        "row": number, "line": chosen.line, "run": new.run.canonical(), "case": new.case, "procedure": new.procedure,
        "subject": new.subject, "description": new.description, "type": new.act.words().0, "term": new.act.words().1,
        "uris": new.uris, "answers": new.answers, "body": body, "standing": chosen.standing, "files": files, "saved": saved,
    })
}
