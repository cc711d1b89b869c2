//! Templates in words and for programs.

use crate::context::Context;
use data_encoding::HEXLOWER;
use lacre_agency::template::{Template, TemplateFault};
use lacre_evidence::Act;
use lacre_evidence::notice::Stage;
use lacre_words::screen::size;
use lacre_words::shown::shown;
use lacre_words::words::key;
use serde_json::{Value, json as object};

/// Placeholders as they are written, or that there are none.
pub(super) fn placeholders(ctx: &Context, names: &[String]) -> String {
    if names.is_empty() {
        return ctx.words.say("template-no-placeholders");
    }
    names.iter().map(|name| format!("(({}))", shown(name))).collect::<Vec<_>>().join(" ")
}

/// What stands above its body.
pub(super) fn head(ctx: &Context, template: &Template) -> Vec<String> {
    let text = template.text();
    let say = |key, args: &[_]| ctx.words.say_with(key, args);
    let kind = match text.act {
        Act::Notification { stage: Stage::Start, .. } => ctx.words.say("template-start"),
        Act::Notification { stage: Stage::Inquiry, .. } => ctx.words.say("template-inquiry"),
        Act::Notification { stage: Stage::End, .. } => ctx.words.say("template-end"),
        Act::PersonalCommunication => ctx.words.say("template-cp"),
        Act::Communique => ctx.words.say("template-ci"),
    };
    let term = match text.act {
        Act::Notification { term: Some(term), .. } => {
            ctx.words.say_with("template-term", &[("days", u32::from(term.days()).into())])
        }
        _ => ctx.words.say("template-no-term"),
    };
    let answers = if text.answers { key("template-answers") } else { key("template-no-answers") };
    vec![
        say(
            "template-head",
            &[
                ("name", template.name().as_str().into()),
                ("version", template.version().into()),
                ("at", ctx.local_in(template.made_at()).into()),
            ],
        ),
        say("template-kind", &[("kind", kind.into()), ("term", term.into())]),
        say("template-procedure", &[("procedure", shown(&text.procedure).into())]),
        say("notice-subject", &[("subject", shown(&text.subject).into())]),
        say("template-description", &[("description", shown(&text.description).into())]),
        say("template-file", &[("file", shown(&text.file).into())]),
        ctx.words.say(answers),
        say("template-placeholders", &[("placeholders", placeholders(ctx, &template.placeholders()).into())]),
    ]
}

/// For programs, without the body.
pub(super) fn value(template: &Template) -> Value {
    let text = template.text();
    let (kind, term) = match text.act {
        Act::Notification { stage, term } => {
            let stage = match stage {
                Stage::Start => "start",
                Stage::Inquiry => "inquiry",
                Stage::End => "end",
            };
            (stage, term.map(|term| term.days()))
        }
        Act::PersonalCommunication => ("CP", None),
        Act::Communique => ("CI", None),
    };
    object!({
        "name": template.name().as_str(), "version": template.version(), "made_at": template.made_at().to_string(),
        "digest": HEXLOWER.encode(&template.digest()), "type": kind, "term": term, "procedure": text.procedure,
        "subject": text.subject, "description": text.description, "file": text.file, "media": text.markup.media(),
        "answers": text.answers, "placeholders": template.placeholders(),
    })
}

/// What is wrong with a template.
pub(super) fn fault(ctx: &Context, fault: &TemplateFault) -> String {
    let say = |key, args: &[_]| ctx.words.say_with(key, args);
    match fault {
        TemplateFault::Line { name, most } => say(
            "template-fault-line",
            &[("option", format!("--{}", if *name == "file" { "body" } else { name }).into()), ("most", (*most).into())],
        ),
        TemplateFault::Empty => ctx.words.say("template-fault-empty"),
        TemplateFault::Body { most, .. } => {
            say("template-fault-body", &[("most", size(&ctx.words, u64::try_from(*most).unwrap_or(u64::MAX)).into())])
        }
        TemplateFault::Control { line } => say("template-fault-control", &[("line", (*line).into())]),
        TemplateFault::LongTerm { days, most } => {
            say("template-fault-term", &[("days", u32::from(*days).into()), ("most", u32::from(*most).into())])
        }
        TemplateFault::Placeholder { part, bad } => say(
            "template-fault-placeholder",
            &[("part", self::part(ctx, part).into()), ("line", bad.line.into()), ("text", shown(&bad.text).into())],
        ),
        TemplateFault::Placeholders { count, most } => {
            say("template-fault-placeholders", &[("count", (*count).into()), ("most", (*most).into())])
        }
        TemplateFault::Place { placeholder } => say("template-fault-place", &[("placeholder", shown(placeholder).into())]),
        TemplateFault::References => ctx.words.say("template-fault-references"),
    }
}

fn part(ctx: &Context, part: &str) -> String {
    match part {
        "subject" => ctx.words.say("template-part-subject"),
        "description" => ctx.words.say("template-part-description"),
        _ => ctx.words.say("template-part-body"),
    }
}
