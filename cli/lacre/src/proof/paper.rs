//! An official notice to be read on paper, as the recipient's program judged it. It proves nothing by itself, and says what does.

use super::block::Block;
use super::instant;
use super::pdf::Sheet;
use lacre_core::view::{Genuine, OfficialNotice};
use lacre_ground::time::Millis;
use lacre_words::shown::shown;
use lacre_words::words::{Words, key};

/// What another part of the program says of it, in sentences.
pub(crate) struct Told {
    /// what kind of act it is
    pub(crate) act: String,
    /// what it is beside others: a copy, a correction, a trial
    pub(crate) standing: Option<String>,
    /// what follows by law
    pub(crate) dates: Vec<String>,
    /// when, by this computer's clock: days that are left are counted from it
    pub(crate) now: Millis,
    /// what the person did
    pub(crate) own: Vec<String>,
    /// its text, line by line; none where it is left out, is no text or is not here
    pub(crate) body: Option<Vec<String>>,
}

/// The document.
pub(crate) fn sheet(words: &Words, notice: &OfficialNotice, genuine: &Genuine, told: Told) -> Sheet {
    let digest = hex(&notice.envelope);
    let mut below: Vec<(String, bool)> = told.standing.iter().map(|text| (text.clone(), true)).collect();
    below.push((words.say("paper-limit"), false));
    let mut out = Vec::new();
    who(words, genuine, &mut out);
    what(words, genuine, &mut out);
    heading(words, key("story-law"), &mut out);
    out.extend(told.dates.into_iter().map(Block::Text));
    out.push(row(words, key("story-checked"), instant(words, genuine.notice.place.zone, told.now)));
    heading(words, key("paper-own"), &mut out);
    out.extend(told.own.into_iter().map(Block::Text));
    heading(words, key("paper-body"), &mut out);
    match told.body {
        Some(lines) => out.extend(lines.into_iter().filter(|line| !line.trim().is_empty()).map(Block::Quote)),
        None => out.push(Block::Text(words.say("paper-no-body"))),
    }
    verify(words, notice, genuine, &mut out);
    let qr = words.say_with("paper-qr", &[("digest", digest.as_str().into())]);
    Sheet { title: told.act, below, blocks: out, digest, qr }
}

fn heading(words: &Words, name: &str, out: &mut Vec<Block>) {
    out.push(Block::Heading(words.say(name)));
}

fn row(words: &Words, name: &str, value: impl Into<String>) -> Block {
    Block::Row(words.say(name), value.into())
}

fn who(words: &Words, genuine: &Genuine, out: &mut Vec<Block>) {
    let (certificate, n) = (&genuine.certificate, &genuine.notice);
    let comuna = n.place.comuna.map_or("none".to_owned(), |c| format!("{c} ({})", c.name()));
    let place = words.say_with("story-place-value", &[("zone", n.place.zone.name().into()), ("comuna", comuna.into())]);
    heading(words, key("story-who"), out);
    out.extend([
        row(words, key("story-from"), shown(&certificate.name)),
        row(words, key("story-code"), certificate.code.as_str()),
        row(words, key("story-place"), place),
        row(words, key("story-to"), n.run.canonical()),
    ]);
}

fn what(words: &Words, genuine: &Genuine, out: &mut Vec<Block>) {
    let n = &genuine.notice;
    heading(words, key("story-what"), out);
    out.extend([
        row(words, key("story-notice"), n.id.to_string()),
        row(words, key("story-case"), shown(&n.case)),
        row(words, key("story-procedure"), shown(&n.procedure)),
        row(words, key("story-subject"), shown(&n.subject)),
        row(words, key("story-description"), shown(&n.description)),
        row(words, key("story-made"), instant(words, n.place.zone, n.made_at)),
    ]);
    for (number, file) in n.files.iter().enumerate() {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        out.push(Block::Row(words.say_with("story-file", &[("n", number.into())]), shown(&file.name)));
        let args =
            [("media", shown(&file.media).into()), ("len", file.len.to_string().into()), ("hash", hex(&file.sha256).into())];
        out.push(Block::Under(words.say("story-file-what"), words.say_with("paper-file", &args)));
    }
    out.extend(n.uris.iter().map(|uri| row(words, key("story-uri"), shown(uri))));
}

fn verify(words: &Words, notice: &OfficialNotice, genuine: &Genuine, out: &mut Vec<Block>) {
    let n = &genuine.notice;
    heading(words, key("paper-verify"), out);
    out.extend([
        row(words, key("story-sent"), instant(words, n.place.zone, notice.accepted_at)),
        row(words, key("paper-envelope"), hex(&notice.envelope)),
        row(words, key("paper-hash"), notice.id.to_hex()),
        row(words, key("story-certificate"), hex(&n.certificate)),
        row(words, key("story-agency-key"), hex(&genuine.certificate.key)),
    ]);
    if let Some(to) = &n.electronic {
        out.push(row(words, key("story-account"), to.account.to_string()));
        out.push(row(words, key("story-rule"), format!("{} {}", shown(&to.rule.id), hex(&to.rule.sha256))));
    }
    out.extend([
        row(words, key("story-calendar"), format!("{} {}", shown(&n.calendar.id), hex(&n.calendar.sha256))),
        Block::Text(words.say("paper-transaction")),
        Block::Text(words.say("paper-step-export")),
        Block::Text(words.say("paper-step-verify")),
        Block::Text(words.say("paper-step-other")),
    ]);
}

fn hex(bytes: &[u8; 32]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
