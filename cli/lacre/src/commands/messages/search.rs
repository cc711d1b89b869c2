//! `lacre search WORDS…`: what was written, by the beginnings of its words; accents and capitals do not matter.

use crate::context::{Context, Outcome};
use crate::when::{day, midnight};
use crate::{find, json, secret, show};
use jiff::civil::Date;
use lacre_core::Query;
use lacre_words::failure::Exit;
use lacre_words::usage::Forms;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "WORDS", required = true)]
    words: Vec<String>,
    #[arg(long = "in", value_name = "CONVERSATION")]
    within: Option<String>,
    #[arg(long, value_name = "@HANDLE")]
    from: Option<String>,
    #[arg(long, value_name = "DATE", value_parser = day)]
    since: Option<Date>,
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = many)]
    limit: u16,
}

fn many(text: &str) -> Result<u16, Forms> {
    text.parse().ok().filter(|n| (1..=1_000).contains(n)).ok_or(Forms("1-1000"))
}

/// The profile is asked and nobody else: a search is nothing that a relay should see the time of.
pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut client = secret::open(ctx)?;
    let mut query = Query { words: args.words.join(" "), ..Query::default() };
    if let Some(typed) = &args.within {
        query.conversation = Some(find::conversation(ctx, &mut client, typed)?.id);
    }
    if let Some(typed) = &args.from {
        let own = client.whoami().map_err(|t| ctx.trouble(t))?;
        let handle = find::handle(ctx, typed)?;
        query.from = Some(match own.filter(|who| who.handle == handle) {
            Some(who) => who.account,
            None => find::contact(ctx, &mut client, typed)?.account,
        });
    }
    query.since = args.since.map(midnight);
    if query.words.trim().is_empty() {
        return Err(ctx.failure("error-search-empty", Exit::Usage, &[]));
    }
    let found = client.search(&query, usize::from(args.limit)).map_err(|t| ctx.trouble(t))?;

    let all = client.conversations().map_err(|t| ctx.trouble(t))?;
    let line = |m: &lacre_core::view::Message| {
        let place = all.iter().find(|c| c.id == m.conversation).map(|c| show::title(&ctx.words, c)).unwrap_or_default();
        format!("[{place}] {}", show::message(ctx, m))
    };
    let text: Vec<String> = found.messages.iter().map(line).collect();
    let json: Vec<json::Message> = found.messages.iter().map(json::Message::from).collect();
    ctx.long_result(&text.join("\n"), &object!({ "messages": json, "total": found.total }));
    if found.total == 0 {
        ctx.note(&ctx.words.say("nothing-found"));
        return Ok(Exit::No);
    }
    let more = found.total.saturating_sub(u64::from(args.limit));
    if more > 0 {
        ctx.note(&ctx.words.say_with("more-found", &[("count", more.into())]));
    }
    Ok(Exit::Done)
}
