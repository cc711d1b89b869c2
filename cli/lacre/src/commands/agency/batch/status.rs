//! `lacre agency status BATCH [--csv FILE]`: row by row, what the law says of each.

use super::{line, value};
use crate::commands::agency::fallback;
use crate::commands::agency::own::{self, Evidence};
use crate::context::{Context, Outcome};
use crate::files;
use lacre_agency::fallback::{Kept, State};
use lacre_agency::{Batch, BatchRow, Body, Dispatch, RowStage, Stage};
use lacre_evidence::Act;
use lacre_words::failure::{Exit, Failure};
use lacre_words::output::Part;
use lacre_words::shown::shown;
use lacre_words::words::key;
use serde_json::{Value, json as object};
use std::io::BufWriter;
use std::path::Path;

/// Rows that are shown at most; the table has all of them.
const SHOWN: usize = 50;
/// What the table's columns are called: for programs, so in one language.
const COLUMNS: [&str; 12] = [
    "line",
    "run",
    "case",
    "notice",
    "code",
    "route",
    "state",
    "deemed_third_day",
    "deemed_elapsed",
    "last_day_third_day",
    "last_day_elapsed",
    "reason",
];

/// What is known of a row.
struct Told {
    line: u64,
    run: String,
    case: String,
    notice: Option<String>,
    code: Option<String>,
    route: &'static str,
    state: &'static str,
    /// for people
    text: String,
    dates: [Option<String>; 4],
    reason: String,
}

pub(crate) fn run(ctx: &Context, body: &mut Body, batch: &Batch, csv: Option<&Path>) -> Outcome {
    let act = body.act_of(batch).map_err(|e| own::trouble(ctx, e))?;
    let evidence = Evidence::of(ctx)?;
    let mut rows = Vec::new();
    let mut counts_of_shown = 0usize;
    let mut table = csv.map(|path| Table::new(ctx, path)).transpose()?;
    each(ctx, body, &evidence, batch, act, &mut |told| {
        if let Some(table) = &mut table {
            table.put(ctx, told)?;
        }
        // what went well needs nobody
        if !matches!(told.state, "consigned" | "received" | "handed-over") {
            counts_of_shown += 1;
            if rows.len() < SHOWN {
                rows.push((person(ctx, told), json(told)));
            }
        }
        Ok(())
    })?;
    let saved = table.map(|table| table.keep(ctx)).transpose()?;
    let counts = body.counts(batch.id).map_err(|e| own::trouble(ctx, e))?;
    let mut text = vec![line(ctx, batch, &counts)];
    text.extend(rows.iter().map(|(text, _)| text.clone()));
    if counts_of_shown > rows.len() {
        let more = counts_of_shown - rows.len();
        text.push(ctx.words.say_with("batch-more", &[("more", more.to_string().into())]));
    }
    if let Some(path) = &saved {
        text.push(ctx.words.say_with("batch-table", &[("path", shown(path).into())]));
    }
    let mut out = value(batch, &counts);
    if let Some(map) = out.as_object_mut() {
        map.insert("attention".to_owned(), Value::Array(rows.into_iter().map(|(_, json)| json).collect()));
        map.insert("table".to_owned(), saved.into());
    }
    ctx.long_result(&text.join("\n"), &out);
    Ok(Exit::Done)
}

/// Each row, told.
fn each(
    ctx: &Context,
    body: &mut Body,
    evidence: &Evidence,
    batch: &Batch,
    act: Act,
    what: &mut dyn FnMut(&Told) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut from = 0;
    loop {
        let page = body.batch_rows(batch.id, from).map_err(|e| own::trouble(ctx, e))?;
        let Some(last) = page.last() else { return Ok(()) };
        from = last.index.saturating_add(1);
        for row in &page {
            what(&told(ctx, body, evidence, act, row)?)?;
        }
    }
}

fn told(ctx: &Context, body: &mut Body, evidence: &Evidence, act: Act, row: &BatchRow) -> Result<Told, Failure> {
    let plain = |route, state, reason: &str, key| Told {
        line: row.line,
        run: row.run.clone(),
        case: row.case.clone(),
        notice: None,
        code: None,
        route,
        state,
        text: ctx.words.say(key),
        dates: [const { None }; 4],
        reason: reason.to_owned(),
    };
    let id = match &row.stage {
        RowStage::Waiting => return Ok(plain("none", "waiting", "", key("batch-row-waiting"))),
        RowStage::Failed(why) => return Ok(plain("none", "failed", why, key("batch-row-failed"))),
        RowStage::Notice => row.notice,
    };
    let notice = body.dispatch(id).map_err(|e| own::trouble(ctx, e))?;
    let known = |told: Told| Told { notice: Some(id.to_string()), code: notice.transaction.map(|code| code.to_string()), ..told };
    Ok(known(match notice.stage {
        Stage::Prepared => plain("none", "prepared", "", key("batch-row-prepared")),
        Stage::Otherwise | Stage::Refused => {
            on_paper(ctx, body, evidence, &notice, plain("otherwise", "otherwise", &notice.reason, key("batch-row-otherwise")))
        }
        Stage::Sent if notice.unproven => plain("electronic", "unproven", "", key("batch-row-unproven")),
        Stage::Sent => in_her_casilla(ctx, body, act, &notice, plain("electronic", "consigned", "", key("batch-row-informs")))?,
    }))
}

/// Counter or letter: what was done, and what follows by the body's own word.
fn on_paper(ctx: &Context, body: &mut Body, evidence: &Evidence, notice: &Dispatch, told: Told) -> Told {
    let done = notice.kept.as_ref().map_or(State::Nothing, Kept::state);
    if done == State::Nothing {
        return told;
    }
    let effects = fallback::effects(body, evidence, notice);
    let first = |name: &str| effects.first().and_then(|e| e.get(name)?.as_str()).map(str::to_owned);
    let (deemed, last) = (first("deemed"), first("last_day"));
    let text = fallback::state(&ctx.words, done);
    Told { state: done.name(), text, dates: [deemed.clone(), deemed, last.clone(), last], ..told }
}

/// With its dates, by both readings of the law, as far as both are in force.
fn in_her_casilla(ctx: &Context, body: &mut Body, act: Act, notice: &Dispatch, told: Told) -> Result<Told, Failure> {
    let Some(dates) = body.dates(act, notice).map_err(|e| own::trouble(ctx, e))? else {
        return Ok(told);
    };
    let reading = |name: &str| dates.readings().find(|r| r.key() == name);
    let day = |name: &str| reading(name).map(|r| r.deemed.to_string());
    let last = |name: &str| reading(name).and_then(|r| r.last_day).map(|d| d.to_string());
    let safe = dates.safe_for_agency();
    let args = [
        ("deemed", safe.deemed.to_string().into()),
        ("at", notice.accepted_at.map(|at| ctx.local(at)).unwrap_or_default().into()),
        ("last", safe.last_day.map(|d| d.to_string()).unwrap_or_else(|| "-".to_owned()).into()),
    ];
    let text = ctx.words.say_with("batch-row-notified", &args);
    Ok(Told { text, dates: [day("third_day"), day("elapsed"), last("third_day"), last("elapsed")], ..told })
}

fn person(ctx: &Context, told: &Told) -> String {
    ctx.words.say_with(
        "batch-row-line",
        &[
            ("line", told.line.to_string().into()),
            ("run", told.run.as_str().into()),
            ("case", shown(&told.case).into()),
            ("state", told.text.as_str().into()),
            ("reason", reason(ctx, told).into()),
        ],
    )
}

/// The registrar's reason, or the relay's, in words.
fn reason(ctx: &Context, told: &Told) -> String {
    match told.reason.as_str() {
        "law" => ctx.words.say("batch-reason-law"),
        "legal-person" => ctx.words.say("batch-reason-legal-person"),
        "minor" => ctx.words.say("batch-reason-minor"),
        "dead" => ctx.words.say("batch-reason-dead"),
        "no account" => ctx.words.say("batch-reason-none"),
        "closed since" => ctx.words.say("batch-reason-closed"),
        other => shown(other),
    }
}

fn json(told: &Told) -> Value {
    let [third, elapsed, last_third, last_elapsed] = &told.dates;
    object!({
        "line": told.line, "run": told.run, "case": told.case, "notice": told.notice, "transaction": told.code,
        "route": told.route, "state": told.state, "deemed_third_day": third, "deemed_elapsed": elapsed,
        "last_day_third_day": last_third, "last_day_elapsed": last_elapsed, "reason": told.reason,
    })
}

/// A new file with a row for each, whole or not at all.
struct Table {
    path: std::path::PathBuf,
    part: Part,
    out: csv::Writer<BufWriter<std::fs::File>>,
}

impl Table {
    fn new(ctx: &Context, path: &Path) -> Result<Self, Failure> {
        let part = files::part(ctx, path)?;
        let file = part.file.try_clone().map_err(|e| files::unusable(ctx, path, &e))?;
        let out = files::table(BufWriter::new(file)).map_err(|e| files::unusable(ctx, path, &e))?;
        let mut table = Self { path: path.to_owned(), part, out };
        table.line(ctx, &COLUMNS)?;
        Ok(table)
    }

    fn put(&mut self, ctx: &Context, told: &Told) -> Result<(), Failure> {
        let [third, elapsed, last_third, last_elapsed] = &told.dates;
        let line = told.line.to_string();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let all = [
            line,
            told.run.clone(),
            files::cell(&told.case),
            text(&told.notice),
            text(&told.code),
            told.route.to_owned(),
            told.state.to_owned(),
            text(third),
            text(elapsed),
            text(last_third),
            text(last_elapsed),
            files::cell(&told.reason),
        ];
        self.line(ctx, &all.each_ref().map(String::as_str))
    }

    fn line(&mut self, ctx: &Context, fields: &[&str; 12]) -> Result<(), Failure> {
        self.out.write_record(fields).map_err(|e| files::unusable(ctx, &self.path, &e.into()))
    }

    fn keep(self, ctx: &Context) -> Result<String, Failure> {
        let Self { path, part, mut out } = self;
        out.flush().and_then(|()| part.keep_as(&path)).map_err(|e| files::unusable(ctx, &path, &e))?;
        Ok(path.display().to_string())
    }
}
