//! `lacre agency template list`: every version, in the order in which they were added.

use crate::commands::agency::own;
use crate::context::{Context, Outcome};
use crate::show;
use data_encoding::HEXLOWER;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::{Value, json as object};

pub(crate) fn run(ctx: &Context) -> Outcome {
    let mut body = own::open(ctx)?;
    let all = body.templates().map_err(|e| own::trouble(ctx, e))?;
    let row = |line: &lacre_agency::TemplateLine| {
        let version = ctx.words.say_with("template-version", &[("version", line.version.into())]);
        vec![line.name.to_string(), version, ctx.local(line.made_at), shown(&line.subject)]
    };
    let text = match all.is_empty() {
        true => ctx.words.say("template-none"),
        false => format!("{}\n{}", show::rows(ctx, &all.iter().map(row).collect::<Vec<_>>()), ctx.times_zone()),
    };
    let json = |line: &lacre_agency::TemplateLine| {
        object!({
            "name": line.name.as_str(), "version": line.version, "subject": line.subject, "made_at": line.made_at.to_string(),
            "digest": HEXLOWER.encode(&line.digest),
        })
    };
    ctx.long_result(&text, &object!({ "templates": all.iter().map(json).collect::<Vec<Value>>() }));
    Ok(Exit::Done)
}
