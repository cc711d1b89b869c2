//! `lacre notice export NOTICE [--to DIR [--without-body]] [--pdf FILE] [--ics FILE [--subject]]`: what proves it to others, as files of a
//! folder; the notice on paper; its last day for a calendar. Nothing that is there is replaced, no link is followed, and only their
//! owner reads them.

use super::{body, find, told};
use crate::context::{Context, Outcome};
use crate::proof::{ics, instant, paper, pdf};
use crate::{ended, files, online};
use lacre_core::view::{Genuine, OfficialNotice};
use lacre_core::{Client, NoticeTrouble, Trouble};
use lacre_words::cause::cause;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use serde_json::json;
use std::fs::DirBuilder;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "NOTICE")]
    notice: String,
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    ics: Option<PathBuf>,
    #[arg(long)]
    without_body: bool,
    #[arg(long, requires = "ics")]
    subject: bool,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    if args.to.is_none() && args.pdf.is_none() && args.ics.is_none() {
        return Err(ctx.failure("error-export-what", Exit::Usage, &[]));
    }
    // asked before the work
    for path in args.pdf.iter().chain(&args.ics) {
        files::vacant(ctx, path)?;
    }
    let reached = online::round_to_read(ctx, client)?;
    let notice = find(ctx, client, &args.notice)?;
    let mut text = Vec::new();
    // before anything is written: what cannot be made leaves nothing behind
    let day = args.ics.as_deref().map(|_| last_day(ctx, &notice, args.subject)).transpose()?;
    let pdf = args.pdf.as_deref().map(|path| write_pdf(ctx, client, &notice, path, args, reached.yes())).transpose()?;
    let ics = args.ics.as_deref().zip(day).map(|(path, day)| write_ics(ctx, path, &day)).transpose()?;
    let (mut path, mut written, mut left_out) = (None, Vec::new(), Vec::new());
    if let Some(dir) = &args.to {
        (written, left_out) = write_folder(ctx, client, &notice, dir, args)?;
        let dir = dir.display().to_string();
        let said = [("path", shown(&dir).into()), ("count", written.len().into())];
        text.push(ctx.words.say_with("notice-exported", &said));
        if !left_out.is_empty() {
            let numbers = left_out.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
            text.push(ctx.words.say_with("notice-export-left-out", &[("numbers", numbers.into())]));
        }
        path = Some(dir);
    }
    text.extend(pdf.iter().chain(&ics).map(|path| shown(path)));
    ctx.result(
        &text.join("\n"),
        &json!({
            "path": path, "files": written, "pdf": pdf, "ics": ics, "notice": notice.id.to_hex(), "relay_reached": reached.yes(),
            "left_out": left_out,
        }),
    );
    if args.to.is_some() {
        ctx.note(&ctx.words.say("notice-export-in-clear"));
    }
    if pdf.is_some() {
        ctx.note(&ctx.words.say("notice-pdf-in-clear"));
    }
    Ok(Exit::Done)
}

/// What proves it, as files of this folder; and which of the notice's files are not here.
fn write_folder(
    ctx: &Context,
    client: &mut Client,
    notice: &OfficialNotice,
    dir: &Path,
    args: &Args,
) -> Result<(Vec<String>, Vec<usize>), Failure> {
    let export = client.export_notice(notice.id, !args.without_body).map_err(|t| ctx.trouble(t))?;
    let name = || ("dir", shown(&dir.display().to_string()).into());
    let failed =
        |why: &io::Error| ctx.failure("error-cannot-save", Exit::CouldNotAsk, &[name(), ("why", cause(&ctx.words, why).into())]);
    match dir.symlink_metadata() {
        // whoever may make it may lead it elsewhere
        Ok(about) if about.is_symlink() => return Err(ctx.failure("error-export-link", Exit::CouldNotAsk, &[name()])),
        Ok(about) if !about.is_dir() => return Err(failed(&io::ErrorKind::NotADirectory.into())),
        // two notices in one folder could not be told apart
        Ok(_) if dir.read_dir().map_err(|e| failed(&e))?.next().is_some() => {
            return Err(ctx.failure("error-export-not-empty", Exit::CouldNotAsk, &[name()]));
        }
        Ok(about) if about.permissions().mode() & 0o077 != 0 => ctx.note(&ctx.words.say_with("notice-folder-open", &[name()])),
        Ok(_) => {}
        Err(_) => DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| failed(&e))?,
    }
    let mut written = Vec::new();
    for (name, bytes) in &export.files {
        let mut part = ended::part(dir, name).map_err(|e| failed(&e))?;
        part.file.write_all(bytes).map_err(|e| failed(&e))?;
        written.push(part.keep(dir, name).map_err(|e| failed(&e))?.display().to_string());
    }
    Ok((written, export.left_out))
}

fn genuine<'n>(ctx: &Context, notice: &'n OfficialNotice) -> Result<&'n Genuine, Failure> {
    notice.content.as_deref().map_err(|_| ctx.trouble(Trouble::Notice(NoticeTrouble::Invalid)))
}

/// The notice on paper.
fn write_pdf(
    ctx: &Context,
    client: &mut Client,
    notice: &OfficialNotice,
    path: &Path,
    args: &Args,
    online: bool,
) -> Result<String, Failure> {
    let genuine = genuine(ctx, notice)?;
    let mut network = online::network(ctx, client)?;
    let body = match args.without_body {
        true => None,
        false => body::text_of(ctx, client, online.then_some(&mut network), notice, genuine)?,
    };
    let mut own = vec![ctx.words.say_with("notice-state", &[("state", told::state(&ctx.words, notice).into())])];
    let zone = genuine.notice.place.zone;
    own.extend(told::replies_at(&ctx.words, notice, &|at| instant(&ctx.words, zone, at)));
    let told = paper::Told {
        act: told::act(&ctx.words, genuine.notice.act),
        standing: told::standing(&ctx.words, genuine.notice.standing),
        dates: told::dates(ctx, genuine),
        now: ctx.clock.now(),
        own,
        body: body.map(|text| body::of(genuine, &text).lines().map(str::to_owned).collect()),
    };
    let sheet = paper::sheet(&ctx.words, notice, genuine, told);
    let bytes = pdf::sheet(&ctx.words, sheet).map_err(|e| files::unusable(ctx, path, &io::Error::other(e)))?;
    files::put(ctx, path, &bytes)?;
    Ok(path.display().to_string())
}

/// Its last day, for a calendar.
fn last_day(ctx: &Context, notice: &OfficialNotice, with_subject: bool) -> Result<String, Failure> {
    genuine(ctx, notice)?;
    let text = ics::file(&ctx.words, notice, ctx.clock.now(), with_subject);
    text.ok_or_else(|| ctx.failure("error-ics-no-term", Exit::No, &[]))
}

fn write_ics(ctx: &Context, path: &Path, text: &str) -> Result<String, Failure> {
    files::put(ctx, path, text.as_bytes())?;
    Ok(path.display().to_string())
}
