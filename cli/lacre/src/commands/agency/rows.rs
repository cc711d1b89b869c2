//! A recipients' table in words and for programs: how it was read, and what is wrong in it.

use crate::context::Context;
use crate::files;
use lacre_agency::table::{Checked, Encoding, Fault, Plain, RowError, Separator, Table, Unreadable};
use lacre_agency::template::{FillFault, Part};
use lacre_ground::run::RunError;
use lacre_words::cause::cause;
use lacre_words::failure::{Exit, Failure};
use lacre_words::screen::size;
use lacre_words::shown::shown;
use lacre_words::words::key;
use serde_json::{Value, json as object};
use std::fs::File;
use std::path::Path;

/// Opens a table that a person named.
pub(super) fn open(ctx: &Context, typed: &Path) -> Result<Table<File>, Failure> {
    let file = files::sendable(ctx, typed)?.file;
    Table::open(file).map_err(|why| unreadable(ctx, typed, &why))
}

/// It cannot be read at all.
pub(super) fn unreadable(ctx: &Context, typed: &Path, why: &Unreadable) -> Failure {
    let args = [("path", shown(&typed.display().to_string()).into()), ("why", why_unreadable(ctx, why).into())];
    ctx.failure("error-table", Exit::CouldNotAsk, &args)
}

/// A table of other columns that a person named, and that has some of these.
pub(super) fn plain(ctx: &Context, typed: &Path, columns: &[&str]) -> Result<Plain, Failure> {
    Plain::read(files::sendable(ctx, typed)?.file, columns).map_err(|why| {
        let args = [("path", shown(&typed.display().to_string()).into()), ("why", why_unreadable(ctx, &why).into())];
        ctx.failure("error-fallback-table", Exit::Usage, &args)
    })
}

/// In words.
fn why_unreadable(ctx: &Context, why: &Unreadable) -> String {
    let say = |key, args: &[_]| ctx.words.say_with(key, args);
    match why {
        Unreadable::Io(why) => cause(&ctx.words, why),
        Unreadable::TooLarge { bytes, most } => {
            say("table-too-large", &[("size", size(&ctx.words, *bytes).into()), ("most", size(&ctx.words, *most).into())])
        }
        Unreadable::LongLine { line, most } => {
            say("table-long-line", &[("line", (*line).into()), ("most", size(&ctx.words, *most).into())])
        }
        Unreadable::Empty => ctx.words.say("table-empty"),
        Unreadable::Workbook => ctx.words.say("table-workbook"),
        Unreadable::NotText { line } => say("table-not-text", &[("line", (*line).into())]),
        Unreadable::Mixed { utf8, other } => say("table-mixed", &[("utf", (*utf8).into()), ("other", (*other).into())]),
        Unreadable::Spoiled { line, column } => {
            let what = ctx.words.say("row-error");
            say("row-at", &[("line", (*line).into()), ("column", shown(column).into()), ("what", what.into())])
        }
        Unreadable::OpenQuote { line } => say("table-open-quote", &[("line", (*line).into())]),
        Unreadable::Rows { most } => say("table-rows", &[("most", (*most).into())]),
        Unreadable::Changed => ctx.words.say("table-changed"),
    }
}

/// How it was read: an encoding that was guessed is said.
pub(super) fn read_as(ctx: &Context, checked: &Checked) -> String {
    let encoding = match checked.encoding {
        Encoding::Utf8 | Encoding::Utf8Bom => key("table-utf8"),
        Encoding::Utf16 => key("table-utf16"),
        Encoding::Windows1252 => key("table-windows"),
    };
    let separator = match checked.separator {
        Separator::Comma => key("table-comma"),
        Separator::Semicolon => key("table-semicolon"),
        Separator::Tab => key("table-tab"),
    };
    let args = [
        ("rows", checked.rows.into()),
        ("encoding", ctx.words.say(encoding).into()),
        ("separator", ctx.words.say(separator).into()),
    ];
    ctx.words.say_with("table-read-as", &args)
}

/// What is wrong, line by line; how many more there are stands at the end.
pub(super) fn all_said(ctx: &Context, checked: &Checked) -> Vec<String> {
    let mut lines: Vec<String> = checked.errors.iter().map(|error| said(ctx, error)).collect();
    if checked.more > 0 {
        lines.push(ctx.words.say_with("table-more", &[("more", checked.more.into())]));
    }
    lines
}

/// What is wrong in a line, and what to do.
pub(super) fn said(ctx: &Context, error: &RowError) -> String {
    let what = what(ctx, &error.fault);
    match &error.column {
        Some(column) => {
            let args = [("line", error.line.into()), ("column", shown(column).into()), ("what", what.into())];
            ctx.words.say_with("row-at", &args)
        }
        None => ctx.words.say_with("row-line", &[("line", error.line.into()), ("what", what.into())]),
    }
}

fn what(ctx: &Context, fault: &Fault) -> String {
    let say = |key, args: &[_]| ctx.words.say_with(key, args);
    let plain = |key| ctx.words.say(key);
    match fault {
        Fault::UnknownColumn { placeholders } => {
            let all = placeholders.iter().map(|name| format!("(({}))", shown(name))).collect::<Vec<_>>().join(" ");
            say("row-unknown-column", &[("count", placeholders.len().into()), ("placeholders", all.into())])
        }
        Fault::MissingColumn => plain(key("row-missing-column")),
        Fault::SameColumn => plain(key("row-same-column")),
        Fault::NamelessColumn => plain(key("row-nameless-column")),
        Fault::Fields { found, wanted } => say("row-fields", &[("found", (*found).into()), ("wanted", (*wanted).into())]),
        Fault::Empty => plain(key("row-empty")),
        Fault::Run(RunError::Shape) => plain(key("row-run-shape")),
        Fault::Run(RunError::CheckDigit) => plain(key("row-run-digit")),
        Fault::SamePerson { first } => say("row-same-person", &[("first", (*first).into())]),
        Fault::Long { bytes, most } => say("row-long", &[("bytes", (*bytes).into()), ("most", (*most).into())]),
        Fault::Error => plain(key("row-error")),
        Fault::Shortened => plain(key("row-shortened")),
        Fault::Control => plain(key("row-control")),
        Fault::Lines => plain(key("row-lines")),
        Fault::Attachments { count, most } => say("row-attachments", &[("count", (*count).into()), ("most", (*most).into())]),
        Fault::AttachmentName => plain(key("row-attachment-name")),
        Fault::NoAddress => plain(key("row-no-address")),
        Fault::Rows { most } => say("row-rows", &[("most", (*most).into())]),
        Fault::Fill(fault) => fill(ctx, fault),
    }
}

fn fill(ctx: &Context, fault: &FillFault) -> String {
    match fault {
        FillFault::Missing { .. } => ctx.words.say("row-missing-column"),
        FillFault::Empty { .. } => ctx.words.say("row-empty"),
        FillFault::Long { bytes, most, .. } => {
            ctx.words.say_with("row-long", &[("bytes", (*bytes).into()), ("most", (*most).into())])
        }
        FillFault::Control { .. } => ctx.words.say("row-control"),
        FillFault::PartLong { part, bytes, most } => {
            let part = match part {
                Part::Subject => key("template-part-subject"),
                Part::Description => key("template-part-description"),
                Part::Body => key("template-part-body"),
            };
            let args = [("part", ctx.words.say(part).into()), ("bytes", (*bytes).into()), ("most", (*most).into())];
            ctx.words.say_with("row-part-long", &args)
        }
        FillFault::Structure => ctx.words.say("row-structure"),
    }
}

/// The name of what is wrong, for programs.
const fn name(fault: &Fault) -> &'static str {
    match fault {
        Fault::UnknownColumn { .. } => "unknown-column",
        Fault::MissingColumn | Fault::Fill(FillFault::Missing { .. }) => "missing-column",
        Fault::SameColumn => "same-column",
        Fault::NamelessColumn => "nameless-column",
        Fault::Fields { .. } => "fields",
        Fault::Empty | Fault::Fill(FillFault::Empty { .. }) => "empty",
        Fault::Run(RunError::Shape) => "run-shape",
        Fault::Run(RunError::CheckDigit) => "run-digit",
        Fault::SamePerson { .. } => "same-person",
        Fault::Long { .. } | Fault::Fill(FillFault::Long { .. }) => "long",
        Fault::Error => "error",
        Fault::Shortened => "shortened",
        Fault::Control | Fault::Fill(FillFault::Control { .. }) => "control",
        Fault::Lines => "lines",
        Fault::Attachments { .. } => "attachments",
        Fault::AttachmentName => "attachment-name",
        Fault::NoAddress => "no-address",
        Fault::Rows { .. } => "rows",
        Fault::Fill(FillFault::PartLong { .. }) => "part-long",
        Fault::Fill(FillFault::Structure) => "structure",
    }
}

/// The table, for programs.
pub(super) fn value(ctx: &Context, checked: &Checked) -> Value {
    let encoding = match checked.encoding {
        Encoding::Utf8 => "utf-8",
        Encoding::Utf8Bom => "utf-8-bom",
        Encoding::Utf16 => "utf-16",
        Encoding::Windows1252 => "windows-1252",
    };
    let separator = char::from(checked.separator.byte()).to_string();
    let error = |error: &RowError| object!({ "line": error.line, "column": error.column, "fault": name(&error.fault), "said": said(ctx, error) });
    object!({
        "encoding": encoding, "separator": separator, "rows": checked.rows, "more_errors": checked.more,
        "errors": checked.errors.iter().map(error).collect::<Vec<Value>>(),
    })
}
