//! `lacre read CONVERSATION`: the history, the same for every member, then what still waits here.

use crate::context::{Context, Outcome};
use crate::when::{day, midnight};
use crate::{find, json, online, secret, show, spoken};
use jiff::civil::Date;
use lacre_core::view::Conversation;
use lacre_core::{Client, Trouble};
use lacre_ground::time::Millis;
use lacre_profile::StoreError;
use lacre_words::failure::{Exit, Failure};
use lacre_words::usage::Forms;
use serde_json::json as object;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "CONVERSATION")]
    conversation: String,
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = many)]
    limit: u64,
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    #[arg(long, value_name = "DATE", value_parser = day, conflicts_with_all = ["limit", "all"])]
    since: Option<Date>,
}

fn many(text: &str) -> Result<u64, Forms> {
    text.parse().ok().filter(|n| *n > 0).ok_or(Forms("1, 2, 3 …"))
}

/// Messages that are taken from the profile at a time.
const PAGE: u16 = 500;

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let mut client = secret::open(ctx)?;
    let reached = online::round_to_read(ctx, &mut client)?;
    let conversation = find::conversation(ctx, &mut client, &args.conversation)?;
    let first = match args.since {
        Some(since) => position_of(ctx, &mut client, &conversation, midnight(since))?,
        None if args.all => 1,
        None => last_of(ctx, &mut client, &conversation, args.limit)?,
    };

    let mut messages = Vec::new();
    let mut from = first;
    loop {
        let page = client.history(&conversation.id, from, usize::from(PAGE)).map_err(|t| ctx.trouble(t))?;
        let Some(last) = page.iter().filter_map(|m| m.position).max() else { break };
        messages.extend(page.into_iter().filter(|m| m.position.is_some()));
        from = last + 1;
    }
    let through = from - 1;
    messages.extend(client.pending(&conversation.id).map_err(|t| ctx.trouble(t))?);

    let oldest = client.history(&conversation.id, 1, 1).map_err(|t| ctx.trouble(t))?;
    if oldest.first().and_then(|m| m.position).is_some_and(|oldest| oldest < first) {
        ctx.note(&ctx.words.say("earlier"));
    }
    let text: Vec<String> = messages.iter().map(|m| show::message(ctx, m)).collect();
    let json: Vec<json::Message> = messages.iter().map(json::Message::from).collect();
    let about = json::Conversation::from(&conversation);
    ctx.long_result(&text.join("\n"), &object!({ "conversation": about, "messages": json, "relay_reached": reached.yes() }));
    // Read is what was shown, not what was about to be.
    match client.mark_read(&conversation.id, through) {
        // what is here was shown; that it was is noted when there is room
        Err(Trouble::Store(StoreError::Full)) => return Ok(Exit::Done),
        marked => marked.map_err(|t| ctx.trouble(t))?,
    }
    if reached.yes() && client.settings().map_err(|t| ctx.trouble(t))?.read_receipts {
        online::round(ctx, &mut client)?;
    }
    let stays = if conversation.stays_s > 0 { show::stays(&ctx.words, conversation.stays_s) } else { String::new() };
    let remarks = [spoken::standing(&ctx.words, conversation.standing), show::suite(&ctx.words, conversation.suite), stays];
    remarks.iter().filter(|r| !r.is_empty()).for_each(|r| ctx.note(r));
    if messages.is_empty() {
        ctx.note(&ctx.words.say("no-messages"));
    }
    Ok(Exit::Done)
}

/// The position of the message with which the last so many begin. Some are not there any more, and do not count.
fn last_of(ctx: &Context, client: &mut Client, conversation: &Conversation, count: u64) -> Result<u64, Failure> {
    first_of_last(conversation.messages, count, |from| {
        let page = client.history(&conversation.id, from, usize::from(PAGE)).map_err(|t| ctx.trouble(t))?;
        Ok(page.iter().filter_map(|m| m.position).collect())
    })
}

/// Goes back from the last position; `page` gives positions that are there, from one on, at most [`PAGE`].
fn first_of_last<E>(last: u64, count: u64, mut page: impl FnMut(u64) -> Result<Vec<u64>, E>) -> Result<u64, E> {
    let (mut from, mut missing) = (last + 1, count);
    while from > 1 {
        let before = from;
        from = from.saturating_sub(u64::from(PAGE)).max(1);
        for position in page(from)?.into_iter().rev().filter(|position| *position < before) {
            missing -= 1;
            if missing == 0 {
                return Ok(position);
            }
        }
    }
    Ok(1)
}

/// The first position whose message the relay took at this instant or later: its times never go back.
fn position_of(ctx: &Context, client: &mut Client, conversation: &Conversation, since: Millis) -> Result<u64, Failure> {
    first_since(conversation.messages, since, |position| {
        let next = client.history(&conversation.id, position, 1).map_err(|t| ctx.trouble(t))?;
        Ok(next.first().and_then(|m| Some((m.position?, m.accepted_at?))))
    })
}

/// Halves `1..=last`; `next` gives the first message at a position or behind it, with its time.
fn first_since<E>(last: u64, since: Millis, mut next: impl FnMut(u64) -> Result<Option<(u64, Millis)>, E>) -> Result<u64, E> {
    let (mut low, mut high) = (1, last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match next(middle)? {
            Some((position, at)) if at < since => low = position + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_messages_are_counted_among_those_that_are_there() {
        // every third of 2,000 is there, and the last 700 are gone
        let there: Vec<u64> = (1..=1_300).filter(|n| n % 3 == 0).collect();
        let page = |from: u64| -> Result<Vec<u64>, ()> {
            Ok(there.iter().copied().filter(|n| *n >= from).take(usize::from(PAGE)).collect())
        };
        for count in [1, 2, 50, 400, there.len() as u64] {
            let first = first_of_last(2_000, count, page).unwrap();
            assert_eq!(there.iter().filter(|n| **n >= first).count() as u64, count);
        }
        assert_eq!(first_of_last(2_000, 434, page), Ok(1), "more than there are");
        assert_eq!(first_of_last(0, 5, page), Ok(1));
    }

    #[test]
    fn reading_since_a_day_begins_with_the_first_message_of_it() {
        // positions 2, 5 and 9 are gone; times repeat
        let there = [(1, 10), (3, 10), (4, 20), (6, 20), (7, 30), (8, 40), (10, 40)];
        for since in [0, 9, 10, 11, 20, 25, 30, 40, 41] {
            let found = first_since(10, Millis::new(since), |from| {
                let next = there.iter().find(|(position, _)| *position >= from);
                Ok::<_, ()>(next.map(|(position, at)| (*position, Millis::new(*at))))
            });
            let shown: Vec<_> = there.iter().filter(|(position, _)| *position >= found.unwrap()).collect();
            let wanted: Vec<_> = there.iter().filter(|(_, at)| *at >= since).collect();
            assert_eq!(shown, wanted, "{since}");
        }
        assert_eq!(first_since(0, Millis::new(5), |_| Ok::<_, ()>(None)), Ok(1));
    }
}
