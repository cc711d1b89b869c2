//! Where what a program says goes: results to stdout, words to stderr, `--json` for programs.

use crate::failure::{Exit, Failure};
use crate::pager;
use crate::shown::json_line;
use crate::words::{Args, Words};
use crate::wrap::{wrap, wrap_result};
use anstyle::Style;
use serde::Serialize;
use std::borrow::Cow;
use std::io::IsTerminal as _;

/// What a command gives back: how it ends, or why it could not do it.
pub type Outcome = Result<Exit, Failure>;

/// The person's screen, in her language.
pub struct Screen {
    /// the language
    pub words: Words,
    /// a program reads
    pub json: bool,
    /// stdout is a terminal that shows colours, and the person did not say no (no-color.org)
    colours: bool,
}

impl Screen {
    /// In these words; for a program, if it asked for JSON.
    #[must_use]
    pub fn new(words: Words, json: bool) -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let colours = std::io::stdout().is_terminal() && set("NO_COLOR").is_none() && set("TERM").is_some_and(|t| t != "dumb");
        Self { words, json, colours }
    }

    /// A failure in this language.
    #[must_use]
    pub fn failure(&self, key: &'static str, exit: Exit, args: &Args<'_>) -> Failure {
        Failure::new(&self.words, key, exit, args)
    }

    /// The result, to stdout: a text for people, or one line of JSON.
    pub fn result(&self, text: &str, json: &impl Serialize) {
        if self.json { self.object(json) } else { self.lines(text) }
    }

    /// As [`Screen::result`], page by page where a person looks at a terminal.
    pub fn long_result(&self, text: &str, json: &impl Serialize) {
        if self.json || !std::io::stdout().is_terminal() || !pager::shown(&for_terminal(text)) {
            self.result(text, json);
        }
    }

    /// The text in this style, if the person's terminal shows colours.
    #[must_use]
    pub fn painted(&self, style: Style, text: &str) -> String {
        if self.colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Whether the person's terminal shows colours.
    #[must_use]
    pub const fn colours(&self) -> bool {
        self.colours
    }

    /// Lines for people, to stdout.
    pub fn lines(&self, text: &str) {
        if !text.is_empty() {
            line(&mut std::io::stdout(), &for_terminal(text));
        }
    }

    /// Lines of a story, to stdout; with `--json` only the result at its end goes there.
    pub fn lines_unless_json(&self, text: &str) {
        if !self.json {
            self.lines(text);
        }
    }

    /// One line of JSON, to stdout.
    pub fn object(&self, value: &impl Serialize) {
        let json = serde_json::to_string(value).unwrap_or_default();
        line(&mut std::io::stdout(), &json_line(&json));
    }

    /// Words that are no result, to stderr; not with `--json`.
    pub fn note(&self, text: &str) {
        if !self.json {
            line(&mut std::io::stderr(), &wrap(text, 0));
        }
    }

    /// A failure, to stderr.
    pub fn fail(&self, failure: &Failure) {
        show_failure(failure, &self.words, self.json);
    }
}

/// A failure, to stderr: for people, or as one object.
pub fn show_failure(failure: &Failure, words: &Words, json: bool) {
    let text = if json { json_line(&serde_json::to_string(failure).unwrap_or_default()) } else { failure.text(words) };
    line(&mut std::io::stderr(), &text);
}

/// Broken where the person's terminal ends; for a file or a program as it is.
fn for_terminal(text: &str) -> Cow<'_, str> {
    if std::io::stdout().is_terminal() { wrap_result(text).into() } else { text.into() }
}

fn line(to: &mut dyn std::io::Write, text: &str) {
    // Whoever closed the other end (`| head`) does not want to hear more.
    let _closed = writeln!(to, "{text}").and_then(|()| to.flush());
}

/// Bytes for people.
#[must_use]
pub fn size(words: &Words, bytes: u64) -> String {
    let (unit, value) = match bytes {
        0..=999 => return format!("{bytes} B"),
        1_000..=999_999 => ("kB", bytes / 100),
        _ => ("MB", bytes / 100_000),
    };
    let point = words.say("decimal-point");
    format!("{}{point}{} {unit}", value / 10, value % 10)
}
