//! What a bundle proves, told in plain words: blocks that a terminal or a page can show.

use super::day;
use lacre_evidence::{Act, Effect, Outcome, Proven, ProvenNotice, Stage};
use lacre_ground::time::Millis;
use lacre_words::shown::shown;
use lacre_words::words::{Words, key};

/// A piece of the story. Texts from outside have gone through [`shown`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// a heading
    Heading(String),
    /// a name and what it is
    Row(String, String),
    /// a sentence
    Text(String),
}

/// The story.
pub(crate) fn of(words: &Words, proven: &Proven) -> Vec<Block> {
    let mut out = Teller { words, out: Vec::new() };
    out.heading(key("story-who"));
    let name = [("name", shown(&proven.agency.name).into()), ("code", proven.agency.code.as_str().into())];
    out.row(key("story-from"), words.say_with("story-from-value", &name));
    out.row(key("story-to"), words.say_with("story-to-value", &[("run", proven.run.canonical().into())]));
    match &proven.outcome {
        Outcome::Exempt => out.unreachable(proven, words.say("story-exempt")),
        Outcome::NoAccount => out.unreachable(proven, words.say("story-no-account")),
        Outcome::Sent(sent) => {
            out.content(sent);
            out.times(proven, sent);
            out.law(sent);
            out.proofs(sent);
        }
    }
    out.row(key("story-digest"), data_encoding::HEXLOWER.encode(&proven.digest));
    out.out
}

/// For a terminal.
pub(crate) fn text(blocks: &[Block]) -> String {
    let lines = blocks.iter().map(|b| match b {
        Block::Heading(h) => format!("\n{h}"),
        Block::Row(name, value) => format!("  {name}: {value}"),
        Block::Text(text) => format!("  {text}"),
    });
    lines.collect::<Vec<_>>().join("\n")
}

struct Teller<'w> {
    words: &'w Words,
    out: Vec<Block>,
}

impl Teller<'_> {
    fn heading(&mut self, name: &str) {
        self.out.push(Block::Heading(self.words.say(name)));
    }
    fn row(&mut self, name: &str, value: String) {
        self.out.push(Block::Row(self.words.say(name), value));
    }
    fn text(&mut self, name: &str) {
        self.out.push(Block::Text(self.words.say(name)));
    }
    fn at(&mut self, name: &str, at: Option<Millis>) {
        if let Some(at) = at {
            self.row(name, format!("{at} UTC"));
        }
    }

    fn unreachable(&mut self, proven: &Proven, sentence: String) {
        self.heading(key("story-not-reached"));
        self.out.push(Block::Text(sentence));
        self.at(key("story-asked"), Some(proven.lookup.asked_at));
    }

    fn content(&mut self, sent: &ProvenNotice) {
        let n = &sent.notice;
        self.row(key("story-case"), shown(&n.case));
        self.row(key("story-procedure"), shown(&n.procedure));
        let kind = match n.act {
            Act::Notification { stage, .. } => {
                let stage = match stage {
                    Stage::Start => "start",
                    Stage::Inquiry => "inquiry",
                    Stage::End => "end",
                };
                self.words.say_with("story-type-nt", &[("stage", stage.into())])
            }
            Act::PersonalCommunication => self.words.say("story-type-cp"),
            Act::Communique => self.words.say("story-type-ci"),
        };
        self.row(key("story-type"), kind);
        self.row(key("story-subject"), shown(&n.subject));
        self.row(key("story-description"), shown(&n.description));
        for (i, (file, here)) in n.files.iter().zip(&sent.files_here).enumerate() {
            let number = u32::try_from(i).unwrap_or(u32::MAX);
            let name = self.words.say_with("story-file", &[("n", number.into()), ("name", shown(&file.name).into())]);
            let args = [("len", file.len.to_string().into()), ("hash", data_encoding::HEXLOWER.encode(&file.sha256).into())];
            let value = if *here {
                self.words.say_with("story-file-here", &args)
            } else {
                self.words.say_with("story-file-left-out", &args)
            };
            self.out.push(Block::Row(name, value));
        }
        for uri in &n.uris {
            self.row(key("story-uri"), shown(uri));
        }
    }

    fn times(&mut self, proven: &Proven, sent: &ProvenNotice) {
        self.heading(key("story-when"));
        self.at(key("story-asked"), Some(proven.lookup.asked_at));
        self.at(key("story-made"), Some(sent.notice.made_at));
        let zone = sent.notice.place.zone;
        let local = zone.wall(sent.consigned_at).map(|w| w.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default();
        let args = [("utc", sent.consigned_at.to_string().into()), ("local", local.into()), ("zone", zone.name().into())];
        self.row(key("story-sent"), self.words.say_with("story-sent-value", &args));
        let p = &sent.progress;
        let alert = match (p.alert_sent, p.alert_failed) {
            (Some(at), _) => self.words.say_with("story-alert-sent", &[("at", at.to_string().into())]),
            (None, Some(at)) => self.words.say_with("story-alert-failed", &[("at", at.to_string().into())]),
            (None, None) => self.words.say("story-alert-none"),
        };
        self.row(key("story-alert"), alert);
        self.at(key("story-handed-over"), p.handed_over);
        self.at(key("story-opened"), p.opened);
        self.at(key("story-refused"), p.refused);
        self.at(key("story-does-not-open"), p.does_not_open);
    }

    fn law(&mut self, sent: &ProvenNotice) {
        self.heading(key("story-law"));
        let dates = match &sent.effect {
            Effect::InformsOnly => return self.text(key("story-no-term")),
            Effect::Notified(dates) => dates,
        };
        let words = self.words;
        for r in dates.readings() {
            let name = [("rule", r.rule.id.name().into()), ("law", r.rule.law.as_str().into())];
            let last = r.last_day.map_or("none".to_owned(), |d| day(words, d));
            let term = dates.term.map_or(0, |t| u32::from(t.days()));
            let args = [("day", day(words, r.deemed).into()), ("last", last.into()), ("term", term.into())];
            let row = (words.say_with("story-reading", &name), words.say_with("story-reading-value", &args));
            self.out.push(Block::Row(row.0, row.1));
        }
        let early = dates.safe_for_citizen();
        let citizen = match early.last_day {
            Some(last) => words.say_with("story-citizen-value", &[("day", day(words, last).into())]),
            None => words.say_with("story-citizen-no-term", &[("day", day(words, early.deemed).into())]),
        };
        self.row(key("story-citizen"), citizen);
        let agency = [("day", day(words, dates.safe_for_agency().deemed).into())];
        self.row(key("story-agency"), words.say_with("story-agency-value", &agency));
        self.out.push(Block::Text(words.say_with("story-computed", &[("calendar", dates.calendar.as_str().into())])));
    }

    fn proofs(&mut self, sent: &ProvenNotice) {
        self.heading(key("story-proofs"));
        self.text(key("story-proof-registrar"));
        self.text(key("story-proof-device"));
        self.text(key("story-proof-agency"));
        self.text(key("story-proof-relay"));
        if sent.records.len() > 1 {
            self.text(key("story-proof-later"));
        }
    }
}
