//! What a command says when it cannot do what was asked: what happened, why, what to do, and an exit code.

use crate::words::{Args, Words};
use crate::wrap::wrap;
use serde::Serialize;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// done
    Done,
    /// the answer is no
    No,
    /// the command was written wrongly
    Usage,
    /// the question could not be asked, a file not be read or written
    CouldNotAsk,
    /// nothing is wrong, something is missing: of `lacre verify` only
    Incomplete,
}

impl Exit {
    /// As the shell sees it.
    pub const fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::No => 1,
            Exit::Usage => 2,
            Exit::CouldNotAsk => 3,
            Exit::Incomplete => 4,
        }
    }
}

/// A command's no. `--json` prints it as one object on stderr.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// its name, for programs: the same in every language
    pub error: &'static str,
    /// what happened
    pub what: String,
    /// why
    pub why: String,
    /// what to do
    #[serde(rename = "do")]
    pub remedy: String,
    /// how the command ends
    #[serde(skip)]
    pub exit: Exit,
}

impl Failure {
    /// The error whose sentences stand under `key` (`error-…`) in the catalogues.
    pub fn new(words: &Words, key: &'static str, exit: Exit, args: &Args<'_>) -> Self {
        Self {
            error: key.strip_prefix("error-").unwrap_or(key),
            what: words.say_with(key, args),
            // what is put in at its end may be nothing
            why: words.attribute(key, "why", args).unwrap_or_default().trim_end().to_owned(),
            remedy: words.attribute(key, "do", args).unwrap_or_default(),
            exit,
        }
    }

    /// For people.
    pub fn text(&self, words: &Words) -> String {
        let args = [("what", self.what.as_str().into()), ("why", self.why.as_str().into()), ("do", self.remedy.as_str().into())];
        wrap(&words.say_with("failure", &args), 13)
    }
}
