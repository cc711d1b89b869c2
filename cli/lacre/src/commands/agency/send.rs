//! `lacre agency send`: one official notice to one person; or about an earlier one: a copy, a correction, an answer to a reply.

use super::batch;
use super::official::account;
use super::own::{self, Evidence};
use crate::context::{Context, Outcome};
use crate::{ask, files};
use lacre_agency::Stage::{Prepared, Sent as Delivered};
use lacre_agency::{Beside, Body, Counts, Dispatch, NewFile, NewNotice, Otherwise, Outcome as Sent, evidence_name};
use lacre_evidence::clock::Term;
use lacre_evidence::notice::{MAX_FILE, Stage};
use lacre_evidence::{Act, Effect, Outcome as Proved, Standing, Verdict};
use lacre_ground::ids::{AccountId, NoticeId};
use lacre_ground::run::Run;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use lacre_words::usage::Forms;
use lacre_words::words::key;
use serde_json::json as object;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long, value_name = "TEXT")]
    case: Option<String>,
    #[arg(long, value_name = "TEXT")]
    procedure: Option<String>,
    #[arg(long = "type", value_name = "start|inquiry|end|CP|CI", value_parser = act)]
    act: Option<Kind>,
    #[arg(long, value_name = "DAYS", value_parser = term)]
    term: Option<Term>,
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    file: Vec<PathBuf>,
    #[arg(long, value_name = "TEXT")]
    uri: Vec<String>,
    #[arg(long, value_name = "ID", conflicts_with_all = ["case", "procedure", "act", "term", "subject", "description", "body", "file",
        "uri", "trial", "no_answers", "corrects", "answers"])]
    copy: Option<String>,
    #[arg(long, value_name = "ID", conflicts_with_all = ["trial", "answers"])]
    corrects: Option<String>,
    #[arg(long, value_name = "ID", conflicts_with_all = ["trial"])]
    answers: Option<u64>,
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    drafter: Option<AccountId>,
    #[arg(long)]
    trial: bool,
    #[arg(long)]
    no_answers: bool,
}

/// The type of act, as it is typed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Notification(Stage),
    Personal,
    Communique,
}

pub(super) fn act(text: &str) -> Result<Kind, Forms> {
    match text {
        "start" => Ok(Kind::Notification(Stage::Start)),
        "inquiry" => Ok(Kind::Notification(Stage::Inquiry)),
        "end" => Ok(Kind::Notification(Stage::End)),
        "CP" => Ok(Kind::Personal),
        "CI" => Ok(Kind::Communique),
        _ => Err(Forms("start, inquiry, end, CP, CI")),
    }
}

/// Only a notification has a term.
pub(super) fn act_of(ctx: &Context, kind: Kind, term: Option<Term>) -> Result<Act, Failure> {
    match (kind, term) {
        (Kind::Notification(stage), term) => Ok(Act::Notification { stage, term }),
        (Kind::Personal, None) => Ok(Act::PersonalCommunication),
        (Kind::Communique, None) => Ok(Act::Communique),
        (Kind::Personal | Kind::Communique, Some(_)) => Err(ctx.failure("error-body-no-term", Exit::Usage, &[])),
    }
}

pub(super) fn term(text: &str) -> Result<Term, Forms> {
    text.parse().ok().and_then(Term::business_days).ok_or(Forms("1-200"))
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    if let Some(typed) = &args.copy {
        let (mut body, evidence) = (own::open(ctx)?, Evidence::of(ctx)?);
        let id = own::find(ctx, &mut body, typed)?;
        let new = body.copy_of(&evidence, id).map_err(|e| own::trouble(ctx, e))?;
        return send(ctx, &mut body, evidence, new, args.drafter);
    }
    let act = act_of(ctx, need(ctx, args.act.as_ref(), "--type")?, args.term)?;
    // everything is read before the registrar is asked: a mistyped name spends nothing
    let mut read = vec![text(ctx, &need(ctx, args.body.as_ref(), "--body")?)?];
    for path in &args.file {
        read.push(file(ctx, path)?);
    }
    let about = About::of(ctx, args)?;
    let new = NewNotice {
        run: about.run,
        beside: about.beside,
        act,
        case: need(ctx, args.case.as_ref().or(about.case.as_ref()), "--case")?,
        procedure: need(ctx, args.procedure.as_ref().or(about.procedure.as_ref()), "--procedure")?,
        subject: need(ctx, args.subject.as_ref(), "--subject")?,
        description: need(ctx, args.description.as_ref(), "--description")?,
        uris: args.uri.clone(),
        files: read,
        answers: !args.no_answers,
    };
    let (mut body, evidence) = match about.open {
        Some(open) => open,
        None => (own::open(ctx)?, Evidence::of(ctx)?),
    };
    send(ctx, &mut body, evidence, new, args.drafter)
}

/// To whom, and what it is beside others: about an earlier notice nobody is asked for a RUN, and the case is that one's.
struct About {
    run: Run,
    beside: Beside,
    case: Option<String>,
    procedure: Option<String>,
    open: Option<(Body, Evidence)>,
}

impl About {
    fn of(ctx: &Context, args: &Args) -> Result<Self, Failure> {
        if args.corrects.is_none() && args.answers.is_none() {
            let beside = if args.trial { Beside::Trial } else { Beside::Nothing };
            return Ok(Self { run: ask::run(ctx)?, beside, case: None, procedure: None, open: None });
        }
        let (mut body, evidence) = (own::open(ctx)?, Evidence::of(ctx)?);
        let (id, beside) = match (&args.corrects, args.answers) {
            (None, Some(number)) => {
                let id = body.reply(&evidence, number).map_err(|e| own::trouble(ctx, e))?.notice;
                (id, Beside::Answers(id))
            }
            (typed, _) => {
                let id = own::find(ctx, &mut body, typed.as_deref().unwrap_or_default())?;
                note_corrected(ctx, &mut body, id)?;
                (id, Beside::Corrects(id))
            }
        };
        let (run, case, procedure) = body.about(&evidence, id).map_err(|e| own::trouble(ctx, e))?;
        // one that answers is of the same case; a correction may correct the case itself
        if args.answers.is_some() && args.case.as_ref().is_some_and(|given| *given != case) {
            return Err(ctx.failure("error-body-other-case", Exit::Usage, &[("case", shown(&case).into())]));
        }
        ctx.note(&ctx.words.say_with("body-to-the-same", &[("id", id.to_string().into())]));
        Ok(Self { run, beside, case: Some(case), procedure: Some(procedure), open: Some((body, evidence)) })
    }
}

/// A second correction of one notice is not refused: the official may know why. It is said.
fn note_corrected(ctx: &Context, body: &mut Body, id: NoticeId) -> Result<(), Failure> {
    let short = |id: NoticeId| id.to_string().get(..8).unwrap_or_default().to_owned();
    let rows = body.dispatches().map_err(|e| own::trouble(ctx, e))?;
    let went = |row: &&Dispatch| matches!(row.stage, Prepared | Delivered) && row.beside == Beside::Corrects(id);
    if let Some(other) = rows.iter().rev().find(went) {
        let said = [("id", short(id).into()), ("other", short(other.id).into())];
        ctx.note(&ctx.words.say_with("body-corrected-already", &said));
    }
    Ok(())
}

/// At once; or, where the body has officials, as a batch of one that they see first.
fn send(ctx: &Context, body: &mut Body, mut evidence: Evidence, new: NewNotice, drafter: Option<AccountId>) -> Outcome {
    if drafter.is_some() {
        let _turn = evidence.turn(ctx)?;
        let batch = body.draft_one(&mut evidence, drafter, new).map_err(|e| own::trouble(ctx, e))?;
        let counts = Counts { waiting: batch.rows, ..Counts::default() };
        let said = [("id", batch::short(&batch).into())];
        ctx.result(&ctx.words.say_with("batch-of-one", &said), &batch::value(&batch, &counts));
        return Ok(Exit::Done);
    }
    at_once(ctx, body, evidence, &new)
}

pub(super) fn at_once(ctx: &Context, body: &mut Body, mut evidence: Evidence, new: &NewNotice) -> Outcome {
    let mut network = own::network(ctx)?;
    let _turn = evidence.turn(ctx)?;
    let before = waiting(ctx, body)?;
    let (id, outcome) = body.send(&mut network, &mut evidence, new).map_err(|e| {
        let failure = own::trouble(ctx, e);
        // the relay may have it: what is kept is sent again, not written again
        if waiting(ctx, body).is_ok_and(|now| now > before) {
            ctx.note(&ctx.words.say("body-resume"));
        }
        failure
    })?;
    say(ctx, &evidence, id, &outcome)
}

/// What every notice has (Decreto 8 art. 13). Not clap's to ask for: its usage would name all of them in one long line.
pub(super) fn need<T: Clone>(ctx: &Context, given: Option<&T>, option: &'static str) -> Result<T, Failure> {
    given.cloned().ok_or_else(|| ctx.failure("error-body-option", Exit::Usage, &[("option", option.into())]))
}

/// Notices that are kept and perhaps not sent.
fn waiting(ctx: &Context, body: &mut Body) -> Result<usize, Failure> {
    let all = body.to_do().map_err(|e| own::trouble(ctx, e))?;
    Ok(all.iter().filter(|row| row.stage == Prepared && row.batch.is_none()).count())
}

/// The act itself: what every person's program can show.
fn text(ctx: &Context, path: &Path) -> Result<NewFile, Failure> {
    let body = file(ctx, path)?;
    let good = match body.media.as_str() {
        "text/markdown" | "text/plain" => std::str::from_utf8(&body.bytes).is_ok_and(|text| !text.trim().is_empty()),
        "application/pdf" => body.bytes.starts_with(b"%PDF-"),
        _ => false,
    };
    if good {
        return Ok(body);
    }
    Err(ctx.failure("error-body-text", Exit::Usage, &[("path", shown(&path.display().to_string()).into())]))
}

pub(super) fn file(ctx: &Context, path: &Path) -> Result<NewFile, Failure> {
    let bytes = files::bytes(ctx, path, usize::try_from(MAX_FILE).unwrap_or(usize::MAX))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let media = match path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("md") => "text/markdown",
        Some("txt") => "text/plain",
        Some("pdf") => "application/pdf",
        Some("csv") => "text/csv",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        _ => "application/octet-stream",
    };
    Ok(NewFile { name, media: media.to_owned(), bytes })
}

/// What is said of a notice that is proved: of a trial nothing follows, and not every act starts a term.
fn what_follows(verdict: &Verdict) -> &'static str {
    let Verdict::Valid(proven) = verdict else { return key("body-sent-unproven") };
    let Proved::Sent(sent) = &proven.outcome else { return key("body-sent-unproven") };
    match (sent.notice.standing, &sent.effect) {
        (Standing::Trial, _) => key("body-sent-trial"),
        (Standing::Copy(_), _) => key("body-sent-copy"),
        (_, Effect::InformsOnly) => key("body-sent-informs"),
        (_, Effect::Notified(_)) => key("body-sent"),
    }
}

/// What came of it, in words and for programs.
pub(super) fn say(ctx: &Context, evidence: &Evidence, id: NoticeId, outcome: &Sent) -> Outcome {
    let path = evidence.path(&evidence_name(id)).display().to_string();
    let place = [("id", id.to_string().into()), ("path", shown(&path).into())];
    let (text, word, reason, verdict, exit) = match outcome {
        Sent::Sent(verdict) => {
            let good = matches!(**verdict, Verdict::Valid(_));
            let text = if good { what_follows(verdict) } else { key("body-sent-unproven") };
            let exit = if good { Exit::Done } else { Exit::No };
            (text, "sent", None, Some((verdict.word(), verdict.code())), exit)
        }
        Sent::Otherwise(Otherwise::Exempt(reason)) => {
            (key("body-otherwise-exempt"), "exempt", Some(reason.name()), None, Exit::No)
        }
        Sent::Otherwise(Otherwise::NoAccount) => (key("body-otherwise-none"), "no-account", None, None, Exit::No),
        Sent::Otherwise(Otherwise::ClosedSince) => (key("body-otherwise-closed"), "closed-since", None, None, Exit::No),
    };
    let (verdict, code) = verdict.unzip();
    ctx.result(
        &ctx.words.say_with(text, &place),
        &object!({
            "notice": id.to_string(), "outcome": word, "reason": reason, "verdict": verdict, "code": code.flatten(),
            "evidence": path,
        }),
    );
    Ok(exit)
}
