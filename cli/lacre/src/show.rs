//! Conversations and messages as lines for people, within 80 columns where the texts allow it.

use crate::context::{Context, Outcome};
use crate::spoken;
use crate::spoken::spoken_seconds;
use crate::when::when;
use crate::{json, online};
use anstyle::{AnsiColor, Style};
use lacre_core::Client;
use lacre_core::view::{
    Body, Contact, Conversation, ConversationId, Delivery, Kind, Message, NotAdded, Reaction, RestCause, Resting, RestingThing,
    Standing, Stays, Suite, Waiting, WaitingKind, Who,
};
use lacre_ground::ids::{AccountId, Handle};
use lacre_words::cause::cause_in;
use lacre_words::failure::{Exit, Failure};
use lacre_words::screen::size;
use lacre_words::shown::{composed, paragraph, shown};
use lacre_words::words::{Words, key};
use serde_json::json as object;
use unicode_width::UnicodeWidthStr;

/// Rows in columns, the last one as wide as it is; headings above.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| rows.iter().filter_map(|r| r.get(at)).map(|cell| cell.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let mut out = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            out.push_str(cell);
            out.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + 2));
        }
        out.trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Rows for people: in columns, or one fact behind the other for whoever hears them.
pub(crate) fn rows(ctx: &Context, rows: &[Vec<String>]) -> String {
    if !ctx.plain {
        return table(rows);
    }
    let line = |row: &Vec<String>| {
        let cells = row.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
        cells.collect::<Vec<_>>().join(", ")
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// At most so many columns, an ellipsis where it was cut.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if out.width() + c.to_string().width() + 1 > columns {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// What a conversation is called: the other's name, or the group's, marked as a group's: somebody else chose it, and it may
/// look like a person's.
pub(crate) fn title(words: &Words, c: &Conversation) -> String {
    match (c.kind, &c.peer) {
        _ if c.notes => words.say("notes-title"),
        (Kind::Two, Some(peer)) => peer.to_string(),
        (Kind::Two, None) => words.say("somebody"),
        (Kind::Group, _) => words.say_with("group-title", &[("name", shown(&c.name).into())]),
    }
}

/// A contact: the verified name, and behind it what the person calls them.
pub(crate) fn person(c: &Contact) -> String {
    let nickname = c.nickname.as_ref().map(|name| format!(" ({})", cut(&shown(name), 20)));
    format!("{}{}", c.handle, nickname.unwrap_or_default())
}

/// What a conversation is called in lists: with what the person calls the other.
pub(crate) fn called(words: &Words, c: &Conversation, contacts: &[Contact]) -> String {
    let contact = contacts.iter().find(|contact| contact.conversation.as_ref() == Some(&c.id));
    match contact {
        Some(contact) if c.kind == Kind::Two && c.peer.as_ref() == Some(&contact.handle) => person(contact),
        _ => title(words, c),
    }
}

/// Of something that failed: why, and when it is tried again.
pub(crate) fn rests(ctx: &Context, resting: &Resting) -> String {
    let cause = ctx.words.say(match resting.cause {
        RestCause::Away => key("rests-away"),
        RestCause::Limit => key("rests-limit"),
        RestCause::Refused => key("rests-refused"),
        RestCause::NotUnderstood => key("rests-not-understood"),
        RestCause::Encryption => key("rests-encryption"),
        RestCause::Damaged => key("rests-damaged"),
        RestCause::Other => key("rests-other"),
    });
    ctx.words.say_with("rests-until", &[("cause", cause.into()), ("when", when(ctx, resting.until).into())])
}

/// A line of `status` about something that rests.
pub(crate) fn resting(ctx: &Context, resting: &Resting, all: &[Conversation]) -> String {
    let what = match &resting.thing {
        RestingThing::Account => ctx.words.say("rests-account"),
        RestingThing::Inbox => ctx.words.say("rests-inbox"),
        RestingThing::NoticeAddress => ctx.words.say("rests-notice-address"),
        RestingThing::Casilla(_) => ctx.words.say("rests-casilla"),
        RestingThing::CasillaHead(_) => ctx.words.say("rests-casilla-head"),
        RestingThing::Conversation(id) => match all.iter().find(|c| c.id == *id) {
            Some(c) => title(&ctx.words, c),
            None => short(&id.to_hex(), 8),
        },
    };
    let why = cause_in(&ctx.words, &resting.why);
    ctx.words.say_with("status-resting", &[("what", what.into()), ("state", rests(ctx, resting).into()), ("why", why.into())])
}

/// Who is to come and is not here yet, with the reason: `@carla: no está todavía. Está en pausa.`
pub(crate) fn invited(words: &Words, c: &Conversation) -> Vec<String> {
    c.invited
        .iter()
        .map(|i| {
            let who = name(words, i.handle.as_ref(), i.account);
            let why = i.why.as_ref().map(|why| not_added(words, why)).unwrap_or_default();
            words.say_with("invited", &[("who", who.into()), ("why", why.into())]).trim_end().to_owned()
        })
        .collect()
}

/// That this device's clock is far from the relay's.
pub(crate) fn clock(words: &Words, ahead: bool, by_ms: u64) -> String {
    let seconds = u32::try_from(by_ms / 1_000).unwrap_or(u32::MAX);
    let time = [("time", spoken_seconds(words, seconds).into())];
    if ahead { words.say_with("clock-ahead", &time) } else { words.say_with("clock-behind", &time) }
}

/// Why somebody could not be added.
pub(crate) fn not_added(words: &Words, why: &NotAdded) -> String {
    match why {
        NotAdded::Paused => words.say("not-added-paused"),
        NotAdded::NoAccount => words.say("not-added-no-account"),
        NotAdded::NoKeyPackage => words.say("not-added-no-key-package"),
        NotAdded::Clock => words.say("not-added-clock"),
        NotAdded::OtherKey | NotAdded::Unfit(_) => words.say("not-added-key"),
    }
}

/// A suite in words: only the weaker one is worth a word.
pub(crate) fn suite(words: &Words, suite: Suite) -> String {
    match suite {
        Suite::XWing => String::new(),
        Suite::X25519 => words.say("suite-not-post-quantum"),
    }
}

/// The name of an account, as far as it is known.
pub(crate) fn name(words: &Words, handle: Option<&Handle>, account: AccountId) -> String {
    match handle {
        Some(handle) => handle.to_string(),
        None => words.say_with("account-unnamed", &[("id", short(&account.to_string(), 8).into())]),
    }
}

/// One of two keys.
pub(crate) const fn may_key(who: Who, admins: &'static str, everyone: &'static str) -> &'static str {
    match who {
        Who::Admins => admins,
        Who::Everyone => everyone,
    }
}

/// One message: `3f2a9c1b  2026-11-22 10:04  @ana: Hola`.
pub(crate) fn message(ctx: &Context, m: &Message) -> String {
    const MARGIN: &str = "          | ";
    let words = &ctx.words;
    let who = name(words, m.sender_handle.as_ref(), m.sender);
    let whom = |account: &AccountId| name(words, m.whom_handle.as_ref(), *account);
    let id = short(&m.id.to_string(), 8);
    let what = match &m.body {
        Body::Text(text) => format!("{}: {}", ctx.painted(Style::new().bold(), &who), paragraph(text, MARGIN)),
        Body::File { name, size: bytes } => {
            let args = [
                ("who", who.into()),
                ("file", shown(name).into()),
                ("size", size(words, *bytes).into()),
                ("id", id.as_str().into()),
            ];
            words.say_with("message-file", &args)
        }
        Body::Added { whom: account } => words.say_with("message-added", &[("who", who.into()), ("whom", whom(account).into())]),
        Body::Removed { whom: account } => {
            words.say_with("message-removed", &[("who", who.into()), ("whom", whom(account).into())])
        }
        Body::NotAdded { whom: account } => words.say_with("message-not-added", &[("whom", whom(account).into())]),
        Body::ReAdded { whom: account } => {
            words.say_with("message-re-added", &[("who", who.into()), ("whom", whom(account).into())])
        }
        Body::Meanwhile => words.say_with("message-meanwhile", &[("who", who.into())]),
        Body::NewAccount { whom: account } => words.say_with("message-new-account", &[("whom", whom(account).into())]),
        Body::Renamed { name } => words.say_with("message-renamed", &[("who", who.into()), ("name", shown(name).into())]),
        Body::Described { text } if text.is_empty() => words.say_with("message-description-gone", &[("who", who.into())]),
        Body::Described { text } => {
            words.say_with("message-described", &[("who", who.into()), ("text", paragraph(text, MARGIN).into())])
        }
        Body::AdminMade { whom: account } => {
            words.say_with("message-admin-made", &[("who", who.into()), ("whom", whom(account).into())])
        }
        Body::AdminUnmade { whom: account } => {
            words.say_with("message-admin-unmade", &[("who", who.into()), ("whom", whom(account).into())])
        }
        Body::MayAdd(allowed) => words
            .say_with(may_key(*allowed, key("message-may-add-admins"), key("message-may-add-everyone")), &[("who", who.into())]),
        Body::MayWrite(allowed) => words.say_with(
            may_key(*allowed, key("message-may-write-admins"), key("message-may-write-everyone")),
            &[("who", who.into())],
        ),
        Body::Stays(0) => words.say_with("message-stays-for-ever", &[("who", who.into())]),
        Body::Stays(seconds) => {
            words.say_with("message-stays", &[("who", who.into()), ("time", spoken_seconds(words, *seconds).into())])
        }
        Body::Succeeded { left_out: Some(account) } => {
            words.say_with("message-succeeded-without", &[("who", who.into()), ("whom", whom(account).into())])
        }
        Body::Succeeded { left_out: None } => words.say_with("message-succeeded", &[("who", who.into())]),
        Body::Refused => words.say_with("message-refused", &[("who", who.into())]),
        Body::Lost => words.say_with("message-lost", &[("who", who.into())]),
        Body::Ended => words.say("message-ended"),
        Body::Leaves => words.say_with("message-leaves", &[("who", who.into())]),
        Body::Deleted { here_only } => {
            let who = [("who", who.into())];
            if *here_only { words.say_with("message-forgotten", &who) } else { words.say_with("message-deleted", &who) }
        }
        Body::Newer => words.say_with("message-newer", &[("who", who.into())]),
        Body::Unreadable(reason) => words.say_with("message-unreadable", &[("why", cause_in(words, reason).into())]),
    };
    let waiting = match m.delivery {
        Delivery::Waiting => format!("  {}", ctx.painted(AnsiColor::Yellow.on_default(), &format!("[{}]", words.say("waiting")))),
        Delivery::Stored => String::new(),
    };
    let edited = if m.edited_at.is_some() { format!("  ({})", words.say("edited")) } else { String::new() };
    let again = match m.again {
        Some(first) => format!("  ({})", words.say_with("sent-again", &[("when", when(ctx, first).into())])),
        None => String::new(),
    };
    let stays = match &m.stays {
        Some(stays) => format!("  ({})", remaining(ctx, stays)),
        None => String::new(),
    };
    let head = ctx.painted(Style::new().dimmed(), &format!("{id}  {}", when(ctx, m.accepted_at.unwrap_or(m.sent_at))));
    let mut out = format!("{head}  {}{what}{again}{edited}{stays}{}{waiting}", quoted(words, m), receipts(words, m));
    if !m.reactions.is_empty() {
        out.push_str(&format!("\n{MARGIN}{}", reactions(words, &m.reactions)));
    }
    out
}

/// How messages are named in other commands.
pub(crate) fn ids(messages: &[Message]) -> String {
    messages.iter().map(|m| short(&m.id.to_string(), 8)).collect::<Vec<_>>().join(", ")
}

/// `[@bruno: «¿Quién lleva el pan?»] `: what a message answers, in a few words.
fn quoted(words: &Words, m: &Message) -> String {
    const COLUMNS: usize = 30;
    let Some(quoted) = &m.reply_to else { return String::new() };
    let text = match &quoted.message {
        Some((account, handle, Body::Text(text))) => {
            let text = cut(&shown(&text.replace('\n', " ")), COLUMNS);
            words.say_with("answers", &[("who", name(words, handle.as_ref(), *account).into()), ("text", text.into())])
        }
        Some((account, handle, Body::File { name: file, .. })) => {
            let text = cut(&shown(file), COLUMNS);
            words.say_with("answers", &[("who", name(words, handle.as_ref(), *account).into()), ("text", text.into())])
        }
        _ => words.say("answers-gone"),
    };
    format!("[{text}] ")
}

/// Whether two signs are seen as the same: composed, and without the mark that only chooses colours (U+FE0F).
fn same_sign(one: &str, other: &str) -> bool {
    let seen = |sign: &str| composed(sign).replace('\u{fe0f}', "");
    seen(one) == seen(other)
}

/// `👍 @ana @bruno  ❤ @carla`: the same sign once, in the order in which signs came.
fn reactions(words: &Words, all: &[Reaction]) -> String {
    let mut signs: Vec<(String, Vec<String>)> = Vec::new();
    for reaction in all {
        let (sign, who) = (shown(&reaction.sign), name(words, reaction.handle.as_ref(), reaction.account));
        match signs.iter_mut().find(|(s, _)| same_sign(s, &sign)) {
            Some((_, people)) => people.push(who),
            None => signs.push((sign, vec![who])),
        }
    }
    signs.iter().map(|(sign, people)| format!("{sign} {}", people.join(" "))).collect::<Vec<_>>().join("  ")
}

/// `  ✓ @ana  ✓✓ @bruno`: to whom an own message has come, and who has read it.
fn receipts(words: &Words, m: &Message) -> String {
    let mut out = String::new();
    for (read, mark) in [(false, "✓"), (true, "✓✓")] {
        let who: Vec<String> = m
            .receipts
            .iter()
            .filter(|receipt| receipt.read == read)
            .map(|receipt| name(words, receipt.handle.as_ref(), receipt.account))
            .collect();
        if !who.is_empty() {
            out.push_str(&format!("  {mark} {}", who.join(" ")));
        }
    }
    out
}

/// When a message disappears, as far as that is known.
fn remaining(ctx: &Context, stays: &Stays) -> String {
    match stays.until {
        Some(until) => ctx.words.say_with("disappears-at", &[("time", when(ctx, until).into())]),
        None => ctx.words.say_with("disappears-after", &[("time", spoken_seconds(&ctx.words, stays.seconds).into())]),
    }
}

/// How long stays what is written in a conversation.
pub(crate) fn stays(words: &Words, seconds: u32) -> String {
    match seconds {
        0 => words.say("stays-for-ever"),
        _ => words.say_with("stays", &[("time", spoken_seconds(words, seconds).into())]),
    }
}

/// After a change of a message: tries the relay, then says whether it is there, and shows the message as it stands now.
pub(crate) fn delivered(ctx: &Context, client: &mut Client, message: &Message, done: &str) -> Outcome {
    after(ctx, client, message, done, false)
}

/// The same after a change that is of this device only, and done whatever waits.
pub(crate) fn done_here(ctx: &Context, client: &mut Client, message: &Message, done: &str) -> Outcome {
    after(ctx, client, message, done, true)
}

fn after(ctx: &Context, client: &mut Client, message: &Message, done: &str, here: bool) -> Outcome {
    let reached = if here { online::tell(ctx, client)? } else { online::deliver(ctx, client)? };
    // what waits is not in the history yet
    let now = client.find_message(&message.id.to_string()).unwrap_or_else(|_| message.clone());
    let waiting = client.outbox().map_err(|t| ctx.trouble(t))?;
    let said = |w: &&Waiting| matches!(w.what, WaitingKind::Text | WaitingKind::File | WaitingKind::Change);
    let waiting = waiting.iter().filter(said).filter(|w| w.conversation.as_ref() == Some(&message.conversation)).count();
    if !here && waiting > 0 {
        goes_out(ctx, client, &message.conversation)?;
    }
    let ids = ids(std::slice::from_ref(message));
    // of what was asked for: others may wait before it
    let waits = ctx.words.say_with("sent-waiting", &[("count", 1.into()), ("ids", ids.into())]);
    let text = if here || waiting == 0 { done } else { &waits };
    let json = json::Message::from(&now);
    ctx.result(text, &object!({ "message": json, "waiting": waiting, "relay_reached": reached.yes() }));
    Ok(Exit::Done)
}

/// What was just written still waits: it is said if the round found that nothing goes out of its conversation any more.
pub(crate) fn goes_out(ctx: &Context, client: &mut Client, id: &ConversationId) -> Result<(), Failure> {
    let standing = client.conversation(id).map_err(|t| ctx.trouble(t))?.standing;
    if matches!(standing, Standing::Active | Standing::AskingToBeReAdded) {
        return Ok(());
    }
    Err(ctx.failure("error-goes-nowhere", Exit::No, &[("standing", spoken::standing(&ctx.words, standing).into())]))
}

/// The first characters of an id.
pub(crate) fn short(hex: &str, length: usize) -> String {
    hex.chars().take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_words::lang::Lang;

    #[test]
    fn times_are_spoken_in_the_two_largest_units() {
        let said = |lang, seconds| spoken_seconds(&crate::words(lang), seconds);
        for (seconds, es, en) in [
            (1, "1 segundo", "1 second"),
            (90, "1 minuto 30 segundos", "1 minute 30 seconds"),
            (86_400, "1 día", "1 day"),
            (2_419_200, "4 semanas", "4 weeks"),
            (694_861, "1 semana 1 día", "1 week 1 day"),
        ] {
            assert_eq!((said(Lang::Es, seconds).as_str(), said(Lang::En, seconds).as_str()), (es, en));
        }
    }

    #[test]
    fn a_sign_is_what_is_seen() {
        assert!(same_sign("❤", "❤\u{fe0f}") && same_sign("\u{f1}", "n\u{303}") && !same_sign("❤", "👍"));
    }

    #[test]
    fn columns_are_counted_as_a_terminal_shows_them() {
        let rows = [vec!["año".to_owned(), "x".to_owned()], vec!["漢字".to_owned(), "y".to_owned()]];
        assert_eq!(table(&rows), "año   x\n漢字  y");
        assert_eq!(cut("ñandú corre", 6), "ñandú…");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
    }
}
