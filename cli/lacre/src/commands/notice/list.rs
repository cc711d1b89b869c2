//! `lacre notice list`: what came, the newest first; what is not to be believed, too.

use super::{object, plain, remind, told};
use crate::context::{Context, Outcome};
use crate::when::when;
use crate::{misfits, online, show};
use lacre_core::Client;
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::json;

pub(crate) fn run(ctx: &Context, client: &mut Client) -> Outcome {
    let reached = online::round_to_read(ctx, client)?;
    let all = client.notices().map_err(|t| ctx.trouble(t))?;
    let words = &ctx.words;
    let row = |n: &lacre_core::view::OfficialNotice| -> Vec<String> {
        let id = show::short(&n.id.to_hex(), 8);
        let came = when(ctx, n.accepted_at);
        match &n.content {
            Ok(genuine) => vec![
                id,
                came,
                show::cut(&shown(&genuine.certificate.name), 28),
                show::cut(&shown(&genuine.notice.subject), 40),
                told::beside(words, n, &all).into_iter().chain([told::state(words, n)]).collect::<Vec<_>>().join("; "),
            ],
            Err(not) => vec![id, came, words.say("notice-invalid"), told::fault(words, not), String::new()],
        }
    };
    let text = match all.is_empty() {
        true => words.say("notices-none"),
        false if ctx.plain => all.iter().flat_map(|n| plain::short(ctx, n)).collect::<Vec<_>>().join("\n"),
        false => show::rows(ctx, &all.iter().map(row).collect::<Vec<_>>()),
    };
    let (faults, casilla_faults) = misfits::of(ctx, client)?;
    let text = faults.into_iter().chain([text]).collect::<Vec<_>>().join("\n");
    let notices: Vec<_> = all.iter().map(|n| object::of(words, n)).collect();
    remind::note(ctx, client)?;
    ctx.long_result(&text, &json!({ "notices": notices, "casilla_faults": casilla_faults, "relay_reached": reached.yes() }));
    Ok(Exit::Done)
}
