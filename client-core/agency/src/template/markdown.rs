//! How a body of Markdown is read, and how a value is written into it as nothing but text.
//!
//! A body is read with a private character for each placeholder. What comes out (headings, lists, stress, links, and the texts
//! between them) is what every row must give, with the value in the place of the character. Values are tried as they are first,
//! because people see backslashes ([`Escape`]): on most screens nothing of a body is interpreted.

use super::pieces::Part;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, TextMergeStream};

/// The first of the characters that stand for placeholders: private use, so no text means anything by them.
const FIRST: u32 = 0xF_0000;
/// What some readers of Markdown do beyond CommonMark: a value must not do it either.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_HEADING_ATTRIBUTES);

/// Whether a text has characters that stand for placeholders here.
pub(super) fn has_private(text: &str) -> bool {
    text.chars().any(|c| u32::from(c) >= FIRST)
}

/// How much of a value is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// nothing
    None,
    /// what is structure in most places
    Signs,
    /// every sign of ASCII
    All,
}

/// A value as it is written into a body.
pub(super) fn escaped(value: &str, how: Escape) -> String {
    let mut out = String::with_capacity(value.len());
    let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    let mut before = None;
    for (at, c) in value.char_indices() {
        let next = value.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let sign = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '#' | '{' | '}' => true,
            '_' => !(inside(before) && inside(next)),
            '-' | '+' | '=' | '!' | ':' => at == 0,
            '.' | ')' => at == digits,
            _ => false,
        };
        if c.is_ascii_punctuation() && (how == Escape::All || (how == Escape::Signs && sign)) {
            out.push('\\');
        }
        out.push(c);
        before = Some(c);
    }
    out
}

/// The text with each placeholder's value; `value` gives it for a placeholder's number.
pub(super) fn joined<'v>(parts: &[Part<'_>], how: Escape, value: impl Fn(usize) -> &'v str) -> String {
    let mut out = String::new();
    let mut number = false;
    for part in parts {
        match *part {
            Part::Text(text) => {
                // a number before a full stop would begin a list
                if number && how != Escape::None && text.starts_with(['.', ')']) {
                    out.push('\\');
                }
                out.push_str(text);
                number = false;
            }
            Part::Hole(hole) => {
                let value = value(hole);
                if how == Escape::None {
                    out.push_str(value);
                } else {
                    out.push_str(&escaped(value, how));
                }
                number = value.bytes().all(|b| b.is_ascii_digit());
            }
        }
    }
    out
}

/// How a body is read, with a private character for each placeholder.
pub(super) struct Shape {
    events: Vec<Event<'static>>,
}

/// A placeholder stands where its value would not be read as text: in code, in the address of a link, in HTML.
pub(super) struct NotText {
    /// which, in the order of first mention
    pub(super) index: usize,
}

fn events(text: &str) -> impl Iterator<Item = Event<'_>> {
    TextMergeStream::new(Parser::new_ext(text, OPTIONS))
}

/// The character for the placeholder with this number.
fn private(index: usize) -> char {
    u32::try_from(index).ok().and_then(|i| char::from_u32(FIRST + i)).unwrap_or('\u{fffd}')
}

/// The placeholders whose characters stand in a text.
fn holes(text: &str) -> impl Iterator<Item = usize> {
    text.chars().filter_map(|c| usize::try_from(u32::from(c).checked_sub(FIRST)?).ok())
}

impl Shape {
    /// Reads a body with so many placeholders.
    pub(super) fn of(parts: &[Part<'_>], placeholders: usize) -> Result<Self, NotText> {
        let mut source = String::new();
        let mut wanted = vec![0_usize; placeholders];
        for part in parts {
            match *part {
                Part::Text(text) => source.push_str(text),
                Part::Hole(hole) => {
                    wanted.get_mut(hole).into_iter().for_each(|count| *count += 1);
                    source.push(private(hole));
                }
            }
        }
        let events: Vec<Event<'static>> = events(&source).map(Event::into_static).collect();
        let mut code = false;
        for event in &events {
            match event {
                Event::Start(Tag::CodeBlock(_)) => code = true,
                Event::End(TagEnd::CodeBlock) => code = false,
                Event::Start(Tag::Link { dest_url, title, .. } | Tag::Image { dest_url, title, .. }) => {
                    if let Some(index) = holes(dest_url).chain(holes(title)).next() {
                        return Err(NotText { index });
                    }
                }
                Event::Text(text) if !code => {
                    for index in holes(text) {
                        wanted.get_mut(index).into_iter().for_each(|count| *count = count.saturating_sub(1));
                    }
                }
                _ => {}
            }
        }
        match wanted.iter().position(|count| *count > 0) {
            Some(index) => Err(NotText { index }),
            None => Ok(Self { events }),
        }
    }

    /// Whether a filled body is read the same, with each value where its placeholder stood.
    pub(super) fn is_of<'v>(&self, filled: &str, value: impl Fn(usize) -> &'v str) -> bool {
        let mut found = events(filled);
        for wanted in &self.events {
            let Some(event) = found.next() else { return false };
            let same = match (wanted, &event) {
                (Event::Text(wanted), Event::Text(text)) => is_filled(wanted, text, &value),
                (wanted, event) => wanted == event,
            };
            if !same {
                return false;
            }
        }
        found.next().is_none()
    }
}

/// Whether the text is the wanted one with the values in their places.
fn is_filled<'v>(wanted: &str, text: &str, value: &impl Fn(usize) -> &'v str) -> bool {
    let mut rest = text;
    for c in wanted.chars() {
        let mut buffer = [0; 4];
        let part = match u32::from(c).checked_sub(FIRST) {
            Some(index) => value(usize::try_from(index).unwrap_or(usize::MAX)),
            None => c.encode_utf8(&mut buffer),
        };
        match rest.strip_prefix(part) {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    rest.is_empty()
}
