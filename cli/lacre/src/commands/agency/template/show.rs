//! `lacre agency template show NAME [--version N]`: what a template says, with its placeholders.

use super::name;
use super::told::{head, value};
use crate::commands::agency::own;
use crate::context::{Context, Outcome};
use lacre_agency::template::TemplateName;
use lacre_words::failure::Exit;
use lacre_words::shown::paragraph;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "NAME", value_parser = name)]
    name: TemplateName,
    #[arg(long = "version", value_name = "N")]
    number: Option<u32>,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut body = own::open(ctx)?;
    let template = body.template(&args.name, args.number).map_err(|e| own::trouble(ctx, e))?;
    let mut out = head(ctx, &template);
    out.push(String::new());
    // as it was written: this is what somebody edits
    out.push(paragraph(template.text().body.trim_end(), ""));
    let mut json = value(&template);
    if let Some(fields) = json.as_object_mut() {
        fields.insert("body".to_owned(), object!(template.text().body));
    }
    ctx.long_result(&out.join("\n"), &json);
    Ok(Exit::Done)
}
