//! Where what a program says goes: results to stdout, words to stderr, `--json` for programs.

use crate::cause::cause;
use crate::failure::{Exit, Failure};
use crate::pager;
use crate::shown::json_line;
use crate::words::{Args, Words};
use crate::wrap::{wrap, wrap_result};
use anstyle::Style;
use serde::Serialize;
use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, IsTerminal as _};

/// What a command gives back: how it ends, or why it could not do it.
pub type Outcome = Result<Exit, Failure>;

/// The person's screen, in her language.
pub struct Screen {
    /// the language
    pub words: Words,
    /// a program reads
    pub json: bool,
    /// it is read aloud, or felt: no colours, no columns, no breaks inside a line
    pub plain: bool,
    /// stdout is a terminal that shows colours, and the person did not say no (no-color.org)
    colours: bool,
    /// what becomes of a command whose results nobody can read
    unread: Unread,
    /// how such a command ends
    ended: Cell<Option<Exit>>,
}

/// What becomes of a command whose results nobody can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unread {
    /// it ends there: what was not printed was not shown, and nothing behind it may count it as shown
    Ends,
    /// it goes on, and says at its end how it ended
    GoesOn,
}

impl Screen {
    /// In these words; for a program, if it asked for JSON.
    #[must_use]
    pub fn new(words: Words, json: bool) -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let colours = std::io::stdout().is_terminal() && set("NO_COLOR").is_none() && set("TERM").is_some_and(|t| t != "dumb");
        Self { words, json, plain: false, colours, unread: Unread::Ends, ended: Cell::new(None) }
    }

    /// For screen readers, if the person asked for that: no colours, no pager, no pictures, no columns, each line whole.
    #[must_use]
    pub fn read_aloud(self, plain: bool) -> Self {
        Self { plain, colours: self.colours && !plain, ..self }
    }

    /// For a command that has something to put away at its end, whatever becomes of its results: it asks
    /// [`Screen::ended`] then.
    #[must_use]
    pub fn going_on(self) -> Self {
        Self { unread: Unread::GoesOn, ..self }
    }

    /// How a command ends whose results could not be written.
    #[must_use]
    pub fn ended(&self) -> Option<Exit> {
        self.ended.get()
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
        if self.json || self.plain || !std::io::stdout().is_terminal() || !pager::shown(&for_terminal(text)) {
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
            self.to_stdout(&if self.plain { text.into() } else { for_terminal(text) });
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
        self.to_stdout(&json_line(&json));
    }

    /// The one way to stdout. A full disk behind it is a failure; whoever closed the other end (`| head`) has seen enough,
    /// and is told nothing. In both cases the rest was not shown.
    fn to_stdout(&self, text: &str) {
        if self.ended.get().is_some() {
            return;
        }
        let Err(why) = written(&mut std::io::stdout(), text) else { return };
        let exit = match unread(&self.words, &why) {
            None => Exit::Done,
            Some(failure) => {
                self.fail(&failure);
                failure.exit
            }
        };
        self.ended.set(Some(exit));
        if self.unread == Unread::Ends {
            std::process::exit(exit.code().into());
        }
    }

    /// Words that are no result, to stderr; not with `--json`.
    pub fn note(&self, text: &str) {
        if !self.json {
            line(&if self.plain { text.to_owned() } else { wrap(text, 0) });
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
    line(&text);
}

/// Why a result could not be written; nothing where nobody wants to read on.
#[must_use]
pub fn unread(words: &Words, why: &io::Error) -> Option<Failure> {
    let said = || [("why", cause(words, why).into())];
    (why.kind() != io::ErrorKind::BrokenPipe).then(|| Failure::new(words, "error-not-written", Exit::CouldNotAsk, &said()))
}

/// Broken where the person's terminal ends; for a file or a program as it is.
fn for_terminal(text: &str) -> Cow<'_, str> {
    if std::io::stdout().is_terminal() { wrap_result(text).into() } else { text.into() }
}

fn written(to: &mut dyn io::Write, text: &str) -> io::Result<()> {
    writeln!(to, "{text}").and_then(|()| to.flush())
}

/// To stderr: where words cannot be written either there is nobody left to tell.
fn line(text: &str) {
    let _nobody = written(&mut io::stderr(), text);
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
