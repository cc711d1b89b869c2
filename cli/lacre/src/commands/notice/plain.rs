//! A notice for whoever hears it (`--plain`): one fact a line, its name before it; words in place of signs, no columns, no margins.
//! What `--json` says of it, all of it and nothing more. Each line of a text from outside has its name before it, so that none can
//! pretend to be another fact.

use super::told;
use crate::context::Context;
use crate::proof::{long_day, newer};
use crate::{show, when};
use lacre_core::view::{Genuine, NotGenuine, OfficialNotice};
use lacre_evidence::clock::{Calendar, Reading};
use lacre_evidence::{Act, Effect};
use lacre_ground::time::Millis;
use lacre_words::shown::{paragraph, shown};
use lacre_words::words::{Args, key};

/// What is said of one notice.
struct Facts<'c> {
    ctx: &'c Context,
    out: Vec<String>,
}

impl Facts<'_> {
    fn word(&self, name: &str, args: &Args<'_>) -> String {
        self.ctx.words.attribute(key("plain-facts"), name, args).unwrap_or_default()
    }

    fn put(&mut self, name: &str, args: &Args<'_>, value: &str) {
        let line = format!("{}: {value}", self.word(name, args));
        self.out.push(line.trim_end().to_owned());
    }

    fn fact(&mut self, name: &str, value: &str) {
        self.put(name, &[], value);
    }

    /// A text of several lines, which somebody else wrote.
    fn lines(&mut self, name: &str, args: &Args<'_>, text: &str) {
        for line in paragraph(text, "").lines() {
            self.put(name, args, line);
        }
    }

    fn at(&mut self, name: &str, at: Option<Millis>) {
        let value = at.map_or_else(|| self.word("never", &[]), |at| when::phrase(self.ctx, at));
        self.fact(name, &value);
    }

    fn truth(&mut self, name: &str, yes: bool) {
        let value = self.word(if yes { "yes" } else { "no" }, &[]);
        self.fact(name, &value);
    }

    fn day(&mut self, name: &str, args: &Args<'_>, day: Option<jiff::civil::Date>) {
        let value = day.map_or_else(|| self.word("none", &[]), |day| long_day(&self.ctx.words, day));
        self.put(name, args, &value);
    }

    fn invalid(&mut self, not: &NotGenuine) {
        let why = told::fault(&self.ctx.words, not);
        self.fact("invalid", &why);
        self.fact("part", &shown(&not.part));
        if let Some(code) = not.code {
            self.fact("fault", code.code());
        }
    }

    fn from(&mut self, genuine: &Genuine) {
        self.fact("from", &shown(&genuine.certificate.name));
        self.fact("subject", &shown(&genuine.notice.subject));
    }

    fn state(&mut self, notice: &OfficialNotice) {
        let state = told::state(&self.ctx.words, notice);
        self.fact("state", &state);
    }
}

/// As a list shows it.
pub(super) fn short(ctx: &Context, notice: &OfficialNotice) -> Vec<String> {
    let mut facts = Facts { ctx, out: Vec::new() };
    facts.fact("notice", &show::short(&notice.id.to_hex(), 8));
    facts.at("taken", Some(notice.accepted_at));
    match &notice.content {
        Ok(genuine) => {
            facts.from(genuine);
            facts.state(notice);
        }
        Err(not) => facts.invalid(not),
    }
    facts.out
}

/// Until when it is to be answered.
pub(super) fn deadline(ctx: &Context, notice: &OfficialNotice, genuine: &Genuine) -> Vec<String> {
    let mut facts = Facts { ctx, out: Vec::new() };
    let Some(safe) = genuine.safe() else { return Vec::new() };
    facts.fact("notice", &show::short(&notice.id.to_hex(), 8));
    last_day(&mut facts, genuine, safe);
    facts.fact("rule", safe.rule.id.name());
    facts.from(genuine);
    facts.out
}

/// All of it.
pub(super) fn whole(ctx: &Context, notice: &OfficialNotice, genuine: &Genuine, body: Option<&str>) -> Vec<String> {
    let mut facts = Facts { ctx, out: Vec::new() };
    facts.fact("notice", &notice.id.to_hex());
    head(&mut facts, genuine);
    facts.at("taken", Some(notice.accepted_at));
    facts.at("came", Some(notice.came_at));
    facts.at("opened", notice.opened_at);
    law(&mut facts, genuine);
    own(&mut facts, notice, genuine);
    for (number, file) in genuine.notice.files.iter().enumerate() {
        let args = [("number", number.into())];
        facts.put("file-name", &args, &shown(&file.name));
        facts.put("file-media", &args, &shown(&file.media));
        facts.put("file-bytes", &args, &file.len.to_string());
        facts.put("file-sha256", &args, &data_encoding::HEXLOWER.encode(&file.sha256));
    }
    match body {
        Some(text) => facts.lines("body", &[], text),
        None => facts.out.push(ctx.words.say("notice-body-by-saving")),
    }
    facts.out
}

fn head(facts: &mut Facts<'_>, genuine: &Genuine) {
    let (words, n) = (&facts.ctx.words, &genuine.notice);
    let act = told::act(words, n.act);
    let standing = told::standing(words, n.standing);
    let term = match n.act {
        Act::Notification { term, .. } => term.map(|term| term.days().to_string()),
        Act::PersonalCommunication | Act::Communique => None,
    };
    facts.from(genuine);
    facts.fact("code", genuine.certificate.code.as_str());
    facts.truth("known", true);
    facts.fact("body-id", &n.id.to_string());
    facts.fact("type", &act);
    let term = term.unwrap_or_else(|| facts.word("none", &[]));
    facts.fact("term", &term);
    if let Some(standing) = standing {
        facts.fact("standing", &standing);
    }
    facts.fact("case", &shown(&n.case));
    facts.fact("procedure", &shown(&n.procedure));
    facts.lines("description", &[], &n.description);
    for uri in &n.uris {
        facts.fact("uri", &shown(uri));
    }
}

fn law(facts: &mut Facts<'_>, genuine: &Genuine) {
    let dates = match &genuine.effect {
        Some(Effect::Notified(dates)) => dates,
        Some(Effect::InformsOnly) | None => {
            for line in told::dates(facts.ctx, genuine) {
                facts.fact("what-follows", &line);
            }
            return;
        }
    };
    if let Some(safe) = genuine.safe() {
        last_day(facts, genuine, safe);
        facts.day("deemed", &[], Some(safe.deemed));
    }
    if genuine.known.is_some() {
        let known = facts.ctx.words.say("notice-counts-as-known");
        facts.fact("what-follows", &known);
    }
    for reading in dates.readings() {
        let rule = [("rule", reading.rule.id.name().into())];
        facts.put("law", &rule, &reading.rule.law);
        facts.day("rule-deemed", &rule, Some(reading.deemed));
        facts.day("rule-last-day", &rule, reading.last_day);
    }
    for line in newer::lines(&facts.ctx.words, dates, Calendar::newest()) {
        facts.fact("what-follows", &line);
    }
    let word = facts.ctx.words.say("notice-time-is-relays-word");
    facts.fact("what-follows", &word);
}

fn last_day(facts: &mut Facts<'_>, genuine: &Genuine, safe: &Reading) {
    facts.day("last-day", &[], safe.last_day);
    let (Some(last), Some(today)) = (safe.last_day, told::today(facts.ctx, genuine)) else { return };
    let left = match told::days_left(today, last, genuine.notice.place, Calendar::chile()) {
        Some(left) => facts.ctx.words.say_with("deadline-left", &[("left", left.into())]),
        None => facts.ctx.words.say("deadline-over"),
    };
    facts.fact("left", &left);
}

fn own(facts: &mut Facts<'_>, notice: &OfficialNotice, genuine: &Genuine) {
    facts.truth("takes-answers", genuine.takes_answers);
    facts.state(notice);
    if let Some((_, at)) = notice.answer {
        facts.at("answered", Some(at));
    }
    for (number, reply) in notice.replies.iter().enumerate() {
        let args = [("number", (number + 1).into())];
        facts.lines("reply", &args, &reply.text);
        for file in &reply.files {
            facts.put("reply-file", &args, &shown(file));
        }
        let made = when::phrase(facts.ctx, reply.made_at);
        facts.put("reply-made", &args, &made);
        let taken = reply.accepted_at.map_or_else(|| facts.word("never", &[]), |at| when::phrase(facts.ctx, at));
        facts.put("reply-taken", &args, &taken);
    }
    facts.fact("waiting", &notice.waiting.to_string());
}
