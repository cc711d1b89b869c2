//! Sentences, abbreviations, appeals: in Spanish and English. Rules of thumb: they see what is usual, and say nothing of the rest.

use crate::template::Markup;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use std::collections::BTreeSet;

/// More words than these in one sentence are hard to read.
pub const LONG_SENTENCE: usize = 30;
/// A body of no more words that names an attachment is only a pointer to it.
pub const SHORT_BODY: usize = 40;

/// Words behind whose full stop a sentence goes on.
const SHORTENED: [&str; 22] = [
    "art", "arts", "inc", "sr", "sra", "srta", "dr", "dra", "nro", "núm", "no", "av", "ej", "depto", "mr", "mrs", "ms", "st",
    "vs", "ley", "dto", "res",
];
/// Words that abbreviations leave out.
const SMALL: [&str; 19] =
    ["de", "del", "la", "las", "el", "los", "y", "e", "o", "a", "al", "en", "para", "por", "of", "the", "and", "for", "to"];
/// Abbreviations that people know better than what they stand for.
const KNOWN: [&str; 4] = ["RUN", "RUT", "PDF", "UTC"];
/// How words about appeals begin.
const APPEAL: [&str; 9] = ["recurr", "recurs", "reposici", "reclam", "apela", "impugn", "appeal", "object", "contest"];
/// How words about attachments begin.
const ATTACHED: [&str; 4] = ["adjunt", "anex", "attach", "enclos"];

/// The text of a body, without signs and code: paragraph by paragraph.
pub(super) struct Prose(Vec<Block>);

struct Block {
    /// the line in which it begins, from 1
    line: usize,
    text: String,
}

impl Prose {
    pub(super) fn text(&self) -> String {
        self.0.iter().map(|block| block.text.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// A sentence that is too long.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Long {
    pub(super) line: usize,
    pub(super) words: usize,
    pub(super) begin: String,
}

/// The lines in which tables begin, from 1.
pub(super) fn tables(body: &str, markup: Markup) -> Vec<usize> {
    if markup == Markup::Plain {
        return Vec::new();
    }
    let events = Parser::new_ext(body, Options::ENABLE_TABLES).into_offset_iter();
    let begins = events.filter(|(event, _)| matches!(event, Event::Start(Tag::Table(_)))).map(|(_, range)| range.start);
    begins.map(|at| line_at(body, at)).collect()
}

/// The line in which a byte stands, from 1.
fn line_at(body: &str, at: usize) -> usize {
    body.get(..at).unwrap_or_default().matches('\n').count() + 1
}

pub(super) fn prose(body: &str, markup: Markup) -> Prose {
    let mut blocks = Vec::new();
    match markup {
        Markup::Plain => {
            let mut open: Option<Block> = None;
            for (at, line) in body.lines().enumerate() {
                if line.trim().is_empty() {
                    blocks.extend(open.take());
                    continue;
                }
                let block = open.get_or_insert(Block { line: at + 1, text: String::new() });
                block.text.push_str(line.trim());
                block.text.push(' ');
            }
            blocks.extend(open);
        }
        Markup::Markdown => {
            let (mut code, mut open): (bool, Option<Block>) = (false, None);
            for (event, range) in Parser::new(body).into_offset_iter() {
                let line = || line_at(body, range.start);
                let text = match &event {
                    Event::Start(Tag::CodeBlock(_)) => {
                        code = true;
                        continue;
                    }
                    Event::End(TagEnd::CodeBlock) => {
                        code = false;
                        continue;
                    }
                    Event::Text(text) if !code => text.as_ref(),
                    Event::SoftBreak | Event::HardBreak => " ",
                    Event::Start(Tag::Paragraph | Tag::Heading { .. } | Tag::Item)
                    | Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item) => {
                        blocks.extend(open.take());
                        continue;
                    }
                    _ => continue,
                };
                open.get_or_insert_with(|| Block { line: line(), text: String::new() }).text.push_str(text);
            }
            blocks.extend(open);
        }
    }
    blocks.iter_mut().for_each(|block| block.text = without_placeholders(&block.text));
    Prose(blocks)
}

/// Each placeholder as one word.
fn without_placeholders(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("((").and_then(|(b, o)| Some((b, o.split_once("))")?.1))) {
        out.push_str(before);
        out.push('x');
        rest = behind;
    }
    out + rest
}

/// Whether a sentence ends with this word.
fn ends(word: &str, next: Option<&&str>) -> bool {
    let bare = word.trim_end_matches(['"', '»', '”', ')', '*', '_']);
    let begins = next.is_none_or(|next| next.chars().find(|c| c.is_alphanumeric()).is_some_and(|c| !c.is_lowercase()));
    if bare.ends_with(['!', '?', '…']) {
        return true;
    }
    let Some(stem) = bare.strip_suffix('.') else { return false };
    begins && stem.chars().count() > 1 && !SHORTENED.contains(&stem.to_lowercase().trim_start_matches('('))
}

pub(super) fn long_sentences(prose: &Prose) -> Vec<Long> {
    let mut found = Vec::new();
    for block in &prose.0 {
        let words: Vec<&str> = block.text.split_whitespace().collect();
        let mut sentence: Vec<&str> = Vec::new();
        for (at, word) in words.iter().enumerate() {
            sentence.push(word);
            if ends(word, words.get(at + 1)) || at + 1 == words.len() {
                if sentence.len() > LONG_SENTENCE {
                    let begin = sentence.iter().take(6).copied().collect::<Vec<_>>().join(" ");
                    found.push(Long { line: block.line, words: sentence.len(), begin });
                }
                sentence.clear();
            }
        }
    }
    found
}

/// Abbreviations of two to six capitals that are nowhere written out, in the order of the alphabet.
pub(super) fn abbreviations(text: &str) -> BTreeSet<String> {
    let text = without_placeholders(text);
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let initials: Vec<char> = words
        .iter()
        .filter(|word| !SMALL.contains(&word.to_lowercase().as_str()) && !is_abbreviation(word))
        .filter_map(|word| word.chars().flat_map(char::to_uppercase).next())
        .collect();
    let spelled = |word: &str| {
        let wanted: Vec<char> = word.chars().collect();
        initials.windows(wanted.len()).any(|window| window == wanted) || explained(&text, word)
    };
    // what is written in capitals throughout abbreviates nothing
    let quiet: BTreeSet<&str> =
        text.split('\n').filter(|line| !line.chars().any(char::is_lowercase)).flat_map(str::split_whitespace).collect();
    words
        .into_iter()
        .filter(|word| is_abbreviation(word) && !KNOWN.contains(word) && !is_roman(word))
        .filter(|word| !quiet.iter().any(|shout| shout.contains(word)) && !spelled(word))
        .map(str::to_owned)
        .collect()
}

fn is_abbreviation(word: &str) -> bool {
    (2..=6).contains(&word.chars().count()) && word.chars().all(char::is_uppercase)
}

fn is_roman(word: &str) -> bool {
    word.chars().all(|c| matches!(c, 'I' | 'V' | 'X' | 'L' | 'C' | 'D' | 'M'))
}

/// `ABC (A… b… c…)`.
fn explained(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let behind = text.get(at + word.len()..).unwrap_or_default().trim_start();
        let first = behind.strip_prefix('(').and_then(|inside| inside.chars().next());
        first.is_some_and(|first| first.to_uppercase().next() == word.chars().next())
    })
}

fn has_word(text: &str, stems: &[&str]) -> bool {
    let small = text.to_lowercase();
    let mut words = small.split(|c: char| !c.is_alphanumeric());
    words.any(|word| stems.iter().any(|stem| word.starts_with(stem)))
}

pub(super) fn is_appeal_said(text: &str) -> bool {
    has_word(text, &APPEAL)
}

pub(super) fn is_only_a_pointer(text: &str) -> bool {
    text.split_whitespace().count() <= SHORT_BODY && has_word(text, &ATTACHED)
}
