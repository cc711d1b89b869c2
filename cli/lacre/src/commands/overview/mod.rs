//! `lacre` alone: what is new, who asks, what waits, what needs the person.

pub(crate) mod list;

use crate::commands::notice::remind;
use crate::context::{Context, Outcome};
use crate::trouble::open_failure;
use crate::when::when;
use crate::{json, online, secret, show, spoken};
use lacre_core::view::{Contact, ContactState, Conversation, OfficialNotice, Standing};
use lacre_profile::{OpenError, exists};
use lacre_words::failure::Exit;
use lacre_words::shown::shown;
use serde_json::json as object;
use std::io::Write as _;

/// Messages that the person has not read, where she reads.
pub(crate) fn unread(all: &[Conversation]) -> u64 {
    all.iter().filter(|c| c.standing != Standing::Blocked).map(|c| c.unread).sum()
}

/// Requests that wait for an answer: of nobody whom she keeps away.
pub(crate) fn asking(contacts: &[Contact]) -> Vec<&Contact> {
    contacts.iter().filter(|c| c.state == ContactState::Asking && c.blocked.is_none()).collect()
}

/// An official notice that she has neither read nor answered here.
fn is_new(notice: &OfficialNotice) -> bool {
    notice.opened_at.is_none() && notice.answer.is_none() && notice.replies.is_empty()
}

pub(crate) fn run(ctx: &Context) -> Outcome {
    let dir = ctx.profile_dir()?;
    if !exists(&dir) {
        // a program reads one object
        if ctx.global.json {
            return Err(open_failure(&ctx.words, &OpenError::Missing, &dir));
        }
        // Who has no profile yet needs to know what there is.
        let help = crate::localized(&ctx.words).render_help();
        let _closed = write!(std::io::stderr(), "{help}");
        return Ok(Exit::Usage);
    }
    let mut client = secret::open(ctx)?;
    let reached = online::round_to_read(ctx, &mut client)?;
    let mut all = client.conversations().map_err(|t| ctx.trouble(t))?;
    all.retain(|c| {
        c.standing != Standing::Blocked && (c.unread > 0 || !matches!(c.standing, Standing::Active | Standing::Removed))
    });
    all.sort_by_key(|c| std::cmp::Reverse(c.newest_at));
    let contacts = client.contacts().map_err(|t| ctx.trouble(t))?;
    let requests = asking(&contacts);
    let waiting = client.outbox().map_err(|t| ctx.trouble(t))?.len();
    let who = client.whoami().map_err(|t| ctx.trouble(t))?;
    let begun = who.is_some();
    let enrolled = who.is_some_and(|who| who.enrolled);

    let words = &ctx.words;
    let row = |c: &Conversation| {
        let unread = match c.unread {
            0 => String::new(),
            count => words.say_with("count-unread", &[("count", count.into())]),
        };
        let last = when(ctx, c.newest_at);
        vec![show::cut(&show::called(words, c, &contacts), 28), unread, last, spoken::standing(words, c.standing)]
    };
    let mut parts = Vec::new();
    if !all.is_empty() {
        parts.push(show::rows(ctx, &all.iter().map(row).collect::<Vec<_>>()));
    }
    if !requests.is_empty() {
        let request = |c: &&Contact| vec![format!("  {}", c.handle), when(ctx, c.since), show::cut(&shown(&c.text), 34)];
        let rows: Vec<Vec<String>> = requests.iter().map(request).collect();
        parts.push(format!("{}\n{}", words.say("requests"), show::rows(ctx, &rows)));
    }
    // where there is no account there are none: a harmless profile says nothing of another one
    let notices = match enrolled {
        true => client.notices().map_err(|t| ctx.trouble(t))?.iter().filter(|n| is_new(n)).count(),
        false => 0,
    };
    if notices > 0 {
        parts.push(words.say_with("overview-notices", &[("count", notices.into())]));
    }
    if waiting > 0 {
        parts.push(words.say_with("status-outbox", &[("count", waiting.into())]));
    }
    if begun && !enrolled {
        parts.push(words.say("enrolment-unfinished"));
    }
    if parts.is_empty() {
        parts.push(words.say("nothing-new"));
    }
    let conversations: Vec<json::Conversation> = all.iter().map(json::Conversation::from).collect();
    let asking: Vec<json::Contact> = requests.iter().map(|c| json::Contact::from(*c)).collect();
    let json = object!({
        "conversations": conversations,
        "requests": asking,
        "notices": notices,
        "waiting": waiting,
        "enrolled": enrolled,
        "relay_reached": reached.yes(),
    });
    remind::note(ctx, &mut client)?;
    ctx.result(&parts.join("\n\n"), &json);
    ctx.note(&words.say("overview-next"));
    Ok(Exit::Done)
}
