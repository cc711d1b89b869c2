//! A word before a term ends, said by the first command that finds it due, and by no other.

use super::told;
use crate::context::Context;
use crate::proof::long_day;
use crate::show;
use lacre_core::Client;
use lacre_core::view::Reminder;
use lacre_evidence::clock::Calendar;
use lacre_words::failure::Failure;
use lacre_words::shown::shown;

/// Says what is due beside the results of a command. Programs are told by `watch`, and take nothing from a person.
pub(crate) fn note(ctx: &Context, client: &mut Client) -> Result<(), Failure> {
    for text in due(ctx, client)? {
        ctx.note(&text);
    }
    Ok(())
}

/// What is due, as the results of a command.
pub(crate) fn show(ctx: &Context, client: &mut Client) -> Result<(), Failure> {
    for text in due(ctx, client)? {
        ctx.lines(&text);
    }
    Ok(())
}

fn due(ctx: &Context, client: &mut Client) -> Result<Vec<String>, Failure> {
    if ctx.global.json {
        return Ok(Vec::new());
    }
    let all = client.take_reminders().map_err(|t| ctx.trouble(t))?;
    Ok(all.iter().map(|reminder| sentence(ctx, reminder)).collect())
}

fn sentence(ctx: &Context, reminder: &Reminder) -> String {
    let words = &ctx.words;
    let Ok(genuine) = &reminder.notice.content else { return String::new() };
    let id = show::short(&reminder.notice.id.to_hex(), 8);
    let place = genuine.notice.place;
    let today = told::today(ctx, genuine).unwrap_or(reminder.last_day);
    let left = told::days_left(today, reminder.last_day, place, Calendar::chile()).unwrap_or(0);
    let args = [("left", left.into()), ("day", long_day(words, reminder.last_day).into()), ("id", id.as_str().into())];
    // on a line of their own that needs no break: nothing of them comes to stand where a line of ours begins
    let (name, subject) = (show::cut(&shown(&genuine.certificate.name), 28), show::cut(&shown(&genuine.notice.subject), 40));
    let margin = if ctx.plain { "" } else { "    " };
    let mut out = format!("{}\n{margin}{name}: {subject}", words.say_with("notice-reminder", &args));
    if !reminder.notice.replies.is_empty() {
        out = format!("{out}\n{}", words.say("notice-reminder-replied"));
    }
    format!("{out}\n{}", words.say_with("notice-reminder-next", &[("id", id.into())]))
}
