//! `lacre list`: conversations, and requests that wait for an answer.

use crate::commands::notice::remind;
use crate::context::{Context, Outcome};
use crate::when::when;
use crate::{find, json, misfits, online, secret, show, spoken};
use lacre_core::Client;
use lacre_core::view::{Body, Contact, Conversation};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut client = secret::open(ctx)?;
    let reached = online::round_to_read(ctx, &mut client)?;
    let mut all = client.conversations().map_err(|t| ctx.trouble(t))?;
    all.sort_by_key(|c| std::cmp::Reverse(c.newest_at));
    let contacts = client.contacts().map_err(|t| ctx.trouble(t))?;
    let requests = super::asking(&contacts);

    let words = &ctx.words;
    let length = find::short_length(&all);
    let away = all.iter().filter(|c| c.archived).count();
    if !args.all {
        all.retain(|c| !c.archived);
    }
    let row = |c: &Conversation| {
        let mut state = Vec::new();
        if c.unread > 0 {
            state.push(words.say_with("count-unread", &[("count", c.unread.into())]));
        }
        if c.waiting > 0 {
            state.push(words.say_with("count-waiting", &[("count", c.waiting.into())]));
        }
        if c.muted {
            state.push(words.say("state-muted"));
        }
        if c.archived {
            state.push(words.say("state-archived"));
        }
        state.extend(c.resting.as_ref().map(|r| show::rests(ctx, r)));
        state.extend([spoken::standing(words, c.standing), show::suite(words, c.suite)].into_iter().filter(|s| !s.is_empty()));
        vec![
            show::short(&c.id.to_hex(), length),
            show::cut(&show::called(words, c, &contacts), 28),
            when(ctx, c.newest_at),
            state.join(", "),
        ]
    };
    let table = show::rows(ctx, &all.iter().map(row).collect::<Vec<_>>());
    let mut lines: Vec<String> = Vec::new();
    for (line, c) in table.lines().zip(&all) {
        lines.push(line.to_owned());
        lines.extend(last_words(ctx, &mut client, c)?);
    }
    let mut text = lines.join("\n");
    if !requests.is_empty() {
        let request = |c: &&Contact| vec![format!("  {}", c.handle), when(ctx, c.since), show::cut(&shown(&c.text), 34)];
        let rows: Vec<Vec<String>> = requests.iter().map(request).collect();
        let blank = if text.is_empty() { "" } else { "\n\n" };
        text = format!("{text}{blank}{}\n{}", words.say("requests"), show::rows(ctx, &rows));
    }
    let conversations: Vec<json::Conversation> = all.iter().map(json::Conversation::from).collect();
    let asking: Vec<json::Contact> = requests.iter().map(|c| json::Contact::from(*c)).collect();
    let (faults, casilla_faults) = misfits::of(ctx, &mut client)?;
    let json = object!({ "conversations": conversations, "requests": asking, "casilla_faults": casilla_faults, "relay_reached": reached.yes() });
    remind::note(ctx, &mut client)?;
    ctx.result(&text, &json);
    faults.iter().for_each(|line| ctx.note(line));
    if away > 0 && !args.all {
        ctx.note(&words.say_with("archived-too", &[("count", away.into())]));
    }
    if all.is_empty() && away == 0 && requests.is_empty() {
        ctx.note(&words.say("no-conversations"));
    }
    if !requests.is_empty() {
        ctx.note(&words.say("requests-next"));
    }
    Ok(Exit::Done)
}

/// The beginning of the last thing that was written, one line of it.
fn last_words(ctx: &Context, client: &mut Client, c: &Conversation) -> Result<Option<String>, Failure> {
    /// Within 80 columns.
    const COLUMNS: usize = 60;
    /// Lines about members say nothing that was said.
    const BACK: u64 = 8;
    let trouble = |t| ctx.trouble(t);
    let mut lines = client.history(&c.id, c.messages.saturating_sub(BACK - 1).max(1), 8).map_err(trouble)?;
    lines.extend(client.pending(&c.id).map_err(trouble)?);
    let said = lines.iter().rev().find_map(|m| match &m.body {
        Body::Text(text) => Some((m, text)),
        Body::File { name, .. } => Some((m, name)),
        _ => None,
    });
    Ok(said.map(|(m, text)| {
        let who = show::name(&ctx.words, m.sender_handle.as_ref(), m.sender);
        let line = show::cut(&format!("{who}: {}", shown(&text.replace('\n', " "))), COLUMNS);
        format!("    {}", ctx.painted(anstyle::Style::new().dimmed(), &line))
    }))
}
