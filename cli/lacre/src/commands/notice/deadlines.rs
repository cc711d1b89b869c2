//! `lacre notice deadlines`: until when one may answer, the earliest safe date first.

use super::{object, plain, remind, told};
use crate::context::{Context, Outcome};
use crate::proof::long_day;
use crate::{online, show};
use lacre_core::Client;
use lacre_core::view::{Genuine, OfficialNotice};
use lacre_evidence::clock::Calendar;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::json;

pub(crate) fn run(ctx: &Context, client: &mut Client) -> Outcome {
    let reached = online::round_to_read(ctx, client)?;
    let all = client.notices().map_err(|t| ctx.trouble(t))?;
    let mut with_term: Vec<(&OfficialNotice, &Genuine, jiff::civil::Date)> = all
        .iter()
        .filter_map(|n| {
            // of a copy there is the original, too: one term, one line
            let genuine = n.content.as_deref().ok().filter(|g| g.notice.standing.counts())?;
            Some((n, genuine, genuine.safe()?.last_day?))
        })
        .collect();
    with_term.sort_by_key(|(notice, _, last)| (*last, notice.accepted_at));
    let words = &ctx.words;
    let row = |(notice, genuine, last): &(&OfficialNotice, &Genuine, jiff::civil::Date)| {
        let today = told::today(ctx, genuine);
        let left = today.and_then(|today| told::days_left(today, *last, genuine.notice.place, Calendar::chile()));
        let left = match left {
            Some(left) => words.say_with("deadline-left", &[("left", left.into())]),
            None => words.say("deadline-over"),
        };
        let rule = genuine.safe().map(|r| r.rule.id.name().to_owned()).unwrap_or_default();
        vec![
            long_day(words, *last),
            left,
            show::short(&notice.id.to_hex(), 8),
            show::cut(&shown(&genuine.certificate.name), 24),
            show::cut(&shown(&genuine.notice.subject), 32),
            rule,
        ]
    };
    let mut text = match with_term.is_empty() {
        true => words.say("deadlines-none"),
        false if ctx.plain => with_term.iter().flat_map(|(n, g, _)| plain::deadline(ctx, n, g)).collect::<Vec<_>>().join("\n"),
        false => show::rows(ctx, &with_term.iter().map(row).collect::<Vec<_>>()),
    };
    if !with_term.is_empty() {
        text = format!("{text}\n{}", words.say("deadlines-safe"));
    }
    let deadlines: Vec<_> = with_term
        .iter()
        .map(|(notice, _, last)| json!({ "last_day": last.to_string(), "notice": object::of(words, notice) }))
        .collect();
    remind::note(ctx, client)?;
    ctx.long_result(&text, &json!({ "deadlines": deadlines, "relay_reached": reached.yes() }));
    Ok(Exit::Done)
}
