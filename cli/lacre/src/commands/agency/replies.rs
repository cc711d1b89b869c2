//! `lacre agency replies list|read`: what persons wrote in answer to notices, and their files.

use super::own::{self, Evidence};
use crate::context::{Context, Outcome};
use crate::ended;
use lacre_agency::{Body, BodyTrouble, Dispatch, ReplyRead};
use lacre_ground::ids::EvidenceId;
use lacre_words::cause::cause;
use lacre_words::failure::{Exit, Failure};
use lacre_words::screen::size;
use lacre_words::shown::{file_name, paragraph, shown};
use lacre_words::wrap::apart;
use serde_json::{Value, json as object};
use std::io::Write as _;
use std::path::{Path, PathBuf};

#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// all of them
    List,
    /// one of them
    Read(ReadArgs),
}

#[derive(clap::Args, Debug)]
pub(crate) struct ReadArgs {
    #[arg(value_name = "ID")]
    number: u64,
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What stands before each line that a person wrote: none of it can look like the program's.
const MARGIN: &str = "  | ";

pub(crate) fn run(ctx: &Context, command: &Command) -> Outcome {
    match command {
        Command::List => list(ctx),
        Command::Read(args) => read(ctx, args),
    }
}

fn list(ctx: &Context) -> Outcome {
    let (mut body, mut evidence) = (own::open(ctx)?, Evidence::of(ctx)?);
    let reached = own::collect(ctx, &mut body, &mut evidence)?.is_some();
    let rows = body.dispatches().map_err(|e| own::trouble(ctx, e))?;
    let (mut text, mut json) = (Vec::new(), Vec::new());
    for number in body.replies().map_err(|e| own::trouble(ctx, e))? {
        match body.reply(&evidence, number) {
            Ok(reply) => {
                let row = rows.iter().find(|row| row.id == reply.notice);
                text.push(line(ctx, &reply, row));
                json.push(value(&reply, row));
            }
            // one reply's lost file keeps no others away
            Err(BodyTrouble::NoEvidence(name)) => {
                let args = [("number", number.to_string().into()), ("name", shown(&name).into())];
                text.push(ctx.words.say_with("body-reply-missing", &args));
                json.push(object!({ "number": number, "missing": name }));
            }
            Err(other) => return Err(own::trouble(ctx, other)),
        }
    }
    if text.is_empty() {
        text.push(ctx.words.say("body-no-replies"));
    } else {
        text.push(ctx.times_zone());
    }
    ctx.long_result(&text.join("\n"), &object!({ "replies": json, "relay_reached": reached }));
    Ok(Exit::Done)
}

fn read(ctx: &Context, args: &ReadArgs) -> Outcome {
    let (mut body, evidence) = (own::open(ctx)?, Evidence::of(ctx)?);
    let reply = body.reply(&evidence, args.number).map_err(|e| own::trouble(ctx, e))?;
    let row = body.dispatch(reply.notice).map_err(|e| own::trouble(ctx, e))?;
    let saved = match &args.out {
        Some(dir) => save(ctx, &reply, dir)?,
        None => Vec::new(),
    };
    let mut out = vec![line(ctx, &reply, Some(&row)), ctx.times_zone(), String::new()];
    out.push(apart(&format!("{MARGIN}{}", paragraph(&reply.text, "")), MARGIN));
    for (n, (about, _)) in reply.lines().enumerate() {
        let args = [
            ("number", n.to_string().into()),
            ("name", shown(&about.name).into()),
            ("media", shown(&about.media).into()),
            ("size", size(&ctx.words, about.len).into()),
            ("sha256", data_encoding::HEXLOWER.encode(&about.sha256).into()),
        ];
        out.push(apart(&ctx.words.say_with("body-reply-file", &args), MARGIN));
    }
    out.extend(saved.iter().map(|path| ctx.words.say_with("body-reply-saved", &[("path", shown(path).into())])));
    let mut json = value(&reply, Some(&row));
    if let Some(object) = json.as_object_mut() {
        object.insert("text".to_owned(), reply.text.clone().into());
        object.insert("saved".to_owned(), object!(saved));
    }
    ctx.long_result(&out.join("\n"), &json);
    Ok(Exit::Done)
}

/// The transaction code of a notice, as it is shown.
pub(super) fn transaction(row: Option<&Dispatch>) -> Option<String> {
    row.and_then(|row| row.transaction.as_ref()).map(EvidenceId::to_string)
}

fn line(ctx: &Context, reply: &ReplyRead, row: Option<&Dispatch>) -> String {
    let args = [
        ("number", reply.number.to_string().into()),
        ("at", ctx.local(reply.at).into()),
        ("case", row.map(|row| shown(&row.case)).unwrap_or_default().into()),
        ("run", row.map(|row| row.run.clone()).unwrap_or_default().into()),
        ("transaction", transaction(row).unwrap_or_default().into()),
        ("files", reply.files.len().into()),
    ];
    ctx.words.say_with("body-reply", &args)
}

fn value(reply: &ReplyRead, row: Option<&Dispatch>) -> Value {
    let hex = |bytes: &[u8; 32]| data_encoding::HEXLOWER.encode(bytes);
    let file = |(about, _): (&lacre_evidence::reply::ReplyFile, &[u8])| object!({ "name": about.name, "media": about.media, "bytes": about.len, "sha256": hex(&about.sha256) });
    let files: Vec<Value> = reply.lines().map(file).collect();
    object!({
        "number": reply.number, "notice": reply.notice.to_string(), "case": row.map(|row| row.case.clone()),
        "run": row.map(|row| row.run.clone()), "transaction": transaction(row), "received_at": reply.at.to_string(),
        "made_at": reply.reply.made_at.to_string(), "text_sha256": hex(&reply.reply.text.0), "files": files,
    })
}

/// Text and files, under harmless names, over nothing that is there.
fn save(ctx: &Context, reply: &ReplyRead, dir: &Path) -> Result<Vec<String>, Failure> {
    let text = (format!("reply-{}.txt", reply.number), reply.text.as_bytes());
    let unnamed = ctx.words.say("unnamed-file");
    let files = reply.lines().map(|(about, bytes)| (file_name(&about.name, &unnamed), bytes));
    let mut saved = Vec::new();
    for (name, bytes) in core::iter::once(text).chain(files) {
        let written = ended::part(dir, &name).and_then(|mut part| {
            part.file.write_all(bytes)?;
            part.keep(dir, &name)
        });
        let path = written.map_err(|why| {
            let dir = shown(&dir.display().to_string());
            ctx.failure("error-cannot-save", Exit::CouldNotAsk, &[("dir", dir.into()), ("why", cause(&ctx.words, &why).into())])
        })?;
        saved.push(path.display().to_string());
    }
    Ok(saved)
}

/// What a judge or another official is given of a reply: its parts as they were filed, each with its name's ending.
pub(super) fn parts(body: &mut Body, evidence: &Evidence, number: u64) -> Result<Vec<(String, Vec<u8>)>, BodyTrouble> {
    let reply = body.reply(evidence, number)?;
    let note = ("note".to_owned(), reply.reply.raw().as_bytes().to_vec());
    let mut parts = vec![note, ("txt".to_owned(), reply.text.as_bytes().to_vec())];
    parts.extend(reply.files.iter().enumerate().map(|(n, bytes)| (format!("file-{n}"), bytes.clone())));
    Ok(parts)
}
