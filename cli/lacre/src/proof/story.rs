//! What a bundle proves, told in plain words: blocks that a terminal or a page can show. What speaks against the delivery
//! comes first, then what is proven, and what is not.

use super::block::Block;
use super::{instant, known, long_day, newer, otherwise, records, replies, spanish};
use data_encoding::HEXLOWER;
use lacre_evidence::clock::{Calendar, Kind, LegalDates, Mark, Zone, day_by_day};
use lacre_evidence::{Act, Effect, Outcome, Proven, ProvenNotice, Stage, Standing};
use lacre_ground::time::Millis;
use lacre_words::shown::shown;
use lacre_words::words::{Words, key};
use std::collections::BTreeMap;

/// The check that found it.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    /// when, by this computer's clock
    pub(crate) at: Millis,
    /// SHA-256 of the trust file; none where nobody has said whom to trust
    pub(crate) trust: Option<[u8; 32]>,
    /// numbers of the files that were not in the bundle and were put back
    pub(crate) put_back: Vec<usize>,
}

/// What it is about: the title of the story.
pub(crate) fn title(words: &Words, proven: &Proven) -> String {
    words.say(match &proven.outcome {
        Outcome::Exempt => key("title-exempt"),
        Outcome::NoAccount => key("title-no-account"),
        Outcome::Sent(sent) => match sent.notice.act {
            Act::Notification { .. } => key("title-notice"),
            Act::PersonalCommunication => key("title-communication"),
            Act::Communique => key("title-communique"),
        },
    })
}

/// What nobody may miss, also who asks for no story: files that nothing proves, records that speak against it.
pub(crate) fn warnings(words: &Words, proven: &Proven) -> Vec<String> {
    let Outcome::Sent(sent) = &proven.outcome else {
        return proven.otherwise.as_ref().map_or_else(Vec::new, |kept| otherwise::warnings(words, kept));
    };
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let out: Vec<String> = sent.files_here.iter().enumerate().filter(|(_, here)| !**here).map(|(i, _)| i.to_string()).collect();
    let mut warnings = Vec::new();
    if !out.is_empty() {
        let args = [("n", number(out.len()).into()), ("numbers", out.join(", ").into())];
        warnings.push(words.say_with("warning-left-out", &args));
    }
    let against = sent.against().count();
    if against > 0 {
        warnings.push(words.say_with("warning-against", &[("n", number(against).into())]));
    }
    warnings
}

/// Who of the body decided it, as far as it is shown; nothing where no notice was made.
pub(crate) fn decided(words: &Words, proven: &Proven) -> Option<String> {
    let approved = match &proven.outcome {
        Outcome::Sent(sent) => &sent.approved,
        Outcome::Exempt | Outcome::NoAccount => &proven.otherwise.as_ref()?.approved,
    };
    let Some(approved) = approved else { return Some(words.say("approved-by-nobody")) };
    let approvers: Vec<String> = approved.approvers().map(|by| by.handle.to_string()).collect();
    let args = [
        ("who", approvers.join(", ").into()),
        ("n", u32::try_from(approvers.len()).unwrap_or(u32::MAX).into()),
        ("rows", approved.batch().rows.into()),
        ("drafter", approved.drafter().map_or("none".to_owned(), |by| by.handle.to_string()).into()),
    ];
    Some(words.say_with("approved-by", &args))
}

/// The story.
pub(crate) fn of(words: &Words, proven: &Proven, check: &Check) -> Vec<Block> {
    let mut out = Teller { words, zone: proven.agency.place.zone, out: Vec::new() };
    out.against(proven);
    out.who(proven);
    if let Some(decided) = decided(words, proven) {
        out.out.push(Block::Text(decided));
    }
    match &proven.outcome {
        Outcome::Exempt => out.unreachable(proven, words.say("story-exempt")),
        Outcome::NoAccount => out.unreachable(proven, words.say("story-no-account")),
        Outcome::Sent(sent) => {
            out.content(sent, check);
            out.times(proven, sent);
            out.law(sent);
            out.records(sent);
            out.replies(sent);
            out.words_of_each(sent);
        }
    }
    out.limits(proven);
    out.trusted(proven, check);
    out.steps(proven, check);
    out.out
}

/// Legal holidays that a count passed over, each once, with its name and law.
pub(crate) fn skipped(words: &Words, dates: &LegalDates) -> Vec<(jiff::civil::Date, String, String)> {
    let mut found = BTreeMap::new();
    for reading in dates.readings() {
        for day in day_by_day(dates, reading, Calendar::chile()) {
            if let (Mark::Skipped, Kind::Holiday(holiday)) = (day.mark, day.kind) {
                let name = if spanish(words) { &holiday.es } else { &holiday.en };
                found.insert(day.date, (name.clone(), holiday.law.clone()));
            }
        }
    }
    found.into_iter().map(|(date, (name, law))| (date, name, law)).collect()
}

struct Teller<'w> {
    words: &'w Words,
    /// where the agency is: local times are told there
    zone: Zone,
    out: Vec<Block>,
}

impl Teller<'_> {
    fn heading(&mut self, name: &str) {
        self.out.push(Block::Heading(self.words.say(name)));
    }
    fn row(&mut self, name: &str, value: impl Into<String>) {
        self.out.push(Block::Row(self.words.say(name), value.into()));
    }
    fn text(&mut self, name: &str) {
        self.out.push(Block::Text(self.words.say(name)));
    }
    fn at(&mut self, name: &str, at: Millis) {
        let when = instant(self.words, self.zone, at);
        self.row(name, when);
    }
    fn hex(&mut self, name: &str, bytes: &[u8; 32]) {
        self.row(name, hex(bytes));
    }

    /// What speaks against it, before everything else.
    fn against(&mut self, proven: &Proven) {
        let warnings = warnings(self.words, proven);
        if warnings.is_empty() {
            return;
        }
        self.heading(key("story-attention"));
        self.out.extend(warnings.into_iter().map(Block::Warning));
        if let Some(kept) = &proven.otherwise {
            for (n, step) in kept.steps.iter().enumerate().filter(|(_, step)| step.step.speaks_against()) {
                self.out.extend(records::told(self.words, self.zone, n, &step.record));
            }
        }
        if let Outcome::Sent(sent) = &proven.outcome {
            for (n, record) in sent.records.iter().enumerate().filter(|(_, r)| r.event.speaks_against()) {
                self.out.extend(records::told(self.words, self.zone, n, record));
            }
        }
    }

    fn who(&mut self, proven: &Proven) {
        self.heading(key("story-who"));
        self.row(key("story-from"), shown(&proven.agency.name));
        self.row(key("story-code"), proven.agency.code.as_str());
        let place = proven.agency.place;
        let comuna = place.comuna.map_or("none".to_owned(), |c| format!("{c} ({})", c.name()));
        let place = self.words.say_with("story-place-value", &[("zone", place.zone.name().into()), ("comuna", comuna.into())]);
        self.row(key("story-place"), place);
        self.row(key("story-to"), proven.run.canonical());
    }

    fn unreachable(&mut self, proven: &Proven, sentence: String) {
        self.heading(key("story-not-reached"));
        self.out.push(Block::Text(sentence));
        self.at(key("story-answered"), proven.lookup.asked_at);
        self.row(key("story-answer-id"), proven.lookup.id.to_string());
        if let Some(kept) = &proven.otherwise {
            self.out.extend(otherwise::told(self.words, self.zone, proven, kept));
        }
    }

    fn content(&mut self, sent: &ProvenNotice, check: &Check) {
        let n = &sent.notice;
        self.heading(key("story-what"));
        self.row(key("story-notice"), n.id.to_string());
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
        let of = |hash: &[u8; 32]| [("notice", HEXLOWER.encode(hash).into())];
        let standing = match &n.standing {
            Standing::Original => None,
            Standing::Copy(hash) => Some(self.words.say_with("story-standing-copy", &of(hash))),
            Standing::Corrects(hash) => Some(self.words.say_with("story-standing-corrects", &of(hash))),
            Standing::Trial => Some(self.words.say("story-standing-trial")),
        };
        if let Some(standing) = standing {
            self.row(key("story-standing"), standing);
        }
        self.row(key("story-subject"), shown(&n.subject));
        self.row(key("story-description"), shown(&n.description));
        for (i, (file, here)) in n.files.iter().zip(&sent.files_here).enumerate() {
            let number = u32::try_from(i).unwrap_or(u32::MAX);
            let name = self.words.say_with("story-file", &[("n", number.into())]);
            self.out.push(Block::Row(name, shown(&file.name)));
            let state = match here {
                true if check.put_back.contains(&i) => "put-back",
                true => "here",
                false => "left-out",
            };
            let args = [
                ("len", file.len.to_string().into()),
                ("hash", hex(&file.sha256).into()),
                ("state", state.into()),
                ("n", number.into()),
            ];
            let (name, value) = (self.words.say("story-file-what"), self.words.say_with("story-file-value", &args));
            self.out.push(Block::Under(name, value));
        }
        for uri in &n.uris {
            self.row(key("story-uri"), shown(uri));
        }
    }

    fn times(&mut self, proven: &Proven, sent: &ProvenNotice) {
        self.heading(key("story-when"));
        self.at(key("story-asked"), proven.lookup.asked_at);
        self.at(key("story-made"), sent.notice.made_at);
        self.at(key("story-sent"), sent.consigned_at);
        self.row(key("story-transaction"), sent.receipt.id.to_string());
        let p = &sent.progress;
        if p.alert_sent.is_none() && p.alert_failed.is_none() {
            self.text(key("story-alert-none"));
        }
        if p.handed_over.is_none() && p.opened.is_none() && p.in_person.is_none() {
            self.text(key("story-opened-none"));
        }
    }

    fn law(&mut self, sent: &ProvenNotice) {
        self.heading(key("story-law"));
        let dates = match &sent.effect {
            Effect::InformsOnly => {
                return self.text(match sent.notice.standing {
                    Standing::Trial => key("story-no-term-trial"),
                    Standing::Copy(_) => key("story-no-term-copy"),
                    Standing::Original | Standing::Corrects(_) => key("story-no-term"),
                });
            }
            Effect::Notified(dates) => dates,
        };
        let words = self.words;
        self.text(key("story-register"));
        self.row(key("story-counted-from"), long_day(words, dates.local_date));
        for r in dates.readings() {
            let name = [("rule", r.rule.id.name().into()), ("law", r.rule.law.as_str().into())];
            let last = r.last_day.map_or("none".to_owned(), |d| long_day(words, d));
            let term = dates.term.map_or(0, |t| u32::from(t.days()));
            let args = [("day", long_day(words, r.deemed).into()), ("last", last.into()), ("term", term.into())];
            let row = (words.say_with("story-reading", &name), words.say_with("story-reading-value", &args));
            self.out.push(Block::Row(row.0, row.1));
        }
        self.out.extend(newer::lines(words, dates, Calendar::newest()).into_iter().map(Block::Text));
        let skipped = skipped(words, dates);
        if skipped.is_empty() {
            self.row(key("story-skipped"), words.say("story-skipped-none"));
        }
        for (date, name, law) in skipped {
            let args = [("day", long_day(words, date).into()), ("name", name.into()), ("law", law.into())];
            self.row(key("story-skipped"), words.say_with("story-skipped-value", &args));
        }
        let known = known::earlier(sent, dates);
        let by_law = dates.safe_for_citizen();
        let early = known.as_ref().and_then(|known| known.readings().next()).unwrap_or(by_law);
        let citizen = match early.last_day {
            Some(last) => words.say_with("story-citizen-value", &[("day", long_day(words, last).into())]),
            None => words.say_with("story-citizen-no-term", &[("day", long_day(words, early.deemed).into())]),
        };
        self.row(key("story-citizen"), citizen);
        if known.is_some() {
            let day = [("day", long_day(words, by_law.last_day.unwrap_or(by_law.deemed)).into())];
            self.out.push(Block::Text(words.say_with("story-citizen-known", &day)));
        }
        let agency = [("day", long_day(words, dates.safe_for_agency().deemed).into())];
        self.row(key("story-agency"), words.say_with("story-agency-value", &agency));
        self.text(key("story-computed"));
    }

    /// All but those that stand first.
    fn records(&mut self, sent: &ProvenNotice) {
        self.heading(key("story-records"));
        self.text(key("story-records-cut"));
        for (n, record) in sent.records.iter().enumerate().filter(|(_, r)| !r.event.speaks_against()) {
            self.out.extend(records::told(self.words, self.zone, n, record));
        }
    }

    /// What the person answered, where the evidence has it.
    fn replies(&mut self, sent: &ProvenNotice) {
        if sent.replies.is_empty() {
            return;
        }
        self.heading(key("story-replies"));
        self.text(key("story-replies-word"));
        self.out.extend(replies::told(self.words, sent));
    }

    fn words_of_each(&mut self, sent: &ProvenNotice) {
        self.heading(key("story-proofs"));
        self.text(key("story-proof-registrar"));
        self.text(key("story-proof-device"));
        self.text(key("story-proof-agency"));
        self.text(key("story-proof-relay"));
        if sent.records.len() > 1 {
            self.text(key("story-proof-later"));
        }
    }

    fn limits(&mut self, proven: &Proven) {
        self.heading(key("story-limits"));
        match &proven.outcome {
            Outcome::Exempt | Outcome::NoAccount => {
                self.text(key("story-limit-answer"));
                if proven.otherwise.is_some() {
                    self.text(key("story-limit-paper"));
                    self.text(key("story-limit-later"));
                }
            }
            Outcome::Sent(_) => {
                self.text(key("story-limit-read"));
                self.text(key("story-limit-later"));
            }
        }
        self.text(key("story-limit-clock"));
        self.text(key("story-limit-unsigned"));
    }

    fn trusted(&mut self, proven: &Proven, check: &Check) {
        self.heading(key("story-trusted"));
        match &check.trust {
            Some(sha256) => self.hex(key("story-trust-file"), sha256),
            None => self.text(key("story-trust-none")),
        }
        for (office, claimed) in proven.keys.fingerprints() {
            self.out.push(Block::Row(self.words.say_with("trusted-key", &[("office", office.into())]), claimed));
        }
        self.hex(key("story-agency-key"), &proven.agency.key);
        let certificate = [
            (key("story-agency-from"), instant(self.words, self.zone, proven.agency.from)),
            (key("story-agency-until"), instant(self.words, self.zone, proven.agency.until)),
            (key("story-certificate"), hex(&proven.agency.note_hash())),
        ];
        self.out.extend(certificate.map(|(name, value)| Block::Under(self.words.say(name), value)));
        if let Outcome::Sent(sent) = &proven.outcome {
            self.row(key("story-account"), sent.to.account.to_string());
            self.row(key("story-rule"), format!("{} {}", shown(&sent.to.rule.id), hex(&sent.to.rule.sha256)));
            self.row(key("story-calendar"), format!("{} {}", shown(&sent.notice.calendar.id), hex(&sent.notice.calendar.sha256)));
        }
    }

    fn steps(&mut self, proven: &Proven, check: &Check) {
        self.heading(key("story-steps"));
        self.at(key("story-checked"), check.at);
        self.row(key("story-program"), env!("LACRE_VERSION"));
        self.hex(key("story-digest"), &proven.digest);
        self.text(key("story-step-keys"));
        self.text(key("story-step-file"));
        let back: String = check.put_back.iter().map(|n| format!(" --file {n}={}", self.words.say("story-step-path"))).collect();
        self.out.push(Block::Text(self.words.say_with("story-step-run", &[("back", back.into())])));
        self.text(key("story-step-other"));
    }
}

fn hex(bytes: &[u8; 32]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
