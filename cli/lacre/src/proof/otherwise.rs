//! What a body kept for counter or letter, and what it says was done: told as its own word, never as proven.

use super::block::Block;
use super::{instant, long_day, records};
use lacre_evidence::clock::Zone;
use lacre_evidence::{Act, Approved, PaperEffect, Proven, ProvenOtherwise, ProvenStep, SignedBy, Standing, Step};
use lacre_words::shown::shown;
use lacre_words::words::{Words, key};
use serde_json::{Value, json};

/// What nobody may miss.
pub(crate) fn warnings(words: &Words, kept: &ProvenOtherwise) -> Vec<String> {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut out = Vec::new();
    let absent: Vec<String> =
        kept.files_here.iter().enumerate().filter(|(_, here)| !**here).map(|(i, _)| i.to_string()).collect();
    if !absent.is_empty() {
        let args = [("n", number(absent.len()).into()), ("numbers", absent.join(", ").into())];
        out.push(words.say_with("warning-paper-left-out", &args));
    }
    let against = kept.against().count();
    if against > 0 {
        out.push(words.say_with("warning-paper-against", &[("n", number(against).into())]));
    }
    let late = kept.steps.iter().filter(|step| step.late).count();
    if late > 0 {
        out.push(words.say_with("warning-paper-late", &[("n", number(late).into())]));
    }
    out
}

/// The whole of it.
pub(crate) fn told(words: &Words, zone: Zone, proven: &Proven, kept: &ProvenOtherwise) -> Vec<Block> {
    let mut out = Vec::new();
    content(words, zone, kept, &mut out);
    out.push(Block::Heading(words.say("story-paper")));
    out.push(Block::Text(words.say("story-paper-word")));
    for (number, step) in kept.steps.iter().enumerate() {
        out.extend(records::told(words, zone, number, &step.record));
        let accepted = instant(words, zone, step.receipt.accepted_at);
        out.push(Block::Under(words.say("story-paper-receipt"), accepted));
        if step.late {
            out.push(Block::Warning(words.say_with("story-paper-late", &[("n", count(number).into())])));
        }
    }
    if kept.steps.is_empty() {
        out.push(Block::Text(words.say("story-paper-none")));
    }
    out.push(Block::Heading(words.say("story-law")));
    law(words, proven, kept, &mut out);
    out
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn content(words: &Words, zone: Zone, kept: &ProvenOtherwise, out: &mut Vec<Block>) {
    let (n, row) = (&kept.notice, |name: &'static str, value: String| Block::Row(words.say(name), value));
    out.push(Block::Heading(words.say("story-what")));
    out.extend([
        row(key("story-notice"), n.id.to_string()),
        row(key("story-case"), shown(&n.case)),
        row(key("story-procedure"), shown(&n.procedure)),
        row(key("story-subject"), shown(&n.subject)),
        row(key("story-description"), shown(&n.description)),
        row(key("story-made"), instant(words, zone, n.made_at)),
    ]);
    for (number, (file, here)) in n.files.iter().zip(&kept.files_here).enumerate() {
        out.push(Block::Row(words.say_with("story-file", &[("n", count(number).into())]), shown(&file.name)));
        let args = [
            ("len", file.len.to_string().into()),
            ("hash", data_encoding::HEXLOWER.encode(&file.sha256).into()),
            ("state", if *here { "here" } else { "left-out" }.into()),
            ("n", count(number).into()),
        ];
        out.push(Block::Under(words.say("story-file-what"), words.say_with("story-paper-file", &args)));
    }
    out.extend(n.uris.iter().map(|uri| row(key("story-uri"), shown(uri))));
}

fn law(words: &Words, proven: &Proven, kept: &ProvenOtherwise, out: &mut Vec<Block>) {
    for effect in &kept.effects {
        out.extend(dates(words, effect));
    }
    if !kept.effects.is_empty() {
        out.push(Block::Warning(words.say("story-paper-own-word")));
        out.push(Block::Text(words.say("story-paper-computed")));
        return;
    }
    out.push(Block::Text(words.say(nothing(proven, kept))));
}

/// Why nothing follows.
fn nothing(proven: &Proven, kept: &ProvenOtherwise) -> &'static str {
    use lacre_evidence::{Answer, ExemptReason};
    let starts = matches!(kept.notice.act, Act::Notification { .. });
    match kept.notice.standing {
        _ if proven.lookup.answer == Answer::Exempt(ExemptReason::Dead) => key("story-paper-dead"),
        Standing::Trial => key("story-no-term-trial"),
        Standing::Copy(_) => key("story-no-term-copy"),
        Standing::Original | Standing::Corrects(_) if !starts => key("story-no-term"),
        Standing::Original | Standing::Corrects(_) => key("story-paper-nothing"),
    }
}

fn dates(words: &Words, effect: &PaperEffect) -> Vec<Block> {
    let term = effect.dates.term.map_or(0, |t| u32::from(t.days()));
    let told = effect.dates.readings().map(|r| {
        let name = [("rule", r.rule.id.name().into()), ("law", r.rule.law.as_str().into()), ("n", count(effect.step).into())];
        let last = r.last_day.map_or("none".to_owned(), |day| long_day(words, day));
        let args = [("day", long_day(words, r.deemed).into()), ("last", last.into()), ("term", term.into())];
        Block::Row(words.say_with("story-paper-effect", &name), words.say_with("story-reading-value", &args))
    });
    told.collect()
}

/// What a step is called by programs.
pub(crate) const fn name(step: &Step) -> &'static str {
    match step {
        Step::HandedOver => "handed-over",
        Step::Posted(_) => "posted",
        Step::Received(_) => "received",
        Step::Returned(_) => "returned",
        Step::NotPosted => "not-posted",
        Step::Came => "paper-came",
    }
}

/// For `--json`: documented in cli/JSON.md.
pub(crate) fn json(kept: &ProvenOtherwise) -> Value {
    let n = &kept.notice;
    let files = n.files.iter().zip(&kept.files_here).map(|(f, here)| {
        json!({ "name": f.name, "media": f.media, "bytes": f.len, "sha256": data_encoding::HEXLOWER.encode(&f.sha256), "here": here })
    });
    json!({
        "notice": n.id.to_string(), "case": n.case, "subject": n.subject, "made": n.made_at.to_string(),
        "files": files.collect::<Vec<_>>(), "steps": kept.steps.iter().map(step).collect::<Vec<_>>(), "effects": effects(kept),
        "approved": kept.approved.as_ref().map(approved),
    })
}

/// Who approved the batch that it is a row of.
pub(super) fn approved(approved: &Approved) -> Value {
    let by =
        |by: &SignedBy| json!({ "handle": by.handle.to_string(), "account": by.account.to_string(), "at": by.at.to_string() });
    let batch = approved.batch();
    json!({
        "batch": batch.id.to_string(), "rows": batch.rows, "digest": data_encoding::HEXLOWER.encode(&batch.digest()),
        "drafter": approved.drafter().map(by), "approvers": approved.approvers().map(by).collect::<Vec<_>>(),
    })
}

fn step(step: &ProvenStep) -> Value {
    let issuer = step.record.issuer.text();
    let (kind, who) = issuer.split_once(' ').unwrap_or((&issuer, ""));
    json!({
        "step": name(&step.step), "event": step.record.event.name(), "id": step.record.id.to_string(),
        "time": step.record.time.to_string(), "issuer": { "kind": kind, "who": who }, "reference": step.record.reference,
        "scan": step.record.scan.as_ref().map(|hash| data_encoding::HEXLOWER.encode(hash)),
        "receipt": step.receipt.accepted_at.to_string(), "late": step.late, "against": step.step.speaks_against(),
    })
}

/// What follows, by whose word.
pub(crate) fn effects(kept: &ProvenOtherwise) -> Vec<Value> {
    let all = kept.effects.iter().flat_map(|effect| effect.dates.readings().map(move |r| (effect.step, r)));
    all.map(|(step, r)| {
        let last = r.last_day.map(|day| day.to_string());
        json!({
            "step": step, "rule": r.rule.id.name(), "law": r.rule.law, "deemed": r.deemed.to_string(), "last_day": last,
            "by": "body's own word",
        })
    })
    .collect()
}
