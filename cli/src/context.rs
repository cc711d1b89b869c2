//! What every command has at hand: the language, where results go, where the profile is.

use crate::failure::{Exit, Failure};
use crate::shown::json_line;
use crate::words::{Args, Words};
use crate::wrap::{wrap, wrap_result};
use crate::{pager, trouble};
use anstyle::Style;
use lacre_ground::time::{Clock, Millis, SystemClock};
use lacre_core::Environment;
use serde::Serialize;
use std::borrow::Cow;
use std::cell::Cell;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::sync::Arc;

/// What a command gives back: how it ends, or why it could not do it.
pub(crate) type Outcome = Result<Exit, Failure>;

/// The flags that every command takes.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Global {
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) profile: Option<PathBuf>,
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "key_file")]
    pub(crate) passphrase_file: Option<PathBuf>,
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[arg(long, global = true, value_name = "es|en", value_parser = ["es", "en"], hide_possible_values = true)]
    pub(crate) lang: Option<String>,
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) proxy: Option<String>,
}

/// What every command has at hand.
pub(crate) struct Context {
    /// the flags
    pub(crate) global: Global,
    /// the language
    pub(crate) words: Words,
    /// what time it is
    pub(crate) clock: Arc<dyn Clock>,
    /// stdout is a terminal that shows colours, and the person did not say no (no-color.org)
    colours: bool,
    /// the person knows that the relay is away: a command that asks it twice says so once
    said_away: Cell<bool>,
}

impl Context {
    /// For these flags, with the machine's clock.
    pub(crate) fn new(global: Global, words: Words) -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let colours = std::io::stdout().is_terminal() && set("NO_COLOR").is_none() && set("TERM").is_some_and(|t| t != "dumb");
        Self { global, words, clock: Arc::new(SystemClock), colours, said_away: Cell::new(false) }
    }

    /// The folder of the profile: the flag's, else `lacre` in the folder that XDG names for data.
    pub(crate) fn profile_dir(&self) -> Result<PathBuf, Failure> {
        if let Some(dir) = &self.global.profile {
            return Ok(dir.clone());
        }
        Ok(self.data_home()?.join("lacre"))
    }

    /// Where programs keep what belongs to this user.
    pub(crate) fn data_home(&self) -> Result<PathBuf, Failure> {
        let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
        absolute("XDG_DATA_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
            .ok_or_else(|| self.failure("error-no-home", Exit::CouldNotAsk, &[]))
    }

    /// Clock, randomness and observer of a client.
    pub(crate) fn environment(&self) -> Environment {
        Environment::system()
    }

    /// A failure in this language.
    pub(crate) fn failure(&self, key: &'static str, exit: Exit, args: &Args<'_>) -> Failure {
        Failure::new(&self.words, key, exit, args)
    }

    /// The client's trouble in this language.
    pub(crate) fn trouble(&self, trouble: lacre_core::Trouble) -> Failure {
        trouble::failure(&self.words, trouble)
    }

    /// The result, to stdout: a text for people, or one line of JSON.
    pub(crate) fn result(&self, text: &str, json: &impl Serialize) {
        if self.global.json { self.json(json) } else { self.lines(text) }
    }

    /// As [`Context::result`], page by page where a person looks at a terminal.
    pub(crate) fn long_result(&self, text: &str, json: &impl Serialize) {
        if self.global.json || !std::io::stdout().is_terminal() || !pager::shown(&for_terminal(text)) {
            self.result(text, json);
        }
    }

    /// The text in this style, if the person's terminal shows colours.
    pub(crate) fn painted(&self, style: Style, text: &str) -> String {
        if self.colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Whether the person's terminal shows colours.
    pub(crate) const fn colours(&self) -> bool {
        self.colours
    }

    /// Lines for people, to stdout.
    pub(crate) fn lines(&self, text: &str) {
        if !text.is_empty() {
            line(&mut std::io::stdout(), &for_terminal(text));
        }
    }

    /// Lines of a story, to stdout; with `--json` only the result at its end goes there.
    pub(crate) fn lines_unless_json(&self, text: &str) {
        if !self.global.json {
            self.lines(text);
        }
    }

    /// One line of JSON, to stdout.
    pub(crate) fn json(&self, value: &impl Serialize) {
        let json = serde_json::to_string(value).unwrap_or_default();
        line(&mut std::io::stdout(), &json_line(&json));
    }

    /// Words that are no result, to stderr; not with `--json`.
    pub(crate) fn note(&self, text: &str) {
        if !self.global.json {
            line(&mut std::io::stderr(), &wrap(text, 0));
        }
    }

    /// That the relay is away, for this technical reason: to stderr, once.
    pub(crate) fn note_away(&self, why: &str) {
        if !self.said_away.replace(true) {
            self.note(&self.words.say_with("relay-away", &[("why", crate::shown::shown(why).into())]));
        }
    }

    /// A failure, to stderr.
    pub(crate) fn fail(&self, failure: &Failure) {
        show_failure(failure, &self.words, self.global.json);
    }
}

/// A failure, to stderr: for people, or as one object.
pub(crate) fn show_failure(failure: &Failure, words: &Words, json: bool) {
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

/// An instant for people: their own zone, to the minute.
pub(crate) fn local(at: Millis) -> String {
    let ms = i64::try_from(at.get()).unwrap_or(i64::MAX);
    let stamp = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    stamp.to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}
