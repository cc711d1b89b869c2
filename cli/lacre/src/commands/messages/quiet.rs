//! `lacre watch --alert`: tells the desktop that there is an official notice, or that a term of one ends soon, and says nothing else to
//! anybody. What the service of `lacre notice alert on` runs.
//!
//! Of two programs on one profile one tells ([`Client::take_alert`]). While the profile is locked nobody can look: that is said once,
//! and it waits.

use super::waiting::{PATIENCE, end_when_locked};
use crate::context::{Context, Outcome, Said};
use crate::desktop::{Desktop, News};
use crate::{online, secret};
use lacre_core::Client;
use lacre_core::view::Happening;
use lacre_profile::{agent, exists};
use lacre_words::failure::{Exit, Failure};
use std::time::Duration;

/// What it is called among the readers of events: it goes on where it ended.
const READER: &str = "alert";
/// It is forgotten after so long without it.
const STAYS: Duration = Duration::from_secs(30 * 86_400);

pub(super) fn run(ctx: &Context, limit: Option<Duration>) -> Outcome {
    let desktop = Desktop::there();
    if matches!(desktop, Desktop::Quiet) {
        ctx.note(&ctx.words.say("alert-no-desktop"));
    }
    let began = ctx.clock.now();
    let left = || limit.map(|l| l.saturating_sub(Duration::from_millis(ctx.clock.now().since(began))));
    let over = || left().is_some_and(|left| left.is_zero());
    let dir = ctx.profile_dir()?;
    if exists(&dir) && is_locked(ctx) {
        ctx.note(&ctx.words.say("alert-locked"));
        desktop.tell(ctx, News::Locked);
        while is_locked(ctx) {
            if over() {
                return Ok(Exit::Done);
            }
            online::pause(PATIENCE.min(left().unwrap_or(PATIENCE)));
        }
    }
    let mark = agent::mark(&dir);
    let mut client = secret::open(ctx)?;
    end_when_locked(ctx, mark)?;
    let mut network = online::network(ctx, &mut client)?;
    client.events_for(READER, STAYS, 0, 1).map_err(|t| ctx.trouble(t))?;
    loop {
        tell(ctx, &mut client, &desktop)?;
        if over() {
            return Ok(Exit::Done);
        }
        let wait = left().map_or(PATIENCE, |l| l.min(PATIENCE));
        match client.watch(&mut network, wait) {
            Ok(_) => ctx.say_again(Said::Away),
            Err(trouble) if trouble.is_away() || trouble.is_full() => {
                online::note_away(ctx, &trouble);
                online::pause(wait.min(Duration::from_secs(1)));
            }
            Err(trouble) => return Err(ctx.trouble(trouble)),
        }
    }
}

/// Whether the profile opens only for whoever types its passphrase.
fn is_locked(ctx: &Context) -> bool {
    ctx.global.key_file.is_none() && ctx.global.passphrase_file.is_none() && !secret::unlocked(ctx)
}

fn tell(ctx: &Context, client: &mut Client, desktop: &Desktop) -> Result<(), Failure> {
    loop {
        let page = client.events_for(READER, STAYS, 0, 100).map_err(|t| ctx.trouble(t))?;
        let Some(last) = page.last().map(|event| event.number) else { return Ok(()) };
        let mut news = page.iter().filter_map(|event| Some((event.number, news(&event.what)?)));
        // one word for all that came together
        if let Some((through, news)) = news.next_back()
            && client.take_alert(through).map_err(|t| ctx.trouble(t))?
        {
            desktop.tell(ctx, news);
        }
        client.ack_events_for(READER, last).map_err(|t| ctx.trouble(t))?;
    }
}

/// What the desktop is told of an event, if anything.
pub(super) const fn news(what: &Happening) -> Option<News> {
    match what {
        Happening::Notice { .. } => Some(News::Notice),
        Happening::NoticeReminder { .. } => Some(News::Term),
        _ => None,
    }
}
