//! `lacre agency template lint NAME [--version N] [--attach FILE]…`: what a person would find hard to read, or miss. It forbids nothing.

use super::name;
use crate::commands::agency::own;
use crate::commands::agency::send::file;
use crate::context::{Context, Outcome};
use lacre_agency::NewFile;
use lacre_agency::lint::{Warning, lint};
use lacre_agency::template::TemplateName;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use serde_json::{Value, json as object};
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "NAME", value_parser = name)]
    name: TemplateName,
    #[arg(long = "version", value_name = "N")]
    number: Option<u32>,
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut body = own::open(ctx)?;
    let template = body.template(&args.name, args.number).map_err(|e| own::trouble(ctx, e))?;
    let files: Vec<NewFile> = args.attach.iter().map(|path| file(ctx, path)).collect::<Result<_, Failure>>()?;
    let warnings = lint(&template, &files);
    let text = match warnings.is_empty() {
        true => ctx.words.say("lint-nothing"),
        false => warnings.iter().map(|warning| said(ctx, warning)).collect::<Vec<_>>().join("\n"),
    };
    let json: Vec<Value> = warnings.iter().map(|warning| value(ctx, warning)).collect();
    let about = object!({ "name": template.name().as_str(), "version": template.version(), "warnings": json });
    ctx.long_result(&text, &about);
    Ok(if warnings.is_empty() { Exit::Done } else { Exit::No })
}

fn said(ctx: &Context, warning: &Warning) -> String {
    match warning {
        Warning::LongSentence { line, words, most, begin } => {
            let args =
                [("line", (*line).into()), ("words", (*words).into()), ("most", (*most).into()), ("begin", shown(begin).into())];
            ctx.words.say_with("lint-sentence", &args)
        }
        Warning::Abbreviation { word } => ctx.words.say_with("lint-abbreviation", &[("word", shown(word).into())]),
        Warning::NoAppeal => ctx.words.say("lint-appeal"),
        Warning::OnlyAttachment => ctx.words.say("lint-attachment"),
        Warning::Table { line } => ctx.words.say_with("lint-table", &[("line", (*line).into())]),
        Warning::NoText { name } => ctx.words.say_with("lint-scan", &[("name", shown(name).into())]),
        Warning::Unknown { name } => ctx.words.say_with("lint-pdf", &[("name", shown(name).into())]),
    }
}

fn value(ctx: &Context, warning: &Warning) -> Value {
    let (what, line, about) = match warning {
        Warning::LongSentence { line, begin, .. } => ("long-sentence", Some(*line), Some(begin)),
        Warning::Abbreviation { word } => ("abbreviation", None, Some(word)),
        Warning::NoAppeal => ("no-appeal", None, None),
        Warning::OnlyAttachment => ("only-attachment", None, None),
        Warning::Table { line } => ("table", Some(*line), None),
        Warning::NoText { name } => ("no-text", None, Some(name)),
        Warning::Unknown { name } => ("unknown-pdf", None, Some(name)),
    };
    object!({ "what": what, "line": line, "about": about, "said": said(ctx, warning) })
}
