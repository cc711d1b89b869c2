//! `lacre notice ack|refuse|not-me NOTICE`: what a person says to a notice, once. What follows of it by law is told before.

use super::{find, goes_on, object};
use crate::context::{Context, Outcome};
use crate::online;
use lacre_core::view::NoticeAnswer;
use lacre_core::{Client, NoticeTrouble, Trouble};
use lacre_words::failure::Exit;
use lacre_words::words::key;
use serde_json::json;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "NOTICE")]
    notice: String,
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(ctx: &Context, client: &mut Client, args: &Args, what: NoticeAnswer) -> Outcome {
    online::round(ctx, client)?;
    online::may_write(ctx, client)?;
    let notice = find(ctx, client, &args.notice)?;
    // what cannot be done is not asked about
    let no = match &notice.content {
        Err(_) => Some(NoticeTrouble::Invalid),
        Ok(_) if notice.answer.is_some() => Some(NoticeTrouble::AlreadyAnswered),
        Ok(genuine) if !genuine.takes_answers => Some(NoticeTrouble::TakesNoAnswers),
        Ok(_) => None,
    };
    if let Some(no) = no {
        return Err(ctx.trouble(Trouble::Notice(no)));
    }
    if !goes_on(ctx, client, args.yes, &notice)? {
        ctx.result(
            &ctx.words.say("notice-not-answered"),
            &json!({ "notice": object::of(&ctx.words, &notice), "relay_reached": null }),
        );
        return Ok(Exit::No);
    }
    client.answer_notice(notice.id, what).map_err(|t| ctx.trouble(t))?;
    let reached = online::deliver(ctx, client)?;
    let notice = client.notice(notice.id).map_err(|t| ctx.trouble(t))?;
    let done = match (notice.waiting, what) {
        (1.., _) => key("notice-answer-waits"),
        (0, NoticeAnswer::Acknowledged) => key("notice-acknowledged-now"),
        (0, NoticeAnswer::Refused) => key("notice-refused-now"),
        (0, NoticeAnswer::NotMe) => key("notice-not-me-now"),
    };
    let json = json!({ "notice": object::of(&ctx.words, &notice), "relay_reached": reached.yes() });
    ctx.result(&ctx.words.say(done), &json);
    Ok(Exit::Done)
}
