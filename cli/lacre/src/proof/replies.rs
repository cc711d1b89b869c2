//! Replies of the person: when the relay took each, whether that was within the term, and what it says.

use super::block::Block;
use super::instant;
use lacre_evidence::clock::{LegalDates, Zone};
use lacre_evidence::{Effect, ProvenNotice, ProvenReply};
use lacre_words::shown::shown;
use lacre_words::words::{Words, key};
use serde_json::{Value, json};

/// Whether a reply came within the term: by its local date where the agency is, as the term is counted. `all` readings of the
/// law say so, only the `longest`, or none (`late`); nothing where there is no term.
fn within(reply: &ProvenReply, zone: Zone, dates: &LegalDates) -> Option<&'static str> {
    let day = zone.date(reply.accepted_at)?;
    let ends: Vec<_> = dates.readings().filter_map(|r| r.last_day).collect();
    let good = ends.iter().filter(|end| day <= **end).count();
    match good {
        _ if ends.is_empty() => None,
        0 => Some("late"),
        n if n == ends.len() => Some("all"),
        _ => Some("longest"),
    }
}

fn term(sent: &ProvenNotice, reply: &ProvenReply) -> Option<&'static str> {
    match &sent.effect {
        Effect::Notified(dates) => within(reply, sent.notice.place.zone, dates),
        Effect::InformsOnly => None,
    }
}

/// All of them, in words.
pub(crate) fn told(words: &Words, sent: &ProvenNotice) -> Vec<Block> {
    sent.replies.iter().enumerate().flat_map(|(i, proven)| one(words, sent, i, proven)).collect()
}

fn one(words: &Words, sent: &ProvenNotice, number: usize, proven: &ProvenReply) -> Vec<Block> {
    let note = &proven.reply.note;
    let name = words.say_with("story-reply", &[("n", u32::try_from(number).unwrap_or(u32::MAX).into())]);
    let mut out = vec![Block::Row(name, note.id.to_string())];
    let mut under = |name: &'static str, value: String| out.push(Block::Under(words.say(name), value));
    under(key("story-reply-when"), instant(words, sent.notice.place.zone, proven.accepted_at));
    if let Some(term) = term(sent, proven) {
        under(key("story-reply-term"), words.say_with("story-reply-term-value", &[("within", term.into())]));
    }
    under(key("story-reply-text"), shown(&proven.reply.text));
    under(key("story-reply-digest"), hex(&note.text.0));
    for file in &note.files {
        let args = [("len", file.len.to_string().into()), ("hash", hex(&file.sha256).into()), ("name", shown(&file.name).into())];
        under(key("story-reply-file"), words.say_with("story-reply-file-value", &args));
    }
    out
}

/// All of them, for programs.
pub(crate) fn json(sent: &ProvenNotice) -> Vec<Value> {
    let one = |proven: &ProvenReply| {
        let note = &proven.reply.note;
        let files =
            note.files.iter().map(|f| json!({ "name": f.name, "media": f.media, "bytes": f.len, "sha256": hex(&f.sha256) }));
        json!({
            "id": note.id.to_string(),
            "time": proven.accepted_at.to_string(),
            "made": note.made_at.to_string(),
            "device": note.device.to_string(),
            "text": proven.reply.text,
            "sha256": hex(&note.text.0),
            "files": files.collect::<Vec<_>>(),
            "within": term(sent, proven),
        })
    };
    sent.replies.iter().map(one).collect()
}

fn hex(bytes: &[u8; 32]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
