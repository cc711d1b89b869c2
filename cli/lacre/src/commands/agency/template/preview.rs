//! `lacre agency template preview NAME [--version N] [--values TABLE [--row LINE]]`: as a person will see it; with a table, all that is
//! wrong in it.

use super::name;
use super::told::placeholders;
use crate::commands::agency::{own, rows};
use crate::commands::notice::body::shown_text;
use crate::context::{Context, Outcome};
use lacre_agency::table::{Bad, Checked, Row, Wanted};
use lacre_agency::template::{Filled, Template, TemplateName, Values};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use lacre_words::wrap::apart;
use serde_json::{Value, json as object};
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "NAME", value_parser = name)]
    name: TemplateName,
    #[arg(long = "version", value_name = "N")]
    number: Option<u32>,
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    #[arg(long, value_name = "N", requires = "values")]
    row: Option<u64>,
    #[arg(long, value_name = "TEXT", requires = "values")]
    row_attach: Vec<String>,
}

/// What stands before each line that persons will read, so that none looks like one of the program's own.
const MARGIN: &str = "    ";

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut body = own::open(ctx)?;
    let template = body.template(&args.name, args.number).map_err(|e| own::trouble(ctx, e))?;
    let Some(path) = &args.values else { return with_its_names(ctx, &template) };
    let wanted = Wanted { attach: args.row_attach.clone(), addresses: false };
    let mut table = rows::open(ctx, path)?;
    let checked = table.check(&template, &wanted).map_err(|why| rows::unreadable(ctx, path, &why))?;
    let found = table.rows(&template, &wanted).map_err(|why| rows::unreadable(ctx, path, &why))?;
    let row = find(ctx, path, found, args.row)?;
    let filled = row.as_ref().and_then(|row| template.fill(&row.values).ok());
    let mut out = vec![rows::read_as(ctx, &checked)];
    out.extend(rows::all_said(ctx, &checked));
    match (&row, &filled) {
        (Some(row), Some(filled)) => {
            out.push(String::new());
            out.push(ctx.words.say_with("template-row", &[("line", row.line.into()), ("run", row.run.canonical().into())]));
            out.extend(seen(ctx, &template, filled));
        }
        _ => out.push(match args.row {
            Some(line) => ctx.words.say_with("template-no-row", &[("line", line.into())]),
            None => ctx.words.say("template-no-good-row"),
        }),
    }
    ctx.long_result(&out.join("\n"), &value(ctx, &template, filled.as_ref(), row.as_ref(), Some(&checked)));
    Ok(if checked.is_good() && filled.is_some() { Exit::Done } else { Exit::No })
}

/// The row of this line, or the first good one.
fn find(
    ctx: &Context,
    path: &Path,
    rows: impl Iterator<Item = Result<Row, Bad>>,
    line: Option<u64>,
) -> Result<Option<Row>, Failure> {
    for row in rows {
        match row {
            Ok(row) if line.is_none_or(|line| row.line == line) => return Ok(Some(row)),
            Ok(_) | Err(Bad::Row(_)) => {}
            Err(Bad::File(why)) => return Err(rows::unreadable(ctx, path, &why)),
        }
    }
    Ok(None)
}

/// Without a table each placeholder shows its own name.
fn with_its_names(ctx: &Context, template: &Template) -> Outcome {
    let names = template.placeholders();
    let values: Values = names.iter().map(|name| (name.clone(), format!("(({name}))"))).collect();
    let filled = template.fill(&values).ok();
    let mut out = vec![ctx.words.say_with("template-placeholders", &[("placeholders", placeholders(ctx, &names).into())])];
    out.extend(filled.iter().flat_map(|filled| seen(ctx, template, filled)));
    ctx.long_result(&out.join("\n"), &value(ctx, template, filled.as_ref(), None, None));
    Ok(if filled.is_some() { Exit::Done } else { Exit::No })
}

/// As the person's program shows it.
fn seen(ctx: &Context, template: &Template, filled: &Filled) -> Vec<String> {
    let body = String::from_utf8_lossy(&filled.body);
    vec![
        ctx.words.say_with("notice-subject", &[("subject", shown(&filled.subject).into())]),
        ctx.words.say_with("template-description", &[("description", shown(&filled.description).into())]),
        String::new(),
        apart(&format!("{MARGIN}{}", shown_text(&body, template.text().markup.media())), MARGIN),
    ]
}

fn value(ctx: &Context, template: &Template, filled: Option<&Filled>, row: Option<&Row>, table: Option<&Checked>) -> Value {
    object!({
        "name": template.name().as_str(), "version": template.version(), "placeholders": template.placeholders(),
        "table": table.map(|checked| rows::value(ctx, checked)),
        "line": row.map(|row| row.line), "run": row.map(|row| row.run.canonical()), "case": row.map(|row| row.case.clone()),
        "subject": filled.map(|f| f.subject.clone()), "description": filled.map(|f| f.description.clone()),
        "body": filled.map(|f| String::from_utf8_lossy(&f.body).into_owned()),
    })
}
