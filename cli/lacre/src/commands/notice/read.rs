//! `lacre notice read NOTICE [--save FILE --to DIR]`: what it says, from whom, and until when; its files by saving them.

use super::{body, find, object, plain, told};
use crate::context::{Context, Outcome};
use crate::when;
use crate::{ended, online, show};
use lacre_core::view::{Genuine, OfficialNotice};
use lacre_core::{Client, Trouble};
use lacre_profile::StoreError;
use lacre_transport::GrpcNetwork;
use lacre_words::cause::cause;
use lacre_words::failure::Exit;
use lacre_words::screen::size;
use lacre_words::shown::{file_name, paragraph, shown};
use lacre_words::wrap::apart;
use serde_json::json;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "NOTICE")]
    notice: String,
    #[arg(long, value_name = "FILE")]
    save: Option<usize>,
    #[arg(long, value_name = "DIR", default_value = ".", requires = "save")]
    to: PathBuf,
}

impl Args {
    /// This one, and none of its files saved.
    pub(crate) fn of(notice: String) -> Self {
        Self { notice, save: None, to: PathBuf::new() }
    }
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args) -> Outcome {
    let mut network = online::network(ctx, client)?;
    let reached = match client.sync(&mut network) {
        Ok(_) => true,
        Err(away) if away.is_away() || away.is_full() => {
            online::note_away(ctx, &away);
            false
        }
        Err(full @ Trouble::Store(StoreError::Full)) => {
            ctx.note(&ctx.trouble(full).what);
            false
        }
        Err(trouble) => return Err(ctx.trouble(trouble)),
    };
    let notice = find(ctx, client, &args.notice)?;
    let net = reached.then_some(&mut network);
    if let Some(number) = args.save {
        return save(ctx, client, net, &notice, number, args);
    }
    let genuine = match &notice.content {
        Ok(genuine) => genuine,
        Err(not) => {
            let args = [
                ("why", told::fault(&ctx.words, not).into()),
                ("when", when::phrase(ctx, notice.accepted_at).into()),
                ("part", shown(&not.part).into()),
            ];
            let text = match ctx.plain {
                true => plain::short(ctx, &notice).join("\n"),
                false => ctx.words.say_with("notice-not-genuine", &args),
            };
            let json = json!({ "notice": object::of(&ctx.words, &notice), "body": null, "relay_reached": reached });
            ctx.result(&text, &json);
            return Ok(Exit::No);
        }
    };
    let body = body::text_of(ctx, client, net, &notice, genuine)?;
    let opened = body.is_some();
    let mut seen = notice.clone();
    if opened {
        seen.opened_at = seen.opened_at.or(Some(ctx.clock.now()));
    }
    let json = json!({ "notice": object::of(&ctx.words, &seen), "body": body, "relay_reached": reached });
    if ctx.plain {
        let text = body.as_deref().map(|text| body::of(genuine, text));
        ctx.result(&plain::whole(ctx, &seen, genuine, text.as_deref()).join("\n"), &json);
        return note_opened(ctx, client, &notice, opened);
    }
    let all = client.notices().map_err(|t| ctx.trouble(t))?;
    let mut out = head(ctx, &seen, genuine);
    out.extend(told::others(&ctx.words, &notice, &all));
    out.push(String::new());
    out.extend(told::dates(ctx, genuine));
    out.push(String::new());
    match &body {
        Some(text) => out.push(from_outside(MARGIN, &body::of(genuine, text))),
        None => out.push(ctx.words.say("notice-body-by-saving")),
    }
    out.push(String::new());
    out.extend(files(ctx, genuine));
    for (said, reply) in told::replies(ctx, &notice).into_iter().zip(&notice.replies) {
        out.push(said);
        out.push(from_outside(MARGIN, &paragraph(&reply.text, "")));
    }
    ctx.long_result(&out.join("\n"), &json);
    note_opened(ctx, client, &notice, opened)
}

/// Opened is what was shown, not what was about to be: a program that cannot write its result has ended by now.
fn note_opened(ctx: &Context, client: &mut Client, notice: &OfficialNotice, opened: bool) -> Outcome {
    let noted = if opened { client.notice_opened(notice.id) } else { Ok(()) };
    match noted {
        Ok(()) => {}
        // it was read all the same, and counts as new until that can be written
        Err(full @ Trouble::Store(StoreError::Full)) => ctx.note(&ctx.trouble(full).what),
        Err(other) => return Err(ctx.trouble(other)),
    }
    Ok(Exit::Done)
}

/// What stands before each line that somebody else wrote, so that none looks like one of the program's own.
const MARGIN: &str = "    ";

/// A sentence with words of somebody else, or their text behind a margin.
fn from_outside(label: &str, text: &str) -> String {
    apart(&format!("{label}{text}"), MARGIN)
}

/// From whom, about what.
fn head(ctx: &Context, notice: &OfficialNotice, genuine: &Genuine) -> Vec<String> {
    let (words, n) = (&ctx.words, &genuine.notice);
    let mut out = vec![
        words.say_with(
            "notice-from",
            &[("name", shown(&genuine.certificate.name).into()), ("code", genuine.certificate.code.as_str().into())],
        ),
        words.say_with("notice-subject", &[("subject", shown(&n.subject).into())]),
        words.say_with("notice-case", &[("case", shown(&n.case).into()), ("procedure", shown(&n.procedure).into())]),
        words.say_with("notice-id", &[("id", n.id.to_string().into())]),
        words.say_with(
            "notice-when",
            &[("act", told::act(words, n.act).into()), ("when", when::phrase(ctx, notice.accepted_at).into())],
        ),
        words.say_with("notice-state", &[("state", told::state(words, notice).into())]),
    ];
    out.extend(told::standing(words, n.standing));
    out.extend(n.uris.iter().map(|uri| words.say_with("notice-uri", &[("uri", shown(uri).into())])));
    let mut out: Vec<String> = out.iter().map(|line| from_outside("", line)).collect();
    out.push(from_outside(MARGIN, &paragraph(&n.description, "")));
    out
}

fn files(ctx: &Context, genuine: &Genuine) -> Vec<String> {
    let one = |(number, f): (usize, &lacre_evidence::FileEntry)| {
        ctx.words.say_with(
            "notice-file",
            &[
                ("number", number.into()),
                ("name", show::cut(&shown(&f.name), 60).into()),
                ("media", shown(&f.media).into()),
                ("size", size(&ctx.words, f.len).into()),
            ],
        )
    };
    genuine.notice.files.iter().enumerate().map(one).map(|line| from_outside("", &line)).collect()
}

fn save(
    ctx: &Context,
    client: &mut Client,
    net: Option<&mut GrpcNetwork>,
    notice: &OfficialNotice,
    number: usize,
    args: &Args,
) -> Outcome {
    let net = net.map(|net| net as &mut dyn lacre_core::network::Network);
    let Some(file) = client.notice_file(net, notice.id, number).map_err(|t| ctx.trouble(t))? else {
        return Err(ctx.failure("error-notice-file-away", Exit::CouldNotAsk, &[]));
    };
    let name = file_name(&file.line.name, &ctx.words.say("unnamed-file"));
    let failed = |why: &std::io::Error| {
        let dir = shown(&args.to.display().to_string());
        ctx.failure("error-cannot-save", Exit::CouldNotAsk, &[("dir", dir.into()), ("why", cause(&ctx.words, why).into())])
    };
    let mut part = ended::part(&args.to, &name).map_err(|e| failed(&e))?;
    std::io::Write::write_all(&mut part.file, &file.bytes).map_err(|e| failed(&e))?;
    let path = part.keep(&args.to, &name).map_err(|e| failed(&e))?;
    let path = path.display().to_string();
    ctx.result(&shown(&path), &json!({ "path": path, "size": file.line.len, "notice": notice.id.to_hex() }));
    Ok(Exit::Done)
}
