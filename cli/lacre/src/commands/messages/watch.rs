//! `lacre watch [--for 30s] [--as NAME | --alert]`: shows what comes, as it comes, and delivers what waits.

use super::quiet;
use super::waiting::{PATIENCE, end_when_locked};
use crate::commands::notice::remind;
use crate::context::{Context, Outcome, Said};
use crate::desktop::{Desktop, News};
use crate::{json, online, secret, show, spoken};
use lacre_core::Client;
use lacre_core::view::{ContactState, Event, Happening, NoticeRef, OfficialNotice};
use lacre_ground::ids::AccountId;
use lacre_profile::agent;
use lacre_words::cause::cause_in;
use lacre_words::failure::{Exit, Failure};
use serde_json::{Value, json as object};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(long = "for", value_name = "30s")]
    duration: Option<String>,
    #[arg(long = "as", value_name = "NAME")]
    reader: Option<String>,
    #[arg(long, value_name = "none|that", value_parser = ["none", "that"], default_value = "that", hide_possible_values = true)]
    notify: String,
    #[arg(long, conflicts_with_all = ["reader", "notify"])]
    alert: bool,
}

/// What a watch without a name has not shown is forgotten after so long without it, if it was killed.
const NAMELESS_STAYS: Duration = Duration::from_secs(86_400);
/// And of one with a name, which goes on where it ended.
const NAMED_STAYS: Duration = Duration::from_secs(30 * 86_400);

/// Who this watch is: events are told to each one, and none takes them from another.
struct Reader {
    name: String,
    stays: Duration,
    /// nobody will ask by this name again
    once: bool,
}

impl Reader {
    fn of(ctx: &Context, args: &Args) -> Self {
        match &args.reader {
            Some(name) => Self { name: format!("named {name}"), stays: NAMED_STAYS, once: false },
            None => {
                let name = format!("watch {} {}", std::process::id(), ctx.clock.now());
                Self { name, stays: NAMELESS_STAYS, once: true }
            }
        }
    }
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let limit = args.duration.as_deref().map(|text| crate::duration::parse(ctx, text, crate::duration::MONTH)).transpose()?;
    if args.alert {
        return quiet::run(ctx, limit);
    }
    let desktop = Desktop::find(ctx, &args.notify);
    let mark = agent::mark(&ctx.profile_dir()?);
    let mut client = secret::open(ctx)?;
    // Not before: an end in the middle of the question would leave the terminal without its echo.
    end_when_locked(ctx, mark)?;
    let mut network = online::network(ctx, &mut client)?;
    let began = ctx.clock.now();
    let left = |ctx: &Context| limit.map(|l| l.saturating_sub(Duration::from_millis(ctx.clock.now().since(began))));
    let mut away = false;
    // what happens from here on is for this one; what no watch has shown before, for the first that comes
    let reader = Reader::of(ctx, args);
    client.events_for(&reader.name, reader.stays, 0, 1).map_err(|t| ctx.trouble(t))?;
    ctx.note(&ctx.words.say("watching"));
    let backlog = read_before(ctx, &mut client)?;
    let nameless = Reader { name: String::new(), stays: Duration::ZERO, once: false };
    show_events(ctx, &mut client, if reader.once { &nameless } else { &reader }, backlog.as_ref(), &desktop)?;
    loop {
        let wait = left(ctx).map_or(PATIENCE, |l| l.min(PATIENCE));
        match client.watch(&mut network, wait) {
            Ok(_) => {
                if std::mem::take(&mut away) {
                    ctx.note(&ctx.words.say("relay-back"));
                }
                online::note_replaced(ctx, &mut client)?;
            }
            Err(trouble) if trouble.is_away() || trouble.is_full() => {
                if !std::mem::replace(&mut away, true) {
                    ctx.say_again(Said::Away);
                    online::note_away(ctx, &trouble);
                }
                online::pause(wait.min(Duration::from_secs(1)));
            }
            Err(trouble) => return Err(ctx.trouble(trouble)),
        }
        show_events(ctx, &mut client, &reader, None, &desktop)?;
        remind::show(ctx, &mut client)?;
        if left(ctx).is_some_and(|l| l.is_zero()) {
            if reader.once {
                client.forget_reader(&reader.name).map_err(|t| ctx.trouble(t))?;
            }
            return Ok(Exit::Done);
        }
    }
}

/// What other commands have shown: a person who begins to watch is not told that again.
struct Before {
    /// for each conversation, through which place `read` has shown it
    read: BTreeMap<String, u64>,
    /// official notices that were opened or answered
    notices: BTreeSet<NoticeRef>,
}

/// None for a program, which is told all.
fn read_before(ctx: &Context, client: &mut Client) -> Result<Option<Before>, Failure> {
    if ctx.global.json {
        return Ok(None);
    }
    let all = client.conversations().map_err(|t| ctx.trouble(t))?;
    let read = all.iter().map(|c| (c.id.to_hex(), c.messages.saturating_sub(c.unread))).collect();
    let all = match client.whoami().map_err(|t| ctx.trouble(t))? {
        Some(_) => client.notices().map_err(|t| ctx.trouble(t))?,
        None => Vec::new(),
    };
    let known = |n: &&OfficialNotice| n.opened_at.is_some() || n.answer.is_some() || !n.replies.is_empty();
    Ok(Some(Before { read, notices: all.iter().filter(known).map(|n| n.id).collect() }))
}

/// Shows events in their order, and acknowledges each page after it was shown.
fn show_events(
    ctx: &Context,
    client: &mut Client,
    reader: &Reader,
    before: Option<&Before>,
    desktop: &Desktop,
) -> Result<(), Failure> {
    // what was before a person began to watch
    let past = before.is_some();
    let mut after = 0;
    loop {
        let page = client.events_for(&reader.name, reader.stays, after, 100).map_err(|t| ctx.trouble(t))?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.number;
        let (mut news, mut official) = (false, None);
        for event in &page {
            let known = match &event.what {
                Happening::Message { conversation, position } | Happening::Changed { conversation, position } => {
                    before.and_then(|b| b.read.get(&conversation.to_hex())).is_some_and(|through| position <= through)
                }
                Happening::Notice { notice } | Happening::NoticeInvalid { notice, .. } => {
                    before.is_some_and(|b| b.notices.contains(notice))
                }
                // What lists show already, and is nothing to do.
                Happening::Joined { .. }
                | Happening::ContactAccepted { .. }
                | Happening::StandingChanged { .. }
                | Happening::NoticeReplied { .. } => past,
                // Answered meanwhile: nothing to do for a person.
                Happening::ContactAsks { account } if !ctx.global.json => {
                    let contacts = client.contacts().map_err(|t| ctx.trouble(t))?;
                    contacts
                        .iter()
                        .any(|c| c.account.as_bytes() == account && (c.state != ContactState::Asking || c.blocked.is_some()))
                }
                _ => false,
            };
            if !known {
                let (text, json) = told(ctx, client, event)?;
                ctx.result(&text, &json);
                official = quiet::news(&event.what).map(|what| (event.number, what)).or(official);
                news |= match &event.what {
                    Happening::Message { conversation, .. } => {
                        !client.conversation(conversation).map_err(|t| ctx.trouble(t))?.muted
                    }
                    Happening::ContactAsks { .. } => true,
                    _ => false,
                };
            }
        }
        if news {
            desktop.tell(ctx, News::Something);
        }
        if let Some((through, what)) = official
            && desktop.is_there()
            && client.take_alert(through).map_err(|t| ctx.trouble(t))?
        {
            desktop.tell(ctx, what);
        }
        client.ack_events_for(&reader.name, after).map_err(|t| ctx.trouble(t))?;
        if reader.once {
            // the next watch without a name goes on behind it
            client.ack_events(after).map_err(|t| ctx.trouble(t))?;
        }
    }
}

/// An event for people (empty if it is none of theirs) and for programs.
fn told(ctx: &Context, client: &mut Client, event: &Event) -> Result<(String, Value), Failure> {
    let words = &ctx.words;
    let mut json = object!({ "event": event.number, "at": event.at.to_string() });
    let mut put = |key: &str, value: Value| drop(json.as_object_mut().and_then(|o| o.insert(key.to_owned(), value)));
    let all = client.conversations().map_err(|t| ctx.trouble(t))?;
    let called = |id: &lacre_core::view::ConversationId| match all.iter().find(|c| c.id == *id) {
        Some(c) => show::title(words, c),
        None => show::short(&id.to_hex(), 8),
    };
    let mut who = |account: &[u8; 32]| {
        let account = AccountId::new(*account);
        show::name(words, client.handle_of(&account).ok().flatten().as_ref(), account)
    };
    let text = match &event.what {
        Happening::Message { conversation, position } | Happening::Sent { conversation, position } => {
            let own = matches!(event.what, Happening::Sent { .. });
            put("what", if own { "sent" } else { "message" }.into());
            put("conversation", conversation.to_hex().into());
            let found = client.history(conversation, *position, 1).map_err(|t| ctx.trouble(t))?;
            let message = found.into_iter().find(|m| m.position == Some(*position));
            put("message", object!(message.as_ref().map(json::Message::from)));
            match message {
                Some(m) if !own => format!("[{}] {}", called(conversation), show::message(ctx, &m)),
                _ => String::new(),
            }
        }
        Happening::Changed { conversation, position } => {
            put("what", "changed".into());
            put("conversation", conversation.to_hex().into());
            let found = client.history(conversation, *position, 1).map_err(|t| ctx.trouble(t))?;
            let message = found.into_iter().find(|m| m.position == Some(*position));
            put("message", object!(message.as_ref().map(json::Message::from)));
            match message {
                Some(m) => format!("[{}] {}", called(conversation), show::message(ctx, &m)),
                None => String::new(),
            }
        }
        Happening::Vanished { conversation, position } => {
            put("what", "vanished".into());
            put("conversation", conversation.to_hex().into());
            put("position", (*position).into());
            String::new()
        }
        Happening::Receipt { conversation, account } => {
            put("what", "receipt".into());
            put("conversation", conversation.to_hex().into());
            put("account", AccountId::new(*account).to_string().into());
            String::new()
        }
        Happening::ContactAsks { account } => {
            put("what", "contact-asks".into());
            put("account", AccountId::new(*account).to_string().into());
            words.say_with("event-contact-asks", &[("who", who(account).into())])
        }
        Happening::ContactAccepted { account } => {
            put("what", "contact-accepted".into());
            put("account", AccountId::new(*account).to_string().into());
            words.say_with("event-contact-accepted", &[("who", who(account).into())])
        }
        Happening::ContactNotTaken { account } => {
            put("what", "contact-not-taken".into());
            put("account", AccountId::new(*account).to_string().into());
            words.say_with("event-contact-not-taken", &[("who", who(account).into())])
        }
        Happening::ContactReset { account, at } => {
            put("what", "contact-reset".into());
            put("account", AccountId::new(*account).to_string().into());
            put("reset_at", at.to_string().into());
            words.say_with("event-contact-reset", &[("who", who(account).into()), ("when", crate::when::phrase(ctx, *at).into())])
        }
        Happening::KeysChanged { account } => {
            put("what", "keys-changed".into());
            put("account", AccountId::new(*account).to_string().into());
            words.say_with("event-keys-changed", &[("who", who(account).into())])
        }
        Happening::Joined { conversation } => {
            put("what", "joined".into());
            put("conversation", conversation.to_hex().into());
            words.say_with("event-joined", &[("name", called(conversation).into())])
        }
        Happening::StandingChanged { conversation, standing } => {
            put("what", "standing".into());
            put("conversation", conversation.to_hex().into());
            put("standing", json::standing_name(*standing).into());
            let standing = match spoken::standing(words, *standing) {
                s if s.is_empty() => words.say("standing-active"),
                s => s,
            };
            words.say_with("event-standing", &[("name", called(conversation).into()), ("standing", standing.into())])
        }
        Happening::NotAdded { conversation, account, why } => {
            put("what", "not-added".into());
            put("conversation", conversation.to_hex().into());
            put("account", AccountId::new(*account).to_string().into());
            put("why", json::not_added_name(why).into());
            let line = [("who", who(account).into()), ("why", show::not_added(words, why).into())];
            format!("[{}] {}", called(conversation), words.say_with("invited", &line))
        }
        Happening::ClockDiffers { ahead, by_ms } => {
            put("what", "clock-differs".into());
            put("ahead", (*ahead).into());
            put("by_ms", (*by_ms).into());
            show::clock(words, *ahead, *by_ms)
        }
        Happening::CopyNoticed => {
            put("what", "copy-noticed".into());
            words.say("event-copy")
        }
        Happening::RelayRestored => {
            put("what", "relay-restored".into());
            words.say("event-restored")
        }
        Happening::InboxMended { rights } => {
            put("what", "inbox-mended".into());
            put("rights", (*rights).into());
            words.say("event-inbox-mended")
        }
        Happening::Notice { notice } => {
            put("what", "notice".into());
            put("notice", notice.to_hex().into());
            words.say_with("event-notice", &[("id", show::short(&notice.to_hex(), 8).into())])
        }
        Happening::NoticeInvalid { notice, code } => {
            put("what", "notice-invalid".into());
            put("notice", notice.to_hex().into());
            put("code", code.clone().into());
            let id = show::short(&notice.to_hex(), 8);
            let why = crate::proof::reason::sentence(words, code);
            words.say_with("event-notice-invalid", &[("id", id.into()), ("why", why.into())])
        }
        Happening::NoticeReplied { notice } => {
            put("what", "notice-replied".into());
            put("notice", notice.to_hex().into());
            words.say_with("event-notice-replied", &[("id", show::short(&notice.to_hex(), 8).into())])
        }
        // said in words by whichever program takes it first
        Happening::NoticeReminder { notice, before, last_day } => {
            put("what", "notice-reminder".into());
            put("notice", notice.to_hex().into());
            put("before", (*before).into());
            put("last_day", last_day.clone().into());
            String::new()
        }
        Happening::Unreadable { conversation, reason } => {
            put("what", "unreadable".into());
            put("conversation", object!(conversation.as_ref().map(lacre_core::view::ConversationId::to_hex)));
            put("reason", reason.clone().into());
            words.say_with("event-put-aside", &[("why", cause_in(words, reason).into())])
        }
    };
    Ok((text, json))
}
