//! `lacre agency fallback record`: what was done at the counter or by letter, one or many; kept first, and then given to the relay.

use super::super::own::{self, Evidence};
use super::super::rows;
use super::state;
use crate::context::{Context, Outcome};
use crate::files;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZoneDatabase;
use lacre_agency::Body;
use lacre_agency::fallback::{NewStep, Recorded, What};
use lacre_ground::ids::NoticeId;
use lacre_ground::time::Millis;
use lacre_transport::GrpcNetwork;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use serde_json::{Value, json as object};
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
#[command(group(clap::ArgGroup::new("what").args(["handed_over", "posted", "received", "returned"])))]
pub(crate) struct Args {
    #[arg(value_name = "ID", required_unless_present = "csv", conflicts_with = "csv", requires = "what")]
    id: Option<String>,
    #[arg(long, requires = "officer")]
    handed_over: bool,
    #[arg(long, value_name = "REF")]
    posted: Option<String>,
    #[arg(long, value_name = "DATE")]
    received: Option<String>,
    #[arg(long)]
    returned: bool,
    #[arg(long = "ref", value_name = "REF")]
    reference: Option<String>,
    #[arg(long, value_name = "NAME")]
    officer: Option<String>,
    #[arg(long, value_name = "FILE")]
    scan: Option<PathBuf>,
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    #[arg(long, value_name = "FILE", conflicts_with_all = ["what", "scan", "at", "reference"])]
    csv: Option<PathBuf>,
}

/// Names of the columns that a table needs, in both languages.
const NOTICE: [&str; 3] = ["notice", "notificación", "notificacion"];
const WHAT: [&str; 3] = ["what", "qué", "que"];
/// Longest scanned paper, bytes.
const SCAN: usize = 20 << 20;

/// What an official typed, or what a row says.
struct Typed<'a> {
    id: &'a str,
    what: What,
    reference: Option<&'a str>,
    at: Option<&'a str>,
    officer: Option<&'a str>,
    scan: Option<&'a Path>,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let (mut body, mut evidence, mut network) = (own::open(ctx)?, Evidence::of(ctx)?, own::network(ctx)?);
    let _turn = evidence.turn(ctx)?;
    // what an earlier run kept and could not give away goes first
    let finished = body.finish_records(&mut network, &mut evidence).map_err(|e| own::trouble(ctx, e))?;
    if finished > 0 {
        ctx.note(&ctx.words.say_with("fallback-finished", &[("count", finished.into())]));
    }
    if let Some(path) = &args.csv {
        return many(ctx, args, path, &mut body, &mut network, &mut evidence);
    }
    let what = if args.handed_over {
        What::HandedOver
    } else if args.posted.is_some() {
        What::Posted
    } else if args.received.is_some() {
        What::Received
    } else {
        What::Returned
    };
    let typed = Typed {
        id: args.id.as_deref().unwrap_or_default(),
        what,
        reference: args.posted.as_deref().or(args.reference.as_deref()),
        at: args.received.as_deref().or(args.at.as_deref()),
        officer: args.officer.as_deref(),
        scan: args.scan.as_deref(),
    };
    let (id, recorded) = one(ctx, &mut body, &mut network, &mut evidence, &typed).inspect_err(|_| {
        let row = own::find(ctx, &mut body, typed.id).ok().and_then(|id| body.dispatch(id).ok());
        if row.and_then(|row| row.kept).is_some_and(|kept| kept.waits()) {
            ctx.note(&ctx.words.say("fallback-kept"));
        }
    })?;
    let value = told(ctx, &mut body, &evidence, id, recorded)?;
    let text = text(ctx, &mut body, id, recorded)?;
    ctx.result(&text, &value);
    ctx.note(&ctx.words.say("fallback-own-word"));
    Ok(Exit::Done)
}

/// Records one.
fn one(
    ctx: &Context,
    body: &mut Body,
    network: &mut GrpcNetwork,
    evidence: &mut Evidence,
    typed: &Typed<'_>,
) -> Result<(NoticeId, Recorded), Failure> {
    let id = own::find(ctx, body, typed.id)?;
    let row = body.dispatch(id).map_err(|e| own::trouble(ctx, e))?;
    if row.kept.is_none() && row.stage == lacre_agency::Stage::Refused {
        body.ask_again(network, evidence, id).map_err(|e| own::trouble(ctx, e))?;
    }
    let letters: Vec<_> = row.kept.iter().flat_map(|kept| &kept.done).filter(|done| done.what == What::Posted).collect();
    let reference = match (typed.what, typed.reference, letters.as_slice()) {
        (What::HandedOver, ..) => None,
        (_, Some(reference), _) => Some(reference.to_owned()),
        // of one letter nobody has to say which
        (_, None, [only]) => only.reference.clone(),
        (_, None, _) => return Err(ctx.failure("error-record-reference", Exit::Usage, &[])),
    };
    let posted = letters.iter().find(|done| done.reference == reference).map(|done| done.at);
    let at = time(ctx, body, typed.at, posted.unwrap_or(row.asked_at))?;
    let scan = typed.scan.map(|path| read_scan(ctx, path)).transpose()?;
    let new = NewStep { what: typed.what, reference, at, officer: typed.officer.map(str::to_owned), scan };
    let recorded = body.record(network, evidence, id, &new).map_err(|e| own::trouble(ctx, e))?;
    Ok((id, recorded))
}

fn read_scan(ctx: &Context, path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = files::bytes(ctx, path, SCAN)?;
    if bytes.is_empty() || bytes.len() > SCAN {
        return Err(ctx.failure("error-record-scan", Exit::Usage, &[("path", shown(&path.display().to_string()).into())]));
    }
    Ok(bytes)
}

/// When it was: an instant, an hour where the body is, or a day there. Of a day the noon, but not before what it follows, the posting
/// or the notice itself, and not later than now.
fn time(ctx: &Context, body: &mut Body, typed: Option<&str>, after: Millis) -> Result<Option<Millis>, Failure> {
    let now = ctx.clock.now();
    let Some(typed) = typed else { return Ok(None) };
    let place = body.enrolled().map_err(|e| own::trouble(ctx, e))?.certificate.place;
    let wrong = || ctx.failure("error-record-time", Exit::Usage, &[("at", shown(typed).into())]);
    let zone = TimeZoneDatabase::bundled().get(place.zone.name()).map_err(|_| wrong())?;
    let wall = |text: &str| text.parse::<DateTime>().ok()?.to_zoned(zone.clone()).ok().map(|z| z.timestamp());
    let day = typed.len() == "2026-07-06".len();
    let stamp = if day { wall(&format!("{typed}T12:00")) } else { typed.parse::<Timestamp>().ok().or_else(|| wall(typed)) };
    let ms = stamp.and_then(|stamp| u64::try_from(stamp.as_millisecond()).ok());
    let at = ms.map(Millis::new).ok_or_else(wrong)?;
    let same_day = |other: Millis| place.zone.date(other).is_some_and(|d| d.to_string() == typed);
    Ok(Some(match at {
        at if day && at < after && same_day(after) => after,
        at if day && at > now && same_day(now) => now,
        at => at,
    }))
}

/// What is recorded of it by now, for a person.
fn text(ctx: &Context, body: &mut Body, id: NoticeId, recorded: Recorded) -> Result<String, Failure> {
    let row = body.dispatch(id).map_err(|e| own::trouble(ctx, e))?;
    let kept = row.kept.as_ref().map_or(lacre_agency::fallback::State::Nothing, lacre_agency::fallback::Kept::state);
    let state = state(&ctx.words, kept);
    let id = id.to_string();
    let args = [("id", id.get(..8).unwrap_or(&id).to_owned().into()), ("state", state.into())];
    Ok(match recorded {
        Recorded::Before(at) => {
            let [a, b] = args;
            ctx.words.say_with("fallback-recorded-before", &[a, b, ("at", ctx.local_in(at).into())])
        }
        Recorded::Now(at) => {
            let [a, b] = args;
            ctx.words.say_with("fallback-recorded", &[a, b, ("at", ctx.local_in(at).into())])
        }
    })
}

fn told(ctx: &Context, body: &mut Body, evidence: &Evidence, id: NoticeId, recorded: Recorded) -> Result<Value, Failure> {
    let row = body.dispatch(id).map_err(|e| own::trouble(ctx, e))?;
    let at = match recorded {
        Recorded::Now(at) => Some(at.to_string()),
        Recorded::Before(_) => None,
    };
    let state = row.kept.as_ref().map_or(lacre_agency::fallback::State::Nothing, lacre_agency::fallback::Kept::state).name();
    let effects = super::effects(body, evidence, &row);
    Ok(object!({ "notice": id.to_string(), "state": state, "receipt": at, "before": at.is_none(), "effects": effects }))
}

/// A table: bad rows are told by their lines, and keep no good one away.
fn many(ctx: &Context, args: &Args, path: &Path, body: &mut Body, network: &mut GrpcNetwork, evidence: &mut Evidence) -> Outcome {
    let table = rows::plain(ctx, path, &[NOTICE, WHAT].concat())?;
    let (Some(id), Some(what)) = (table.column(&NOTICE), table.column(&WHAT)) else {
        let names = ctx.words.say("record-columns");
        let args = [("columns", names.into()), ("name", shown(&path.display().to_string()).into())];
        return Err(ctx.failure("error-fallback-columns", Exit::Usage, &args));
    };
    let (mut done, mut wrong, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    for (line, row) in &table.rows {
        let line = *line;
        let cell = |names: &[&str]| table.column(names).map(|at| row.cell(at)).filter(|text| !text.is_empty());
        let what = match row.cell(what) {
            "handed-over" | "entregada" => Ok(What::HandedOver),
            "posted" | "enviada" => Ok(What::Posted),
            "received" | "recibida" => Ok(What::Received),
            "returned" | "devuelta" => Ok(What::Returned),
            other => Err(ctx.failure("error-record-what", Exit::Usage, &[("what", shown(other).into())])),
        };
        let scan = cell(&["scan", "digitalizado"]).map(PathBuf::from);
        let recorded = what.and_then(|what| {
            let typed = Typed {
                id: row.cell(id),
                what,
                reference: cell(&["reference", "referencia"]),
                at: cell(&["at", "cuándo", "cuando"]),
                officer: cell(&["officer", "funcionario", "funcionaria"]).or(args.officer.as_deref()),
                scan: scan.as_deref(),
            };
            one(ctx, body, network, evidence, &typed)
        });
        match recorded {
            Ok((id, recorded)) => {
                lines.push(text(ctx, body, id, recorded)?);
                done.push(told(ctx, body, evidence, id, recorded)?);
            }
            // without the relay no further row can be given away
            Err(failure) if ["body-away", "body-store"].contains(&failure.error) => return Err(failure),
            Err(failure) => {
                lines.push(
                    ctx.words.say_with("fallback-wrong-row", &[("line", line.into()), ("why", failure.what.as_str().into())]),
                );
                wrong.push(object!({ "line": line, "error": failure.error, "why": failure.what }));
            }
        }
    }
    let exit = if wrong.is_empty() { Exit::Done } else { Exit::No };
    ctx.long_result(&lines.join("\n"), &object!({ "recorded": done, "wrong": wrong }));
    ctx.note(&ctx.words.say("fallback-own-word"));
    Ok(exit)
}
