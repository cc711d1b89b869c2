//! `lacre list`: conversations, and requests that wait for an answer.

use crate::context::{Context, Outcome};
use crate::when::when;
use crate::{find, json, online, secret, show};
use lacre_core::view::{Contact, Conversation};
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::json as object;

pub(crate) fn run(ctx: &Context) -> Outcome {
    let mut client = secret::open(ctx)?;
    let reached = online::round(ctx, &mut client)?;
    let mut all = client.conversations().map_err(|t| ctx.trouble(t))?;
    all.sort_by_key(|c| std::cmp::Reverse(c.newest_at));
    let contacts = client.contacts().map_err(|t| ctx.trouble(t))?;
    let requests = super::asking(&contacts);

    let words = &ctx.words;
    let length = find::short_length(&all);
    let row = |c: &Conversation| {
        let mut state = Vec::new();
        if c.unread > 0 {
            state.push(words.say_with("count-unread", &[("count", c.unread.into())]));
        }
        if c.waiting > 0 {
            state.push(words.say_with("count-waiting", &[("count", c.waiting.into())]));
        }
        state.extend(c.resting.as_ref().map(|r| show::rests(ctx, r)));
        state.extend([show::standing(words, c.standing), show::suite(words, c.suite)].into_iter().filter(|s| !s.is_empty()));
        vec![find::short(&c.id.to_hex(), length), show::cut(&show::title(words, c), 28), when(ctx, c.newest_at), state.join(", ")]
    };
    let mut text = show::table(&all.iter().map(row).collect::<Vec<_>>());
    if !requests.is_empty() {
        let request = |c: &&Contact| vec![format!("  {}", c.handle), when(ctx, c.since), show::cut(&shown(&c.text), 34)];
        let rows: Vec<Vec<String>> = requests.iter().map(request).collect();
        let blank = if text.is_empty() { "" } else { "\n\n" };
        text = format!("{text}{blank}{}\n{}", words.say("requests"), show::table(&rows));
    }
    let conversations: Vec<json::Conversation> = all.iter().map(json::Conversation::from).collect();
    let asking: Vec<json::Contact> = requests.iter().map(|c| json::Contact::from(*c)).collect();
    let json = object!({ "conversations": conversations, "requests": asking, "relay_reached": reached.yes() });
    ctx.result(&text, &json);
    if all.is_empty() && requests.is_empty() {
        ctx.note(&words.say("no-conversations"));
    }
    if !requests.is_empty() {
        ctx.note(&words.say("requests-next"));
    }
    Ok(Exit::Done)
}
