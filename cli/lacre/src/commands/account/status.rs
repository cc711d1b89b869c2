//! `lacre status`: is the relay there, what waits, what needs this person.

use crate::commands::overview;
use crate::context::{Context, Outcome};
use crate::online::Reached;
use crate::{json, misfits, online, secret, show};
use lacre_core::AccountTrouble;
use lacre_core::view::Standing;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use lacre_words::words::key;
use serde_json::json as object;

pub(crate) fn run(ctx: &Context) -> Outcome {
    let mut client = secret::open(ctx)?;
    let Some(who) = client.whoami().map_err(|t| ctx.trouble(t))? else {
        return Err(ctx.trouble(lacre_core::Trouble::Account(AccountTrouble::NotEnrolled)));
    };
    let reached = online::round_to_read(ctx, &mut client)?;
    let conversations = client.conversations().map_err(|t| ctx.trouble(t))?;
    let contacts = client.contacts().map_err(|t| ctx.trouble(t))?;
    let outbox = client.outbox().map_err(|t| ctx.trouble(t))?;
    let unread = overview::unread(&conversations);
    let requests = overview::asking(&contacts).len();
    let recovering = conversations.iter().filter(|c| c.standing == Standing::AskingToBeReAdded).count();
    let unlocked = secret::unlocked(ctx);
    let dir = ctx.profile_dir()?.display().to_string();

    let words = &ctx.words;
    let relay = format!("{}:{}", who.relay.host(), who.relay.port());
    let mut lines = vec![
        words.say_with("status-who", &[("handle", who.handle.to_string().into()), ("dir", shown(&dir).into())]),
        words.say_with(
            match &reached {
                Reached::Yes => key("status-relay"),
                Reached::No(_) => key("status-no-relay"),
                Reached::Otherwise(sentence, _) => sentence,
            },
            &[("relay", relay.as_str().into())],
        ),
        words.say_with("status-conversations", &[("count", conversations.len().into()), ("unread", unread.into())]),
        words.say_with("status-outbox", &[("count", outbox.len().into())]),
        words.say_with("status-requests", &[("count", requests.into())]),
    ];
    if recovering > 0 {
        lines.push(words.say_with("status-recovering", &[("count", recovering.into())]));
    }
    let resting = client.resting().map_err(|t| ctx.trouble(t))?;
    lines.extend(resting.iter().map(|r| show::resting(ctx, r, &conversations)));
    let (faults, casilla_faults) = misfits::of(ctx, &mut client)?;
    lines.extend(faults);
    let clock = client.clock_differs().map_err(|t| ctx.trouble(t))?;
    if let Some(differs) = clock {
        lines.push(show::clock(words, differs.ahead, differs.by_ms));
    }
    lines.push(if unlocked { words.say("status-unlocked") } else { words.say("status-locked") });
    if !who.enrolled {
        lines.push(words.say("enrolment-unfinished"));
    }
    let result = object!({
        "handle": who.handle.to_string(),
        "profile": dir,
        "relay": who.relay.to_string(),
        "relay_reached": reached.yes(),
        "relay_trouble": match &reached { Reached::Yes => None, Reached::No(why) | Reached::Otherwise(_, why) => Some(why) },
        "enrolled": who.enrolled,
        "conversations": conversations.len(),
        "unread": unread,
        "waiting": outbox.len(),
        "requests": requests,
        "recovering": recovering,
        "resting": resting.iter().map(json::Resting::from).collect::<Vec<_>>(),
        "casilla_faults": casilla_faults,
        "clock_ahead_ms": clock.map(|d| i64::try_from(d.by_ms).unwrap_or(i64::MAX).saturating_mul(if d.ahead { 1 } else { -1 })),
        "unlocked": unlocked,
        "replaced_at": client.replaced().map_err(|t| ctx.trouble(t))?.map(|at| at.to_string()),
    });
    ctx.result(&lines.join("\n"), &result);
    Ok(if reached.yes() { Exit::Done } else { Exit::CouldNotAsk })
}
