//! `lacre agency status [ID]`: what was sent, how far it is, and what persons' devices answered.

use super::own::{self, Evidence};
use crate::context::{Context, Outcome, local};
use lacre_agency::{Collected, Dispatch, LOST_DEVICE, ResetOf, Stage, evidence_name};
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use lacre_words::words::key;
use serde_json::{Value, json as object};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "ID")]
    id: Option<String>,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut body = own::open(ctx)?;
    let mut evidence = Evidence::of(ctx)?;
    let mut network = own::network(ctx)?;
    // without a relay there is still what is known here
    let collected = match body.collect(&mut network, &mut evidence) {
        Ok(collected) => Some(collected),
        Err(lacre_agency::BodyTrouble::Network(why)) => {
            let failure = own::trouble(ctx, lacre_agency::BodyTrouble::Network(why));
            ctx.note(&ctx.words.say_with("body-not-asked", &[("why", failure.what.as_str().into())]));
            None
        }
        Err(other) => return Err(own::trouble(ctx, other)),
    };
    let mut rows = body.dispatches().map_err(|e| own::trouble(ctx, e))?;
    if let Some(typed) = &args.id {
        let id = own::find(ctx, &mut body, typed)?;
        rows.retain(|row| row.id == id);
    }
    let strangers = collected.as_ref().map_or(0, |c: &Collected| c.aside.iter().filter(|a| a.notice.is_none()).count());
    // her account was reset, and nothing shows that she knew of it before
    let lost = body.lost_on_the_way().map_err(|e| own::trouble(ctx, e))?;
    let mut text: Vec<String> = rows.iter().map(|row| line(ctx, row, lost.get(&row.id))).collect();
    if rows.is_empty() {
        text.push(ctx.words.say("body-no-notices"));
    }
    if strangers > 0 {
        text.push(ctx.words.say_with("body-strangers", &[("count", strangers.into())]));
    }
    let json: Vec<Value> = rows.iter().map(|row| value(&evidence, row, lost.get(&row.id))).collect();
    ctx.long_result(
        &text.join("\n"),
        &object!({ "notices": json, "strangers": strangers, "relay_reached": collected.is_some() }),
    );
    Ok(Exit::Done)
}

const fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Prepared => "prepared",
        Stage::Sent => "sent",
        Stage::Otherwise => "otherwise",
        Stage::Refused => "refused",
    }
}

fn line(ctx: &Context, row: &Dispatch, lost: Option<&ResetOf>) -> String {
    let stage = match row.stage {
        Stage::Prepared => key("body-stage-prepared"),
        Stage::Sent if row.unproven => key("body-stage-unproven"),
        Stage::Sent if row.again => key("body-stage-again"),
        Stage::Sent => key("body-stage-sent"),
        Stage::Otherwise => key("body-stage-otherwise"),
        Stage::Refused => key("body-stage-refused"),
    };
    let id = row.id.to_string();
    let args = [
        ("id", id.get(..8).unwrap_or(&id).to_owned().into()),
        ("run", row.run.as_str().into()),
        ("case", shown(&row.case).into()),
        ("subject", shown(&row.subject).into()),
        ("at", local(row.asked_at).into()),
        ("stage", ctx.words.say(stage).into()),
    ];
    let mut lines = vec![ctx.words.say_with("body-notice", &args)];
    for (what, at) in &row.answers {
        let what = match what.as_str() {
            "ContentHandover" => ctx.words.say("body-answer-handover"),
            "ContentHandoverFailure" => ctx.words.say("body-answer-failure"),
            "ContentAccessTracking" => ctx.words.say("body-answer-opened"),
            "ConsignmentAcceptance" => ctx.words.say("body-answer-acknowledged"),
            "not-me" => ctx.words.say("body-answer-not-me"),
            "ConsignmentRejection" => ctx.words.say("body-answer-refused"),
            "reply" => ctx.words.say("body-answer-reply"),
            other => shown(other),
        };
        lines.push(format!("    {}  {what}", local(*at)));
    }
    for why in &row.aside {
        let why = match why.as_str() {
            LOST_DEVICE => ctx.words.say("body-answer-lost-device"),
            other => ctx.words.say_with("body-answer-aside", &[("why", shown(other).into())]),
        };
        lines.push(format!("    {why}"));
    }
    if let Some(reset) = lost {
        lines.push(format!("    {}", ctx.words.say_with("body-reset", &[("at", local(reset.at).into())])));
    }
    lines.join("\n")
}

fn value(evidence: &Evidence, row: &Dispatch, lost: Option<&ResetOf>) -> Value {
    let answers: Vec<Value> = row.answers.iter().map(|(what, at)| object!({ "what": what, "at": at.to_string() })).collect();
    object!({
        "notice": row.id.to_string(), "run": row.run, "case": row.case, "subject": row.subject, "stage": word(row.stage),
        "reason": row.reason, "asked_at": row.asked_at.to_string(), "answers": answers, "aside": row.aside,
        "unproven": row.unproven, "again": row.again, "reset_at": lost.map(|reset| reset.at.to_string()),
        "evidence": evidence.path(&evidence_name(row.id)).display().to_string(),
    })
}
