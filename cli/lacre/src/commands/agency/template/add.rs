//! `lacre agency template add NAME …`: a new template, or the next version of one.

use super::name;
use super::told::{self, value};
use crate::commands::agency::own;
use crate::commands::agency::send::{Kind, act, act_of, need, term};
use crate::context::{Context, Outcome};
use crate::files;
use lacre_agency::AddTrouble;
use lacre_agency::template::{MAX_BODY, Markup, TemplateName, TemplateText};
use lacre_evidence::clock::Term;
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::{composed, shown};
use lacre_words::words::key;
use serde_json::json as object;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "NAME", value_parser = name)]
    name: TemplateName,
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
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
    #[arg(long)]
    no_answers: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let act = act_of(ctx, need(ctx, args.act.as_ref(), "--type")?, args.term)?;
    let (body, file, markup) = body(ctx, &need(ctx, args.body.as_ref(), "--body")?)?;
    let text = TemplateText {
        act,
        procedure: need(ctx, args.procedure.as_ref(), "--procedure")?,
        subject: need(ctx, args.subject.as_ref(), "--subject")?,
        description: need(ctx, args.description.as_ref(), "--description")?,
        body,
        markup,
        file,
        answers: !args.no_answers,
    };
    let mut own = own::open(ctx)?;
    let added = own.add_template(&args.name, text).map_err(|why| match why {
        AddTrouble::Body(why) => own::trouble(ctx, why),
        AddTrouble::Faults(faults) => {
            let why: Vec<String> = faults.iter().map(|fault| told::fault(ctx, fault)).collect();
            ctx.failure("error-template", Exit::Usage, &[("why", why.join(" ").into())])
        }
    })?;
    let said = if added.new { key("template-added") } else { key("template-same") };
    let args = [
        ("name", added.template.name().as_str().into()),
        ("version", added.template.version().into()),
        ("placeholders", told::placeholders(ctx, &added.template.placeholders()).into()),
    ];
    let mut json = value(&added.template);
    if let Some(fields) = json.as_object_mut() {
        fields.insert("new".to_owned(), object!(added.new));
    }
    ctx.result(&ctx.words.say_with(said, &args), &json);
    Ok(Exit::Done)
}

/// Text, the name that persons see, and how it is written.
fn body(ctx: &Context, typed: &Path) -> Result<(String, String, Markup), Failure> {
    let bad = || ctx.failure("error-template-body", Exit::Usage, &[("path", shown(&typed.display().to_string()).into())]);
    let name = files::meant(typed).file_name().and_then(|name| name.to_str()).map(composed).ok_or_else(bad)?;
    let markup = Markup::of_name(&name).ok_or_else(bad)?;
    let bytes = files::bytes(ctx, typed, MAX_BODY)?;
    // one that is too long was cut anywhere, and is said to be too long
    let long = bytes.len() > MAX_BODY;
    let text = String::from_utf8(bytes).or_else(|why| match long {
        true => Ok(String::from_utf8_lossy(why.as_bytes()).into_owned()),
        false => Err(bad()),
    })?;
    // some editors write a mark in front that nobody sees
    Ok((text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned(), name, markup))
}
