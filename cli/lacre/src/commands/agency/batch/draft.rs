//! `lacre agency draft --template T --recipients FILE.csv`: a table becomes a batch. Nothing is sent, and nothing is spent; all that
//! is wrong with the table is said at once.

use super::{short, value};
use crate::commands::agency::official::account;
use crate::commands::agency::own::{self, Evidence};
use crate::commands::agency::rows;
use crate::commands::agency::send::file;
use crate::context::{Context, Outcome};
use lacre_agency::table::{Bad, Row, RowError, Table, Wanted};
use lacre_agency::template::{Template, TemplateName};
use lacre_agency::{Batch, Beside, Body, BodyTrouble, Counts, NewBatch, NewFile, NewRow, ROUTES_AT_ONCE, Route};
use lacre_evidence::Act;
use lacre_evidence::clock::{Calendar, LegalDates, RuleId, Zone, legal_dates};
use lacre_ground::ids::AccountId;
use lacre_ground::time::Millis;
use lacre_words::failure::{Exit, Failure};
use lacre_words::screen::size;
use lacre_words::shown::shown;
use lacre_words::usage::Forms;
use lacre_words::words::key;
use serde_json::{Value, json as object};
use std::fs::File;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long, value_name = "NAME")]
    template: String,
    #[arg(long, value_name = "FILE")]
    recipients: PathBuf,
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    #[arg(long, value_name = "COLUMN")]
    row_attach: Vec<String>,
    #[arg(long, value_name = "TIME", value_parser = wall)]
    at: Option<jiff::civil::DateTime>,
    #[arg(long, value_name = "TIME", value_parser = wall)]
    not_after: Option<jiff::civil::DateTime>,
    #[arg(long, value_name = "ID", value_parser = rule)]
    rule: Option<RuleId>,
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    drafter: Option<AccountId>,
    #[arg(long)]
    no_letters: bool,
    #[arg(long)]
    trial: bool,
}

/// A date and time where the body is.
fn wall(text: &str) -> Result<jiff::civil::DateTime, Forms> {
    text.parse().map_err(|_| Forms("YYYY-MM-DD HH:MM, 2026-07-06 09:00"))
}

fn rule(text: &str) -> Result<RuleId, Forms> {
    let from_dispatch = [RuleId::Cl46, RuleId::ClD4];
    from_dispatch.into_iter().find(|rule| rule.name() == text).ok_or(Forms("CL-46-2026, CL-D4-27"))
}

/// Lines that are shown at most.
const SHOWN: usize = 50;
/// Evidence of a notice beside its files, bytes: measured, with two states and all records.
const EVIDENCE: u64 = 16 << 10;

/// Whom the batch reaches, and how.
#[derive(Clone, Copy, Default)]
struct Routes {
    electronic: u64,
    exempt: u64,
    none: u64,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let (mut body, mut evidence) = (own::open(ctx)?, Evidence::of(ctx)?);
    let template = template(ctx, &mut body, &args.template)?;
    let attached = args.attach.iter().map(|path| file(ctx, path)).collect::<Result<Vec<_>, _>>()?;
    let wanted = Wanted { attach: args.row_attach.clone(), addresses: false };
    let mut table = rows::open(ctx, &args.recipients)?;
    let checked = table.check(&template, &wanted).map_err(|why| rows::unreadable(ctx, &args.recipients, &why))?;
    ctx.note(&rows::read_as(ctx, &checked));
    if !checked.errors.is_empty() {
        let mut text =
            vec![ctx.words.say_with("batch-table-wrong", &[("path", shown(&args.recipients.display().to_string()).into())])];
        text.extend(rows::all_said(ctx, &checked));
        ctx.long_result(&text.join("\n"), &object!({ "table": rows::value(ctx, &checked) }));
        return Ok(Exit::Usage);
    }
    if checked.rows == 0 {
        return Err(own::trouble(ctx, BodyTrouble::NoRows));
    }
    missing_files(ctx, args, &template, &wanted, &mut table)?;
    let routes = routes(ctx, args, &mut body, &template, &wanted, &mut table)?;
    let zone = body.enrolled().map_err(|e| own::trouble(ctx, e))?.certificate.place.zone;
    let new = NewBatch {
        template: template.clone(),
        drafter: args.drafter,
        files: attached,
        rule: args.rule,
        not_before: instant(zone, args.at)?,
        not_after: instant(zone, args.not_after)?,
        trial: args.trial,
    };
    let beside = args.recipients.parent().map(Path::to_owned).unwrap_or_default();
    let _turn = evidence.turn(ctx)?;
    let rows = good_rows(ctx, &args.recipients, &template, &wanted, &mut table)?;
    let rows = rows.map(|row| row.and_then(|row| new_row(ctx, &beside, row)));
    // why a row could not be had is kept beside: the batch knows only that
    let mut failed = None;
    let rows = rows.map(|row| {
        row.map_err(|failure| {
            failed = Some(failure);
            BodyTrouble::NoRows
        })
    });
    let drafted = body.draft(&mut evidence, new, rows);
    let batch = match (drafted, failed) {
        (_, Some(failure)) => return Err(failure),
        (drafted, None) => drafted.map_err(|e| own::trouble(ctx, e))?,
    };
    told(ctx, &mut body, &batch, &template, routes)
}

fn template(ctx: &Context, body: &mut Body, typed: &str) -> Result<Template, Failure> {
    let name = TemplateName::parse(typed).ok_or(BodyTrouble::NoSuchTemplate);
    name.and_then(|name| body.template(&name, None)).map_err(|e| own::trouble(ctx, e))
}

/// The table was found good: what is not good now was changed meanwhile.
fn good_rows<'t>(
    ctx: &'t Context,
    path: &'t Path,
    template: &'t Template,
    wanted: &Wanted,
    table: &'t mut Table<File>,
) -> Result<impl Iterator<Item = Result<Row, Failure>> + use<'t>, Failure> {
    let rows = table.rows(template, wanted).map_err(|why| rows::unreadable(ctx, path, &why))?;
    Ok(rows.map(move |row| {
        row.map_err(|bad| match bad {
            Bad::File(why) => rows::unreadable(ctx, path, &why),
            Bad::Row(errors) => changed(ctx, path, &errors),
        })
    }))
}

/// All files that rows name and nobody finds, together.
fn missing_files(
    ctx: &Context,
    args: &Args,
    template: &Template,
    wanted: &Wanted,
    table: &mut Table<File>,
) -> Result<(), Failure> {
    let beside = args.recipients.parent().map(Path::to_owned).unwrap_or_default();
    let (mut missing, mut more) = (Vec::new(), 0u64);
    for row in good_rows(ctx, &args.recipients, template, wanted, table)? {
        let row = row?;
        for name in row.attachments.iter().filter(|name| !beside.join(name).is_file()) {
            if missing.len() < SHOWN { missing.push(format!("{}: {}", row.line, shown(name))) } else { more += 1 }
        }
    }
    if missing.is_empty() { Ok(()) } else { Err(listed(ctx, key("error-batch-files"), missing, more)) }
}

/// Who can be reached, asked in blocks; and who needs a letter and has no postal address in the table.
fn routes(
    ctx: &Context,
    args: &Args,
    body: &mut Body,
    template: &Template,
    wanted: &Wanted,
    table: &mut Table<File>,
) -> Result<Routes, Failure> {
    let mut network = own::network(ctx)?;
    let (mut routes, mut block, mut homeless, mut more) = (Routes::default(), Vec::new(), Vec::new(), 0u64);
    let mut rows = good_rows(ctx, &args.recipients, template, wanted, table)?;
    loop {
        for row in rows.by_ref().take(ROUTES_AT_ONCE) {
            let row = row?;
            block.push((row.line, row.run, row.address.is_some()));
        }
        if block.is_empty() {
            break;
        }
        let runs: Vec<_> = block.iter().map(|(_, run, _)| *run).collect();
        let answers = body.routes(&mut network, &runs).map_err(|e| own::trouble(ctx, e))?;
        for ((line, _, has_address), route) in block.drain(..).zip(answers) {
            match route {
                Route::Electronic => {
                    routes.electronic += 1;
                    continue;
                }
                Route::NoAccount => routes.none += 1,
                Route::Exempt(_) => routes.exempt += 1,
            }
            if !has_address && !args.no_letters {
                if homeless.len() < SHOWN { homeless.push(line.to_string()) } else { more += 1 }
            }
        }
    }
    if homeless.is_empty() { Ok(routes) } else { Err(listed(ctx, key("error-batch-addresses"), homeless, more)) }
}

/// A row that is wrong after the table was found good: somebody writes to the file.
fn changed(ctx: &Context, path: &Path, errors: &[RowError]) -> Failure {
    let why = errors.iter().map(|error| rows::said(ctx, error)).collect::<Vec<_>>().join(" ");
    ctx.failure(
        "error-batch-changed",
        Exit::CouldNotAsk,
        &[("path", shown(&path.display().to_string()).into()), ("why", why.into())],
    )
}

/// Lines of the table, and how many more there are.
fn listed(ctx: &Context, what: &'static str, mut list: Vec<String>, more: u64) -> Failure {
    list.extend((more > 0).then(|| ctx.words.say_with("table-more", &[("more", more.into())])));
    ctx.failure(what, Exit::Usage, &[("list", list.join(", ").into())])
}

fn instant(zone: Zone, wall: Option<jiff::civil::DateTime>) -> Result<Option<Millis>, Failure> {
    Ok(wall.and_then(|wall| zone.instant(wall)))
}

/// Its files are read beside the table.
fn new_row(ctx: &Context, beside: &Path, row: Row) -> Result<NewRow, Failure> {
    let files = row.attachments.iter().map(|name| file(ctx, &beside.join(name))).collect::<Result<Vec<NewFile>, _>>()?;
    Ok(NewRow {
        line: row.line,
        run: row.run,
        case: row.case,
        procedure: row.procedure,
        values: row.values.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        address: row.address.map(|to| core::iter::once(to.name).chain(to.lines).collect()).unwrap_or_default(),
        files,
        beside: Beside::Nothing,
    })
}

fn told(ctx: &Context, body: &mut Body, batch: &Batch, template: &Template, routes: Routes) -> Outcome {
    let place = body.enrolled().map_err(|e| own::trouble(ctx, e))?.certificate.place;
    let dates = match template.text().act {
        Act::Notification { term, .. } if !batch.trial => {
            legal_dates(batch.not_before, place, RuleId::Cl46.rule(), term, Calendar::chile()).ok().and_then(LegalDates::in_force)
        }
        _ => None,
    };
    let safe = dates.as_ref().map(LegalDates::safe_for_agency);
    let deemed = safe.map(|reading| reading.deemed.to_string());
    let last = safe.and_then(|reading| reading.last_day).map(|day| day.to_string());
    let text_bytes = u64::try_from(template.text().body.len()).unwrap_or(u64::MAX);
    let disk = batch.rows.saturating_mul(EVIDENCE.saturating_add(text_bytes));
    let disk = batch.files.iter().map(|file| file.len).fold(disk, u64::saturating_add);
    let number = |n: u64| n.to_string().into();
    let text = ctx.words.say_with(
        "batch-drafted",
        &[
            ("id", short(batch).into()),
            ("rows", number(batch.rows)),
            ("electronic", number(routes.electronic)),
            ("otherwise", number(routes.exempt + routes.none)),
            ("exempt", number(routes.exempt)),
            ("none", number(routes.none)),
            ("day", place.zone.date(batch.not_before).map_or_else(String::new, |day| day.to_string()).into()),
            ("deemed", deemed.clone().unwrap_or_else(|| "none".to_owned()).into()),
            ("last", last.clone().unwrap_or_else(|| "none".to_owned()).into()),
            ("disk", size(&ctx.words, disk).into()),
            ("drafter", if batch.drafter.is_some() { "one" } else { "none" }.into()),
            ("from", ctx.local_in(batch.not_before).into()),
            ("until", ctx.local_in(batch.not_after).into()),
        ],
    );
    let (again, newest) = body.rows_again(batch).map_err(|e| own::trouble(ctx, e))?;
    if let Some(id) = newest {
        let id = id.to_string();
        let said = [("rows", again.to_string().into()), ("id", id.get(..8).unwrap_or(&id).to_owned().into())];
        ctx.note(&ctx.words.say_with("batch-again-to-them", &said));
    }
    let mut json = value(batch, &Counts { waiting: batch.rows, ..Counts::default() });
    if let Some(map) = json.as_object_mut() {
        let routes = object!({ "electronic": routes.electronic, "exempt": routes.exempt, "no_account": routes.none });
        map.insert("routes".to_owned(), routes);
        map.insert("deemed".to_owned(), deemed.into());
        map.insert("last_day".to_owned(), last.into());
        map.insert("disk".to_owned(), Value::from(disk));
        map.insert("again".to_owned(), Value::from(again));
    }
    ctx.result(&text, &json);
    Ok(Exit::Done)
}
